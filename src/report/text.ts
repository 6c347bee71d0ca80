import { terminalLine, terminalValues } from '../escape.js';
import type { PlanDocument, Step } from '../plan/document.js';
import { isSynthesized } from '../template/metadata.js';
import {
  type AnswerBundle,
  type FixBundle,
  type Overview,
  overviewOf,
  type PlacedFinding,
  type ReasonBundle,
  severityOf,
} from './group.js';
import { type Paint, paint } from './paint.js';
import { fold, foreignLines, marksOf, remediationLines } from './remediation-lines.js';
import { countOfStatus, type FindingStatus, nameOfStatus, type Report, type TextOptions } from './report.js';
import { count, hang, listed, policyWords, shorten } from './words.js';

/** Several plans for reading, one after the other. */
export const textReports: Report = (plans, options) =>
  plans
    .map(({ document, files, root, includeReview }) =>
      textReport(terminalValues(document), {
        ...{ ...options, root: terminalLine(root), includeReview },
        isSynthesized: files.some((file) => isSynthesized(file.document.value)),
      }),
    )
    .join('\n');

/**
 * A plan for reading, the worst first: what is broken, what is written, what an answer settles, what is left. With
 * `verbose` everything about each remediation stands before it.
 */
export function textReport(document: PlanDocument, options: TextOptions): string {
  const screen: Screen = {
    document,
    overview: overviewOf(document, options),
    options,
    brush: paint(options.color),
  };
  const sections = [
    headLines(screen),
    ...(options.verbose ? detailSections(screen) : []),
    ...(options.outcome.written ? [] : [brokenLines(screen)]),
    fixLines(screen, 'written'),
    fixLines(screen, 'review'),
    fixLines(screen, 'blocked'),
    ...(options.outcome.written ? [leftLines(screen)] : openSections(screen)),
    newLines(screen),
    foreignLines(document, screen.brush, options),
    [...parameterLines(screen), ...coverageLines(screen), ...noteLines(screen)],
    baselineLines(screen),
    totalLines(screen),
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => `${lines.join('\n')}\n`).join('\n')}`;
}

interface Screen {
  readonly document: PlanDocument;
  readonly overview: Overview;
  readonly options: TextOptions;
  readonly brush: Paint;
}

function headLines({ document, overview, options, brush }: Screen): readonly string[] {
  const nested = document.stacks.length - 1;
  const facts = [
    ...(nested === 0 ? [] : [`+ ${count(nested, 'nested template')}`]),
    `· ${count(document.coverage.resources, 'resource')} · ${policyWords(document.policy)}`,
  ].join(' ');
  const isLong = options.root.length + facts.length >= options.columns;
  const totals = verdictWords(overview, options);
  return [
    ...(isLong ? [options.root, ...hang(facts, 2, 2, options.columns)] : [`${options.root} ${facts}`]).map(
      brush.bold,
    ),
    ...(totals === '' ? [] : hang(totals, 2, 2, options.columns).map(brush.bold)),
    ...(overview.written.length === 0 ? [] : hang(effectWords(overview), 2, 2, options.columns)),
  ];
}

const leftStatuses = ['review', 'blocked', 'input', 'manual', 'unknown'] as const;

function verdictWords({ totals }: Overview, { outcome }: TextOptions): string {
  return (['written', ...leftStatuses] as const)
    .filter((status) => totals[status] > 0)
    .map((status) => countOfStatus(totals[status], status, outcome.written))
    .join(' · ');
}

function effectWords({ cost, replacements }: Overview): string {
  const sum = cost.monthlyUsd === 0 ? 'no fixed cost' : `about ${cost.monthlyUsd.toFixed(2)} USD a month`;
  const use = cost.dependsOnUse ? ', plus usage' : '';
  return `auto-fix: ${sum}${use} · ${replacements === 0 ? 'no replacements' : count(replacements, 'replacement')}`;
}

/** Everything about each remediation, for `--verbose`. */
function detailSections({ document, overview, options, brush }: Screen): readonly (readonly string[])[] {
  return [
    ...overview.groups.map((group) => remediationLines(group, brush, options)),
    stepLines(document, brush, options),
  ];
}

const kinds = { safe: '', review: ' (needs approval)', person: ' (manual)' } as const;

function stepLines(
  { steps }: PlanDocument,
  brush: Paint,
  { columns, outcome }: TextOptions,
): readonly string[] {
  if (steps.length === 0 || outcome.written) return [];
  const how =
    'One at a time: idp-fix --apply or idp-fix change-set create, with --only ID. The first matters most.';
  return [
    brush.bold('Suggested order'),
    ...hang(how, 2, 2, columns),
    ...steps.flatMap((step) => [
      ...hang(`${step.step}. ${headline(step)}`, step.step < 10 ? 3 : 2, 8, columns),
      ...step.tryFirst.flatMap((text) => hang(`test first: ${text}`, 6, 8, columns)).map(brush.dim),
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

/** As many of what is broken, or new, as the first screen takes. */
const mostListed = 12;

function brokenLines({ overview: { broken }, options, brush }: Screen): readonly string[] {
  if (broken.length === 0) return [];
  return [
    brush.bold(brush.red('Broken today')),
    ...firstOf(broken, options, (finding) =>
      findingLines(finding, nameOfStatus(finding.status), brush, options.columns),
    ),
  ];
}

function findingLines(
  finding: PlacedFinding,
  mark: string,
  brush: Paint,
  columns: number,
): readonly string[] {
  const { logicalId, path, line, because } = finding;
  const place = `${path}:${line}`;
  const name = logicalId === '' ? 'the whole template' : logicalId;
  return [
    `  ${brush.bold(name)}  ${brush.dim(place)}  [${[mark, ...marksOf(finding)].join('] [')}]`,
    ...shortened(because, columns - 6, 2).map((each) => `      ${each}`),
  ];
}

/** A text in lines of a width, and what is beyond the last of them cut. */
function shortened(text: string, width: number, most: number): readonly string[] {
  const lines = hang(text, 0, 0, width);
  if (lines.length <= most) return lines;
  const last = lines.slice(most - 1).join(' ');
  return [...lines.slice(0, most - 1), shorten(last, Math.max(width, 30))];
}

function firstOf<Entry>(
  entries: readonly Entry[],
  { verbose }: Pick<TextOptions, 'verbose'>,
  show: (entry: Entry) => readonly string[],
  most = mostListed,
): readonly string[] {
  const isFolded = !verbose && entries.length > most + 1;
  const shown = isFolded ? entries.slice(0, most) : entries;
  const rest = isFolded ? [`      … and ${entries.length - most} more (--verbose)`] : [];
  return [...shown.flatMap(show), ...rest];
}

const fixHeadings = {
  written: ['Auto-fix', 'green'],
  review: ['Needs approval: --include review', 'yellow'],
  blocked: ['Never written, because data could be lost', 'red'],
} as const;

/** A row for each remediation: how bad, how many, what becomes of them. */
function fixLines(screen: Screen, status: 'written' | 'review' | 'blocked'): readonly string[] {
  const { overview, options, brush } = screen;
  const bundles = overview[status];
  if (bundles.length === 0) return [];
  const [heading, color] = fixHeadings[status];
  const said = status === 'written' && options.outcome.written ? 'Fixed' : heading;
  const rows = bundles.map((bundle) => ({
    name: bundle.remediation,
    bundle,
    detail: status === 'written' ? fixDetail(bundle, screen) : whyNot(bundle, screen),
  }));
  return [...table(brush[color](said), said, rows, screen)];
}

/** Why it is not written as it is; the rest of it is in `--verbose`. */
function whyNot(bundle: FixBundle, screen: Screen): string {
  const [first = fixDetail(bundle, screen), ...more] = new Set(
    bundle.patches.flatMap(({ riskBecause }) => riskBecause),
  );
  return more.length === 0 ? first : `(${more.length + 1} reasons) ${first}`;
}

function fixDetail({ patches, change, findings }: FixBundle, { options }: Screen): string {
  const templates = new Set(findings.map(({ template }) => template)).size;
  const placements = new Set(patches.flatMap(({ placement }) => placement));
  const [placement = 'resource'] = placements;
  const cost = patches.reduce((sum, each) => sum + (each.cost.monthlyUsd ?? 0), 0);
  const update = patches.map((patch) => patch.update).find((each) => each !== 'none');
  const severity = severityOf(findings);
  const worst = findings.filter((each) => each.severity === severity).length;
  const parts = [
    worst === findings.length ? '' : `${worst} ${severity}`,
    change.length > 40 ? '' : change,
    placements.size === 1 && placement !== 'resource' ? `at ${placement.replaceAll('-', ' ')}` : '',
    templates > 1 && !options.outcome.written ? `${templates} templates` : '',
    cost === 0 ? '' : `${cost.toFixed(2)} USD a month`,
    update === undefined ? '' : `update with ${update.replaceAll('-', ' ')}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

