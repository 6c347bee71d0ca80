import type { Question, Remediation, Typed } from '../../contract/remediation.js';
import type { Value } from '../../document/value.js';
import type { Finding } from '../../plan/document.js';
import { problemOfAnswer } from '../../policy/problems.js';
import { schemaAt, unwrapped } from '../../policy/schema.js';
import type { Choice, TypedText } from '../../ports.js';
import { z } from '../../remediation.js';
import { count, hang } from '../../report/words.js';
import {
  ask,
  choose,
  type Dialog,
  type Draft,
  type Preview,
  previewed,
  say,
  type WizardContext,
  withSetting,
} from './context.js';

/**
 * Asks what the policy leaves open and findings of these templates wait for, remediation by remediation. All questions are
 * those of one plan, so that no answer waits for another one.
 */
export function* askDecisions(draft: Draft, first: Preview, context: WizardContext): Dialog<Draft> {
  const waiting = openUnits(first, context, new Set());
  if (waiting.length === 0) {
    yield* say('Nothing here waits for a decision.');
    return draft;
  }
  const settled = findingsWaiting(first).length;
  yield* say(`${count(settled, 'finding waits', 'findings wait')} for what only you can decide.`);
  const when = yield* choose(`Answer ${count(waiting.length, 'question')} now?`, [
    { value: 'now', label: 'yes, one after the other', detail: 'Enter alone leaves one open' },
    {
      value: 'later',
      label: 'later: what depends on them stays open',
      detail: 'set them in the policy whenever you like',
    },
  ]);
  if (when === 'later') return draft;
  const asked = new Set<Question>();
  let preview = first;
  let answered = draft;
  // Answers may bring up other questions, but none comes twice.
  for (let units = waiting; units.length > 0; units = openUnits(preview, context, asked)) {
    const before: Draft = answered;
    for (const [index, unit] of units.entries()) {
      answered = yield* askUnit(unit, answered, preview, `${index + 1} of ${units.length}`, context, asked);
    }
    if (answered === before) break;
    preview = yield* previewed(answered);
  }
  return answered;
}

/** Remediations with a question that would decide a finding; the gravest risk first. */
function openUnits(
  preview: Preview,
  { remediations }: WizardContext,
  asked: ReadonlySet<Question>,
): readonly Remediation[] {
  const keys = openKeys(preview);
  const isOpen = ({ id, questions = [] }: Remediation) =>
    questions.some((question) => !asked.has(question) && wouldDecide(question, id, keys));
  return (['high', 'medium', 'low'] as const).flatMap((risk) =>
    remediations.filter((unit) => unit.guideRisk === risk && isOpen(unit)),
  );
}

function openKeys(preview: Preview): ReadonlySet<string> {
  return new Set(findingsWaiting(preview).flatMap(({ decidedBy }) => decidedBy));
}

function findingsWaiting({ roots }: Preview): readonly Finding[] {
  const findings = roots.flatMap(({ result }) => result.document.stacks.flatMap((stack) => stack.findings));
  return findings.filter(({ decidedBy }) => decidedBy.length > 0);
}

function keyOf(id: string, field: string): string {
  return `remediations.${id}.${field}`;
}

/** Whether findings wait for an answer; what depends on another answer is never the first to be asked. */
function wouldDecide(
  { path: [field = ''], follows }: Question,
  id: string,
  keys: ReadonlySet<string>,
): boolean {
  return follows === undefined && keys.has(keyOf(id, field));
}

/** All questions of one remediation that are due, or none of its answers: half an answer would be no valid policy. */
function* askUnit(
  { id, title, why, guideRisk, questions = [], target }: Remediation,
  draft: Draft,
  preview: Preview,
  position: string,
  context: WizardContext,
  asked: Set<Question>,
): Dialog<Draft> {
  const { brush, columns } = context;
  const keys = openKeys(preview);
  const current = preview.policy.target(id);
  yield* say(
    '',
    ...hang(`${position} · ${title} (${guideRisk} risk)`, 0, 2, columns).map(brush.bold),
    ...hang(`Why: ${why}`, 2, 2, columns).map(brush.dim),
  );
  const fields: Record<string, Value> = {};
  let answered = draft;
  for (const question of questions) {
    if (asked.has(question) || !(question.follows?.(fields) ?? wouldDecide(question, id, keys))) continue;
    asked.add(question);
    const asking = askingFor(target, question, valueAt(current, question.path));
    const waiting = findingsWaiting(preview).filter(({ decidedBy }) =>
      decidedBy.includes(keyOf(id, question.path[0] ?? '')),
    );
    yield* say(...settlesLines(waiting, context), ...explanation(id, question, context));
    const answer: string = yield* ask(asking.question);
    if (answer.trim() === later) {
      if (answered !== draft) yield* say(brush.dim('  left open, and so is the answer before it'));
      return draft;
    }
    const value = asking.read(answer);
    fields[question.path[0] ?? ''] = value;
    answered = withSetting(answered, ['remediations', id, ...question.path], value);
  }
  return answered;
}

