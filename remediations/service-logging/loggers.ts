import type {
  Companion,
  Facts,
  Fix,
  Prerequisite,
  PropertyEdit,
  ResourceView,
  Value,
  ValueMap,
} from '../../src/remediation.js';
import { logGroup } from '../kit/companions.js';
import { declareLogGroup, retentionOfOthers } from '../kit/log-groups.js';
import { alwaysSays, isGiven, itemsAt, resourceAt, says, textAt } from '../kit/values.js';

/** A log group that is to be made for a resource. */
export interface NewLog {
  readonly view: ResourceView;
  readonly facts: Facts;
  /** Logical id of the group. */
  readonly group: string;
  readonly level: string;
  readonly retentionDays: number;
}

/** How the resources of a type write logs. */
export interface Logger {
  /** List of parts that each write their own; absent where the resource does as a whole. */
  readonly parts?: readonly string[];
  /** From there to what names the group. */
  readonly path: readonly string[];
  /** The group the service makes where none is named, for reading. */
  readonly own?: string;
  /** What is wrong where none is written. */
  readonly without?: string;
  /** Name of the group it writes to whatever is set. */
  ownName?(view: ResourceView): string;
  /** Why it needs none. */
  excused?(view: ResourceView): string | undefined;
  fix(log: NewLog): Fix | { readonly because: string };
}

const build: Logger = {
  path: ['LogsConfig', 'CloudWatchLogs', 'GroupName'],
  without: 'it writes no logs: what a build did cannot be told',
  excused: (view) => {
    const status = ['LogsConfig', 'CloudWatchLogs', 'Status'];
    if (alwaysSays('DISABLED', view, ...status)) {
      return alwaysSays('ENABLED', view, 'LogsConfig', 'S3Logs', 'Status')
        ? 'it logs to a bucket'
        : undefined;
    }
    const isNamed = isGiven(view, 'LogsConfig', 'CloudWatchLogs', 'GroupName');
    return isNamed || says('DISABLED', view, ...status)
      ? undefined
      : 'it logs to the group builds make for themselves, which log-group-encryption and log-retention judge';
  },
  fix: (log) => {
    const { view, facts } = log;
    const isOff = alwaysSays('DISABLED', view, 'LogsConfig', 'CloudWatchLogs', 'Status');
    const declared = declareLogGroup(view, retention(log), facts);
    if ('stays' in declared) return { because: declared.stays };
    return isOff
      ? {
          ...declared,
          notes: [],
          risk: 'review',
          riskBecause: `${view.logicalId} was told to write no logs (LogsConfig.CloudWatchLogs.Status is DISABLED)`,
        }
      : declared;
  },
};

/**
 * What a state machine needs so that CloudWatch Logs delivers for it: none of it can be limited to a group.
 * @source https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
 */
const deliveryActions = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

const stateMachine = (property: string): Logger => ({
  path: [property, 'Destinations', '0', 'CloudWatchLogsLogGroup', 'LogGroupArn'],
  without:
    'it writes no logs: what its executions did is forgotten after 90 days, and at once by an express one',
  fix: (log) => {
    const { view, group, level } = log;
    return {
      edits: [
        edit([property], {
          Level: level,
          IncludeExecutionData: false,
          Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: { 'Fn::GetAtt': [group, 'Arn'] } } }],
        }),
      ],
      companions: [
        // With this prefix the policy of CloudWatch Logs for all deliveries does not grow with every group.
        newGroup(log, {
          'Fn::Sub': `/aws/vendedlogs/states/\${AWS::StackName}-${view.logicalId}`,
        }),
        { kind: 'permission', logicalId: view.logicalId, actions: deliveryActions, resource: '*' },
      ],
      risk: 'review',
      riskBecause: `${view.logicalId} is refused the log group as long as IAM has not spread the new rights of its role: then deploy once more`,
      notes: [
        'input and output of executions are left out of the logs (IncludeExecutionData), since they hold the data itself',
      ],
    };
  },
});

/** What is worth knowing of a request, without what it carries. */
const accessFormat = JSON.stringify({
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  path: '$context.path',
  route: '$context.routeKey',
  status: '$context.status',
  responseLength: '$context.responseLength',
  error: '$context.error.message',
});

