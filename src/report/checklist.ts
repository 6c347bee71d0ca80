import { terminalValues } from '../escape.js';
import type { ChecklistItem } from '../plan/document.js';
import { cell } from './markdown/markdown.js';
import type { Paint } from './paint.js';
import { hang } from './words.js';

const marks = { done: 'done', open: 'open', 'accepted-risk': 'accepted risk' } as const;
const colors = { done: 'green', open: 'red', 'accepted-risk': 'yellow' } as const;

/** The production checklist for reading. */
export function checklistText(listed: readonly ChecklistItem[], brush: Paint, columns: number): string {
  const items = terminalValues(listed);
  const lines = items.flatMap((item, index) => {
    const mark = brush[colors[item.status]](`[${marks[item.status]}]`);
    return [
      `${mark} ${index + 1}. ${brush.bold(item.title)}`,
      ...hang(item.evidence, 4, 4, columns),
      ...scopeLines(item, columns),
      ...(item.status === 'accepted-risk'
        ? item.acceptedRisks.flatMap((risk) => riskLines(risk, columns))
        : []),
    ];
  });
  const count = (status: ChecklistItem['status']) => items.filter((item) => item.status === status).length;
  const total = `${count('done')} of ${items.length} items are done, ${count('accepted-risk')} accepted, ${count('open')} open.`;
  return `${lines.join('\n')}\n\n${brush.bold(total)}\n`;
}

/** What was judged, by the types of the templates; the rest in a number, since it is all there is beside it. */
function scopeLines({ covers, doesNotCover }: ChecklistItem, columns: number): readonly string[] {
  if (covers.length === 0) return [];
  const rest =
    doesNotCover.length === 0 ? '' : `; ${doesNotCover.length} other types are not looked at for it`;
  return hang(`covers ${covers.join(', ')}${rest}`, 4, 4, columns);
}

function riskLines(
  { remediation, logicalId, reason, owner, date, expires }: ChecklistItem['acceptedRisks'][number],
  columns: number,
): readonly string[] {
  const what = logicalId === null ? remediation : `${logicalId} (${remediation})`;
  return hang(`${what}: ${reason} (${owner}, ${date}, until ${expires})`, 6, 8, columns);
}

const tableColumns: readonly (readonly [string, (item: ChecklistItem) => string | null])[] = [
  ['item', ({ title }) => title],
  ['status', ({ status }) => marks[status]],
  ['evidence', ({ evidence }) => evidence],
  ['covers', ({ covers }) => covers.join(', ')],
  ['does not cover', ({ doesNotCover }) => doesNotCover.join(', ')],
  ['reason', ({ reason }) => reason],
  ['owner', ({ owner }) => owner],
  ['date', ({ date }) => date],
  ['expires', ({ expires }) => expires],
  ['document', ({ document }) => document],
];

/** The same as a table of Markdown. */
export function checklistMarkdown(items: readonly ChecklistItem[]): string {
  return [
    row(tableColumns.map(([name]) => name)),
    `|${'---|'.repeat(tableColumns.length)}`,
    ...items.map((item) => row(tableColumns.map(([, of]) => of(item)))),
    '',
  ].join('\n');
}

/**
 * The same of several stacks as comma-separated values, for a spreadsheet.
 * @source https://www.rfc-editor.org/rfc/rfc4180
 */
export function checklistCsv(
  lists: readonly { readonly root: string; readonly items: readonly ChecklistItem[] }[],
): string {
  const rows = lists.flatMap(({ root, items }) =>
    items.map((item) => [root, ...tableColumns.map(([, of]) => of(item) ?? '')]),
  );
  const header = ['template', ...tableColumns.map(([name]) => name)];
  return [header, ...rows].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/** A spreadsheet takes a cell that begins like a formula for one, whoever wrote it. */
function csvCell(text: string): string {
  const readable = terminalValues(text);
  const safe = /^[=+\-@\t\r]/.test(readable) ? `'${readable}` : readable;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function row(cells: readonly (string | null)[]): string {
  return `| ${cells.map((each) => cell(each ?? '')).join(' | ')} |`;
}
