import type { Facts, FunctionClass, ResourceView, Verdict } from '../../src/remediation.js';
import { largestAt } from '../kit/values.js';
import { allot, availableFor, type Claim } from './budget.js';
import { membersOf } from './members.js';
import { type ConcurrencyTarget, type Range, rangeOf } from './range.js';

/** A function that asks for a reservation. */
export interface Candidate extends Claim {
  readonly view: ResourceView;
  readonly found: FunctionClass;
  readonly range: Range;
  /** Numbers that stay where they stand: in range, or somebody's to change. */
  readonly kept: readonly number[];
  /** The largest of the numbers that do not stay; 0 where there is none. */
  readonly before: number;
  readonly because: string;
}

/** Who gets what of the budget. */
export interface Shared {
  /** By function: what can be said without the budget, or what is asked of it. */
  readonly settled: readonly (Verdict | Candidate)[];
  readonly granted: ReadonlyMap<Candidate, number>;
  /** What all together would take at least. */
  readonly wanted: number;
  /** What there was to give. */
  readonly available: number;
  /** What had to be left. */
  readonly unreserved: number;
  /** Functions that ask, all of them. */
  readonly asking: number;
  /** Why giving out what there is needs approval; `undefined` where it reaches for all. */
  readonly consent?: string;
}

/**
 * The budget is enough when every function that runs in the account's concurrency has the minimum of its type, in every
 * combination that can be deployed: reserved, or unreserved on top of what Lambda insists on. Where it is not, a function
 * that is left out runs on less than before, next to everything else in the account; so it is all of them or none, unless
 * the policy says how to share, and then with approval.
 */
export function share(
  views: readonly ResourceView[],
  settled: readonly (Verdict | Candidate)[],
  target: ConcurrencyTarget,
  facts: Facts,
): Shared {
  const candidates = inOrder(
    settled.filter((each): each is Candidate => 'member' in each),
    target,
    facts,
  );
  const keptBy = new Map(candidates.map(({ member, kept }) => [member, Math.max(0, ...kept)]));
  const members = membersOf(views, facts).map((each, index) => ({
    ...each,
    reserved: keptBy.get(index) ?? each.reserved,
  }));
  const withOthers = members.map((each, index) => {
    const [view, outcome] = [views[index], settled[index]];
    const isOther = view !== undefined && outcome !== undefined && 'verdict' in outcome;
    return isOther ? { ...each, reserved: Math.max(each.reserved, leastOf(view, target, facts)) } : each;
  });
  const { aboveMinimum, whenShort, pool } = target;
  const raises =
    aboveMinimum === 'always' || (aboveMinimum === 'known-limit' && facts.settings.concurrencyLimitIsKnown);
  const sets = facts.coexisting(views);
  const asking = candidates.length;
  const whole = allot(candidates, withOthers, sets, availableFor(facts), raises);
  const { wanted } = whole;
  const { concurrencyLimit, concurrencyReservedElsewhere, concurrencyUnreservedMinimum } = facts.settings;
  const common = { settled, wanted, asking };
  const isEnough = whole.granted.size === asking;
  if (isEnough || whenShort === 'nothing') {
    const granted = isEnough ? whole.granted : new Map<Candidate, number>();
    return { ...common, granted, available: availableFor(facts), unreserved: concurrencyUnreservedMinimum };
  }
  const keptPool = whenShort === 'keep-pool' ? pool : 0;
  const unreserved = Math.max(concurrencyUnreservedMinimum, keptPool);
  const available = availableFor(facts, keptPool);
  const { granted, reserved } = allot(candidates, members, sets, available, raises);
  const left = asking - granted.size;
  const shared = concurrencyLimit - concurrencyReservedElsewhere - reserved;
  const consent = `the budget does not reach for all: ${left} of ${asking} functions without a reservation share ${shared} executions with the rest of the account`;
  return { ...common, granted, available, unreserved, consent };
}

/** What a function needs that is given no reservation here, but runs in the concurrency of the account. */
function leastOf(view: ResourceView, target: ConcurrencyTarget, facts: Facts): number {
  const { isEdge, hasCapacityProvider } = facts.functionKind(view);
  const found = facts.functionClass(view.stack, view.logicalId);
  if (isEdge || hasCapacityProvider || found === undefined) return 0;
  const said = largestAt(view, 'ReservedConcurrentExecutions');
  if (said !== undefined) return said;
  const range = rangeOf(view, found, target, facts);
  return 'because' in range ? range.least : range.minimum;
}

/** First what the policy puts first, then by type, then as the templates have them. */
function inOrder(
  candidates: readonly Candidate[],
  { priority }: ConcurrencyTarget,
  facts: Facts,
): readonly Candidate[] {
  const byPolicy = ({ view }: Candidate): number => {
    const said = facts.functionPriority(view.stack, view.logicalId);
    return said === 'first' ? 0 : said === 'last' ? 2 : 1;
  };
  const byType = ({ found }: Candidate): number => {
    const rank = priority.indexOf(found.type);
    return rank < 0 ? priority.length : rank;
  };
  return [...candidates].sort(
    (left, right) =>
      byPolicy(left) - byPolicy(right) || byType(left) - byType(right) || left.member - right.member,
  );
}
