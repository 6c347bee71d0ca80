import { createHash } from 'node:crypto';
import type { Severity } from '../contract/remediation.js';
import { jsonText, visible } from '../escape.js';
import type { Report } from './report.js';
import {
  isOpen,
  type Place,
  type ReportedFinding,
  reportedFindings,
  sentence,
  uncheckedResources,
} from './reported.js';
import { severityLevels } from './words.js';

/**
 * Workflow commands that have GitHub mark the lines of a pull request, worst first, because it shows no more than ten of a
 * level per step. What a baseline knows is not marked.
 * @source https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export const githubReport: Report = (plans, options) => {
  const open = reportedFindings(plans, options).filter(
    (each) => isOpen(each, options) && !each.finding.known,
  );
  const unchecked = uncheckedResources(plans, options).map((each) =>
    annotation('warning', each, 'not checked', each.message),
  );
  const of = (severity: Severity) =>
    spread(open.filter((each) => each.severity === severity)).map((each) =>
      annotation(severityLevels[severity].annotation, each, each.finding.remediation, sentence(each)),
    );
  return [...of('critical'), ...of('high'), ...unchecked, ...of('medium'), ...of('low')].join('');
};

/** In turns, so that the first ten are not all of one remediation. */
function spread(findings: readonly ReportedFinding[]): readonly ReportedFinding[] {
  const turns = new Map<string, number>();
  const numbered = findings.map((each) => {
    const turn = turns.get(each.finding.remediation) ?? 0;
    turns.set(each.finding.remediation, turn + 1);
    return { each, turn };
  });
  return numbered.sort((left, right) => left.turn - right.turn).map(({ each }) => each);
}

function annotation(
  level: (typeof severityLevels)[Severity]['annotation'],
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
      const { finding, severity } = each;
      const what = { check_name: finding.remediation, severity: severityLevels[severity].gitlab };
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
