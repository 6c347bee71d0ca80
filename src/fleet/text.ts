import { terminalValues } from '../escape.js';
import { type FleetSummary, openIn } from './summary.js';

const mostShown = 10;

/** The summary for a person. */
export function fleetText(summary: FleetSummary): string {
  const { roots, findings, remediations, worst, decisions, failures, notEvaluated } = terminalValues(summary);
  const open = openIn(findings);
  const lines = [
    `${count(roots.planned, 'root template')} planned${roots.failed > 0 ? `, ${roots.failed} could not be` : ''}`,
    `${count(open, 'finding')} open: ${findings.autoFix} auto-fix, ${findings.needsApproval} needs approval, ${findings.needsInput} needs input, ${findings.manual} manual, ${findings.unknown} unknown; ${findings.accepted} accepted, ${findings.pass} pass`,
    ...(notEvaluated > 0 ? [`${count(notEvaluated, 'resource')} could not be looked at`] : []),
  ];
  const withWork = remediations.filter((each) => openIn(each) > 0);
  if (withWork.length > 0) {
    lines.push('', 'By remediation:');
    lines.push(
      ...table(
        ['', 'open', 'auto-fix', 'approval', 'input', 'manual', 'unknown', 'templates'],
        withWork.map((each) => [
          each.id,
          openIn(each),
          each.autoFix,
          each.needsApproval,
          each.needsInput,
          each.manual,
          each.unknown,
          each.roots,
        ]),
      ),
    );
  }
  if (worst.length > 0) {
    lines.push('', 'Most to do:');
    lines.push(
      ...table(
        ['', 'open', 'auto-fix'],
        worst.map(({ root, open: own, autoFix }) => [root, own, autoFix]),
      ),
    );
  }
  if (decisions.length > 0) {
    lines.push('', 'One entry in the policy decides:');
    lines.push(
      ...table(
        ['', 'findings', 'templates'],
        decisions
          .slice(0, mostShown)
          .map(({ key, findings: decided, roots: touched }) => [key, decided, touched]),
      ),
    );
  }
  if (failures.length > 0) {
    lines.push('', 'Not planned:');
    lines.push(...failures.slice(0, mostShown).map(({ root, message }) => `  ${root}: ${message}`));
    if (roots.failed > mostShown) lines.push(`  and ${roots.failed - mostShown} more`);
  }
  return `${lines.join('\n')}\n`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const texts = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)));
  return texts.map((row) =>
    `  ${row.map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart((widths[column] ?? 0) + 2))).join('')}`.trimEnd(),
  );
}
