import { withByteOrderMark } from '../../document/source.js';
import { visible } from '../../escape.js';
import { unifiedDiff } from '../../patch/diff.js';
import type { ForeignOutcome, PlanDocument } from '../../plan/document.js';
import type { PatchedFile } from '../../plan/written.js';
import { groupByRemediation, type PlacedFinding, type PlacedPatch, type RemediationGroup } from '../group.js';
import { maskDocument, maskSecrets } from '../mask.js';
import { contextLines, outcomeWords } from '../remediation-lines.js';
import {
  countOfStatus,
  nameOfStatus,
  openStatuses,
  type Report,
  type ReportedPlan,
  type ReportOptions,
} from '../report.js';
import { count, listed, policyWords, say } from '../words.js';

/** GitHub takes 65,536 characters in a comment; what a pipeline puts around the report has some of them. */
export const longestComment = 64_900;

/**
 * Plans as a comment on a pull request. Its first line names what it is about, so that a later run finds the comment and
 * puts the new one in its place. What does not fit is left out from the end: diffs first, then findings of the
 * remediations the guide gives the lowest risk; and it says so.
 */
export const markdownReport: Report = (plans, options) => {
  const marker = `<!-- idp-fix:review root=${plans.map(({ root }) => inComment(root)).join(',')} -->\n`;
  const first = marker.length > longestMarker ? `<!-- idp-fix:review roots=${plans.length} -->\n` : marker;
  const ofPlans = plans.map((plan) => planParts(plan, options));
  const titled = (parts: readonly Part[], { root }: ReportedPlan): readonly Part[] =>
    plans.length < 2 || parts.length === 0 ? parts : [title(root), ...parts];
  // What is most worth of every plan comes before the detail of any.
  const parts = [
    ...ofPlans.flatMap(({ essentials }) => essentials),
    ...ofPlans.flatMap(({ plan, details }) => titled(details, plan)),
    ...ofPlans.flatMap(({ plan, diffs }) => titled(diffs, plan)),
  ];
  return first + fitted(parts, longestComment - first.length);
};

const longestMarker = 2_000;

function title(root: string): Part {
  return { name: code(root), head: `#### ${text(root)}\n\n`, rows: [], foot: '' };
}

interface PlanParts {
  readonly plan: ReportedPlan;
  readonly essentials: readonly Part[];
  readonly details: readonly Part[];
  readonly diffs: readonly Part[];
}

function planParts(plan: ReportedPlan, options: ReportOptions): PlanParts {
  const { document, files, includeReview } = plan;
  const groups = groupByRemediation(document, {
    remediations: options.remediations,
    includeReview,
    root: plan.root,
  });
  const isWritten = options.outcome.written;
  const order = ['high', 'medium', 'low'];
  const byRisk = [...groups].sort(
    (left, right) => order.indexOf(left.guideRisk) - order.indexOf(right.guideRisk),
  );
  const isFilled = ({ rows }: Part) => rows.length > 0;
  return {
    plan,
    essentials: [headPart(plan, groups, options), totalsPart(groups, isWritten)],
    details: [
      uncheckedPart(document),
      ...decisionParts(groups, includeReview),
      stepsPart(document),
      checklistPart(document),
      parametersPart(document),
      deviationsPart(document),
      figuresPart(document),
      foreignPart(document),
      ...byRisk.map((group) => findingsPart(group, isWritten)),
    ].filter(isFilled),
    diffs: diffParts(files),
  };
}

function headPart(
  { document, root, includeReview }: ReportedPlan,
  groups: readonly RemediationGroup[],
  { outcome }: ReportOptions,
): Part {
  const of = (...statuses: readonly (keyof RemediationGroup['findings'])[]) =>
    groups.reduce(
      (sum, { findings }) => sum + statuses.reduce((all, status) => all + findings[status].length, 0),
      0,
    );
  const parts = (['written', 'review', 'blocked', 'input', 'manual', 'unknown'] as const)
    .filter((status) => of(status) > 0)
    .map((status) => countOfStatus(of(status), status, outcome.written));
  const { baseline, policy, coverage } = document;
  const missed = coverage.notEvaluated.length;
  const done = missed === 0 ? 'No open findings.' : 'No open findings in what could be checked.';
  const said = parts.length === 0 ? done : `**${listed(parts)}**`;
  const unchecked = missed === 0 ? '' : ` **${count(missed, 'part')} could not be checked.**`;
  const beside =
    baseline === null
      ? ''
      : ` Beside the baseline: ${baseline.new} new, ${baseline.known} known, ${baseline.gone.length} gone.`;
  const command = outcome.written || of('written') === 0 ? '' : `\nApply: ${code(outcome.command)}\n`;
  const consent = includeReview ? ' Patches that need approval are included.' : '';
  return {
    name: `the head of ${code(root)}`,
    head: `### idp-fix: ${text(root)}\n\n${said}\n\n${count(coverage.resources, 'resource')} in ${count(coverage.files, 'template')}, ${text(policyWords(policy))}.${unchecked}${beside}${consent}\n${command}\n`,
    rows: [],
    foot: '',
  };
}

