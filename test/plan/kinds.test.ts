import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { loadTree } from '../../src/load/load.js';
import { buildPlan, type PlanResult } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { Policy } from '../../src/policy/policy.js';
import { memoryFiles } from '../memory-files.js';
import { presetFiles } from '../whole-runs/presets.js';

/**
 * Two members of each kind of wrong verdict that no case of a remediation has: what is planned, that what is written
 * plans to nothing, and what stays as it is.
 */
const policies = new Map<string, Policy>();

const filled = readFileSync('examples/filled.policy.yaml', 'utf8');
const development = 'extends: development\n';
const reaching = `extends: production
remediations: {lambda-vpc: {scope: private-resources, subnetIds: [subnet-1, subnet-2], securityGroupIds: [sg-1], reachable: [nat]}}
`;

beforeAll(async () => {
  for (const text of [filled, development, reaching]) {
    const files = memoryFiles({ ...presetFiles, 'idp-fix.policy.yaml': text });
    const product = { remediations, policiesFolder: 'policies' };
    policies.set(text, await loadPolicy(files, product, { named: 'idp-fix.policy.yaml', folder: '.' }));
  }
});

type Texts = Readonly<Record<string, string>>;

async function plan(texts: Texts, only: string, policyText: string): Promise<PlanResult> {
  const policy = policies.get(policyText);
  if (policy === undefined) throw new Error('no such policy');
  const [root = ''] = Object.keys(texts);
  const { tree } = await loadTree(memoryFiles(texts), root, { locations: {}, parameters: new Map() });
  return buildPlan(tree, policy, remediations, {
    version: '0',
    today: '2026-01-01',
    includeReview: true,
    only: only.split(', '),
  });
}

function verdictsOf({ document }: PlanResult): readonly string[] {
  return document.stacks.flatMap(({ findings }) =>
    findings.map(({ logicalId, verdict, because }) => `${logicalId} ${verdict}: ${because}`),
  );
}

interface Member {
  readonly only: string;
  readonly policy?: string;
  readonly template: string;
  readonly nested?: Texts;
  /** Beginnings and patterns of findings, each of one. */
  readonly findings: readonly RegExp[];
  /** What has to be in the text that is written. */
  readonly writes?: readonly string[];
  /** What must not. */
  readonly lacks?: readonly string[];
  readonly risk?: 'safe' | 'review';
  /** What is told not to have been checked. */
  readonly notChecked?: readonly RegExp[];
}

const account = `{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: 'kms:*', Resource: '*'}`;
const key = `{Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [${account}]}}}`;
const trusting = (service: string) =>
  `{Statement: [{Effect: Allow, Principal: {Service: ${service}.amazonaws.com}, Action: 'sts:AssumeRole'}]}`;
const role = `{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: ${trusting('lambda')}}}`;
const worker = (more = '') =>
  `{Type: AWS::Lambda::Function, Properties: {Handler: a.b, Runtime: python3.13, Code: {S3Bucket: b, S3Key: k}, Role: !GetAtt Role.Arn${more}}}`;
const sam = (more = '') =>
  `{Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: nodejs22.x, InlineCode: 'exports.b=()=>{}'${more}}}`;

