import { isOpen } from '../baseline/baseline.js';
import type { FindingContext, ForeignFinding, ForeignOutcome, PlanDocument } from '../plan/document.js';
import type { PlacedFinding, PlacedPatch, RemediationGroup } from './group.js';
import type { Paint } from './paint.js';
import { countOfStatus, type FindingStatus, nameOfStatus, type TextOptions } from './report.js';
import { count, hang, listed, say, shorten } from './words.js';

/** As many entries of one list as are shown without `--verbose`. */
const foldedLength = 6;

const openHeadings: readonly (readonly [FindingStatus, keyof Paint])[] = [
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
  const isOpen = openHeadings.some(([status]) => group.findings[status].length > 0);
  if (isOpen) lines.push(...hang(`Why: ${group.why}`, 2, 2, columns).map(brush.dim));
  lines.push(...hang(tally(group), 2, 2, columns));
  for (const [status, color] of [...openHeadings, ...quietHeadings]) {
    const findings = group.findings[status];
    if (findings.length === 0) continue;
    lines.push(
      '',
      `  ${brush[color](nameOfStatus(status, options.outcome.written))}`,
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
    .filter(([status]) => findings[status].length > 0)
    .map(([status]) => countOfStatus(findings[status].length, status))
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
  const what = tool === 'cdk' ? `acknowledgement of ${id}` : `skip of ${tool} ${id}`;
  return `${what} ${handling}${reason === '' ? '' : `: ${shorten(reason, longestReason)}`}`;
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

/** What becomes of a finding of another tool, in words; `summary` stands behind a number. */
export const outcomeWords: Readonly<
  Record<ForeignOutcome, { readonly summary: string; readonly heading: string }>
> = {
  fixed: { summary: 'fixed by a patch', heading: 'fixed by a patch' },
  'not-fixable': { summary: 'not fixable', heading: 'not fixable by a patch' },
  'not-found': {
    summary: 'not found here',
    heading: 'not about these templates, or not to be told which resource is meant',
  },
  'not-applicable': { summary: 'not applicable', heading: 'not applicable' },
  'in-order': { summary: 'pass here', heading: 'pass by the policy' },
  accepted: { summary: 'accepted', heading: 'accepted' },
  'not-covered': { summary: 'that no remediation covers', heading: 'covered by no remediation' },
};

/** The findings that were handed in: what becomes of each, and how many of ours nobody else has. */
export function foreignLines(document: PlanDocument, brush: Paint, options: TextOptions): readonly string[] {
  const { foreignFindings } = document;
  if (foreignFindings === null) return [];
  const { columns } = options;
  const lines = [brush.bold('findings of other tools')];
  for (const [source, own] of bySource(foreignFindings)) {
    lines.push(...hang(`${source} (${own[0]?.tool}): ${outcomeTally(own)}`, 2, 4, columns));
  }
  for (const [outcome, { heading }] of Object.entries(outcomeWords)) {
    const findings = foreignFindings.filter((finding) => finding.outcome === outcome);
    if (findings.length === 0) continue;
    lines.push(
      '',
      `  ${heading}`,
      ...fold([...new Set(findings.map(lineOf))], options, (each) => hang(each, 4, 8, columns)),
    );
  }
  const unseen = count(unseenBy(document).length, 'open finding');
  return [
    ...lines,
    '',
    ...hang(
      `${unseen} of this plan ${unseen.startsWith('1 ') ? 'is' : 'are'} in none of these files.`,
      2,
      2,
      columns,
    ),
  ];
}

/** Open findings that no file handed in has. */
export function unseenBy({ stacks, foreignFindings }: PlanDocument) {
  const seen = new Set(
    (foreignFindings ?? []).map(
      ({ remediation, template, logicalId }) => `${remediation} ${template} ${logicalId ?? ''}`,
    ),
  );
  return stacks.flatMap(({ template, findings }) =>
    findings
      .filter(isOpen)
      .filter(({ remediation, logicalId }) => !seen.has(`${remediation} ${template} ${logicalId}`)),
  );
}

function bySource(findings: readonly ForeignFinding[]): ReadonlyMap<string, readonly ForeignFinding[]> {
  const sources = new Map<string, ForeignFinding[]>();
  for (const finding of findings)
    sources.set(finding.source, [...(sources.get(finding.source) ?? []), finding]);
  return sources;
}

function outcomeTally(findings: readonly ForeignFinding[]): string {
  const parts = Object.entries(outcomeWords).flatMap(([outcome, { summary }]) => {
    const number = findings.filter((finding) => finding.outcome === outcome).length;
    return number === 0 ? [] : [`${number} ${summary}`];
  });
  return `${count(findings.length, 'finding')}: ${parts.join(', ')}`;
}

function lineOf(finding: ForeignFinding): string {
  const { template, line, logicalId, said, rule, title, remediation, because, outcome, snippet } = finding;
  const place = template === null ? said : `${template}${line === null ? '' : `:${line}`}`;
  const subject = logicalId === null ? '' : ` ${logicalId}`;
  // That no remediation covers it, the heading says already.
  const isPlain = outcome === 'not-covered' && remediation === null;
  // Some tools have nothing but a UUID to call a rule by.
  const name = /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(rule) ? title : rule;
  const proposal = snippet === undefined ? '' : `; its own snippet: ${snippet.because}`;
  return `${place}${subject}: ${name} (${isPlain ? title : because}${proposal})`;
}