/** Folded, with its rows inside. */
function folded(name: string, rows: readonly string[]): Part {
  return {
    name,
    head: `<details><summary>${name}</summary>\n\n`,
    rows: rows.map((row) => `${row}\n`),
    foot: '\n</details>\n\n',
  };
}

/** Remediations that found something open, with their numbers; always shown. */
export function totalsPart(groups: readonly RemediationGroup[], isWritten: boolean): Part {
  const shown = openStatuses.filter((status) => groups.some(({ findings }) => findings[status].length > 0));
  const open = groups.filter(({ findings }) => shown.some((status) => findings[status].length > 0));
  const order = ['high', 'medium', 'low'];
  const rows = [...open]
    .sort((left, right) => order.indexOf(left.guideRisk) - order.indexOf(right.guideRisk))
    .map(({ id, guideRisk, findings }) =>
      cells([code(id), guideRisk, ...shown.map((status) => String(findings[status].length || ''))]),
    );
  if (rows.length === 0) return { name: 'totals', head: '', rows: [], foot: '' };
  return {
    name: 'totals',
    head: `${cells(['remediation', 'risk', ...shown.map((status) => nameOfStatus(status, isWritten))])}|---|---|${'--:|'.repeat(shown.length)}\n`,
    rows,
    foot: '\n',
  };
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |\n`;
}

/** What waits for consent, and what has to be true before what is written. */
export function decisionParts(groups: readonly RemediationGroup[], includeReview: boolean): readonly Part[] {
  const patches = groups.flatMap((group) => group.patches);
  const waiting = patches.filter(({ risk }) => risk === 'blocked' || (risk === 'review' && !includeReview));
  const checks = new Map<string, string>();
  for (const patch of patches.filter((each) => !waiting.includes(each)))
    for (const { what, check } of patch.prerequisites) checks.set(what, check);
  return [
    folded('Needs approval', waiting.map(consentRow)),
    folded(
      'Check before deploying',
      [...checks].map(([what, check]) => `- ${text(what)} (${code(check)})`),
    ),
  ].filter(({ rows }) => rows.length > 0);
}

function consentRow({ id, risk, update, riskBecause }: PlacedPatch): string {
  const marks = [
    risk === 'blocked' ? 'never written' : '',
    update === 'none' ? '' : update.replaceAll('-', ' '),
  ];
  const said = [...marks.filter((mark) => mark !== ''), ...riskBecause.map(text)];
  return `- ${code(id)}: ${said.join('; ')}`;
}

export function stepsPart({ steps }: PlanDocument): Part {
  return folded(
    'Suggested order',
    steps.map(({ step, kind, remediations, guideRisk, findings, update, after }) => {
      const facts = [`${guideRisk} risk`, count(findings, 'finding')];
      if (kind !== 'safe') facts.push(kind === 'review' ? 'needs approval' : 'manual');
      if (update !== 'none') facts.push(update.replaceAll('-', ' '));
      if (after.length > 0) facts.push(`after ${listed(after.map(String))}`);
      return `${step}. ${remediations.map(code).join(', ')}: ${facts.join(', ')}`;
    }),
  );
}

const marks = { done: 'x', open: ' ', 'accepted-risk': 'x' } as const;

export function checklistPart({ checklist }: PlanDocument): Part {
  return folded(
    'Production checklist',
    checklist.map(
      ({ title, status, evidence }) =>
        `- [${marks[status]}] ${text(title)}${status === 'accepted-risk' ? ' (accepted risk)' : ''}: ${text(evidence)}`,
    ),
  );
}

export function deviationsPart({ deviations }: PlanDocument): Part {
  return folded(
    'Accepted risks',
    deviations.map(
      ({ remediation, template, logicalId, state, owner, expires, reason }) =>
        `- ${code(remediation)} ${text(logicalId ?? template ?? 'everything')}: ${state.replaceAll('-', ' ')}, ${text(owner)} until ${expires}: ${text(reason)}`,
    ),
  );
}

export function figuresPart({ figures, summary }: PlanDocument): Part {
  const rows = figures.flatMap(({ title, unit, limit, rows }) =>
    rows.map(
      ({ label, before, after, detail }) =>
        `- ${text(title)}, ${text(label)}${detail === '' ? '' : ` (${text(detail)})`}: ${before ?? 'none'} → ${after ?? 'none'}${limit === null ? '' : ` of ${limit.amount}`} ${text(unit)}`,
    ),
  );
  return folded('In numbers', [...rows, ...summary.notes.map((note) => `- ${text(note)}`)]);
}

/** Open findings of one remediation; those that say the same of several resources in one row. */
export function findingsPart({ id, title, why, findings }: RemediationGroup, isWritten: boolean): Part {
  const rows = openStatuses.flatMap((status) => {
    const same = new Map<string, PlacedFinding[]>();
    // What is new comes before what the baseline has.
    const newFirst = [...findings[status]].sort((left, right) => Number(left.known) - Number(right.known));
    for (const finding of newFirst) {
      const said = [finding.because, ...(finding.context ? contextLines(finding.context) : [])].join('; ');
      const key = `${finding.known ? '(known) ' : ''}${changeOf(finding)}${text(said)}`;
      same.set(key, [...(same.get(key) ?? []), finding]);
    }
    return [...same].map(([what, found]) => {
      const shown = found.slice(0, mostPlaces).map(subject).join(', ');
      const more = found.length > mostPlaces ? ` and ${found.length - mostPlaces} more` : '';
      return `- **${nameOfStatus(status, isWritten)}** ${what}: ${shown}${more}`;
    });
  });
  const part = folded(code(id), rows);
  return {
    ...part,
    head: `<details><summary><b>${text(title)}</b></summary>\n\n${part.name}: ${text(why)}.\n\n`,
  };
}

function changeOf({ verdict, current, target }: PlacedFinding): string {
  return verdict === 'fixable' ? `${code(say(current))} → ${code(say(target))} ` : '';
}

const mostPlaces = 60;

function subject({ logicalId, template, line }: PlacedFinding): string {
  const name = logicalId === '' ? 'the whole template' : `**${text(logicalId)}**`;
  return `${name} ${code(`${template}:${line}`)}`;
}

/** What becomes of the findings of other tools, one rule and outcome a row. */
export function foreignPart({ foreignFindings }: PlanDocument): Part {
  const rows = (Object.keys(outcomeWords) as ForeignOutcome[]).flatMap((outcome) => {
    const byRule = new Map<string, string[]>();
    for (const { tool, rule, logicalId, said, outcome: own } of foreignFindings ?? []) {
      if (own !== outcome) continue;
      const name = `${text(tool)} ${code(rule)}`;
      byRule.set(name, [...(byRule.get(name) ?? []), text(logicalId ?? said)]);
    }
    return [...byRule].map(([name, subjects]) => {
      const shown = subjects.slice(0, mostPlaces).join(', ');
      const more = subjects.length > mostPlaces ? ` and ${subjects.length - mostPlaces} more` : '';
      return `- **${outcomeWords[outcome].summary}** ${name}: ${shown}${more}`;
    });
  });
  return folded('Findings of other tools', rows);
}

export function uncheckedPart({ coverage }: PlanDocument): Part {
  return folded('Not checked', [
    ...coverage.notEvaluated.map(
      ({ template, logicalId, because }) => `- ${code(template)} ${text(logicalId)}: ${text(because)}`,
    ),
    ...(coverage.code?.notes ?? []).map(({ file, because }) => `- ${code(file)}: ${text(because)}`),
  ]);
}

export function parametersPart({ stacks }: PlanDocument): Part {
  const values = stacks.flatMap(({ parameterValues }) => Object.entries(parameterValues));
  return folded(
    'Parameter values for the deployed stack',
    values.map(([name, value]) => `- ${code(`${name}=${value}`)}`),
  );
}

/** A diff is shown whole or not at all; credentials written out in the template are masked, since a comment is read by many. */
export function diffParts(files: readonly PatchedFile[]): readonly Part[] {
  return files
    .filter(({ changed }) => changed)
    .map(({ path, text: after, document }) => {
      const shown = (each: string) => withByteOrderMark(each, document.source);
      const diff = unifiedDiff(path, shown(maskDocument(document)), shown(maskSecrets(after)));
      return {
        name: `the diff of ${code(path)}`,
        head: `<details><summary>Diff of ${text(path)}</summary>\n\n${block('diff', diff)}\n\n</details>\n\n`,
        rows: [],
        foot: '',
      };
    });
}

/** A part of a comment. What does not fit loses rows from its end, or is left out and named. */
export interface Part {
  /** For saying that it is not all there; Markdown of at most 180 characters. */
  readonly name: string;
  readonly head: string;
  readonly rows: readonly string[];
  readonly foot: string;
}

/**
 * As many parts as fit, those that stand first before those that stand last, and at the end what is missing.
 * @param limit in UTF-16 units, of the whole
 */
export function fitted(parts: readonly Part[], limit: number): string {
  const shown: string[] = [];
  const missing: string[] = [];
  let left = limit - reserved;
  for (const part of parts) {
    const fitting = longestFitting(part, left);
    if (fitting === undefined) {
      missing.push(part.name);
      continue;
    }
    const { text, rows } = fitting;
    if (rows < part.rows.length)
      missing.push(`${part.rows.length - rows} of ${part.rows.length} in ${part.name}`);
    shown.push(text);
    left -= text.length;
  }
  return shown.join('') + leftOut(missing);
}

/** For saying what is missing. */
const reserved = 2_000;
const mostNamed = 8;

function leftOut(missing: readonly string[]): string {
  if (missing.length === 0) return '';
  const named = missing.slice(0, mostNamed);
  const more = missing.length > mostNamed ? [`${missing.length - mostNamed} more`] : [];
  return `\nLeft out for length: ${[...named, ...more].join(', ')}. \`--format html\` has everything.\n`;
}

