import { columnOf } from '../document/locate.js';
import type { Document, Node } from '../document/syntax.js';
import type { Editing } from './editing.js';
import { breakBefore, lineEndAt, lineStartAt } from './lines.js';

/**
 * Takes an entry or item of block style out, with the comments that stand directly above it in the same column and the
 * one behind it.
 * @param next where the one after it starts: it moves up when the one removed shares its line with something before it.
 */
export function removeLines(start: number, end: number, next: number | undefined, editing: Editing): void {
  const { document, edit } = editing;
  const { text } = document.source;
  const lineStart = lineStartAt(text, start);
  if (text.slice(lineStart, start).trim() !== '') {
    edit(start, next ?? lineEndAt(text, end), '');
    return;
  }
  const from = withComments(document, lineStart, columnOf(document.source, start));
  const to = lineEndAt(text, end);
  if (from > 0) edit(breakBefore(text, from), to, '');
  else edit(0, text[to] === '\r' ? to + 2 : Math.min(to + 1, text.length), '');
}

/** The start of the first of the comment lines directly above. */
function withComments({ source: { text }, comments }: Document, lineStart: number, column: number): number {
  let from = lineStart;
  while (from > 0) {
    const previous = lineStartAt(text, breakBefore(text, from));
    // A line of a text in quotes may look like one.
    if (!comments.some(({ span, ownLine }) => ownLine && span.start === previous + column)) break;
    // What tells a tool to skip something is about the resource, whatever it happens to be above.
    if (text.slice(previous, from).includes(':skip=')) break;
    from = previous;
  }
  return from;
}

/**
 * The end of the line something ends on, or of the last of the comment lines below that stand deeper than a column: they
 * belong to what ends there, and not to what is put behind it.
 */
export function endWithComments(
  { source: { text }, comments }: Document,
  end: number,
  column: number,
): number {
  const nextComment = /(?:\r?\n[ \t]*)*\r?\n([ \t]*)#/y;
  for (let at = lineEndAt(text, end); ; at = lineEndAt(text, nextComment.lastIndex)) {
    nextComment.lastIndex = at;
    const found = nextComment.exec(text);
    const start = nextComment.lastIndex - 1;
    const isDeeper = found !== null && (found[1] ?? '').length > column;
    if (!isDeeper || !comments.some(({ span, ownLine }) => ownLine && span.start === start)) return at;
  }
}

/**
 * Ends in a block scalar to whose text the line breaks behind it belong: one that keeps them (`|+`), or any but a
 * stripped one (`|-`) on the last line of a file that has no final line break, where readers differ.
 */
export function isKeptToTheEnd(node: Node, text: string): boolean {
  if (node.kind === 'map') {
    const last = node.entries.at(-1);
    return last !== undefined && isKeptToTheEnd(last.value, text);
  }
  if (node.kind === 'sequence') {
    const last = node.items.at(-1);
    return last !== undefined && isKeptToTheEnd(last.value, text);
  }
  if (node.kind !== 'scalar' || (node.style !== 'literal' && node.style !== 'folded')) return false;
  const [header = ''] = text.slice(node.span.start, node.span.end).split('\n', 1);
  const isLast = text.slice(node.span.end) === '' && !text.endsWith('\n');
  return /[|>][0-9]*\+/.test(header) || (isLast && !/[|>][0-9]*-/.test(header));
}
