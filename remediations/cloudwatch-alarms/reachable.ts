import {
  compliant,
  type Facts,
  fixable,
  isList,
  type Judgement,
  manual,
  type Need,
  type ResourceView,
  scalarText,
  type Verdict,
} from '../../src/remediation.js';
import { hasSubscription, openKey, type TopicTarget } from '../kit/monitoring/topic.js';
import { admitsCloudWatch, topicStatement } from '../kit/monitoring/topic-policy.js';

/** A topic that alarms are sent to: can they reach it, and does anybody listen? */
export function judgeReachable(
  view: ResourceView,
  { emails }: TopicTarget,
  facts: Facts,
): Pick<Judgement, 'verdict' | 'target'> {
  const obstacle = obstacleTo(view);
  if (obstacle !== undefined) return { verdict: manual(`alarms sent to it are lost: ${obstacle}`) };
  const locked = [...keyNeeds(view, facts), ...policyNeeds(view, facts)];
  const isHeard = hasSubscription(view, facts);
  if (isHeard && locked.length === 0) return { verdict: compliant('alarms reach it, and somebody listens') };
  const faults = [
    ...(keyNeeds(view, facts).length > 0 ? ['its key does not admit CloudWatch'] : []),
    ...(policyNeeds(view, facts).length > 0 ? ['its policy does not let CloudWatch publish'] : []),
    ...(isHeard ? [] : ['nobody has subscribed to it']),
  ];
  const because = `alarms sent to it are lost: ${faults.join(', and ')}`;
  if (!isHeard && emails.length === 0) {
    return {
      verdict: manual(`${because}; set remediations.cloudwatch-alarms.emails, or subscribe to it by hand`, [
        'emails',
      ]),
    };
  }
  return {
    target: 'heard of by somebody',
    verdict: opened(because, [...locked, ...(isHeard ? [] : subscriptions(view, emails, facts))], isHeard),
  };
}

function opened(because: string, needs: readonly Need[], isHeard: boolean): Verdict {
  return fixable(because, {
    wants: [],
    needs,
    cost: { monthlyUsd: 0, formula: 'the first thousand e-mails of a month are free' },
    leaves: isHeard ? [] : ['whoever gets an e-mail has to confirm the subscription once'],
  });
}

function obstacleTo(view: ResourceView): string | undefined {
  const outcomes = view.read('KmsMasterKeyId').map(({ outcome }) => outcome);
  if (outcomes.some((outcome) => scalarText(outcome)?.includes('alias/aws/'))) {
    return 'its key is the one AWS manages, which cannot be opened to CloudWatch';
  }
  const isFifo = view.read('FifoTopic').some(({ outcome }) => scalarText(outcome) === 'true');
  return isFifo ? 'it is a FIFO topic, which alarms cannot be sent to' : undefined;
}

/** Of the key the topic names, itself or by an alias. */
function keyNeeds(view: ResourceView, facts: Facts): readonly Need[] {
  const found = view
    .read('KmsMasterKeyId')
    .flatMap(({ outcome }) => (outcome.kind === 'resource' ? [outcome] : []));
  return found.flatMap(({ stack, logicalId }) => {
    const named = facts.resource(stack, logicalId);
    if (named?.type !== 'AWS::KMS::Alias') return openKey({ resource: { stack, logicalId } }, facts);
    const targets = named.read('TargetKeyId').map(({ outcome }) => outcome);
    return targets.flatMap((target) =>
      target.kind === 'resource' ? openKey({ resource: target }, facts) : [],
    );
  });
}

/** A topic without a policy lets its account publish; one with a policy only those it names. */
function policyNeeds(view: ResourceView, facts: Facts): readonly Need[] {
  const policies = facts.resources('AWS::SNS::TopicPolicy').filter((policy) => {
    const listed = policy.expression('Topics');
    const indices = isList(listed) ? listed.map((_, index) => String(index)) : [];
    return indices.some((index) =>
      policy
        .read('Topics', index)
        .some(
          ({ outcome }) =>
            outcome.kind === 'resource' &&
            outcome.stack === view.stack &&
            outcome.logicalId === view.logicalId,
        ),
    );
  });
  const [first] = policies;
  const isAdmitted = policies.some((policy) =>
    admitsCloudWatch(policy.expression('PolicyDocument', 'Statement') ?? null, 'sns'),
  );
  if (first === undefined || isAdmitted || first.stack !== view.stack) return [];
  return [
    {
      kind: 'statement',
      logicalId: first.logicalId,
      in: first.stack,
      path: ['Properties', 'PolicyDocument', 'Statement'],
      statement: topicStatement(view.logicalId),
    },
  ];
}

function subscriptions(view: ResourceView, emails: readonly string[], facts: Facts): readonly Need[] {
  return emails.map((address, index) => ({
    kind: 'resource',
    logicalId: facts.freeId(view.stack, `${view.logicalId}Subscription${index === 0 ? '' : index + 1}`),
    body: {
      Type: 'AWS::SNS::Subscription',
      ...(view.condition !== undefined && { Condition: view.condition }),
      Properties: { TopicArn: { Ref: view.logicalId }, Protocol: 'email', Endpoint: address },
    },
  }));
}
