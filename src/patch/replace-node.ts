import { columnOf } from '../document/locate.js';
import type { Entry, Node, ScalarNode } from '../document/syntax.js';
import { isList, isMap, type Value } from '../document/value.js';
import type { Editing, EditTarget } from './editing.js';
import { jsonText } from './json-text.js';
import { indentationAt } from './lines.js';
import { refusal } from './refusal.js';
import { quotedText } from './scalar-text.js';
import { afterColon, blockText, flowText, itemText, lineText } from './yaml-text.js';

/** Writes a value in the place of a node. */
export function replaceNode(node: Node, value: Value, place: EditTarget, editing: Editing): void {
  if (place.isFlow) replaceInFlow(node, value, place, editing);
  else if (place.slot.kind === 'entry') replaceEntryValue(node, value, place, editing);
  else if (place.slot.kind === 'item') replaceItem(node, value, place, editing);
  else throw refusal(editing, node, place, 'the template as a whole would be replaced');
}

function replaceInFlow(node: Node, value: Value, place: EditTarget, editing: Editing): void {
  const { document, layout, edit } = editing;
  const { text } = document.source;
  if (place.slot.kind === 'entry' && colonBehind(place.slot.entry, text) === undefined)
    throw refusal(editing, node, place, 'no colon stands behind its key');
  const gap = node.span.start === node.span.end && !/\s/.test(text[node.span.start - 1] ?? ' ') ? ' ' : '';
  edit(node.span.start, node.span.end, gap + flowValue(node, value, { document, layout }));
}

function flowValue(
  node: Node,
  value: Value,
  { document, layout }: Pick<Editing, 'document' | 'layout'>,
): string {
  const { source } = document;
  if (source.format === 'yaml') return sameQuotes(node, value) ?? flowText(value, layout);
  return jsonText(value, jsonIndentation(source.text, node.span.start), layout);
}

/** The indentation of the line, for JSON that has lines at all. */
function jsonIndentation(text: string, offset: number): string | undefined {
  return text.trim().includes('\n') ? indentationAt(text, offset) : undefined;
}

function replaceEntryValue(node: Node, value: Value, place: EditTarget, editing: Editing): void {
  const { document, layout, edit } = editing;
  const { text } = document.source;
  if (place.slot.kind !== 'entry') return;
  const { entry, column } = place.slot;
  const colon = colonBehind(entry, text);
  if (colon === undefined) throw refusal(editing, node, place, 'no colon stands behind its key');
  const between = text.slice(colon + 1, node.span.start);
  const line = sameQuotes(node, value) ?? lineText(value, layout);
  if (line !== undefined && !between.includes('\n')) {
    edit(node.span.start, node.span.end, between === '' ? ` ${line}` : line);
    return;
  }
  const isBlock = (node.kind === 'map' || node.kind === 'sequence') && node.layout === 'block';
  if (
    line === undefined &&
    isBlock &&
    node.tag === undefined &&
    node.anchor === undefined &&
    isCollection(value)
  ) {
    // Only a list may stand at the column of its key.
    if (between.includes('\n') && (isList(value) || node.column > column)) {
      edit(node.span.start, node.span.end, blockText(value, node.column, layout));
      return;
    }
  }
  if (between.trim() !== '') {
    // A comment stays between the key and its value, which then keeps its own line.
    const at = columnOf(document.source, node.span.start);
    if (at <= column && (line !== undefined || !isList(value))) {
      throw refusal(editing, node, place, 'a comment separates the key from its value');
    }
    edit(node.span.start, node.span.end, line ?? itemText(value, at, layout));
    return;
  }
  const written = line === undefined ? afterColon(value, column, layout) : ` ${line}`;
  edit(colon + 1, node.span.end, written);
}

/** Offset of the colon of an entry; a key may stand without one, and then has no value. */
function colonBehind({ keySpan }: Entry, text: string): number | undefined {
  const filler = /(?:\s+|#.*)*/y;
  filler.lastIndex = keySpan.end;
  const at = keySpan.end + (filler.exec(text)?.[0].length ?? 0);
  return text[at] === ':' ? at : undefined;
}

function replaceItem(node: Node, value: Value, place: EditTarget, editing: Editing): void {
  const { document, layout, edit } = editing;
  if (place.slot.kind !== 'item') return;
  const dash = place.slot.item.start;
  const between = document.source.text.slice(dash + 1, node.span.start);
  if (between.includes('\n'))
    throw refusal(editing, node, place, 'it does not stand on the line of its dash');
  const gap = between === '' ? ' ' : '';
  const column = columnOf(document.source, node.span.start) + gap.length;
  const written = sameQuotes(node, value) ?? itemText(value, column, layout);
  edit(node.span.start, node.span.end, gap + written);
}

/** Text stays in the quotes it has. */
function sameQuotes(node: Node, value: Value): string | undefined {
  if (typeof value !== 'string' || node.kind !== 'scalar' || node.tag !== undefined) return undefined;
  const style: ScalarNode['style'] = node.style;
  if (style === 'single-quoted') return quotedText(value, 'single');
  return style === 'double-quoted' ? quotedText(value, 'double') : undefined;
}

function isCollection(value: Value): boolean {
  return (isMap(value) && Object.keys(value).length > 0) || (isList(value) && value.length > 0);
}
