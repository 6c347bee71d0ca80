import {
  type Facts,
  type FunctionClass,
  type PolledQueue,
  type PropertyEdit,
  type ResourceView,
  stagesOf,
  type Verdict,
} from '../../src/remediation.js';
import { visibilityOf } from '../kit/companions.js';
import { largestAt, smallestAt } from '../kit/values.js';
import {
  type AskedByQueues,
  askedByMachines,
  type ConcurrencyTarget,
  limitsOfQueues,
  type Range,
  rangeOf,
} from './range.js';

/** One function of the tree, as the budget sees it. */
export interface Member {
  /** Executions it reserves already, or keeps in some deployments. */
  readonly reserved: number;
  /** How often it exists at once: more than once in a template that is nested several times. */
  readonly copies: number;
}

/** What one function asks for. */
export interface Claim {
  /** Position among all functions of the tree. */
  readonly member: number;
  readonly minimum: number;
  readonly maximum: number;
}

interface Allotment<C extends Claim> {
  /** Executions by claim; what is missing here did not fit. */
  readonly granted: ReadonlyMap<C, number>;
  /** What the set that wants most would reserve if every claim got its minimum. */
  readonly wanted: number;
  /** What the set that gets most reserves then. */
  readonly reserved: number;
}

/**
 * What functions of this tree may reserve, whatever combination of them is deployed.
 * @param pool executions that stay unreserved, where that is more than must
 */
export function availableFor({ settings }: Facts, pool = 0): number {
  const unreserved = Math.max(settings.concurrencyUnreservedMinimum, pool);
  return Math.max(0, settings.concurrencyLimit - unreserved - settings.concurrencyReservedElsewhere);
}

/** What each set of functions that can exist at once reserves as the templates stand. */
export function reservedBy(
  sets: readonly (readonly number[])[],
  members: readonly Member[],
): readonly number[] {
  return sets.map((set) =>
    set.reduce((sum, index) => {
      const { reserved = 0, copies = 1 } = members[index] ?? {};
      return sum + reserved * copies;
    }, 0),
  );
}

/**
 * Serves claims in the order given, minimum by minimum, so that no set of functions that can exist at once reserves
 * more than there is; what is left then raises them evenly, where that is wanted.
 * @param sets of members that can exist at once
 */
export function allot<C extends Claim>(
  claims: readonly C[],
  members: readonly Member[],
  sets: readonly (readonly number[])[],
  available: number,
  raises: boolean,
): Allotment<C> {
  const used = [...reservedBy(sets, members)];
  const setsOf = members.map((_, member) =>
    sets.flatMap((set, index) => (set.includes(member) ? [index] : [])),
  );
  const granted = new Map<C, number>();
  /** What the budget loses when a claim comes to hold this many; what it keeps anyway is paid for. */
  const priceOf = (claim: C, executions: number): number => {
    const { reserved = 0, copies = 1 } = members[claim.member] ?? {};
    const held = Math.max(reserved, granted.get(claim) ?? 0);
    return Math.max(0, executions - held) * copies;
  };
  const wanted = sets.map((set, index) =>
    claims
      .filter(({ member }) => set.includes(member))
      .reduce((sum, claim) => sum + priceOf(claim, claim.minimum), used[index] ?? 0),
  );
  const grant = (claim: C, executions: number): boolean => {
    const price = priceOf(claim, executions);
    const touched = setsOf[claim.member] ?? [];
    if (price > 0 && touched.some((index) => (used[index] ?? 0) + price > available)) return false;
    for (const index of touched) used[index] = (used[index] ?? 0) + price;
    granted.set(claim, executions);
    return true;
  };
  for (const claim of claims) grant(claim, claim.minimum);
  for (let growing = raises ? [...granted.keys()] : []; growing.length > 0; ) {
    growing = growing.filter((claim) => {
      const next = (granted.get(claim) ?? 0) + 1;
      return next <= claim.maximum && grant(claim, next);
    });
  }
  return { granted, wanted: Math.max(0, ...wanted), reserved: Math.max(0, ...used) };
}

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
    return {
      ...common,
      granted,
      available: availableFor(facts),
      unreserved: concurrencyUnreservedMinimum,
      ...(isEnough && consentForStages(facts)),
    };
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

