import { isMap, type ResourceView, type Stack, type Value } from '../../../src/remediation.js';
import { functionTypes, isClusterMember, isGiven, isOfFunction, largestAt, wholeNumber } from '../values.js';
import { count, failureRate, metricsBy, type Rule, type Rules, share, type Watch } from './rule.js';

/** Seconds, where nobody says anything else: Lambda's own and that of SAM are the same. */
const defaultTimeoutSeconds = 3;

/**
 * @source https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function functionRules(view: ResourceView, watch: Watch): Rules {
  const { facts, thresholds } = watch;
  if (facts.functionKind(view).isEdge)
    return { because: 'it runs at the edge, and its metrics lie in other Regions' };
  const metric = metricsBy('AWS/Lambda', [{ Name: 'FunctionName', Value: { Ref: view.logicalId } }]);
  return [
    errors(view, watch, metric),
    {
      ...count('ThrottlesAlarm', 'it is throttled', metric('Throttles', 'Sum'), thresholds.functionThrottles),
      timing: 'sustained',
    },
    ...limited(view, watch, metric),
    ...(hasDeadLetterQueue(view)
      ? [
          count(
            'DeadLetterErrorsAlarm',
            'its failed events are lost, because they do not reach the queue for them',
            metric('DeadLetterErrors', 'Sum'),
          ),
        ]
      : []),
    ...(hasFailureDestination(view, watch)
      ? [
          count(
            'DestinationFailuresAlarm',
            'its failed events are lost, because they do not reach their destination',
            metric('DestinationDeliveryFailures', 'Sum'),
          ),
        ]
      : []),
    ...generatedApiRules(view, watch),
  ];
}

type MetricOf = ReturnType<typeof metricsBy>;

/** Where much happens a share of it counts; where little happens, every failure. */
function errors(view: ResourceView, { facts, thresholds }: Watch, metric: MetricOf): Rule {
  const type = facts.functionClass(view.stack, view.logicalId)?.type;
  const isBusy = type === 'high-volume' || type === 'api-handler';
  if (!isBusy) return count('ErrorsAlarm', 'it fails', metric('Errors', 'Sum'), thresholds.functionErrors);
  return failureRate(
    {
      suffix: 'ErrorsAlarm',
      description: 'too many of its calls fail',
      threshold: thresholds.functionErrorPercent,
    },
    metric('Invocations', 'Sum'),
    [metric('Errors', 'Sum')],
    thresholds.rateFromRequests,
  );
}

/** What comes close to a limit the template sets: time and executions at once. */
function limited(view: ResourceView, { thresholds }: Watch, metric: MetricOf): readonly Rule[] {
  const seconds = smallestAt(view, 'Timeout', defaultTimeoutSeconds);
  const executions = smallestAt(view, 'ReservedConcurrentExecutions', undefined);
  const rules: Rule[] = [];
  if (seconds !== undefined && seconds > 0) {
    rules.push({
      suffix: 'DurationAlarm',
      description: `it takes nearly as long as its timeout of ${seconds} s lets it`,
      metrics: [metric('Duration', 'Maximum')],
      comparison: '>',
      threshold: share(thresholds.functionDurationPercent, seconds * 1000),
      timing: 'sustained',
    });
  }
  if (executions !== undefined && executions > 0) {
    rules.push({
      suffix: 'ConcurrencyAlarm',
      description: `it nearly uses up the ${executions} executions reserved for it`,
      metrics: [metric('ConcurrentExecutions', 'Maximum')],
      comparison: '>',
      threshold: share(thresholds.concurrencyPercent, executions),
      timing: 'sustained',
    });
  }
  return rules;
}

/** The smallest number in any branch; `undefined` where one of them is not known, or the property is not there. */
function smallestAt(
  view: ResourceView,
  property: string,
  whenAbsent: number | undefined,
): number | undefined {
  const numbers = view
    .read(property)
    .map(({ outcome }) => (outcome.kind === 'absent' ? whenAbsent : wholeNumber(outcome)));
  const known = numbers.filter((number) => number !== undefined);
  return known.length === numbers.length ? Math.min(...known) : undefined;
}

function hasDeadLetterQueue(view: ResourceView): boolean {
  return isGiven(view, 'DeadLetterConfig', 'TargetArn') || isGiven(view, 'DeadLetterQueue', 'TargetArn');
}

function hasFailureDestination(view: ResourceView, { facts }: Watch): boolean {
  const onFailure = ['DestinationConfig', 'OnFailure'];
  if (isGiven(view, 'EventInvokeConfig', ...onFailure)) return true;
  return facts
    .usersOf(view, 'AWS::Lambda::EventInvokeConfig')
    .some(
      (config) => config.stack === view.stack && isOfFunction(config, view) && isGiven(config, ...onFailure),
    );
}

const namespace = 'AWS/ApiGateway';

/**
 * An API of the REST kind is told by its name, over all stages.
 * @source https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 */
