import type { ResourceView, Value } from '../../src/remediation.js';

/** One metric somebody should be told about. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly metric: string;
  readonly statistic: 'Sum' | 'Maximum' | 'Average';
  readonly dimensions: readonly { readonly Name: string; readonly Value: Value }[];
  readonly threshold: number;
  /** Periods of which the metric has to be at its threshold in `alarming`. */
  readonly periods: number;
  readonly alarming: number;
  /** What the logical id of the alarm ends with. */
  readonly suffix: string;
  readonly description: string;
}

export interface Thresholds {
  readonly functionErrors: number;
  readonly functionThrottles: number;
  readonly oldestMessageSeconds: number;
}

type Rule = Omit<WatchedMetric, 'dimensions' | 'namespace' | 'periods' | 'alarming'> & {
  readonly periods?: number;
  readonly alarming?: number;
};

interface Subject {
  readonly namespace: string;
  readonly dimension: string;
  /** The attribute whose value the dimension has; `Ref` without it. */
  readonly attribute?: string;
  rules(thresholds: Thresholds, view: ResourceView, isDeadLetterQueue: boolean): readonly Rule[];
}

const count = (metric: string, suffix: string, description: string, threshold = 1): Rule => ({
  metric,
  statistic: 'Sum',
  threshold,
  suffix,
  description,
});

const lambda: Subject = {
  namespace: 'AWS/Lambda',
  dimension: 'FunctionName',
  rules: ({ functionErrors, functionThrottles }) => [
    count('Errors', 'ErrorsAlarm', 'it fails', functionErrors),
    {
      ...count('Throttles', 'ThrottlesAlarm', 'it is throttled', functionThrottles),
      periods: 5,
      alarming: 3,
    },
  ],
};

const stateMachine: Subject = {
  namespace: 'AWS/States',
  dimension: 'StateMachineArn',
  rules: () => [
    count('ExecutionsFailed', 'FailedAlarm', 'executions fail'),
    count('ExecutionsTimedOut', 'TimedOutAlarm', 'executions time out'),
  ],
};

const table: Subject = {
  namespace: 'AWS/DynamoDB',
  dimension: 'TableName',
  rules: () => [
    count('ReadThrottleEvents', 'ReadThrottlesAlarm', 'reads are throttled'),
    count('WriteThrottleEvents', 'WriteThrottlesAlarm', 'writes are throttled'),
  ],
};

const httpApi: Subject = {
  namespace: 'AWS/ApiGateway',
  dimension: 'ApiId',
  rules: () => [count('5xx', 'ServerErrorsAlarm', 'it answers with errors of its own')],
};

/**
 * What is watched, by type. Names of metrics and dimensions as the services document them.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
 */
export const subjects: Readonly<Record<string, Subject>> = {
  'AWS::Lambda::Function': lambda,
  'AWS::Serverless::Function': lambda,
  'AWS::SQS::Queue': {
    namespace: 'AWS/SQS',
    dimension: 'QueueName',
    attribute: 'QueueName',
    rules: ({ oldestMessageSeconds }, _view, isDeadLetterQueue) => [
      isDeadLetterQueue
        ? {
            metric: 'ApproximateNumberOfMessagesVisible',
            statistic: 'Maximum',
            threshold: 1,
            suffix: 'DepthAlarm',
            description: 'a failed message waits in it',
          }
        : {
            metric: 'ApproximateAgeOfOldestMessage',
            statistic: 'Maximum',
            threshold: oldestMessageSeconds,
            suffix: 'AgeAlarm',
            description: 'messages wait too long',
          },
    ],
  },
  'AWS::StepFunctions::StateMachine': stateMachine,
  'AWS::Serverless::StateMachine': stateMachine,
  'AWS::DynamoDB::Table': table,
  'AWS::Serverless::SimpleTable': table,
  'AWS::Serverless::HttpApi': httpApi,
  'AWS::ApiGatewayV2::Api': httpApi,
  'AWS::AppSync::GraphQLApi': {
    namespace: 'AWS/AppSync',
    dimension: 'GraphQLAPIId',
    attribute: 'ApiId',
    rules: () => [count('5XXError', 'ServerErrorsAlarm', 'it answers with errors of its own')],
  },
};

