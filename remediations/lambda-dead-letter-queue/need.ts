import {
  type Facts,
  notApplicable,
  type ResourceView,
  type Trigger,
  unknown,
  type Verdict,
} from '../../src/remediation.js';

/** Why a function needs no dead-letter queue, or why nobody can say; `undefined` when it needs one. */
export function withoutNeed(
  view: ResourceView,
  customResources: 'exempt' | 'require',
  facts: Facts,
): Verdict | undefined {
  const kind = facts.functionKind(view);
  if (kind.isEdge) {
    return notApplicable('it runs at the edge, where dead-letter queues are not supported');
  }
  const found = facts.functionClass(view.stack, view.logicalId);
  const triggers = found?.triggers ?? [];
  if (found === undefined || found.invocation === 'sync') {
    const polled = triggers.find(({ invocation }) => invocation === 'polled');
    if (polled !== undefined) return notApplicable(staysWithSource(view, polled, facts));
    if (triggers.length === 0) {
      return notApplicable(
        `${found?.evidence[0] ?? 'nothing invokes it'}; if it is invoked asynchronously, the policy has to say so (functions)`,
      );
    }
    return notApplicable(
      `it is only invoked synchronously, so its callers see every failure (${found?.evidence[0]})`,
    );
  }
  if (found.invocation === 'unknown') return unknown(callTypeUnknown(triggers));
  const asynchronous = triggers.filter(({ invocation }) => invocation === 'async');
  const isCustomResource =
    asynchronous.length > 0 && asynchronous.every(({ source }) => source === 'custom-resource');
  if (isCustomResource && customResources === 'exempt') {
    return notApplicable(
      'only CloudFormation invokes it asynchronously, as a custom resource, and gets its outcome through the callback',
    );
  }
  if (kind.isDurable || kind.hasCapacityProvider) {
    const what = kind.isDurable ? 'a durable function' : 'a function on managed instances';
    return unknown(`whether failed events of ${what} reach a dead-letter queue is not documented`);
  }
  return undefined;
}

/** A caller that does not wait never hears of a failure; one that waits does. */
function callTypeUnknown(triggers: readonly Trigger[]): string {
  const open = triggers.filter(({ invocation }) => invocation === 'unknown');
  const [first, ...more] = [...new Set(open.map(({ description }) => description))];
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return `whether its callers wait is not known (${first}${others}): no code of theirs that was read says it; set its invocation in the policy (functions)`;
}

/** Lambda never sends what it polls to the queue of the function. */
function staysWithSource(
  { stack }: ResourceView,
  polled: { readonly description: string; readonly from?: string },
  facts: Facts,
): string {
  const source = polled.from === undefined ? undefined : facts.resource(stack, polled.from);
  const isWithoutRedrive =
    source?.type === 'AWS::SQS::Queue' &&
    source.read('RedrivePolicy').some(({ outcome }) => outcome.kind === 'absent');
  const rest = isWithoutRedrive
    ? `, and ${source.logicalId} has no RedrivePolicy: they come back until they expire`
    : ', whose redrive policy or failure destination counts';
  return `it is polled (${polled.description}): failed events stay with the source${rest}`;
}
