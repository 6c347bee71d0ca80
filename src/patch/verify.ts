import { readDocument } from '../document/read.js';
import type { Document, Span } from '../document/syntax.js';
import { isEqual } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { lineEndAt, lineStartAt, withoutLines } from './block-text.js';
import { applyPatch, type Operation } from './json-patch.js';
import type { TextEdit } from './layout.js';
import { treeEdits } from './tree-edits.js';

/**
 * The edits that make the text of a document say what a patch makes of its value; nothing else moves. They follow from
 * where the patched tree differs from the one read, so one parse serves however many operations there are, and what
 * operations add to each other is written at once.
 * @param removals comments to take out.
 * @returns edits in the order of the text, which do not overlap
 * @throws IdpFixError `edit-refused` with pointer and reason.
 */
export function editText(
  document: Document,
  operations: readonly Operation[],
  removals: readonly Span[] = [],
): readonly TextEdit[] {
  const { text } = document.source;
  const edits = inOrder(treeEdits(document, applyPatch(document.value, operations)), text);
  const own = removals
    .flatMap((span) => withoutComment(document, span))
    .filter((edit) => !isCovered(edit, edits));
  return inOrder([...edits, ...own], text);
}

/** @param edits in order, not overlapping */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    if (edit.start < at) throw new RangeError(`edits overlap at ${edit.start}`);
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** The edits of the edited text that bring the original back. */
export function invertEdits(text: string, edits: readonly TextEdit[]): readonly TextEdit[] {
  let moved = 0;
  return edits.map(({ start, end, text: inserted }) => {
    const from = start + moved;
    moved += inserted.length - (end - start);
    return { start: from, end: from + inserted.length, text: text.slice(start, end) };
  });
}

/** At one offset what inserts comes first, and of several insertions the one deeper in the tree, which was made first. */
function inOrder(edits: readonly TextEdit[], text: string): readonly TextEdit[] {
  const sorted = [...edits].sort((left, right) => left.start - right.start || left.end - right.end);
  return sorted.reduce<TextEdit[]>((sofar, edit) => {
    const last = sofar.at(-1);
    const isOneRemoval = last !== undefined && edit.start < last.end && last.text === '' && edit.text === '';
    if (!isOneRemoval) sofar.push(edit);
    else if (edit.end > last.end) {
      // A line goes with the line break before it; of the first lines none is left that could be kept.
      const gap = last.start === 0 ? (/^\r?\n/.exec(text.slice(edit.end, edit.end + 2))?.[0] ?? '') : '';
      sofar[sofar.length - 1] = { ...last, end: edit.end + gap.length };
    }
    return sofar;
  }, []);
}

/** With its line when it has one of its own, with the blanks before it when it has not. */
function withoutComment({ source: { text }, comments }: Document, span: Span): readonly TextEdit[] {
  const { ownLine } = comments.find((comment) => comment.span.start === span.start) ?? { ownLine: false };
  if (!ownLine) {
    // Other blanks, such as a no-break space, are the value's.
    const before = text.slice(lineStartAt(text, span.start), span.start);
    const blanks = /[ \t]*$/.exec(before)?.[0].length ?? 0;
    return [{ start: span.start - blanks, end: span.end, text: '' }];
  }
  return withoutLines(text, lineStartAt(text, span.start), lineEndAt(text, span.end));
}

function isCovered({ start, end }: TextEdit, edits: readonly TextEdit[]): boolean {
  return edits.some((edit) => edit.start <= start && end <= edit.end && edit.start < edit.end);
}

/**
 * Reads an edited text again and compares it with the patch applied to the model.
 * @returns the document as it is now
 * @throws IdpFixError `verification-failed`; nothing must be written then.
 */
export function verifyEdit(
  document: Document,
  operations: readonly Operation[],
  editedText: string,
): Document {
  const { source } = document;
  if (editedText === source.text && operations.length === 0) return document;
  const edited = reread({ ...source, text: editedText });
  if (isEqual(edited.value, applyPatch(document.value, operations))) return edited;
  throw failure(source.path, 'the edited text does not say what the patch says');
}

function reread(source: Document['source']): Document {
  try {
    return readDocument(source);
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    throw failure(source.path, `the edited text cannot be read: ${error.message}`, error);
  }
}

function failure(file: string, message: string, cause?: unknown): IdpFixError {
  return new IdpFixError('verification-failed', message, {
    place: { file },
    hint: 'nothing has been written; this is a defect of idp-fix, please report it with the template',
    cause,
  });
}
