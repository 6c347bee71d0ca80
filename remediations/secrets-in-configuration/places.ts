import { isList, isMap, type PropertyEdit, type ResourceView, type Value } from '../../src/remediation.js';
import { itemsAt } from '../kit/values.js';

/** One place of a resource that may hold a credential. */
export interface CredentialLocation {
  /** Below the properties. */
  readonly path: readonly string[];
  /** Of the variable; `undefined` where the property is a password by what it is. */
  readonly name: string | undefined;
  /** For reading: `variable TOKEN`, `MasterUserPassword`. */
  readonly label: string;
  readonly expression: Value | undefined;
  /** Whoever may see the resource can read it there. */
  readonly isConfiguration: boolean;
  /** The property by which AWS keeps the password itself. */
  readonly managed?: string;
  /** What has the service fill it from a secret. */
  readonly filledBy?: (secretArn: Value) => readonly PropertyEdit[];
  /** It is where credentials belong: the value alone must not stand in the template. */
  readonly isStore?: true;
  /** The property that names the role which reads the secret; the one it runs with where absent. */
  readonly role?: string;
}

interface Password {
  readonly path: readonly string[];
  /** Where else the type has one. */
  readonly also?: readonly (readonly string[])[];
  readonly managed?: string;
}

/**
 * Passwords by what the property is.
 * @source https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
 * @source https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html
 * @source https://docs.aws.amazon.com/documentdb/latest/developerguide/docdb-secrets-manager.html
 */
const passwords: Readonly<Record<string, Password>> = {
  'AWS::CodeBuild::SourceCredential': { path: ['Token'] },
  'AWS::CodePipeline::Webhook': { path: ['AuthenticationConfiguration', 'SecretToken'] },
  'AWS::Cognito::UserPoolIdentityProvider': { path: ['ProviderDetails', 'client_secret'] },
  'AWS::DMS::Endpoint': { path: ['Password'] },
  'AWS::DirectoryService::MicrosoftAD': { path: ['Password'] },
  'AWS::DirectoryService::SimpleAD': { path: ['Password'] },
  'AWS::DocDB::DBCluster': { path: ['MasterUserPassword'], managed: 'ManageMasterUserPassword' },
  'AWS::ElastiCache::ReplicationGroup': { path: ['AuthToken'] },
  'AWS::Elasticsearch::Domain': {
    path: ['AdvancedSecurityOptions', 'MasterUserOptions', 'MasterUserPassword'],
  },
  'AWS::Events::Connection': {
    path: ['AuthParameters', 'ApiKeyAuthParameters', 'ApiKeyValue'],
    also: [
      ['AuthParameters', 'BasicAuthParameters', 'Password'],
      ['AuthParameters', 'OAuthParameters', 'ClientParameters', 'ClientSecret'],
    ],
  },
  'AWS::FSx::FileSystem': {
    path: ['WindowsConfiguration', 'SelfManagedActiveDirectoryConfiguration', 'Password'],
  },
  'AWS::Glue::Connection': { path: ['ConnectionInput', 'ConnectionProperties', 'PASSWORD'] },
  'AWS::IAM::User': { path: ['LoginProfile', 'Password'] },
  'AWS::OpenSearchService::Domain': {
    path: ['AdvancedSecurityOptions', 'MasterUserOptions', 'MasterUserPassword'],
  },
  'AWS::RDS::DBCluster': { path: ['MasterUserPassword'], managed: 'ManageMasterUserPassword' },
  'AWS::RDS::DBInstance': { path: ['MasterUserPassword'], managed: 'ManageMasterUserPassword' },
  'AWS::Redshift::Cluster': { path: ['MasterUserPassword'], managed: 'ManageMasterPassword' },
  'AWS::RedshiftServerless::Namespace': { path: ['AdminUserPassword'], managed: 'ManageAdminPassword' },
};

/** The property by which AWS keeps the password of a resource of the type itself. */
export function managedBy(type: string): string | undefined {
  return passwords[type]?.managed;
}

/** Variables as a map of names. */
const maps: Readonly<Record<string, readonly string[]>> = {
  'AWS::Glue::Job': ['DefaultArguments'],
  'AWS::Lambda::Function': ['Environment', 'Variables'],
  'AWS::SageMaker::Model': ['PrimaryContainer', 'Environment'],
  'AWS::Serverless::Function': ['Environment', 'Variables'],
};

