import { type ErrorPlace, IdpFixError } from '../errors.js';
import { terminalLine } from '../escape.js';
import * as z from '../zod.js';
import { descriptionAt, keysAt } from './schema.js';
import { at, type FileKind, isSourcedMap, placeNear, plain, policyFile, type Sourced } from './sourced.js';

export interface Problem {
  readonly place: ErrorPlace;
  readonly message: string;
  readonly hint?: string;
}

/** What is wrong with a policy, in words: where, what, and what would be right. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  schema: z.core.$ZodType,
  policy: Sourced,
  { noun }: FileKind = policyFile,
): readonly Problem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(key, issue.path, keysAt(schema, issue.path), policy, noun))
      : [problemOf(issue, schema, policy, noun)],
  );
}

function unknownKey(
  key: string,
  path: readonly PropertyKey[],
  known: readonly string[],
  policy: Sourced,
  noun: string,
): Problem {
  const owner = path.length === 0 ? `a ${noun}` : nameOf(path);
  const place = placeNear(policy, [...path, key].map(String));
  return { place, message: `${key} is not a key of ${owner}`, hint: suggestion(key, known) };
}

function problemOf(issue: z.core.$ZodIssue, schema: z.core.$ZodType, policy: Sourced, noun: string): Problem {
  const path = issue.path.map(String);
  const name = nameOf(path) || `the ${noun}`;
  const found = at(policy, path);
  const place = placeNear(policy, path);
  const description = descriptionAt(schema, path);
  const hint = description === undefined ? {} : { hint: `${path.at(-1)}: ${description}` };
  if (found === undefined) return { place, message: `${name} is missing`, ...hint };
  const value = plain(found);
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    const message = `${name} is ${show(value)}, not one of ${allowed.join(', ')}`;
    const near = typeof value === 'string' ? closest(value, allowed) : undefined;
    return { place, message, ...(near === undefined ? hint : { hint: `did you mean ${near}?` }) };
  }
  // What is wrong with a map as a whole is said of its keys, not of its being a map.
  if (issue.code === 'custom' && isSourcedMap(found.content))
    return { place, message: `${name}: ${issue.message}`, ...hint };
  const isTarget = path.length === 2 && path[0] === 'remediations' && issue.code === 'invalid_type';
  const advice = isTarget ? { hint: 'true and false switch it on and off' } : hint;
  return { place, message: `${name} is ${show(value)}${whyNot(issue)}`, ...advice };
}

/** What is wrong with an answer, in a few words; `undefined` when nothing is. */
export function problemOfAnswer(schema: z.core.$ZodType, value: unknown): string | undefined {
  const result = z.safeParse(schema, value);
  const [issue] = result.success ? [] : result.error.issues;
  if (issue === undefined) return undefined;
  const [at] = issue.path;
  const item = Array.isArray(value) && typeof at === 'number' ? `${String(value[at])}: ` : '';
  return `${item}${whyNot(issue).replace(/^(?:, (?:and |which is )?|: )/, '')}`;
}

function whyNot(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `, not ${typeNames[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? ', which is too short'
        : `, and the least is ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? ', which is too long'
        : `, and the most is ${issue.maximum}`;
    default:
      return `: ${issue.message}`;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' && value !== null ? 'a map of keys and values' : String(value);
}

/** `deviations[0].owner` */
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map(String)
    .reduce(
      (name, token) => (/^[0-9]+$/.test(token) ? `${name}[${token}]` : name ? `${name}.${token}` : token),
      '',
    );
}

export function suggestion(word: string, known: readonly string[]): string {
  const near = closest(word, known);
  return near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
}

/** One error for all problems, in the order of the files: the first with its hint, the others a line each below it. */
export function policyError(problems: readonly Problem[], { code }: FileKind = policyFile): IdpFixError {
  const [first, ...others] = [...problems].sort(byPlace);
  if (first === undefined) throw new RangeError('a policy error needs a problem');
  const { place, message } = first;
  const more = others.length - mostOthers;
  const lines = [
    first.hint,
    ...others.slice(0, mostOthers).map(inOneLine),
    more > 0 ? `and ${more} more` : undefined,
  ].flatMap((line) => (line === undefined ? [] : [terminalLine(line)]));
  return new IdpFixError(code, message, {
    place,
    ...(lines.length > 0 && { hint: lines.join('\n  ') }),
  });
}

/** A file of another kind is wrong in every line. */
const mostOthers = 20;

function byPlace({ place: left }: Problem, { place: right }: Problem): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0);
}

function inOneLine({ place, message, hint }: Problem): string {
  return `${[place.file, place.line, place.column].filter(Boolean).join(':')}: ${message}${hint ? `; ${hint}` : ''}`;
}

/** The candidate a mistyped word most likely means: at most two slips away, or a third of its length. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, slips: slipsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, slips }) => slips <= Math.max(2, candidate.length / 3))
    .sort((left, right) => left.slips - right.slips);
  return near[0]?.candidate;
}

/** Levenshtein's distance. */
function slipsBetween(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...left].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...right].entries()) {
      const kept = (above[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(kept, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[right.length] ?? 0;
}
