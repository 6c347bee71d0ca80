import { viewResources } from '../analysis/view.js';
import type { Facts, ResourceView } from '../contract/facts.js';
import { type Judgment, unknown } from '../contract/remediation.js';
import { spentBecause } from '../expressions/conditions.js';
import type { Policy } from '../policy/policy.js';
import type { StackTree } from '../template/template.js';
import {
  fixGroup,
  type Lessons,
  noLessons,
  openAttempt,
  type Phase,
  type PlanAttempt,
  type Refusal,
  reopen,
} from './attempt.js';
import { reserveRoom } from './budget.js';
import { classed } from './change.js';
import { type Contradiction, contradictionsIn, returnedIn } from './contradictions.js';
import { withExceptions } from './exceptions.js';
import { gatherFacts } from './facts.js';
import { type Fixable, isFixable, type Judged, keyOf, type Unit } from './finding.js';
import { isReview } from './patches.js';

export interface FixpointOptions {
  /** `YYYY-MM-DD` */
  readonly today: string;
}

/** More rounds than this are no plan; a fix asks for another one two or three times at most. */
const mostRounds = 20;

/**
 * Judges, fixes and judges again until nothing is left to fix: first what is safe, then what needs approval. A fix that
 * the templates speak against afterwards is taken back by trying anew, so that nothing of it stays behind: later, then
 * last of all, then not at all.
 */
export function planToFixpoint(
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: FixpointOptions,
  lessons: Lessons,
): PlanAttempt {
  for (;;) {
    const { attempt, contradictions } = tryPlan(original, policy, units, options, lessons, [
      'safe',
      'review',
    ]);
    if (contradictions.length === 0) return attempt;
    const hopeless = hopelessOf(contradictions, original, policy, units, options);
    for (const { fix, because } of hopeless) lessons.withdrawn.set(fix, because);
    if (hopeless.length > 0) continue;
    learn(lessons, contradictions, attempt);
  }
}

/** Fixes that do not do what they are for even by themselves: to make them later would not help. */
function hopelessOf(
  contradictions: readonly Contradiction[],
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: FixpointOptions,
): readonly Contradiction[] {
  const fixes = new Set(contradictions.map(({ fix }) => fix));
  const attempt = openAttempt(original, noLessons());
  const findings = judgeWithExceptions(original, original, policy, units, options)
    .filter(isFixable)
    .filter(({ key }) => fixes.has(key));
  const concerned = units.filter(({ remediation }) =>
    findings.some((finding) => finding.remediation === remediation),
  );
  const facts = gatherFacts(original, policy);
  for (const { remediation } of concerned) {
    const group = findings.filter((finding) => finding.remediation === remediation);
    fixGroup(group, 'review', policy, facts, attempt, new Map());
  }
  const judged = judgeWithExceptions(reopen(attempt), original, policy, concerned, options);
  return contradictionsIn(judged, attempt, original);
}

/**
 * The next attempt is another one: each fix that is spoken against moves on by one step. A safe one that the phase of
 * approval speaks against moves on by two, since to be the last of the safe phase would not do.
 * @param attempt what ended in contradictions; left out where they have come up afterwards
 */
export function learn(
  { withdrawn, late }: Lessons,
  contradictions: readonly Contradiction[],
  attempt?: Pick<PlanAttempt, 'accepted' | 'phase'>,
): void {
  for (const { fix, because } of new Map(contradictions.map((each) => [each.fix, each])).values()) {
    const level = late.get(fix);
    const patch = attempt?.phase === 'review' ? attempt.accepted.get(fix)?.patch : undefined;
    const isPast = patch !== undefined && !isReview(patch);
    if (level === 2) withdrawn.set(fix, because);
    else late.set(fix, level === 1 || isPast ? 2 : 1);
  }
}

