import { readScalar } from './scalars.js';
import type { Comment, Node, ScalarNode, Span } from './syntax.js';

/** Where the fast reader is in a text. Every function that reads moves it on. */
export interface Cursor {
  readonly text: string;
  /** Offset of the next character to read. */
  at: number;
  /** Offset of the first character of the line `at` is on. */
  lineStart: number;
  readonly comments: Comment[];
  /** What has been named so far. */
  readonly anchors: Map<string, Node>;
}

/** Thrown, and caught in `readBlock`, when the fast reader is not certain of what it sees: the library takes over. */
export const unsure = Symbol('unsure');

/** Column of the next character, or -1 at the end of the text. */
export function columnHere(cursor: Cursor): number {
  return cursor.at < cursor.text.length ? cursor.at - cursor.lineStart : -1;
}

/** Reads what a sticky pattern matches, and moves behind it. */
export function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  if (!pattern.test(cursor.text)) return undefined;
  const start = cursor.at;
  cursor.at = pattern.lastIndex;
  return cursor.text.slice(start, cursor.at);
}

export function skipSpaces(cursor: Cursor): void {
  while (cursor.text.charCodeAt(cursor.at) === space) cursor.at++;
}

/** Spaces and tabs, which separate as well where indentation does not count. */
export function skipBlanks(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (code !== space && code !== tab) return;
    cursor.at++;
  }
}

export function isLineEnd({ text, at }: Cursor): boolean {
  const code = text.charCodeAt(at);
  return code === lineFeed || code === carriageReturn || at >= text.length;
}

/** After a value: nothing but a comment may follow on its line. Moves to the next line with content. */
export function endLine(cursor: Cursor): void {
  const { text } = cursor;
  const start = cursor.at;
  skipBlanks(cursor);
  if (text.charCodeAt(cursor.at) === hash) {
    if (cursor.at === start) throw unsure;
    takeComment(cursor, false);
  }
  if (!isLineEnd(cursor)) throw unsure;
  nextLine(cursor);
}

/** To the first content of a text. */
export function startAt(text: string): Cursor {
  const cursor: Cursor = { text, at: 0, lineStart: 0, comments: [], anchors: new Map() };
  skipSpaces(cursor);
  if (text.charCodeAt(cursor.at) === hash) takeComment(cursor, true);
  if (isLineEnd(cursor)) nextLine(cursor);
  return cursor;
}

/** From the end of a line to the next content, over blank lines and comments. */
function nextLine(cursor: Cursor): void {
  const { text } = cursor;
  while (take(cursor, /(?:\r?\n *)+/y) !== undefined) {
    cursor.lineStart = text.lastIndexOf('\n', cursor.at - 1) + 1;
    const code = text.charCodeAt(cursor.at);
    if (code === hash) {
      takeComment(cursor, true);
      continue;
    }
    if (code !== tab) return;
    // Tabs may stand on a line that is blank, but they indent nothing.
    skipBlanks(cursor);
    if (!isLineEnd(cursor)) throw unsure;
  }
}

/** `---` or `...` at the start of a line ends a document, even between brackets and quotes. */
export function isAtDocumentMarker({ text, at, lineStart }: Cursor): boolean {
  if (at !== lineStart) return false;
  return isDocumentMarker(text, at);
}

function isDocumentMarker(text: string, lineStart: number): boolean {
  const code = text.charCodeAt(lineStart);
  return (
    (code === dash || code === dot) && /^(?:---|\.\.\.)(?:\s|$)/.test(text.slice(lineStart, lineStart + 4))
  );
}

/** Where a line ends, without its line break. */
function lineEndFrom(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end < 0) return text.length;
  return text.charCodeAt(end - 1) === carriageReturn && end > offset ? end - 1 : end;
}

