import { dirname } from 'node:path';
import { writeAll } from '../../deliver/write-template.js';
import { IdpFixError } from '../../errors.js';
import { terminalLine } from '../../escape.js';
import { planRoots } from '../../plan-roots.js';
import { loadPolicy } from '../../policy/load.js';
import type { FileStore, Ports, PromptAnswer, PromptQuestion } from '../../ports.js';
import type { Product } from '../../product.js';
import { diffReports } from '../../report/diff.js';
import { count } from '../../report/words.js';
import * as z from '../../zod.js';
import { rootsRequest } from '../plan-command.js';
import type { PlanRequest } from '../request.js';
import {
  type Dialog,
  type Draft,
  emptyDraft,
  type Opened,
  type Preview,
  type Reply,
  type Step,
} from './context.js';
import { bytesWith, type PolicyTarget, policyTarget, withDraft } from './policy-target.js';

/** What a conversation is held with from the start. */
interface WizardStart {
  /** The run that the answers come to, but for stacks and policy. */
  readonly plan: PlanRequest;
  /** Root templates to choose from. */
  readonly candidates: readonly string[];
  readonly ports: Ports;
  readonly product: Product;
}

/** The same once stacks are chosen. */
export interface Session extends WizardStart {
  readonly target: PolicyTarget;
  /** Of the first root template. */
  readonly folder: string;
}

export const interrupted = Symbol('interrupted');

/** What is kept while the conversation goes on, and over again after a step back. */
interface Memory {
  /** What was answered so far, in the order it was asked. */
  readonly answers: Entry[];
  /** What was answered before a step back, by the question and how often it had been asked. */
  readonly suggestions: Map<string, PromptAnswer>;
  /** By what the policy would say and for what, since the same policy comes to the same plan. */
  readonly previews: Map<string, Preview>;
  /** Of the stacks that were chosen last; `null` until they are planned. */
  templates: Progress['templates'];
  /** AWS is asked once. */
  accountKeys: Extract<Reply, { kind: 'account-keys' }>['keys'] | undefined;
  /** What the answers that are replayed were given about. */
  resumed: Progress | undefined;
  /** It cannot be saved, which was said. */
  isUnsaved: boolean;
}

/**
 * Does what a conversation wants done, until it ends or the user has had enough. The conversation is a function of the
 * answers, so a step back is the same conversation over again with one answer less, and resuming is the same with the answers
 * of another day.
 */
export async function runWizard<Result>(
  begin: () => Dialog<Result>,
  start: WizardStart,
): Promise<{ readonly result: Result; readonly session: Session } | typeof interrupted> {
  const { files, output } = start.ports;
  const memory: Memory = {
    answers: [],
    suggestions: new Map(),
    previews: new Map(),
    templates: null,
    accountKeys: undefined,
    resumed: undefined,
    isUnsaved: false,
  };
  if ((await resume(start, memory)) === interrupted) {
    output.note('interrupted: nothing has been written\n');
    return interrupted;
  }
  for (;;) {
    const turn = await converseOnce(begin(), start, memory);
    if (turn === 'back') continue;
    if (turn !== interrupted) return turn;
    const isSaved = memory.answers.length > 0 && (await files.kindOf(progressFile)) === 'file';
    const again = isSaved ? `; idp-fix wizard goes on from here (${progressFile})` : '';
    output.note(`interrupted: nothing has been written${again}\n`);
    return interrupted;
  }
}

/** Offers to go on where the same command was interrupted. */
async function resume(
  { plan, ports, product }: WizardStart,
  memory: Memory,
): Promise<typeof interrupted | undefined> {
  const progress = await readProgress(ports.files);
  if (progress === undefined || progress.answers.length === 0) return undefined;
  if (progress.tool !== product.version || !isSameRequest(progress, plan)) return undefined;
  const lines = progress.answers.map(({ question, answer }) => `  ${question} ${answerText(answer)}`);
  ports.output.note(
    `An interrupted wizard has ${count(lines.length, 'answer')}:\n${lines.map((line) => `${terminalLine(line)}\n`).join('')}`,
  );
  const reply = await ports.prompt.ask({
    kind: 'choice',
    message: 'Go on from there?',
    options: [
      { value: 'yes', label: 'yes, with these answers' },
      { value: 'no', label: 'no, start over', detail: 'each answer is offered again' },
    ],
  });
  if (reply.kind !== 'answer') return interrupted;
  if (reply.answer === 'yes') {
    memory.answers.push(...progress.answers);
    memory.resumed = progress;
  } else suggestAll(progress.answers, memory);
  return undefined;
}

