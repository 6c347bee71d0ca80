import type { Policy } from '../policy/policy.js';
import { limitProblems } from '../template/limits.js';
import type { StackTree } from '../template/template.js';
import { type Attempt, openAttempt, reopen } from './attempt.js';
import { excuse } from './excuse.js';
import { gatherFacts } from './facts.js';
import { type Fixable, isFixable, type Judged, type Unit } from './finding.js';
import { fixGroup } from './fix-group.js';
import { judgeTree } from './judge.js';

export interface RoundsOptions {
  /** `YYYY-MM-DD` */
  readonly today: string;
}

/** More rounds than this are no plan; a fix asks for another one two or three times at most. */
const mostRounds = 12;

/**
 * Judges, fixes and judges again until nothing is left to fix: first what is safe, then what needs consent. A fix that
 * turns out not to last is taken back by trying anew, so that nothing of it stays behind: with that fix as the last one of
 * all, and if that does not last either, without it.
 */
export function planRounds(
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: RoundsOptions,
  rejected: Map<string, string>,
): Attempt {
  const late = new Set<string>();
  for (;;) {
    const attempt = openAttempt(original, rejected, late);
    const known = rejected.size + late.size;
    const isComplete =
      runPhase('safe', original, policy, units, options, attempt) &&
      runPhase('review', original, policy, units, options, attempt);
    if (isComplete) return attempt;
    if (rejected.size + late.size === known) throw new Error('planning came to no end');
  }
}

/** @returns whether the attempt stands; if not, `rejected` or `late` has grown */
function runPhase(
  phase: 'safe' | 'review',
  original: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: RoundsOptions,
  attempt: Attempt,
): boolean {
  // What cannot be done in this phase; the next one may bring what is missing.
  const stuck = new Map<string, string>();
  for (let round = 0; round < mostRounds; round++) {
    const facts = gatherFacts(attempt.tree, policy);
    const judged = judgeTree(attempt.tree, units, facts).map((each) =>
      excuse(each, policy, { original, today: options.today }),
    );
    remember(attempt, judged);
    const open = judged.filter(isFixable).filter(({ key }) => !attempt.rejected.has(key) && !stuck.has(key));
    const returned = open.filter(({ key }) => attempt.accepted.has(key));
    for (const { key, verdict } of returned) {
      if (attempt.late.has(key)) attempt.rejected.set(key, `its fix does not last: ${verdict.because}`);
      else attempt.late.add(key);
    }
    if (returned.length > 0) return false;
    // What only comes up once something that needs consent is there belongs to it.
    const now =
      phase === 'review'
        ? open
        : open.filter(
            (finding) => !attempt.late.has(finding.key) && phaseOf(finding, open, policy, attempt) === 'safe',
          );
    if (now.length === 0) {
      if (phase === 'review') for (const [key, because] of stuck) attempt.rejected.set(key, because);
      return true;
    }
    const before = attempt.accepted.size;
    const deferred = new Map<string, string>();
    for (const { remediation } of units) {
      const group = firstOf(now, attempt.late).filter((finding) => finding.remediation === remediation);
      if (group.length > 0) fixGroup(group, phase, policy, facts, attempt, deferred);
    }
    if (attempt.accepted.size === before) {
      for (const [key, because] of deferred) stuck.set(key, because);
    }
    attempt.tree = reopen(original, attempt.ledger);
    if (!staysWithinLimits(original, attempt)) return false;
  }
  throw new Error(`nothing has settled after ${mostRounds} rounds`);
}

/** Remediations that go by what the others bring wait until those have brought it. */
function firstOf(findings: readonly Fixable[], late: ReadonlySet<string>): readonly Fixable[] {
  const inTime = findings.filter(({ key }) => !late.has(key));
  const early = inTime.filter(({ remediation }) => !remediation.comesAfterOthers);
  return [early, inTime, findings].find((each) => each.length > 0) ?? findings;
}

/** Later judgements count where a finding became fixable only because of another fix. */
function remember(attempt: Attempt, judged: readonly Judged[]): void {
  const known = new Map(attempt.judged);
  for (const finding of judged) {
    const first = known.get(finding.key);
    if (first === undefined) known.set(finding.key, finding);
    else if (isFixable(finding)) known.set(finding.key, { ...finding, evidence: first.evidence });
  }
  attempt.judged = known;
}

/** What is safe by itself needs consent all the same when the patch adds more to the bill than the policy lets pass. */
function phaseOf(
  finding: Fixable,
  open: readonly Fixable[],
  policy: Policy,
  { costly }: Attempt,
): 'safe' | 'review' {
  const { remediation, stack, verdict } = finding;
  if (verdict.risk === 'review') return 'review';
  // What costs nothing is not what makes the rest dear.
  if ((verdict.cost?.monthlyUsd ?? 0) === 0) return 'safe';
  const group = `${remediation.id}@${stack.template.path}`;
  if (costly.has(group)) return 'review';
  const monthlyUsd = open
    .filter((each) => each.remediation === remediation && each.stack === stack)
    .reduce((sum, each) => sum + (each.verdict.cost?.monthlyUsd ?? 0), 0);
  const limit = policy.costs.safeUpToUsdPerMonth;
  if (monthlyUsd <= limit) return 'safe';
  costly.set(
    group,
    `it costs about ${monthlyUsd.toFixed(2)} USD a month, more than the ${limit.toFixed(2)} the policy lets pass (costs.safeUpToUsdPerMonth)`,
  );
  return 'review';
}

/** Fixes that would make a template too large to deploy are not made. */
function staysWithinLimits(original: StackTree, attempt: Attempt): boolean {
  let isWithin = true;
  for (const { template } of attempt.tree.stacks) {
    const before = original.stacks.find((stack) => stack.template.path === template.path);
    const known = new Set(before === undefined ? [] : limitProblems(before.template));
    const [problem] = limitProblems(template).filter((each) => !known.has(each));
    if (problem === undefined) continue;
    const last = [...attempt.accepted.values()].findLast(
      ({ finding, addsResources }) => addsResources && finding.stack.template.path === template.path,
    );
    if (last === undefined) throw new Error(problem);
    attempt.rejected.set(last.finding.key, problem);
    isWithin = false;
  }
  return isWithin;
}