function takeComment(cursor: Cursor, ownLine: boolean): void {
  const start = cursor.at;
  cursor.at = lineEndFrom(cursor.text, start);
  cursor.comments.push({ span: { start, end: cursor.at }, ownLine });
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const hash = 0x23;
const dash = 0x2d;
const dot = 0x2e;

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

/** A line of a block scalar: how many spaces it starts with, and what follows them. */
interface Line {
  readonly indent: number;
  readonly content: string;
}

interface Header {
  readonly style: 'literal' | 'folded';
  readonly chomping: '' | '-' | '+';
  /** Columns from the parent to the text, where the header says so. */
  readonly indent: number | undefined;
}

/**
 * Reads a block scalar: `|` or `>` with what follows it, and the lines that belong to it.
 * @param parentColumn of the key or dash the scalar belongs to; its lines stand further right.
 */
export function takeBlockScalar(cursor: Cursor, parentColumn: number): ScalarNode {
  const start = cursor.at;
  const { style, chomping, indent } = takeHeader(cursor);
  const headerEnd = cursor.at;
  skipBlanks(cursor);
  if (cursor.text[cursor.at] === '#') {
    if (cursor.at === headerEnd) throw unsure;
    takeComment(cursor, false);
  }
  const wanted = indent === undefined ? undefined : Math.max(parentColumn, 0) + indent;
  const lines = takeLines(cursor, parentColumn, wanted, chomping === '+');
  const end = cursor.at;
  nextLine(cursor);
  const content = style === 'literal' ? literal(lines) : foldedLines(lines);
  return { kind: 'scalar', style, value: chomping === '-' ? content : `${content}\n`, span: { start, end } };
}

function takeHeader(cursor: Cursor): Header {
  const written = take(cursor, /[|>](?:[-+][1-9]?|[1-9][-+]?)?(?=[ \t]*(?:#.*)?\r?\n)/y);
  if (written === undefined) throw unsure;
  const [digit] = /[1-9]/.exec(written) ?? [];
  return {
    style: written.startsWith('|') ? 'literal' : 'folded',
    chomping: written.includes('-') ? '-' : written.includes('+') ? '+' : '',
    indent: digit === undefined ? undefined : Number(digit),
  };
}

/**
 * Leaves the cursor at the end of the last line that belongs to the scalar.
 * @param wanted column of the text, where the header gives it
 * @param keepsBlankLines those behind the text belong to it
 */
function takeLines(
  cursor: Cursor,
  parentColumn: number,
  wanted: number | undefined,
  keepsBlankLines: boolean,
): Line[] {
  const { text } = cursor;
  const lines: Line[] = [];
  let count = 0;
  let indent = wanted ?? -1;
  for (
    let lineBreak = text.indexOf('\n', cursor.at);
    lineBreak >= 0;
    lineBreak = text.indexOf('\n', lineBreak + 1)
  ) {
    const start = lineBreak + 1;
    const contentStart = firstNonSpace(text, start);
    const end = lineEndFrom(text, contentStart);
    const line = { indent: contentStart - start, content: text.slice(contentStart, end) };
    const isFilled = line.content !== '' || (indent >= 0 && count > 0 && line.indent > indent);
    if (line.content.startsWith('\t') && (indent < 0 || line.indent < indent)) throw unsure;
    if (isFilled) {
      if (indent < 0 && line.indent > parentColumn) indent = line.indent;
      if (line.indent < indent || indent < 0) break;
      cursor.at = end;
      cursor.lineStart = start;
      count = lines.length + 1;
    } else if (end === text.length && (line.indent > 0 || keepsBlankLines)) {
      throw unsure;
    }
    lines.push(line);
    if (keepsBlankLines && !isFilled && count > 0) {
      cursor.at = end;
      cursor.lineStart = start;
      count = lines.length;
    }
  }
  const first = lines.findIndex(({ content }) => content !== '');
  // Behind text whose column is given, the library measures them by another column.
  if (wanted !== undefined && lines.some((line) => line.content === '' && line.indent > indent)) throw unsure;
  // Above the text, blank lines that are wider count to some readers and are errors to others.
  if (first < 0 || lines.slice(0, first).some((line) => line.indent > indent)) throw unsure;
  return lines
    .slice(0, count)
    .map(({ indent: width, content }) => ({ indent: Math.max(width - indent, 0), content }));
}

function firstNonSpace(text: string, offset: number): number {
  let at = offset;
  while (text[at] === ' ') at++;
  return at;
}

function literal(lines: readonly Line[]): string {
  return lines.map(({ indent, content }) => ' '.repeat(indent) + content).join('\n');
}

/** Single line breaks become spaces, except next to blank lines and to lines that are indented further. */
function foldedLines(lines: readonly Line[]): string {
  let value = '';
  let separator = '';
  let wasIndented = false;
  for (const { indent, content } of lines) {
    if (content.startsWith('\t')) throw unsure;
    if (indent > 0) {
      if (separator === ' ') separator = '\n';
      else if (!wasIndented && separator === '\n') separator = '\n\n';
      value += separator + ' '.repeat(indent) + content;
      separator = '\n';
      wasIndented = true;
    } else if (content === '') {
      if (separator === '\n') value += '\n';
      else separator = '\n';
    } else {
      value += separator + content;
      separator = ' ';
      wasIndented = false;
    }
  }
  return value;
}
