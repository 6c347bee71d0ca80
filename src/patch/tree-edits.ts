import { intrinsicName, longName } from '../document/intrinsics.js';
import { argumentOf, columnOf, entryIn, propertiesOf } from '../document/locate.js';
import type {
  AliasNode,
  Document,
  Entry,
  MapNode,
  Node,
  ScalarNode,
  SequenceNode,
} from '../document/syntax.js';
import { isEqual, isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { indentationAt, lineBreakAt, rewriteBlockText, rewriteQuotedText } from './block-text.js';
import {
  endWithComments,
  insertInFlow,
  insertions,
  isKeptToTheEnd,
  type ListChange,
  listChanges,
  removeFromFlow,
  removeLines,
} from './collection-edits.js';
import {
  type Editing,
  type EditTarget,
  layoutOf,
  quotedText,
  refusal,
  type TextEdit,
  taggedText,
} from './layout.js';
import {
  afterColon,
  blockText,
  entryText,
  flowText,
  itemText,
  jsonText,
  lineText,
  pad,
} from './value-text.js';

/** The edits that lead from a document to a value that its own has been patched to. */
export function treeEdits(document: Document, after: Value): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  const { text: original, lineBreak } = document.source;
  const aliases = aliasesIn(document);
  const editing: Editing = {
    document,
    layout: layoutOf(document),
    aliased: new Set(aliases.map(({ target }) => target)),
    edit: (start, end, text) =>
      edits.push({ start, end, text: text.replaceAll('\n', () => lineBreakAt(original, end) ?? lineBreak) }),
    rewrite: (node, before, wanted, place) => rewrite(node, before, wanted, place, editing),
  };
  const isFlow = document.source.format === 'json';
  editing.rewrite(document.root, document.value, after, { path: [], position: { kind: 'root' }, isFlow });
  const isGone = ({ span }: Node) => edits.some(({ start, end }) => start <= span.start && span.start < end);
  for (const alias of aliases) {
    if (isGone(alias.target) && !isGone(alias))
      throw refusal(editing, alias.target, alias, 'the anchor of its alias would go');
  }
  return edits;
}

function rewrite(node: Node, before: Value, after: Value, place: EditTarget, editing: Editing): void {
  if (before === after || isEqual(before, after)) return;
  if (node.kind === 'alias') throw refusal(editing, node, place, 'an alias is there');
  if (editing.aliased.has(node)) throw refusal(editing, node, place, 'an alias repeats it elsewhere');
  if (rewriteBlockText(node, before, after, editing)) return;
  const name = node.tag === undefined ? undefined : longName(node.tag);
  if (name === undefined) {
    if (!rewriteParts(node, before, after, place, editing)) replaceNode(node, after, place, editing);
    return;
  }
  if (intrinsicName(after) !== name || !rewriteArgument(node, name, before, after, place, editing)) {
    replaceNode(node, after, place, editing);
  }
}

/** @returns false when the node has to be written anew */
function rewriteArgument(
  node: Node,
  name: string,
  before: Value,
  after: Value,
  place: EditTarget,
  editing: Editing,
): boolean {
  const argument = argumentOf(node, editing.document.source);
  const [old, wanted] = [argumentIn(before, name), argumentIn(after, name)];
  if (old === undefined || wanted === undefined) return false;
  if (argument.kind === 'scalar') {
    const text = typeof wanted === 'string' ? wanted : dotted(name, wanted);
    if (text === undefined || text === '' || argument.span.start === argument.span.end) return false;
    if (argument.style === 'literal' || argument.style === 'folded') return false;
    if (rewriteQuotedText(argument, text, editing)) return true;
    const written =
      sameQuotes(argument, text) ?? taggedText(text, place.isFlow ? 'flow' : 'block', editing.layout.quotes);
    editing.edit(argument.span.start, argument.span.end, written);
    return true;
  }
  return rewriteParts(argument, old, wanted, { ...place, path: [...place.path, name] }, editing);
}