/** Variables as a list of names and values. */
const lists: Readonly<Record<string, readonly string[]>> = {
  'AWS::Amplify::App': ['EnvironmentVariables'],
  'AWS::AppRunner::Service': [
    'SourceConfiguration',
    'ImageRepository',
    'ImageConfiguration',
    'RuntimeEnvironmentVariables',
  ],
  'AWS::Batch::JobDefinition': ['ContainerProperties', 'Environment'],
  'AWS::CodeBuild::Project': ['Environment', 'EnvironmentVariables'],
};

/** Texts that run at the start of a machine. */
const scripts: Readonly<Record<string, readonly string[]>> = {
  'AWS::AutoScaling::LaunchConfiguration': ['UserData'],
  'AWS::EC2::Instance': ['UserData'],
  'AWS::EC2::LaunchTemplate': ['LaunchTemplateData', 'UserData'],
};

/** What cfn-init sets up from; NoEcho hides nothing in it. @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html */
const initialized: readonly string[] = [...Object.keys(scripts), 'AWS::AutoScaling::AutoScalingGroup'];

const taskDefinition = 'AWS::ECS::TaskDefinition';
export const secretType = 'AWS::SecretsManager::Secret';
const parameterType = 'AWS::SSM::Parameter';

export const placeTypes: readonly string[] = [
  ...new Set([
    ...Object.keys(passwords),
    ...Object.keys(maps),
    ...Object.keys(lists),
    ...initialized,
    parameterType,
    secretType,
    taskDefinition,
  ]),
].sort();

export function placesOf(view: ResourceView): readonly CredentialLocation[] {
  const { type } = view;
  const password = passwords[type];
  const map = maps[type];
  const list = lists[type];
  const script = scripts[type];
  return [
    ...(password === undefined ? [] : passwordsOf(view, password)),
    ...(map === undefined ? [] : variablesOf(view, map)),
    ...(list === undefined ? [] : listedVariables(view, list)),
    ...(script === undefined ? [] : scriptAt(view, script)),
    ...(initialized.includes(type) ? setupOf(view) : []),
    ...(type === taskDefinition ? containerVariables(view) : []),
    ...(type === secretType ? secretTexts(view) : []),
    ...(type === parameterType ? parameterValue(view) : []),
  ];
}

/** What is there to be replaced after the deployment. */
const placeholder =
  /^(?:change.?me.*|replace.?me.*|placeholder.*|to.?do|tbd|dummy|example|your.?.*|<.*>|x+|\*+)$/i;

/** A secret of which the text stands in the template, as a whole or by entry. */
function secretTexts(view: ResourceView): readonly CredentialLocation[] {
  const path = ['SecretString'];
  const text = view.expression(...path);
  if (typeof text !== 'string') return [];
  const entries = entriesOf(text);
  const places = (entries ?? [[undefined, text]]).map(([name, expression]) => ({
    path,
    name,
    label: name === undefined ? 'SecretString' : `${name} of SecretString`,
    expression,
    isConfiguration: false,
    isStore: true as const,
  }));
  return places.filter(({ expression }) => !placeholder.test(expression));
}

/** The texts in a JSON object or list, by the key they stand under; `undefined` for any other text. */
function entriesOf(text: string): readonly (readonly [string, string])[] | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return textsUnder('', JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textsUnder(key: string, value: Value): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[key, value]];
  if (isList(value)) return value.flatMap((each) => textsUnder(key, each));
  return isMap(value) ? Object.entries(value).flatMap(([name, each]) => textsUnder(name, each)) : [];
}

/** CloudFormation makes no parameters that are encrypted: whoever may read it has the value. */
function parameterValue(view: ResourceView): readonly CredentialLocation[] {
  const written = view.expression('Name');
  const name = isMap(written) ? written['Fn::Sub'] : written;
  const last = typeof name === 'string' ? name.split('/').at(-1) : undefined;
  const expression = view.expression('Value');
  if (typeof expression === 'string' && placeholder.test(expression)) return [];
  return [
    { path: ['Value'], name: last ?? view.logicalId, label: 'Value', expression, isConfiguration: true },
  ];
}

