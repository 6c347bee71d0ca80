import type { Alarm, AlarmAction, FunctionState, KeyDenial, Operations } from '../../aws-ports.js';
import { type ClientSettings, isNamed, once, told } from './clients.js';
import { eachPage, required } from './failure.js';

/** How resources stand and what they have done. Each service is loaded when a question to it comes up. */
export function operations(settings: ClientSettings, profile: string | undefined): Operations {
  const cloudWatch = once(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch');
    return { ...sdk, client: new sdk.CloudWatchClient(settings) };
  });
  const logs = once(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch-logs');
    return { ...sdk, client: new sdk.CloudWatchLogsClient(settings) };
  });
  const lambda = once(async () => {
    const sdk = await import('@aws-sdk/client-lambda');
    return { ...sdk, client: new sdk.LambdaClient(settings) };
  });
  const sns = once(async () => {
    const sdk = await import('@aws-sdk/client-sns');
    return { ...sdk, client: new sdk.SNSClient(settings) };
  });
  const sqs = once(async () => {
    const sdk = await import('@aws-sdk/client-sqs');
    return { ...sdk, client: new sdk.SQSClient(settings) };
  });
  const budgets = once(async () => {
    const sdk = await import('@aws-sdk/client-budgets');
    return { ...sdk, client: new sdk.BudgetsClient(settings) };
  });
  const cloudTrail = once(async () => {
    const sdk = await import('@aws-sdk/client-cloudtrail');
    return { ...sdk, client: new sdk.CloudTrailClient(settings) };
  });
  const kms = once(async () => {
    const sdk = await import('@aws-sdk/client-kms');
    return { ...sdk, client: new sdk.KMSClient(settings) };
  });
  const about = (action: string, on: string) => ({ action, on, profile });

  return {
    async alarms(names) {
      const { client, DescribeAlarmsCommand } = await cloudWatch();
      return told(about('cloudwatch:DescribeAlarms', 'the alarms of the stack'), async () => {
        const found: Alarm[] = [];
        for (const some of inPortions(names, mostAlarms)) {
          const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(
            new DescribeAlarmsCommand({
              AlarmNames: [...some],
              AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
              MaxRecords: mostAlarms,
            }),
          );
          for (const alarm of MetricAlarms) {
            const { Namespace, MetricName, Dimensions = [] } = alarm;
            found.push({
              ...common(alarm),
              missingData: alarm.TreatMissingData ?? 'missing',
              metric:
                Namespace === undefined || MetricName === undefined
                  ? undefined
                  : {
                      namespace: Namespace,
                      name: MetricName,
                      dimensions: Object.fromEntries(
                        Dimensions.map(({ Name = '', Value = '' }) => [Name, Value]),
                      ),
                    },
            });
          }
          for (const alarm of CompositeAlarms)
            found.push({ ...common(alarm), missingData: 'missing', metric: undefined });
        }
        return found;
      });
    },

    async alarmActions(name, from) {
      const { client, paginateDescribeAlarmHistory } = await cloudWatch();
      return told(about('cloudwatch:DescribeAlarmHistory', name), async () => {
        const found: AlarmAction[] = [];
        const pages = paginateDescribeAlarmHistory(
          { client },
          {
            AlarmName: name,
            AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
            HistoryItemType: 'Action',
            StartDate: new Date(from),
            ScanBy: 'TimestampDescending',
          },
        );
        for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
          for (const { Timestamp, HistoryData, HistorySummary = '' } of page.AlarmHistoryItems ?? []) {
            const data = parsed(HistoryData);
            const succeeded = data.actionState !== 'Failed' && !/^Failed /.test(HistorySummary);
            const why = typeof data.error === 'string' ? `: ${data.error}` : '';
            found.push({
              at: Timestamp?.getTime() ?? 0,
              succeeded,
              summary: succeeded || HistorySummary.includes(why) ? HistorySummary : `${HistorySummary}${why}`,
            });
          }
        }
        return found.sort((left, right) => right.at - left.at);
      });
    },

    async sums(metrics, from, to) {
      const { client, paginateGetMetricData } = await cloudWatch();
      return told(about('cloudwatch:GetMetricData', 'the metrics of the stack'), async () => {
        const sums = new Map<string, number>();
        const queries = metrics.map(({ namespace, name, dimensions }, index) => ({
          Id: `m${index}`,
          MetricStat: {
            Metric: {
              Namespace: namespace,
              MetricName: name,
              Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
            },
            Period: hourSeconds,
            Stat: 'Sum',
          },
        }));
        for (const some of inPortions(queries, mostQueries)) {
          const pages = paginateGetMetricData(
            { client },
            { MetricDataQueries: [...some], StartTime: new Date(from), EndTime: new Date(to) },
          );
          for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
            for (const { Id = '', Values = [] } of required(page.MetricDataResults, 'MetricDataResults')) {
              for (const value of Values) sums.set(Id, (sums.get(Id) ?? 0) + value);
            }
          }
        }
        return metrics.map((_, index) => sums.get(`m${index}`));
      });
    },

    async topic(arn) {
      const { client, GetTopicAttributesCommand, paginateListSubscriptionsByTopic } = await sns();
      const attributes = await told(about('sns:GetTopicAttributes', arn), () =>
        unlessMissing(client.send(new GetTopicAttributesCommand({ TopicArn: arn }))),
      );
      if (attributes === undefined) return undefined;
      const subscriptions = await told(about('sns:ListSubscriptionsByTopic', arn), async () => {
        const found: { protocol: string; isConfirmed: boolean }[] = [];
        const pages = paginateListSubscriptionsByTopic({ client }, { TopicArn: arn });
        for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
          for (const { Protocol = '', SubscriptionArn = '' } of page.Subscriptions ?? []) {
            if (SubscriptionArn === 'Deleted') continue;
            found.push({ protocol: Protocol, isConfirmed: SubscriptionArn.startsWith('arn:') });
          }
        }
        return found;
      });
      const { KmsMasterKeyId: key, Policy: policy } = attributes.Attributes ?? {};
      return { arn, key: filled(key), policy: filled(policy), subscriptions };
    },

    async queue(url) {
      const { client, GetQueueAttributesCommand } = await sqs();
      const found = await told(about('sqs:GetQueueAttributes', url), () =>
        unlessMissing(client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))),
      );
      if (found === undefined) return undefined;
      const { Attributes: attributes = {} } = found;
      const counts = [
        attributes.ApproximateNumberOfMessages,
        attributes.ApproximateNumberOfMessagesNotVisible,
        attributes.ApproximateNumberOfMessagesDelayed,
      ];
      const permission = parsed(attributes.RedriveAllowPolicy).redrivePermission;
      return {
        arn: attributes.QueueArn ?? '',
        messages: counts.reduce((sum, each) => sum + Number(each ?? 0), 0),
        allowsRedrive: typeof permission === 'string' ? permission : 'allowAll',
        key: filled(attributes.KmsMasterKeyId),
        policy: filled(attributes.Policy),
      };
    },

    async function(name) {
      const { client, GetFunctionConfigurationCommand, GetFunctionConcurrencyCommand } = await lambda();
      const found = await told(about('lambda:GetFunctionConfiguration', name), () =>
        unlessMissing(client.send(new GetFunctionConfigurationCommand({ FunctionName: name }))),
      );
      if (found === undefined) return undefined;
      const concurrency = await told(about('lambda:GetFunctionConcurrency', name), () =>
        client.send(new GetFunctionConcurrencyCommand({ FunctionName: name })),
      );
      return {
        name: found.FunctionName ?? name,
        state: found.State ?? '',
        stateReason: reason(found.StateReasonCode, found.StateReason),
        lastUpdate: found.LastUpdateStatus ?? '',
        lastUpdateReason: reason(found.LastUpdateStatusReasonCode, found.LastUpdateStatusReason),
        logGroup: filled(found.LoggingConfig?.LogGroup),
        key: filled(found.KMSKeyArn),
        deadLetters: filled(found.DeadLetterConfig?.TargetArn),
        reserved: concurrency.ReservedConcurrentExecutions,
        logFormat: found.LoggingConfig?.LogFormat ?? 'Text',
      } satisfies FunctionState;
    },

    async codeSigning(functionName) {
      const { client, GetFunctionCodeSigningConfigCommand, GetCodeSigningConfigCommand } = await lambda();
      const found = await told(about('lambda:GetFunctionCodeSigningConfig', functionName), () =>
        unlessMissing(client.send(new GetFunctionCodeSigningConfigCommand({ FunctionName: functionName }))),
      );
      const arn = filled(found?.CodeSigningConfigArn);
      if (arn === undefined) return undefined;
      const config = await told(about('lambda:GetCodeSigningConfig', arn), () =>
        client.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn: arn })),
      );
      const { CodeSigningPolicies: policies, AllowedPublishers: publishers } = config.CodeSigningConfig ?? {};
      return {
        unsigned: policies?.UntrustedArtifactOnDeployment === 'Enforce' ? 'Enforce' : 'Warn',
        profiles: (publishers?.SigningProfileVersionArns ?? []).flatMap(
          (each) => /\/signing-profiles\/([^/]+)/.exec(each)?.[1] ?? [],
        ),
      };
    },

    async eventSource(id) {
      const { client, GetEventSourceMappingCommand } = await lambda();
      const found = await told(about('lambda:GetEventSourceMapping', id), () =>
        unlessMissing(client.send(new GetEventSourceMappingCommand({ UUID: id }))),
      );
      return found && { state: found.State ?? '', lastResult: found.LastProcessingResult ?? '' };
    },

    async logGroup(name) {
      const { client, paginateDescribeLogGroups } = await logs();
      return told(about('logs:DescribeLogGroups', name), async () => {
        const pages = paginateDescribeLogGroups({ client }, { logGroupNamePrefix: name });
        for await (const page of eachPage(pages, ({ nextToken }) => nextToken)) {
          const found = required(page.logGroups, 'logGroups').find((each) => each.logGroupName === name);
          if (found !== undefined)
            return { name, retentionDays: found.retentionInDays, key: filled(found.kmsKeyId) };
        }
        return undefined;
      });
    },

    async newestLogEvent(name) {
      const { client, DescribeLogStreamsCommand } = await logs();
      const found = await told(about('logs:DescribeLogStreams', name), () =>
        unlessMissing(
          client.send(
            new DescribeLogStreamsCommand({
              logGroupName: name,
              orderBy: 'LastEventTime',
              descending: true,
              limit: 5,
            }),
          ),
        ),
      );
      const times = (found?.logStreams ?? []).map((each) =>
        Math.max(each.lastEventTimestamp ?? 0, each.lastIngestionTime ?? 0),
      );
      const newest = Math.max(0, ...times);
      return newest === 0 ? undefined : newest;
    },

    async subscriptionFilters(logGroup) {
      const { client, DescribeSubscriptionFiltersCommand } = await logs();
      // A log group has two at most.
      const found = await told(about('logs:DescribeSubscriptionFilters', logGroup), () =>
        unlessMissing(client.send(new DescribeSubscriptionFiltersCommand({ logGroupName: logGroup }))),
      );
      return (
        found &&
        new Map(
          required(found.subscriptionFilters, 'subscriptionFilters').map(
            ({ filterName = '', destinationArn = '' }) => [filterName, destinationArn],
          ),
        )
      );
    },

    async budgetSubscribers(account, name) {
      const { client, paginateDescribeNotificationsForBudget, DescribeSubscribersForNotificationCommand } =
        await budgets();
      const of = { AccountId: account, BudgetName: name };
      return told(about('budgets:ViewBudget', name), async () => {
        const notified: (readonly string[])[] = [];
        try {
          const pages = paginateDescribeNotificationsForBudget({ client }, of);
          for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
            for (const Notification of page.Notifications ?? []) {
              const { Subscribers = [] } = await client.send(
                new DescribeSubscribersForNotificationCommand({ ...of, Notification }),
              );
              notified.push(Subscribers.map(({ Address = '' }) => Address));
            }
          }
        } catch (error) {
          if (isNamed(error, 'NotFoundException')) return undefined;
          throw error;
        }
        return notified;
      });
    },

    async keyRotates(arn) {
      const { client, GetKeyRotationStatusCommand } = await kms();
      return told(about('kms:GetKeyRotationStatus', arn), async () => {
        const { KeyRotationEnabled } = await client.send(new GetKeyRotationStatusCommand({ KeyId: arn }));
        return required(KeyRotationEnabled, 'KeyRotationEnabled');
      });
    },

    async keyDenials(arn, from) {
      const { client, LookupEventsCommand } = await cloudTrail();
      return told(about('cloudtrail:LookupEvents', arn), async () => {
        const { Events = [] } = await client.send(
          new LookupEventsCommand({
            LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: arn }],
            StartTime: new Date(from),
            MaxResults: 50,
          }),
        );
        return Events.flatMap(({ EventName = '', EventTime, CloudTrailEvent }): readonly KeyDenial[] => {
          const event = parsed(CloudTrailEvent);
          if (!/^AccessDenied|KMSInvalidState|^Disabled/.test(String(event.errorCode ?? ''))) return [];
          const { userIdentity } = event;
          const who = isObject(userIdentity) ? (userIdentity.arn ?? userIdentity.invokedBy) : undefined;
          return [
            { at: EventTime?.getTime() ?? 0, action: `kms:${EventName}`, by: String(who ?? 'unknown') },
          ];
        });
      });
    },
  };
}

