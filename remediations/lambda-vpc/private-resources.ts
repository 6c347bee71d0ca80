import { type Facts, isList, isMap, type ResourceView, type Value } from '../../src/remediation.js';

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
