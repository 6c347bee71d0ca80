import {
  type Cursor,
  lineEndFrom,
  nextLine,
  skipBlanks,
  take,
  takeComment,
  unsure,
} from './read-block-cursor.js';
import type { ScalarNode } from './syntax.js';

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
