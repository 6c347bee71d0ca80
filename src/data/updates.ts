import type { Path } from '../document/value.js';
import extracted from './allowed-values.json' with { type: 'json' };
import replacements from './replacements.json' with { type: 'json' };
import extractedStateful from './stateful-types.json' with { type: 'json' };
import tagForms from './tag-forms.json' with { type: 'json' };

/**
 * What the registry's schemas do not say, kept by hand, each part with its source. Everything else in this folder is
 * extracted (`npm run extract-data`).
 */

interface ServerlessType {
  /** The type whose properties decide what a change does. */
  readonly becomes: string;
  /**
   * Properties by another name there; `null` for those that make resources of their own, or none, so that a change
   * does nothing to this one. The rest have the same name.
   */
  readonly properties: Readonly<Record<string, string | null>>;
  /** Whether SAM takes `Tags`, which is a map then, whatever the type it becomes has. */
  readonly isTaggable: boolean;
}

/**
 * What SAM's types become.
 * @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-resources-and-properties.html
 */
export const serverlessTypes: Readonly<Record<string, ServerlessType>> = {
  'AWS::Serverless::Function': {
    becomes: 'AWS::Lambda::Function',
    isTaggable: true,
    properties: {
      AssumeRolePolicyDocument: null,
      AutoPublishAlias: null,
      AutoPublishAliasAllProperties: null,
      CodeUri: 'Code',
      DeadLetterQueue: 'DeadLetterConfig',
      DeploymentPreference: null,
      EventInvokeConfig: null,
      Events: null,
      FunctionUrlConfig: null,
      ImageUri: 'Code',
      InlineCode: 'Code',
      PermissionsBoundary: null,
      Policies: null,
      PropagateTags: 'Tags',
      ProvisionedConcurrencyConfig: null,
      SourceKMSKeyArn: 'Code',
      Tracing: 'TracingConfig',
    },
  },
  'AWS::Serverless::Api': {
    becomes: 'AWS::ApiGateway::RestApi',
    isTaggable: true,
    properties: { AccessLogSetting: null, DefinitionUri: 'Body', DefinitionBody: 'Body', Domain: null },
  },
  'AWS::Serverless::HttpApi': {
    becomes: 'AWS::ApiGatewayV2::Api',
    isTaggable: true,
    properties: { AccessLogSettings: null, DefinitionUri: 'Body', DefinitionBody: 'Body', Domain: null },
  },
  'AWS::Serverless::WebSocketApi': {
    becomes: 'AWS::ApiGatewayV2::Api',
    isTaggable: true,
    properties: { AccessLogSettings: null, Domain: null, Routes: null },
  },
  'AWS::Serverless::SimpleTable': {
    becomes: 'AWS::DynamoDB::Table',
    isTaggable: true,
    properties: { PrimaryKey: 'KeySchema' },
  },
  'AWS::Serverless::StateMachine': {
    becomes: 'AWS::StepFunctions::StateMachine',
    isTaggable: true,
    properties: {
      DefinitionUri: 'DefinitionString',
      Events: null,
      Logging: 'LoggingConfiguration',
      Name: 'StateMachineName',
      Policies: null,
      Tracing: 'TracingConfiguration',
      Type: 'StateMachineType',
    },
  },
  'AWS::Serverless::Application': {
    becomes: 'AWS::CloudFormation::Stack',
    isTaggable: true,
    properties: { Location: 'TemplateURL' },
  },
  'AWS::Serverless::GraphQLApi': { becomes: 'AWS::AppSync::GraphQLApi', isTaggable: true, properties: {} },
  'AWS::Serverless::LayerVersion': {
    becomes: 'AWS::Lambda::LayerVersion',
    isTaggable: false,
    properties: { ContentUri: 'Content' },
  },
};

/**
 * Properties whose change interrupts the resource: no schema says so, only the reference does ("Some interruptions").
 * Where a schema has "replacement in some cases" for the same property, the reference counts.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbinstance.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticache-replicationgroup.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-autoscalinggroup.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-docdb-dbinstance.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-neptune-dbinstance.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticsearch-domain.html
 */
