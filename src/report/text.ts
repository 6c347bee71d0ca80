import { terminalLine, terminalValues } from '../escape.js';
import type { PlanDocument, Step } from '../plan/document.js';
import { foreignLines } from './foreign-lines.js';
import { type Fate, groupByRemediation } from './group.js';
import type { TextOptions } from './options.js';
import { type Paint, paint } from './paint.js';
import { fold, remediationLines } from './remediation-lines.js';
import type { Report } from './report.js';
import { count, hang, listed, policyWords } from './words.js';

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

const kinds = { safe: '', review: ' with --include review', person: ' by hand' } as const;

/** What to do first and what after that, a step each; nothing where there is nothing to do. */
export function stepLines(
  { steps }: PlanDocument,
  brush: Paint,
  { columns, outcome }: TextOptions,
): readonly string[] {
  if (steps.length === 0 || outcome.written) return [];
  const how = steps.some(({ kind }) => kind !== 'person')
    ? 'One at a time: idp-fix --apply, or idp-fix change-set create, with --only ID. The first matters most.'
    : 'The first matters most.';
  return [
    brush.bold('what to do first'),
    ...hang(how, 2, 2, columns),
    ...steps.flatMap((step) => [
      ...hang(`${step.step}. ${headline(step)}`, step.step < 10 ? 3 : 2, 8, columns),
      ...step.tryFirst.flatMap((text) => hang(`outside production: ${text}`, 6, 8, columns)).map(brush.dim),
    ]),
  ];
}

function headline({ kind, remediations, findings, guideRisk, after, update, cost }: Step): string {
  const parts = [`${guideRisk} risk, ${count(findings, 'finding')}`];
  if (update !== 'none') parts.push(`update with ${update.replaceAll('-', ' ')}`);
  if (cost.monthlyUsd !== null && cost.monthlyUsd > 0)
    parts.push(`about ${cost.monthlyUsd.toFixed(2)} USD a month`);
  if (after.length > 0) parts.push(`after ${listed(after.map(String))}`);
  return `${listed(remediations)}${kinds[kind]}: ${parts.join('; ')}`;
}

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
