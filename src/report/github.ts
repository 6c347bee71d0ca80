import { visible } from '../escape.js';
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
