import { columnOf, entryIn } from '../document/locate.js';
import type { Entry, MapNode } from '../document/syntax.js';
import { isEqual, type Value, type ValueMap } from '../document/value.js';
import { endWithComments, isKeptToTheEnd, removeLines } from './block-edits.js';
import type { Editing, EditTarget } from './editing.js';
import { insertInFlow, removeFromFlow } from './flow-edits.js';
import { refusal } from './refusal.js';
import { beforeSection } from './sections.js';
import { entryText, pad } from './yaml-text.js';

/** @returns false when nothing of the map stays, so that it has to be written anew */
export function editMap(
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
  if (isMergedAway) throw refusal(editing, node, place, 'a merge key brings in what should go');
  if (kept.length === 0 || node.layout === 'implicit') {
    if (node.hasMergeKey) throw refusal(editing, node, place, 'only a merge key would be left');
    return false;
  }
  const isFlow = place.isFlow || node.layout === 'flow';
  for (const entry of kept) {
    const { key } = entry;
    if (entryIn(node, key) !== entry) continue;
    const slot = {
      kind: 'entry',
      entry,
      column: columnOf(editing.document.source, entry.start),
    } as const;
    const at = { path: [...place.path, key], slot, isFlow };
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
    if (added.length > 0) insertInBlock(node, kept, added, after, place, editing);
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
