import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { classifyFunctions, type FunctionOverride } from '../../src/analysis/classify-functions.js';
import type { FunctionClass } from '../../src/contract/facts.js';
import type { StackTree } from '../../src/template/template.js';
import { acceleratorTree, hasAccelerator, treeOf } from '../template/trees.js';

function classify(tree: StackTree, overrides?: readonly FunctionOverride[]): Map<string, FunctionClass> {
  return new Map([...classifyFunctions(tree, overrides).values()].flatMap((functions) => [...functions]));
}

/** The class of `Handler` in a SAM template of resources, with more properties for the function itself. */
function handler(resources: string, properties = ''): FunctionClass {
  const text = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      Runtime: nodejs22.x
${indent(properties, 6)}
${indent(resources, 2)}`;
  const found = classify(treeOf({ 'template.yaml': text })).get('Handler');
  if (found === undefined) throw new Error('no Handler');
  return found;
}

function indent(text: string, by: number): string {
  return text.trim().replace(/^(?=.)/gm, ' '.repeat(by));
}

function event(type: string, properties = '{}'): string {
  return `Events:\n  It:\n    Type: ${type}\n    Properties: ${properties}`;
}

describe('events of a SAM function', () => {
  it.each([
    ['Api', '{Path: /, Method: get}', 'api-handler', 'sync'],
    ['HttpApi', '{Path: /, Method: get}', 'api-handler', 'sync'],
    ['AlexaSkill', '{}', 'api-handler', 'sync'],
    ['Cognito', '{UserPool: !Ref Pool, Trigger: PreSignUp}', 'api-handler', 'sync'],
    ['S3', '{Bucket: !Ref Uploads, Events: s3:ObjectCreated:*}', 'high-volume', 'async'],
    ['SNS', '{Topic: !Ref Topic}', 'high-volume', 'async'],
    ['SNS', '{Topic: !Ref Topic, SqsSubscription: true}', 'high-volume', 'sync'],
    ['SQS', '{Queue: !GetAtt Queue.Arn}', 'high-volume', 'sync'],
    ['Kinesis', '{Stream: !GetAtt Stream.Arn, StartingPosition: LATEST}', 'high-volume', 'sync'],
    ['DynamoDB', '{Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST}', 'high-volume', 'sync'],
    ['CloudWatchLogs', '{LogGroupName: /app, FilterPattern: ""}', 'high-volume', 'async'],
    ['IoTRule', '{Sql: "SELECT * FROM x"}', 'high-volume', 'async'],
    ['Schedule', '{Schedule: rate(1 day)}', 'background', 'async'],
    ['ScheduleV2', '{ScheduleExpression: rate(1 day)}', 'background', 'async'],
    ['EventBridgeRule', '{Pattern: {source: [my.app]}}', 'background', 'async'],
    ['CloudWatchEvent', '{Pattern: {source: [aws.s3]}}', 'high-volume', 'async'],
  ])('%s %s', (type, properties, expected, invocation) => {
    expect(handler('', event(type, properties))).toMatchObject({ type: expected, invocation });
  });

  it('takes a function URL for an API', () => {
    expect(handler('', 'FunctionUrlConfig: {AuthType: NONE}')).toMatchObject({
      type: 'api-handler',
      invocation: 'sync',
    });
  });

  it('counts both a synchronous and an asynchronous trigger', () => {
    const found = handler(
      '',
      `${event('Schedule', '{Schedule: rate(5 minutes)}')}\nFunctionUrlConfig: {AuthType: NONE}`,
    );
    expect(found).toMatchObject({ type: 'api-handler', invocation: 'both' });
    expect(found.evidence).toEqual(['function URL', 'SAM event It (Schedule)']);
  });
});

describe('resources that invoke', () => {
  it.each([
    [
      'plain API Gateway',
      'api-handler',
      'sync',
      `
Method:
  Type: AWS::ApiGateway::Method
  Properties:
    Integration:
      Type: AWS_PROXY
      Uri: !Sub arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${Handler.Arn}/invocations`,
    ],
    [
      'HTTP API integration',
      'api-handler',
      'sync',
      `
Integration:
  Type: AWS::ApiGatewayV2::Integration
  Properties: {IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Handler.Arn}`,
    ],
    [
      'AppSync',
      'api-handler',
      'sync',
      `
Source:
  Type: AWS::AppSync::DataSource
  Properties: {Type: AWS_LAMBDA, LambdaConfig: {LambdaFunctionArn: !GetAtt Handler.Arn}}`,
    ],
    [
      'load balancer',
      'api-handler',
      'sync',
      `
Group:
  Type: AWS::ElasticLoadBalancingV2::TargetGroup
  Properties: {TargetType: lambda, Targets: [{Id: !GetAtt Handler.Arn}]}`,
    ],
    [
      'S3 notification',
      'high-volume',
      'async',
      `
Bucket:
  Type: AWS::S3::Bucket
  Properties:
    NotificationConfiguration:
      LambdaConfigurations: [{Event: s3:ObjectCreated:*, Function: !GetAtt Handler.Arn}]`,
    ],
    [
      'S3 permission, the notification being made elsewhere',
      'high-volume',
      'async',
      `
Permission:
  Type: AWS::Lambda::Permission
  Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Handler, Principal: s3.amazonaws.com}`,
    ],
    [
      'queue mapping',
      'high-volume',
      'sync',
      `
