import type { ErrorPlace } from '../errors.js';
import { longName } from './intrinsics.js';
import type { Document, Entry, MapNode, Node, Source, Span } from './syntax.js';
import type { Path } from './value.js';

/** What it takes to count lines. */
type Text = Pick<Source, 'text'>;

/**
 * The node a path of the value tree leads to; `undefined` where the text has none of its own: the parts of
 * `!GetAtt A.B`, and anything behind an alias or a merge key.
 */
export function nodeAt(document: Document, path: Path): Node | undefined {
  const { node, depth } = descend(document, path);
  return depth === path.length ? node : undefined;
}

/** The deepest node on the way that the text has; it stands in for what it holds. */
export function nearestNode(document: Document, path: Path): Node {
  return descend(document, path).node;
}

function descend({ root, source }: Document, path: Path): { readonly node: Node; readonly depth: number } {
  let node = root;
  for (const [depth, token] of path.entries()) {
    const next = stepInto(node, token, source);
    if (next === undefined) return { node, depth };
    node = next;
  }
  return { node, depth: path.length };
}

function stepInto(node: Node, token: string, source: Source): Node | undefined {
  // A short form is one node in the text and two levels of the value: the function, and its argument.
  const name = node.tag === undefined ? undefined : longName(node.tag);
  if (name !== undefined) return token === name ? argumentOf(node, source) : undefined;
  if (node.kind === 'map') {
    return token === '<<' ? undefined : entryIn(node, token)?.value;
  }
  if (node.kind !== 'sequence' || !/^(0|[1-9][0-9]*)$/.test(token)) return undefined;
  return node.items[Number(token)]?.value;
}

/** The entry of a key: the last one, where the map repeats it. */
export function entryIn({ entries }: MapNode, wanted: string): Entry | undefined {
  return entries.findLast(({ key }) => key === wanted);
}

/** The argument of a short form as a node of its own: without tag and anchor, which belong to the function. */
export function argumentOf({ tag, anchor, ...node }: Node, source: Source): Node {
  const start = contentStart({ tag, anchor, ...node } as Node, source);
  return { ...node, span: { start, end: Math.max(start, node.span.end) } } as Node;
}

function contentStart(node: Node, { text }: Source): number {
  if (node.kind === 'map' && node.layout === 'block') return node.entries[0]?.start ?? node.span.start;
  if (node.kind === 'sequence' && node.layout === 'block') return node.items[0]?.start ?? node.span.start;
  return propertiesOf(node, text).content;
}

/**
 * Where tag and anchor of a node end, in whatever order they are, and where its content starts, behind the blanks and
 * comments that follow them. Both are the start of a node that has neither.
 */
export function propertiesOf(
  { span, tag, anchor }: Pick<Node, 'span'> & Partial<Record<'tag' | 'anchor', string | undefined>>,
  text: string,
): { readonly end: number; readonly content: number } {
  const filler = /(?:\s+|#[^\n]*)*/y;
  let end = span.start;
  let at = span.start;
  while (at < span.end) {
    if (tag !== undefined && text.startsWith(tag, at)) at += tag.length;
    else if (anchor !== undefined && text.startsWith(`&${anchor}`, at)) at += anchor.length + 1;
    else break;
    end = at;
    if (at >= span.end) break;
    filler.lastIndex = at;
    at += filler.exec(text)?.[0].length ?? 0;
  }
  return { end, content: Math.min(at, span.end) };
}

/** One-based. */
export function lineOf(source: Text, offset: number): number {
  const starts = lineStarts(source);
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** Zero-based. */
export function columnOf(source: Text, offset: number): number {
  return offset - lineStartOf(source, offset);
}

/** Offset of the first character of the line. */
export function lineStartOf(source: Text, offset: number): number {
  return lineStarts(source)[lineOf(source, offset) - 1] ?? 0;
}

/** Where an error points to; an offset behind the text is that of its end. */
export function placeOf(source: Text & Pick<Source, 'path'>, offset: Span['start']): ErrorPlace {
  const within = Math.min(offset, source.text.length);
  return { file: source.path, line: lineOf(source, within), column: columnOf(source, within) + 1 };
}

const knownLineStarts = new WeakMap<Text, readonly number[]>();

function lineStarts(source: Text): readonly number[] {
  const known = knownLineStarts.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1))
    starts.push(at + 1);
  knownLineStarts.set(source, starts);
  return starts;
}
