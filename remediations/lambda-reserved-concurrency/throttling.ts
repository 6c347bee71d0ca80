import type { Facts, FunctionClass, ResourceView } from '../../src/remediation.js';
import { largestAt } from '../kit/values.js';
import { askedByMachines } from './machines.js';

/** @source https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const fewestReceives = 5;
const timeoutsPerVisibility = 6;

/** Defaults of the services, in seconds. */
const defaultVisibilitySeconds = 30;
const defaultTimeoutSeconds = 3;

/** What happens upstream when a function is throttled at what it reserves. */
export function whenThrottled(
  view: ResourceView,
  { triggers }: FunctionClass,
  executions: number,
  askedByQueues: number,
  facts: Facts,
): readonly string[] {
  const says: string[] = [];
  says.push(...askedByMachines(triggers, executions));
  if (askedByQueues > executions) {
    says.push(
      `the queues of ${view.logicalId} may ask for ${askedByQueues} executions at once, more than the ${executions} it reserves: lower their MaximumConcurrency`,
    );
  }
  for (const { source, from } of triggers) {
    const queue = source === 'queue' && from !== undefined ? facts.resource(view.stack, from) : undefined;
    if (queue?.type === 'AWS::SQS::Queue') says.push(...whatQueueLoses(queue, view));
  }
  return says;
}

function whatQueueLoses(queue: ResourceView, view: ResourceView): readonly string[] {
  const says: string[] = [];
  const receives = largestAt(queue, 'RedrivePolicy', 'maxReceiveCount');
  if (receives !== undefined && receives < fewestReceives) {
    says.push(
      `${queue.logicalId} gives a message up after ${receives} receives (maxReceiveCount), and a throttled one counts: ${fewestReceives} at least`,
    );
  }
  const visibleAfter = largestAt(queue, 'VisibilityTimeout') ?? defaultVisibilitySeconds;
  const timeout = largestAt(view, 'Timeout') ?? defaultTimeoutSeconds;
  if (visibleAfter < timeout * timeoutsPerVisibility) {
    says.push(
      `${queue.logicalId} shows a message again after ${visibleAfter} s, sooner than six times the timeout of ${view.logicalId} (${timeout} s): throttled messages use up their receives`,
    );
  }
  return says;
}