Queue: {Type: AWS::SQS::Queue}
Mapping:
  Type: AWS::Lambda::EventSourceMapping
  Properties: {EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref Handler}`,
    ],
    [
      'state machine in JSON',
      'high-volume',
      'sync',
      `
Machine:
  Type: AWS::StepFunctions::StateMachine
  Properties:
    RoleArn: arn:aws:iam::1:role/x
    DefinitionString: !Sub |
      {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "\${Handler.Arn}", "End": true}}}`,
    ],
    [
      'state machine with substitutions',
      'high-volume',
      'sync',
      `
Machine:
  Type: AWS::Serverless::StateMachine
  Properties: {DefinitionUri: a.asl.json, DefinitionSubstitutions: {Fn: !GetAtt Handler.Arn}}`,
    ],
    [
      'state machine that may invoke',
      'high-volume',
      'sync',
      `
Machine:
  Type: AWS::Serverless::StateMachine
  Properties:
    DefinitionUri: a.asl.json
    Policies: [LambdaInvokePolicy: {FunctionName: !Ref Handler}]`,
    ],
    [
      'scheduler',
      'background',
      'async',
      `
Nightly:
  Type: AWS::Scheduler::Schedule
  Properties: {ScheduleExpression: rate(1 day), Target: {Arn: !GetAtt Handler.Arn, RoleArn: x}}`,
    ],
    [
      'scheduled rule',
      'background',
      'async',
      `
Rule:
  Type: AWS::Events::Rule
  Properties: {ScheduleExpression: rate(1 hour), Targets: [{Arn: !GetAtt Handler.Arn, Id: a}]}`,
    ],
    [
      'rule for stored objects',
      'high-volume',
      'async',
      `
Rule:
  Type: AWS::Events::Rule
  Properties:
    EventPattern: {source: [aws.s3], detail-type: [Object Created]}
    Targets: [{Arn: !GetAtt Handler.Arn, Id: a}]`,
    ],
    [
      'Cognito',
      'api-handler',
      'sync',
      `
Pool:
  Type: AWS::Cognito::UserPool
  Properties: {LambdaConfig: !If [C, {PreSignUp: !GetAtt Handler.Arn}, !Ref AWS::NoValue]}`,
    ],
    [
      'authorizer',
      'api-handler',
      'sync',
      `
