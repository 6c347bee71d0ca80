import type { Comment, Document, Node, Span } from '../../document/syntax.js';

/** A stretch of a template and what it is, for colour: ours is the reader that knows. */
export interface Coloured extends Span {
  readonly kind: 'key' | 'text' | 'literal' | 'tag' | 'comment';
}

/** In the order of the text, not overlapping; what is left out has no colour of its own. */
export function coloursOf({ root, comments }: Pick<Document, 'root' | 'comments'>): readonly Coloured[] {
  const found: Coloured[] = comments.map(({ span }: Comment) => ({ ...span, kind: 'comment' }));
  const visit = (node: Node): void => {
    const { start, end } = node.span;
    if (node.tag !== undefined)
      found.push({ start, end: Math.min(start + node.tag.length, end), kind: 'tag' });
    const from = node.tag === undefined ? start : Math.min(start + node.tag.length, end);
    if (node.kind === 'map') {
      for (const { keySpan, value } of node.entries) {
        found.push({ ...keySpan, kind: 'key' });
        visit(value);
      }
    } else if (node.kind === 'sequence') for (const { value } of node.items) visit(value);
    else if (node.kind === 'scalar' && end > from) {
      const isLiteral = typeof node.value !== 'string' && node.style === 'plain';
      if (isLiteral || node.style !== 'plain')
        found.push({ start: from, end, kind: isLiteral ? 'literal' : 'text' });
    }
  };
  visit(root);
  found.sort((left, right) => left.start - right.start || left.end - right.end);
  let at = 0;
  return found.filter(({ start, end }) => {
    const isFree = start >= at && end > start;
    if (isFree) at = end;
    return isFree;
  });
}
