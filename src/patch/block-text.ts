import { longName } from '../document/intrinsics.js';
import type { Node } from '../document/syntax.js';
import { isMap, type Value } from '../document/value.js';
import type { Editing, TextEdit } from './layout.js';

/**
 * Changes the lines of a literal block (`|`) that differ and leaves the others as they are, also when the text turns
 * into the argument of `Fn::Sub`.
 * @returns false for anything that is no such block, or would not be one any more
 */
export function rewriteBlockText(
  node: Node,
  before: Value,
  after: Value,
  { document, edit }: Editing,
): boolean {
  if (node.kind !== 'scalar' || node.style !== 'literal') return false;
  const [was, will] = [textOf(before), textOf(after)];
  if (was === undefined || will === undefined || (was.name !== undefined && was.name !== will.name))
    return false;
  // A tag for texts, such as `!!str`, cannot stand beside that of a function.
  if (node.tag !== undefined && longName(node.tag) !== will.name) return false;
  const block = linesOf(node, was.text, document.source.text);
  const wanted = block && contentOf(was.text, will.text);
  if (block === undefined || wanted === undefined) return false;
  const old = was.text.replace(/\n+$/, '').split('\n');
  let head = 0;
  while (head < old.length && head < wanted.length && old[head] === wanted[head]) head++;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < wanted.length - head &&
    old.at(-1 - tail) === wanted.at(-1 - tail)
  )
    tail++;
  // The first line settles the indentation, so it stays.
  if (head === 0) return false;
  if (was.name !== will.name) edit(node.span.start, node.span.start, '!Sub ');
  const { indentation, lines } = block;
  const replaced = wanted
    .slice(head, wanted.length - tail)
    .map((line) => (line === '' ? '' : indentation + line));
  const [last, next] = [lines[old.length - tail - 1], lines[old.length - tail]];
  const from = lines[head]?.start ?? last?.end ?? node.span.end;
  const isReplaced = head < old.length - tail && replaced.length > 0;
  // Each line keeps its own line break, whichever that is; behind the last one others may write as well.
  if (isReplaced) edit(from, last?.end ?? from, replaced.join('\n'));
  else if (next !== undefined) edit(from, next.start, replaced.map((line) => `${line}\n`).join(''));
  else edit(lines[head - 1]?.end ?? from, last?.end ?? from, replaced.map((line) => `\n${line}`).join(''));
  return true;
}

/** A text, or one that `Fn::Sub` fills in. */
function textOf(value: Value): { readonly name: 'Fn::Sub' | undefined; readonly text: string } | undefined {
  if (typeof value === 'string') return { name: undefined, text: value };
  const inner = isMap(value) && Object.keys(value).length === 1 ? value['Fn::Sub'] : undefined;
  return typeof inner === 'string' ? { name: 'Fn::Sub', text: inner } : undefined;
}

/** Where each line of the content stands, without its line break; `undefined` when they are not what the value says. */
function linesOf(node: Node, value: string, text: string) {
  const start = text.indexOf('\n', node.span.start) + 1;
  const [first = ''] = value.split('\n');
  const firstRaw = text.slice(start, text.indexOf('\n', start));
  const width = firstRaw.replace(/\r$/, '').length - first.length;
  if (width <= 0) return undefined;
  const indentation = firstRaw.slice(0, width);
  const lines: { readonly start: number; readonly end: number }[] = [];
  let at = start;
  for (const line of value.replace(/\n+$/, '').split('\n')) {
    const raw = line === '' ? '' : indentation + line;
    if (!text.startsWith(raw, at)) return undefined;
    const end = at + raw.length;
    const gap = /^\r?\n/.exec(text.slice(end, end + 2))?.[0];
    if (gap === undefined && end < text.length) return undefined;
    lines.push({ start: at, end });
    at = end + (gap?.length ?? 0);
  }
  return { indentation, lines };
}

