import { terminalValues } from '../escape.js';
import type { ChecklistItem } from '../plan/document.js';
import { cell } from './markdown/markdown.js';
import type { Paint } from './paint.js';
import { hang } from './words.js';

const marks = { done: 'done', open: 'open', 'accepted-risk': 'accepted risk' } as const;
const colours = { done: 'green', open: 'red', 'accepted-risk': 'yellow' } as const;

/** The production checklist for reading. */
export function checklistText(listed: readonly ChecklistItem[], brush: Paint, columns: number): string {
  const items = terminalValues(listed);
  const lines = items.flatMap((item, index) => {
    const mark = brush[colours[item.status]](`[${marks[item.status]}]`);
    return [
      `${mark} ${index + 1}. ${brush.bold(item.title)}`,
      ...hang(item.evidence, 4, 4, columns),
      ...(item.status === 'accepted-risk'
        ? item.acceptedRisks.flatMap((risk) => riskLines(risk, columns))
        : []),
    ];
  });
  const count = (status: ChecklistItem['status']) => items.filter((item) => item.status === status).length;
  const total = `${count('done')} of ${items.length} items are done, ${count('accepted-risk')} accepted, ${count('open')} open.`;
  return `${lines.join('\n')}\n\n${brush.bold(total)}\n`;
}

function riskLines(
  { remediation, logicalId, reason, owner, date, expires }: ChecklistItem['acceptedRisks'][number],
  columns: number,
): readonly string[] {
  const what = logicalId === null ? remediation : `${logicalId} (${remediation})`;
  return hang(`${what}: ${reason} (${owner}, ${date}, until ${expires})`, 6, 8, columns);
}

/** The same as a table of Markdown. */
export function checklistMarkdown(items: readonly ChecklistItem[]): string {
  const rows = items.map(({ title, status, evidence, owner, date, reason, document, expires }) =>
    row([title, marks[status], evidence, reason, owner, date, expires, document]),
  );
  return [
    row(['item', 'status', 'evidence', 'reason', 'owner', 'date', 'expires', 'document']),
    `|${'---|'.repeat(8)}`,
    ...rows,
    '',
  ].join('\n');
}

function row(cells: readonly (string | null)[]): string {
  return `| ${cells.map((each) => cell(each ?? '')).join(' | ')} |`;
}