export function restApiRules(view: ResourceView, watch: Watch): Rules {
  const name = restApiName(view);
  if (name === undefined) {
    return {
      because: 'metrics tell APIs by their names, and its name stands in a file outside the template',
    };
  }
  return [restRule(name, 'ServerErrorsAlarm', watch)];
}

/** Its own name, or the title of its definition; SAM takes the name of the stack where it writes the definition. */
function restApiName(view: ResourceView): Value | undefined {
  const name = view.expression('Name');
  if (name !== undefined) return name;
  const isServerless = view.type === 'AWS::Serverless::Api';
  const title = view.expression(isServerless ? 'DefinitionBody' : 'Body', 'info', 'title');
  if (title !== undefined) return title;
  const isWritten = isServerless && ['DefinitionBody', 'DefinitionUri'].every((key) => !isGiven(view, key));
  return isWritten ? { Ref: 'AWS::StackName' } : undefined;
}

function restRule(name: Value, suffix: string, { thresholds }: Watch): Rule {
  const metric = metricsBy(namespace, [{ Name: 'ApiName', Value: name }]);
  return failureRate(
    {
      suffix,
      description: 'too many of its answers are errors of its own',
      threshold: thresholds.apiErrorPercent,
    },
    metric('Count', 'Sum'),
    [metric('5XXError', 'Sum')],
    thresholds.rateFromRequests,
  );
}

/** APIs of the HTTP kind, and those that keep connections open. */
export function httpApiRules(view: ResourceView, watch: Watch): Rules {
  const isSocket =
    view.type === 'AWS::Serverless::WebSocketApi' ||
    view
      .read('ProtocolType')
      .some(({ outcome }) => outcome.kind === 'value' && outcome.value === 'WEBSOCKET');
  if (!isSocket) return [httpRule(view.logicalId, 'ServerErrorsAlarm', watch)];
  const metric = metricsBy(namespace, [{ Name: 'ApiId', Value: { Ref: view.logicalId } }]);
  return [
    count('ExecutionErrorsAlarm', 'messages fail in it', metric('ExecutionError', 'Sum')),
    count('IntegrationErrorsAlarm', 'what it calls answers with errors', metric('IntegrationError', 'Sum')),
  ];
}

function httpRule(logicalId: string, suffix: string, { thresholds }: Watch): Rule {
  const metric = metricsBy(namespace, [{ Name: 'ApiId', Value: { Ref: logicalId } }]);
  return failureRate(
    {
      suffix,
      description: 'too many of its answers are errors of its own',
      threshold: thresholds.apiErrorPercent,
    },
    metric('Count', 'Sum'),
    [metric('5xx', 'Sum')],
    thresholds.rateFromRequests,
  );
}

/** `AWS/AppSync` tells APIs by an id that `Ref` does not give. */
export function graphqlApiRules(view: ResourceView): Rules {
  const metric = metricsBy('AWS/AppSync', [
    { Name: 'GraphQLAPIId', Value: { 'Fn::GetAtt': [view.logicalId, 'ApiId'] } },
  ]);
  return [count('ServerErrorsAlarm', 'it answers with errors of its own', metric('5XXError', 'Sum'))];
}

/** The kinds of events SAM makes an API for where none is named, and what names one. */
const generated = [
  { event: 'Api', names: 'RestApiId', logicalId: 'ServerlessRestApi' },
  { event: 'HttpApi', names: 'ApiId', logicalId: 'ServerlessHttpApi' },
] as const;

/**
 * The API that SAM makes for functions that name none stands nowhere in the template: the first of them has its alarms.
 * SAM makes it only under a condition where all of them have one; then nobody knows its name, and it is left out.
 * @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
 */
function generatedApiRules(view: ResourceView, watch: Watch): readonly Rule[] {
  if (view.type !== functionTypes[1]) return [];
  return generated.flatMap(({ event, names, logicalId }) => {
    const users = usersOf(view.stack, event, names, watch);
    const isFirst = users[0]?.logicalId === view.logicalId;
    if (!isFirst || users.some(({ condition }) => condition !== view.condition)) return [];
    return event === 'Api'
      ? [{ ...restRule({ Ref: 'AWS::StackName' }, 'ApiServerErrorsAlarm', watch), description: apiOf(view) }]
      : [{ ...httpRule(logicalId, 'HttpApiServerErrorsAlarm', watch), description: apiOf(view) }];
  });
}

function apiOf({ logicalId }: ResourceView): string {
  return `too many answers of the API that calls ${logicalId} are errors of its own`;
}

function usersOf(stack: Stack, event: string, names: string, { facts }: Watch): readonly ResourceView[] {
  return facts.resources(functionTypes[1]).filter((each) => {
    const events = each.expression('Events');
    return (
      each.stack === stack &&
      Object.values(isMap(events) ? events : {}).some(
        (source) =>
          isMap(source) &&
          source.Type === event &&
          !(isMap(source.Properties) && Object.hasOwn(source.Properties, names)),
      )
    );
  });
}

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