function answerText(answer: PromptAnswer): string {
  if (typeof answer !== 'string') return `${answer.length} ticked`;
  return answer === '' ? '(Enter)' : answer;
}

function isSameRequest({ request }: Progress, { templates, policy }: PlanRequest): boolean {
  return request.policy === (policy ?? null) && request.templates.join('\n') === templates.join('\n');
}

function suggestAll(answers: readonly Entry[], { suggestions }: Memory): void {
  for (const [index, entry] of answers.entries()) {
    suggestions.set(nameOf(entry.question, answers.slice(0, index)), entry.answer);
  }
}

/** A question may be asked more than once. */
function nameOf(message: string, before: readonly Entry[]): string {
  return `${before.filter(({ question }) => question === message).length} ${message}`;
}

/** One way through: known answers are given without a word, then it is asked. */
async function converseOnce<Result>(
  dialog: Dialog<Result>,
  start: WizardStart,
  memory: Memory,
): Promise<{ readonly result: Result; readonly session: Session } | 'back' | typeof interrupted> {
  const { ports } = start;
  const { answers } = memory;
  let session: Session | undefined;
  let given = 0;
  /** What was said since the last known answer: only before a question that is asked it is to be seen. */
  let held: (readonly string[])[] = [];
  let reply: Reply = { kind: 'done' };
  const drop = (because: string) => {
    suggestAll(answers, memory);
    answers.length = given;
    memory.resumed = undefined;
    held.push([because]);
  };
  const show = (lines: readonly string[]) => ports.output.note(lines.map((line) => `${line}\n`).join(''));
  for (;;) {
    const turn = dialog.next(reply);
    if (turn.done) {
      if (session === undefined) throw new Error('the wizard has ended without a stack');
      return { result: turn.value, session };
    }
    const step = turn.value;
    if (step.kind === 'say') {
      if (given < answers.length) held.push(step.lines);
      else show(step.lines);
      reply = { kind: 'done' };
    } else if (step.kind === 'ask') {
      const known = answers[given];
      if (known !== undefined && fits(step.question, known)) {
        given += 1;
        held = [];
        reply = { kind: 'answer', answer: known.answer };
        continue;
      }
      if (known !== undefined)
        drop('The question is another one now; the answers after it are offered again.');
      for (const lines of held) show(lines);
      held = [];
      const next = await askAndKeep(step.question, start, session, memory);
      if (next === interrupted || next === 'back') return next;
      given += 1;
      reply = next;
    } else if (step.kind === 'open') {
      const found = await open(step.templates, start);
      memory.templates = null;
      if ('because' in found) reply = { kind: 'opened', opened: found };
      else {
        session = found.session;
        reply = { kind: 'opened', opened: found.opened };
        const before = memory.resumed?.policySha256 ?? null;
        if (before !== null && before !== session.target.source.sha256) {
          drop('The policy has changed since; the answers are offered again.');
        }
      }
    } else {
      if (session === undefined) throw new Error('the wizard plans before a stack is chosen');
      if (step.kind === 'diff') {
        showDiff(step.preview, session);
        // The question that led here comes again, and is answered once.
        answers.pop();
        given -= 1;
      }
      reply = await carryOut(step, session, memory);
      if (reply.kind === 'survey') {
        memory.templates = hashesOf(reply.preview);
        const before = memory.resumed?.templates ?? null;
        if (before !== null && !isEqualRecord(before, memory.templates)) {
          drop('The templates have changed since; the answers are offered again.');
        }
      }
    }
  }
}

