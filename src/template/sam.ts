import { generatedResources } from './generated.js';
import type { Template } from './template.js';

/**
 * What each kind takes in `Globals`; anything else there makes the whole template invalid. SAM takes a few more for a
 * function than its documentation lists (`CodeSigningConfigArn`, `FileSystemConfigs`, `FunctionUrlConfig`,
 * `AutoPublishAliasAllProperties`); cfn-lint calls those an error, so they are read there but not written.
 * @source https://github.com/aws/serverless-application-model/blob/develop/samtranslator/plugins/globals/globals.py (1.115.0)
 */
const acceptedGlobals: Readonly<Record<string, readonly string[]>> = {
  Function: [
    'Handler',
    'Runtime',
    'CodeUri',
    'DeadLetterQueue',
    'Description',
    'MemorySize',
    'Timeout',
    'VpcConfig',
    'Environment',
    'Tags',
    'PropagateTags',
    'Tracing',
    'KmsKeyArn',
    'AutoPublishAlias',
    'Layers',
    'DeploymentPreference',
    'RolePath',
    'PermissionsBoundary',
    'ReservedConcurrentExecutions',
    'ProvisionedConcurrencyConfig',
    'AssumeRolePolicyDocument',
    'EventInvokeConfig',
    'Architectures',
    'SnapStart',
    'EphemeralStorage',
    'RuntimeManagementConfig',
    'LoggingConfig',
    'RecursiveLoop',
    'SourceKMSKeyArn',
    'TenancyConfig',
    'DurableConfig',
    'CapacityProviderConfig',
    'FunctionScalingConfig',
    'PublishToLatestPublished',
    'VersionDeletionPolicy',
  ],
  Api: [
    'Auth',
    'Name',
    'DefinitionUri',
    'CacheClusterEnabled',
    'CacheClusterSize',
    'MergeDefinitions',
    'Variables',
    'EndpointConfiguration',
    'MethodSettings',
    'BinaryMediaTypes',
    'MinimumCompressionSize',
    'Cors',
    'GatewayResponses',
    'AccessLogSetting',
    'CanarySetting',
    'TracingEnabled',
    'OpenApiVersion',
    'Domain',
    'AlwaysDeploy',
    'PropagateTags',
    'SecurityPolicy',
    'EndpointAccessMode',
  ],
  HttpApi: [
    'Auth',
    'AccessLogSettings',
    'StageVariables',
    'Tags',
    'CorsConfiguration',
    'DefaultRouteSettings',
    'Domain',
    'RouteSettings',
    'FailOnWarnings',
    'PropagateTags',
  ],
  WebSocketApi: [
    'AccessLogSettings',
    'ApiKeySelectionExpression',
    'DefaultRouteSettings',
    'DisableExecuteApiEndpoint',
    'DisableSchemaValidation',
    'Domain',
    'FailOnWarnings',
    'IpAddressType',
    'PropagateTags',
    'RouteSelectionExpression',
    'RouteSettings',
    'StageVariables',
    'Tags',
  ],
  SimpleTable: ['SSESpecification'],
  StateMachine: ['PropagateTags'],
  LayerVersion: ['PublishLambdaVersion'],
  CapacityProvider: [
    'VpcConfig',
    'OperatorRole',
    'Tags',
    'InstanceRequirements',
    'ScalingConfig',
    'KmsKeyArn',
    'PropagateTags',
    'LoggingConfig',
    'ManagedResourceTags',
  ],
  MicrovmImage: [
    'BuildRoleArn',
    'BaseImageArn',
    'BaseImageVersion',
    'Logging',
    'EgressNetworkConnectors',
    'CpuConfigurations',
    'Resources',
    'AdditionalOsCapabilities',
    'Hooks',
    'EnvironmentVariables',
    'Tags',
    'PropagateTags',
  ],
  NetworkConnector: ['OperatorRole', 'Tags', 'PropagateTags'],
};

/** Whether a property may stand in a section of `Globals`: `globalsAccept('Function', 'KmsKeyArn')`. */
export function globalsAccept(section: string, property: string): boolean {
  return Object.hasOwn(acceptedGlobals, section) && (acceptedGlobals[section] ?? []).includes(property);
}

/** How many resources CloudFormation will see once SAM has added its own; a connector gives way to what it makes. */
export function resourcesAfterTransform(template: Template): number {
  if (!template.isSam) return template.resources.size;
  const connectors = [...template.resources.values()].filter(
    ({ type }) => type === 'AWS::Serverless::Connector',
  );
  return template.resources.size - connectors.length + generatedResources(template).length;
}
