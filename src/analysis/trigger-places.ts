import type { Trigger } from '../contract/classes.js';
import type { Path } from '../document/pointer.js';
import type { Member } from './references.js';

/** A trigger and the function it invokes. */
export interface FoundTrigger {
  readonly member: Member;
  readonly trigger: Trigger;
}

/** Says who triggers: by logical id, and by template where it is another one. */
export function triggerFrom(
  invoker: Member,
  member: Member,
  kind: Pick<Trigger, 'invocation' | 'source'>,
  says: string,
): Trigger {
  const { stack, logicalId } = invoker;
  if (stack === member.stack) return { ...kind, description: `${says} ${logicalId}`, from: logicalId };
  return { ...kind, description: `${says} ${logicalId} of ${stack.template.path}` };
}

/** A place in a resource where a function stands that the resource will invoke. */
export interface TriggerPlace {
  /** From the properties. */
  readonly at: Path;
  readonly invocation: Trigger['invocation'];
  readonly source: string;
  /** For reading, before the logical id: `API method`. */
  readonly says: string;
}

function place(
  says: string,
  source: string,
  invocation: Trigger['invocation'],
  ...paths: readonly string[]
): TriggerPlace[] {
  return paths.map((path) => ({ at: path.split('.'), invocation, source, says }));
}

/** A custom resource invokes the function behind its token, and some set up the notifications of a bucket. */
export const customResourcePlaces: readonly TriggerPlace[] = [
  ...place('custom resource', 'custom-resource', 'async', 'ServiceToken'),
  ...place('bucket notifications made by', 'records', 'async', 'NotificationConfiguration'),
];

/**
 * By resource type, where functions stand. What depends on more than the type is in `triggers.ts`.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
 */