/** One attempt, as far as it goes without a contradiction. */
export function tryPlan(
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: FixpointOptions,
  lessons: Lessons,
  phases: readonly Phase[],
): { readonly attempt: PlanAttempt; readonly contradictions: readonly Contradiction[] } {
  const attempt = openAttempt(original, lessons);
  for (const phase of phases) {
    attempt.phase = phase;
    const contradictions = runPhase(phase, original, policy, units, options, attempt);
    if (contradictions.length > 0) return { attempt, contradictions };
  }
  return { attempt, contradictions: [] };
}

/**
 * Every finding about a tree, with what the policy and the template say of it.
 * @param only their keys; all when left out
 */
export function judgeWithExceptions(
  tree: StackTree,
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  { today }: FixpointOptions,
  only?: ReadonlySet<string>,
): readonly Judged[] {
  return judgeTree(tree, units, gatherFacts(tree, policy), only).map((finding) => {
    const known = excused.get(finding);
    if (known?.original === original && known.today === today) return known.judged;
    const judged = withExceptions(finding, policy, { original, today });
    excused.set(finding, { original, today, judged });
    return judged;
  });
}

interface Excused {
  readonly original: StackTree;
  readonly today: string;
  readonly judged: Judged;
}

/** A finding about a tree under a policy is one of its own, and comes up again as the tree does. */
const excused = new WeakMap<Judged, Excused>();

function runPhase(
  phase: Phase,
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: FixpointOptions,
  attempt: PlanAttempt,
): readonly Contradiction[] {
  // What cannot be done in this phase; the next one may bring what is missing.
  const stuck = new Set<string>();
  const dueOf = (judged: readonly Judged[]): Due => {
    const open = judged
      .filter(isFixable)
      .filter(({ key }) => !attempt.lessons.withdrawn.has(key) && !stuck.has(key));
    // What only comes up once something that needs approval is there belongs to it.
    const isNow = (finding: Fixable) =>
      phase === 'review' ||
      (attempt.lessons.late.get(finding.key) !== 2 && phaseOf(finding, open, policy, attempt) === 'safe');
    return { open, now: open.filter(isNow) };
  };
  let waiting: readonly Fixable[] = [];
  for (let round = 0; round < mostRounds; round++) {
    let due = dueOf(judgeAgain(waiting, attempt, original, policy, units, options));
    // What comes after the others sees all that is open, and so does the end.
    if (!due.now.some((finding) => isEarly(finding, attempt.lessons.late))) {
      const judged = judgeWithExceptions(attempt.tree, original, policy, units, options);
      remember(attempt, judged);
      attempt.patchedJudged = new Map(judged.map((finding) => [finding.key, finding]));
      const returned = returnedIn(judged, attempt);
      if (returned.length > 0) return returned;
      due = dueOf(judged);
      if (due.now.length === 0) return contradictionsIn(judged, attempt, original);
    }
    const before = attempt.accepted.size;
    const refused = fixRound(due.now, phase, original, policy, units, attempt);
    for (const [key, refusal] of refused) attempt.refused.set(key, refusal);
    if (attempt.accepted.size > before) attempt.tree = reopen(attempt);
    else for (const key of refused.keys()) stuck.add(key);
    waiting = due.open.filter(
      ({ key, remediation }) =>
        !remediation.comesAfterOthers &&
        !attempt.accepted.has(key) &&
        !stuck.has(key) &&
        refused.get(key)?.needsApproval !== true,
    );
  }
  throw new Error(`nothing has settled after ${mostRounds} rounds`);
}

/** What can be fixed, and what of it in this phase. */
interface Due {
  readonly open: readonly Fixable[];
  readonly now: readonly Fixable[];
}

/** Between two judgings of everything, what is still open is all that a round can go on with. */
function judgeAgain(
  waiting: readonly Fixable[],
  attempt: PlanAttempt,
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: FixpointOptions,
): readonly Judged[] {
  if (waiting.length === 0) return [];
  const keys = new Set(waiting.map(({ key }) => key));
  const judged = judgeWithExceptions(attempt.tree, original, policy, units, options, keys);
  remember(attempt, judged);
  return judged;
}

