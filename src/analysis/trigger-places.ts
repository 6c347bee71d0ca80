import type { Trigger } from '../contract/facts.js';
import type { Path } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';

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
  /** What of the resource decides how it calls, or what the call is for; `resource-triggers.ts` reads it. */
  readonly depends?: Dependence;
}

/** `rule`: on schedule or events; `call-type`: an invocation type stands beside the function; `topic`: who writes to it. */
export type Dependence = 'rule' | 'method' | 'mapping' | 'pipe' | 'call-type' | 'topic' | 'subscription';

function place(
  says: string,
  source: string,
  invocation: Trigger['invocation'],
  ...paths: readonly string[]
): TriggerPlace[] {
  return paths.map((path) => ({ at: path.split('.'), invocation, source, says }));
}

function depending(depends: Dependence, places: readonly TriggerPlace[]): TriggerPlace[] {
  return places.map((each) => ({ ...each, depends }));
}

/** A custom resource invokes the function behind its token, and some set up the notifications of a bucket. */
export const customResourcePlaces: readonly TriggerPlace[] = [
  ...place('custom resource', 'custom-resource', 'async', 'ServiceToken'),
  ...place('bucket notifications made by', 'records', 'async', 'NotificationConfiguration'),
];

/**
 * Every place in a resource where the function stands that the resource invokes, by resource type: complete against the
 * service specification (`test/data/triggers.test.ts`). How each service calls is in the guide of that service.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/introduction.html
 */
