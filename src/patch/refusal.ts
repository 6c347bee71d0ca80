import { placeOf } from '../document/locate.js';
import { formatPointer, type Path } from '../document/pointer.js';
import type { Document, Node } from '../document/syntax.js';
import { IdpFixError } from '../errors.js';

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
    hint: 'write it out by hand, then run again',
  });
}
