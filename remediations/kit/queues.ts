import type { Facts, Outcome, PropertyEdit, ResourceView } from '../../src/remediation.js';
import { functionTypes, isGiven, largestAt, oncePerRun, outcomesAt, wholeNumber } from './values.js';

/** A function that Lambda polls a queue for. */
interface Poller {
  readonly worker: ResourceView;
  /** Seconds that Lambda gathers messages before it calls. */
  readonly windowSeconds: number;
}

type Named = Pick<ResourceView, 'stack' | 'logicalId'>;

/** The functions of the templates that a queue is polled for, in tree order. */
export function pollersOf({ stack, logicalId }: Named, facts: Facts): readonly Poller[] {
  return pollers(facts).get(stack)?.get(logicalId) ?? [];
}

const pollers = oncePerRun((facts) => {
  const found = new Map<ResourceView['stack'], Map<string, Poller[]>>();
  for (const worker of facts.resources(...functionTypes)) {
    for (const { polls } of facts.functionClass(worker.stack, worker.logicalId)?.triggers ?? []) {
      if (polls === undefined) continue;
      const { owner, settings = [] } = polls;
      const mapping = facts.resource(owner.stack, owner.logicalId);
      const window = mapping && largestAt(mapping, ...settings, 'MaximumBatchingWindowInSeconds');
      for (const { stack, logicalId } of polls.queues) {
        const queues = found.get(stack) ?? new Map<string, Poller[]>();
        found.set(
          stack,
          queues.set(logicalId, [...(queues.get(logicalId) ?? []), { worker, windowSeconds: window ?? 0 }]),
        );
      }
    }
  }
  return found;
});

const timeoutsPerVisibility = 6;

/** Defaults of the services, in seconds. */
const defaultVisibilitySeconds = 30;
const defaultTimeoutSeconds = 3;
const longestTimeoutSeconds = 900;

/** How long a queue hides a message that is received, against what the functions that poll it need. */
export type Visibility =
  | { readonly kind: 'enough' }
  | {
      readonly kind: 'short';
      /** As a predicate of the queue. */
      readonly because: string;
      /** Why more of it needs approval. */
      readonly slower: string;
      readonly edit: PropertyEdit;
    }
  | { readonly kind: 'unknown'; readonly because: string };

/**
 * Six times the timeout of the function, and the time messages are gathered: a message that is still worked on, or that
 * waits for a function that is throttled, is not received again.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export function visibilityOf(queue: ResourceView, facts: Facts): Visibility {
  const asked = pollersOf(queue, facts).map(askedBy);
  const numbers = outcomesAt(queue, 'VisibilityTimeout').map(visibleSeconds);
  const now = Math.min(...numbers.map((number) => number ?? Number.POSITIVE_INFINITY));
  const short = asked.filter(({ seconds }) => now < seconds).sort((a, b) => b.seconds - a.seconds);
  const most = short.find(({ isKnown }) => isKnown);
  if (most !== undefined) {
    const { seconds, says } = most;
    return {
      kind: 'short',
      because: `it shows a message again after ${now} s, sooner than ${says}: one that is still worked on, or waits for a function that is throttled, is received again and counts as failed`,
      slower: `a message of ${queue.logicalId} that fails is tried again after ${seconds} s instead of ${now} s${holdsUp(queue)}`,
      edit: {
        logicalId: queue.logicalId,
        path: ['Properties', 'VisibilityTimeout'],
        value: seconds,
        isSatisfiedBy: (outcome) => (visibleSeconds(outcome) ?? 0) >= seconds,
        individual: true,
      },
    };
  }
  const [unclear] = numbers.includes(undefined) ? asked : short;
  if (unclear === undefined) return { kind: 'enough' };
  return {
    kind: 'unknown',
    because: `whether it hides a message as long as ${unclear.says} is not known`,
  };
}

/** A group of a FIFO queue goes on when the message at its head is done. */
function holdsUp(queue: ResourceView): string {
  return isGiven(queue, 'FifoQueue') ? ', and the messages of its group wait as long' : '';
}

function visibleSeconds(outcome: Outcome): number | undefined {
  return outcome.kind === 'absent' ? defaultVisibilitySeconds : wholeNumber(outcome);
}

interface Asked {
  /** What is not known may be as long as Lambda lets a function run. */
  readonly seconds: number;
  readonly says: string;
  readonly isKnown: boolean;
}

function askedBy({ worker, windowSeconds }: Poller): Asked {
  const timeouts = outcomesAt(worker, 'Timeout').map((outcome) =>
    outcome.kind === 'absent' ? defaultTimeoutSeconds : wholeNumber(outcome),
  );
  const isKnown = !timeouts.includes(undefined);
  const timeout = Math.max(...timeouts.map((each) => each ?? longestTimeoutSeconds));
  const gathering = windowSeconds === 0 ? '' : ` and the ${windowSeconds} s messages are gathered`;
  const length = isKnown ? `(${timeout} s)` : 'which is not known';
  return {
    seconds: timeout * timeoutsPerVisibility + windowSeconds,
    says: `six times the timeout of ${worker.logicalId} ${length}${gathering}`,
    isKnown,
  };
}
