import type { Question, Remediation, Typed } from '../../contract/remediation.js';
import type { Value } from '../../document/value.js';
import { problemOfAnswer } from '../../policy/problems.js';
import { schemaAt, unwrapped } from '../../policy/schema.js';
import type { PromptQuestion } from '../../ports.js';
import { z } from '../../remediation.js';
import { count, hang } from '../../report/words.js';
import type { WizardContext } from './context.js';
import { ask, choose, type Dialog, type Preview, previewed, say } from './dialog.js';
import { type Draft, withSetting } from './draft.js';

/** Asks what the policy leaves open and findings of these templates wait for, remediation by remediation. */
export function* askDecisions(draft: Draft, first: Preview, context: WizardContext): Dialog<Draft> {
  const waiting = openUnits(first, context, new Set());
  if (waiting.length === 0) return draft;
  yield* say('');
  const when = yield* choose(`Take the ${count(waiting.length, 'decision')} now that only you can take?`, [
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
  // An answer may bring up another question, but none comes twice.
  for (let unit = waiting[0]; unit !== undefined; ) {
    const answered: Draft = yield* askUnit(unit, draft, preview, context, asked);
    if (answered !== draft) preview = yield* previewed(answered);
    draft = answered;
    unit = openUnits(preview, context, asked)[0];
  }
  return draft;
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

function openKeys({ roots }: Preview): ReadonlySet<string> {
  const findings = roots.flatMap(({ result }) => result.document.stacks.flatMap((stack) => stack.findings));
  return new Set(findings.flatMap(({ decidedBy }) => decidedBy));
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
  context: WizardContext,
  asked: Set<Question>,
): Dialog<Draft> {
  const { brush, columns } = context;
  const keys = openKeys(preview);
  const current = preview.policy.target(id);
  yield* say(
    '',
    ...hang(`${title} (${guideRisk} risk)`, 0, 2, columns).map(brush.bold),
    ...hang(`Why: ${why}`, 2, 2, columns).map(brush.dim),
  );
  const fields: Record<string, Value> = {};
  let answered = draft;
  for (const question of questions) {
    if (asked.has(question) || !(question.follows?.(fields) ?? wouldDecide(question, id, keys))) continue;
    asked.add(question);
    const asking = askingFor(target, question, valueAt(current, question.path));
    yield* say(...explanation(id, question, context));
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
  readonly question: PromptQuestion;
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
