import { columnOf } from '../document/locate.js';
import type { Document, MapNode, Node, SequenceNode, Span } from '../document/syntax.js';
import { isEqual, type Value } from '../document/value.js';
import { breakBefore, indentationAt, lineEndAt, lineStartAt, withoutLines } from './block-text.js';
import type { Editing } from './layout.js';
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
  for (const removal of withoutLines(text, from, lineEndAt(text, end))) edit(removal.start, removal.end, '');
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

/** What becomes of a list, position by position of the old one. */
export type ListChange =
  | { readonly kind: 'keep'; readonly before: number }
  | { readonly kind: 'change'; readonly before: number; readonly after: number }
  | { readonly kind: 'remove'; readonly before: number }
  /** Stands behind the old position given, -1 for the start. */
  | { readonly kind: 'insert'; readonly behind: number; readonly after: number };

/** The fewest insertions and removals that lead from one list to another; what falls together is a change in place. */
export function listChanges(before: readonly Value[], after: readonly Value[]): readonly ListChange[] {
  const changes: ListChange[] = [];
  let gapBefore: number[] = [];
  let gapAfter: number[] = [];
  let last = -1;
  const closeGap = () => {
    gapBefore.forEach((index, position) => {
      const other = gapAfter[position];
      changes.push(
        other === undefined
          ? { kind: 'remove', before: index }
          : { kind: 'change', before: index, after: other },
      );
      last = index;
    });
    for (const index of gapAfter.slice(gapBefore.length))
      changes.push({ kind: 'insert', behind: last, after: index });
    gapBefore = [];
    gapAfter = [];
  };
  for (const [left, right] of alignment(before, after)) {
    if (left !== undefined && right !== undefined) {
      closeGap();
      changes.push({ kind: 'keep', before: left });
      last = left;
    } else if (left !== undefined) gapBefore.push(left);
    else if (right !== undefined) gapAfter.push(right);
  }
  closeGap();
  return changes;
}

type Pair = readonly [number | undefined, number | undefined];

/** The longest common subsequence, with what is in one list only between its members. */
function alignment(before: readonly Value[], after: readonly Value[]): readonly Pair[] {
  let start = 0;
  while (start < before.length && start < after.length && isEqual(before[start], after[start])) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    isEqual(before[before.length - 1 - end], after[after.length - 1 - end])
  ) {
    end++;
  }
  const pairs: Pair[] = Array.from({ length: start }, (_, index) => [index, index] as const);
  const left = before.slice(start, before.length - end);
  const right = after.slice(start, after.length - end);
  for (const [i, j] of middle(left, right)) {
    pairs.push([i === undefined ? undefined : i + start, j === undefined ? undefined : j + start]);
  }
  for (let index = end; index > 0; index--) pairs.push([before.length - index, after.length - index]);
  return pairs;
}

function middle(left: readonly Value[], right: readonly Value[]): readonly Pair[] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = isEqual(left[i], right[j]) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: Pair[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    if (isEqual(left[i], right[j])) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) pairs.push([i++, undefined]);
    else pairs.push([undefined, j++]);
  }
  while (i < left.length) pairs.push([i++, undefined]);
  while (j < right.length) pairs.push([undefined, j++]);
  return pairs;
}

/** What goes behind each old position, in order. */
export function insertions(
  changes: readonly ListChange[],
  after: readonly Value[],
): ReadonlyMap<number, Value[]> {
  const found = new Map<number, Value[]>();
  for (const change of changes) {
    if (change.kind !== 'insert') continue;
    found.set(change.behind, [...(found.get(change.behind) ?? []), after[change.after] ?? null]);
  }
  return found;
}
