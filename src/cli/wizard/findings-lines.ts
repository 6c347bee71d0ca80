import { unifiedDiff } from '../../patch/diff.js';
import type { Deviation } from '../../policy/policy.js';
import { maskSecrets } from '../../report/mask.js';
import { paintDiffLine } from '../../report/paint.js';
import { count, hang, say as spell } from '../../report/words.js';
import { type Change, type OpenFinding, type OpenGroup, openGroups, type WizardContext } from './context.js';
import type { Preview } from './dialog.js';

/** A deviation from a whole template names no resource. */
export function subjectOf(finding: OpenFinding): Pick<Deviation, 'remediation' | 'template' | 'logicalId'> {
  const { remediation, template, logicalId } = finding;
  return { remediation, template, ...(logicalId !== '' && { logicalId }) };
}

/** `TakeOrder  template.yaml:37` */
export function findingLabel({ logicalId, path, line }: OpenFinding): string {
  return `${logicalId === '' ? 'the whole template' : logicalId}  ${path}:${line}`;
}

/** `30 → 365; it is kept too short`; a change of something else than one value has no arrow. */
export function whatChanges({ current, target, because }: OpenFinding): string {
  const [before, after] = [spell(current), spell(target)];
  return before === after ? because : `${before} → ${after}; ${because}`;
}

/** One change: what it settles, why, what comes with it, and its edits, once for all findings. */
export function changeLines(
  { remediation, title, findings }: Change,
  context: WizardContext,
): readonly string[] {
  const { brush, columns } = context;
  const [first] = findings;
  if (first === undefined) return [];
  const { fixedBy } = first;
  const shown = findings.slice(0, mostFindings).map((finding) => `  ${findingLabel(finding)}`);
  const rest = findings.length - shown.length;
  const detail = (label: string, texts: readonly string[]) => {
    const different = [...new Set(texts)];
    const left = different.length - mostDetails;
    return [
      ...different.slice(0, mostDetails).flatMap((text) => hang(`${label}: ${text}`, 2, 4, columns)),
      ...(left > 0
        ? hang(`and ${left} more; see idp-fix explain ${remediation} TEMPLATE`, 4, 4, columns)
        : []),
    ];
  };
  return [
    '',
    ...hang(`${title} (${remediation})`, 0, 2, columns).map(brush.bold),
    ...shown,
    ...(rest > 0 ? [brush.dim(`  and ${count(rest, 'more finding')}`)] : []),
    ...hang(whatChanges(first), 2, 2, columns),
    ...detail('needs approval', fixedBy?.risk === 'review' ? fixedBy.riskBecause : []).map(brush.yellow),
    ...detail('first', fixedBy?.prerequisites.map(({ what }) => what) ?? []),
    ...detail('afterwards', fixedBy?.leaves ?? []),
    ...diffLines(first, context),
  ];
}

/** Of those that one patch settles. */
const mostFindings = 5;

/** Of a kind, so that the diff below stays on the screen. */
const mostDetails = 2;

/** As many lines of a diff as leave room for heading and question on a terminal of 30 lines. */
const longestDiff = 14;

function diffLines(finding: OpenFinding, { brush, columns }: WizardContext): readonly string[] {
  const edits = finding.edits();
  const lines = edits.flatMap(({ path, before, after }) => {
    const [, , ...body] = unifiedDiff(path, maskSecrets(before), maskSecrets(after)).trimEnd().split('\n');
    const heading = edits.length > 1 ? [brush.dim(path)] : [];
    return [...heading, ...body.map((line) => paintDiffLine(cut(line, columns), brush))];
  });
  const rest = lines.length - longestDiff;
  if (rest <= 1) return lines;
  return [
    ...lines.slice(0, longestDiff),
    brush.dim(`… and ${rest} more lines; the exact diff at the end shows all`),
  ];
}

function cut(line: string, columns: number): string {
  const text = line.replace(/\r$/, '');
  return text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
}

/** Which templates these are. */
export function templateLines({ roots }: Preview, { brush }: WizardContext): readonly string[] {
  return roots.map(({ rootPath, result: { document } }) => {
    const nested = document.stacks.length - 1;
    const others = nested === 0 ? '' : ` and ${count(nested, 'nested template')}`;
    return `${brush.bold(rootPath)}${others}, ${count(document.coverage.resources, 'resource')}`;
  });
}

/** What falls short, by the risk the guide gives it. */
export function overviewLines(preview: Preview, context: WizardContext): readonly string[] {
  const groups = openGroups(preview, context);
  if (groups.length === 0) return ['', 'Nothing falls short of the policy.'];
  const { brush } = context;
  const lines = ['', brush.bold(row('What falls short', ['auto-fix', 'approval', 'input']))];
  for (const [index, group] of groups.entries()) {
    if (group.guideRisk !== groups[index - 1]?.guideRisk) lines.push(brush.yellow(`${group.guideRisk} risk`));
    const counts = [group.safe, group.review, group.person].map(({ length }) =>
      length === 0 ? '·' : length,
    );
    lines.push(row(`  ${group.id}`, counts));
  }
  return [...lines, brush.dim('approval: written if you agree · input: an answer or manual work')];
}

/** `186 findings auto-fix · 35 need approval · 48 need input or manual work` */
export function totalLine(groups: readonly OpenGroup[]): string {
  const { safe, review, person } = totalsOf(groups);
  const needs = (number: number) => `${number} ${number === 1 ? 'needs' : 'need'}`;
  return [
    `${count(safe, 'finding')} auto-fix`,
    ...(review > 0 ? [`${needs(review)} approval`] : []),
    ...(person > 0 ? [`${needs(person)} input or manual work`] : []),
  ].join(' · ');
}

function totalsOf(groups: readonly OpenGroup[]) {
  const sum = (of: (group: OpenGroup) => readonly unknown[]) =>
    groups.reduce((total, group) => total + of(group).length, 0);
  return {
    safe: sum(({ safe }) => safe),
    review: sum(({ review }) => review),
    person: sum(({ person }) => person),
  };
}

function row(label: string, cells: readonly (string | number)[]): string {
  return `${label.padEnd(42)}${cells.map((cell) => String(cell).padStart(9)).join('')}`;
}
