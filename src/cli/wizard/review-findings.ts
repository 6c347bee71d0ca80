import { unifiedDiff } from '../../patch/diff.js';
import type { Deviation, Postponement } from '../../policy/policy.js';
import { z } from '../../remediation.js';
import { paintDiffLine } from '../../report/paint.js';
import { count, hang, say as spell } from '../../report/words.js';
import { type OpenFinding, type OpenGroup, openGroups, type WizardContext } from './context.js';
import { ask, choose, type Dialog, type Preview, say } from './dialog.js';

/** What was decided about findings on the way. What is in neither list is accepted, or stays with a person. */
interface Walked {
  readonly postponed: readonly Postponement[];
  readonly deviations: readonly Deviation[];
  /** At least one change that needs approval was accepted. */
  readonly hasConsent: boolean;
}

/** `pass`: what needs approval, where only what is safe was accepted. */
type Decision = 'accept' | 'pass' | 'later' | 'deviate';

/** Decisions by finding, as they are made. */
interface Log {
  readonly decided: Map<OpenFinding, Decision>;
  readonly acceptances: Map<OpenFinding, Acceptance>;
  lastAcceptance: Acceptance | undefined;
}

/**
 * Goes through the findings, remediation by remediation; each can be settled as a whole.
 * @param isConsented the policy has what needs approval written already
 */
export function* reviewFindings(
  groups: readonly OpenGroup[],
  isConsented: boolean,
  context: WizardContext,
): Dialog<Walked> {
  const log: Log = { decided: new Map(), acceptances: new Map(), lastAcceptance: undefined };
  const hasFixes = ({ safe, review }: OpenGroup) => safe.length + review.length > 0;
  yield* walkGroups(groups.filter(hasFixes), log, context);
  const others = groups.filter((group) => !hasFixes(group));
  if (others.length > 0 && (yield* wantsOthers(others))) yield* walkGroups(others, log, context);
  return outcome(groups, isConsented, log);
}

/** Nothing can be written for these, but a risk can be accepted. */
function* wantsOthers(groups: readonly OpenGroup[]): Dialog<boolean> {
  const answer = yield* choose(`Look at ${count(groups.length, 'remediation')} with nothing to write, too?`, [
    { value: 'no', label: 'no, leave the findings open' },
    { value: 'yes', label: 'yes, I may accept a risk' },
  ]);
  return answer === 'yes';
}

function* walkGroups(groups: readonly OpenGroup[], log: Log, context: WizardContext): Dialog<void> {
  for (const [index, group] of groups.entries()) {
    yield* say(...groupLines(group, `${index + 1} of ${groups.length}`, context));
    const how = yield* choose('What about it?', groupOptions(group));
    if (how === 'rest') return;
    if (how !== 'each') yield* decideAll(how, group, log, context);
    else if ((yield* walkGroup(group, log, context)) === 'rest') return;
  }
}

const restLabel = 'take what is safe from here on, and go on';

type GroupChoice = 'accept' | 'accept-all' | 'each' | 'later' | 'deviate' | 'rest';

function groupOptions({ safe, review, person }: OpenGroup) {
  const fixes = safe.length + review.length;
  const options: { value: GroupChoice; label: string; detail?: string }[] = [];
  if (fixes === 0) options.push({ value: 'accept', label: 'leave it open' });
  else if (safe.length > 0) {
    const which = review.length > 0 ? `the ${safe.length} that are safe` : count(fixes, 'change');
    options.push({ value: 'accept', label: `accept ${which}` });
  }
  if (review.length > 0) {
    options.push({ value: 'accept-all', label: `accept ${count(fixes, 'change')}, with approval` });
  }
  const total = fixes + person.length;
  // Of a single finding without an edit the heading has told everything.
  if (fixes > 0 || total > 1)
    options.push({ value: 'each', label: total === 1 ? 'look at it' : 'look at each one' });
  if (fixes > 0) {
    options.push({
      value: 'later',
      label: 'leave for later',
      detail: 'nothing is written, and it stays open (policy: postponed)',
    });
  }
  options.push(
    {
      value: 'deviate',
      label: 'accept the risk',
      detail: 'with a reason, an owner and a last day (policy: deviations)',
    },
    { value: 'rest', label: restLabel },
  );
  return options;
}

