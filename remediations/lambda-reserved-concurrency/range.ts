import type {
  Facts,
  FunctionClass,
  FunctionType,
  PropertyEdit,
  ResourceView,
  Trigger,
} from '../../src/remediation.js';
import { isGiven, isOfFunction, largestAt } from '../kit/values.js';

export interface ConcurrencyTarget {
  readonly ranges: Readonly<Record<FunctionType, { readonly minimum: number; readonly maximum: number }>>;
  readonly priority: readonly FunctionType[];
  readonly whenShort: 'nothing' | 'keep-pool' | 'by-priority';
  readonly pool: number;
  readonly aboveMinimum: 'never' | 'known-limit' | 'always';
  readonly outOfRange: 'report' | 'change';
}

/** The executions a function may reserve. */
export interface Range {
  readonly minimum: number;
  readonly maximum: number;
  /** For reading: `20 to 50 for its type`. */
  readonly text: string;
  readonly asked: AskedByQueues;
}

/**
 * AWS asks for five at least behind a queue.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const fewestBehindQueue = 5;

/** The range of a function's type, raised to what other settings of the function need; or why there is none. */
export function rangeOf(
  view: ResourceView,
  found: FunctionClass,
  { ranges }: ConcurrencyTarget,
  facts: Facts,
): Range | { readonly because: string; readonly least: number } {
  const { type, triggers } = found;
  const { minimum, maximum } = ranges[type];
  const provisioned = provisionedFor(view, facts);
  if (provisioned > maximum) {
    return {
      because: `${provisioned} executions of it are provisioned and have to fit into what it reserves, but ${type} functions get ${maximum} at most; provision less, or give it another type (functions)`,
      least: provisioned,
    };
  }
  const asked = askedByQueues(found, facts);
  const isPolled = triggers.some(({ source }) => source === 'queue');
  const behindQueue = isPolled ? Math.max(fewestBehindQueue, Math.min(asked.limited, maximum)) : 0;
  const least = Math.max(minimum, provisioned, behindQueue);
  const most = Math.max(least, maximum);
  return { minimum: least, maximum: most, text: textOf(least, most), asked };

  function textOf(from: number, to: number): string {
    const text = `${from} to ${to} for its type`;
    if (from === minimum) return text;
    return `${text} and ${provisioned === from ? 'provisioned concurrency' : 'queue'}`;
  }
}

/**
 * Executions kept warm for versions and aliases of a function, which cannot be more than it reserves.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 */
function provisionedFor(view: ResourceView, facts: Facts): number {
  const path = ['ProvisionedConcurrencyConfig', 'ProvisionedConcurrentExecutions'];
  const published = facts
    .resources('AWS::Lambda::Alias', 'AWS::Lambda::Version')
    .filter((each) => isOfFunction(each, view));
  return sumOf([view, ...published].map((each) => largestAt(each, ...path)));
}

/** A mapping of a queue to a function, and where it says how many executions it may ask for at once. */
interface Mapping {
  readonly owner: ResourceView;
  /** From the properties of the owner to `MaximumConcurrency`; absent where it cannot be said. */
  readonly limit?: readonly string[];
}

function mappingsOf({ triggers }: FunctionClass, facts: Facts): readonly Mapping[] {
  return triggers.flatMap(({ polls }) => {
    const owner = polls && facts.resource(polls.owner.stack, polls.owner.logicalId);
    if (owner === undefined) return [];
    const { settings } = polls ?? {};
    return { owner, ...(settings && { limit: [...settings, 'ScalingConfig', 'MaximumConcurrency'] }) };
  });
}

/** What is above the reserved number is throttled. */
export interface AskedByQueues {
  /** `MaximumConcurrency` of all queues together, where it is set. */
  readonly limited: number;
  /** Mappings that may ask for any number. */
  readonly open: readonly Mapping[];
}

function askedByQueues(found: FunctionClass, facts: Facts): AskedByQueues {
  const mappings = mappingsOf(found, facts).map((mapping) => {
    const { owner, limit } = mapping;
    return {
      mapping,
      isOpen: limit === undefined || !isGiven(owner, ...limit),
      most: limit && largestAt(owner, ...limit),
    };
  });
  return {
    limited: sumOf(mappings.map(({ most }) => most)),
    open: mappings.filter(({ isOpen }) => isOpen).map(({ mapping }) => mapping),
  };
}

/** What a mapping may be given, by Lambda. */
const fewestPerMapping = 2;

/**
 * Queues that may ask for any number of executions at once get what the function reserves, in equal shares: messages then
 * wait in the queue instead of being throttled, and a throttled receive would count against them. None where one of them
 * cannot be limited from here, or there is too little to share.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html#events-sqs-max-concurrency
 */
export function limitsOfQueues(
  { stack }: ResourceView,
  executions: number,
  { limited, open }: AskedByQueues,
): readonly PropertyEdit[] {
  const share = Math.floor((executions - limited) / Math.max(open.length, 1));
  if (share < fewestPerMapping) return [];
  return open.flatMap(({ owner, limit }): PropertyEdit[] =>
    limit === undefined || owner.stack !== stack
      ? []
      : [{ logicalId: owner.logicalId, path: ['Properties', ...limit], value: share, individual: true }],
  );
}

function sumOf(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((sum, number = 0) => sum + number, 0);
}

/** What state machines ask of a function, against what it reserves: in numbers where their definitions were read. */
export function askedByMachines(triggers: readonly Trigger[], executions: number): readonly string[] {
  const machines = triggers.filter(({ source }) => source === 'state-machine');
  const unread = machines.filter(({ task }) => task === undefined);
  return [
    ...new Set([
      ...(unread.length > 0 ? [whenUnread] : []),
      ...machines.flatMap((trigger) => [...askedAtOnce(trigger, executions), ...retries(trigger)]),
    ]),
  ];
}

const whenUnread =
  'a task of a state machine that is throttled fails unless it retries Lambda.TooManyRequestsException long enough';

/** Of one execution; as many executions as run at once ask for as many times that. */
function askedAtOnce({ description, task }: Trigger, executions: number): readonly string[] {
  if (task === undefined) return [];
  const { state, atOnce } = task;
  if (atOnce === undefined) {
    return [
      `state ${state} of ${description} calls it as often at once as there are items; it reserves ${executions}: set a MaxConcurrency`,
    ];
  }
  if (atOnce === 1) return [];
  const share = Math.floor(executions / atOnce);
  const fits =
    share === 0 ? 'more than' : `so that ${share} ${share === 1 ? 'execution fits' : 'executions fit'} into`;
  return [
    `one execution of ${description} calls it up to ${atOnce} times at once (state ${state}), ${fits} the ${executions} it reserves`,
  ];
}

function retries({ description, task }: Trigger): readonly string[] {
  if (task === undefined) return [];
  const { state, retriesWhenThrottled: times } = task;
  const call = `a call of state ${state} of ${description} that is throttled`;
  if (times === 0) return [`${call} is not tried again: the state fails`];
  return [`${call} is tried again ${times} time${times === 1 ? '' : 's'}, and then the state fails`];
}
