import { compliant, type Facts, type ResourceView, type Verdict } from '../../src/remediation.js';
import { isNothing } from '../encryption/outcomes.js';

/** Why a function needs no dead-letter queue; `undefined` when it does. */
export function classify(
  view: ResourceView,
  customResources: 'exempt' | 'require',
  facts: Facts,
): string | undefined {
  if (facts.functionKind(view).isEdge)
    return 'it runs at the edge, where dead-letter queues are not supported';
  const found = facts.functionClass(view.stack, view.logicalId);
  if (found === undefined || found.invocation === 'sync') {
    const polled = found?.triggers.find(({ invocation }) => invocation === 'polled');
    if (polled !== undefined) {
      return `it is polled (${polled.description}): failed events stay with the source, whose redrive policy counts`;
    }
    return `it is only invoked synchronously, so its callers see every failure (${found?.evidence[0] ?? 'no trigger found'})`;
  }
  const asynchronous = found.triggers.filter(({ invocation }) => invocation === 'async');
  const isCustomResource =
    asynchronous.length > 0 && asynchronous.every(({ source }) => source === 'custom-resource');
  if (isCustomResource && customResources === 'exempt') {
    return 'only CloudFormation invokes it asynchronously, as a custom resource, and gets its outcome through the callback';
  }
  return undefined;
}

/** The verdict where failed events are kept already. */
export function deadLetterTarget(
  view: ResourceView,
  acceptDestination: boolean,
  facts: Facts,
): Verdict | undefined {
  const property = view.type === 'AWS::Serverless::Function' ? 'DeadLetterQueue' : 'DeadLetterConfig';
  if (isThere(view, property, 'TargetArn')) return compliant('it has a dead-letter queue');
  if (!acceptDestination) return undefined;
  const destination = ['DestinationConfig', 'OnFailure'];
  if (isThere(view, 'EventInvokeConfig', ...destination)) {
    return compliant('it has a destination for failed events');
  }
  const configuration = facts
    .resources('AWS::Lambda::EventInvokeConfig')
    .find(
      (each) =>
        isThere(each, ...destination, 'Destination') &&
        each
          .read('FunctionName')
          .every(
            ({ outcome }) =>
              outcome.kind === 'resource' &&
              outcome.stack === view.stack &&
              outcome.logicalId === view.logicalId,
          ),
    );
  return configuration === undefined
    ? undefined
    : compliant(`${configuration.logicalId} gives it a destination for failed events`);
}

function isThere(view: ResourceView, ...path: readonly string[]): boolean {
  return view.read(...path).every(({ outcome }) => !isNothing(outcome));
}