function* decideAll(
  how: Exclude<GroupChoice, 'each' | 'rest'>,
  { safe, review, person }: OpenGroup,
  log: Log,
  { today }: WizardContext,
): Dialog<void> {
  const settle = (findings: readonly OpenFinding[], decision: Decision) => {
    for (const finding of findings) log.decided.set(finding, decision);
  };
  if (how === 'accept' || how === 'accept-all') settle(safe, 'accept');
  if (how === 'accept') settle(review, 'pass');
  if (how === 'accept-all') settle(review, 'accept');
  if (how === 'later') settle([...safe, ...review], 'later');
  if (how !== 'deviate') return;
  const acceptance: Acceptance = yield* askAcceptance(today, log.lastAcceptance);
  log.lastAcceptance = acceptance;
  for (const finding of [...safe, ...review, ...person]) {
    log.decided.set(finding, 'deviate');
    log.acceptances.set(finding, acceptance);
  }
}

function* walkGroup(group: OpenGroup, log: Log, context: WizardContext): Dialog<'done' | 'rest'> {
  const findings = [...group.safe, ...group.review, ...group.person];
  for (const [index, finding] of findings.entries()) {
    yield* say(...findingLines(finding, `${index + 1} of ${findings.length}`, context));
    const isFix = finding.verdict === 'fixable';
    const how = yield* choose<Exclude<Decision, 'pass'> | 'group' | 'rest'>(
      isFix ? 'Write it?' : 'What about it?',
      [
        { value: 'accept', label: isFix ? 'yes' : 'leave it open' },
        ...(isFix
          ? [
              {
                value: 'later' as const,
                label: 'skip: leave it for later',
                detail: 'it stays open (policy: postponed)',
              },
            ]
          : []),
        {
          value: 'deviate',
          label: 'accept the risk',
          detail: 'with a reason, an owner and a last day (policy: deviations)',
        },
        ...(index < findings.length - 1
          ? [{ value: 'group' as const, label: 'take what is safe in the rest of this remediation' }]
          : []),
        { value: 'rest', label: restLabel },
      ],
    );
    if (how === 'rest') return 'rest';
    if (how === 'group') return 'done';
    log.decided.set(finding, how);
    if (how !== 'deviate') continue;
    const acceptance: Acceptance = yield* askAcceptance(context.today, log.lastAcceptance);
    log.lastAcceptance = acceptance;
    log.acceptances.set(finding, acceptance);
  }
  return 'done';
}

function groupLines(
  { title, why, guideRisk, patches, person }: OpenGroup,
  position: string,
  { brush, columns }: WizardContext,
): readonly string[] {
  const detail = (label: string, texts: readonly string[]) =>
    [...new Set(texts)].slice(0, mostDetails).flatMap((text) => hang(`${label}: ${text}`, 2, 4, columns));
  return [
    '',
    brush.dim('─'.repeat(Math.min(columns, 80) - 1)),
    ...hang(`${position} · ${title} (${guideRisk} risk)`, 0, 2, columns).map(brush.bold),
    ...hang(`Why: ${why}`, 2, 4, columns).map(brush.dim),
    ...detail(
      'needs approval',
      patches.flatMap(({ riskBecause }) => riskBecause),
    ).map(brush.yellow),
    ...detail(
      'first',
      patches.flatMap(({ prerequisites }) => prerequisites.map(({ what }) => what)),
    ),
    ...detail(
      'manual',
      person.map(({ template, line, logicalId, because }) =>
        [`${template}:${line}`, ...(logicalId === '' ? [] : [logicalId]), because].join(' '),
      ),
    ),
    ...detail(
      'afterwards',
      patches.flatMap(({ leaves }) => leaves),
    ),
  ];
}

/** Of one kind; the report has all. */
const mostDetails = 3;

/** Nobody has consented to what was passed over, so it waits where anything that needs approval is written. */
function outcome(groups: readonly OpenGroup[], isConsented: boolean, { decided, acceptances }: Log): Walked {
  const hasConsent = groups.some(({ review }) => review.some((finding) => decided.get(finding) === 'accept'));
  const waits = (finding: OpenFinding) => {
    const decision = decided.get(finding);
    if (decision === 'pass') return isConsented || hasConsent;
    return (
      decision === 'later' || (decision === undefined && hasConsent && !isConsented && needsConsent(finding))
    );
  };
  return {
    hasConsent,
    postponed: groups.flatMap(({ safe, review }) => [...safe, ...review].filter(waits).map(idOf)),
    deviations: [...acceptances].map(([finding, acceptance]) => ({ ...subjectOf(finding), ...acceptance })),
  };
}