const mostAlarms = 100;
const mostQueries = 500;
const hourSeconds = 3_600;

function common(alarm: {
  AlarmName?: string | undefined;
  StateValue?: string | undefined;
  ActionsEnabled?: boolean | undefined;
  AlarmActions?: string[] | undefined;
  OKActions?: string[] | undefined;
  InsufficientDataActions?: string[] | undefined;
}): Omit<Alarm, 'metric' | 'missingData'> {
  return {
    name: required(alarm.AlarmName, 'AlarmName'),
    state: alarm.StateValue ?? '',
    actionsEnabled: alarm.ActionsEnabled ?? true,
    actions: [
      ...(alarm.AlarmActions ?? []),
      ...(alarm.OKActions ?? []),
      ...(alarm.InsufficientDataActions ?? []),
    ],
  };
}

function* inPortions<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Every service has a name of its own for what is not there. */
async function unlessMissing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    const missing = [
      'NotFound',
      'NotFoundException',
      'ResourceNotFoundException',
      'QueueDoesNotExist',
      'AWS.SimpleQueueService.NonExistentQueue',
    ];
    if (isNamed(error, ...missing)) return undefined;
    throw error;
  }
}

function reason(code: string | undefined, text: string | undefined): string | undefined {
  return filled([code, text].filter((part) => part !== undefined && part !== '').join(': '));
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** What services tell as JSON within their answers. */
function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
