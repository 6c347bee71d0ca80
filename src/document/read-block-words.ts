import { type Cursor, take, unsure } from './read-block-cursor.js';
import { readScalar } from './scalars.js';
import type { ScalarNode, Span } from './syntax.js';

/** A key or a scalar as written, with its quotes taken away. */
export interface Word {
  readonly style: ScalarNode['style'];
  readonly text: string;
  readonly span: Span;
}

/** YAML allows no more than 1024 characters between the start of a key and its colon. */
export const keyLengthLimit = 1000;

/** One line of plain text outside brackets: up to `: `, ` #` or the end of the line; never a document marker. */
export const plainText =
  /(?!(?:---|\.\.\.)(?:\s|$))(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|-(?=\S))(?:[^\s:]|:(?=\S)| +(?=[^\s:#]|:\S))*/y;

/** The same inside brackets, which end it too. */
export const plainFlowText =
  /(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|-(?=[^\s,[\]{}]))(?:[^\s:,[\]{}]|:(?=[^\s,[\]{}])| +(?=[^\s:#,[\]{}]|:[^\s,[\]{}]))*/y;

const doubleQuoted = /"(?:[^"\\\t]|\\[^\r\n])*"/y;
const singleQuoted = /'(?:[^'\t]|'')*'/y;

/**
 * Reads a word; undefined where none starts.
 * @param parentColumn of what a quoted word belongs to, where it may run on over lines that stand further right.
 */
export function takeWord(cursor: Cursor, plain: RegExp, parentColumn?: number): Word | undefined {
  const start = cursor.at;
  switch (cursor.text[start]) {
    case '"': {
      const text = unescaped(takeQuoted(cursor, doubleQuoted, parentColumn));
      return { style: 'double-quoted', text, span: { start, end: cursor.at } };
    }
    case "'": {
      const text = takeQuoted(cursor, singleQuoted, parentColumn).slice(1, -1).replaceAll("''", "'");
      return { style: 'single-quoted', text, span: { start, end: cursor.at } };
    }
    default: {
      const text = take(cursor, plain);
      return text === undefined ? undefined : { style: 'plain', text, span: { start, end: cursor.at } };
    }
  }
}

export function scalarOf({ style, text, span }: Word, tag: string | undefined): ScalarNode {
  return { kind: 'scalar', style, value: readScalar(text, style, tag), span };
}

/** A short tag, without the spaces after it. */
export function takeTag(cursor: Cursor): string | undefined {
  if (cursor.text[cursor.at] !== '!') return undefined;
  const tag = take(cursor, /![A-Za-z0-9:]+(?=[ \r\n])/y);
  if (tag === undefined) throw unsure;
  return tag;
}

/** Quotes included, lines folded. */
function takeQuoted(cursor: Cursor, pattern: RegExp, parentColumn: number | undefined): string {
  const quoted = take(cursor, pattern);
  if (quoted === undefined) throw unsure;
  if (!quoted.includes('\n')) return quoted;
  if (parentColumn === undefined || quoted.includes('\\')) throw unsure;
  cursor.lineStart = cursor.text.lastIndexOf('\n', cursor.at - 1) + 1;
  for (const [, indent = ''] of quoted.matchAll(/\n( *)(?! *\r?\n)/g)) {
    if (indent.length <= parentColumn) throw unsure;
  }
  return quoted.replace(
    /(?<! ) *\r?\n((?: *\r?\n)*) */g,
    (_, blankLines: string) => '\n'.repeat(blankLines.split('\n').length - 1) || ' ',
  );
}

/** Knows the escapes JSON shares with YAML; texts with others are left to the library. */
function unescaped(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  if (!/^(?:[^\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$/.test(quoted)) throw unsure;
  return JSON.parse(quoted);
}
