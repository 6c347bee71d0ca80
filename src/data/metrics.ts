import extracted from './metrics.json' with { type: 'json' };

interface NamespaceMetrics {
  readonly dimensions: readonly (readonly string[])[];
  readonly metrics: Readonly<Record<string, readonly number[]>>;
}

/**
 * Metrics the schemas lack. A namespace listed here is taken to be complete: what is neither here nor in the schemas
 * does not exist, as far as the services' documentation says. Of any other one nobody can tell.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 * @source https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
 * @source https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * @source https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 * @source https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 * @source https://docs.aws.amazon.com/codebuild/latest/userguide/cloudwatch_metrics-codebuild.html
 */
const further: Readonly<Record<string, readonly string[]>> = {
  'AWS/ApiGateway': [],
  'AWS/CodeBuild': [
    ...[
      'BuildDuration',
      'DownloadSourceDuration',
      'FinalizingDuration',
      'InstallDuration',
      'PostBuildDuration',
    ],
    ...['PreBuildDuration', 'ProvisioningDuration', 'QueuedDuration', 'SubmittedDuration'],
    ...['UploadArtifactsDuration', 'CPUUtilized', 'CPUUtilizedPercent', 'MemoryUtilized'],
    ...['MemoryUtilizedPercent', 'StorageReadBytes', 'StorageWriteBytes'],
  ],
  'AWS/DynamoDB': [
    ...['AccountProvisionedReadCapacityUtilization', 'AccountProvisionedWriteCapacityUtilization'],
    ...['FailedToReplicateRecordCount', 'FaultInjectionServiceInducedErrors', 'OnDemandMaxReadRequestUnits'],
    ...[
      'OnDemandMaxWriteRequestUnits',
      'ReadAccountLimitThrottleEvents',
      'ReadKeyRangeThroughputThrottleEvents',
    ],
    ...['ReadMaxOnDemandThroughputThrottleEvents', 'ReadProvisionedThroughputThrottleEvents', 'UserErrors'],
    ...['WriteAccountLimitThrottleEvents', 'WriteKeyRangeThroughputThrottleEvents'],
    ...['WriteMaxOnDemandThroughputThrottleEvents', 'WriteProvisionedThroughputThrottleEvents'],
    ...['AccountMaxReads', 'AccountMaxTableLevelReads', 'AccountMaxTableLevelWrites', 'AccountMaxWrites'],
    ...['MaxProvisionedTableReadCapacityUtilization', 'MaxProvisionedTableWriteCapacityUtilization'],
  ],
  'AWS/Lambda': [
    ...['AsyncEventAge', 'AsyncEventsDropped', 'AsyncEventsReceived', 'ClaimedAccountConcurrency'],
    ...['DeletedEventCount', 'DroppedEventCount', 'FailedInvokeEventCount', 'FilteredOutEventCount'],
    ...['InvokedEventCount', 'OffsetLag', 'OnFailureDestinationDeliveredEventCount', 'OversizedRecordCount'],
    ...['PolledEventCount', 'ProvisionedPollers', 'RecursiveInvocationsDropped', 'SignatureValidationErrors'],
    ...['CPUUtilization', 'MemoryUtilization', 'ExecutionEnvironmentConcurrency'],
    ...['ExecutionEnvironmentConcurrencyLimit', 'ExecutionEnvironmentConcurrencyUtilization'],
  ],
  'AWS/SNS': [
    ...['NumberOfNotificationsFilteredOut', 'NumberOfNotificationsFilteredOut-InvalidAttributes'],
    ...[
      'NumberOfNotificationsFilteredOut-InvalidMessageBody',
      'NumberOfNotificationsFilteredOut-MessageAttributes',
    ],
    ...[
      'NumberOfNotificationsFilteredOut-MessageBody',
      'NumberOfNotificationsFilteredOut-NoMessageAttributes',
    ],
    ...['NumberOfNotificationsFailedToRedriveToDlq', 'NumberOfNotificationsRedrivenToDlq'],
  ],
  'AWS/SQS': ['ApproximateNumberOfGroupsWithInflightMessages', 'NumberOfDeduplicatedSentMessages'],
  'AWS/States': [
    ...['ApproximateMapRunBacklogSize', 'ApproximateOpenMapRunCount', 'ConsumedCapacity'],
    ...['ExpressExecutionBilledDuration', 'ExpressExecutionBilledMemory', 'ExpressExecutionMemory'],
    ...['LambdaFunctionRunTime', 'LambdaFunctionScheduleTime', 'LambdaFunctionTime', 'LambdaFunctionsFailed'],
    ...['LambdaFunctionsScheduled', 'LambdaFunctionsStarted', 'LambdaFunctionsSucceeded'],
    ...['LambdaFunctionsTimedOut', 'OpenExecutionCount', 'OpenExecutionLimit', 'OpenMapRunLimit'],
    ...['ProvisionedBucketSize', 'ProvisionedRefillRate', 'RedrivenExecutions'],
    ...['ServiceIntegrationRunTime', 'ServiceIntegrationScheduleTime', 'ServiceIntegrationTime'],
    ...['ServiceIntegrationsFailed', 'ServiceIntegrationsScheduled', 'ServiceIntegrationsStarted'],
    ...['ServiceIntegrationsSucceeded', 'ServiceIntegrationsTimedOut', 'ThrottledEvents'],
  ],
};