Authorizer:
  Type: AWS::ApiGateway::Authorizer
  Properties:
    AuthorizerUri: !Join ['', ['arn:aws:apigateway:x:lambda:path/functions/', !GetAtt Handler.Arn, /invocations]]`,
    ],
    [
      'custom resource',
      'administrative',
      'async',
      `
Setup:
  Type: Custom::Setup
  Properties: {ServiceToken: !GetAtt Handler.Arn}`,
    ],
    [
      'subscription to a topic of data',
      'high-volume',
      'async',
      `
Topic: {Type: AWS::SNS::Topic}
Subscription:
  Type: AWS::SNS::Subscription
  Properties: {Protocol: lambda, Endpoint: !GetAtt Handler.Arn, TopicArn: !Ref Topic}`,
    ],
    [
      'subscription to a topic of alarms',
      'administrative',
      'async',
      `
Topic: {Type: AWS::SNS::Topic}
Alarm:
  Type: AWS::CloudWatch::Alarm
  Properties: {AlarmActions: [!Ref Topic]}
Subscription:
  Type: AWS::SNS::Subscription
  Properties: {Protocol: lambda, Endpoint: !GetAtt Handler.Arn, TopicArn: !Ref Topic}`,
    ],
    [
      'log subscription',
      'high-volume',
      'async',
      `
Filter:
  Type: AWS::Logs::SubscriptionFilter
  Properties: {LogGroupName: /app, FilterPattern: '', DestinationArn: !GetAtt Handler.Arn}`,
    ],
    [
      'delivery stream',
      'high-volume',
      'sync',
      `
Stream:
  Type: AWS::KinesisFirehose::DeliveryStream
  Properties:
    ExtendedS3DestinationConfiguration:
      ProcessingConfiguration:
        Processors: [{Type: Lambda, Parameters: [{ParameterName: LambdaArn, ParameterValue: !GetAtt Handler.Arn}]}]`,
    ],
    [
      'CloudFront',
      'api-handler',
      'sync',
      `
Version:
  Type: AWS::Lambda::Version
  Properties: {FunctionName: !Ref Handler}
Distribution:
  Type: AWS::CloudFront::Distribution
  Properties:
    DistributionConfig:
      DefaultCacheBehavior:
        LambdaFunctionAssociations: [{EventType: viewer-request, LambdaFunctionARN: !Ref Version}]`,
    ],
    [
      'alias in an API',
      'api-handler',
      'sync',
      `
Alias:
  Type: AWS::Lambda::Alias
  Properties: {FunctionName: !Ref Handler, Name: live}
Integration:
  Type: AWS::ApiGatewayV2::Integration
  Properties: {IntegrationUri: !Ref Alias}`,
    ],
    [
      'Alexa permission',
      'api-handler',
      'sync',
      `
Permission:
  Type: AWS::Lambda::Permission
  Properties: {FunctionName: !GetAtt Handler.Arn, Principal: alexa-appkit.amazon.com, Action: lambda:InvokeFunction}`,
    ],
    [
      'rotation',
      'administrative',
      'sync',
      `
Rotation:
  Type: AWS::SecretsManager::RotationSchedule
  Properties: {SecretId: x, RotationLambdaARN: !GetAtt Handler.Arn}`,
    ],
    [
      'Config rule',
      'administrative',
      'async',
      `
Rule:
  Type: AWS::Config::ConfigRule
  Properties: {Source: {Owner: CUSTOM_LAMBDA, SourceIdentifier: !GetAtt Handler.Arn}}`,
    ],
    [
      'pipeline',
      'administrative',
      'async',
      `
Pipeline:
  Type: AWS::CodePipeline::Pipeline
  Properties: {Stages: [{Actions: [{Configuration: {FunctionName: !Ref Handler}}]}]}`,
    ],
    [
      'Bedrock agent',
      'api-handler',
      'sync',
      `
Agent:
  Type: AWS::Bedrock::Agent
  Properties: {ActionGroups: [{ActionGroupExecutor: {Lambda: !GetAtt Handler.Arn}}]}`,
    ],
    [
      'failure destination',
      'background',
      'async',
      `
