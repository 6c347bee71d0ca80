import { columnOf } from '../document/locate.js';
import type { Document, MapNode, Node, SequenceNode, Span } from '../document/syntax.js';
import type { Value } from '../document/value.js';
import { breakBefore, indentationAt, lineEndAt, lineStartAt } from './block-text.js';
import type { Editing } from './editing.js';
import { flowEntryText, flowText, jsonText } from './value-text.js';

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

/** Takes entries or items out from between brackets, each with one comma. */
export function removeFromFlow(
  parts: readonly Span[],
  isRemoved: (index: number) => boolean,
  { edit }: Editing,
): void {
  const lastKept = parts.findLastIndex((_, index) => !isRemoved(index));
  for (const [index, { start }] of parts.entries()) {
    const next = parts[index + 1];
    if (index < lastKept && isRemoved(index) && next !== undefined) edit(start, next.start, '');
  }
  const end = parts.at(-1)?.end;
  const from = parts[lastKept]?.end;
  if (lastKept < parts.length - 1 && from !== undefined && end !== undefined) edit(from, end, '');
}

/**
 * Writes entries (key and value) or items (key undefined) behind one of those that are there, -1 for the start, spaced as
 * those are.
 */
export function insertInFlow(
  node: MapNode | SequenceNode,
  parts: readonly Span[],
  behind: number,
  added: readonly (readonly [string | undefined, Value])[],
  editing: Editing,
): void {
  const { edit, document } = editing;
  const [first] = parts;
  if (added.length === 0 || first === undefined) return;
  const gap = gapOf(node, parts, document.source.text);
  const indentation = gap.includes('\n') ? blanksUpTo(first.start, document.source.text) : undefined;
  const texts = added.map(([key, value]) => partText(key, value, indentation, parts, editing));
  const separator = separatorOf(parts, document.source.text) ?? `,${gap}`;
  if (behind < 0) {
    edit(first.start, first.start, texts.map((text) => `${text}${separator}`).join(''));
    return;
  }
  const at = parts[behind]?.end ?? first.end;
  edit(at, at, texts.map((text) => `${separator}${text}`).join(''));
}

/** The indentation of the line, as wide as to reach what stands behind a bracket or a comma. */
function blanksUpTo(offset: number, text: string): string {
  const width = offset - lineStartAt(text, offset);
  return indentationAt(text, offset).padEnd(width, ' ');
}

/** What stands between the first two parts, if that is no more than blanks and a comma: it may start a line. */
function separatorOf([first, second]: readonly Span[], text: string): string | undefined {
  if (first === undefined || second === undefined) return undefined;
  const between = text.slice(first.end, second.start).replaceAll('\r', '');
  return /^\s*,\s*$/.test(between) ? between : undefined;
}

/** The blanks, or line break and indentation, in front of each part. */
function gapOf(node: MapNode | SequenceNode, parts: readonly Span[], text: string): string {
  const [first, second] = parts;
  const blanks = (from: number, to: number) => /\s*$/.exec(text.slice(from, to))?.[0] ?? '';
  if (first !== undefined && second !== undefined)
    return blanks(first.end, second.start).replaceAll('\r', '');
  const open = text.indexOf(node.kind === 'sequence' ? '[' : '{', node.span.start) + 1;
  const inner = blanks(open, first?.start ?? open).replaceAll('\r', '');
  if (inner.includes('\n')) return inner;
  return text.trim().includes('\n') || /[:,]\s/.test(text) ? ' ' : '';
}

function partText(
  key: string | undefined,
  value: Value,
  indentation: string | undefined,
  parts: readonly Span[],
  { document, layout }: Editing,
): string {
  const { source } = document;
  if (source.format === 'yaml') {
    return key === undefined ? flowText(value, layout) : flowEntryText(key, value, layout);
  }
  const text = jsonText(value, indentation, layout);
  if (key === undefined) return text;
  const [first] = parts;
  const sample = first === undefined ? '' : source.text.slice(first.start, first.end);
  const colon = /^"(?:[^"\\]|\\.)*"(\s*:[ \t]*)/.exec(sample)?.[1] ?? ': ';
  return `${JSON.stringify(key)}${colon}${text}`;
}