export const triggerPlaces: Readonly<Record<string, readonly TriggerPlace[]>> = {
  'AWS::ApiGateway::Authorizer': place('authorizer', 'identity', 'sync', 'AuthorizerUri'),
  'AWS::ApiGateway::RestApi': place('API', 'api', 'sync', 'Body'),
  'AWS::ApiGatewayV2::Api': place('API', 'api', 'sync', 'Body', 'Target'),
  'AWS::ApiGatewayV2::Authorizer': place('authorizer', 'identity', 'sync', 'AuthorizerUri'),
  'AWS::ApiGatewayV2::Integration': place('API integration', 'api', 'sync', 'IntegrationUri'),
  'AWS::AppSync::DataSource': place('AppSync data source', 'api', 'sync', 'LambdaConfig'),
  'AWS::AppSync::GraphQLApi': place(
    'authorizer of GraphQL API',
    'identity',
    'sync',
    'LambdaAuthorizerConfig',
    'AdditionalAuthenticationProviders',
  ),
  'AWS::Bedrock::Agent': place('Bedrock agent', 'api', 'sync', 'ActionGroups'),
  'AWS::Bedrock::Flow': place(
    'Bedrock flow',
    'api',
    'sync',
    'Definition',
    'DefinitionString',
    'DefinitionSubstitutions',
  ),
  'AWS::BedrockAgentCore::GatewayTarget': place(
    'AgentCore gateway target',
    'api',
    'sync',
    'TargetConfiguration',
  ),
  'AWS::Budgets::BudgetsAction': place('budget action', 'operations', 'async', 'Definition'),
  'AWS::CloudFormation::CustomResource': customResourcePlaces,
  'AWS::CloudFormation::LambdaHook': place('CloudFormation hook', 'operations', 'sync', 'LambdaFunction'),
  'AWS::CloudFormation::Macro': place('CloudFormation macro', 'operations', 'sync', 'FunctionName'),
  'AWS::CloudFront::Distribution': place('CloudFront distribution', 'api', 'sync', 'DistributionConfig'),
  'AWS::CloudWatch::Alarm': place(
    'alarm',
    'operations',
    'async',
    'AlarmActions',
    'OKActions',
    'InsufficientDataActions',
  ),
  'AWS::CloudWatch::CompositeAlarm': place(
    'alarm',
    'operations',
    'async',
    'AlarmActions',
    'OKActions',
    'InsufficientDataActions',
  ),
  'AWS::CodeCommit::Repository': place('repository trigger', 'operations', 'async', 'Triggers'),
  'AWS::CodePipeline::Pipeline': place('pipeline', 'operations', 'async', 'Stages'),
  'AWS::Cognito::UserPool': place('Cognito user pool', 'identity', 'sync', 'LambdaConfig'),
  'AWS::Config::ConfigRule': place('Config rule', 'operations', 'async', 'Source'),
  'AWS::Config::OrganizationConfigRule': place(
    'Config rule',
    'operations',
    'async',
    'OrganizationCustomRuleMetadata',
  ),
  'AWS::Connect::IntegrationAssociation': place('Connect instance', 'api', 'sync', 'IntegrationArn'),
  'AWS::ElasticLoadBalancingV2::TargetGroup': place('target group', 'api', 'sync', 'Targets'),
  'AWS::IoT::Authorizer': place('IoT authorizer', 'identity', 'sync', 'AuthorizerFunctionArn'),
  'AWS::IoT::TopicRule': place('IoT rule', 'records', 'async', 'TopicRulePayload'),
  'AWS::KinesisFirehose::DeliveryStream': [
    'ExtendedS3DestinationConfiguration',
    'S3DestinationConfiguration',
    'RedshiftDestinationConfiguration',
    'ElasticsearchDestinationConfiguration',
    'AmazonopensearchserviceDestinationConfiguration',
    'AmazonOpenSearchServerlessDestinationConfiguration',
    'SplunkDestinationConfiguration',
    'HttpEndpointDestinationConfiguration',
    'SnowflakeDestinationConfiguration',
    'IcebergDestinationConfiguration',
  ].flatMap((destination) =>
    place('delivery stream', 'records', 'sync', `${destination}.ProcessingConfiguration`),
  ),
  'AWS::Lambda::Url': place('function URL', 'api', 'sync', 'TargetFunctionArn'),
  'AWS::Lex::Bot': place('Lex bot', 'api', 'sync', 'TestBotAliasSettings'),
  'AWS::Lex::BotAlias': place('Lex bot', 'api', 'sync', 'BotAliasLocaleSettings'),
  'AWS::Logs::SubscriptionFilter': place('log subscription', 'records', 'async', 'DestinationArn'),
  'AWS::S3::Bucket': place('notifications of bucket', 'records', 'async', 'NotificationConfiguration'),
  'AWS::S3ObjectLambda::AccessPoint': place('S3 Object Lambda', 'api', 'sync', 'ObjectLambdaConfiguration'),
  'AWS::SES::ReceiptRule': place('mail receipt rule', 'records', 'async', 'Rule'),
  'AWS::SSM::MaintenanceWindowTask': place('maintenance window task', 'schedule', 'async', 'TaskArn'),
  'AWS::Scheduler::Schedule': place('schedule', 'schedule', 'async', 'Target'),
  'AWS::SecretsManager::RotationSchedule': place(
    'rotation of secret',
    'operations',
    'sync',
    'RotationLambdaARN',
  ),
  'AWS::Serverless::Api': [
    ...place('API', 'api', 'sync', 'DefinitionBody'),
    ...place('authorizer of API', 'identity', 'sync', 'Auth'),
  ],
  'AWS::Serverless::GraphQLApi': [
    ...place('AppSync data source', 'api', 'sync', 'DataSources'),
    ...place('authorizer of GraphQL API', 'identity', 'sync', 'Auth'),
  ],
  'AWS::Serverless::HttpApi': [
    ...place('API', 'api', 'sync', 'DefinitionBody'),
    ...place('authorizer of API', 'identity', 'sync', 'Auth'),
  ],
  'AWS::Serverless::StateMachine': place(
    'state machine',
    'state-machine',
    'sync',
    'DefinitionSubstitutions',
    'Definition',
  ),
  'AWS::StepFunctions::StateMachine': place(
    'state machine',
    'state-machine',
    'sync',
    'DefinitionSubstitutions',
    'DefinitionString',
    'Definition',
  ),
  'AWS::Transfer::Server': place('transfer server', 'identity', 'sync', 'IdentityProviderDetails'),
  'AWS::VpcLattice::TargetGroup': place('target group', 'api', 'sync', 'Targets'),
};