/** @returns what is not fixed in this round, by its key */
function fixRound(
  now: readonly Fixable[],
  phase: Phase,
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  attempt: PlanAttempt,
): ReadonlyMap<string, Refusal> {
  const first = firstOf(now, attempt.lessons.late);
  const refused = new Map<string, Refusal>();
  for (const [key, because] of reserveRoom(first, original, policy, attempt)) refused.set(key, { because });
  const facts = gatherFacts(attempt.tree, policy);
  for (const { remediation } of units) {
    const group = first.filter((finding) => finding.remediation === remediation && !refused.has(finding.key));
    fixGroup(group, phase, policy, facts, attempt, refused);
  }
  return refused;
}

/** Neither made late nor by what the others bring. */
function isEarly({ key, remediation }: Fixable, late: Lessons['late']): boolean {
  return !late.has(key) && !remediation.comesAfterOthers;
}

/** Remediations that go by what the others bring wait until those have brought it. */
function firstOf(findings: readonly Fixable[], late: Lessons['late']): readonly Fixable[] {
  const inTime = findings.filter(({ key }) => !late.has(key));
  const early = findings.filter((finding) => isEarly(finding, late));
  // All that is written for a resource comes together, so that what one fix adds is complete.
  const following = new Set(early.filter(({ verdict }) => verdict.followsOthers === true).map(resourceOf));
  const leading = early.filter((finding) => !following.has(resourceOf(finding)));
  const notLast = findings.filter(({ key }) => late.get(key) !== 2);
  return [leading, early, inTime, notLast, findings].find((each) => each.length > 0) ?? findings;
}

function resourceOf({ stack, logicalId }: Fixable): string {
  return `${stack.template.path} ${logicalId}`;
}

/** Later judgments have what is written; why it is, is what the templates as read say where they say it. */
function remember(attempt: PlanAttempt, judged: readonly Judged[]): void {
  const known = new Map(attempt.judged);
  for (const finding of judged) {
    const first = known.get(finding.key);
    if (first === undefined) known.set(finding.key, finding);
    else if (isFixable(finding)) known.set(finding.key, asRead(finding, first));
  }
  attempt.judged = known;
}

function asRead(finding: Fixable, first: Judged): Judged {
  const { evidence, current, verdict } = first;
  if (verdict.verdict !== 'fixable') return { ...finding, evidence };
  return { ...finding, evidence, current, verdict: { ...finding.verdict, because: verdict.because } };
}

/** What is safe by itself needs approval all the same when the patch adds more to the bill than the policy lets pass. */
function phaseOf(
  finding: Fixable,
  open: readonly Fixable[],
  policy: Policy,
  { costly, accepted }: PlanAttempt,
): Phase {
  const { remediation, stack, verdict } = finding;
  if (verdict.risk === 'review') return 'review';
  // What costs nothing is not what makes the rest dear.
  if (costOf(finding) === 0) return 'safe';
  const { path } = stack.template;
  const group = `${remediation.id}@${path}`;
  if (costly.has(group)) return 'review';
  const made = [...accepted.values()].map((fix) => fix.finding);
  const monthlyUsd = [...made, ...open]
    .filter((each) => each.remediation === remediation && each.stack.template.path === path)
    .reduce((sum, each) => sum + costOf(each), 0);
  const limit = policy.costs.safeUpToUsdPerMonth;
  if (monthlyUsd <= limit) return 'safe';
  costly.set(
    group,
    `it costs about ${monthlyUsd.toFixed(2)} USD a month, more than the ${limit.toFixed(2)} the policy lets pass (costs.safeUpToUsdPerMonth)`,
  );
  return 'review';
}