const api = (property: string): Logger => ({
  path: [property, 'DestinationArn'],
  without: 'it writes no access logs: who called what, and what came back, cannot be told',
  fix: (log) => {
    const { view, facts, group } = log;
    return {
      edits: [
        edit([property, 'DestinationArn'], {
          'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${${group}}`,
        }),
        edit([property, 'Format'], accessFormat),
      ],
      companions: [newGroup(log, undefined, accountOf(log))],
      ...accountRole(view, facts),
    };
  },
});

/**
 * REST and WebSocket APIs write with a role that is set once for the account and the Region, which a template must not
 * set as if it were its own.
 * @source https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
function accountRole(view: ResourceView, facts: Facts): Pick<Fix, 'risk' | 'riskBecause' | 'prerequisites'> {
  const risk = 'review';
  const holds = 'access logs hold the addresses of callers';
  const isHttp =
    view.type === 'AWS::Serverless::HttpApi' ||
    (view.type === 'AWS::ApiGatewayV2::Stage' && protocolOf(view, facts) === 'HTTP');
  if (isHttp) {
    const rights: Prerequisite = {
      what: 'the deploying role may call logs:CreateLogDelivery, logs:PutResourcePolicy and logs:DescribeLogGroups',
      check: 'manual: look at the policies of the role that deploys',
    };
    return { risk, riskBecause: holds, prerequisites: [rights] };
  }
  const isSet = facts.isAlwaysWith(facts.resources('AWS::ApiGateway::Account'), view);
  if (isSet) return { risk, riskBecause: holds };
  const role: Prerequisite = {
    what: 'API Gateway has a role for logs in this account and Region (AmazonAPIGatewayPushToCloudWatchLogs)',
    check: 'aws apigateway get-account --query cloudwatchRoleArn',
  };
  const refused = 'API Gateway refuses them where the account has no role for logs in the Region';
  return { risk, riskBecause: `${holds}, and ${refused}`, prerequisites: [role] };
}

/** The stage waits for the role of the account through its log group. */
function accountOf({ view, facts }: NewLog): string | undefined {
  return facts
    .resources('AWS::ApiGateway::Account')
    .find((account) => account.stack === view.stack && facts.isAlwaysWith([account], view))?.logicalId;
}

function protocolOf(view: ResourceView, facts: Facts): string | undefined {
  const owner = resourceAt(facts, view, 'ApiId');
  return owner === undefined ? undefined : textAt(owner, 'ProtocolType');
}

/** @source https://docs.aws.amazon.com/appsync/latest/devguide/monitoring.html */
const graph: Logger = {
  path: ['LogConfig', 'CloudWatchLogsRoleArn'],
  ownName: ({ logicalId }) => `/aws/appsync/apis/\${${logicalId}.ApiId}`,
  without: 'it writes no logs: which fields fail, and why, cannot be told',
  fix: (log) => {
    const { view, facts } = log;
    const role = facts.freeId(view.stack, `${view.logicalId}LogsRole`);
    const name: Value = { 'Fn::Sub': `/aws/appsync/apis/\${${view.logicalId}.ApiId}` };
    return {
      edits: [
        edit(['LogConfig'], {
          CloudWatchLogsRoleArn: { 'Fn::GetAtt': [role, 'Arn'] },
          FieldLogLevel: 'ERROR',
          ExcludeVerboseContent: true,
        }),
      ],
      companions: [
        newGroup(log, name),
        {
          kind: 'resource',
          logicalId: role,
          body: {
            Type: 'AWS::IAM::Role',
            ...(view.condition !== undefined && { Condition: view.condition }),
            Properties: {
              AssumeRolePolicyDocument: trustOf('appsync.amazonaws.com'),
              ManagedPolicyArns: [
                {
                  'Fn::Sub':
                    'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSAppSyncPushToCloudWatchLogs',
                },
              ],
            },
          },
        },
      ],
      risk: 'review',
      riskBecause: `the log group of ${view.logicalId} has a name of AppSync's making: if the API has had logs before, it is there already and has to be imported`,
    };
  },
};

function trustOf(service: string): Value {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  };
}