async function askAndKeep(
  question: PromptQuestion,
  start: WizardStart,
  session: Session | undefined,
  memory: Memory,
): Promise<Reply | 'back' | typeof interrupted> {
  const { answers, suggestions } = memory;
  const name = nameOf(question.message, answers);
  const asked = withSuggestion(question, suggestions.get(name));
  const reply = await start.ports.prompt.ask(asked, { canGoBack: answers.length > 0 });
  if (reply.kind === 'interrupted') return interrupted;
  if (reply.kind === 'back') {
    suggestAll(answers, memory);
    answers.pop();
    return 'back';
  }
  const answer = typeof reply.answer === 'string' ? reply.answer : [...reply.answer];
  answers.push({ question: question.message, answer });
  memory.resumed = undefined;
  await keep(start, session, memory);
  return { kind: 'answer', answer: reply.answer };
}

/** After every answer. Where it cannot be saved the conversation goes on all the same. */
async function keep(
  { plan, ports, product }: WizardStart,
  session: Session | undefined,
  memory: Memory,
): Promise<void> {
  if (memory.isUnsaved) return;
  try {
    await writeProgress(ports.files, {
      format: 'idp-fix/wizard',
      version: 1,
      tool: product.version,
      request: { templates: [...plan.templates], policy: plan.policy ?? null },
      policySha256: session?.target.source.sha256 ?? null,
      templates: memory.templates,
      answers: memory.answers,
    });
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    memory.isUnsaved = true;
    ports.output.note(`the answers cannot be kept for another run: ${terminalLine(error.message)}\n`);
  }
}

function hashesOf({ roots }: Preview): Readonly<Record<string, string>> {
  return Object.fromEntries(
    roots.flatMap(({ rootPath, result }) =>
      result.document.stacks.map(({ template, sha256 }) => [`${rootPath} ${template}`, sha256]),
    ),
  );
}

function isEqualRecord(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}

/** The policy that counts for all of the root templates, or why there is not one. */
async function open(
  templates: readonly string[],
  start: WizardStart,
): Promise<{ readonly session: Session; readonly opened: Opened } | { readonly because: string }> {
  const { plan, candidates, ports, product } = start;
  const places = { files: ports.files, policiesFolder: product.policiesFolder };
  const folders = [...new Set(templates.map((path) => dirname(path)))];
  const targets: PolicyTarget[] = [];
  for (const folder of folders) targets.push(await policyTarget(places, plan.policy, folder));
  const [target, ...others] = targets;
  const [folder] = folders;
  if (target === undefined || folder === undefined) return { because: 'no stack is ticked' };
  const other = others.find(({ file }) => file !== target.file);
  if (other !== undefined) {
    return {
      because: `These stacks have different policies (${target.file}, ${other.file}): choose those of one, or name one with --policy.`,
    };
  }
  const isAll = templates.length === candidates.length && candidates.length === 1;
  const session: Session = {
    ...start,
    plan: isAll ? plan : { ...plan, templates },
    target,
    folder,
  };
  const policy = await loadPolicy(withTarget(session), product, { named: target.file, folder });
  return { session, opened: { policyFile: target.file, isAmended: target.isThere, policy } };
}

function withTarget({ ports: { files }, target }: Session) {
  return withDraft(files, target.file, bytesWith(target, emptyDraft));
}

async function carryOut(
  step: Exclude<Step, { kind: 'say' | 'ask' | 'open' }>,
  session: Session,
  memory: Memory,
): Promise<Reply> {
  switch (step.kind) {
    case 'survey':
      return { kind: 'survey', preview: await preview(step.draft, session, memory) };
    case 'diff':
      return { kind: 'done' };
    case 'account-keys':
      memory.accountKeys ??= await keysOfAccount(session.ports);
      return { kind: 'account-keys', keys: memory.accountKeys };
  }
}

