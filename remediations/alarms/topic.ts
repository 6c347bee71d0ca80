import {
  type EncryptionKey,
  type Facts,
  isList,
  type Need,
  type ResourceView,
  type Stack,
  type Value,
} from '../../src/remediation.js';
import { type HandedDown, handDown } from '../nesting/hand-down.js';

export interface TopicTarget {
  readonly topicArn?: string | undefined;
  readonly emails: readonly string[];
}

/** Where alarms of a template go, in its terms; or why nobody would be told. */
export function topicFor(
  stack: Stack,
  target: TopicTarget,
  facts: Facts,
): HandedDown | { readonly because: string } {
  if (target.topicArn !== undefined) return { value: target.topicArn, needs: [] };
  const used = topicInUse(stack, facts);
  if (used !== undefined) return { value: used, needs: [] };
  const { root } = facts.tree;
  const rootTopic = topicInUse(root, facts);
  if (rootTopic === undefined && target.emails.length === 0) {
    return {
      because: 'nobody would be told: set remediations.cloudwatch-alarms.emails or .topicArn',
    };
  }
  const definition = { Type: 'String', Description: 'ARN of the topic that alarms are sent to' };
  return handDown(stack, 'AlarmTopicArn', definition, () =>
    rootTopic === undefined ? newTopic(root, target, facts) : { value: rootTopic, needs: [] },
  );
}

/** The topic the alarms of a template are sent to already. */
function topicInUse(stack: Stack, facts: Facts): Value | undefined {
  const actions = facts
    .resources('AWS::CloudWatch::Alarm')
    .filter((alarm) => alarm.stack === stack)
    .flatMap((alarm) => {
      const listed = alarm.expression('AlarmActions');
      return isList(listed) ? listed : [];
    });
  return actions[0];
}

function newTopic(root: Stack, { emails }: TopicTarget, facts: Facts): HandedDown {
  const logicalId = facts.freeId(root, 'AlarmTopic');
  const key = facts.encryptionKey(root);
  const own = 'because' in key ? undefined : key;
  const body = {
    Type: 'AWS::SNS::Topic',
    Properties: {
      ...(own !== undefined && { KmsMasterKeyId: own.arn }),
      Subscription: emails.map((address) => ({ Protocol: 'email', Endpoint: address })),
    },
  };
  const needs: Need[] = [{ kind: 'resource', logicalId, body, in: root }];
  if (own !== undefined) needs.push(...own.needs, ...alarmsMayUse(own, facts));
  return { value: { Ref: logicalId }, needs };
}

/** CloudWatch needs the key of a topic it sends to; the key AWS manages cannot be opened to it. */
export function alarmsMayUse({ resource }: Pick<EncryptionKey, 'resource'>, facts: Facts): readonly Need[] {
  const key = resource && facts.resource(resource.stack, resource.logicalId);
  const policy = key?.expression('KeyPolicy', 'Statement');
  if (resource === undefined || policy === undefined) return [];
  if (JSON.stringify(policy).includes('cloudwatch.amazonaws.com')) return [];
  return [
    {
      kind: 'statement',
      in: resource.stack,
      logicalId: resource.logicalId,
      path: ['Properties', 'KeyPolicy', 'Statement'],
      statement: {
        Sid: 'AllowCloudWatchAlarms',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:GenerateDataKey*', 'kms:Decrypt'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    },
  ];
}

/** Whether somebody hears what a topic of the templates is told. */
export function hasSubscription(topic: ResourceView, facts: Facts): boolean {
  const own = topic.expression('Subscription');
  if (isList(own) && own.length > 0) return true;
  return facts
    .resources('AWS::SNS::Subscription')
    .some((subscription) =>
      subscription
        .read('TopicArn')
        .some(
          ({ outcome }) =>
            outcome.kind === 'resource' &&
            outcome.stack === topic.stack &&
            outcome.logicalId === topic.logicalId,
        ),
    );
}