/** The findings that an answer settles, beside the question. */
function settlesLines(waiting: readonly Finding[], { brush, columns }: WizardContext): readonly string[] {
  if (waiting.length === 0) return [];
  const names = [...new Set(waiting.map(({ logicalId }) => logicalId).filter((name) => name !== ''))];
  const shown = names.slice(0, mostNames).join(', ');
  const rest = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  const which = names.length === 0 ? '' : `: ${shown}${rest}`;
  return hang(`settles ${count(waiting.length, 'finding')}${which}`, 2, 4, columns).map(brush.dim);
}

/** Of findings that an answer settles, in one line or two. */
const mostNames = 4;

function explanation(
  id: string,
  { path, example }: Question,
  { brush, columns }: WizardContext,
): readonly string[] {
  const sample = example === undefined ? [] : hang(`for example ${example}`, 2, 4, columns);
  return [...hang(`policy: remediations.${id}.${path.join('.')}`, 2, 4, columns), ...sample].map(brush.dim);
}

function valueAt(target: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, token) =>
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<string, unknown>>)[token]
        : undefined,
    target,
  );
}

/** What leaves a decision open. */
export const later = '';

type Read = { readonly value: Value } | { readonly problem: string };

/** How a question of a remediation is put, and what an answer to it comes to. */
interface Asking {
  readonly question: Choice | TypedText;
  /** Only for what the question lets pass; not for `later`. */
  read(answer: string): Value;
}

/**
 * From the schema of the field: an enumeration is chosen from, a list is typed with commas, anything else is typed.
 * @param current what the policy has now
 */
export function askingFor(target: z.core.$ZodType, question: Question, current: unknown): Asking {
  const schema = schemaAt(target, question.path);
  if (schema === undefined) throw new Error(`the target has no field ${question.path.join('.')}`);
  const reader = question.read ?? readerFor(schema);
  const read = (typed: string): Read => {
    const found = reader(typed);
    return 'problem' in found ? found : validated(schema, found.value);
  };
  const asking = {
    read: (answer: string) => {
      const found = read(answer);
      if ('problem' in found) throw new Error(found.problem);
      return found.value;
    },
  };
  if (question.choices !== undefined) {
    const options = Object.entries(question.choices).map(([value, label]) => ({ value, label }));
    const preselected = options.find(({ value }) => value === current)?.value ?? later;
    const open = { value: later, label: 'decide later' };
    return {
      ...asking,
      question: { kind: 'choice', message: question.ask, options: [...options, open], preselected },
    };
  }
  const preset = presetOf(current);
  return {
    ...asking,
    question: {
      kind: 'text',
      message: preset === undefined ? `${question.ask} (Enter: later)` : question.ask,
      ...(preset !== undefined && { preset }),
      problemWith: (typed) => {
        const found = typed.trim() === later ? { value: null } : read(typed);
        return 'problem' in found ? found.problem : undefined;
      },
    },
  };
}

function readerFor(schema: z.core.$ZodType): (typed: string) => Typed {
  const convert = converterFor(schema);
  return (typed) => ({ value: convert(typed) });
}

function converterFor(schema: z.core.$ZodType): (typed: string) => unknown {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodArray) {
    const convertItem = converterFor(inner.element);
    return (typed) =>
      typed
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
        .map(convertItem);
  }
  if (inner instanceof z.ZodNumber) return (typed) => (typed.trim() === '' ? typed : Number(typed));
  return (typed) => typed.trim();
}

function validated(schema: z.core.$ZodType, value: unknown): Read {
  const problem = problemOfAnswer(schema, value);
  return problem === undefined ? { value: value as Value } : { problem };
}

function presetOf(current: unknown): string | undefined {
  if (typeof current === 'string' || typeof current === 'number') return String(current);
  return Array.isArray(current) && current.length > 0 ? current.join(', ') : undefined;
}
