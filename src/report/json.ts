import type { IdpFixError } from '../errors.js';
import { jsonText } from '../escape.js';
import type { PlanDocument } from '../plan/document.js';

/** The plan documents as they are: one root gives one document, several give a list in their order. */
export function jsonReport(documents: readonly PlanDocument[]): string {
  const [first, ...others] = documents;
  return `${jsonText(others.length === 0 ? first : documents)}\n`;
}

/** Errors for a reader that expects JSON: `{format, version, errors: [{code, message, file, line, column, hint}]}`. */
export function jsonErrors(errors: readonly IdpFixError[]): string {
  return `${jsonText({ format: 'idp-fix/error', version: 1, errors: errors.map(errorContent) })}\n`;
}

export function errorContent({ code, message, details: { place, hint } }: IdpFixError) {
  return {
    code,
    message,
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
    hint: hint ?? null,
  };
}
