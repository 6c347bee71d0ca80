import { type Cursor, isDocumentMarker, skipBlanks, take, unsure } from './read-block-cursor.js';
import { readScalar } from './scalars.js';
import type { Node, ScalarNode, Span } from './syntax.js';

/** A key or a scalar as written, with its quotes taken away. */
export interface Word {
  readonly style: ScalarNode['style'];
  readonly text: string;
  readonly span: Span;
}

/** What may stand before a value, in either order, and from where to where it does. */
export interface Properties {
  readonly tag?: string;
  readonly anchor?: string;
  readonly start: number;
  readonly end: number;
}

/** YAML allows no more than 1024 characters between the start of a key and its colon. */
export const keyLengthLimit = 1000;

/** One line of plain text outside brackets: up to `: `, ` #` or the end of the line. */
export const plainText =
  /(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|[-?:](?=\S))(?:[^\s:]|:(?=\S)|[ \t]+(?=[^\s:#]|:\S))*/y;

/** The same inside brackets, which end it too. */
export const plainFlowText =
  /(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|[-?:](?=[^\s,[\]{}]))(?:[^\s:,[\]{}]|:(?=[^\s,[\]{}])|[ \t]+(?=[^\s:#,[\]{}]|:[^\s,[\]{}]))*/y;

/** A further line of plain text outside brackets, which may start with any character but that of a comment. */
export const morePlainText = /(?:[^\s:#]|:(?=\S))(?:[^\s:]|:(?=\S)|[ \t]+(?=[^\s:#]|:\S))*/y;

/** The same inside brackets. */
export const morePlainFlowText =
  /(?:[^\s:#,[\]{}]|:(?=[^\s,[\]{}]))(?:[^\s:,[\]{}]|:(?=[^\s,[\]{}])|[ \t]+(?=[^\s:#,[\]{}]|:[^\s,[\]{}]))*/y;

const doubleQuoted = /"(?:[^"\\]|\\[^\r]|\\\r\n)*"/y;
const singleQuoted = /'(?:[^']|'')*'/y;

/** Reads a word on one line or, quoted, on several; undefined where none starts. */
export function takeWord(cursor: Cursor, plain: RegExp): Word | undefined {
  const start = cursor.at;
  switch (cursor.text[start]) {
    case '"': {
      const text = unescaped(takeQuoted(cursor, doubleQuoted));
      if (text === undefined) throw unsure;
      return { style: 'double-quoted', text, span: { start, end: cursor.at } };
    }
    case "'": {
      const text = folded(takeQuoted(cursor, singleQuoted)).replaceAll("''", "'");
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

/** A tag, an anchor or both, without the blanks behind them; undefined where neither stands. */
export function takeProperties(cursor: Cursor): Properties | undefined {
  const { text, at: start } = cursor;
  let tag: string | undefined;
  let anchor: string | undefined;
  let end = start;
  for (;;) {
    const sign = text[cursor.at];
    if (sign === '!' && tag === undefined) tag = takeSure(cursor, /!!?[\w:.-]*(?=[ \t\r\n,[\]{}]|$)/y);
    else if (sign === '&' && anchor === undefined)
      anchor = takeSure(cursor, /&[\w.-]+(?=[ \t\r\n]|$)/y).slice(1);
    else break;
    end = cursor.at;
    skipBlanks(cursor);
  }
  cursor.at = end;
  if (end === start) return undefined;
  return { start, end, ...(tag !== undefined && { tag }), ...(anchor !== undefined && { anchor }) };
}

/** A value with the tag and the anchor in front of it; later aliases may mean it. */
export function withProperties(cursor: Cursor, node: Node, properties: Properties | undefined): Node {
  if (properties === undefined) return node;
  const { tag, anchor, start, end } = properties;
  if (node.kind === 'alias') throw unsure;
  const whole: Node = {
    ...node,
    ...(tag !== undefined && { tag }),
    ...(anchor !== undefined && { anchor }),
    span: { start, end: Math.max(end, node.span.end) },
  };
  if (anchor !== undefined) cursor.anchors.set(anchor, whole);
  return whole;
}

/** An alias; undefined where none stands. */
export function takeAlias(cursor: Cursor): Node | undefined {
  const start = cursor.at;
  if (cursor.text[start] !== '*') return undefined;
  const name = takeSure(cursor, /\*[\w.-]+(?=[ \t\r\n,[\]{}]|$)/y).slice(1);
  const target = cursor.anchors.get(name);
  if (target === undefined) throw unsure;
  return { kind: 'alias', name, target, span: { start, end: cursor.at } };
}

export function emptyAt(offset: number, tag: string | undefined): ScalarNode {
  return scalarOf({ style: 'empty', text: '', span: { start: offset, end: offset } }, tag);
}

function takeSure(cursor: Cursor, pattern: RegExp): string {
  const found = take(cursor, pattern);
  if (found === undefined) throw unsure;
  return found;
}

/** What stands between the quotes; the lines of a quoted text may be indented anyhow. */
function takeQuoted(cursor: Cursor, pattern: RegExp): string {
  const { at: start } = cursor;
  const quoted = takeSure(cursor, pattern);
  if (!quoted.includes('\n')) return quoted.slice(1, -1);
  for (let at = quoted.indexOf('\n'); at >= 0; at = quoted.indexOf('\n', at + 1)) {
    if (isDocumentMarker(cursor.text, start + at + 1)) throw unsure;
  }
  cursor.lineStart = start + quoted.lastIndexOf('\n') + 1;
  return quoted.slice(1, -1);
}

/** A line break with the blanks around it, and the blank lines behind it. */
const lineBreaks = /(?<![ \t])[ \t]*\r?\n((?:[ \t]*\r?\n)*)[ \t]*/g;

/** One line break is a space, and of several the first one does not count. */
export function folded(text: string): string {
  return text.includes('\n')
    ? text.replace(lineBreaks, (_, blankLines: string) => foldedBreak(blankLines))
    : text;
}

function foldedBreak(blankLines: string): string {
  return '\n'.repeat(blankLines.split('\n').length - 1) || ' ';
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

/** An escape, an escaped line break, or a line break to fold. */
const doubleQuotedParts =
  /\\\r?\n((?:[ \t]*\r?\n)*)[ \t]*|\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^\r\n]))|(?:(?<=\\[ \t])|(?<![ \t]))[ \t]*\r?\n((?:[ \t]*\r?\n)*)[ \t]*/g;

/**
 * What a text in double quotes says; undefined where it has an escape that YAML does not know.
 * @source https://yaml.org/spec/1.2.2/#57-escaped-characters
 */
export function unescaped(text: string): string | undefined {
  let isKnown = true;
  if (!text.includes('\\')) return folded(text);
  const result = text.replace(doubleQuotedParts, (_, escapedBreaks, x, u, long, sign, breaks) => {
    if (escapedBreaks !== undefined) return '\n'.repeat(escapedBreaks.split('\n').length - 1);
    if (breaks !== undefined) return foldedBreak(breaks);
    const code = x ?? u ?? long;
    const found = code === undefined ? escapes[sign] : characterOf(Number.parseInt(code, 16));
    isKnown &&= found !== undefined;
    return found ?? '';
  });
  return isKnown ? result : undefined;
}

function characterOf(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