const members: Readonly<Record<string, readonly (readonly [what: string, member: Member])[]>> = {
  'A: a policy is read, not searched': [
    [
      'another prefix of groups in Fn::Join, in JSON: the group outside it gets a statement',
      {
        only: 'log-group-encryption',
        template: `{"Resources": {
  "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [
    {"Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}, "Action": "kms:*", "Resource": "*"},
    {"Effect": "Allow", "Principal": {"Service": {"Fn::Join": ["", ["logs.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}}, "Action": "kms:*", "Resource": "*",
      "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": {"Fn::Join": ["", ["arn:aws:logs:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":log-group:/ecs/*"]]}}}}
  ]}}},
  "Other": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/app/shop"}}
}}`,
        findings: [/^Other fixable: /],
        writes: ['AllowCloudWatchLogs'],
        risk: 'safe',
      },
    ],
    [
      'a Deny for all that does not come through a service: a service that calls in its own name is denied',
      {
        only: 'log-group-encryption',
        template: `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - ${account}
          - {Effect: Allow, Principal: {Service: logs.amazonaws.com}, Action: 'kms:*', Resource: '*'}
          - {Effect: Deny, Principal: '*', Action: 'kms:Encrypt*', Resource: '*', Condition: {StringNotEquals: {'kms:ViaService': s3.us-east-1.amazonaws.com}}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {KmsKeyId: !GetAtt Key.Arn}}
`,
        findings: [/^Logs manual: .*does not work: .* denies kms:Encrypt to logs\.amazonaws\.com/],
      },
    ],
  ],
  'B: what goes by the name of what moves follows': [
    [
      'a Contributor Insights rule with the name in its JSON keeps the function where it is; a filter follows',
      {
        only: 'log-retention',
        template: `
Transform: AWS::Serverless-2016-10-31
Resources:
  Tool: ${sam(', FunctionName: shop-tool')}
  Plain: ${sam()}
  Insight:
    Type: AWS::CloudWatch::InsightRule
    Properties:
      RuleName: r
      RuleState: ENABLED
      RuleBody: '{"LogGroupNames":["/aws/lambda/shop-tool"],"LogFormat":"JSON"}'
  Metric:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: {'Fn::Join': ['', ['/aws/lambda/', !Ref Plain]]}
      FilterPattern: ERROR
      MetricTransformations: [{MetricName: e, MetricNamespace: n, MetricValue: '1'}]
`,
        findings: [/^Tool manual: .*Insight goes by the name of that group/, /^Plain fixable: /],
        writes: ['LogGroupName: !Ref PlainLogGroup'],
        risk: 'review',
      },
    ],
    [
      'a nested template that is given the name',
      {
        only: 'log-retention',
        template: `
Resources:
  Role: ${role}
  Tool: ${worker()}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child.yaml, Parameters: {Group: !Sub '/aws/lambda/\${Tool}'}}
`,
        nested: {
          'child.yaml': `
Parameters: {Group: {Type: String}}
Resources:
  Filter:
    Type: AWS::Logs::SubscriptionFilter
    Properties: {LogGroupName: !Ref Group, FilterPattern: '', DestinationArn: !ImportValue Stream}
`,
        },
        findings: [/^Tool manual: .*Child goes by the name of that group/],
      },
    ],
  ],
  'C: depth without bystanders': [
    [
      'a leaf of a mapping that expires objects too',
      {
        only: 'log-retention',
        template: `
Parameters: {Stage: {Type: String, Default: prod, AllowedValues: [dev, prod]}}
Mappings: {Days: {dev: {Logs: 7}, prod: {Logs: 30}}}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !FindInMap [Days, !Ref Stage, Logs]}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration: {Rules: [{Status: Enabled, ExpirationInDays: !FindInMap [Days, !Ref Stage, Logs]}]}
`,
        findings: [/^Logs manual: .*mapping Days, and Resources\.Bucket has its own from there/],
      },
    ],
    [
      'a value that Rules do not allow the parameter',
      {
        only: 'log-retention',
        template: `
Parameters: {Days: {Type: Number, Default: 30}}
Rules:
  Short: {Assertions: [{Assert: !Contains [['7', '30'], !Ref Days]}]}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
`,
        findings: [/^Logs fixable: /],
        writes: ['Default: 30'],
        risk: 'review',
      },
    ],
  ],
  'D: no data deleted unasked': [
    [
      'a text for a number that is too long needs approval',
      {
        only: 'log-retention',
        policy: development,
        template: `
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: '365'}}
`,
        findings: [/^Logs fixable: it keeps its logs 365 days/],
        writes: ['RetentionInDays: 90'],
        risk: 'review',
      },
    ],
    [
      'none in some deployments gets the longest, and what passes stays',
      {
        only: 'log-retention',
        template: `
Conditions: {IsHere: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !If [IsHere, 400, !Ref AWS::NoValue]}}
`,
        findings: [/^Logs (compliant|fixable): /],
        writes: ['[IsHere, 400, '],
      },
    ],
  ],
  'E: rules of one variant of a type': [
    [
      'SQL Server Express in capitals has no Multi-AZ',
      {
        only: 'multi-az',
        template: `
Resources:
  Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: SQLServer-EX, DBInstanceClass: db.t3.small, AllocatedStorage: '20', MasterUsername: a, ManageMasterUserPassword: true}}
`,
        findings: [/^Db not-applicable: it is SQL Server Express Edition/],
      },
    ],
    [
      'an instance with a fixed zone takes no MultiAZ',
      {
        only: 'multi-az',
        template: `
Resources:
  Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, AvailabilityZone: us-east-1a, DBInstanceClass: db.t3.small, AllocatedStorage: '20', MasterUsername: a, ManageMasterUserPassword: true}}
`,
        findings: [/^Db manual: .*AvailabilityZone is fixed/],
      },
    ],
  ],
  'F: readers of what becomes encrypted': [
    [
      'a function that reads secondary artifacts',
      {
        only: 'codebuild-encryption',
        template: `
Resources:
  Key: ${key}
  Bucket: {Type: AWS::S3::Bucket}
  BuildRole: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: ${trusting('codebuild')}}}
  Build:
    Type: AWS::CodeBuild::Project
    Properties:
      ServiceRole: !GetAtt BuildRole.Arn
      Artifacts: {Type: NO_ARTIFACTS}
      SecondaryArtifacts: [{Type: S3, Location: !Ref Bucket, ArtifactIdentifier: x, Name: x}]
      Environment: {Type: LINUX_CONTAINER, ComputeType: BUILD_GENERAL1_SMALL, Image: 'aws/codebuild/standard:7.0'}
      Source: {Type: NO_SOURCE, BuildSpec: 'version: 0.2'}
  Reader: ${worker()}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: ${trusting('lambda')}
      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:Get*', Resource: !Sub '\${Bucket.Arn}/*'}]}}]
`,
        findings: [/^Build fixable: /],
        writes: ['PolicyName: KmsDecryptKey', 'PolicyName: KmsEncryptKey'],
        risk: 'review',
      },
    ],
    [
      'the role of an action of a pipeline with a store for each Region',
      {
        only: 'codebuild-encryption',
        template: `
Resources:
  Key: ${key}
  Bucket: {Type: AWS::S3::Bucket}
  BuildRole: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: ${trusting('codebuild')}}}
  PipelineRole: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: ${trusting('codepipeline')}}}
  DeployRole: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: ${trusting('cloudformation')}}}
  Build:
    Type: AWS::CodeBuild::Project
    Properties:
      ServiceRole: !GetAtt BuildRole.Arn
      Artifacts: {Type: CODEPIPELINE}
      Environment: {Type: LINUX_CONTAINER, ComputeType: BUILD_GENERAL1_SMALL, Image: 'aws/codebuild/standard:7.0'}
      Source: {Type: CODEPIPELINE}
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      RoleArn: !GetAtt PipelineRole.Arn
      ArtifactStores: [{Region: us-east-1, ArtifactStore: {Type: S3, Location: !Ref Bucket}}, {Region: us-west-2, ArtifactStore: {Type: S3, Location: other}}]
      Stages:
        - {Name: s, Actions: [{Name: s, ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: '1'}, OutputArtifacts: [{Name: src}]}]}
        - {Name: b, Actions: [{Name: b, ActionTypeId: {Category: Build, Owner: AWS, Provider: CodeBuild, Version: '1'}, Configuration: {ProjectName: !Ref Build}, InputArtifacts: [{Name: src}], OutputArtifacts: [{Name: out}]}]}
        - {Name: d, Actions: [{Name: d, RoleArn: !GetAtt DeployRole.Arn, ActionTypeId: {Category: Deploy, Owner: AWS, Provider: CloudFormation, Version: '1'}, InputArtifacts: [{Name: out}]}]}
`,
        findings: [/^Build fixable: /],
        writes: [
          "AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: cloudformation.amazonaws.com}, Action: 'sts:AssumeRole'}]}, Policies: [{PolicyName: KmsDecryptKey",
        ],
      },
    ],
  ],
  'G: the right one of several': [
    [
      'a key that an alias names for logs is none for variables, whatever the run encrypts with it',
      {
        only: 'log-group-encryption, lambda-environment-encryption',
        template: `
Resources:
  One: ${key}
  Two: ${key}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: !Sub 'alias/\${AWS::StackName}-logs', TargetKeyId: {'Fn::GetAtt': Two.Arn}}}
  Logs: {Type: AWS::Logs::LogGroup}
  Role: ${role}
  Worker: ${worker(', Environment: {Variables: {A: b}}')}
`,
        findings: [
          /^Logs fixable: .*Two of template\.yaml is taken: it is named for this/,
          /^Worker manual: nothing says which of One .* and Two/,
        ],
        lacks: ['KmsKeyArn'],
      },
    ],
    [
      'a key from Parameter Store that others of the type use',
      {
        only: 'log-group-encryption',
        template: `
Parameters: {LogsKeyArn: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /keys/logs}}
Resources:
  DataKey: ${key}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt DataKey.Arn}}]}}}
  Old: {Type: AWS::Logs::LogGroup, Properties: {KmsKeyId: !Ref LogsKeyArn}}
  New: {Type: AWS::Logs::LogGroup}
`,
        findings: [/^Old compliant: /, /^New fixable: .*others of its type use it/],
        writes: ['New: {Type: AWS::Logs::LogGroup, Properties: {KmsKeyId: !Ref LogsKeyArn}}'],
      },
    ],
  ],
  'H: nothing passes unseen': [
    [
      'a loop over a parameter, and one that can be run through',
      {
        only: 'log-retention',
        template: `
Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList}}
Resources:
  Fn::ForEach::Open: [Name, !Ref Names, {'G\${Name}': {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}}]
  Fn::ForEach::Known: [Name, [A, B], {'H\${Name}': {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 400}}}]
`,
        findings: [/^HA compliant: /, /^HB compliant: /],
        notChecked: [/Fn::ForEach::Open: .*only known when the stack is deployed/],
      },
    ],
    [
      'a module, an include, a nested template from Parameter Store',
      {
        only: 'log-retention',
        template: `
Resources:
  Module: {Type: 'My::Org::Logs::MODULE', Properties: {Days: 7}}
  Included: {Type: AWS::Logs::LogGroup, Properties: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: s3://b/a.yaml}}}}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: '{{resolve:ssm:/url}}'}}
`,
        findings: [/^Included manual: /],
        notChecked: [/^Module: /, /^Included: what AWS::Include/, /^Nested: .*not at hand/],
      },
    ],
  ],
  'I: unusual but valid layout': [
    [
      'a trailing comma, quoted keys and the end of the document',
      {
        only: 'log-retention',
        template: `---
Resources:
  One:
    Type: AWS::Logs::LogGroup
    Properties: {
      RetentionInDays: 7,   # short
    }
  Two: {
    "Type": "AWS::Logs::LogGroup"
  }
...
`,
        findings: [/^One fixable: /, /^Two fixable: /],
        writes: [
          'RetentionInDays: 365,   # short\n    }',
          '"Type": "AWS::Logs::LogGroup",\n    Properties: {',
          '\n...\n',
        ],
      },
    ],
    [
      'carriage returns, blanks before a colon, a function on a line of its own',
      {
        only: 'log-retention',
        template:
          'Resources:\r\n    "A" :\r\n        Type:   "AWS::Logs::LogGroup"\r\n        Properties:\r\n            RetentionInDays:\r\n                !If\r\n                  - C\r\n                  -   7\r\n                  -   400\r\nConditions: {C: !Equals [!Ref "AWS::Region", us-east-1]}\r\n',
        findings: [/^A fixable: /],
        writes: ['- C\r\n                  -   365\r\n                  -   400\r\n'],
        lacks: ['365\n'],
      },
    ],
  ],
  'J: nested templates': [
    [
      'by the end of a URL that Fn::Join makes, and as a SAM application',
      {
        only: 'log-retention',
        template: `
Transform: AWS::Serverless-2016-10-31
Parameters: {Bucket: {Type: String}, Prefix: {Type: String}}
Resources:
  App: {Type: AWS::Serverless::Application, Properties: {Location: child/template.yaml, Parameters: {Days: 7}}}
  Joined: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Join ['', ['https://', !Ref Bucket, '.s3.amazonaws.com/', !Ref Prefix, /other.yaml]]}}
`,
        nested: {
          'child/template.yaml': `
Parameters: {Days: {Type: Number}}
Resources:
  A: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
`,
          'other.yaml': `
Resources:
  B: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
`,
        },
        findings: [/^A fixable: /, /^B fixable: /],
        writes: ['Parameters: {Days: 365}', 'RetentionInDays: 365'],
      },
    ],
    [
      'nested twice: where one use passes, what would overwrite its value needs approval',
      {
        only: 'log-retention',
        template: `
Conditions: {C: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
  One: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml, Parameters: {Days: !If [C, 7, 400]}}}
  Two: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml}}
`,
        nested: {
          'child.yaml': `
Parameters: {Days: {Type: Number, Default: 400}}
Resources:
  A: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
`,
        },
        findings: [/^A fixable: /],
        risk: 'review',
      },
    ],
  ],
  'L: reasons that help': [
    [
      'the same circle, whatever else is asked for, in JSON',
      {
        only: 'lambda-dead-letter-queue, log-retention',
        template: `{"Resources": {
  "Key": {"Type": "AWS::KMS::Key", "DependsOn": ["Fn"], "Properties": {"KeyPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}, "Action": "kms:*", "Resource": "*"}]}}},
  "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}},
  "Fn": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "a.b", "Runtime": "python3.13", "Code": {"S3Bucket": "b", "S3Key": "k"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
  "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Subscription": [{"Protocol": "lambda", "Endpoint": {"Fn::GetAtt": ["Fn", "Arn"]}}]}}
}}`,
        findings: [
          /^Fn manual: .*in a circle: Role → FnDLQ → Key → Fn → Role/,
          /^Fn fixable: it logs to an auto-created/,
        ],
      },
    ],
    [
      'the advice on a password is for where it is',
      {
        only: 'secrets-in-configuration',
        template: `
Parameters: {Pw: {Type: String, NoEcho: true}}
Resources:
  Directory: {Type: AWS::DirectoryService::MicrosoftAD, Properties: {Name: a.b, Password: !Ref Pw, VpcSettings: {SubnetIds: [a, b], VpcId: v}}}
`,
        findings: [/^Directory manual: .*refer to that \(\{\{resolve:secretsmanager:NAME\}\}\)/],
      },
    ],
  ],
  'M: a companion that exists under a condition only': [
    [
      'a destination of failures, and a redrive policy',
      {
        only: 'lambda-dead-letter-queue, failed-event-destinations',
        template: `
Parameters: {On: {Type: String, Default: 'yes'}}
Conditions: {IsOn: !Equals [!Ref On, 'yes']}
Resources:
  Role: ${role}
  Worker: ${worker()}
  Topic: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: lambda, Endpoint: !GetAtt Worker.Arn}]}}
  Config:
    Type: AWS::Lambda::EventInvokeConfig
    Condition: IsOn
    Properties: {FunctionName: !Ref Worker, Qualifier: $LATEST, DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}}
  Dead: {Type: AWS::SQS::Queue}
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 30, RedrivePolicy: !If [IsOn, {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}, !Ref AWS::NoValue]}}
  Poll: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Worker, EventSourceArn: !GetAtt Queue.Arn}}
`,
        findings: [
          /^Worker fixable: it is invoked asynchronously/,
          /^Queue manual: .*in some deployments and none in others/,
        ],
        writes: ['TargetArn: !GetAtt WorkerDLQ.Arn'],
      },
    ],
    [
      'a subscription and a budget',
      {
        only: 'cloudwatch-alarms, cost-alerts',
        template: `
Parameters: {Mail: {Type: String}}
Conditions: {HasMail: !Not [!Equals [!Ref Mail, '']]}
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Sub: {Type: AWS::SNS::Subscription, Condition: HasMail, Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: !Ref Mail}}
  Queue: {Type: AWS::SQS::Queue}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/SQS, MetricName: ApproximateAgeOfOldestMessage, Dimensions: [{Name: QueueName, Value: !GetAtt Queue.QueueName}], Statistic: Maximum, Period: 60, EvaluationPeriods: 1, Threshold: 900, ComparisonOperator: GreaterThanThreshold, AlarmActions: [!Ref Topic]}
  Budget:
    Type: AWS::Budgets::Budget
    Condition: HasMail
    Properties: {Budget: {BudgetType: COST, TimeUnit: MONTHLY, BudgetLimit: {Amount: 10, Unit: USD}}, NotificationsWithSubscribers: [{Notification: {NotificationType: ACTUAL, ComparisonOperator: GREATER_THAN, Threshold: 80}, Subscribers: [{SubscriptionType: EMAIL, Address: !Ref Mail}]}]}
`,
        findings: [
          /^Topic fixable: .*a subscription in some deployments only/,
          /^ fixable: .*Budget is there in some deployments only/,
        ],
      },
    ],
  ],
  'N: every trigger is seen': [
    [
      'each action of a mail rule says for itself whether it waits',
      {
        only: 'lambda-dead-letter-queue',
        template: `
Resources:
  Role: ${role}
  Mail: ${worker()}
  Waiting: ${worker()}
  Receipt:
    Type: AWS::SES::ReceiptRule
    Properties: {RuleSetName: x, Rule: {Actions: [{LambdaAction: {FunctionArn: !GetAtt Mail.Arn}}, {LambdaAction: {FunctionArn: !GetAtt Waiting.Arn, InvocationType: RequestResponse}}]}}
`,
        findings: [
          /^Mail fixable: it is invoked asynchronously/,
          /^Waiting not-applicable: it is only invoked synchronously/,
        ],
      },
    ],
    [
      'the error action of an IoT rule, a universal target of a schedule, notifications in an Fn::If by an ARN in Fn::Join',
      {
        only: 'lambda-dead-letter-queue',
        template: `
Conditions: {C: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
  Role: ${role}
  Universal: ${worker()}
  OnError: ${worker()}
  Notified: ${worker()}
  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties: {FlexibleTimeWindow: {Mode: 'OFF'}, ScheduleExpression: rate(1 day), Target: {Arn: 'arn:aws:scheduler:::aws-sdk:lambda:invoke', RoleArn: !GetAtt Role.Arn, Input: !Sub '{"FunctionName":"\${Universal}","InvocationType":"Event"}'}}
  Rule: {Type: AWS::IoT::TopicRule, Properties: {TopicRulePayload: {Sql: select, Actions: [], ErrorAction: {Lambda: {FunctionArn: !GetAtt OnError.Arn}}}}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        Fn::If: [C, {LambdaConfigurations: [{Event: 's3:ObjectCreated:*', Function: {'Fn::Join': [':', ['arn:aws:lambda', !Ref AWS::Region, !Ref AWS::AccountId, function, !Ref Notified]]}}]}, !Ref AWS::NoValue]
`,
        findings: [
          /^Universal fixable: .*schedule Schedule/,
          /^OnError fixable: .*IoT rule Rule/,
          /^Notified fixable: .*bucket Bucket/,
        ],
      },
    ],
  ],
  'O: one evaluator': [
    [
      'a number that equals its text, an item of a list, a joined text, a split one',
      {
        only: 'log-retention',
        template: `
Parameters: {N: {Type: Number, Default: 1}, L: {Type: CommaDelimitedList, Default: 'a,b'}}
Conditions:
  One: !Equals [!Ref N, '1']
  Two: !Equals [!Select [1, !Ref L], b]
  Three: !Equals [!Join ['-', [!Ref N, x]], 1-x]
Resources:
  A: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !If [One, 7, 400]}}
  B: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !If [Two, 7, 400]}}
  C: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !If [Three, 7, 400]}}
  D: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Select [0, !Split ['-', '7-x']]}}
`,
        findings: ['A', 'B', 'C', 'D'].map((id) => new RegExp(`^${id} fixable: it keeps its logs 7 days`)),
        lacks: [', 400, '],
      },
    ],
    [
      'what is known at deployment only is known to no one',
      {
        only: 'log-retention',
        template: `
Parameters: {Days: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /days}}
Resources:
  A: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
  B: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !ImportValue days}}
  C: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: '{{resolve:ssm:/days}}'}}
`,
        findings: ['A', 'B', 'C'].map((id) => new RegExp(`^${id} unknown: `)),
      },
    ],
  ],
  'P: a fix undoes no other practice': [
    [
      'a queue that may ask for more than a function reserves',
      {
        only: 'lambda-reserved-concurrency',
        template: `
Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Worker: ${sam(', Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, ScalingConfig: {MaximumConcurrency: 150}}}}')}
`,
        findings: [/^Worker fixable: /],
        risk: 'review',
      },
    ],
    [
      'more is provisioned than the type may reserve',
      {
        only: 'lambda-reserved-concurrency',
        template: `
Transform: AWS::Serverless-2016-10-31
Resources:
  Warm: ${sam(', AutoPublishAlias: live, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 120}, Events: {A: {Type: HttpApi}}')}
`,
        findings: [/^Warm manual: 120 executions of it are provisioned/],
      },
    ],
  ],
  'Q: practices that were not judged': [
    [
      'passwords and tokens that a property is by what it is',
      {
        only: 'secrets-in-configuration',
        template: `
Resources:
  Jdbc: {Type: AWS::Glue::Connection, Properties: {CatalogId: !Ref AWS::AccountId, ConnectionInput: {ConnectionType: JDBC, ConnectionProperties: {USERNAME: a, PASSWORD: hunter2hunter2}}}}
  Named: {Type: AWS::Glue::Connection, Properties: {CatalogId: !Ref AWS::AccountId, ConnectionInput: {ConnectionType: JDBC, ConnectionProperties: {SECRET_ID: shop}}}}
  SignIn: {Type: AWS::Cognito::UserPoolIdentityProvider, Properties: {UserPoolId: x, ProviderName: Google, ProviderType: Google, ProviderDetails: {client_id: abc, client_secret: hunter2hunter2}}}
  Hook: {Type: AWS::Events::Connection, Properties: {AuthorizationType: BASIC, AuthParameters: {BasicAuthParameters: {Username: a, Password: hunter2hunter2}}}}
  Login: {Type: AWS::IAM::User, Properties: {LoginProfile: {Password: hunter2hunter2}}}
  User: {Type: AWS::IAM::User}
`,
        findings: [
          /^Jdbc manual: /,
          /^Named not-applicable: /,
          /^SignIn manual: /,
          /^Hook manual: /,
          /^Login manual: /,
          /^User not-applicable: /,
        ],
      },
    ],
    [
      'a stream of SAM without a destination, a schedule, a subscription to a web hook',
      {
        only: 'failed-event-destinations',
        template: `
Transform: AWS::Serverless-2016-10-31
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Worker: ${sam(', Events: {K: {Type: Kinesis, Properties: {Stream: !GetAtt Stream.Arn, StartingPosition: LATEST}}, S: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}}')}
  Topic: {Type: AWS::SNS::Topic}
  Hook: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: https, Endpoint: 'https://example.com/x'}}
`,
        findings: [
          /^Worker fixable: .*K has no destination.*S: events the target does not take/,
          /^Hook fixable: /,
        ],
      },
    ],
  ],
  'read by hand, and wrong': [
    [
      'a password that cfn-init writes, from the Metadata of a launch configuration',
      {
        only: 'secrets-in-configuration',
        template: `
Parameters: {Pw: {Type: String, NoEcho: true}}
Resources:
  Web:
    Type: AWS::AutoScaling::LaunchConfiguration
    Metadata:
      AWS::CloudFormation::Init: {config: {files: {/tmp/install.sh: {content: !Join ['', ['--dbpass=', !Ref Pw]]}}}}
    Properties: {ImageId: ami-1, InstanceType: t3.micro, UserData: {'Fn::Base64': 'cfn-init'}}
  Group: {Type: AWS::AutoScaling::AutoScalingGroup, Properties: {MinSize: '1', MaxSize: '1'}}
`,
        findings: [
          /^Web manual: AWS::CloudFormation::Init has the value of the NoEcho parameter Pw/,
          /^Group not-applicable: /,
        ],
      },
    ],
    [
      'the identifiers of a file system and of an instance are for their APIs, an address is for the network',
      {
        only: 'lambda-vpc',
        policy: reaching,
        template: `
Resources:
  Role: ${role}
  Files: {Type: AWS::EFS::FileSystem}
  Host: {Type: AWS::EC2::Instance, Properties: {ImageId: ami-1}}
  Sizes: ${worker(', Environment: {Variables: {ID: !Ref Files}}')}
  Starter: ${worker(', Environment: {Variables: {ID: !Ref Host}}')}
  Caller: ${worker(', Environment: {Variables: {HOST: !Sub "http://${Host.PrivateIp}"}}')}
`,
        findings: [
          /^Sizes not-applicable: /,
          /^Starter not-applicable: /,
          /^Caller fixable: it reaches Host/,
        ],
      },
    ],
    [
      'a parameter that holds several keys is no key',
      {
        only: 'log-group-encryption',
        template: `
Parameters: {KMSKeyArns: {Type: String}, KmsKeyArnList: {Type: CommaDelimitedList}}
Conditions: {WithKMS: !Not [!Equals [!Ref KMSKeyArns, '']]}
Resources:
  Logs: {Type: AWS::Logs::LogGroup}
`,
        findings: [/^Logs manual: template\.yaml has no customer-managed key/],
      },
    ],
    [
      'a key for tables is none for variables beside one for logs',
      {
        only: 'lambda-environment-encryption',
        template: `
Resources:
  DynamoDBKmsKey: ${key}
  LoggingKmsKey: ${key}
  Table: {Type: AWS::DynamoDB::Table, Properties: {SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !Ref DynamoDBKmsKey}}}
  Role: ${role}
  Worker: ${worker(', Environment: {Variables: {A: b}}')}
`,
        findings: [/^Worker manual: nothing says which of DynamoDBKmsKey/],
      },
    ],
  ],
  'what is there in some deployments only': [
    [
      'a managed policy that is attached under a condition is neither enough nor attached twice',
      {
        only: 'lambda-vpc',
        policy: reaching,
        template: `
Conditions: {IsOne: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
  Cache: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {ReplicationGroupDescription: d}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: ${trusting('lambda')}
      ManagedPolicyArns: [!If [IsOne, 'arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole', !Ref AWS::NoValue]]
  Worker: ${worker(', Environment: {Variables: {HOST: !GetAtt Cache.PrimaryEndPoint.Address}}')}
`,
        findings: [
          /^Worker manual: .*AWSLambdaVPCAccessExecutionRole is attached to the role of Worker under a condition/,
        ],
      },
    ],
    [
      'a managed policy of a longer name is another one',
      {
        only: 'lambda-vpc',
        policy: reaching,
        template: `
Resources:
  Cache: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {ReplicationGroupDescription: d}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: ${trusting('lambda')}
      ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/service-role/AWSLambdaVPCAccessExecutionRoleLess']
  Worker: ${worker(', Environment: {Variables: {HOST: !GetAtt Cache.PrimaryEndPoint.Address}}')}
`,
        findings: [/^Worker fixable: /],
        writes: ["Less', !Sub", 'iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole'],
        risk: 'review',
      },
    ],
  ],
  'a decision that is written out': [
    [
      'versions that were suspended are switched on with approval only',
      {
        only: 'disaster-recovery',
        template: `
Resources:
  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, UpdateReplacePolicy: Retain, Properties: {VersioningConfiguration: {Status: Suspended}}}
`,
        findings: [/^Bucket fixable: it lacks VersioningConfiguration\.Status/],
        risk: 'review',
      },
    ],
  ],
  'R: the second run agrees with the first': [
    [
      'two functions with one role, Globals and an exception, two keys',
      {
        only: 'log-group-encryption, log-retention, lambda-environment-encryption, lambda-dead-letter-queue, kms-key-hygiene, failed-event-destinations',
        template: `
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Environment: {Variables: {A: b}}}}
Resources:
  Role: ${role}
  Key: ${key}
  LogsKey: ${key}
  One: ${sam(', Role: !GetAtt Role.Arn, Events: {S: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}')}
  Two: {Type: AWS::Serverless::Function, IgnoreGlobals: [Environment], Properties: {Handler: a.b, Runtime: nodejs22.x, InlineCode: a, Role: !GetAtt Role.Arn}}
  Topic: {Type: AWS::SNS::Topic, Properties: {KmsMasterKeyId: !Ref Key}}
`,
        findings: [
          /^One fixable: it logs to .*LogsKey of template\.yaml is taken/,
          /^One fixable: its environment variables .*of several keys Key of/,
        ],
      },
    ],
    [
      'a key whose policy names the role of the function that is to use it',
      {
        only: 'log-group-encryption, log-retention, lambda-environment-encryption',
        template: `
Resources:
  Role: ${role}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [${account}, {Effect: Allow, Principal: {AWS: !GetAtt Role.Arn}, Action: 'kms:Decrypt', Resource: '*'}]}}}
  Worker: ${worker(', Environment: {Variables: {A: b}}')}
`,
        findings: [/^Worker fixable: it logs to/, /^Worker fixable: its environment variables/],
        writes: ['KmsKeyArn: !GetAtt Key.Arn', 'log-group:/aws/lambda/${AWS::StackName}-WorkerLogGroup:*'],
        lacks: ['!GetAtt WorkerLogGroup.Arn'],
      },
    ],
  ],
};

