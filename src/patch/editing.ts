import { placeOf } from '../document/locate.js';
import { formatPointer, type Path } from '../document/pointer.js';
import type { Document, Entry, Item, Node } from '../document/syntax.js';
import type { Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import type { Layout } from './layout.js';

/** Replaces `[start, end)` of a text, in UTF-16 units. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where a node stands: what is written depends on it. */
type Position =
  | { readonly kind: 'root' }
  | { readonly kind: 'entry'; readonly entry: Entry; readonly column: number }
  | { readonly kind: 'item'; readonly item: Item };

export interface EditTarget {
  readonly path: Path;
  readonly position: Position;
  /** Between brackets, where line breaks and indentation mean nothing. */
  readonly isFlow: boolean;
}

/** The work on one document: edits are collected, inner ones before outer ones at the same offset. */
export interface Editing {
  readonly document: Document;
  readonly layout: Layout;
  readonly aliased: ReadonlySet<Node>;
  edit(start: number, end: number, text: string): void;
  /** Makes a node say something else, with the fewest edits. */
  rewrite(node: Node, before: Value, after: Value, place: EditTarget): void;
}

/** The error for what cannot be edited in place: pointer and reason. */
export function refusal(
  { document }: { readonly document: Document },
  node: Pick<Node, 'span'>,
  { path }: { readonly path: Path },
  reason: string,
): IdpFixError {
  const pointer = formatPointer(path) || 'the template';
  return new IdpFixError('edit-refused', `${pointer} cannot be edited in place: ${reason}`, {
    place: placeOf(document.source, node.span.start),
    hint: 'write it out yourself, then run again',
  });
}