const namespaces: Readonly<Record<string, NamespaceMetrics>> = extracted;

/**
 * Sets of dimensions the schemas lack, by namespace and the set they stand beside: rules of a bus other than the default
 * one publish by both names, pipelines by their own name as well.
 * @source https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
 * @source https://docs.aws.amazon.com/codepipeline/latest/userguide/metrics-dimensions.html
 */
const furtherDimensions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'AWS/CodePipeline': { '': ['PipelineName'] },
  'AWS/Events': { RuleName: ['EventBusName', 'RuleName'] },
};

/** What services are called that have another name for their metrics. */
const otherNames: Readonly<Record<string, string>> = {
  'aws/apigatewayv2': 'AWS/ApiGateway',
  'aws/eventbridge': 'AWS/Events',
  'aws/opensearch': 'AWS/ES',
  'aws/opensearchservice': 'AWS/ES',
  'aws/sfn': 'AWS/States',
  'aws/stepfunctions': 'AWS/States',
};

export type MetricFact =
  /** By the sets of dimensions that metrics of this name are published by; none where nobody can tell. */
  | { readonly kind: 'known'; readonly dimensions: readonly (readonly string[])[] }
  /** There is no such metric; `meant` is the only one it can be a misspelling of. */
  | { readonly kind: 'missing'; readonly meant: string | undefined }
  | { readonly kind: 'unknown' };

/** What is known of a metric by the name it is asked for. Names count letter by letter, as they do for CloudWatch. */
export function metricFact(namespace: string, metric: string): MetricFact {
  const known = Object.hasOwn(namespaces, namespace) ? namespaces[namespace] : undefined;
  if (known === undefined) return { kind: 'unknown' };
  const sets = Object.hasOwn(known.metrics, metric) ? known.metrics[metric] : undefined;
  if (sets !== undefined) {
    const listed = sets.map((index) => known.dimensions[index] ?? []);
    const more = listed.flatMap((names) => {
      const set = furtherDimensions[namespace]?.[names.join(' ')];
      return set === undefined ? [] : [set];
    });
    return { kind: 'known', dimensions: [...listed, ...more] };
  }
  const others = further[namespace];
  if (others?.includes(metric)) return { kind: 'known', dimensions: [] };
  const wanted = essence(metric);
  const names = [...Object.keys(known.metrics), ...(others ?? [])];
  const similar = names.filter((name) => essence(name) === wanted);
  const meant = similar.length === 1 ? similar[0] : undefined;
  return meant === undefined && others === undefined ? { kind: 'unknown' } : { kind: 'missing', meant };
}

/** The namespace of AWS that a text can only be a misspelling of; `undefined` for one that is right, or not AWS's. */
export function namespaceMeant(namespace: string): string | undefined {
  if (Object.hasOwn(namespaces, namespace)) return undefined;
  const lower = namespace.toLowerCase();
  return otherNames[lower] ?? Object.keys(namespaces).find((name) => name.toLowerCase() === lower);
}

/** A name without what people get wrong: capitals, the `Count` at its end, the plural. */
function essence(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/(?:count|total|sum|number)$/, '')
    .replaceAll(/s(?=$|timed|failed|started|succeeded|scheduled|aborted|throttled)/g, '');
}