/** The argument of `!GetAtt` as it is written after the tag. */
function dotted(name: string, value: Value): string | undefined {
  if (name !== 'Fn::GetAtt' || !isList(value) || value.length !== 2) return undefined;
  return value.every((part) => typeof part === 'string') && !String(value[0]).includes('.')
    ? value.join('.')
    : undefined;
}

function argumentIn(value: Value, name: string): Value | undefined {
  return isMap(value) ? value[name] : undefined;
}

function rewriteParts(node: Node, before: Value, after: Value, place: EditTarget, editing: Editing): boolean {
  if (typeof after === 'string' && rewriteQuotedText(node, after, editing)) return true;
  if (node.kind === 'map' && isMap(before) && isMap(after))
    return editMap(node, before, after, place, editing);
  if (node.kind === 'sequence' && isList(before) && isList(after)) {
    return editSequence(node, before, after, place, editing);
  }
  return false;
}

/** The aliases of a document with their paths. What they stand for counts in more than one place. */
function aliasesIn({ root, source }: Document): readonly (AliasNode & Pick<EditTarget, 'path'>)[] {
  const aliases: (AliasNode & Pick<EditTarget, 'path'>)[] = [];
  if (!/\*\S/.test(source.text)) return aliases;
  const visit = (node: Node, path: EditTarget['path']): void => {
    if (node.kind === 'alias') aliases.push({ ...node, path });
    if (node.kind === 'map') for (const { key, value } of node.entries) visit(value, [...path, key]);
    if (node.kind === 'sequence')
      for (const [index, { value }] of node.items.entries()) visit(value, [...path, String(index)]);
  };
  visit(root, []);
  return aliases;
}

/** What is replaced of a node: anchor and tags such as `!!str` are not the value's, and stay. */
interface Content {
  readonly node: Node;
  readonly start: number;
  /** Behind the anchor or tag that stays. */
  readonly keptEnd?: number;
}

/** Writes a value in the place of a node. */
function replaceNode(node: Node, value: Value, place: EditTarget, editing: Editing): void {
  const content = contentOf(node, value, place, editing);
  if (place.isFlow) replaceInFlow(content, value, place, editing);
  else if (place.position.kind === 'entry') replaceEntryValue(content, value, place, editing);
  else if (place.position.kind === 'item') replaceItem(content, value, place, editing);
  else throw refusal(editing, node, place, 'the template as a whole would be replaced');
}

function contentOf(node: Node, value: Value, place: EditTarget, editing: Editing): Content {
  const { source } = editing.document;
  const isFunction = node.tag !== undefined && longName(node.tag) !== undefined;
  if (node.anchor === undefined && (node.tag === undefined || isFunction)) {
    return { node, start: node.span.start };
  }
  if (isFunction) {
    const { end, content } = propertiesOf({ span: node.span, anchor: node.anchor }, source.text);
    if (end === node.span.start) throw refusal(editing, node, place, 'its anchor follows a tag');
    return { node, start: content, keptEnd: end };
  }
  if (node.tag !== undefined && !isSameKind(node, value)) {
    throw refusal(editing, node, place, `its tag ${node.tag} is not for what would be written`);
  }
  const { end } = propertiesOf(node, source.text);
  return { node, start: argumentOf(node, source).span.start, keptEnd: end };
}

/** Whether a value is of the kind that the tag of a node says. */
function isSameKind(node: Node, value: Value): boolean {
  if (node.kind === 'map') return isMap(value) && intrinsicName(value) === undefined;
  if (node.kind === 'sequence') return isList(value);
  return node.kind === 'scalar' && typeof node.value === typeof value && node.value !== null;
}

