import { unifiedDiff } from '../../patch/diff.js';
import type { Deviation, Postponement } from '../../policy/policy.js';
import { z } from '../../remediation.js';
import { maskSecrets } from '../../report/mask.js';
import { paintDiffLine } from '../../report/paint.js';
import { count, hang, say as spell } from '../../report/words.js';
import {
  ask,
  type Change,
  check,
  choose,
  type Dialog,
  type Draft,
  type OpenFinding,
  type OpenGroup,
  openGroups,
  type Preview,
  say,
  type WizardContext,
  withSetting,
} from './context.js';

/** What has been chosen so far. */
interface Chosen {
  /** Keys of the changes to write. */
  readonly ticked: readonly string[];
  readonly exceptions: readonly Exception[];
}

interface Exception {
  readonly finding: OpenFinding;
  readonly acceptance: Acceptance;
}

/**
 * Which of the changes to write, and which risks are accepted. What is auto-fix is ticked from the start, what needs approval
 * is not, unless the policy has given it.
 */
export function* askChanges(draft: Draft, preview: Preview, context: WizardContext): Dialog<Draft> {
  const groups = openGroups(preview, context);
  if (groups.length === 0) {
    yield* say('Nothing is left to do.');
    return draft;
  }
  const isConsented = preview.policy.include.includes('review');
  const changes = changesOf(groups);
  const safe = changes.filter((change) => isConsented || !change.needsApproval);
  let chosen: Chosen = { ticked: keysOf(safe), exceptions: [] };
  for (;;) {
    const left = changes.filter(({ findings }) => !findings.every((each) => isExcepted(each, chosen)));
    yield* say(...chosenLines(left, chosen));
    const how = yield* choose('Which changes?', menu(left, chosen));
    if (how === 'go-on') return withChosen(draft, left, chosen, isConsented);
    if (how === 'all') chosen = { ...chosen, ticked: keysOf(left) };
    if (how === 'list') chosen = { ...chosen, ticked: yield* askTicks(left, chosen, context) };
    if (how === 'show') yield* showChange(left, context);
    if (how === 'except') chosen = yield* askExceptions(groups, chosen, preview, context);
  }
}

/** By patch, in the order of the groups. */
function changesOf(groups: readonly OpenGroup[]): readonly Change[] {
  return groups.flatMap(({ id, title, safe, review }) => {
    const byPatch = new Map<string, OpenFinding[]>();
    for (const finding of [...safe, ...review]) {
      const key = [
        finding.root,
        finding.fixedBy?.id,
        finding.fixedBy === undefined ? finding.logicalId : '',
      ].join(' ');
      const others = byPatch.get(key);
      if (others === undefined) byPatch.set(key, [finding]);
      else others.push(finding);
    }
    return [...byPatch].map(([key, findings]) => ({
      key: `${id} ${key}`,
      remediation: id,
      title,
      findings,
      needsApproval: findings.some(
        (finding) => review.includes(finding) || finding.fixedBy?.risk === 'review',
      ),
    }));
  });
}

function keysOf(changes: readonly Change[]): readonly string[] {
  return changes.map(({ key }) => key);
}

function isExcepted(finding: OpenFinding, { exceptions }: Chosen): boolean {
  return exceptions.some((each) => each.finding === finding);
}

function chosenLines(changes: readonly Change[], { ticked, exceptions }: Chosen): readonly string[] {
  const on = changes.filter(({ key }) => ticked.includes(key));
  const off = changes.filter(({ key }) => !ticked.includes(key));
  const approved = on.filter(({ needsApproval }) => needsApproval).length;
  const waiting = off.filter(({ needsApproval }) => needsApproval).length;
  const findings = (each: readonly Change[]) => each.reduce((total, one) => total + one.findings.length, 0);
  const parts = [
    `${count(on.length, 'change')} ticked, for ${count(findings(on), 'finding')}`,
    ...(approved > 0
      ? [`${approved} of them ${approved === 1 ? 'needs' : 'need'} approval, and get it`]
      : []),
    ...(off.length > 0
      ? [
          `${off.length} not ticked${waiting > 0 ? ` (${waiting} ${waiting === 1 ? 'needs' : 'need'} approval)` : ''}`,
        ]
      : []),
    ...(exceptions.length > 0 ? [`${count(exceptions.length, 'exception')}`] : []),
  ];
  return [parts.join(' · ')];
}