/** A stack for another stage reserves the same again, which nobody has counted unless the policy has. */
function consentForStages({ tree, settings }: Facts): { readonly consent?: string } {
  const stages = settings.concurrencyReservedElsewhere === 0 ? stagesOf(tree.root) : undefined;
  return stages === undefined
    ? {}
    : {
        consent: `the template serves several stages (${stages.because}), and each stack of it reserves as much: say what those in the same account do (account.reservedElsewhere)`,
      };
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

/** @source https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const fewestReceives = 5;

/** One consequence, in a sentence. */
interface Throttled {
  readonly says: string;
  /** The template asks for more than is reserved, in numbers: less is done at once than somebody has set. */
  readonly isLess: boolean;
  /** What keeps messages from being received again while they wait, and why it needs approval. */
  readonly visibility?: { readonly edit: PropertyEdit; readonly slower: string };
}

/** What happens upstream when a function is throttled at what it reserves. */
export function whenThrottled(
  view: ResourceView,
  { triggers }: FunctionClass,
  executions: number,
  asked: AskedByQueues,
  facts: Facts,
): readonly Throttled[] {
  const isLess = triggers.some(({ task }) => (task?.atOnce ?? 0) > executions);
  const unlimited = asked.open.length - limitsOfQueues(view, executions, asked).length;
  const isShared = triggers.some(({ polls }) => polls === undefined);
  const isThrottled = asked.limited > executions || unlimited > 0 || isShared;
  return [
    ...askedByMachines(triggers, executions).map((says) => ({ says, isLess })),
    ...aboveReservation(view, executions, asked.limited, unlimited),
    ...triggers.flatMap(({ polls }) =>
      polls === undefined ? [] : whatIsLost(view, polls, isThrottled, facts),
    ),
  ];
}

function aboveReservation(
  { logicalId }: ResourceView,
  executions: number,
  limited: number,
  unlimited: number,
): readonly Throttled[] {
  if (limited > executions) {
    return [
      {
        says: `the queues of ${logicalId} may ask for ${limited} executions at once, more than the ${executions} it reserves: lower their MaximumConcurrency`,
        isLess: true,
      },
    ];
  }
  if (unlimited === 0) return [];
  return [
    {
      says: `${unlimited === 1 ? 'a queue' : `${unlimited} queues`} of ${logicalId} may ask for any number of executions at once, and it reserves ${executions}: set MaximumConcurrency where the queue is mapped`,
      isLess: false,
    },
  ];
}

function whatIsLost(
  view: ResourceView,
  { queues }: PolledQueue,
  isThrottled: boolean,
  facts: Facts,
): readonly Throttled[] {
  if (queues.length === 0) {
    return [
      {
        says: `a queue of ${view.logicalId} is not in the templates: its visibility timeout should be six times the timeout of the function, and its maxReceiveCount ${fewestReceives} at least`,
        isLess: false,
      },
    ];
  }
  return queues.flatMap(({ stack, logicalId }) => {
    const queue = facts.resource(stack, logicalId);
    return queue === undefined ? [] : whatQueueLoses(queue, view, isThrottled, facts);
  });
}

function whatQueueLoses(
  queue: ResourceView,
  view: ResourceView,
  isThrottled: boolean,
  facts: Facts,
): readonly Throttled[] {
  const throttled: Throttled[] = [];
  const receives = smallestAt(queue, 'RedrivePolicy', 'maxReceiveCount');
  if (receives !== undefined && receives < fewestReceives) {
    throttled.push({
      says: `${queue.logicalId} gives a message up after ${receives} receives (maxReceiveCount), and a throttled one counts: ${fewestReceives} at least`,
      isLess: false,
    });
  }
  const visibility = visibilityOf(queue, facts);
  if (visibility.kind === 'enough') return throttled;
  // A queue of another template is written with the finding of its own (failed-event-destinations).
  const comesAlong = visibility.kind === 'short' && isThrottled && queue.stack === view.stack;
  throttled.push({
    says: `${queue.logicalId}: ${visibility.because}`,
    isLess: false,
    ...(comesAlong && { visibility }),
  });
  return throttled;
}

/** The functions of the tree as the budget sees them; a number nobody can read counts as none. */
export function membersOf(views: readonly ResourceView[], facts: Facts): readonly Member[] {
  const copies = new Map<ResourceView['stack'], number>();
  return views.map((view) => {
    const reserved = largestAt(view, 'ReservedConcurrentExecutions') ?? 0;
    return { reserved, copies: copiesOf(view.stack, facts, copies) };
  });
}

type Stack = ResourceView['stack'];

/**
 * How often a template exists in one deployment: once for each nested stack that can be there at the same time.
 * @param known counts each template once, however many ways lead to it
 */
function copiesOf(stack: Stack, facts: Facts, known: Map<Stack, number>): number {
  const counted = known.get(stack);
  if (counted !== undefined) return counted;
  const above = stack.parents.map((parent) => copiesOf(parent.stack, facts, known));
  const sums = facts
    .coexisting(stack.parents)
    .map((set) => set.reduce((sum, index) => sum + (above[index] ?? 1), 0));
  const copies = Math.max(1, ...sums);
  known.set(stack, copies);
  return copies;
}
