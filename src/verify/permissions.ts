import { partitionOf } from '../changeset/physical.js';
import { jsonText } from '../escape.js';

/** Every call of a verification; all of them read. */
const reads: readonly (readonly [sid: string, actions: readonly string[]])[] = [
  ['SayWhichAccount', ['iam:ListAccountAliases']],
  [
    'CheckAlarms',
    ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmHistory', 'cloudwatch:GetMetricData'],
  ],
  ['CheckTopics', ['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic']],
  ['CheckQueues', ['sqs:GetQueueAttributes']],
  [
    'CheckKeys',
    ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'cloudtrail:LookupEvents'],
  ],
  [
    'CheckFunctions',
    [
      'lambda:GetFunctionConfiguration',
      'lambda:GetFunctionConcurrency',
      'lambda:GetFunctionCodeSigningConfig',
      'lambda:GetCodeSigningConfig',
      'lambda:GetEventSourceMapping',
      'signer:GetSigningProfile',
    ],
  ],
  [
    'CheckLogGroups',
    ['logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:DescribeSubscriptionFilters'],
  ],
  ['CheckBudgets', ['budgets:ViewBudget']],
];

/**
 * The IAM policy of a verification, as JSON. What a stack has is only known in the account, and topics and keys may be
 * outside it, so everything but the stack is `*`.
 */
export function verifyPermissions(stack: string, region: string): string {
  const name = /:stack\/([^/]+)/.exec(stack)?.[1] ?? stack;
  const arn = (suffix: string) =>
    `arn:${partitionOf(region)}:cloudformation:${region}:*:stack/${name}${suffix}/*`;
  const statement = (Sid: string, Action: readonly string[], Resource: string | readonly string[]) => ({
    Sid,
    Effect: 'Allow',
    Action,
    Resource,
  });
  const policy = {
    Version: '2012-10-17',
    Statement: [
      statement(
        'ReadStack',
        ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate', 'cloudformation:ListStackResources'],
        [arn(''), arn('-*')],
      ),
      statement(
        'CheckExecutedChangeSet',
        ['cloudformation:DescribeChangeSet', 'cloudformation:DescribeStackEvents'],
        [arn(''), arn('-*')],
      ),
      ...reads.map(([sid, actions]) => statement(sid, actions, '*')),
    ],
  };
  return `${jsonText(policy)}\n`;
}