function longestFitting(
  { head, rows, foot }: Part,
  room: number,
): { readonly text: string; readonly rows: number } | undefined {
  const whole = head + rows.join('') + foot;
  if (whole.length <= room) return { text: whole, rows: rows.length };
  let length = head.length + foot.length;
  let count = 0;
  for (const row of rows) {
    if (length + row.length > room) break;
    length += row.length;
    count++;
  }
  if (count === 0) return undefined;
  return { text: head + rows.slice(0, count).join('') + foot, rows: count };
}

/** What no text needs more of in a comment. */
const longestText = 400;
const longestCode = 160;

/** A value as plain text on one line: nothing in it formats, links, mentions or is HTML. */
export function text(value: string): string {
  return cell(cut(oneLine(value), longestText))
    .replaceAll(/[@#](?=\w)/g, (sign) => `${sign}${invisible}`)
    .replaceAll(/(?<=:)\/(?=\/)|(?<=www)\./gi, (sign) => `${invisible}${sign}`);
}

/** The same in full, with its addresses as they are, for a document of one's own: nothing in it formats or is HTML. */
export function cell(value: string): string {
  return oneLine(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~$]/g, (character) => `\\${character}`);
}

/** A value as code on one line, in a table or outside. */
export function code(value: string): string {
  const content = cut(oneLine(value), longestCode).replaceAll('|', '\\|');
  const longestRun = Math.max(0, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  // A blank keeps backticks at either end from running into the fence.
  const pad = longestRun > 0 || content === '' ? ' ' : '';
  return `${fence}${pad}${content}${pad}${fence}`;
}

/** A block of code with a fence that nothing in it can close. */
export function block(language: string, value: string): string {
  const content = visible(value).replace(/\n$/, '');
  const longestRun = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  return `${fence}${language}\n${content}\n${fence}`;
}

/** A value inside an HTML comment, from which it cannot get out. */
export function inComment(value: string): string {
  return encodeURIComponent(visible(value)).replaceAll('%2F', '/').replaceAll('-', '%2D');
}

/** Between a sign and a name, so that nobody is called and nothing is linked. */
const invisible = '\u200b';

function oneLine(value: string): string {
  return visible(value).replaceAll(/\s+/g, ' ').trim();
}

function cut(value: string, length: number): string {
  // Half of a character that takes two units is left out as well.
  return value.length > length ? `${value.slice(0, length - 1).replace(/\p{Cs}$/u, '')}…` : value;
}
