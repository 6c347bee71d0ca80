import { join } from 'node:path';
import { approvalMessage, markdownChangeSets } from '../changeset/approval-summary.js';
import { type Outcome, outcomesJson, outcomesText } from '../changeset/outcomes.js';
import type { ChangeSetRecord } from '../changeset/record.js';
import { changeSetText } from '../changeset/review.js';
import { writeAll } from '../deliver/write-template.js';
import { jsonText, terminalLine, terminalValues } from '../escape.js';
import type { Ports } from '../ports.js';
import { paint } from '../report/paint.js';
import type { ChangeSetFormat } from './request.js';

interface Form {
  readonly format: ChangeSetFormat;
  readonly plain: boolean;
}

/**
 * One change set, as it was asked for.
 * @param where the flags that lead to it
 * @param now how things stand, one line each
 */
export async function tellChangeSet(
  record: ChangeSetRecord,
  where: string,
  { format, plain }: Form,
  { output }: Ports,
  now: readonly string[] = [],
): Promise<void> {
  const { columns, color } = output.dataTerminal;
  const outcome: Outcome = {
    stack: record.stack.name,
    region: record.region,
    outcome: 'created',
    record,
    recordedIn: '',
    where,
  };
  switch (format) {
    case 'json':
      return output.data(`${jsonText(record)}\n`);
    case 'html': {
      const { htmlChangeSet } = await import('../changeset/review-page.js');
      return output.data(htmlChangeSet(record, now));
    }
    case 'markdown':
      return output.data(markdownChangeSets([outcome]));
    case 'approval':
      return output.data(`${approvalMessage([outcome])}\n`);
    case 'text':
      return output.data(changeSetText(terminalValues(record), paint(color && !plain), columns));
  }
}

/** What came of a run. @param isMany it was asked for several stacks: the form is then the same however many they are */
export async function tellOutcomes(
  outcomes: readonly Outcome[],
  isMany: boolean,
  form: Form,
  ports: Ports,
): Promise<void> {
  const [only] = outcomes;
  if (!isMany && only?.outcome === 'created') return tellChangeSet(only.record, only.where, form, ports);
  const { output } = ports;
  const { columns, color } = output.dataTerminal;
  switch (form.format) {
    case 'json':
      if (!isMany && only?.outcome === 'nothing')
        return output.data(`${jsonText({ nothing: only.because })}\n`);
      return output.data(outcomesJson(outcomes));
    case 'html': {
      if (!isMany) return;
      const { htmlChangeSets } = await import('../changeset/review-page.js');
      return output.data(htmlChangeSets(outcomes));
    }
    case 'markdown':
      return output.data(markdownChangeSets(outcomes));
    case 'approval':
      return output.data(`${approvalMessage(outcomes)}\n`);
    case 'text':
      if (isMany) output.data(outcomesText(outcomes, paint(color && !form.plain), columns));
  }
}

/**
 * The same in every form, for whoever approves: a page, Markdown for the summary of a job, a line for the message of an
 * approval step, and JSON.
 * @throws IdpFixError `write-failed`
 */
export async function writeReports(
  { files, output }: Ports,
  folder: string,
  outcomes: readonly Outcome[],
): Promise<void> {
  const { htmlChangeSets } = await import('../changeset/review-page.js');
  const texts = {
    'review.html': htmlChangeSets(outcomes),
    'review.md': markdownChangeSets(outcomes),
    'approval.txt': `${approvalMessage(outcomes)}\n`,
    'review.json': outcomesJson(outcomes),
  };
  const encoder = new TextEncoder();
  await writeAll(
    files,
    Object.entries(texts).map(([name, text]) => ({ path: join(folder, name), bytes: encoder.encode(text) })),
  );
  output.note(`wrote ${Object.keys(texts).join(', ')} in ${terminalLine(folder)}\n`);
}
