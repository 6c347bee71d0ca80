import type { Document, Span } from '../document/syntax.js';
import { IdpFixError } from '../errors.js';
import type { Operation } from '../patch/json-patch.js';
import type { TextEdit } from '../patch/layout.js';
import { applyEdits, editText, verifyEdit } from '../patch/verify.js';
import { suppressionsOf } from '../template/metadata.js';
import type { Stack, StackTree } from '../template/template.js';
import type { PlanAttempt } from './attempt.js';
import { type Run, runsOf } from './patches.js';
import type { CommentRemoval, PlannedOperation } from './state.js';

/** One template as it would be written. */
export interface PatchedFile {
  /** From the folder of the root template. */
  readonly path: string;
  /** As read. */
  readonly document: Document;
  /** On the text as read, in order. */
  readonly edits: readonly TextEdit[];
  readonly text: string;
  readonly changed: boolean;
  /** What every patch of the template does, written or not, in the order of the patches. */
  readonly origins: readonly Origin[];
}

/** An operation of a patch, and the key of the finding that asked for it first. */
export type Origin = Pick<PlannedOperation, 'patch' | 'finding' | 'operation' | 'placement'>;

/** A file with the model of its text, read again. */
export interface Written {
  readonly file: PatchedFile;
  readonly reread: Document;
}

/**
 * @param all of the template, those that are not written included
 * @throws IdpFixError `verification-failed` rather than a file that differs from its patches
 */
export function writtenFile(
  stack: Stack,
  attempt: PlanAttempt,
  runs: readonly Run[],
  all: readonly Run[],
): Written {
  const { document, path } = stack.template;
  const operations = operationsOf(runs.flatMap((run) => run.entries));
  const included = new Set(runs.map(({ id }) => id.replace(/#\d+$/, '')));
  const removed = (attempt.state.templates.get(path)?.comments ?? []).filter(({ patch }) =>
    included.has(patch),
  );
  const comments = commentEdits(stack, removed);
  const structural = editText(document, operations, comments.removals);
  const edits = [...structural, ...comments.edits].sort((left, right) => left.start - right.start);
  const text = applyEdits(document.source.text, edits);
  const reread = verifyEdit(document, operations, text);
  const origins = all.flatMap(({ id, entries }) =>
    entries.map(({ finding, operation, placement }) => ({ patch: id, finding, operation, placement })),
  );
  return { file: { path, document, edits, text, changed: edits.length > 0, origins }, reread };
}

/** Findings whose fixes write to a template that is read only, with the reason: they are left to whoever may write there. */
export function readOnlyFixes({ readOnly }: StackTree, attempt: PlanAttempt): ReadonlyMap<string, string> {
  const writers = [...readOnly].flatMap(([path, because]) =>
    (attempt.state.templates.get(path)?.entries ?? []).map(({ finding }) => [finding, because] as const),
  );
  return new Map(writers);
}

/** How an edit is tried: made, or made and read again. */
export type Trial = (document: Document, operations: readonly Operation[]) => void;

export const edited: Trial = (document, operations) => {
  editText(document, operations);
};

export const editedAndRead: Trial = (document, operations) => {
  verifyEdit(document, operations, applyEdits(document.source.text, editText(document, operations)));
};

export function isEditRefusal(error: unknown): error is IdpFixError {
  return (
    error instanceof IdpFixError && (error.code === 'edit-refused' || error.code === 'verification-failed')
  );
}

/**
 * Findings whose places cannot be edited as they stand, with the reason: the others are planned without them. Of edits
 * that build on one that is refused only that one is named.
 */
export function uneditable(stack: Stack, attempt: PlanAttempt, trial: Trial): ReadonlyMap<string, string> {
  const { document, path, value } = stack.template;
  const found = new Map<string, string>();
  let entries = runsOf(attempt, path, value).flatMap((run) => run.entries);
  for (;;) {
    const refused = firstRefused(document, entries, trial);
    if (refused === undefined) return found;
    found.set(refused.entry.finding, refused.because);
    entries = entries.filter(({ finding }) => finding !== refused.entry.finding);
  }
}

function firstRefused(
  document: Document,
  entries: readonly PlannedOperation[],
  trial: Trial,
): { readonly entry: PlannedOperation; readonly because: string } | undefined {
  const refusal = (count: number): IdpFixError | undefined => {
    try {
      trial(document, operationsOf(entries.slice(0, count)));
      return undefined;
    } catch (error) {
      if (isEditRefusal(error)) return error;
      throw error;
    }
  };
  if (refusal(entries.length) === undefined) return undefined;
  let editable = 0;
  let refused = entries.length;
  while (refused - editable > 1) {
    const middle = (editable + refused) >>> 1;
    if (refusal(middle) === undefined) editable = middle;
    else refused = middle;
  }
  const entry = entries[refused - 1];
  if (entry === undefined)
    throw new Error(`${document.source.path} cannot be edited, but no edit is to blame`);
  return { entry, because: refusal(refused)?.message ?? 'the text cannot be edited there' };
}

function operationsOf(entries: readonly PlannedOperation[]): readonly Operation[] {
  return entries.map(({ operation }) => operation);
}

interface CommentEdits {
  /** Comments that go as a whole. */
  readonly removals: readonly Span[];
  /** Ids taken out of comments that name others as well. */
  readonly edits: readonly { readonly start: number; readonly end: number; readonly text: string }[];
}

/** What becomes of the suppression comments whose ids the patches have made false. */
function commentEdits(stack: Stack, removed: readonly CommentRemoval[]): CommentEdits {
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
