import { columnOf } from '../document/locate.js';
import type { SequenceNode } from '../document/syntax.js';
import type { Value } from '../document/value.js';
import { endWithComments, isKeptToTheEnd, removeLines } from './block-edits.js';
import type { Editing, EditTarget } from './editing.js';
import { insertInFlow, removeFromFlow } from './flow-edits.js';
import { type ListChange, listChanges } from './list-changes.js';
import { refusal } from './refusal.js';
import { itemText, pad } from './yaml-text.js';

/** @returns false when nothing of the list stays, so that it has to be written anew */
export function editSequence(
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
      slot: { kind: 'item', item } as const,
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

/** What goes behind each old position, in order. */
function insertions(changes: readonly ListChange[], after: readonly Value[]): ReadonlyMap<number, Value[]> {
  const found = new Map<number, Value[]>();
  for (const change of changes) {
    if (change.kind !== 'insert') continue;
    found.set(change.behind, [...(found.get(change.behind) ?? []), after[change.after] ?? null]);
  }
  return found;
}
