import { type Cursor, lineEndFrom, nextLine, take, unsure } from './read-block-cursor.js';
import type { ScalarNode } from './syntax.js';

/** A line of a block scalar: how many spaces it starts with, and what follows them. */
interface Line {
  readonly indent: number;
  readonly content: string;
}

/**
 * Reads `|`, `|-`, `>` or `>-` and the lines that belong to it; other indicators are left to the library.
 * @param parentColumn of the key or dash the scalar belongs to; its lines stand further right.
 */
export function takeBlockScalar(cursor: Cursor, parentColumn: number): ScalarNode {
  const start = cursor.at;
  const header = take(cursor, /[|>]-?(?= *\r?\n)/y);
  if (header === undefined) throw unsure;
  const lines = takeLines(cursor, parentColumn);
  const end = cursor.at;
  nextLine(cursor);
  const isLiteral = header.startsWith('|');
  const content = isLiteral ? literal(lines) : folded(lines);
  const value = header.endsWith('-') ? content : `${content}\n`;
  return { kind: 'scalar', style: isLiteral ? 'literal' : 'folded', value, span: { start, end } };
}

/** Leaves the cursor at the end of the last line with content. */
function takeLines(cursor: Cursor, parentColumn: number): Line[] {
  const { text } = cursor;
  const lines: Line[] = [];
  let count = 0;
  let indent = -1;
  for (
    let lineBreak = text.indexOf('\n', cursor.at);
    lineBreak >= 0;
    lineBreak = text.indexOf('\n', lineBreak + 1)
  ) {
    const start = lineBreak + 1;
    const contentStart = firstNonSpace(text, start);
    const end = lineEndFrom(text, contentStart);
    const line = { indent: contentStart - start, content: text.slice(contentStart, end) };
    if (line.content.startsWith('\t')) throw unsure;
    if (line.content !== '') {
      if (indent < 0 && line.indent > parentColumn) indent = line.indent;
      if (line.indent < indent || indent < 0) break;
      cursor.at = end;
      cursor.lineStart = start;
      count = lines.length + 1;
    } else if (end === text.length && line.indent > 0) {
      throw unsure;
    }
    lines.push(line);
  }
  const first = lines.findIndex(({ content }) => content !== '');
  const isWide = (line: Line) => line.indent > indent;
  // At the edges, blank lines wider than the text count to some readers and are errors to others.
  if (first < 0 || lines.slice(0, first).some(isWide) || lines.slice(count).some(isWide)) throw unsure;
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
function folded(lines: readonly Line[]): string {
  let value = '';
  let separator = '';
  let wasIndented = false;
  for (const { indent, content } of lines) {
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
