import type { MapNode, SequenceNode, Span } from '../document/syntax.js';
import type { Value } from '../document/value.js';
import type { Editing } from './editing.js';
import { jsonText } from './json-text.js';
import { indentationAt, lineStartAt } from './lines.js';
import { flowEntryText, flowText } from './yaml-text.js';

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
