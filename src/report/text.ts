import { terminalLine, terminalValues } from '../escape.js';
import type { PlanDocument } from '../plan/document.js';
import { groupByRemediation } from './group.js';
import type { TextOptions } from './options.js';
import { paint } from './paint.js';
import { remediationLines } from './remediation-lines.js';
import type { Report } from './report.js';
import { summaryLines } from './summary-lines.js';
import { count, policyWords } from './words.js';

/** Several plans for reading, one after the other. */
export const textReports: Report = (plans, options) =>
  plans
    .map(({ document, root, includeReview }) =>
      textReport(terminalValues(document), { ...options, root: terminalLine(root), includeReview }),
    )
    .join('\n');

/** A plan for reading: what falls short by remediation, what the patch does, what is left for a person. */
export function textReport(document: PlanDocument, options: TextOptions): string {
  const brush = paint(options.colour);
  const nested = document.stacks.slice(1);
  const others = nested.length === 0 ? '' : ` and ${count(nested.length, 'nested template')}`;
  const lines = [
    brush.bold(`${options.root}${others}`) + brush.dim(` · ${policyWords(document.policy)}`),
    '',
  ];
  for (const group of groupByRemediation(document, options)) {
    const text = remediationLines(group, brush, options);
    if (text.length > 0) lines.push(...text, '');
  }
  lines.push(...summaryLines(document, brush, options));
  return `${lines.join('\n')}\n`;
}