describe.each(Object.entries(members))('kind %s', (_, ofKind) => {
  test.each(ofKind)('%s', async (__, { only, policy = filled, template, nested = {}, ...expected }) => {
    const name = template.trimStart().startsWith('{') ? 'template.json' : 'template.yaml';
    const texts = { [name]: template, ...nested };
    const result = await plan(texts, only, policy);
    const verdicts = verdictsOf(result);
    for (const finding of expected.findings) {
      expect(verdicts).toContainEqual(expect.stringMatching(finding));
    }
    const open = result.document.coverage.notEvaluated.map(
      ({ logicalId, because }) => `${logicalId}: ${because}`,
    );
    for (const part of expected.notChecked ?? []) expect(open).toContainEqual(expect.stringMatching(part));
    const written = Object.fromEntries(result.files.map(({ path, text }) => [path, text]));
    const all = Object.values({ ...texts, ...written }).join('\n');
    for (const text of expected.writes ?? []) expect(all).toContain(text);
    for (const text of expected.lacks ?? []) expect(all).not.toContain(text);
    const patches = result.document.stacks.flatMap((stack) => stack.patches);
    if (expected.risk !== undefined) expect(patches.map(({ risk }) => risk)).toEqual([expected.risk]);
    const again = verdictsOf(await plan({ ...texts, ...written }, only, policy));
    expect(again.filter((each) => / fixable: /.test(each))).toEqual([]);
  });
});
