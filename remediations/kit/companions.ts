import type { Need, Stack, Value, ValueMap } from '../../src/remediation.js';

/** What units bring along, as declarations: each is a resource under the condition of what it is for. */
interface Companion {
  readonly logicalId: string;
  /** The template it goes into, where that is not the one of the finding. */
  readonly in?: Stack;
  /** Condition of what it is for. */
  readonly condition?: string | undefined;
}

function companion(
  { logicalId, condition, in: stack }: Companion,
  type: string,
  properties: ValueMap,
  attributes: ValueMap = {},
): Need {
  return {
    kind: 'resource',
    logicalId,
    body: {
      Type: type,
      ...(condition !== undefined && { Condition: condition }),
      ...attributes,
      Properties: properties,
    },
    ...(stack !== undefined && { in: stack }),
  };
}

/** A log group whose name CloudFormation makes. */
export function logGroup(place: Companion, properties: ValueMap): Need {
  return companion(place, 'AWS::Logs::LogGroup', properties);
}

const secondsPerDay = 86_400;

/** A queue that outlives the stack with what is in it. @param key its ARN; `undefined` for the key Amazon SQS manages */
export function keptQueue(place: Companion, key: Value | undefined, retentionDays: number): Need {
  const encryption: ValueMap = key === undefined ? { SqsManagedSseEnabled: true } : { KmsMasterKeyId: key };
  return companion(
    place,
    'AWS::SQS::Queue',
    { ...encryption, MessageRetentionPeriod: retentionDays * secondsPerDay },
    { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' },
  );
}

/** The one policy of a queue of its own: nothing reaches it unencrypted. */
export function encryptedTransport(place: Companion, queue: string): Need {
  const statement = {
    Sid: 'EnforceSSLOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  return companion(place, 'AWS::SQS::QueuePolicy', {
    Queues: [{ Ref: queue }],
    PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
  });
}

/** A topic and whom it tells. @param key its ARN; `undefined` for none */
export function emailTopic(place: Companion, key: Value | undefined, emails: readonly string[]): Need {
  return companion(place, 'AWS::SNS::Topic', {
    ...(key !== undefined && { KmsMasterKeyId: key }),
    Subscription: emails.map((address) => ({ Protocol: 'email', Endpoint: address })),
  });
}

/** One more address that a topic of the template tells. */
export function emailSubscription(place: Companion, topic: string, address: string): Need {
  return companion(place, 'AWS::SNS::Subscription', {
    TopicArn: { Ref: topic },
    Protocol: 'email',
    Endpoint: address,
  });
}
