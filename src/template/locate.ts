import type { Path } from '../patch/pointer.js';
import { longName } from './intrinsics.js';
import type { Document, Node } from './syntax.js';

/**
 * The node a path of the value tree leads to; `undefined` where the text has none of its own (the parts of
 * `!GetAtt A.B`, anything behind an alias or a merge key).
 */
export function nodeAt(document: Document, path: Path): Node | undefined {
  let node: Node | undefined = document.root;
  let isBare = false;
  for (const token of path) {
    if (node === undefined || node.kind === 'alias') return undefined;
    const long: string | undefined = isBare || node.tag === undefined ? undefined : (longName(node.tag) ?? foreign(node.tag));
    if (long !== undefined) {
      // The short form is one node for two levels of the value: the function, and its argument.
      if (token !== long) return undefined;
      isBare = true;
      continue;
    }
    isBare = false;
    node = child(node, token);
  }
  return node;
}

function foreign(tag: string): string | undefined {
  return tag === '!' || tag.startsWith('!!') ? undefined : tag;
}

function child(node: Node, token: string): Node | undefined {
  if (node.kind === 'map') return node.entries.find(({ key }) => key === token)?.value;
  if (node.kind === 'sequence') return /^(0|[1-9][0-9]*)$/.test(token) ? node.items[Number(token)]?.value : undefined;
  return undefined;
}
