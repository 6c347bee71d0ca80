import { intrinsicName, longName } from '../document/intrinsics.js';
import { argumentOf } from '../document/locate.js';
import type { Document, Node } from '../document/syntax.js';
import { isEqual, isList, isMap, type Value } from '../document/value.js';
import { rewriteBlockText } from './block-text.js';
import type { Editing, EditTarget, TextEdit } from './editing.js';
import { layoutOf } from './layout.js';
import { editMap } from './map-edits.js';
import { refusal } from './refusal.js';
import { replaceNode } from './replace-node.js';
import { editSequence } from './sequence-edits.js';

/** The edits that lead from a document to a value that its own has been patched to. */
export function treeEdits(document: Document, after: Value): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  const { lineBreak } = document.source;
  const editing: Editing = {
    document,
    layout: layoutOf(document),
    aliased: aliasTargets(document),
    edit: (start, end, text) => edits.push({ start, end, text: text.replaceAll('\n', lineBreak) }),
    rewrite: (node, before, wanted, place) => rewrite(node, before, wanted, place, editing),
  };
  const isFlow = document.source.format === 'json';
  editing.rewrite(document.root, document.value, after, { path: [], slot: { kind: 'root' }, isFlow });
  return edits;
}

function rewrite(node: Node, before: Value, after: Value, place: EditTarget, editing: Editing): void {
  if (before === after || isEqual(before, after)) return;
  if (node.kind === 'alias') throw refusal(editing, node, place, 'an alias stands there');
  if (editing.aliased.has(node)) throw refusal(editing, node, place, 'an alias repeats it elsewhere');
  if (rewriteBlockText(node, before, after, editing)) return;
  const name = node.tag === undefined ? undefined : longName(node.tag);
  if (name === undefined) {
    if (node.tag !== undefined || !rewriteParts(node, before, after, place, editing)) {
      replaceNode(node, after, place, editing);
    }
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
  if (old === undefined || wanted === undefined || argument.kind === 'scalar') return false;
  return rewriteParts(argument, old, wanted, { ...place, path: [...place.path, name] }, editing);
}

function argumentIn(value: Value, name: string): Value | undefined {
  return isMap(value) ? value[name] : undefined;
}

function rewriteParts(node: Node, before: Value, after: Value, place: EditTarget, editing: Editing): boolean {
  if (node.kind === 'map' && isMap(before) && isMap(after))
    return editMap(node, before, after, place, editing);
  if (node.kind === 'sequence' && isList(before) && isList(after)) {
    return editSequence(node, before, after, place, editing);
  }
  return false;
}

/** Nodes whose text counts in more than one place. */
function aliasTargets({ root, source }: Document): ReadonlySet<Node> {
  const targets = new Set<Node>();
  if (source.format === 'json' || !/\*\S/.test(source.text)) return targets;
  const visit = (node: Node): void => {
    if (node.kind === 'alias') addWhole(node.target, targets);
    if (node.kind === 'map') for (const { value } of node.entries) visit(value);
    if (node.kind === 'sequence') for (const { value } of node.items) visit(value);
  };
  visit(root);
  return targets;
}

function addWhole(node: Node, targets: Set<Node>): void {
  if (targets.has(node)) return;
  targets.add(node);
  if (node.kind === 'alias') addWhole(node.target, targets);
  if (node.kind === 'map') for (const { value } of node.entries) addWhole(value, targets);
  if (node.kind === 'sequence') for (const { value } of node.items) addWhole(value, targets);
}
