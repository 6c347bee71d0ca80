import type { Stack } from './template.js';

/** All stacks of the tree a stack belongs to, from its root down, each once. */
export function kinOf(stack: Stack): readonly Stack[] {
  let root = stack;
  for (let [parent] = root.parents; parent !== undefined; [parent] = root.parents) root = parent.stack;
  const found = new Set([root]);
  for (const member of found) for (const child of member.children.values()) found.add(child);
  return [...found];
}