Config:
  Type: AWS::Lambda::EventInvokeConfig
  Properties:
    FunctionName: other
    DestinationConfig: {OnFailure: {Destination: !GetAtt Handler.Arn}}`,
    ],
  ])('%s', (_name, type, invocation, resources) => {
    expect(handler(resources)).toMatchObject({ type, invocation });
  });

  it('tells the authorizer of an OpenAPI document from its handlers', () => {
    const found = classify(
      treeOf({
        'template.yaml': `
Resources:
  Check: {Type: AWS::Lambda::Function}
  Items: {Type: AWS::Lambda::Function}
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        paths: {/items: {get: {x-amazon-apigateway-integration: {uri: !Sub 'x/\${Items.Arn}/invocations'}}}}
        components:
          securitySchemes:
            token: {x-amazon-apigateway-authorizer: {authorizerUri: !Sub 'x/\${Check.Arn}/invocations'}}
`,
      }),
    );
    expect(found.get('Check')?.triggers.map(({ source }) => source)).toEqual(['identity']);
    expect(found.get('Items')?.triggers.map(({ source }) => source)).toEqual(['api']);
  });

  it('takes mentions in outputs, dashboards, alarms and log groups for nothing', () => {
    const found = handler(`
Dashboard:
  Type: AWS::CloudWatch::Dashboard
  Properties: {DashboardBody: !Sub '{"x": "\${Handler}"}'}
Alarm:
  Type: AWS::CloudWatch::Alarm
  Properties: {Dimensions: [{Name: FunctionName, Value: !Ref Handler}]}
Group:
  Type: AWS::Logs::LogGroup
  Properties: {LogGroupName: !Sub '/aws/lambda/\${Handler}'}`);
    expect(found).toMatchObject({ type: 'administrative', invocation: 'sync', triggers: [] });
    expect(found.evidence).toEqual(['no trigger found in the templates; assumed to be invoked manually']);
  });

  it.each([
    [
      'Events: {It: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}',
      '',
      'SAM event It (SQS) of Queue',
      { owner: { logicalId: 'Handler' }, settings: ['Events', 'It', 'Properties'] },
    ],
    [
      '',
      'Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref Handler}}',
      'event source mapping Mapping of Queue',
      { owner: { logicalId: 'Mapping' }, settings: [] },
    ],
  ])(
    'names the queue that is polled, and what has the settings: %s%s',
    (properties, resources, description, polls) => {
      expect(handler(`Queue: {Type: AWS::SQS::Queue}\n${resources}`, properties).triggers).toMatchObject([
        {
          invocation: 'polled',
          source: 'queue',
          description,
          from: 'Queue',
          polls: { ...polls, queues: [{ logicalId: 'Queue' }] },
        },
      ]);
    },
  );

  it('names no resource where there is none in the template', () => {
    const [trigger] = handler('', event('S3', '{Bucket: uploads}')).triggers;
    expect(trigger).toEqual({ invocation: 'async', source: 'records', description: 'SAM event It (S3)' });
  });

  it('sees that an API does not wait', () => {
    const found = handler(`
Method:
  Type: AWS::ApiGateway::Method
  Properties:
    Integration:
      Uri: !Sub x/\${Handler.Arn}/invocations
      RequestParameters: {integration.request.header.X-Amz-Invocation-Type: "'Event'"}`);
    expect(found).toMatchObject({ type: 'api-handler', invocation: 'async' });
  });

  it('finds the authorizer of the API that SAM makes by itself', () => {
    const found = classify(
      treeOf({
        'template.yaml': `
Transform: AWS::Serverless-2016-10-31
Globals: {Api: {Auth: {Authorizers: {Check: {FunctionArn: !GetAtt Check.Arn}}}}}
Resources: {Check: {Type: AWS::Serverless::Function}}
`,
      }),
    );
    expect(found.get('Check')).toMatchObject({
      type: 'api-handler',
      evidence: ['authorizer in Globals.Api'],
    });
  });

  it('finds a function by the name the template gives it', () => {
    const found = classify(
      treeOf({
        'template.yaml': `