/** The lines of the wanted text, which has to end as the old one does: that is in the block's indicator. */
function contentOf(before: string, after: string): readonly string[] | undefined {
  const ending = (text: string) => /\n*$/.exec(text)?.[0];
  const lines = after.replace(/\n+$/, '').split('\n');
  const isPlain = lines.every((line) => /^[\t\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/.test(line));
  return ending(before) === ending(after) && isPlain ? lines : undefined;
}

/** Offset of the first character of the line an offset is on. */
export function lineStartAt(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Offset behind the last character of the line, before its line break. */
export function lineEndAt(text: string, offset: number): number {
  const feed = text.indexOf('\n', offset);
  if (feed < 0) return text.length;
  return feed > offset && text[feed - 1] === '\r' ? feed - 1 : feed;
}

/** The line break at the end of the line an offset is on; `undefined` on a last line that has none. */
export function lineBreakAt(text: string, offset: number): '\n' | '\r\n' | undefined {
  const end = lineEndAt(text, offset);
  if (end === text.length) return undefined;
  return text[end] === '\r' ? '\r\n' : '\n';
}

/**
 * The edits that take whole lines out, so that the line above keeps its own line break in a file that has both kinds.
 * What ends where they end can still be written to: the line break behind them is no part of the first edit.
 * @param end of the last line, before its line break
 */
export function withoutLines(text: string, start: number, end: number): readonly TextEdit[] {
  const own = lineBreakAt(text, end) ?? '';
  if (start === 0) return [{ start, end: end + own.length, text: '' }];
  const above = start - breakBefore(text, start);
  const from = start - (own === '' ? above : Math.min(above, own.length));
  const removal = { start: from, end, text: '' };
  return own.length > above ? [removal, { start: end, end: end + 1, text: '' }] : [removal];
}

/** Offset of the line break before a line; 0 for the first. */
export function breakBefore(text: string, lineStart: number): number {
  if (lineStart === 0) return 0;
  return text[lineStart - 2] === '\r' ? lineStart - 2 : lineStart - 1;
}

/** The blanks at the start of the line an offset is on. */
export function indentationAt(text: string, offset: number): string {
  const blanks = /[ \t]*/y;
  blanks.lastIndex = lineStartAt(text, offset);
  return blanks.exec(text)?.[0] ?? '';
}

/**
 * Changes the part of a quoted text over several lines that differs, so that its other lines stay as they are.
 * @returns false for any other text, and where the part would not say what is wanted
 */
export function rewriteQuotedText(node: Node, wanted: string, { document, edit }: Editing): boolean {
  if (node.kind !== 'scalar' || !node.style.endsWith('-quoted')) return false;
  const { start, end } = node.span;
  const written = document.source.text.slice(start, end);
  const quote = written[0] ?? '';
  const inner = written.slice(1, -1);
  const before = unfolded(inner, quote);
  if (!inner.includes('\n') || before === undefined || before.text !== node.value) return false;
  const { text, ends } = before;
  let head = 0;
  while (head < Math.min(text.length, wanted.length) && text[head] === wanted[head]) head++;
  const most = Math.min(text.length, wanted.length) - head;
  let tail = 0;
  while (tail < most && text.at(-1 - tail) === wanted.at(-1 - tail)) tail++;
  const from = ends[head - 1] ?? 0;
  const to = head === text.length - tail ? from : (ends[text.length - tail - 1] ?? from);
  const part = wanted.slice(head, wanted.length - tail);
  if (!printable.test(part) || (quote === '"' && /["\\]/.test(part))) return false;
  const added = part.replaceAll("'", quote === "'" ? "''" : "'");
  if (unfolded(inner.slice(0, from) + added + inner.slice(to), quote)?.text !== wanted) return false;
  edit(start + 1 + from, start + 1 + to, added);
  return true;
}

const printable = /^[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/;

/**
 * What a quoted text says, and where each character of it ends as written: a line break is a blank, further ones are line
 * breaks. `undefined` with escapes, of which the library knows more.
 */
function unfolded(
  inner: string,
  quote: string,
): { readonly text: string; readonly ends: readonly number[] } | undefined {
  if (quote === '"' && inner.includes('\\')) return undefined;
  let text = '';
  const ends: number[] = [];
  const part = quote === "'" ? /''|[ \t]*(?:\r?\n[ \t]*)+|./gs : /[ \t]*(?:\r?\n[ \t]*)+|./gs;
  for (const { 0: found, index } of inner.matchAll(part)) {
    const breaks = found.split('\n').length - 1;
    const said = breaks === 0 ? found.slice(0, 1) : breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
    text += said;
    for (const _ of said) ends.push(index + found.length);
  }
  return { text, ends };
}
