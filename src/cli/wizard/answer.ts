import { schemaAt, unwrapped } from '../../policy/schema.js';
import type { PromptQuestion } from '../../ports.js';
import { type Question, z } from '../../remediation.js';
import type { Value } from '../../template/value.js';

/** What leaves a decision open. */
export const later = '';

type Read = { readonly value: Value } | { readonly problem: string };

/** How a question of a remediation is put, and what an answer to it comes to. */
export interface Asking {
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
  const read = (typed: string): Read => validated(schema, (question.read ?? readerFor(schema))(typed));
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
      message: question.ask,
      ...(preset !== undefined && { preset }),
      problemWith: (typed) => {
        const found = typed.trim() === later ? { value: null } : read(typed);
        return 'problem' in found ? found.problem : undefined;
      },
    },
  };
}

function readerFor(schema: z.core.$ZodType): (typed: string) => unknown {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodArray) {
    const readItem = readerFor(inner.element);
    return (typed) =>
      typed
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
        .map(readItem);
  }
  if (inner instanceof z.ZodNumber) return (typed) => (typed.trim() === '' ? typed : Number(typed));
  return (typed) => typed.trim();
}

function validated(schema: z.core.$ZodType, value: unknown): Read {
  const result = z.safeParse(schema, value);
  if (result.success) return { value: value as Value };
  const [issue] = result.error.issues;
  const at = issue?.path[0];
  const item = Array.isArray(value) && typeof at === 'number' ? `${String(value[at])}: ` : '';
  return { problem: `${item}${issue?.message ?? 'that is not possible'}` };
}

function presetOf(current: unknown): string | undefined {
  if (typeof current === 'string' || typeof current === 'number') return String(current);
  return Array.isArray(current) && current.length > 0 ? current.join(', ') : undefined;
}
