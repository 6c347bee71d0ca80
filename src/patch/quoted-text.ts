import type { Node } from '../document/syntax.js';
import type { Editing } from './editing.js';

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