export const triggerPlaces: Readonly<Record<string, readonly TriggerPlace[]>> = {
  'AWS::ARCRegionSwitch::Plan': place('Region switch plan', 'operations', 'sync', 'Workflows'),
  'AWS::ApiGateway::Authorizer': place('authorizer', 'identity', 'sync', 'AuthorizerUri'),
  'AWS::ApiGateway::Method': depending('method', place('API method', 'api', 'sync', 'Integration.Uri')),
  'AWS::ApiGateway::RestApi': place('API', 'api', 'sync', 'Body'),
  'AWS::ApiGatewayV2::Api': place('API', 'api', 'sync', 'Body', 'Target'),
  'AWS::ApiGatewayV2::Authorizer': place('authorizer', 'identity', 'sync', 'AuthorizerUri'),
  'AWS::ApiGatewayV2::Integration': place('API integration', 'api', 'sync', 'IntegrationUri'),
  'AWS::AppConfig::ConfigurationProfile': place(
    'validator of configuration profile',
    'operations',
    'sync',
    'Validators',
  ),
  'AWS::AppConfig::Extension': place('AppConfig extension', 'operations', 'unknown', 'Actions'),
  'AWS::AppFlow::Connector': place('AppFlow connector', 'records', 'sync', 'ConnectorProvisioningConfig'),
  'AWS::AppSync::Api': place('authorizer of event API', 'identity', 'sync', 'EventConfig'),
  'AWS::AppSync::DataSource': place('AppSync data source', 'api', 'sync', 'LambdaConfig'),
  'AWS::AppSync::FunctionConfiguration': place('conflict handler of', 'api', 'sync', 'SyncConfig'),
  'AWS::AppSync::GraphQLApi': place(
    'authorizer of GraphQL API',
    'identity',
    'sync',
    'LambdaAuthorizerConfig',
    'AdditionalAuthenticationProviders',
  ),
  'AWS::AppSync::Resolver': place('conflict handler of', 'api', 'sync', 'SyncConfig'),
  'AWS::Athena::DataCatalog': place('Athena data catalog', 'api', 'sync', 'Parameters'),
  'AWS::AutoScaling::AutoScalingGroup': place(
    'termination policy of',
    'operations',
    'sync',
    'TerminationPolicies',
  ),
  'AWS::Bedrock::Agent': place(
    'Bedrock agent',
    'api',
    'sync',
    'ActionGroups',
    'CustomOrchestration',
    'PromptOverrideConfiguration',
  ),
  'AWS::Bedrock::DataSource': place('Bedrock data source', 'records', 'sync', 'VectorIngestionConfiguration'),
  'AWS::Bedrock::Flow': place(
    'Bedrock flow',
    'api',
    'sync',
    'Definition',
    'DefinitionString',
    'DefinitionSubstitutions',
  ),
  'AWS::BedrockAgentCore::Evaluator': place('AgentCore evaluator', 'operations', 'sync', 'EvaluatorConfig'),
  'AWS::BedrockAgentCore::Gateway': place(
    'interceptor of AgentCore gateway',
    'api',
    'sync',
    'InterceptorConfigurations',
  ),
  'AWS::BedrockAgentCore::GatewayTarget': place(
    'AgentCore gateway target',
    'api',
    'sync',
    'TargetConfiguration',
  ),
  'AWS::Budgets::BudgetsAction': place('budget action', 'operations', 'async', 'Definition'),
  'AWS::Chime::ChannelFlow': depending('call-type', place('channel flow', 'api', 'unknown', 'Processors')),
  'AWS::Chime::SipMediaApplication': place('SIP media application', 'api', 'sync', 'Endpoints'),
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
  'AWS::Cognito::UserPoolRegionalConfigurationAttachment': place(
    'Cognito user pool',
    'identity',
    'sync',
    'LambdaConfig',
  ),
  'AWS::Config::ConfigRule': place('Config rule', 'operations', 'async', 'Source'),
  'AWS::Config::OrganizationConfigRule': place(
    'Config rule',
    'operations',
    'async',
    'OrganizationCustomRuleMetadata',
  ),
  'AWS::Connect::IntegrationAssociation': place('Connect instance', 'api', 'sync', 'IntegrationArn'),
  'AWS::EC2::ClientVpnEndpoint': place('Client VPN endpoint', 'identity', 'sync', 'ClientConnectOptions'),
  'AWS::ECS::Service': place(
    'deployment hook of',
    'operations',
    'sync',
    'DeploymentConfiguration.LifecycleHooks',
  ),
  'AWS::ElasticLoadBalancingV2::TargetGroup': place('target group', 'api', 'sync', 'Targets'),
  'AWS::Events::Rule': depending('rule', place('event rule', 'event-rule', 'async', 'Targets')),
  'AWS::HealthLake::FHIRDatastore': place(
    'identity provider of data store',
    'identity',
    'sync',
    'IdentityProviderConfiguration',
  ),
  'AWS::IVSChat::Room': place('message review of chat room', 'api', 'sync', 'MessageReviewHandler'),
  'AWS::IoT::Authorizer': place('IoT authorizer', 'identity', 'sync', 'AuthorizerFunctionArn'),
  'AWS::IoT::CertificateProvider': place('IoT certificate provider', 'identity', 'sync', 'LambdaFunctionArn'),
  'AWS::IoT::DomainConfiguration': place(
    'IoT domain configuration',
    'identity',
    'sync',
    'ClientCertificateConfig',
    'ServerCertificateConfig',
  ),
  'AWS::IoT::ProvisioningTemplate': place('provisioning hook of', 'identity', 'sync', 'PreProvisioningHook'),
  'AWS::IoT::TopicRule': place('IoT rule', 'records', 'async', 'TopicRulePayload'),
  'AWS::IoTAnalytics::Pipeline': place('IoT Analytics pipeline', 'records', 'sync', 'PipelineActivities'),
  'AWS::IoTEvents::AlarmModel': place('IoT Events alarm', 'records', 'async', 'AlarmEventActions'),
  'AWS::IoTEvents::DetectorModel': place(
    'IoT Events detector',
    'records',
    'async',
    'DetectorModelDefinition',
  ),
  'AWS::IoTSiteWise::Portal': place('alarms of SiteWise portal', 'operations', 'async', 'Alarms'),
  'AWS::IoTTwinMaker::ComponentType': place('TwinMaker component', 'api', 'sync', 'Functions'),
  'AWS::Kendra::DataSource': place(
    'Kendra data source',
    'records',
    'sync',
    'CustomDocumentEnrichmentConfiguration',
  ),
  'AWS::KinesisAnalytics::Application': place('analytics application', 'records', 'sync', 'Inputs'),
  'AWS::KinesisAnalytics::ApplicationOutput': place('analytics application', 'records', 'sync', 'Output'),
  'AWS::KinesisAnalyticsV2::Application': place(
    'analytics application',
    'records',
    'sync',
    'ApplicationConfiguration.SqlApplicationConfiguration',
  ),
  'AWS::KinesisAnalyticsV2::ApplicationOutput': place('analytics application', 'records', 'sync', 'Output'),
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
  'AWS::Lambda::EventInvokeConfig': place('destination of', 'direct', 'async', 'DestinationConfig'),
  'AWS::Lambda::EventSourceMapping': depending(
    'mapping',
    place('event source mapping', 'queue', 'polled', 'FunctionName'),
  ),
  'AWS::Lambda::Url': place('function URL', 'api', 'sync', 'TargetFunctionArn'),
  'AWS::Lex::Bot': place('Lex bot', 'api', 'sync', 'TestBotAliasSettings'),
  'AWS::Lex::BotAlias': place('Lex bot', 'api', 'sync', 'BotAliasLocaleSettings'),
  'AWS::Logs::AccountPolicy': place('log subscription', 'records', 'async', 'PolicyDocument'),
  'AWS::Logs::SubscriptionFilter': place('log subscription', 'records', 'async', 'DestinationArn'),
  'AWS::LookoutMetrics::Alert': place('anomaly alert', 'operations', 'async', 'Action'),
  'AWS::Pinpoint::ApplicationSettings': place('campaign hook of', 'records', 'sync', 'CampaignHook'),
  'AWS::Pinpoint::Campaign': [
    ...place('campaign hook of', 'records', 'sync', 'CampaignHook'),
    ...place('campaign', 'records', 'unknown', 'CustomDeliveryConfiguration', 'AdditionalTreatments'),
  ],
  'AWS::Pipes::Pipe': [
    ...depending('pipe', place('pipe', 'stream', 'sync', 'Target')),
    ...place('pipe', 'stream', 'sync', 'Enrichment'),
  ],
  'AWS::QBusiness::DataSource': place(
    'Amazon Q data source',
    'records',
    'sync',
    'DocumentEnrichmentConfiguration',
  ),
  'AWS::RefactorSpaces::Service': place('Refactor Spaces service', 'api', 'sync', 'LambdaEndpoint'),
  'AWS::S3::Bucket': place('notifications of bucket', 'records', 'async', 'NotificationConfiguration'),
  'AWS::S3ObjectLambda::AccessPoint': place('S3 Object Lambda', 'api', 'sync', 'ObjectLambdaConfiguration'),
  'AWS::SES::MailManagerRuleSet': depending(
    'call-type',
    place('mail rule set', 'records', 'unknown', 'Rules'),
  ),
  'AWS::SES::ReceiptRule': depending('call-type', place('mail receipt rule', 'records', 'async', 'Rule')),
  'AWS::SNS::Subscription': depending(
    'subscription',
    place('topic subscription', 'records', 'async', 'Endpoint'),
  ),
  'AWS::SNS::Topic': depending('topic', place('topic', 'records', 'async', 'Subscription')),
  'AWS::SSM::MaintenanceWindowTask': place('maintenance window task', 'schedule', 'async', 'TaskArn'),
  'AWS::SageMaker::Model': place(
    'registry credentials of model',
    'operations',
    'sync',
    'Containers',
    'PrimaryContainer',
  ),
  'AWS::Scheduler::Schedule': place('schedule', 'schedule', 'async', 'Target'),
  'AWS::SecretsManager::RotationSchedule': place(
    'rotation of secret',
    'operations',
    'sync',
    'RotationLambdaARN',
  ),
  'AWS::SecurityAgent::AgentSpace': place('Security Agent', 'operations', 'sync', 'AwsResources'),
  'AWS::SecurityAgent::Pentest': place('Security Agent', 'operations', 'sync', 'Assets'),
  'AWS::Serverless::Api': [
    ...place('API', 'api', 'sync', 'DefinitionBody'),
    ...place('authorizer of API', 'identity', 'sync', 'Auth'),
  ],
  'AWS::Serverless::Function': [
    ...place('destination of', 'direct', 'async', 'EventInvokeConfig.DestinationConfig'),
    ...place('deployment hook of', 'operations', 'sync', 'DeploymentPreference.Hooks'),
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
  'AWS::Serverless::WebSocketApi': [
    ...place('WebSocket API', 'api', 'sync', 'Routes'),
    ...place('authorizer of API', 'identity', 'sync', 'Auth'),
  ],
  'AWS::StepFunctions::StateMachine': place(
    'state machine',
    'state-machine',
    'sync',
    'DefinitionSubstitutions',
    'DefinitionString',
    'Definition',
  ),
  'AWS::Transfer::Server': place('transfer server', 'identity', 'sync', 'IdentityProviderDetails'),
  'AWS::Transfer::Workflow': place('transfer workflow', 'records', 'async', 'Steps', 'OnExceptionSteps'),
  'AWS::VpcLattice::TargetGroup': place('target group', 'api', 'sync', 'Targets'),
};

/**
 * What a SAM connector to a function means, by the type of its source: every pair that SAM documents.
 * @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html
 */
export const connectorSources: Readonly<Record<string, Pick<Trigger, 'invocation' | 'source'> | undefined>> =
  {
    'AWS::ApiGateway::RestApi': { invocation: 'sync', source: 'api' },
    'AWS::ApiGatewayV2::Api': { invocation: 'sync', source: 'api' },
    'AWS::AppSync::DataSource': { invocation: 'sync', source: 'api' },
    'AWS::AppSync::GraphQLApi': { invocation: 'sync', source: 'identity' },
    'AWS::Cognito::UserPool': { invocation: 'sync', source: 'identity' },
    'AWS::DynamoDB::Table': { invocation: 'polled', source: 'stream' },
    'AWS::Events::Rule': { invocation: 'async', source: 'event-rule' },
    // How a function calls another one is in its code.
    'AWS::Lambda::Function': { invocation: 'unknown', source: 'direct' },
    'AWS::S3::Bucket': { invocation: 'async', source: 'records' },
    'AWS::SNS::Topic': { invocation: 'async', source: 'records' },
    'AWS::SQS::Queue': { invocation: 'polled', source: 'queue' },
    'AWS::Serverless::Api': { invocation: 'sync', source: 'api' },
    'AWS::Serverless::Function': { invocation: 'unknown', source: 'direct' },
    'AWS::Serverless::HttpApi': { invocation: 'sync', source: 'api' },
    'AWS::Serverless::SimpleTable': { invocation: 'polled', source: 'stream' },
    'AWS::Serverless::StateMachine': { invocation: 'sync', source: 'state-machine' },
    'AWS::StepFunctions::StateMachine': { invocation: 'sync', source: 'state-machine' },
  };
