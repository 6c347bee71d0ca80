import { jsonText } from '../escape.js';
import type { PlanDocument } from '../plan/document.js';

/**
 * The RFC 6902 documents alone, for other tools: `{format, version, templates: [{template, sha256, patches: [{id,
 * remediation, title, risk, requires, operations, inverse}]}]}`. Operations stand on the value tree with intrinsics
 * in their long form; the patches of one template apply in their order.
 */
export function patchReport(documents: readonly PlanDocument[]): string {
  const templates = documents
    .flatMap(({ stacks }) => stacks)
    .filter(({ patches }) => patches.length > 0)
    .map(({ template, sha256, patches }) => ({
      template,
      sha256,
      patches: patches.map(({ id, remediation, title, risk, requires, operations, inverse }) => ({
        id,
        remediation,
        title,
        risk,
        requires,
        operations,
        inverse,
      })),
    }));
  return `${jsonText({ format: 'idp-fix/patch', version: 1, templates })}\n`;
}
