import type { Question, Typed } from '../../contract/remediation.js';
import type { Value } from '../../document/value.js';
import { problemOfAnswer } from '../../policy/problems.js';
import { schemaAt, unwrapped } from '../../policy/schema.js';
import type { PromptQuestion } from '../../ports.js';
import { z } from '../../remediation.js';

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
