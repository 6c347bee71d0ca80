import { createHash } from 'node:crypto';
import { jsonText, visible } from '../escape.js';
import type { Report } from './report.js';
import { isOpen, type Place, reportedFindings, sentence, uncheckedResources } from './reported.js';
import { riskLevels } from './words.js';

/**
 * Workflow commands that have GitHub mark the lines of a pull request, worst first, because it shows no more than ten of a
 * level per step. What a baseline knows is not marked.
 * @source https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export const githubReport: Report = (plans, options) => {
  const found = reportedFindings(plans, options)
    .filter((each) => isOpen(each, options) && !each.finding.known)
    .map((each) =>
      annotation(riskLevels[each.risk].annotation, each, each.finding.remediation, sentence(each)),
    );
  const unchecked = uncheckedResources(plans, options).map((each) =>
    annotation('warning', each, 'not checked', each.message),
  );
  const commands = [...unchecked, ...found];
  return levels.flatMap((level) => commands.filter((command) => command.startsWith(`::${level} `))).join('');
};

const levels = ['error', 'warning', 'notice'] as const;

function annotation(
  level: (typeof levels)[number],
  { path, line }: Place,
  what: string,
  message: string,
): string {
  const properties = { file: path, line: String(line), title: `idp-fix: ${what}` };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(value)}`);
  return `::${level} ${written.join(',')}::${escaped(message)}\n`;
}

function escaped(text: string): string {
  return visible(text).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

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