Resources:
  Job: {Type: AWS::Lambda::Function, Properties: {FunctionName: !Sub '\${AWS::StackName}-job'}}
  Task: {Type: AWS::Lambda::Function, Properties: {FunctionName: task}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 hour)
      Targets:
        - Arn: !Sub 'arn:aws:lambda:\${AWS::Region}:\${AWS::AccountId}:function:\${AWS::StackName}-job'
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties: {Definition: {States: {A: {Resource: 'arn:aws:states:::lambda:invoke', Parameters: {FunctionName: task}}}}}
`,
      }),
    );
    expect(found.get('Job')?.type).toBe('background');
    expect(found.get('Task')?.type).toBe('high-volume');
  });

  it('does not say twice what a permission confirms', () => {
    const found = handler(`
Rule:
  Type: AWS::Events::Rule
  Properties: {ScheduleExpression: rate(1 hour), Targets: [{Arn: !GetAtt Handler.Arn, Id: a}]}
Permission:
  Type: AWS::Lambda::Permission
  Properties: {FunctionName: !Ref Handler, Principal: events.amazonaws.com, SourceArn: !GetAtt Rule.Arn}`);
    expect(found.triggers).toEqual([
      { invocation: 'async', source: 'schedule', description: 'scheduled rule Rule', from: 'Rule' },
    ]);
  });
});

describe('functions that call functions', () => {
  const two = (policies: string, environment = '{}'): string => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Caller:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: ${environment}}
      Policies:
${indent(policies, 8)}
  Worker:
    Type: AWS::Serverless::Function
`;
  const worker = (text: string): FunctionClass | undefined =>
    classify(treeOf({ 'template.yaml': text })).get('Worker');

  it.each([
    ['by a policy template', '- LambdaInvokePolicy: {FunctionName: !Ref Worker}'],
    [
      'by its ARN',
      '- Statement: [{Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Worker.Arn}]',
    ],
    [
      'by a pattern of its name',
      "- Statement: [{Effect: Allow, Action: lambda:*, Resource: !Sub 'arn:aws:lambda:*:*:function:${AWS::StackName}-Worker*'}]",
    ],
  ])('%s', (_name, policies) => {
    expect(worker(two(policies))).toMatchObject({ type: 'background', invocation: 'unknown' });
  });

  const anyFunction = "- Statement: [{Effect: Allow, Action: lambda:InvokeFunction, Resource: '*'}]";

  it('asks the environment when the permission is for every function', () => {
    expect(worker(two(anyFunction, '{WORKER: !Ref Worker}'))?.triggers).toHaveLength(1);
    expect(worker(two(anyFunction))?.triggers).toEqual([]);
  });

  it('sees that a function calls itself', () => {
    const text = two(
      "- Statement: [{Effect: Allow, Action: [lambda:InvokeFunction], Resource: !Sub 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-Cal*'}]",
    );
    const found = classify(treeOf({ 'template.yaml': text }));
    expect(found.get('Caller')).toMatchObject({ invocation: 'async', triggers: [{ source: 'self' }] });
    expect(found.get('Worker')?.triggers).toEqual([]);
  });

  it('takes a step that answers a state machine for part of its workflow', () => {
    const policies =
      "Policies: [Statement: [{Effect: Allow, Action: states:SendTaskSuccess, Resource: '*'}]]";
    const found = handler('', `${event('EventBridgeRule', '{Pattern: {source: [my.app]}}')}\n${policies}`);
    expect(found).toMatchObject({ type: 'high-volume', invocation: 'async' });
  });
});