type MenuChoice = 'go-on' | 'all' | 'list' | 'show' | 'except';

function menu(changes: readonly Change[], { ticked }: Chosen) {
  const on = changes.filter(({ key }) => ticked.includes(key)).length;
  const options: { value: MenuChoice; label: string; detail?: string }[] = [
    {
      value: 'go-on',
      label:
        on === 0
          ? 'go on without a change'
          : `go on with ${on === changes.length ? 'all' : 'the'} ${on} ticked`,
      detail: 'nothing is written yet',
    },
  ];
  if (changes.length > 0) {
    options.push(
      { value: 'list', label: 'tick them in a list', detail: 'what needs approval is not ticked' },
      { value: 'show', label: 'look at a change', detail: 'its reason and its exact edits' },
    );
  }
  if (on < changes.length) {
    options.push({
      value: 'all',
      label: `tick all ${changes.length}, with approval`,
      detail: 'also in every later run (policy: include)',
    });
  }
  options.push({
    value: 'except',
    label: 'accept a risk',
    detail: 'an exception with a reason, an owner and a last day (policy: deviations)',
  });
  return options;
}

function* askTicks(
  changes: readonly Change[],
  { ticked }: Chosen,
  context: WizardContext,
): Dialog<readonly string[]> {
  return yield* check({
    message: 'Which changes should be written?',
    options: changes.map((change) => optionOf(change, context)),
    checked: ticked,
  });
}

function* showChange(changes: readonly Change[], context: WizardContext): Dialog<void> {
  const key = yield* choose(
    'Which change?',
    changes.map((change) => optionOf(change, context)),
  );
  const change = changes.find((each) => each.key === key);
  if (change !== undefined) yield* say(...changeLines(change, context));
}

function optionOf(change: Change, { columns }: WizardContext) {
  const [first] = change.findings;
  const { key, remediation, findings, needsApproval } = change;
  const paths = [...new Set(findings.map(({ path }) => path))];
  const where = paths.length === 1 ? paths[0] : count(paths.length, 'template');
  const what =
    findings.length > 1
      ? `${count(findings.length, 'finding')} in ${where}`
      : first === undefined
        ? ''
        : findingLabel(first);
  const label = `${remediation}  ${what}${needsApproval ? '  needs approval' : ''}`;
  const why = needsApproval ? (first?.fixedBy?.riskBecause ?? []).join('; ') : '';
  return {
    value: key,
    label: cutTo(label, columns - 8),
    detail: twoLines([first === undefined ? '' : whatChanges(first), why], columns),
  };
}