const interruptions: Readonly<Record<string, readonly string[]>> = {
  'AWS::AutoScaling::AutoScalingGroup': ['VPCZoneIdentifier'],
  'AWS::DocDB::DBInstance': ['DBInstanceClass'],
  'AWS::DynamoDB::Table': ['SSESpecification'],
  'AWS::ElastiCache::ReplicationGroup': ['AuthToken'],
  'AWS::Elasticsearch::Domain': ['AdvancedSecurityOptions'],
  'AWS::Neptune::DBInstance': ['AutoMinorVersionUpgrade', 'DBInstanceClass', 'DBParameterGroupName'],
  'AWS::RDS::DBInstance': [
    'BackupRetentionPeriod',
    'CACertificateIdentifier',
    'DBInstanceClass',
    'DBParameterGroupName',
    'Engine',
    'EngineVersion',
    'MultiAZ',
  ],
};

/**
 * Types beside those the schemas mark that hold what cannot be made again: data, identities, addresses others know.
 */
const furtherStatefulTypes: readonly string[] = [
  'AWS::Cognito::IdentityPool',
  'AWS::ECR::Repository',
  'AWS::MemoryDB::Cluster',
  'AWS::OpenSearchServerless::Collection',
  'AWS::RDS::GlobalCluster',
  'AWS::RedshiftServerless::Namespace',
  'AWS::S3Tables::TableBucket',
  'AWS::S3Vectors::VectorBucket',
  'AWS::SNS::Topic',
  'AWS::SSM::Parameter',
  'AWS::Timestream::Table',
];

/**
 * Tag properties whose types the schemas do not recognize as tags.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-budgets-budget.html
 */
export const furtherTagForms: Readonly<Record<string, readonly [property: string, form: 'list']>> = {
  'AWS::Budgets::Budget': ['ResourceTags', 'list'],
};

/** The values a property takes, of those the tables hold: `AWS::Logs::LogGroup.RetentionInDays`. */
export const allowedValues = extracted;

/** What CloudFormation does to a resource when a property changes. */
export type Update = 'none' | 'some-interruption' | 'may-replace' | 'replace';

export function isReplacement(update: Update): boolean {
  return update === 'replace' || update === 'may-replace';
}

interface Replacements {
  readonly replace?: readonly string[];
  readonly mayReplace?: readonly string[];
}

const byType: Readonly<Record<string, Replacements>> = replacements;

/**
 * What CloudFormation does to a resource when a property changes; `undefined` where the tables do not know the type.
 * @param path from the properties: `['VpcConfig', 'SubnetIds']`; positions in lists and branches of intrinsic
 * functions may stand in it
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
 */
export function updateOf(type: string, path: Path): Update | undefined {
  const [property, ...rest] = path;
  const serverless = serverlessTypes[type];
  if (serverless !== undefined && property !== undefined) {
    const name = Object.hasOwn(serverless.properties, property) ? serverless.properties[property] : property;
    return name === null || name === undefined ? 'none' : updateOf(serverless.becomes, [name, ...rest]);
  }
  if (interruptions[type]?.includes(property ?? '')) return 'some-interruption';
  const { replace = [], mayReplace = [] } = Object.hasOwn(byType, type) ? (byType[type] ?? {}) : {};
  const names = path.filter((token) => !/^(\d+|-|Fn::.*)$/.test(token)).join('.');
  const touches = (changed: string) => names === changed || names.startsWith(`${changed}.`);
  if (replace.some(touches)) return 'replace';
  if (mayReplace.some(touches)) return 'may-replace';
  return isKnown(type) ? 'none' : undefined;
}

/**
 * Whether no change to a property, whatever is in it, can replace the resource.
 * @param property a path with dots from the properties, which may end above what the tables name
 */
export function isAlwaysInPlace(type: string, property: string): boolean {
  const update = updateOf(type, property.split('.'));
  const name = serverlessTypes[type]?.becomes ?? type;
  const { replace = [], mayReplace = [] } = Object.hasOwn(byType, name) ? (byType[name] ?? {}) : {};
  const isAbove = [...replace, ...mayReplace].some((deeper) => deeper.startsWith(`${property}.`));
  return !isAbove && (update === 'none' || update === 'some-interruption');
}

function isKnown(type: string): boolean {
  return Object.hasOwn(byType, type) || Object.hasOwn(tagForms, type) || isStateful(type);
}

const statefulTypes: ReadonlySet<string> = new Set([
  ...Object.keys(extractedStateful),
  ...furtherStatefulTypes,
]);

/** Whether a resource of the type holds what nobody can make again: to replace or to remove it loses that. */
export function isStateful(type: string): boolean {
  return statefulTypes.has(serverlessTypes[type]?.becomes ?? type);
}
