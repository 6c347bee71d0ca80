import type { Document, Span } from '../document/syntax.js';
import { suppressionsOf } from '../template/suppressions.js';
import type { Stack } from '../template/template.js';
import type { CommentRemoval } from './ledger.js';

export interface CommentEdits {
  /** Comments that go as a whole. */
  readonly removals: readonly Span[];
  /** Ids taken out of comments that name others as well. */
  readonly edits: readonly { readonly start: number; readonly end: number; readonly text: string }[];
}

/** What becomes of the suppression comments whose ids the patches have made false. */
export function commentEdits(stack: Stack, removed: readonly CommentRemoval[]): CommentEdits {
  const { document, resources } = stack.template;
  const gone = new Map<number, { readonly span: Span; readonly ids: Set<string> }>();
  for (const { change } of removed) {
    const entry = gone.get(change.span.start) ?? { span: change.span, ids: new Set<string>() };
    gone.set(change.span.start, entry);
    entry.ids.add(change.id);
  }
  if (gone.size === 0) return { removals: [], edits: [] };
  const named = new Map<number, Set<string>>();
  for (const logicalId of resources.keys()) {
    for (const { place, id } of suppressionsOf(stack, logicalId)) {
      if (place.kind !== 'comment') continue;
      named.set(place.span.start, (named.get(place.span.start) ?? new Set()).add(id));
    }
  }
  const removals: Span[] = [];
  const edits: { start: number; end: number; text: string }[] = [];
  for (const [start, { span, ids }] of [...gone].sort(([left], [right]) => left - right)) {
    const isWhole = [...(named.get(start) ?? [])].every((id) => ids.has(id));
    if (isWhole) removals.push(span);
    else edits.push({ ...span, text: without(document, span, ids) });
  }
  return { removals, edits };
}

function without({ source }: Document, { start, end }: Span, ids: ReadonlySet<string>): string {
  let text = source.text.slice(start, end);
  for (const id of ids) {
    text = text.replace(new RegExp(`(?<=[=,])\\s*${id}\\s*,|,\\s*${id}(?=\\s*[,:\\s]|$)`), '');
  }
  return text;
}
