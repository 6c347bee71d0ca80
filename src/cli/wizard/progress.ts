import { writeAll } from '../../deliver/write-template.js';
import { IdpFixError } from '../../errors.js';
import type { FileStore, PromptAnswer, PromptQuestion } from '../../ports.js';
import * as z from '../../zod.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One question as it was asked, and what was answered. */
const Entry = z.strictObject({
  question: z.string(),
  answer: z.union([z.string(), z.array(z.string())]),
});
export type Entry = z.infer<typeof Entry>;

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
export type Progress = z.infer<typeof Progress>;

/** In the working directory; never reached through a symbolic link. */
export const progressFile = '.idp-fix-wizard.json';

/** Longer than the ticks of a thousand lists. */
const mostBytes = 1_000_000;

/** @returns nothing for a file that is missing, unreadable, or of another form: then there is nothing to go on with */
export async function readProgress(files: FileStore): Promise<Progress | undefined> {
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
export async function writeProgress(files: FileStore, progress: Progress): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(progress)}\n`);
  await writeAll(files, [{ path: progressFile, bytes, within: '.', isPrivate: true }]);
}

/** Whether an answer fits a question as it is asked now; one from a file may be of another day, or of another hand. */
export function fits(question: PromptQuestion, { question: asked, answer }: Entry): boolean {
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
export function withSuggestion(question: PromptQuestion, answer: PromptAnswer | undefined): PromptQuestion {
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
