import { regionOf } from './region.js';
import type { Report } from './report.js';
import { isOpen, type ReportedFinding, reportedFindings, sentence } from './reported.js';
import { riskLevels } from './risk-levels.js';

/**
 * Workflow commands that have GitHub mark the lines of a pull request, worst first, because it shows no more than ten of a
 * level per step. What a baseline knows is not marked.
 * @source https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export const githubReport: Report = (plans, options) =>
  reportedFindings(plans, options)
    .filter((each) => isOpen(each, options) && !each.finding.known)
    .map((each, index) => ({ each, index, order: levels.indexOf(each.risk) }))
    .sort((left, right) => left.order - right.order || left.index - right.index)
    .map(({ each }) => annotation(each))
    .join('');

const levels = ['high', 'medium', 'low'];

function annotation(reported: ReportedFinding): string {
  const { path, source, span, risk, finding } = reported;
  const { startLine } = regionOf(source, span);
  const properties = { file: path, line: String(startLine), title: `idp-fix: ${finding.remediation}` };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(value)}`);
  return `::${riskLevels[risk].annotation} ${written.join(',')}::${escaped(sentence(reported))}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