export function watchedMetrics(
  view: ResourceView,
  thresholds: Thresholds,
  isDeadLetterQueue: boolean,
): readonly WatchedMetric[] {
  const subject = subjects[view.type];
  if (subject === undefined) return [];
  const { namespace, dimension, attribute } = subject;
  const value: Value =
    attribute === undefined ? { Ref: view.logicalId } : { 'Fn::GetAtt': [view.logicalId, attribute] };
  return subject.rules(thresholds, view, isDeadLetterQueue).map((rule) => ({
    periods: 1,
    alarming: 1,
    ...rule,
    namespace,
    dimensions: [{ Name: dimension, Value: value }],
  }));
}

/** Metrics by namespace, for alarms that name one nobody publishes. */
export const knownMetrics: Readonly<Record<string, readonly string[]>> = {
  'AWS/Lambda': [
    ...[
      'AsyncEventAge',
      'AsyncEventsDropped',
      'AsyncEventsReceived',
      'ClaimedAccountConcurrency',
      'ConcurrentExecutions',
    ],
    ...[
      'DeadLetterErrors',
      'DestinationDeliveryFailures',
      'Duration',
      'Errors',
      'Invocations',
      'IteratorAge',
      'OffsetLag',
    ],
    ...['PolledEventCount', 'PostRuntimeExtensionsDuration', 'ProvisionedConcurrencyInvocations'],
    ...[
      'ProvisionedConcurrencySpilloverInvocations',
      'ProvisionedConcurrencyUtilization',
      'ProvisionedConcurrentExecutions',
    ],
    ...[
      'RecursiveInvocationsDropped',
      'SignatureValidationErrors',
      'Throttles',
      'UnreservedConcurrentExecutions',
    ],
  ],
  'AWS/States': [
    ...[
      'ActivitiesFailed',
      'ActivitiesHeartbeatTimedOut',
      'ActivitiesScheduled',
      'ActivitiesStarted',
      'ActivitiesSucceeded',
    ],
    ...['ActivitiesTimedOut', 'ActivityRunTime', 'ActivityScheduleTime', 'ActivityTime', 'ConsumedCapacity'],
    ...['ExecutionThrottled', 'ExecutionTime', 'ExecutionsAborted', 'ExecutionsFailed', 'ExecutionsStarted'],
    ...[
      'ExecutionsSucceeded',
      'ExecutionsTimedOut',
      'ExpressExecutionBilledDuration',
      'ExpressExecutionBilledMemory',
    ],
    ...[
      'ExpressExecutionMemory',
      'LambdaFunctionRunTime',
      'LambdaFunctionScheduleTime',
      'LambdaFunctionTime',
    ],
    ...[
      'LambdaFunctionsFailed',
      'LambdaFunctionsScheduled',
      'LambdaFunctionsStarted',
      'LambdaFunctionsSucceeded',
    ],
    ...['LambdaFunctionsTimedOut', 'OpenExecutionCount', 'OpenExecutionLimit', 'ProvisionedBucketSize'],
    ...[
      'ProvisionedRefillRate',
      'RedrivenExecutions',
      'ServiceIntegrationRunTime',
      'ServiceIntegrationScheduleTime',
    ],
    ...[
      'ServiceIntegrationTime',
      'ServiceIntegrationsFailed',
      'ServiceIntegrationsScheduled',
      'ServiceIntegrationsStarted',
    ],
    ...['ServiceIntegrationsSucceeded', 'ServiceIntegrationsTimedOut', 'ThrottledEvents'],
  ],
  'AWS/SQS': [
    ...['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfGroupsWithInflightMessages'],
    ...[
      'ApproximateNumberOfMessagesDelayed',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesVisible',
    ],
    ...[
      'NumberOfDeduplicatedSentMessages',
      'NumberOfEmptyReceives',
      'NumberOfMessagesDeleted',
      'NumberOfMessagesReceived',
    ],
    ...['NumberOfMessagesSent', 'SentMessageSize'],
  ],
};
