import type { ChecklistItem } from '../plan/document.js';
import type { Paint } from './paint.js';
import { hang } from './words.js';

const marks = { done: 'done', open: 'open', 'accepted-risk': 'accepted risk' } as const;

/** The production checklist for reading. */
export function checklistText(items: readonly ChecklistItem[], brush: Paint, columns: number): string {
  const lines = items.flatMap(({ title, status, evidence }) => [
    `${brush.bold(`[${marks[status]}]`)} ${title}`,
    ...hang(evidence, 4, 4, columns),
  ]);
  const open = items.filter(({ status }) => status === 'open').length;
  return `${lines.join('\n')}\n\n${items.length - open} of ${items.length} items are done or accepted.\n`;
}

/** The same as a table of Markdown. */
export function checklistMarkdown(items: readonly ChecklistItem[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = items.map(
    ({ title, status, evidence, owner, date }) =>
      `| ${cell(title)} | ${marks[status]} | ${cell(evidence)} | ${cell(owner ?? '')} | ${date ?? ''} |`,
  );
  return ['| item | status | evidence | owner | date |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}
