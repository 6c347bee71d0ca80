import type { Comment, Node } from './syntax.js';

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
export function nextLine(cursor: Cursor): void {
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

export function isDocumentMarker(text: string, lineStart: number): boolean {
  const code = text.charCodeAt(lineStart);
  return (
    (code === dash || code === dot) && /^(?:---|\.\.\.)(?:\s|$)/.test(text.slice(lineStart, lineStart + 4))
  );
}

/** Where a line ends, without its line break. */
export function lineEndFrom(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end < 0) return text.length;
  return text.charCodeAt(end - 1) === carriageReturn && end > offset ? end - 1 : end;
}

export function takeComment(cursor: Cursor, ownLine: boolean): void {
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
