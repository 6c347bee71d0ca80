import { createHash } from 'node:crypto';
import { jsonText, visible } from '../escape.js';
import type { Report } from './report.js';
import { isOpen, type Place, reportedFindings, sentence, uncheckedResources } from './reported.js';
import { riskLevels } from './words.js';

/**
 * A code quality report of GitLab, which itself compares it with the target branch's and shows what is new.
 * @source https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
 */
export const gitlabReport: Report = (plans, options) => {
  const found = reportedFindings(plans, options)
    .filter((each) => isOpen(each, options))
    .map((each) => {
      const { finding, risk } = each;
      const what = { check_name: finding.remediation, severity: riskLevels[risk].gitlab };
      return violation(each, what, sentence(each), finding.fingerprint);
    });
  const unchecked = uncheckedResources(plans, options).map((each) =>
    violation(each, { check_name: 'not-checked', severity: 'info' }, each.message, each.logicalId),
  );
  return `${jsonText([...found, ...unchecked])}\n`;
};

/** @param key what tells it from others in the same file */
function violation(
  { path, line }: Place,
  what: { readonly check_name: string; readonly severity: string },
  description: string,
  key: string,
) {
  return {
    description: visible(description),
    ...what,
    // Unique in the report, so the path counts too.
    fingerprint: createHash('sha256').update(`${path}\n${key}`).digest('hex'),
    location: { path, lines: { begin: line } },
  };
}