interface Row {
  readonly name: string;
  readonly bundle: Pick<FixBundle, 'severity' | 'findings'>;
  readonly detail: string;
}

/** Names, severity, number of findings and, as far as the line goes, a few words more. */
function table(
  heading: string,
  plain: string,
  rows: readonly Row[],
  { options: { columns }, brush }: Screen,
): readonly string[] {
  const width = Math.max(32, plain.length + 2, ...rows.map(({ name }) => name.length + 4));
  const room = columns - width - 20;
  const isNarrow = room < 24;
  return [
    `${brush.bold(heading)}${' '.repeat(width - plain.length)}${brush.dim('severity  findings')}`,
    ...rows.flatMap(({ name, bundle, detail }) => {
      const number = String(bundle.findings.length).padStart(8);
      const row = `  ${brush.cyan(name)}${' '.repeat(width - 2 - name.length)}${bundle.severity.padEnd(8)}  ${number}`;
      if (detail === '') return [row];
      if (!isNarrow) return [`${row}  ${brush.dim(shorten(detail, room))}`];
      return [row, `      ${brush.dim(shorten(detail, columns - 6))}`];
    }),
  ];
}

function openSections(screen: Screen): readonly (readonly string[])[] {
  const { overview } = screen;
  return [
    answerLines(overview.input, screen),
    reasonLines('Manual: work outside the template', 'manual', screen),
    reasonLines('Unknown: cannot be told from the template', 'unknown', screen),
  ];
}

