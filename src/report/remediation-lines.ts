import type { FindingContext } from '../plan/document.js';
import { countOfFate, type Fate, nameOfFate } from './fate.js';
import type { PlacedFinding, PlacedPatch, RemediationGroup } from './group.js';
import type { TextOptions } from './options.js';
import type { Paint } from './paint.js';
import { count, hang, listed, say, shorten } from './words.js';

/** As many entries of one list as are shown without `--verbose`. */
const foldedLength = 6;

const openHeadings: readonly (readonly [Fate, keyof Paint])[] = [
  ['written', 'green'],
  ['review', 'yellow'],
  ['blocked', 'red'],
  ['input', 'yellow'],
  ['manual', 'yellow'],
  ['unknown', 'yellow'],
];

const quietHeadings: typeof openHeadings = [
  ['accepted', 'dim'],
  ['not-applicable', 'dim'],
  ['compliant', 'dim'],
];

/** Everything about one remediation; nothing when it had nothing to look at. */
export function remediationLines(
  group: RemediationGroup,
  brush: Paint,
  options: TextOptions,
): readonly string[] {
  if (Object.values(group.findings).every((findings) => findings.length === 0)) return [];
  const { columns } = options;
  const title = `${group.title} (${group.guideRisk} risk)`;
  const lines = [brush.bold(brush.cyan(group.id)), ...hang(title, 2, 2, columns)];
  const isOpen = openHeadings.some(([fate]) => group.findings[fate].length > 0);
  if (isOpen) lines.push(...hang(`Why: ${group.why}`, 2, 2, columns).map(brush.dim));
  lines.push(...hang(tally(group), 2, 2, columns));
  for (const [fate, colour] of [...openHeadings, ...quietHeadings]) {
    const findings = group.findings[fate];
    if (findings.length === 0) continue;
    lines.push(
      '',
      `  ${brush[colour](nameOfFate(fate, options.outcome.written))}`,
      ...fold(newFirst(findings), options, (each) => findingLines(each, brush, columns)),
    );
  }
  const patches = group.patches.filter(
    ({ operations, removedComments }) => operations.length + removedComments.length > 0,
  );
  if (patches.length > 0) lines.push('', `  ${brush.bold('patches')}`);
  for (const patch of patches) lines.push(...patchLines(patch, options));
  return lines;
}

function tally({ findings }: RemediationGroup): string {
  return [...openHeadings, ...quietHeadings]
    .filter(([fate]) => findings[fate].length > 0)
    .map(([fate]) => countOfFate(findings[fate].length, fate))
    .join(', ');
}

function findingLines(finding: PlacedFinding, brush: Paint, columns: number): readonly string[] {
  const place = `${finding.path}:${finding.line}`;
  const subject = finding.logicalId === '' ? 'the whole template' : finding.logicalId;
  const change = finding.verdict === 'fixable' ? `${say(finding.current)} → ${say(finding.target)}; ` : '';
  const marks = marksOf(finding)
    .map((mark) => ` [${mark}]`)
    .join('');
  const [first = '', ...rest] = hang(
    `${place} ${subject}: ${change}${finding.because}${marks}`,
    4,
    8,
    columns,
  );
  return [first.replace(place, brush.dim(place)).replace(` ${subject}`, ` ${brush.bold(subject)}`), ...rest];
}

/** What a baseline does not have is not folded away behind what it has. */
function newFirst(findings: readonly PlacedFinding[]): readonly PlacedFinding[] {
  return [...findings.filter(({ known }) => !known), ...findings.filter(({ known }) => known)];
}

export function marksOf({ suppression, context, expiredDeviation, known }: PlacedFinding): readonly string[] {
  const marks = suppression === null ? [] : [skip(suppression)];
  if (context !== undefined) marks.push(...contextLines(context).map((text) => shorten(text, longestReason)));
  if (expiredDeviation !== null) {
    marks.push(`accepted by ${expiredDeviation.owner} until ${expiredDeviation.expires}, which has passed`);
  }
  return known ? [...marks, 'known'] : marks;
}

/** What the template says about itself to whoever changes it. */
export function contextLines({ level, must, why }: FindingContext): readonly string[] {
  return [
    ...(level === null ? [] : [`marked ${level}`]),
    ...must.map((text) => `must: ${text}`),
    ...(why === null ? [] : [`why: ${why}`]),
  ];
}

/** Two lines will do to know which one it is; `explain` has it in full. */
const longestReason = 150;

function skip({ tool, id, reason, handling }: NonNullable<PlacedFinding['suppression']>): string {
  return `skip of ${tool} ${id} ${handling}${reason === '' ? '' : `: ${shorten(reason, longestReason)}`}`;
}

function patchLines(patch: PlacedPatch, options: TextOptions): readonly string[] {
  const edits = count(patch.operations.filter(({ op }) => op !== 'test').length, 'operation');
  const parts = [`${edits} at ${listed(patch.placement.map((placement) => placement.replaceAll('-', ' ')))}`];
  if (patch.risk === 'blocked') parts.push('never written');
  if (patch.risk === 'review') parts.push('needs approval');
  if (patch.update !== 'none') parts.push(`update with ${patch.update.replaceAll('-', ' ')}`);
  parts.push(costOf(patch));
  const { columns } = options;
  const detail = (label: string) => (text: string) => hang(`${label}: ${text}`, 6, 8, columns);
  return [
    ...hang(`${patch.id}: ${parts.join('; ')}`, 4, 8, columns),
    ...patch.riskBecause.flatMap(detail('needs approval')),
    ...fold(patch.companions, options, detail('adds')),
    ...fold(
      patch.removedComments.map(({ line, text }) => `line ${line} ${text}`),
      options,
      detail('removes'),
    ),
    ...fold(
      patch.prerequisites.map(({ what, check }) => `${what} (${check})`),
      options,
      detail('check first'),
    ),
    ...fold(patch.leaves, options, detail('left to do')),
  ];
}

export function costOf({ cost }: Pick<PlacedPatch, 'cost'>): string {
  if (cost.monthlyUsd === 0) return 'no running cost';
  if (cost.monthlyUsd === null) return `cost depends on use (${cost.formula})`;
  return `about ${cost.monthlyUsd.toFixed(2)} USD a month (${cost.formula})`;
}

/** The first entries of a list, and how many more there are with the flag that shows them. */
export function fold<Entry>(
  entries: readonly Entry[],
  options: Pick<TextOptions, 'verbose'>,
  show: (entry: Entry) => readonly string[],
): readonly string[] {
  // One entry more takes the line that would say so.
  const isFolded = !options.verbose && entries.length > foldedLength + 1;
  const shown = isFolded ? entries.slice(0, foldedLength) : entries;
  const rest = isFolded ? [`        … and ${entries.length - foldedLength} more; --verbose shows all`] : [];
  return [...shown.flatMap(show), ...rest];
}
