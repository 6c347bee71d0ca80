import { isMap, type ResourceView, type Stack, type Value } from '../../../src/remediation.js';
import {
  functionTypes,
  isClusterMember,
  isGiven,
  isOfFunction,
  largestAt,
  largestOfAll,
  oncePerRun,
  smallestAt,
  smallestOfAll,
} from '../values.js';
import {
  count,
  countOfAll,
  failureRate,
  filled,
  metricsBy,
  type Query,
  type Rule,
  type Rules,
  share,
  type Watch,
} from './rule.js';
import { scheduleRules } from './schedules.js';

/** Seconds, where nobody says anything else: Lambda's own and that of SAM are the same. */
const defaultTimeoutSeconds = 3;

/** The longest a call can take, for functions of which nobody can tell. */
const longestTimeoutSeconds = 900;

const millisecondsPerSecond = 1000;

/**
 * Lambda stamps what it counts with the time a call began, and knows it once the call is over.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function functionRules(view: ResourceView, watch: Watch): Rules {
  const { facts } = watch;
  if (facts.functionKind(view).isEdge)
    return { because: 'it runs at the edge, and its metrics are in other Regions', isNoMatter: true };
  const metric = metricsBy(lambda, [{ Name: 'FunctionName', Value: { Ref: view.logicalId } }]);
  const always = [
    errors(view, watch, metric),
    ...losses(view, watch, metric),
    ...generatedApiRules(view, watch),
    ...scheduleRules(view, watch),
  ];
  // CloudFormation waits for the answer and tells who deploys.
  if (isCalledByDeploymentsOnly(view, watch)) return always;
  return [
    ...always,
    throttles(watch, metric),
    ...limited(view, watch, metric),
    ...streams(view, watch, metric),
  ];
}

const lambda = 'AWS/Lambda';
type MetricOf = ReturnType<typeof metricsBy>;

function isCalledByDeploymentsOnly({ stack, logicalId }: ResourceView, { facts }: Watch): boolean {
  const triggers = facts.functionClass(stack, logicalId)?.triggers ?? [];
  return triggers.length > 0 && triggers.every(({ source }) => source === 'custom-resource');
}

/** Calls of some functions are many, and users or services try again. */
function isBusy({ stack, logicalId }: ResourceView, { facts }: Watch): boolean {
  const type = facts.functionClass(stack, logicalId)?.type;
  return type === 'high-volume' || type === 'api-handler';
}

/** Where much happens a share of it counts; where little happens, every failure. */
function errors(view: ResourceView, watch: Watch, metric: MetricOf): Rule {
  const { functionErrors, functionErrorPercent, rateFromRequests } = watch.thresholds;
  const failed = metric('Errors', 'Sum');
  const common = {
    lateSeconds: timeoutOf(view),
    // A call counts 0 or 1, so the average is the share of calls that fail: 1 where the only one does.
    query: {
      ...queryFor(lambda, 'Errors', 'AVG'),
      comparison: '>',
      threshold: functionErrorPercent / 100,
      lateSeconds: longestTimeoutSeconds,
    },
  } as const;
  if (!isBusy(view, watch)) return { ...count('ErrorsAlarm', 'it fails', failed, functionErrors), ...common };
  return {
    suffix: 'ErrorsAlarm',
    description: 'too many of its calls fail',
    metrics: [failed],
    per: metric('Invocations', 'Sum'),
    value: (all = '', id = '') => {
      const errors = filled(id);
      return `IF(${all} >= ${rateFromRequests}, 100 * ${errors} / ${all}, IF(${errors} >= ${functionErrors}, 100, 0))`;
    },
    comparison: '>',
    threshold: functionErrorPercent,
    timing: 'once',
    ...common,
  };
}

/** Of a metric that functions publish by their name. */
function queryFor(namespace: string, name: string, select: Query['select']) {
  return { namespace, name, select, by: ['FunctionName'] } as const;
}

/** The largest in any branch, in seconds. */
function timeoutOf(view: ResourceView): number {
  return largestOfAll(view, ['Timeout'], defaultTimeoutSeconds) ?? longestTimeoutSeconds;
}

function throttles({ thresholds: { functionThrottles: threshold } }: Watch, metric: MetricOf): Rule {
  return {
    ...count('ThrottlesAlarm', 'it is throttled', metric('Throttles', 'Sum'), threshold),
    timing: 'sustained',
    query: { ...queryFor(lambda, 'Throttles', 'SUM'), comparison: '>=', threshold },
  };
}

/** Failed events that do not reach the place that is there for them. */
function losses(view: ResourceView, watch: Watch, metric: MetricOf): readonly Rule[] {
  const lost = (suffix: string, name: string, place: string): Rule => ({
    ...count(suffix, `its failed events are lost, because they do not reach ${place}`, metric(name, 'Sum')),
    query: { ...queryFor(lambda, name, 'SUM'), comparison: '>=', threshold: 1 },
  });
  return [
    ...(hasDeadLetterQueue(view)
      ? [lost('DeadLetterErrorsAlarm', 'DeadLetterErrors', 'the queue for them')]
      : []),
    ...(hasFailureDestination(view, watch)
      ? [lost('DestinationFailuresAlarm', 'DestinationDeliveryFailures', 'their destination')]
      : []),
  ];
}

