import type { Stack } from './template.js';

const known = new WeakMap<Stack, readonly Stack[]>();

/** All stacks of the tree a stack belongs to, from its root down, each once. */
export function kinOf(stack: Stack): readonly Stack[] {
  const kept = known.get(stack);
  if (kept !== undefined) return kept;
  let root = stack;
  for (let [parent] = root.parents; parent !== undefined; [parent] = root.parents) root = parent.stack;
  const found = new Set([root]);
  for (const member of found) for (const child of member.children.values()) found.add(child);
  const kin = [...found];
  for (const member of kin) known.set(member, kin);
  return kin;
}