function cutTo(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** As much as fits below a list. */
function twoLines(texts: readonly string[], columns: number): string {
  const [first = '', second, ...rest] = hang(
    texts.filter((text) => text !== '').join('; '),
    0,
    0,
    columns - 1,
  );
  if (second === undefined) return first;
  return [first, rest.length === 0 ? second : `${cutTo(second, columns - 3)} …`].join('\n');
}

/** Any open finding can be accepted, whether something could be written for it or not. */
function* askExceptions(
  groups: readonly OpenGroup[],
  chosen: Chosen,
  { policy }: Preview,
  context: WizardContext,
): Dialog<Chosen> {
  const open = groups.flatMap(({ safe, review, person }) => [...safe, ...review, ...person]);
  const keyOf = (finding: OpenFinding) =>
    `${finding.root} ${finding.template} ${finding.remediation} ${finding.fingerprint}`;
  const values = yield* check({
    message: 'Which risks do you accept?',
    options: open.map((finding) => ({
      value: keyOf(finding),
      label: cutTo(`${finding.remediation}  ${findingLabel(finding)}`, context.columns - 8),
      detail: twoLines([finding.because], context.columns),
    })),
    checked: chosen.exceptions.map(({ finding }) => keyOf(finding)),
  });
  const kept = chosen.exceptions.filter(({ finding }) => values.includes(keyOf(finding)));
  const added = open.filter((finding) => values.includes(keyOf(finding)) && !isExcepted(finding, chosen));
  if (added.length === 0) return { ...chosen, exceptions: kept };
  const last = chosen.exceptions.at(-1)?.acceptance;
  const acceptance = yield* askAcceptance(context.today, policy.exceptions?.maximumDays ?? aYear, last);
  return { ...chosen, exceptions: [...kept, ...added.map((finding) => ({ finding, acceptance }))] };
}

/**
 * What was not ticked is left for later, and only what would be written otherwise has to be named: without approval, what needs
 * it is left anyway.
 */
function withChosen(draft: Draft, changes: readonly Change[], chosen: Chosen, isConsented: boolean): Draft {
  const isOn = ({ key }: Change) => chosen.ticked.includes(key);
  const hasConsent = isConsented || changes.some((change) => change.needsApproval && isOn(change));
  const left = changes.filter((change) => !isOn(change) && (hasConsent || !change.needsApproval));
  const postponed = left.flatMap(({ findings }) =>
    findings.filter((finding) => !isExcepted(finding, chosen)).map(postponementOf),
  );
  const decided = {
    ...draft,
    postponed: eachOnce(postponed),
    deviations: chosen.exceptions.map(({ finding, acceptance }) => ({
      ...subjectOf(finding),
      ...acceptance,
      ...(finding.logicalId !== '' && { fingerprint: finding.resourceFingerprint }),
    })),
  };
  return hasConsent && !isConsented ? withSetting(decided, ['include'], ['review']) : decided;
}

function postponementOf({ remediation, template, logicalId }: OpenFinding): Postponement {
  return { remediation, template, logicalId };
}

/** Two stacks may have a finding of the same name, and the policy says it once for both. */
function eachOnce(entries: readonly Postponement[]): readonly Postponement[] {
  const byText = new Map(entries.map((entry) => [JSON.stringify(entry), entry]));
  return [...byText.values()];
}

/** The longest time an exception lasts where the policy does not say. */
const aYear = 365;

type Acceptance = Pick<Deviation, 'reason' | 'owner' | 'date' | 'expires'>;

/**
 * Why a risk is accepted, by whom and until when.
 * @param last what was said before, of which owner and last day are likely the same
 */
function* askAcceptance(
  today: string,
  maximumDays: number,
  last: Acceptance | undefined,
): Dialog<Acceptance> {
  const latest = daysAfter(today, maximumDays);
  const reason = yield* ask({
    kind: 'text',
    message: 'Why is the risk accepted?',
    problemWith: problemOfReason,
  });
  const owner = yield* ask({
    kind: 'text',
    message: 'Who accepts it?',
    ...(last !== undefined && { preset: last.owner }),
    problemWith: (text) => (text.trim() === '' ? 'an owner is required' : undefined),
  });
  const expires = yield* ask({
    kind: 'text',
    message: `Until which day? (at most ${latest})`,
    preset: last?.expires ?? latest,
    problemWith: (text) => {
      const typed = text.trim();
      if (!z.iso.date().safeParse(typed).success) return 'a day is written YYYY-MM-DD';
      if (typed < today) return 'that day is over';
      return typed > latest
        ? `an exception lasts ${count(maximumDays, 'day')} at most (policy: exceptions.maximumDays)`
        : undefined;
    },
  });
  return { reason: reason.trim(), owner: owner.trim(), date: today, expires: expires.trim() };
}

/** A word alone tells the one who reads it in a year nothing. */
function problemOfReason(text: string): string | undefined {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  return words.length < 3 ? 'a reason is required: say in a few words why this is acceptable' : undefined;
}

/** @param day `YYYY-MM-DD` */
function daysAfter(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** A deviation from a whole template names no resource. */
function subjectOf(finding: OpenFinding): Pick<Deviation, 'remediation' | 'template' | 'logicalId'> {
  const { remediation, template, logicalId } = finding;
  return { remediation, template, ...(logicalId !== '' && { logicalId }) };
}

/** `TakeOrder  template.yaml:37` */
function findingLabel({ logicalId, path, line }: OpenFinding): string {
  return `${logicalId === '' ? 'the whole template' : logicalId}  ${path}:${line}`;
}

/** `30 → 365; it is kept too short`; a change of something else than one value has no arrow. */
function whatChanges({ current, target, because }: OpenFinding): string {
  const [before, after] = [spell(current), spell(target)];
  return before === after ? because : `${before} → ${after}; ${because}`;
}

/** One change: what it settles, why, what comes with it, and its edits, once for all findings. */
function changeLines({ remediation, title, findings }: Change, context: WizardContext): readonly string[] {
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
