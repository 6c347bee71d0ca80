import { isList, isMap, type Value, type ValueMap } from '../../../src/remediation.js';

const publisher = 'cloudwatch.amazonaws.com';

/**
 * What the key of a topic has to say for CloudWatch. The key AWS manages cannot say it.
 * @source https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
export const keyStatement: ValueMap = {
  Sid: 'AllowCloudWatchAlarms',
  Effect: 'Allow',
  Principal: { Service: publisher },
  Action: ['kms:GenerateDataKey*', 'kms:Decrypt'],
  Resource: '*',
  Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
};

/**
 * What the policy of a topic has to say for CloudWatch, where the topic has one of its own.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export function topicStatement(topic: string): ValueMap {
  return {
    Sid: 'AllowCloudWatchAlarms',
    Effect: 'Allow',
    Principal: { Service: publisher },
    Action: 'sns:Publish',
    Resource: { Ref: topic },
    Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  };
}

const needed = { kms: ['kms:decrypt', 'kms:generatedatakey'], sns: ['sns:publish'] } as const;

/** Whether statements let CloudWatch do what it has to: with a key, or with a topic. */
export function admitsCloudWatch(statements: Value, service: keyof typeof needed): boolean {
  const allowing = listOf(statements).filter(
    (statement): statement is ValueMap =>
      isMap(statement) && statement.Effect === 'Allow' && principals(statement.Principal, service),
  );
  return needed[service].every((action) =>
    allowing.some((statement) => listOf(statement.Action ?? null).some((allowed) => covers(allowed, action))),
  );
}

/** The service, or everybody; the account's own principals publish for CloudWatch as long as nothing else is said. */
function principals(principal: Value | undefined, service: keyof typeof needed): boolean {
  if (principal === '*') return true;
  if (!isMap(principal)) return false;
  const { Service: services = null, AWS: accounts = null } = principal;
  const isOpen = service === 'sns' && listOf(accounts).some((account) => account === '*');
  return isOpen || listOf(services).some((each) => each === publisher);
}

function covers(allowed: Value, action: string): boolean {
  if (typeof allowed !== 'string') return false;
  const pattern = allowed.toLowerCase();
  return pattern.endsWith('*')
    ? action.startsWith(pattern.slice(0, -1).slice(0, action.length))
    : pattern === action;
}

function listOf(value: Value): readonly Value[] {
  return isList(value) ? value : [value];
}