/** A stream waits behind a record that fails, until the record expires. */
function streams(view: ResourceView, { facts, thresholds }: Watch, metric: MetricOf): readonly Rule[] {
  const triggers = facts.functionClass(view.stack, view.logicalId)?.triggers ?? [];
  if (!triggers.some(({ source }) => source === 'stream')) return [];
  const threshold = thresholds.oldestMessageSeconds * millisecondsPerSecond;
  return [
    {
      ...count(
        'IteratorAgeAlarm',
        'records of its stream wait too long',
        metric('IteratorAge', 'Maximum'),
        threshold,
      ),
      lateSeconds: timeoutOf(view),
      tellsRecovery: true,
      query: {
        ...queryFor(lambda, 'IteratorAge', 'MAX'),
        comparison: '>=',
        threshold,
        lateSeconds: longestTimeoutSeconds,
      },
    },
  ];
}

/** What comes close to a limit the template sets: time and executions at once. */
function limited(view: ResourceView, watch: Watch, metric: MetricOf): readonly Rule[] {
  const { thresholds } = watch;
  const seconds = smallestOfAll(view, ['Timeout'], defaultTimeoutSeconds);
  const executions = smallestOfAll(view, ['ReservedConcurrentExecutions'], undefined);
  const rules: Rule[] = [];
  if (seconds !== undefined && seconds > 0) {
    rules.push({
      suffix: 'DurationAlarm',
      description: `it takes nearly as long as its timeout of ${seconds} s lets it`,
      metrics: [metric('Duration', 'Maximum')],
      comparison: '>',
      threshold: share(thresholds.functionDurationPercent, seconds * millisecondsPerSecond),
      // Of many calls one may be slow.
      timing: isBusy(view, watch) ? 'sustained' : 'once',
      lateSeconds: timeoutOf(view),
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
      because: 'metrics tell APIs by their names, and its name is in a file outside the template',
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
  return generated.flatMap(({ event, logicalId }) => {
    const users = usersOfGenerated(watch.facts).get(view.stack)?.get(event) ?? [];
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

/** Functions with an event of SAM's own API, by template and kind of event. */
const usersOfGenerated = oncePerRun(
  (facts): ReadonlyMap<Stack, ReadonlyMap<string, readonly ResourceView[]>> => {
    const users = new Map<Stack, Map<string, ResourceView[]>>();
    for (const view of facts.resources(functionTypes[1])) {
      const events = view.expression('Events');
      const sources = Object.values(isMap(events) ? events : {});
      for (const { event, names } of generated) {
        const isUser = sources.some(
          (source) =>
            isMap(source) &&
            source.Type === event &&
            !(isMap(source.Properties) && Object.hasOwn(source.Properties, names)),
        );
        if (!isUser) continue;
        const ofStack = users.get(view.stack) ?? new Map<string, ResourceView[]>();
        users.set(view.stack, ofStack.set(event, [...(ofStack.get(event) ?? []), view]));
      }
    }
    return users;
  },
);

/**
 * A queue for failures should be empty; any other one should be emptied before its messages are gone.
 * @source https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export function queueRules(view: ResourceView, watch: Watch): Rules {
  const metric = metricsBy('AWS/SQS', [
    { Name: 'QueueName', Value: { 'Fn::GetAtt': [view.logicalId, 'QueueName'] } },
  ]);
  const waiting = metric('ApproximateNumberOfMessagesVisible', 'Maximum');
  if (watch.isForFailures(view)) {
    return [{ ...count('DepthAlarm', 'a failed message waits in it', waiting), tellsRecovery: true }];
  }
  const { oldestMessageSeconds: wanted, waitingMessages } = watch.thresholds;
  const keptSeconds = smallestAt(view, 'MessageRetentionPeriod');
  const threshold = keptSeconds === undefined ? wanted : Math.min(wanted, Math.floor(keptSeconds / 2));
  const age = metric('ApproximateAgeOfOldestMessage', 'Maximum');
  return [
    { ...count('AgeAlarm', 'messages wait too long', age, threshold), tellsRecovery: true },
    {
      ...count('DepthAlarm', 'more messages wait in it than are taken out', waiting, waitingMessages),
      timing: 'lasting',
      tellsRecovery: true,
    },
  ];
}

/** By operation, as `SystemErrors` and `ThrottledRequests` are published; an alarm computes with ten metrics at most. */
const operations = [
  ...['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan'],
  ...['TransactGetItems', 'TransactWriteItems', 'UpdateItem'],
];

/**
 * Alarms on DynamoDB keep their state while data is missing, whatever they say of missing data, so that one throttled
 * request would be an alarm for ever: the gap behind it is filled.
 * @source https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 */
export function tableRules(view: ResourceView): Rules {
  const table = { Name: 'TableName', Value: { Ref: view.logicalId } };
  const metric = metricsBy('AWS/DynamoDB', [table]);
  const byTable = (name: string, suffix: string, description: string): Rule => ({
    ...countOfAll(suffix, description, [metric(name, 'Sum')]),
    query: {
      namespace: 'AWS/DynamoDB',
      name,
      select: 'SUM',
      by: ['TableName'],
      comparison: '>=',
      threshold: 1,
    },
  });
  const byOperation = (name: string, suffix: string, description: string): Rule => ({
    ...countOfAll(
      suffix,
      description,
      operations.map((operation) =>
        metricsBy('AWS/DynamoDB', [table, { Name: 'Operation', Value: operation }])(name, 'Sum'),
      ),
    ),
    query: {
      namespace: 'AWS/DynamoDB',
      name,
      select: 'SUM',
      by: ['TableName', 'Operation'],
      comparison: '>=',
      threshold: 1,
    },
  });
  return [
    byTable('ReadThrottleEvents', 'ReadThrottlesAlarm', 'reads are throttled'),
    byTable('WriteThrottleEvents', 'WriteThrottlesAlarm', 'writes are throttled'),
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
