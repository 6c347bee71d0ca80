import {
  type CalledService,
  type Companion,
  type Facts,
  isEqual,
  isList,
  isMap,
  type Outcome,
  type ResourceView,
  type Stack,
  type Value,
} from '../../src/remediation.js';
import { type HandedDown, handDown } from '../kit/companions.js';
import { functionTypes } from '../kit/values.js';

/** A `VpcConfig` in the terms of a template. */
export interface Network {
  readonly value: Value;
  readonly companions: readonly Companion[];
  /** It is made by the templates. */
  readonly isOwn: boolean;
  /** For reading. */
  readonly description: string;
}

interface Chosen {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/**
 * What the templates hold is in the network the other functions of the template are in, if any of them is, and so is
 * everything else where parameters of the template choose that network. Otherwise it goes where the policy says, by parameters of the root that the deploying role may leave empty.
 */
export function networkFor(
  { stack }: ResourceView,
  chosen: Chosen,
  reachesOwn: boolean,
  facts: Facts,
): Network | undefined {
  const own = networkOfOthers(stack, facts);
  const isChosen = chosen.subnetIds.length >= 2 && chosen.securityGroupIds.length > 0;
  const isOptional = isMap(own?.value) && own.value['Fn::If'] !== undefined;
  if (own !== undefined && (reachesOwn || !isChosen || isOptional)) return own;
  if (!isChosen) return undefined;
  const subnets = listParameter(
    stack,
    'FunctionSubnetIds',
    'Private subnets of functions, in two zones; empty for no network',
    chosen.subnetIds,
    facts,
  );
  const groups = listParameter(
    stack,
    'FunctionSecurityGroupIds',
    'Security groups of functions in the network',
    chosen.securityGroupIds,
    facts,
  );
  const isGiven = { 'Fn::Not': [{ 'Fn::Equals': [{ 'Fn::Join': ['', subnets.value] }, ''] }] };
  const name = conditionName(stack, isGiven);
  const inside = { SubnetIds: subnets.value, SecurityGroupIds: groups.value };
  return {
    value: { 'Fn::If': [name, inside, { Ref: 'AWS::NoValue' }] },
    companions: [
      ...subnets.companions,
      ...groups.companions,
      { kind: 'condition', name, definition: isGiven },
    ],
    isOwn: false,
    description: chosen.subnetIds.join(', '),
  };
}

function networkOfOthers(stack: Stack, facts: Facts): Network | undefined {
  const found = facts
    .resources(...functionTypes)
    .filter((view) => view.stack === stack)
    .flatMap((view) => {
      const config = view.expression('VpcConfig');
      const isWhole = ['SubnetIds', 'SecurityGroupIds'].every((list) =>
        view.read('VpcConfig', list).every(({ outcome }) => outcome.kind !== 'absent' && !isEmpty(outcome)),
      );
      return config !== undefined && isWhole ? [{ config, logicalId: view.logicalId }] : [];
    });
  const [first] = found;
  if (first === undefined || !found.every(({ config }) => isEqual(config, first.config))) return undefined;
  return {
    value: first.config,
    companions: [],
    isOwn: true,
    description: `the subnets of ${first.logicalId}`,
  };
}

/** A list parameter that nobody has given a value. */
export function isEmpty(outcome: Outcome): boolean {
  return outcome.kind === 'value' && String(outcome.value) === '';
}

/** A list of the root's, handed to nested templates as one text; without it they stay deployable alone. */
function listParameter(
  stack: Stack,
  wanted: string,
  description: string,
  values: readonly string[],
  facts: Facts,
): HandedDown {
  const name = parameterName(wanted, facts);
  const definition = { Type: 'CommaDelimitedList', Description: description, Default: '' };
  const inRoot = (root: Stack): HandedDown => ({
    value: { Ref: name },
    companions: [
      { kind: 'parameter', name, definition: { ...definition, Default: values.join(',') }, in: root },
    ],
  });
  return handDown(stack, name, definition, inRoot, (list) => ({ 'Fn::Join': [',', list] }));
}

/** A name no template of the tree uses for something else. */
function parameterName(wanted: string, { tree }: Facts): string {
  const isOther = (name: string) =>
    tree.stacks.some(({ template: { parameters, resources, conditions } }) => {
      const definition = parameters.get(name);
      const isTaken = definition !== undefined && !/^(CommaDelimitedList|List<)/.test(definition.type);
      return isTaken || resources.has(name) || conditions.has(name);
    });
  let name = wanted;
  for (let number = 2; isOther(name); number++) name = `${wanted}${number}`;
  return name;
}

function conditionName({ template: { conditions } }: Stack, definition: Value): string {
  let name = 'HasFunctionNetwork';
  for (let number = 2; conditions.has(name) && !isEqual(conditions.get(name), definition); number++) {
    name = `HasFunctionNetwork${number}`;
  }
  return name;
}

/** How a service is reached from a network without a way to the internet. */
export interface Route {
  /** IAM prefix, as the policy names it: `bedrock`; or a host outside AWS. */
  readonly service: string;
  readonly kind: 'gateway' | 'interface' | 'nat';
  /** Last part of the endpoint services' names: `bedrock-runtime`. */
  readonly endpoints: readonly string[];
  /** Of a host outside AWS: the lines of code that call it. */
  readonly places?: readonly string[];
}

const gateways: ReadonlySet<string> = new Set(['dynamodb', 's3']);

/**
 * Interface endpoints by IAM prefix, where they are called otherwise, or are several by action. A service that is not
 * here has none that is known, or none that serves everything (AppSync's is for private APIs only).
 * @source https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
 */
const interfaces: Readonly<Record<string, readonly (readonly [actions: RegExp, endpoint: string])[]>> = {
  aoss: [[/./, 'aoss']],
  athena: [[/./, 'athena']],
  batch: [[/./, 'batch']],
  bedrock: [
    [/^(InvokeModel|Converse|ApplyGuardrail|CountTokens|\*)/, 'bedrock-runtime'],
    [/^(Retrieve|InvokeAgent|InvokeFlow|InvokeInlineAgent|Rerank|GenerateQuery|\*)/, 'bedrock-agent-runtime'],
    [/^(InvokeDataAutomation|GetDataAutomationStatus|\*)/, 'bedrock-data-automation-runtime'],
    [
      /^(?!InvokeDataAutomation|GetDataAutomationStatus).*(DataAutomation|Blueprint)/,
      'bedrock-data-automation',
    ],
    [/(IngestionJob|KnowledgeBase|DataSource|Prompt$|Agent$)/, 'bedrock-agent'],
    [
      /^(Get|List|Create|Delete|Update)(?!.*(DataAutomation|Blueprint|Ingestion|KnowledgeBase|DataSource|Prompt|Agent))/,
      'bedrock',
    ],
  ],
  cloudformation: [[/./, 'cloudformation']],
  cloudwatch: [[/./, 'monitoring']],
  codebuild: [[/./, 'codebuild']],
  codepipeline: [[/./, 'codepipeline']],
  comprehend: [[/./, 'comprehend']],
  ec2: [[/./, 'ec2']],
  ecr: [[/./, 'ecr.api']],
  ecs: [[/./, 'ecs']],
  elasticache: [[/./, 'elasticache']],
  elasticfilesystem: [[/./, 'elasticfilesystem']],
  events: [[/./, 'events']],
  'execute-api': [[/./, 'execute-api']],
  firehose: [[/./, 'kinesis-firehose']],
  glue: [[/./, 'glue']],
  kendra: [[/./, 'kendra']],
  kinesis: [[/./, 'kinesis-streams']],
  kms: [[/./, 'kms']],
  lambda: [[/./, 'lambda']],
  logs: [[/./, 'logs']],
  polly: [[/./, 'polly']],
  rds: [[/./, 'rds']],
  'rds-data': [[/./, 'rds-data']],
  'redshift-data': [[/./, 'redshift-data']],
  rekognition: [[/./, 'rekognition']],
  sagemaker: [
    [/^(InvokeEndpoint|\*)/, 'sagemaker.runtime'],
    [/^(?!InvokeEndpoint)/, 'sagemaker.api'],
  ],
  scheduler: [[/./, 'scheduler']],
  secretsmanager: [[/./, 'secretsmanager']],
  servicediscovery: [[/./, 'servicediscovery']],
  sns: [[/./, 'sns']],
  sqs: [[/./, 'sqs']],
  ssm: [[/./, 'ssm']],
  states: [
    [/^(StartSyncExecution|\*)/, 'sync-states'],
    [/^(?!StartSyncExecution)/, 'states'],
  ],
  sts: [[/./, 'sts']],
  textract: [[/./, 'textract']],
  transcribe: [[/./, 'transcribe']],
  translate: [[/./, 'translate']],
};

/**
 * Allowed, but not called by the function's code over its network: what Lambda itself does with the role (logs, traces,
 * network interfaces), what other services do for it (keys, passing a role on), and what goes to a host in the network.
 */
const notCalled: readonly RegExp[] = [
  /^logs:(CreateLogGroup|CreateLogStream|PutLogEvents)$/,
  /^xray:Put/,
  /^ec2:((Create|Delete|Describe)NetworkInterfaces?|DescribeSubnets|DescribeVpcs|DescribeSecurityGroups|(Una|A)ssignPrivateIpAddresses|GetSecurityGroupsForVpc)$/,
  /^iam:PassRole$/,
  /^kms:(Decrypt|Encrypt|ReEncrypt.*|GenerateDataKey.*|DescribeKey|CreateGrant)$/,
  /^rds-db:connect$/,
  /^(elasticache|memorydb):Connect$/,
  /^es:ESHttp/,
  /^(kafka-cluster|dax|neptune-db):/,
  /^elasticfilesystem:Client/,
];

/** How each service that is called can be reached, by name. */
export function routesOf(services: readonly CalledService[]): readonly Route[] {
  return services.flatMap(({ service, actions }): readonly Route[] => {
    const called = actions.filter((action) => !notCalled.some((pattern) => pattern.test(action)));
    if (called.length === 0) return [];
    if (gateways.has(service)) return [{ service, kind: 'gateway', endpoints: [service] }];
    const names = called.map((action) => action.slice(action.indexOf(':') + 1));
    const endpoints = (Object.hasOwn(interfaces, service) ? (interfaces[service] ?? []) : [])
      .filter(([pattern]) => names.some((name) => pattern.test(name)))
      .map(([, endpoint]) => endpoint);
    const kind = endpoints.length === 0 ? 'nat' : 'interface';
    return [{ service, kind, endpoints: [...new Set(endpoints)].sort() }];
  });
}

/** The ways out the templates themselves make wherever a function is there: names of endpoints, and `nat`. */
export function waysOut(view: ResourceView, facts: Facts): ReadonlySet<string> {
  const endpoints = facts.resources('AWS::EC2::VPCEndpoint').flatMap((endpoint) => {
    const text = JSON.stringify(endpoint.expression('ServiceName') ?? '');
    const name = /amazonaws\.(?:\$\{AWS::Region\}|[a-z0-9-]+)\.([a-z0-9.-]+)/.exec(text)?.[1];
    return name === undefined ? [] : [{ name, endpoint }];
  });
  const there = [...new Set(endpoints.map(({ name }) => name))].filter((wanted) => {
    const found = endpoints.flatMap(({ name, endpoint }) => (name === wanted ? [endpoint] : []));
    return facts.isAlwaysWith(found, view);
  });
  const hasGateway = facts.isAlwaysWith(facts.resources('AWS::EC2::NatGateway'), view);
  return new Set([...there, ...(hasGateway ? ['nat'] : [])]);
}

/** Zones an endpoint is in, and hours of a month, as the price is reckoned. */
const zones = 2;
const hoursPerMonth = 730;

/** `s3 (a gateway endpoint, free), sqs (an interface endpoint for sqs, 14.60 USD a month in two zones)`. */
export function describeRoutes(routes: readonly Route[], endpointUsdPerHour: number): string {
  return routes
    .map(({ service, kind, endpoints, places }) => {
      const name = service === '*' ? 'all it may call' : service;
      const by = places === undefined ? '' : `, called at ${places.join(', ')}`;
      if (kind === 'nat') return `${name} (a NAT gateway${by})`;
      if (kind === 'gateway') return `${name} (a gateway endpoint, free)`;
      const usd = (endpoints.length * zones * hoursPerMonth * endpointUsdPerHour).toFixed(2);
      const several = endpoints.length > 1 ? 'interface endpoints' : 'an interface endpoint';
      return `${name} (${several} for ${endpoints.join(' and ')}, ${usd} USD a month in two zones)`;
    })
    .join(', ');
}

type Test = (resource: ResourceView) => boolean;

const always: Test = () => true;
const says =
  (wanted: string, ...path: readonly string[]): Test =>
  (resource) =>
    resource
      .read(...path)
      .some(({ outcome }) => outcome.kind === 'value' && String(outcome.value) === wanted);

/**
 * Types that are reached inside a network only, all of them or those that fit. A file system is none: what a function reads
 * there it mounts, and what it is told of one besides is for the API of the service.
 */
const privateTypes: Readonly<Record<string, Test>> = {
  'AWS::AmazonMQ::Broker': (broker) => !says('true', 'PubliclyAccessible')(broker),
  'AWS::DAX::Cluster': always,
  'AWS::DocDB::DBCluster': always,
  'AWS::DocDB::DBInstance': always,
  'AWS::EC2::Instance': always,
  'AWS::ElastiCache::CacheCluster': always,
  'AWS::ElastiCache::ReplicationGroup': always,
  'AWS::ElastiCache::ServerlessCache': always,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': says('internal', 'Scheme'),
  'AWS::Elasticsearch::Domain': (domain) => domain.expression('VPCOptions') !== undefined,
  'AWS::MSK::Cluster': always,
  'AWS::MSK::ServerlessCluster': always,
  'AWS::MemoryDB::Cluster': always,
  'AWS::Neptune::DBCluster': always,
  'AWS::Neptune::DBInstance': always,
  'AWS::OpenSearchService::Domain': (domain) => domain.expression('VPCOptions') !== undefined,
  'AWS::RDS::DBCluster': always,
  'AWS::RDS::DBInstance': always,
  'AWS::RDS::DBProxy': always,
  'AWS::Redshift::Cluster': always,
};

const endsOfSecrets = ['AWS::SecretsManager::SecretTargetAttachment'];

export interface Reached {
  /** For reading: `Ledger (AWS::RDS::DBInstance)`. */
  readonly description: string;
  /** Where it is part of the templates. */
  readonly resource?: ResourceView;
}

/** The private resource a function mounts, may connect to, or is told about in its settings; `undefined` for none. */
export function privateResource(view: ResourceView, facts: Facts): Reached | undefined {
  if (view.expression('FileSystemConfigs') !== undefined) return { description: 'the file system it mounts' };
  const { services, hosts } = facts.callsOf(view);
  const may = (action: string) => services.some(({ actions }) => actions.includes(action));
  const inNetwork = Object.keys(privateTypes);
  const candidates = facts
    .resources(...inNetwork)
    .filter((resource) => privateTypes[resource.type]?.(resource) === true)
    // The Data API is called from anywhere.
    .filter(
      (resource) => !(may('rds-data:ExecuteStatement') && says('true', 'EnableHttpEndpoint')(resource)),
    );
  const mentioned = candidates.length === 0 ? [] : mentionedIn(view, facts);
  const found = candidates.find(
    (resource) =>
      mentioned.some((each) => isSame(each, resource) && isAddress(each, resource)) ||
      isReached(view, resource, facts),
  );
  if (found !== undefined) return { description: `${found.logicalId} (${found.type})`, resource: found };
  if (may('rds-db:connect')) return { description: 'a database (rds-db:connect)' };
  const inside = hosts.find(({ host }) => isPrivateHost(host));
  return inside && { description: `the private host ${inside.host} (${inside.places[0]})` };
}

/**
 * Names that public DNS has none of, and addresses of private networks.
 * @source https://www.rfc-editor.org/rfc/rfc1918 https://www.rfc-editor.org/rfc/rfc6762#appendix-G
 */
export function isPrivateHost(host: string): boolean {
  return /\.(?:corp|home|internal|intranet|lan|local|private)$|^10\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\./.test(
    host,
  );
}

interface Member {
  readonly stack: ResourceView['stack'];
  readonly logicalId: string;
  /** By which it is named; absent for its identifier. */
  readonly attribute?: string | undefined;
}

/** The identifier of an instance is for the API that starts and stops it. */
function isAddress({ attribute }: Member, { type }: ResourceView): boolean {
  return type !== 'AWS::EC2::Instance' || /^Private/.test(attribute ?? '');
}

function isSame(left: Member, right: Member): boolean {
  return left.stack === right.stack && left.logicalId === right.logicalId;
}

function isReached(view: ResourceView, { type, stack, logicalId }: ResourceView, facts: Facts): boolean {
  const isDomain = type === 'AWS::OpenSearchService::Domain' || type === 'AWS::Elasticsearch::Domain';
  if (!isDomain || stack !== view.stack) return false;
  const below: Value = { 'Fn::Sub': `\${${logicalId}.Arn}/*` };
  return facts.allows(view, 'es:ESHttpGet', below) === 'yes';
}

/** What the variables of a function name, in its own template or through parameters in another, secrets followed. */
function mentionedIn(view: ResourceView, facts: Facts): readonly Member[] {
  const variables = view.expression('Environment', 'Variables');
  const names = isMap(variables) ? Object.keys(variables) : [];
  const passed = names.flatMap((name) =>
    view
      .read('Environment', 'Variables', name)
      .flatMap(({ outcome }) => (outcome.kind === 'resource' ? [outcome] : [])),
  );
  const named = mentions(view.expression('Environment') ?? null).map((each) => ({
    stack: view.stack,
    ...each,
  }));
  const direct: readonly Member[] = [...passed, ...named];
  const behindSecrets = facts.resources(...endsOfSecrets).flatMap((attachment) => {
    const secrets = targets(attachment, 'SecretId');
    const isMentioned = secrets.some((secret) => direct.some((each) => isSame(each, secret)));
    return isMentioned ? targets(attachment, 'TargetId') : [];
  });
  return [...direct, ...behindSecrets];
}

function targets(view: ResourceView, property: string): readonly Member[] {
  return view.read(property).flatMap(({ outcome }) => (outcome.kind === 'resource' ? [outcome] : []));
}

function mentions(value: Value): readonly Omit<Member, 'stack'>[] {
  if (isList(value)) return value.flatMap(mentions);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref' && typeof inner === 'string') return [{ logicalId: inner }];
    if (key === 'Fn::GetAtt' && isList(inner))
      return [{ logicalId: String(inner[0]), attribute: String(inner[1]) }];
    if (key === 'Fn::Sub') {
      const text = JSON.stringify(inner);
      const found = [...text.matchAll(/\$\{([A-Za-z0-9]+)(?:\.([\w.]+))?/g)];
      return found.map(([, logicalId = '', attribute]) => ({ logicalId, attribute }));
    }
    return mentions(inner);
  });
}
