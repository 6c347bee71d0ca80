import type { FindingContext } from '../plan/document.js';
import type { Fate, PlacedFinding, PlacedPatch, RemediationGroup } from './group.js';
import type { TextOptions } from './options.js';
import type { Paint } from './paint.js';
import { count, hang, listed, say, shorten } from './words.js';

/** As many entries of one list as are shown without `--verbose`. */
const foldedLength = 6;

const headings: readonly (readonly [Fate, string, keyof Paint])[] = [
  ['written', 'will change', 'green'],
  ['review', 'will change with --include review', 'yellow'],
  ['blocked', 'never written, because it may destroy something', 'red'],
  ['person', 'left for a person', 'yellow'],
  ['unknown', 'could not be decided', 'yellow'],
  ['accepted', 'accepted', 'dim'],
];

/** What is only listed when nothing is to be folded. */
const quietHeadings: typeof headings = [
  ['not-applicable', 'not applicable', 'dim'],
  ['compliant', 'in order', 'dim'],
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
  const isOpen = headings.some(([fate]) => fate !== 'accepted' && group.findings[fate].length > 0);
  if (isOpen) lines.push(...hang(`Why: ${group.why}`, 2, 2, columns).map(brush.dim));
  lines.push(...hang(tally(group), 2, 2, columns));
  for (const [fate, heading, colour] of options.verbose ? [...headings, ...quietHeadings] : headings) {
    const findings = group.findings[fate];
    if (findings.length === 0) continue;
    const said = fate === 'written' && options.outcome.written ? 'changed' : heading;
    lines.push(
      '',
      `  ${brush[colour](said)}`,
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
  const fixable = findings.written.length + findings.review.length;
  const parts: [number, string][] = [
    [fixable, 'to fix'],
    [findings.person.length + findings.blocked.length, 'for a person'],
    [findings.unknown.length, 'undecided'],
    [findings.accepted.length, 'accepted'],
    [findings.compliant.length, 'in order'],
    [findings['not-applicable'].length, 'not applicable'],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(', ');
}

function findingLines(finding: PlacedFinding, brush: Paint, columns: number): readonly string[] {
  const place = `${finding.template}:${finding.line}`;
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

function marksOf({ suppression, context, expiredDeviation, known }: PlacedFinding): readonly string[] {
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
  if (patch.risk !== 'safe') parts.push(patch.risk);
  if (patch.update !== 'none') parts.push(`update with ${patch.update.replaceAll('-', ' ')}`);
  parts.push(costOf(patch));
  const { columns } = options;
  const detail = (label: string) => (text: string) => hang(`${label}: ${text}`, 6, 8, columns);
  return [
    ...hang(`${patch.id}: ${parts.join('; ')}`, 4, 8, columns),
    ...patch.riskBecause.flatMap(detail('needs consent')),
    ...fold(patch.companions, options, detail('brings')),
    ...fold(
      patch.removedComments.map(({ line, text }) => `line ${line} ${text}`),
      options,
      detail('takes out'),
    ),
    ...fold(
      patch.prerequisites.map(({ what, check }) => `${what} (${check})`),
      options,
      detail('first'),
    ),
    ...fold(patch.leaves, options, detail('left for a person')),
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
