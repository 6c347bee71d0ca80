import { scriptedAccount } from '../changeset/scripted-account.js';
import { type Call, json, type Reply, type Script, xml } from '../changeset/wire.js';

export const topicArn = 'arn:aws:sns:eu-west-1:111122223333:app-alarms';
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/111122223333/app-failed';
export const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/one';
/** After the last update of the stack, and before the tests' now. */
export const since = new Date('2026-01-25T00:00:00Z');

export const template = `Resources:
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: { AlarmActions: [!Ref Topic], MetricName: Errors, Namespace: AWS/Lambda }
  Topic:
    Type: AWS::SNS::Topic
    Properties: { KmsMasterKeyId: !Ref Key }
  Key: { Type: AWS::KMS::Key, Properties: { KeyPolicy: {}, EnableKeyRotation: true } }
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      ReservedConcurrentExecutions: 5
      DeadLetterConfig: { TargetArn: !GetAtt Failed.Arn }
      CodeSigningConfigArn: arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-1
      LoggingConfig: { LogGroup: !Ref Logs }
  Failed: { Type: AWS::SQS::Queue }
  Work:
    Type: AWS::SQS::Queue
    Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 3 } }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { RetentionInDays: 365, KmsKeyId: !GetAtt Key.Arn }
  Budget: { Type: AWS::Budgets::Budget, Properties: {} }
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { source: [app] }
      Targets: [{ Id: fn, Arn: !GetAtt Fn.Arn, DeadLetterConfig: { Arn: !GetAtt Failed.Arn } }]
  Forward:
    Type: AWS::Logs::SubscriptionFilter
    Properties: { LogGroupName: !Ref Logs, FilterPattern: '', DestinationArn: !GetAtt Archive.Arn }
  Archive: { Type: AWS::KinesisFirehose::DeliveryStream, Properties: {} }
  Read:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: !Ref Fn, EventSourceArn: !GetAtt Work.Arn }
`;

const resources: readonly (readonly [logicalId: string, type: string, physicalId: string])[] = [
  ['Alarm', 'AWS::CloudWatch::Alarm', 'app-alarm'],
  ['Topic', 'AWS::SNS::Topic', topicArn],
  ['Key', 'AWS::KMS::Key', 'one'],
  ['Fn', 'AWS::Lambda::Function', 'app-fn'],
  ['Failed', 'AWS::SQS::Queue', queueUrl],
  ['Work', 'AWS::SQS::Queue', 'https://sqs.eu-west-1.amazonaws.com/111122223333/app-work'],
  ['Logs', 'AWS::Logs::LogGroup', 'app-logs'],
  ['Budget', 'AWS::Budgets::Budget', 'app-budget'],
  ['Rule', 'AWS::Events::Rule', 'app-rule'],
  ['Forward', 'AWS::Logs::SubscriptionFilter', 'app-forward'],
  ['Archive', 'AWS::KinesisFirehose::DeliveryStream', 'app-archive'],
  ['Read', 'AWS::Lambda::EventSourceMapping', '11111111-2222-3333-4444-555555555555'],
];

export const archiveArn = 'arn:aws:firehose:eu-west-1:111122223333:deliverystream/app-archive';

/** A policy of a topic or queue that lets a service in for what is of this account, and of a source. */
export const sendingPolicy = (service: string, action: string, source: string) =>
  JSON.stringify({
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: `${service}.amazonaws.com` },
        Action: action,
        Resource: '*',
        Condition: {
          ArnLike: { 'aws:SourceArn': source },
          StringEquals: { 'aws:SourceAccount': '111122223333' },
        },
      },
    ],
  });

export const topicAttributes = (attributes: Readonly<Record<string, string>>): Reply => {
  const entries = Object.entries({ KmsMasterKeyId: 'one', ...attributes }).map(
    ([key, value]) => `<entry><key>${key}</key><value>${value.replaceAll('"', '&quot;')}</value></entry>`,
  );
  return xml('GetTopicAttributes', `<Attributes>${entries.join('')}</Attributes>`);
};

export const queueAttributes = (attributes: Readonly<Record<string, string>>): Reply =>
  json({
    Attributes: {
      QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:app-failed',
      ApproximateNumberOfMessages: '0',
      Policy: sendingPolicy(
        'events',
        'sqs:SendMessage',
        'arn:aws:events:eu-west-1:111122223333:rule/app-rule',
      ),
      ...attributes,
    },
  });

/** A key policy that lets services in. */
export const keyPolicy = (...services: readonly string[]) =>
  JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: { Service: services }, Action: 'kms:*', Resource: '*' }],
  });

export const alarm = {
  AlarmName: 'app-alarm',
  StateValue: 'OK',
  ActionsEnabled: true,
  AlarmActions: [topicArn],
  Namespace: 'AWS/Lambda',
  MetricName: 'Errors',
  Dimensions: [{ Name: 'FunctionName', Value: 'app-fn' }],
};

export const action = (state: 'Succeeded' | 'Failed', error?: string) => ({
  AlarmName: 'app-alarm',
  Timestamp: since.getTime() / 1_000,
  HistoryItemType: 'Action',
  HistorySummary: `${state === 'Failed' ? 'Failed' : 'Successfully'} executed action ${topicArn}`,
  HistoryData: JSON.stringify({ actionState: state, error }),
});