function replaceInFlow({ node, start }: Content, value: Value, place: EditTarget, editing: Editing): void {
  const { document, layout, edit } = editing;
  const { text } = document.source;
  if (place.position.kind === 'entry' && colonBehind(place.position.entry, text) === undefined)
    throw refusal(editing, node, place, 'no colon follows its key');
  const gap = start === node.span.end && !/\s/.test(text[start - 1] ?? ' ') ? ' ' : '';
  edit(start, node.span.end, gap + flowValue(node, value, { document, layout }));
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

/** A comment or blanks behind the value stay on the line its last word is on. */
function layoutBefore(node: Node, { document, layout }: Editing): Editing['layout'] {
  const lineEnd = /\r?\n|$/y;
  lineEnd.lastIndex = node.span.end;
  return lineEnd.test(document.source.text) ? layout : { ...layout, isFollowed: true };
}

function replaceEntryValue(
  { node, start, keptEnd }: Content,
  value: Value,
  place: EditTarget,
  editing: Editing,
): void {
  const { document, edit } = editing;
  const layout = layoutBefore(node, editing);
  const { text } = document.source;
  if (place.position.kind !== 'entry') return;
  const { entry, column } = place.position;
  const colon = colonBehind(entry, text);
  if (colon === undefined) throw refusal(editing, node, place, 'no colon follows its key');
  const from = keptEnd ?? colon + 1;
  const between = text.slice(from, start);
  const line = sameQuotes(node, value) ?? lineText(value, layout);
  if (line !== undefined && !between.includes('\n')) {
    edit(start, node.span.end, between === '' ? ` ${line}` : line);
    return;
  }
  const isBlock = (node.kind === 'map' || node.kind === 'sequence') && node.layout === 'block';
  if (line === undefined && isBlock && start === argumentOf(node, document.source).span.start) {
    // Only a list may stand at the column of its key; a function has its tag behind the colon.
    const isInPlace = between.includes('\n') && intrinsicName(value) === undefined;
    if (isInPlace && (isList(value) || node.column > column)) {
      edit(start, node.span.end, blockText(value, node.column, layout));
      return;
    }
  }
  if (between.trim() !== '') {
    // A comment stays between the key and its value, which then keeps its own line.
    const at = columnOf(document.source, start);
    if (at <= column) {
      throw refusal(editing, node, place, 'a comment separates the key from its value');
    }
    edit(start, node.span.end, line ?? itemText(value, at, layout));
    return;
  }
  const written = line === undefined ? afterColon(value, column, layout) : ` ${line}`;
  edit(from, node.span.end, written);
}

/** Offset of the colon of an entry; a key may stand without one, and then has no value. */
function colonBehind({ keySpan }: Entry, text: string): number | undefined {
  const filler = /(?:\s+|#[^\n]*)*/y;
  filler.lastIndex = keySpan.end;
  const at = keySpan.end + (filler.exec(text)?.[0].length ?? 0);
  return text[at] === ':' ? at : undefined;
}

function replaceItem(
  { node, start, keptEnd }: Content,
  value: Value,
  place: EditTarget,
  editing: Editing,
): void {
  const { document, edit } = editing;
  const layout = layoutBefore(node, editing);
  if (place.position.kind !== 'item') return;
  const from = keptEnd ?? place.position.item.start + 1;
  const between = document.source.text.slice(from, start);
  if (between.includes('\n')) throw refusal(editing, node, place, 'it is not on the line of its dash');
  const same = sameQuotes(node, value);
  if (lineText(value, layout) === undefined && keptEnd !== undefined) {
    throw refusal(editing, node, place, 'its anchor would become that of the first key');
  }
  const gap = between === '' ? ' ' : '';
  const column = columnOf(document.source, start) + gap.length;
  edit(start, node.span.end, gap + (same ?? itemText(value, column, layout)));
}

/** Text stays in the quotes it has. */
function sameQuotes(node: Node, value: Value): string | undefined {
  const isFunction = node.tag !== undefined && longName(node.tag) !== undefined;
  if (typeof value !== 'string' || node.kind !== 'scalar' || isFunction) return undefined;
  const style: ScalarNode['style'] = node.style;
  if (style === 'single-quoted') return quotedText(value, 'single');
  return style === 'double-quoted' ? quotedText(value, 'double') : undefined;
}

/** @returns false when nothing of the list stays, so that it has to be written anew */
function editSequence(
  node: SequenceNode,
  before: readonly Value[],
  after: readonly Value[],
  place: EditTarget,
  editing: Editing,
): boolean {
  if (after.length === 0 || node.items.length === 0) return false;
  const changes = listChanges(before, after);
  const isFlow = place.isFlow || node.layout === 'flow';
  for (const change of changes) {
    const item = change.kind === 'change' ? node.items[change.before] : undefined;
    if (change.kind !== 'change' || item === undefined) continue;
    const at = {
      path: [...place.path, String(change.before)],
      position: { kind: 'item', item } as const,
      isFlow,
    };
    editing.rewrite(item.value, before[change.before] ?? null, after[change.after] ?? null, at);
  }
  if (isFlow) editFlow(node, changes, after, editing);
  else editBlock(node, changes, after, place, editing);
  return true;
}

function editFlow(
  node: SequenceNode,
  changes: readonly ListChange[],
  after: readonly Value[],
  editing: Editing,
): void {
  const parts = node.items.map(({ value }) => value.span);
  const removed = new Set(changes.flatMap((change) => (change.kind === 'remove' ? [change.before] : [])));
  removeFromFlow(parts, (index) => removed.has(index), editing);
  for (const [behind, values] of insertions(changes, after)) {
    const added = values.map((value) => [undefined, value] as const);
    insertInFlow(node, parts, behind, added, editing);
  }
}

function editBlock(
  node: SequenceNode,
  changes: readonly ListChange[],
  after: readonly Value[],
  place: EditTarget,
  editing: Editing,
): void {
  const { document, layout, edit } = editing;
  const { text } = document.source;
  for (const change of changes) {
    const item = change.kind === 'remove' ? node.items[change.before] : undefined;
    if (item === undefined || change.kind !== 'remove') continue;
    removeLines(
      item.start,
      Math.max(item.start + 1, item.value.span.end),
      node.items[change.before + 1]?.start,
      editing,
    );
  }
  const [first] = node.items;
  if (first === undefined) return;
  const column = columnOf(document.source, first.start);
  const written = (value: Value) => `- ${itemText(value, column + 2, layout)}`;
  for (const [behind, values] of insertions(changes, after)) {
    const item = node.items[behind];
    if (item === undefined) {
      edit(first.start, first.start, values.map((value) => `${written(value)}\n${pad(column)}`).join(''));
      continue;
    }
    if (isKeptToTheEnd(item.value, text)) {
      throw refusal(editing, item.value, place, 'a block scalar that keeps its line breaks ends there');
    }
    const at = endWithComments(document, Math.max(item.start + 1, item.value.span.end), column);
    edit(at, at, values.map((value) => `\n${pad(column)}${written(value)}`).join(''));
  }
}

/** @returns false when nothing of the map stays, so that it has to be written anew */
function editMap(
  node: MapNode,
  before: ValueMap,
  after: ValueMap,
  place: EditTarget,
  editing: Editing,
): boolean {
  const own = node.entries.filter(({ key }) => !(node.hasMergeKey && key === '<<'));
  // A key that is repeated is written where it counts, and taken out everywhere.
  const kept = own.filter(({ key }) => Object.hasOwn(after, key));
  const removed = own.filter(({ key }) => !Object.hasOwn(after, key));
  const keys = new Set(own.map(({ key }) => key));
  const added = Object.keys(after).filter(
    (key) => !keys.has(key) && !(Object.hasOwn(before, key) && isEqual(before[key], after[key])),
  );
  const isMergedAway = Object.keys(before).some((key) => !keys.has(key) && !Object.hasOwn(after, key));
  if (isMergedAway) throw refusal(editing, node, place, 'a merge key adds what should go');
  if (kept.length === 0 || node.layout === 'implicit') {
    if (node.hasMergeKey) throw refusal(editing, node, place, 'only a merge key would be left');
    return false;
  }
  const isFlow = place.isFlow || node.layout === 'flow';
  for (const entry of kept) {
    const { key } = entry;
    if (entryIn(node, key) !== entry) continue;
    const position = {
      kind: 'entry',
      entry,
      column: columnOf(editing.document.source, entry.start),
    } as const;
    const at = { path: [...place.path, key], position, isFlow };
    editing.rewrite(entry.value, before[key] ?? null, after[key] ?? null, at);
  }
  if (isFlow) {
    const parts = own.map(({ start, keySpan, value }) => ({
      start,
      end: Math.max(keySpan.end, value.span.end),
    }));
    removeFromFlow(parts, (index) => removed.includes(own[index] as Entry), editing);
    const last = own.indexOf(kept.at(-1) as Entry);
    insertInFlow(
      node,
      parts,
      last,
      added.map((key) => [key, after[key] ?? null]),
      editing,
    );
  } else {
    for (const entry of removed) removeEntry(entry, own, editing);
    insertInBlock(node, kept, added, after, place, editing);
  }
  return true;
}

function removeEntry(entry: Entry, entries: readonly Entry[], editing: Editing): void {
  const next = entries[entries.indexOf(entry) + 1];
  removeLines(entry.start, Math.max(entry.keySpan.end, entry.value.span.end), next?.start, editing);
}

function insertInBlock(
  node: MapNode,
  kept: readonly Entry[],
  added: readonly string[],
  after: ValueMap,
  place: EditTarget,
  editing: Editing,
): void {
  const { document, layout, edit } = editing;
  const { text } = document.source;
  const [first] = kept;
  const last = kept.at(-1);
  if (first === undefined || last === undefined) return;
  const column = columnOf(document.source, first.start);
  const written = (key: string): string => entryText(key, after[key] as Value, column, layout);
  const blank = isSpaced(node, text) ? '\n' : '';
  const behind: string[] = [];
  for (const key of added) {
    const section = place.path.length === 0 ? beforeSection(key, kept) : undefined;
    if (section === undefined) behind.push(key);
    else edit(section.start, section.start, `${written(key)}\n${blank}${pad(column)}`);
  }
  if (behind.length === 0) return;
  if (isKeptToTheEnd(last.value, text)) {
    // Whatever came after it would become part of the block scalar's line breaks.
    const lines = behind.map((key) => `${written(key)}\n${blank}${pad(column)}`).join('');
    edit(first.start, first.start, lines);
    return;
  }
  const at = endWithComments(document, Math.max(last.keySpan.end, last.value.span.end), column);
  edit(at, at, behind.map((key) => `\n${blank}${pad(column)}${written(key)}`).join(''));
}

/** Whether blank lines stand between the entries. */
function isSpaced({ entries }: MapNode, text: string): boolean {
  const [previous, last] = entries.slice(-2);
  if (previous === undefined || last === undefined) return false;
  return /\n[ \t]*\r?\n/.test(text.slice(previous.value.span.end, last.start));
}

/**
 * The order in which AWS documents the sections of a template.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
const order = [
  'AWSTemplateFormatVersion',
  'Transform',
  'Description',
  'Metadata',
  'Parameters',
  'Rules',
  'Mappings',
  'Conditions',
  'Globals',
  'Resources',
  'Outputs',
];

/** The section a new one is written before; undefined for one that goes to the end. */
function beforeSection(name: string, entries: readonly Entry[]): Entry | undefined {
  const rank = order.indexOf(name);
  if (rank < 0) return undefined;
  return entries.find(({ key }) => order.indexOf(key) > rank);
}