/** What one answer settles, by the key of the policy that takes it. */
function answerLines(bundles: readonly AnswerBundle[], screen: Screen): readonly string[] {
  if (bundles.length === 0) return [];
  const { brush } = screen;
  const answers = new Set(bundles.flatMap(({ keys }) => keys)).size;
  const findings = bundles.reduce((sum, bundle) => sum + bundle.findings.length, 0);
  const heading = `Needs input: ${answers === 1 ? '1 answer settles' : `${answers} answers settle`} ${count(findings, 'finding')}`;
  const rows = bundles.map((bundle) => ({
    name: fieldNames(bundle.keys.map((key) => terminalLine(key.replace(/^remediations\./, '')))),
    bundle,
    detail: bundle.ask,
  }));
  return table(brush.yellow(heading), heading, rows, screen);
}

/** `<id>.budgetUsdPerMonth, .emails` */
function fieldNames([first = '', ...others]: readonly string[]): string {
  return `${first}${others.map((key) => `, .${key.split('.').slice(1).join('.')}`).join('')}`;
}

/** As many reasons of a kind as the first screen has room for. */
const mostReasons = 6;

function reasonLines(heading: string, status: 'manual' | 'unknown', screen: Screen): readonly string[] {
  const { overview, options, brush } = screen;
  const bundles: readonly ReasonBundle[] = overview[status];
  if (bundles.length === 0) return [];
  return [
    brush.bold(brush.yellow(heading)),
    ...firstOf(
      bundles,
      options,
      ({ remediation, because, findings, severity }) => {
        const number = findings.length === 1 ? '' : `${findings.length}, `;
        const what = `${remediation} (${number}${severity}) ${namesIn(findings, 40)}: ${because}`;
        const lines = shortened(what, options.columns - 6, options.verbose ? Number.POSITIVE_INFINITY : 2);
        return lines.map((line, index) =>
          index === 0 ? `  ${line.replace(remediation, brush.cyan(remediation))}` : `      ${line}`,
        );
      },
      mostReasons,
    ),
  ];
}

/** As many names as fit a line, and how many more there are. */
function namesIn(findings: readonly PlacedFinding[], width: number): string {
  const names = findings.map(({ logicalId, path }) => logicalId || path);
  let shown = names[0] ?? '';
  for (const [index, name] of names.entries()) {
    if (index === 0) continue;
    const next = `${shown}, ${name}`;
    const left = names.length - index;
    if (next.length + 14 > width) return `${shown} and ${left} more`;
    shown = next;
  }
  return shown;
}

/** After writing: what is left over, one line for each kind. */
function leftLines({ overview: { totals, input }, brush }: Screen): readonly string[] {
  const left = leftStatuses.filter((status) => totals[status] > 0);
  if (left.length === 0) return [];
  const answers = new Set(input.flatMap(({ keys }) => keys)).size;
  const what: Readonly<Record<(typeof leftStatuses)[number], string>> = {
    review: 'written with --include review',
    blocked: 'data could be lost',
    input: `${count(answers, 'answer')} in the policy: idp-fix wizard`,
    manual: 'work outside the template',
    unknown: 'cannot be told from the template',
  };
  return [
    brush.bold('Left over'),
    ...left.map(
      (status) => `  ${countOfStatus(totals[status], status).padEnd(20)} ${brush.dim(what[status])}`,
    ),
  ];
}