/** @source https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging-enable.html */
const job: Logger = {
  path: ['DefaultArguments', '--continuous-log-logGroup'],
  own: '/aws-glue/jobs/…, which all jobs of the account share',
  fix: (log) => {
    const { view, group } = log;
    return {
      edits: [
        edit(['DefaultArguments', '--continuous-log-logGroup'], { Ref: group }),
        edit(['DefaultArguments', '--enable-continuous-cloudwatch-log'], 'true'),
      ],
      companions: [newGroup(log), mayWrite(view.logicalId, group)],
      risk: 'review',
      riskBecause: `what reads the logs of ${view.logicalId} in the shared groups finds its new ones in a group of their own`,
    };
  },
};

/** @source https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html */
const containers: Logger = {
  parts: ['ContainerDefinitions'],
  path: ['LogConfiguration', 'Options', 'awslogs-group'],
  without: 'a container of it keeps its logs on the host, where they are gone with the task',
  excused: (view) => {
    const silent = itemsAt(view, 'ContainerDefinitions').every(
      (container) =>
        view.expression(...container, 'LogConfiguration') !== undefined &&
        !alwaysSays('awslogs', view, ...container, 'LogConfiguration', 'LogDriver'),
    );
    return silent ? 'its containers log by another driver' : undefined;
  },
  fix: (log) => {
    const { view, group } = log;
    const silent = itemsAt(view, 'ContainerDefinitions').filter(
      (container) => view.expression(...container, 'LogConfiguration') === undefined,
    );
    if (silent.length === 0) return { because: 'name the group in its LogConfiguration' };
    return {
      edits: silent.map((container) =>
        edit([...container, 'LogConfiguration'], {
          LogDriver: 'awslogs',
          Options: {
            'awslogs-group': { Ref: group },
            'awslogs-region': { Ref: 'AWS::Region' },
            'awslogs-stream-prefix': view.logicalId.toLowerCase(),
          },
        }),
      ),
      companions: [newGroup(log), mayWrite(view.logicalId, group)],
      risk: 'review',
      riskBecause: `services that run ${view.logicalId} replace their tasks`,
    };
  },
};

/** By type. */
export const loggers: Readonly<Record<string, Logger>> = {
  'AWS::ApiGateway::Stage': api('AccessLogSetting'),
  'AWS::ApiGatewayV2::Stage': api('AccessLogSettings'),
  'AWS::AppSync::GraphQLApi': graph,
  'AWS::CodeBuild::Project': build,
  'AWS::ECS::TaskDefinition': containers,
  'AWS::Glue::Job': job,
  'AWS::Serverless::Api': api('AccessLogSetting'),
  'AWS::Serverless::HttpApi': api('AccessLogSettings'),
  'AWS::Serverless::StateMachine': stateMachine('Logging'),
  'AWS::StepFunctions::StateMachine': stateMachine('LoggingConfiguration'),
};

function edit(path: readonly string[], value: Value): PropertyEdit {
  const isSatisfiedBy: PropertyEdit['isSatisfiedBy'] = ({ kind }) => kind !== 'absent';
  return { path: ['Properties', ...path], value, isSatisfiedBy, individual: true };
}

/**
 * As long as the others of the template where that is enough. How long a group of another class is kept (audit, debug), and
 * whether it is archived, is for `log-retention` to say, which judges the new group as any other.
 */
function retention({ view, facts, retentionDays }: NewLog): ValueMap {
  if (facts.implicitLogGroupClass(view).class !== 'application') return {};
  return { RetentionInDays: retentionDays, ...retentionOfOthers(view, facts, retentionDays) };
}

/** A group under the condition of what writes to it. */
function newGroup(log: NewLog, name?: Value, after?: string): Companion {
  return logGroup(
    { logicalId: log.group, condition: log.view.condition },
    { ...(name !== undefined && { LogGroupName: name }), ...retention(log) },
    after === undefined ? {} : { DependsOn: after },
  );
}

function mayWrite(logicalId: string, group: string): Companion {
  return {
    kind: 'permission',
    logicalId,
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resource: { 'Fn::GetAtt': [group, 'Arn'] },
  };
}