function needsConsent({ fixedBy }: OpenFinding): boolean {
  return fixedBy?.risk === 'review';
}

/** A deviation from a whole template names no resource. */
function subjectOf(finding: OpenFinding): Pick<Deviation, 'remediation' | 'template' | 'logicalId'> {
  const { logicalId, ...rest } = idOf(finding);
  return logicalId === '' ? rest : { ...rest, logicalId };
}

function idOf({ remediation, template, logicalId }: OpenFinding) {
  return { remediation, template, logicalId };
}

/** As many lines of a diff as leave room for the question on a usual terminal. */
const longestDiff = 30;

/** One finding with the edit that is made for it. */
function findingLines(finding: OpenFinding, position: string, context: WizardContext): readonly string[] {
  const { brush, columns } = context;
  const { template, line, logicalId, verdict, because, current, target, fixedBy } = finding;
  const subject = logicalId === '' ? 'the whole template' : logicalId;
  const change = verdict === 'fixable' ? `${spell(current)} → ${spell(target)}; ` : '';
  return [
    '',
    `${brush.dim(position)} ${brush.bold(subject)} ${brush.dim(`${template}:${line}`)}`,
    ...hang(`${change}${because}`, 2, 2, columns),
    ...(fixedBy?.risk === 'review' ? fixedBy.riskBecause : []).flatMap((reason) =>
      hang(`needs approval: ${reason}`, 2, 4, columns).map(brush.yellow),
    ),
    ...diffLines(finding, context),
  ];
}

function diffLines(finding: OpenFinding, { brush, columns }: WizardContext): readonly string[] {
  const edits = finding.edits();
  const lines = edits.flatMap(({ path, before, after }) => {
    const [, , ...body] = unifiedDiff(path, before, after).trimEnd().split('\n');
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
  return [
    ...lines,
    brush.dim('auto-fix: safe to write · approval: written if you agree · input: not by a patch'),
  ];
}

/** `186 changes are ready, 35 more need your consent, 48 findings are for a person.` */
export function totalLine(groups: readonly OpenGroup[]): string {
  const { safe, review, person } = totalsOf(groups);
  const parts = [`${count(safe, 'change is', 'changes are')} ready`];
  if (review > 0) parts.push(`${review} more ${review === 1 ? 'needs' : 'need'} your approval`);
  if (person > 0) parts.push(`${count(person, 'finding needs', 'findings need')} input or manual work`);
  return `${parts.join(', ')}.`;
}

export function totalsOf(groups: readonly OpenGroup[]) {
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

type Acceptance = Pick<Deviation, 'reason' | 'owner' | 'date' | 'expires'>;

/**
 * Why a risk is accepted, by whom and until when.
 * @param last what was said before, of which owner and last day are likely the same
 */
function* askAcceptance(today: string, last: Acceptance | undefined): Dialog<Acceptance> {
  const reason = yield* ask({ kind: 'text', message: 'Why is the risk accepted?', problemWith: needed });
  const owner = yield* ask({
    kind: 'text',
    message: 'Who accepts it?',
    ...(last !== undefined && { preset: last.owner }),
    problemWith: needed,
  });
  const expires = yield* ask({
    kind: 'text',
    message: 'Until which day does it count?',
    preset: last?.expires ?? aYearAfter(today),
    problemWith: (text) => {
      if (!z.iso.date().safeParse(text.trim()).success) return 'a day is written YYYY-MM-DD';
      return text.trim() < today ? 'that day is over' : undefined;
    },
  });
  return { reason: reason.trim(), owner: owner.trim(), date: today, expires: expires.trim() };
}

function needed(text: string): string | undefined {
  return text.trim() === '' ? 'a reason is required' : undefined;
}

function aYearAfter(day: string): string {
  const [year = '', ...rest] = day.split('-');
  return `${Number(year) + 1}-${rest.join('-').replace('02-29', '02-28')}`;
}
