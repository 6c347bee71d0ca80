import type { IdpFixError } from '../errors.js';
import { jsonText } from '../escape.js';
import { baseOf } from '../paths.js';
import type { Finding, PlanDocument } from '../plan/document.js';
import type { Report } from './report.js';

/**
 * The plan documents as they are, each with the folder its paths are named from (`base`): one root gives one document,
 * several give a list in their order.
 */
export const jsonReport: Report = (plans, { onlyOpen, isCompact = false }) => {
  const documents = plans.map(({ document, root }) => {
    const { format, version, ...content } = onlyOpen === true ? openOnly(document) : document;
    return { format, version, base: baseOf(root), ...content };
  });
  const [first, ...others] = documents;
  return `${jsonText(others.length === 0 ? first : documents, isCompact ? 0 : 2)}\n`;
};

/** Summary, coverage and steps count what is left out, too. */
function openOnly(document: PlanDocument): PlanDocument {
  const isOpen = ({ verdict }: Finding) => ['fixable', 'manual', 'unknown'].includes(verdict);
  return {
    ...document,
    stacks: document.stacks.map((stack) => ({ ...stack, findings: stack.findings.filter(isOpen) })),
  };
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