describe('nested stacks', () => {
  const root = `
Resources:
  Worker: {Type: AWS::Lambda::Function}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child.yaml, Parameters: {Token: !GetAtt Worker.Arn}}
  Rule:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 hour), Targets: [{Arn: !GetAtt Child.Outputs.JobArn, Id: a}]}
`;
  const child = `
Parameters: {Token: {Type: String}}
Resources:
  Job: {Type: AWS::Lambda::Function}
  Setup: {Type: Custom::Setup, Properties: {ServiceToken: !Ref Token}}
Outputs: {JobArn: {Value: !GetAtt Job.Arn}}
`;
  const found = classify(treeOf({ 'template.yaml': root, 'child.yaml': child }));

  it('follows a parameter to the function of the parent', () => {
    expect(found.get('Worker')?.evidence).toEqual(['custom resource Setup of child.yaml']);
  });

  it('follows an output to the function of the child', () => {
    expect(found.get('Job')).toMatchObject({
      type: 'background',
      evidence: ['scheduled rule Rule of template.yaml'],
    });
  });
});

describe('the policy', () => {
  const tree = treeOf({ 'a/template.yaml': 'Resources: {ReportJob: {Type: AWS::Lambda::Function}}' });

  it('beats all evidence', () => {
    const found = classify(tree, [
      { logicalId: 'Report*', template: 'a/*', type: 'background', reason: 'run by hand nightly' },
    ]);
    expect(found.get('ReportJob')).toMatchObject({ type: 'background', invocation: 'sync' });
    expect(found.get('ReportJob')?.evidence[0]).toBe('set by the policy: run by hand nightly');
  });

  it('leaves other functions alone', () => {
    const found = classify(tree, [{ logicalId: 'Report*', template: 'b/*', type: 'background' }]);
    expect(found.get('ReportJob')?.type).toBe('administrative');
  });
});

describe.skipIf(!hasAccelerator)('the accelerator (passed over: ../shared is not there)', () => {
  let classes: ReturnType<typeof classifyFunctions>;
  let all: { readonly key: string; readonly found: FunctionClass }[];
  beforeAll(() => {
    classes = classifyFunctions(acceleratorTree());
    all = [...classes].flatMap(([stack, functions]) =>
      [...functions].map(([logicalId, found]) => ({ key: `${stack.template.path} ${logicalId}`, found })),
    );
  });

  it('has 45 functions, each with evidence', () => {
    expect(all).toHaveLength(45);
    expect(all.filter(({ found }) => found.evidence.length === 0)).toEqual([]);
  });

  /** Whether its callers wait stands in their code, which is not beside these templates. */
  const unseen = ['SaveReportingDataFunction'];

  it('agrees with the labels', () => {
    const byKey = new Map(all.map(({ key, found }) => [key, found]));
    const rows = readFileSync('../shared/data/labels/functions.csv', 'utf8').trim().split('\n').slice(1);
    const wrong = rows
      .map((row) => row.split(','))
      .filter(([template, logicalId, invocation, label = '']) => {
        const found = byKey.get(`${template} ${logicalId}`);
        return (
          found?.invocation !== (unseen.includes(logicalId ?? '') ? 'unknown' : invocation) ||
          !label.toLowerCase().startsWith(found?.type.replace('-handler', ' handler') ?? '?')
        );
      });
    expect(wrong).toEqual([]);
  });

  it('leaves two asynchronous functions whose failures go nowhere', () => {
    const answered = new Set(['custom-resource', 'operations']);
    const asynchronous = all.filter(({ found }) =>
      found.triggers.some(({ invocation, source }) => invocation === 'async' && !answered.has(source)),
    );
    const withoutQueue = asynchronous.filter(({ key }) => {
      const [path, logicalId = ''] = key.split(' ');
      const stack = [...classes.keys()].find(({ template }) => template.path === path);
      return stack?.template.resources.get(logicalId)?.properties.DeadLetterQueue === undefined;
    });
    expect(withoutQueue.map(({ key }) => key)).toEqual([
      'template.yaml IPSetUpdaterFunction',
      'template.yaml CopyToBaselineResolverFunction',
    ]);
  });
});