/** What a baseline does not have, and what was accepted until a day that has passed, is never folded into a number. */
function newLines({ document, overview, options, brush }: Screen): readonly string[] {
  if (options.verbose) return [];
  const isBaseline = document.baseline !== null;
  const statuses: readonly FindingStatus[] = ['written', ...leftStatuses];
  const fresh = statuses.flatMap((status) =>
    overview.groups.flatMap(({ findings }) =>
      findings[status]
        .filter(({ known, expiredDeviation }) => (isBaseline ? !known : expiredDeviation !== null))
        .map((finding) => ({ finding, status })),
    ),
  );
  if (fresh.length === 0) return [];
  return [
    brush.bold(isBaseline ? 'New since the baseline' : 'Exceptions that have expired'),
    ...firstOf(fresh, options, ({ finding, status }) =>
      findingLines(finding, nameOfStatus(status), brush, options.columns),
    ),
  ];
}

function noteLines({ document, options }: Screen): readonly string[] {
  const { notes } = document.summary;
  const { columns, verbose } = options;
  const [first, ...others] = notes;
  if (verbose || first === undefined) return notes.flatMap((note) => hang(note, 0, 2, columns));
  const more = others.length === 0 ? '' : ` (${count(others.length, 'more note')}: --verbose)`;
  return [`${shorten(first, columns - more.length)}${more}`];
}

function parameterLines({ document, options: { columns } }: Screen): readonly string[] {
  const values = document.stacks.flatMap(({ parameterValues }) => Object.entries(parameterValues));
  if (values.length === 0) return [];
  const [first = ['', '']] = values;
  const heading = 'Pass with the next update, since a deployed stack keeps its parameter values:';
  if (values.length === 1) return hang(`${heading} ${first.join('=')}`, 0, 2, columns);
  return [...hang(heading, 0, 2, columns), ...values.map(([name, value]) => `    ${name}=${value}`)];
}

function coverageLines({ document: { coverage }, options }: Screen): readonly string[] {
  const { files, resources, evaluated, notEvaluated, code } = coverage;
  const unread = code?.notes.length ?? 0;
  const failed = unread === 0 ? '' : ` (${unread} not readable)`;
  const read = code === undefined ? '' : `; ${count(code.files, 'file')} of code${failed}`;
  const looked = `Checked ${evaluated} of ${count(resources, 'resource')} in ${count(files, 'template')}${read}.`;
  const missed = notEvaluated.length === 0 ? [] : [`  ${count(notEvaluated.length, 'part')} not checked:`];
  return [
    ...hang(looked, 0, 0, options.columns),
    ...missed,
    ...fold(notEvaluated, options, ({ template, logicalId, because }) =>
      hang(`${template} ${logicalId}: ${because}`, 4, 8, options.columns),
    ),
    ...(options.verbose ? (code?.notes ?? []) : []).flatMap(({ file, because }) =>
      hang(`${file}: ${because}`, 4, 8, options.columns),
    ),
  ];
}

function baselineLines({ document: { baseline }, options, brush }: Screen): readonly string[] {
  if (baseline === null) return [];
  const { known, new: fresh, gone } = baseline;
  const said = `Baseline: ${count(fresh, 'new finding')}, ${known} known.`;
  if (gone.length === 0) return [brush.bold(said)];
  const what = `${count(gone.length, 'finding')} of the baseline no longer there: fixed, accepted, or changed. --write-baseline removes ${gone.length === 1 ? 'it' : 'them'}.`;
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

/** The totals once more, where the eye is when the text has run through, and what to do next. */
function totalLines({ document, overview, options, brush }: Screen): readonly string[] {
  const { totals } = overview;
  const words = verdictWords(overview, options);
  if (words === '') {
    const missed = document.coverage.notEvaluated.length;
    return missed === 0
      ? [brush.green('No open findings.')]
      : [brush.bold(`No open findings in what could be checked; ${count(missed, 'part')} could not.`)];
  }
  const quiet = (['accepted', 'compliant', 'not-applicable'] as const)
    .filter((status) => totals[status] > 0)
    .map((status) => countOfStatus(totals[status], status));
  const lines = hang([words, ...quiet].join(' · '), 0, 0, options.columns).map(brush.bold);
  if (options.outcome.written) return lines;
  const { command } = options.outcome;
  const next: [string, string][] = [];
  if (totals.written > 0)
    next.push(
      ['preview', command.replace('--apply', '--apply --dry-run')],
      options.isSynthesized
        ? ['app', `${command.replace(' --apply', '')} --format cdk-mixin --output lib/idp-fix.ts`]
        : ['apply', command],
    );
  if (totals.input > 0) next.push(['answer', `idp-fix wizard ${options.root}`]);
  next.push(['details', '--verbose, or idp-fix explain ID TEMPLATE']);
  return [...lines, ...next.map(([what, how]) => `  ${what.padEnd(9)}${how}`)];
}