/** Goes the way of the run it stands for, on the files as they would be. */
async function preview(draft: Draft, session: Session, { previews }: Memory): Promise<Preview> {
  const { plan, target, folder, ports, product } = session;
  const bytes = bytesWith(target, draft);
  const key = [...plan.templates, new TextDecoder().decode(bytes)].join('\n');
  const known = previews.get(key);
  if (known !== undefined) return known;
  const files = withDraft(ports.files, target.file, bytes);
  const request = await rootsRequest({ ...plan, policy: target.file }, ports, product);
  const { roots, failures } = await planRoots(request, { ...ports, files }, product);
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  const policy = await loadPolicy(files, product, { named: target.file, folder });
  previews.set(key, { roots, policy });
  return { roots, policy };
}

/** Painted and without credentials for a terminal, and as `git apply` takes it for anything else. */
function showDiff({ roots }: Preview, { plan, ports: { output } }: Session): void {
  const { color, isTerminal } = output.dataTerminal;
  const plans = roots.map(({ result, rootPath }) => ({ files: result.files, root: rootPath }));
  output.data(diffReports(plans, { isScreen: isTerminal, color: color && !plan.plain }));
}

async function keysOfAccount({ live }: Ports) {
  try {
    const { account } = await live.connect({});
    return await account.keys();
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    return { because: error.message };
  }
}

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One question as it was asked, and what was answered. */
const Entry = z.strictObject({
  question: z.string(),
  answer: z.union([z.string(), z.array(z.string())]),
});
type Entry = z.infer<typeof Entry>;

/** What an interrupted wizard goes on with: the answers, and what they were given about. No parameter's value is in it. */
const Progress = z.strictObject({
  format: z.literal('idp-fix/wizard'),
  version: z.literal(1),
  tool: z.string(),
  /** As named on the command line. */
  request: z.strictObject({ templates: z.array(z.string()), policy: z.string().nullable() }),
  /** Of the policy file before the answers; `null` where it was not chosen yet. */
  policySha256: Sha256.nullable(),
  /** Of every template by root and path; `null` where none was planned yet. */
  templates: z.record(z.string(), Sha256).nullable(),
  answers: z.array(Entry).max(10_000),
});
type Progress = z.infer<typeof Progress>;

/** In the working directory; never reached through a symbolic link. */
export const progressFile = '.idp-fix-wizard.json';

/** Longer than the ticks of a thousand lists. */
const mostBytes = 1_000_000;

/** @returns nothing for a file that is missing, unreadable, or of another form: then there is nothing to go on with */
async function readProgress(files: FileStore): Promise<Progress | undefined> {
  if ((await files.kindOf(progressFile)) !== 'file' || (await files.isLink(progressFile))) return undefined;
  try {
    const text = new TextDecoder().decode(await files.read(progressFile, mostBytes));
    return Progress.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof IdpFixError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Readable by its owner alone. @throws IdpFixError `write-failed` */
async function writeProgress(files: FileStore, progress: Progress): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(progress)}\n`);
  await writeAll(files, [{ path: progressFile, bytes, within: '.', isPrivate: true }]);
}

/** Whether an answer fits a question as it is asked now; one from a file may be of another day, or of another hand. */
function fits(question: PromptQuestion, { question: asked, answer }: Entry): boolean {
  if (asked !== question.message) return false;
  if (question.kind === 'text')
    return typeof answer === 'string' && question.problemWith(answer) === undefined;
  const known = new Set(question.options.map(({ value }) => value));
  if (question.kind === 'choice') return typeof answer === 'string' && known.has(answer);
  return (
    typeof answer !== 'string' &&
    answer.every((value) => known.has(value)) &&
    question.problemWith?.(answer) === undefined
  );
}

/** The question with what was answered before as its preset, where that can still be answered. */
function withSuggestion(question: PromptQuestion, answer: PromptAnswer | undefined): PromptQuestion {
  if (answer === undefined) return question;
  if (question.kind === 'text') {
    return typeof answer === 'string' && answer !== '' ? { ...question, preset: answer } : question;
  }
  const known = new Set(question.options.map(({ value }) => value));
  if (question.kind === 'choice') {
    return typeof answer === 'string' && known.has(answer) ? { ...question, preselected: answer } : question;
  }
  return typeof answer === 'string'
    ? question
    : { ...question, checked: answer.filter((value) => known.has(value)) };
}
