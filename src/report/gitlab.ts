import { createHash } from 'node:crypto';
import { regionOf } from './region.js';
import type { Report } from './report.js';
import { isOpen, reportedFindings, sentence } from './reported.js';
import { riskLevels } from './risk-levels.js';

/**
 * A code quality report of GitLab, which itself compares it with the target branch's and shows what is new.
 * @source https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
 */
export const gitlabReport: Report = (plans, options) => {
  const violations = reportedFindings(plans, options)
    .filter((each) => isOpen(each, options))
    .map((each) => ({
      description: sentence(each),
      check_name: each.finding.remediation,
      // Unique in the report, so the path counts too.
      fingerprint: createHash('sha256').update(`${each.path}\n${each.finding.fingerprint}`).digest('hex'),
      severity: riskLevels[each.risk].gitlab,
      location: { path: each.path, lines: { begin: regionOf(each.source, each.span).startLine } },
    }));
  return `${JSON.stringify(violations, null, 2)}\n`;
};