function passwordsOf(view: ResourceView, password: Password): readonly CredentialLocation[] {
  return [password.path, ...(password.also ?? [])].flatMap((path) => passwordAt(view, { ...password, path }));
}

function passwordAt(view: ResourceView, { path, managed }: Password): readonly CredentialLocation[] {
  const expression = view.expression(...path);
  if (expression === undefined) return [];
  const label = path.at(-1) ?? '';
  const place: CredentialLocation = { path, name: undefined, label, expression, isConfiguration: false };
  return [managed === undefined ? place : { ...place, managed }];
}

/** A script is read for what is a credential by itself, and for parameters that are. */
function scriptAt(view: ResourceView, path: readonly string[]): readonly CredentialLocation[] {
  const expression = view.expression(...path);
  if (expression === undefined) return [];
  return [{ path, name: 'script', label: path.at(-1) ?? '', expression, isConfiguration: true }];
}

function setupOf({ body: { Metadata: metadata } }: ResourceView): readonly CredentialLocation[] {
  const expression = isMap(metadata) ? metadata['AWS::CloudFormation::Init'] : undefined;
  if (expression === undefined) return [];
  return [
    { path: [], name: 'script', label: 'AWS::CloudFormation::Init', expression, isConfiguration: true },
  ];
}

function variablesOf(view: ResourceView, path: readonly string[]): readonly CredentialLocation[] {
  return [...alternatives(view.expression(...path))].flatMap((written) =>
    Object.entries(isMap(written) ? written : {}).map(([name, expression]) => ({
      path: [...path, name],
      name,
      label: `variable ${name}`,
      expression,
      isConfiguration: true,
    })),
  );
}

function listedVariables(view: ResourceView, path: readonly string[]): readonly CredentialLocation[] {
  return itemsAt(view, ...path).flatMap((item) =>
    [...alternatives(view.expression(...item))].flatMap((entry): readonly CredentialLocation[] => {
      if (!isMap(entry) || typeof entry.Name !== 'string') return [];
      if (entry.Type === 'SECRETS_MANAGER' || entry.Type === 'PARAMETER_STORE') return [];
      const place: CredentialLocation = {
        path: [...item, 'Value'],
        name: entry.Name,
        label: `variable ${entry.Name}`,
        expression: entry.Value,
        isConfiguration: true,
      };
      return [view.type === 'AWS::CodeBuild::Project' ? { ...place, filledBy: byBuild(item) } : place];
    }),
  );
}

/** @source https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html */
function byBuild(item: readonly string[]): NonNullable<CredentialLocation['filledBy']> {
  return (secretArn) => [
    { path: ['Properties', ...item, 'Type'], value: 'SECRETS_MANAGER', individual: true },
    {
      path: ['Properties', ...item, 'Value'],
      value: secretArn,
      isSatisfiedBy: ({ kind }) => kind === 'resource',
      individual: true,
    },
  ];
}

/** @source https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html */
function containerVariables(view: ResourceView): readonly CredentialLocation[] {
  return itemsAt(view, 'ContainerDefinitions').flatMap((container) => {
    const listed = view.expression(...container, 'Secrets') ?? [];
    return itemsAt(view, ...container, 'Environment').flatMap((item): readonly CredentialLocation[] => {
      const entry = view.expression(...item);
      if (!isMap(entry) || typeof entry.Name !== 'string') return [];
      const name = entry.Name;
      const place: CredentialLocation = {
        path: [...item, 'Value'],
        name,
        label: `variable ${name}`,
        expression: entry.Value,
        isConfiguration: true,
        role: 'ExecutionRoleArn',
      };
      if (!isList(listed)) return [place];
      const filledBy = (secretArn: Value): readonly PropertyEdit[] => [
        { path: ['Properties', ...item], value: { Ref: 'AWS::NoValue' }, individual: true },
        {
          path: ['Properties', ...container, 'Secrets'],
          value: [...listed, { Name: name, ValueFrom: secretArn }],
          individual: true,
        },
      ];
      return [{ ...place, filledBy }];
    });
  });
}

/** The sides of `Fn::If`. */
function* alternatives(value: Value | undefined): Generator<Value> {
  const choice = isMap(value) ? value['Fn::If'] : undefined;
  if (isList(choice)) for (const side of choice.slice(1)) yield* alternatives(side);
  else if (value !== undefined) yield value;
}
