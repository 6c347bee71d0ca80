import type { ResourceView } from '../../../src/remediation.js';
import { isClusterMember } from '../cluster-member.js';
import { largestAt } from '../values.js';
import { count, metricsBy, type Rule, type Rules, share, type Watch } from './rule.js';

/**
 * A queue for failures should be empty; any other one should be emptied before its messages are gone.
 * @source https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export function queueRules(view: ResourceView, watch: Watch): Rules {
  const metric = metricsBy('AWS/SQS', [
    { Name: 'QueueName', Value: { 'Fn::GetAtt': [view.logicalId, 'QueueName'] } },
  ]);
  if (watch.isForFailures(view)) {
    return [
      count(
        'DepthAlarm',
        'a failed message waits in it',
        metric('ApproximateNumberOfMessagesVisible', 'Maximum'),
      ),
    ];
  }
  const keptSeconds = largestAt(view, 'MessageRetentionPeriod');
  const wanted = watch.thresholds.oldestMessageSeconds;
  const threshold = keptSeconds === undefined ? wanted : Math.min(wanted, Math.floor(keptSeconds / 2));
  return [
    count(
      'AgeAlarm',
      'messages wait too long',
      metric('ApproximateAgeOfOldestMessage', 'Maximum'),
      threshold,
    ),
  ];
}

/** By operation, as `SystemErrors` and `ThrottledRequests` are published; an alarm computes with ten metrics at most. */
const operations = [
  ...['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan'],
  ...['TransactGetItems', 'TransactWriteItems', 'UpdateItem'],
];

/** @source https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html */
export function tableRules(view: ResourceView): Rules {
  const table = { Name: 'TableName', Value: { Ref: view.logicalId } };
  const metric = metricsBy('AWS/DynamoDB', [table]);
  const byOperation = (name: string, suffix: string, description: string): Rule => ({
    suffix,
    description,
    metrics: operations.map((operation) =>
      metricsBy('AWS/DynamoDB', [table, { Name: 'Operation', Value: operation }])(name, 'Sum'),
    ),
    value: (...ids) => `SUM([${ids.join(', ')}])`,
    comparison: '>=',
    threshold: 1,
    timing: 'once',
  });
  return [
    count('ReadThrottlesAlarm', 'reads are throttled', metric('ReadThrottleEvents', 'Sum')),
    count('WriteThrottlesAlarm', 'writes are throttled', metric('WriteThrottleEvents', 'Sum')),
    byOperation('SystemErrors', 'SystemErrorsAlarm', 'DynamoDB itself fails'),
    byOperation('ThrottledRequests', 'ThrottledRequestsAlarm', 'requests are throttled'),
  ];
}

const bytesPerGibibyte = 1024 ** 3;

/** @source https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html */
export function databaseRules(view: ResourceView, { thresholds }: Watch): Rules {
  const metric = metricsBy('AWS/RDS', [{ Name: 'DBInstanceIdentifier', Value: { Ref: view.logicalId } }]);
  const gibibytes = largestAt(view, 'AllocatedStorage');
  return [
    busy(
      'CpuAlarm',
      'its processors are nearly all busy',
      metric('CPUUtilization', 'Average'),
      thresholds.utilizationPercent,
    ),
    // A member of a cluster stores nothing itself.
    ...(gibibytes === undefined || isClusterMember(view)
      ? []
      : [
          {
            suffix: 'StorageAlarm',
            description: `little is left of its ${gibibytes} GiB`,
            metrics: [metric('FreeStorageSpace', 'Minimum')],
            comparison: '<',
            threshold: share(thresholds.freeStoragePercent, gibibytes * bytesPerGibibyte),
            timing: 'once',
            alwaysComes: true,
          } satisfies Rule,
        ]),
  ];
}

/** @source https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cloudwatch-alarms.html */
export function searchRules(view: ResourceView): Rules {
  const metric = metricsBy('AWS/ES', [
    { Name: 'DomainName', Value: { Ref: view.logicalId } },
    { Name: 'ClientId', Value: { Ref: 'AWS::AccountId' } },
  ]);
  return [
    count(
      'RedAlarm',
      'a primary shard is on no node, and data is out of reach',
      metric('ClusterStatus.red', 'Maximum'),
    ),
    count('WritesBlockedAlarm', 'it takes no writes', metric('ClusterIndexWritesBlocked', 'Maximum')),
  ];
}

/** A share of what there is, over a while. */
export function busy(
  suffix: string,
  description: string,
  metric: ReturnType<ReturnType<typeof metricsBy>>,
  threshold: number,
): Rule {
  return {
    suffix,
    description,
    metrics: [metric],
    comparison: '>',
    threshold,
    timing: 'sustained',
    alwaysComes: true,
  };
}
