import { readDocument } from '../document/read.js';
import type { Document } from '../document/syntax.js';
import { isEqual } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import type { Operation } from './json-patch.js';
import { applyPatch } from './json-patch.js';

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
