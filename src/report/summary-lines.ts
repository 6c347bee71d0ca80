import type { PlanDocument } from '../plan/document.js';
import { foreignLines } from './foreign-lines.js';
import { type Fate, groupByRemediation } from './group.js';
import type { TextOptions } from './options.js';
import type { Paint } from './paint.js';
import { fold } from './remediation-lines.js';
import { stepLines } from './step-lines.js';
import { count, hang } from './words.js';

/** What concerns all remediations: the order, notes, parameter values, coverage, the totals and what to do next. */
export function summaryLines(document: PlanDocument, brush: Paint, options: TextOptions): readonly string[] {
  const sections = [
    stepLines(document, brush, options),
    noteLines(document, brush, options),
    parameterLines(document, brush, options),
    foreignLines(document, brush, options),
    coverageLines(document, options),
    totalLines(document, brush, options),
    baselineLines(document, brush, options),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function noteLines({ summary }: PlanDocument, brush: Paint, { columns }: TextOptions): readonly string[] {
  if (summary.notes.length === 0) return [];
  return [brush.bold('notes'), ...summary.notes.flatMap((note) => hang(note, 2, 4, columns))];
}

function parameterLines({ stacks }: PlanDocument, brush: Paint, { columns }: TextOptions): readonly string[] {
  const values = stacks.flatMap(({ parameterValues }) => Object.entries(parameterValues));
  if (values.length === 0) return [];
  const why = 'A stack that is deployed keeps its parameter values. Give it these with the next update:';
  return [
    brush.bold('parameter values'),
    ...hang(why, 2, 2, columns),
    ...values.map(([name, value]) => `    ${name}=${value}`),
  ];
}

function coverageLines({ coverage }: PlanDocument, options: TextOptions): readonly string[] {
  const { files, resources, evaluated, notEvaluated, code } = coverage;
  const read =
    code === undefined ? '' : ` Read ${count(code.files, 'file')} of code and definitions beside them.`;
  const looked = `Checked ${count(resources, 'resource')} in ${count(files, 'template')}; remediations look at ${evaluated} of them.${read}`;
  const missed = notEvaluated.length === 0 ? [] : [`  ${count(notEvaluated.length, 'part')} not checked:`];
  return [
    ...hang(looked, 0, 0, options.columns),
    ...missed,
    ...fold(notEvaluated, options, ({ template, logicalId, because }) =>
      hang(`${template} ${logicalId}: ${because}`, 4, 8, options.columns),
    ),
    ...fold(code?.notes ?? [], options, ({ file, because }) =>
      hang(`${file}: ${because}`, 4, 8, options.columns),
    ),
  ];
}

function baselineLines({ baseline }: PlanDocument, brush: Paint, options: TextOptions): readonly string[] {
  if (baseline === null) return [];
  const { known, new: fresh, gone } = baseline;
  const said = `Baseline: ${count(fresh, 'new finding')}, ${known} known.`;
  if (gone.length === 0) return [brush.bold(said)];
  const what = `${count(gone.length, 'finding')} of the baseline no longer there: fixed, accepted, or changed. --write-baseline takes ${gone.length === 1 ? 'it' : 'them'} out.`;
  return [
    brush.bold(said),
    ...hang(what, 0, 0, options.columns),
    ...fold(gone, options, ({ template, logicalId, remediation }) =>
      hang(
        `${template} ${logicalId === '' ? 'the whole template' : logicalId}: ${remediation}`,
        4,
        8,
        options.columns,
      ),
    ),
  ];
}

function totalLines(document: PlanDocument, brush: Paint, options: TextOptions): readonly string[] {
  const totals = new Map<Fate, number>();
  for (const { findings } of groupByRemediation(document, options)) {
    for (const [fate, found] of Object.entries(findings) as [Fate, readonly unknown[]][]) {
      totals.set(fate, (totals.get(fate) ?? 0) + found.length);
    }
  }
  const of = (...fates: readonly Fate[]) => fates.reduce((sum, fate) => sum + (totals.get(fate) ?? 0), 0);
  const written = of('written');
  const left = of('review', 'blocked', 'person', 'unknown');
  if (written + left === 0) {
    const missed = document.coverage.notEvaluated.length;
    return missed === 0
      ? [brush.green('Nothing is left to do.')]
      : [brush.bold(`Nothing is left to do in what could be checked; ${count(missed, 'part')} could not.`)];
  }
  const parts: string[] = [];
  if (written > 0) parts.push(`${count(written, 'finding')} ${options.outcome.written ? 'fixed' : 'to fix'}`);
  if (of('review') > 0) parts.push(`${of('review')} that --include review would fix`);
  if (of('person', 'blocked') > 0) parts.push(`${of('person', 'blocked')} for a person`);
  if (of('unknown') > 0) parts.push(`${of('unknown')} undecided`);
  const lines = hang(`${parts.join(', ')}.`, 0, 0, options.columns).map(brush.bold);
  if (written > 0 && !options.outcome.written) lines.push(`Write them: ${options.outcome.command}`);
  return lines;
}
