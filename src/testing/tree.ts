import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import type { Value } from '../document/value.js';
import { openTemplate } from '../template/open.js';
import { joinStackTree } from '../template/stack-tree.js';
import type { StackTree } from '../template/template.js';

/** A stack tree from texts by path; the first one is the root. */
export function treeOf(
  texts: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, Value>> = {},
): StackTree {
  const templates = Object.entries(texts).map(
    ([path, text]) =>
      [path, openTemplate(readDocument(decodeSource(path, new TextEncoder().encode(text))))] as const,
  );
  const [root] = Object.keys(texts);
  if (root === undefined) throw new Error('a tree needs a root');
  return joinStackTree(root, new Map(templates), { parameters: new Map(Object.entries(parameters)) });
}
