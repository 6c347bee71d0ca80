import type { Facts, FunctionClass, ResourceView } from '../../src/remediation.js';
import { largestAt } from '../kit/values.js';
import { askedByMachines } from './machines.js';

/** @source https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const fewestReceives = 5;
const timeoutsPerVisibility = 6;

/** Defaults of the services, in seconds. */
const defaultVisibilitySeconds = 30;
const defaultTimeoutSeconds = 3;

/** One consequence, in a sentence. */
interface Throttled {
  readonly says: string;
  /** The template asks for more than is reserved, in numbers: less is done at once than somebody has set. */
  readonly isLess: boolean;
}

/** What happens upstream when a function is throttled at what it reserves. */
export function whenThrottled(
  view: ResourceView,
  { triggers }: FunctionClass,
  executions: number,
  askedByQueues: number,
  facts: Facts,
): readonly Throttled[] {
  const isLess = triggers.some(({ task }) => (task?.atOnce ?? 0) > executions);
  const throttled: Throttled[] = askedByMachines(triggers, executions).map((says) => ({ says, isLess }));
  if (askedByQueues > executions) {
    throttled.push({
      says: `the queues of ${view.logicalId} may ask for ${askedByQueues} executions at once, more than the ${executions} it reserves: lower their MaximumConcurrency`,
      isLess: true,
    });
  }
  for (const { source, from } of triggers) {
    const queue = source === 'queue' && from !== undefined ? facts.resource(view.stack, from) : undefined;
    if (queue?.type === 'AWS::SQS::Queue') throttled.push(...whatQueueLoses(queue, view));
  }
  return throttled;
}

function whatQueueLoses(queue: ResourceView, view: ResourceView): readonly Throttled[] {
  const throttled: Throttled[] = [];
  const receives = largestAt(queue, 'RedrivePolicy', 'maxReceiveCount');
  if (receives !== undefined && receives < fewestReceives) {
    throttled.push({
      says: `${queue.logicalId} gives a message up after ${receives} receives (maxReceiveCount), and a throttled one counts: ${fewestReceives} at least`,
      isLess: false,
    });
  }
  const visibleAfter = largestAt(queue, 'VisibilityTimeout') ?? defaultVisibilitySeconds;
  const timeout = largestAt(view, 'Timeout') ?? defaultTimeoutSeconds;
  if (visibleAfter < timeout * timeoutsPerVisibility) {
    throttled.push({
      says: `${queue.logicalId} shows a message again after ${visibleAfter} s, sooner than six times the timeout of ${view.logicalId} (${timeout} s): throttled messages use up their receives`,
      isLess: false,
    });
  }
  return throttled;
}