export const functionConfiguration = {
  FunctionName: 'app-fn',
  State: 'Active',
  LastUpdateStatus: 'Successful',
  LoggingConfig: { LogGroup: 'app-logs' },
  DeadLetterConfig: { TargetArn: 'arn:aws:sqs:eu-west-1:111122223333:app-failed' },
};

/** Values of metrics by name; none for one without data. */
export function metrics(values: Readonly<Record<string, number>>): (call: Call) => Reply {
  return ({ body }) => {
    const { MetricDataQueries: queries } = JSON.parse(body) as {
      MetricDataQueries: readonly { Id: string; MetricStat: { Metric: { MetricName: string } } }[];
    };
    return json({
      MetricDataResults: queries.map(({ Id, MetricStat }) => {
        const value = values[MetricStat.Metric.MetricName];
        return { Id, Values: value === undefined ? [] : [value], Timestamps: [] };
      }),
    });
  };
}

export function subscriptions(...arns: readonly string[]): Reply {
  const members = arns.map(
    (arn) => `<member><Protocol>email</Protocol><SubscriptionArn>${arn}</SubscriptionArn></member>`,
  );
  return xml('ListSubscriptionsByTopic', `<Subscriptions>${members.join('')}</Subscriptions>`);
}

/**
 * An account in which the stack `app` is deployed and works: the answers have the shapes that the services' models
 * give them.
 * @param override answers first
 */
export function deployedApp(override: Script = () => undefined, deployed = template): Script {
  const key = { key: { KeyId: 'one' }, keyPolicy: keyPolicy('cloudwatch.amazonaws.com') };
  const base = scriptedAccount({
    template: deployed,
    parameters: '',
    updatedAt: '2026-01-20T00:00:00Z',
    ...key,
  });
  return (call, count) => override(call, count) ?? answer(call, count);

  function answer(...[call, count]: Parameters<Script>): Reply | undefined {
    switch (call.name) {
      case 'cloudformation:ListStackResources':
        return xml(
          'ListStackResources',
          `<StackResourceSummaries>${resources
            .map(
              ([logicalId, type, physicalId]) =>
                `<member><LogicalResourceId>${logicalId}</LogicalResourceId><PhysicalResourceId>${physicalId}</PhysicalResourceId><ResourceType>${type}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>`,
            )
            .join('')}</StackResourceSummaries>`,
        );
      case 'monitoring:DescribeAlarms':
        return json({ MetricAlarms: [alarm], CompositeAlarms: [] });
      case 'monitoring:DescribeAlarmHistory':
        return json({ AlarmHistoryItems: [action('Succeeded')] });
      case 'monitoring:GetMetricData':
        return metrics({ Errors: 0, IncomingRecords: 3, 'DeliveryToS3.Success': 1 })(call);
      case 'sns:GetTopicAttributes':
        return topicAttributes({
          Policy: sendingPolicy(
            'cloudwatch',
            'sns:Publish',
            'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*',
          ),
        });
      case 'sns:ListSubscriptionsByTopic':
        return subscriptions(`${topicArn}:1`);
      case 'sqs:GetQueueAttributes':
        return queueAttributes({});
      case 'lambda:GetFunctionConfiguration':
        return json(functionConfiguration);
      case 'lambda:GetFunctionConcurrency':
        return json({ ReservedConcurrentExecutions: 5 });
      case 'lambda:GetFunctionCodeSigningConfig':
        return json({
          CodeSigningConfigArn: 'arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-1',
          FunctionName: 'app-fn',
        });
      case 'lambda:GetCodeSigningConfig':
        return json({
          CodeSigningConfig: {
            CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Enforce' },
            AllowedPublishers: {
              SigningProfileVersionArns: [
                'arn:aws:signer:eu-west-1:111122223333:/signing-profiles/app_profile/abcdefghij',
              ],
            },
          },
        });
      case 'lambda:GetEventSourceMapping':
        return json({ State: 'Enabled', LastProcessingResult: 'OK' });
      case 'signer:GetSigningProfile':
        return json({ profileName: 'app_profile', status: 'Active' });
      case 'kms:GetKeyRotationStatus':
        return json({ KeyRotationEnabled: true });
      case 'logs:DescribeSubscriptionFilters':
        return json({ subscriptionFilters: [{ filterName: 'app-forward', destinationArn: archiveArn }] });
      case 'logs:DescribeLogGroups':
        return json({ logGroups: [{ logGroupName: 'app-logs', retentionInDays: 365, kmsKeyId: keyArn }] });
      case 'logs:DescribeLogStreams':
        return json({ logStreams: [] });
      case 'cloudtrail:LookupEvents':
        return json({ Events: [] });
      case 'budgets:DescribeNotificationsForBudget':
        return json({
          Notifications: [{ NotificationType: 'ACTUAL', ComparisonOperator: 'GREATER_THAN', Threshold: 80 }],
        });
      case 'budgets:DescribeSubscribersForNotification':
        return json({ Subscribers: [{ SubscriptionType: 'EMAIL', Address: 'a@example.com' }] });
      default:
        return base(call, count);
    }
  }
}
