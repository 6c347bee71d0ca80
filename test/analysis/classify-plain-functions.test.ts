import { describe, expect, test } from 'vitest';
import { classifyFunctions } from '../../src/analysis/classify-functions.js';
import { treeOf } from '../template/trees.js';

/** A function of plain CloudFormation and what stands beside it, in every form a template may have it. */
const cases: readonly (readonly [what: string, expected: string, resources: string])[] = [
  [
    'state machine in a bucket, with substitutions',
    'high-volume sync',
    `M: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionS3Location: {Bucket: b, Key: k}, DefinitionSubstitutions: {fn: !GetAtt H.Arn}, RoleArn: x}}`,
  ],
  [
    'state machine as a map',
    'high-volume sync',
    `M: {Type: AWS::Serverless::StateMachine, Properties: {Definition: {StartAt: A, States: {A: {Type: Task, Resource: !GetAtt H.Arn, End: true}}}}}`,
  ],
  [
    'state machine as text with names of its own',
    'high-volume sync',
    `M: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionString: !Sub ['{"Resource":"\${f}"}', {f: !GetAtt H.Arn}], RoleArn: x}}`,
  ],
  [
    'state machine as joined text',
    'high-volume sync',
    `M: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionString: {'Fn::Join': ['', ['{"Resource":"', {'Fn::GetAtt': [H, Arn]}, '"}']]}, RoleArn: x}}`,
  ],
  [
    'state machine whose role may invoke',
    'high-volume sync',
    `SR: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}, Policies: [{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: 'lambda:InvokeFunction', Resource: !GetAtt H.Arn}]}}]}}
M: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionS3Location: {Bucket: b, Key: k}, RoleArn: !GetAtt SR.Arn}}`,
  ],
  [
    'state machine whose role has a policy of its own',
    'high-volume sync',
    `SR: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
P: {Type: AWS::IAM::Policy, Properties: {PolicyName: a, Roles: [!Ref SR], PolicyDocument: {Statement: {Effect: Allow, Action: ['lambda:InvokeFunction'], Resource: [!GetAtt H.Arn, !Sub '\${H.Arn}:*']}}}}
M: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionS3Location: {Bucket: b, Key: k}, RoleArn: !GetAtt SR.Arn}}`,
  ],
  [
    'answer to a state machine, by a policy of its own',
    'high-volume async',
    `P: {Type: AWS::IAM::Policy, Properties: {PolicyName: a, Roles: [!Ref R], PolicyDocument: {Statement: {Effect: Allow, Action: ['states:SendTask*'], Resource: '*'}}}}
E: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [x]}, Targets: [{Id: a, Arn: !GetAtt H.Arn}]}}`,
  ],
  [
    'permission for a service of any partition (kind N)',
    'high-volume async',
    `P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref H, Action: 'lambda:InvokeFunction', Principal: !Sub 's3.\${AWS::URLSuffix}', SourceAccount: !Ref AWS::AccountId}}`,
  ],
  [
    'permission for a service, joined',
    'high-volume async',
    `P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref H, Action: 'lambda:InvokeFunction', Principal: !Join ['.', [sns, !Ref AWS::URLSuffix]]}}`,
  ],
  [
    'permission for a service in China',
    'high-volume async',
    `P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref H, Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com.cn}}`,
  ],
  [
    'stream mapping',
    'high-volume sync',
    `E: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !GetAtt H.Arn, EventSourceArn: !GetAtt K.Arn, StartingPosition: LATEST}}
K: {Type: AWS::Kinesis::Stream}`,
  ],
  [
    'broker mapping',
    'high-volume sync',
    `E: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Sub '\${H}', EventSourceArn: 'arn:aws:mq:us-east-1:1:broker:b:x', Queues: [q]}}`,
  ],
  [
    'Kafka mapping',
    'high-volume sync',
    `E: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref H, SelfManagedEventSource: {Endpoints: {}}, Topics: [t], StartingPosition: LATEST}}`,
  ],
  [
    'IoT rule',
    'high-volume async',
    `T: {Type: AWS::IoT::TopicRule, Properties: {TopicRulePayload: {Sql: x, Actions: [{Lambda: {FunctionArn: !GetAtt H.Arn}}]}}}`,
  ],
  [
    'mail receipt',
    'high-volume async',
    `T: {Type: AWS::SES::ReceiptRule, Properties: {RuleSetName: x, Rule: {Actions: [{LambdaAction: {FunctionArn: !GetAtt H.Arn}}]}}}`,
  ],
  [
    'delivery stream, by version',
    'high-volume sync',
    `S: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {ExtendedS3DestinationConfiguration: {ProcessingConfiguration: {Processors: [{Type: Lambda, Parameters: [{ParameterName: LambdaArn, ParameterValue: !Sub '\${H.Arn}:$LATEST'}]}]}}}}`,
  ],
  [
    'function URL',
    'api-handler sync',
    `U: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !GetAtt H.Arn, AuthType: NONE}}`,
  ],
  [
    'Lex bot',
    'api-handler sync',
    `L: {Type: AWS::Lex::Bot, Properties: {TestBotAliasSettings: {BotAliasLocaleSettings: [{BotAliasLocaleSetting: {CodeHookSpecification: {LambdaCodeHook: {LambdaArn: !GetAtt H.Arn, CodeHookInterfaceVersion: '1.0'}}}}]}}}`,
  ],
  [
    'permission for Lex',
    'api-handler sync',
    `L: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt H.Arn, Action: 'lambda:InvokeFunction', Principal: lex.amazonaws.com}}`,
  ],
  [
    'Connect',
    'api-handler sync',
    `L: {Type: AWS::Connect::IntegrationAssociation, Properties: {InstanceId: i, IntegrationType: LAMBDA_FUNCTION, IntegrationArn: !GetAtt H.Arn}}`,
  ],
  [
    'VPC Lattice',
    'api-handler sync',
    `L: {Type: AWS::VpcLattice::TargetGroup, Properties: {Type: LAMBDA, Targets: [{Id: !GetAtt H.Arn}]}}`,
  ],
  [
    'AppSync, in one text',
    'api-handler sync',
    `L: {Type: AWS::AppSync::DataSource, Properties: {Type: AWS_LAMBDA, LambdaConfig: {LambdaFunctionArn: {'Fn::GetAtt': 'H.Arn'}}}}`,
  ],
  [
    'authorizer of a GraphQL API',
    'api-handler sync',
    `L: {Type: AWS::AppSync::GraphQLApi, Properties: {AuthenticationType: AWS_LAMBDA, LambdaAuthorizerConfig: {AuthorizerUri: !GetAtt H.Arn}}}`,
  ],
  [
    'authorizer of an HTTP API',
    'api-handler sync',
    `L: {Type: AWS::ApiGatewayV2::Authorizer, Properties: {AuthorizerUri: !Sub 'arn:x:lambda:path/2015-03-31/functions/\${H.Arn}/invocations'}}`,
  ],
  [
    'OpenAPI document',
    'api-handler sync',
    `L: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {paths: {/: {get: {x-amazon-apigateway-integration: {uri: !Sub 'arn:x/\${H.Arn}/invocations'}}}}}}}`,
  ],
  [
    'OpenAPI document of SAM',
    'api-handler sync',
    `L: {Type: AWS::Serverless::HttpApi, Properties: {DefinitionBody: {paths: {/: {get: {x-amazon-apigateway-integration: {uri: !Sub 'arn:x/\${H.Arn}/invocations'}}}}}}}`,
  ],
  [
    'Cognito',
    'api-handler sync',
    `L: {Type: AWS::Cognito::UserPool, Properties: {LambdaConfig: {PostConfirmation: !GetAtt H.Arn, CustomEmailSender: {LambdaArn: x, LambdaVersion: V1_0}}}}`,
  ],
  [
    'subscription inside a topic',
    'high-volume async',
    `T: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: lambda, Endpoint: {'Fn::GetAtt': [H, Arn]}}]}}`,
  ],
  [
    'universal target of the scheduler',
    'background async',
    `T: {Type: AWS::Scheduler::Schedule, Properties: {ScheduleExpression: rate(1 day), Target: {Arn: 'arn:aws:scheduler:::aws-sdk:lambda:invoke', Input: !Sub '{"FunctionName":"\${H}","InvocationType":"Event"}', RoleArn: x}}}`,
  ],
  [
    'scheduled rule, long form',
    'background async',
    `T: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day), Targets: [{Id: a, Arn: {'Fn::GetAtt': [H, Arn]}}]}}`,
  ],
  [
    'rule for a pipeline',
    'background async',
    `T: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.codepipeline]}, Targets: [{Id: a, Arn: {'Fn::GetAtt': [H, Arn]}}]}}`,
  ],
  [
    'rule for alarms',
    'background async',
    `T: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.cloudwatch], detail-type: [CloudWatch Alarm State Change]}, Targets: [{Id: a, Arn: {'Fn::GetAtt': [H, Arn]}}]}}`,
  ],
  [
    'action of an alarm',
    'administrative async',
    `T: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!GetAtt H.Arn]}}`,
  ],
  [
    'custom resource, long form',
    'administrative async',
    `T: {Type: AWS::CloudFormation::CustomResource, Properties: {ServiceToken: {'Fn::GetAtt': [H, Arn]}}}`,
  ],
  [
    'custom resource, joined ARN',
    'administrative async',
    `T: {Type: Custom::X, Properties: {ServiceToken: !Join [':', [arn:aws:lambda, !Ref AWS::Region, !Ref AWS::AccountId, function, !Ref H]]}}`,
  ],
  [
    'custom resource, ARN as text',
    'administrative async',
    `T: {Type: Custom::X, Properties: {ServiceToken: !Sub 'arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:\${H}'}}`,
  ],
  [
    'macro',
    'administrative sync',
    `T: {Type: AWS::CloudFormation::Macro, Properties: {Name: m, FunctionName: !GetAtt H.Arn}}`,
  ],
  [
    'called by a function that knows its name',
    'background unknown',
    `C: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt CR.Arn, Environment: {Variables: {T: !Ref H}}}}
CR: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: 'lambda:InvokeFunction', Resource: '*'}]}}]}}`,
  ],
  [
    'S3 Batch Operations',
    'high-volume sync',
    `P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref H, Action: 'lambda:InvokeFunction', Principal: batchoperations.s3.amazonaws.com}}`,
  ],
  ['nothing', 'administrative sync', ''],
  [
    'pipe from a queue',
    'high-volume sync',
    `P: {Type: AWS::Pipes::Pipe, Properties: {Source: 'arn:aws:sqs:us-east-1:1:q', Target: !GetAtt H.Arn, RoleArn: x}}`,
  ],
  [
    'rule for the objects of one bucket',
    'high-volume async',
    `T: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: ['aws.s3'], detail-type: ['Object Created'], detail: {bucket: {name: [!Ref B]}}}, State: ENABLED, Targets: [{Id: a, Arn: !Sub '\${H.Arn}'}]}}
B: {Type: AWS::S3::Bucket}`,
  ],
  [
    'rule for state machines',
    'background async',
    `T: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.states]}, Targets: [{Id: a, Arn: !GetAtt H.Arn}]}}`,
  ],
  [
    'rule for another service',
    'background async',
    `T: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.bedrock]}, Targets: [{Id: a, Arn: !GetAtt H.Arn}]}}`,
  ],
  [
    'alias behind an HTTP API',
    'api-handler sync',
    `A: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref H, FunctionVersion: !GetAtt V.Version, Name: live}}
V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref H}}
I: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !Ref A}}`,
  ],
  [
    'Bedrock agent',
    'api-handler sync',
    `A: {Type: AWS::Bedrock::Agent, Properties: {ActionGroups: [{ActionGroupExecutor: {Lambda: !GetAtt H.Arn}}]}}`,
  ],
  [
    'called by a build project',
    'administrative unknown',
    `CB: {Type: AWS::CodeBuild::Project, Properties: {ServiceRole: !GetAtt CR.Arn, Environment: {EnvironmentVariables: [{Name: F, Value: !Ref H}]}}}
CR: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: 'lambda:InvokeFunction', Resource: !GetAtt H.Arn}]}}]}}`,
  ],
];

const own = `
H:
  Type: AWS::Lambda::Function
  Properties: {Handler: index.handler, Runtime: python3.12, Code: {ZipFile: x}, Role: !GetAtt R.Arn}
R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
`;

describe('a function of plain CloudFormation', () => {
  test.each(cases)('%s', (_, expected, resources) => {
    const text = `Resources:\n${(own + resources).replace(/^(?=.)/gm, '  ')}\n`;
    const [functions] = classifyFunctions(treeOf({ 'template.yaml': text })).values();
    const found = functions?.get('H');
    expect(`${found?.type} ${found?.invocation}`).toBe(expected);
    expect(found?.evidence).not.toEqual([]);
  });
});
