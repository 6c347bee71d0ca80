import type { Value } from '../../src/document/value.js';
import { IdpFixError } from '../../src/errors.js';
import type { Operation } from '../../src/patch/json-patch.js';
import { applyEdits, editText, verifyEdit } from '../../src/patch/verify.js';
import { read } from '../document/reading.js';

/** What the tests of edits share: the name of a change, a text, the change, and what is expected of it. */
export type Edit<Expected = string> = readonly [
  what: string,
  text: string,
  operations: readonly Operation[],
  expected: Expected,
];

/** The text after the operations, which has been read again and says what they say; or why there is none. */
export function edited(text: string, operations: readonly Operation[], path?: string): string {
  const isJson = /^\{\s*"/.test(text);
  const document = read(text, path ?? (isJson ? 'template.json' : undefined));
  try {
    const result = applyEdits(document.source.text, editText(document, operations));
    verifyEdit(document, operations, result);
    return result;
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code !== 'edit-refused') throw error;
    return `refused: ${error.message}`;
  }
}

export const add = (path: string, value: Value): Operation => ({ op: 'add', path, value });
export const replace = (path: string, value: Value): Operation => ({ op: 'replace', path, value });
export const remove = (path: string): Operation => ({ op: 'remove', path });
