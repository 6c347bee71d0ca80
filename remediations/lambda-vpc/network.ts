import {
  type CalledService,
  type Companion,
  type Facts,
  isEqual,
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