/** In US dollars a month, with what comes along; what nobody can tell is not counted. */
function costOf({ verdict: { cost, companions = [] } }: Fixable): number {
  const brought = companions.map((companion) => (companion.kind === 'resource' ? companion.cost : undefined));
  return [cost, ...brought].reduce((sum, each) => sum + (each?.monthlyUsd ?? 0), 0);
}

/** What has been said under the facts of a tree, by what was asked about. */
type Said = Map<ResourceView | StackTree, readonly Judged[]>;

const known = new WeakMap<Facts, WeakMap<Unit, Said>>();

/**
 * Asks every remediation about everything it applies to: by remediation, then in the order of the tree. Judging is pure,
 * so what comes up again of a tree (in the next phase, or in another attempt) is not judged again.
 * @param only keys of findings; all when left out
 */
export function judgeTree(
  tree: StackTree,
  units: readonly Unit[],
  facts: Facts,
  only?: ReadonlySet<string>,
): readonly Judged[] {
  const byUnit = known.get(facts) ?? new WeakMap<Unit, Said>();
  known.set(facts, byUnit);
  return units.flatMap((unit) => {
    if (only !== undefined && ![...only].some((key) => key.startsWith(`${unit.remediation.id} `))) return [];
    const said: Said = byUnit.get(unit) ?? new Map();
    byUnit.set(unit, said);
    return judgments(tree, unit, facts, said, only);
  });
}

function judgments(
  tree: StackTree,
  unit: Unit,
  facts: Facts,
  said: Said,
  only: ReadonlySet<string> | undefined,
): readonly Judged[] {
  const { remediation, target } = unit;
  const ask = (about: ResourceView | StackTree, judge: () => readonly Judgment[]): readonly Judged[] => {
    const findings = said.get(about) ?? judge().map((judgment) => judged(unit, classed(judgment)));
    said.set(about, findings);
    return findings;
  };
  if (remediation.kind === 'tree' || remediation.undecided?.(target) !== undefined) {
    const findings = ask(tree, () => ofTree(tree, unit, facts));
    return only === undefined ? findings : findings.filter(({ key }) => only.has(key));
  }
  return viewResources(tree, remediation.appliesTo).flatMap((view) => {
    const { stack, logicalId } = view;
    if (only?.has(keyOf(remediation.id, stack.template.path, logicalId)) === false) return [];
    return ask(view, () => [
      { ...unlessSpent(tree, remediation.judge(view, target, facts)), stack, logicalId },
    ]);
  });
}

function ofTree(tree: StackTree, { remediation, target }: Unit, facts: Facts): readonly Judgment[] {
  const open = remediation.undecided?.(target);
  if (open !== undefined) {
    const decidedBy = (remediation.questions ?? []).flatMap(({ path: [field] }) => field ?? []);
    return [{ stack: tree.root, logicalId: null, verdict: { verdict: 'manual', because: open, decidedBy } }];
  }
  if (remediation.kind !== 'tree') return [];
  return remediation.judge(tree, target, facts).map((each) => ({ ...each, ...unlessSpent(tree, each) }));
}

/** What is said past the budget is a guess: nothing is fixed for it, and nothing counts as compliant. */
function unlessSpent<Said extends Omit<Judgment, 'stack' | 'logicalId'>>(tree: StackTree, said: Said) {
  const because = spentBecause(tree.root);
  return because === undefined ? said : { verdict: unknown(because) };
}

function judged({ remediation }: Unit, judgment: Judgment): Judged {
  const { stack, logicalId, verdict, current = null, target = null, severity, lacks = [] } = judgment;
  const { priority = 0, basis = 'stated', concerns } = judgment;
  const key = keyOf(remediation.id, stack.template.path, logicalId);
  return {
    key,
    remediation,
    stack,
    logicalId,
    verdict,
    current,
    target,
    priority,
    basis,
    suppressions: [],
    evidence: { current, lacks },
    concerns,
    severity,
    expiredDeviation: null,
  };
}
