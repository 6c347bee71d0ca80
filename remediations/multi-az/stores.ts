import {
  compliant,
  type Facts,
  isList,
  isMap,
  manual,
  notApplicable,
  numberOf,
  type PropertyEdit,
  type ResourceView,
  scalarText,
  unknown,
  type Value,
  type ValueMap,
} from '../../src/remediation.js';
import { isClusterMember, isGiven, refersTo, textAt, variantWithout } from '../kit/values.js';
import { atLeast, isOn, type Judge, numbered, openAt, spread, switchedOn, zonesOf } from './compute.js';

/**
 * Failover needs a replica to fail over to, so all three come together.
 * @source https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html
 */
export const cacheGroup: Judge = (view) => {
  const counted =
    isGiven(view, 'ReplicasPerNodeGroup') || isGiven(view, 'NumNodeGroups')
      ? 'ReplicasPerNodeGroup'
      : 'NumCacheClusters';
  for (const property of ['AutomaticFailoverEnabled', 'MultiAZEnabled', counted]) {
    const open = openAt(view, property);
    if (open !== undefined) return unknown(open);
  }
  const replicas = atLeast(view, [counted], counted === 'NumCacheClusters' ? 2 : 1);
  const edits = [
    ...switchedOn(view, ['AutomaticFailoverEnabled']),
    ...switchedOn(view, ['MultiAZEnabled']),
    ...replicas,
  ];
  if (edits.length === 0) return compliant('a replica in another zone takes over');
  const because = `it runs in one zone: ${edits.map(({ path }) => path.at(-1)).join(' and ')}`;
  if (view.expression('NodeGroupConfiguration') !== undefined) {
    return manual(
      `${because}; its node groups are laid out one by one (NodeGroupConfiguration), replicas and zones too`,
    );
  }
  if (replicas.length > 0 && view.expression('PreferredCacheClusterAZs') !== undefined) {
    return manual(
      `${because}; its zones are listed one for each node (PreferredCacheClusterAZs), and to change the list replaces it`,
    );
  }
  return spread(because, {
    edits,
    consent: 'a replica of the same size runs beside each node, and is filled from it',
    second: `1 more ${textAt(view, 'CacheNodeType') ?? 'node'}`,
    notes: ['nodes of type cache.t1 cannot fail over'],
  });
};

export const cacheCluster: Judge = (view) => {
  if (textAt(view, 'Engine') !== 'memcached') {
    return manual('one node of Redis or Valkey is in one zone; a replication group takes its place');
  }
  return textAt(view, 'AZMode') === 'cross-az'
    ? compliant('its nodes are spread over zones')
    : manual(
        'its nodes are in one zone (AZMode); cross-az with two nodes or more may replace the cluster, and what it holds is lost',
      );
};

const mostZones = 3;

/**
 * Data nodes in as many zones as the domain has subnets, three at most.
 * @source https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-multiaz.html
 */
export const searchDomain: Judge = (view, facts) => {
  const config = view.type === 'AWS::Elasticsearch::Domain' ? 'ElasticsearchClusterConfig' : 'ClusterConfig';
  for (const property of ['ZoneAwarenessEnabled', 'InstanceCount']) {
    const open = openAt(view, config, property);
    if (open !== undefined) return unknown(open);
  }
  if (isOn(view, [config, 'MultiAZWithStandbyEnabled'])) return compliant('it has a standby in a third zone');
  const subnets = subnetCount(view);
  const isInNetwork = isGiven(view, 'VPCOptions', 'SubnetIds');
  if (isInNetwork && subnets === undefined) return unknown('how many subnets it has is not known');
  if (isInNetwork && zonesOf(view, ['VPCOptions', 'SubnetIds'], facts) === 'one') {
    return manual('its subnets are in one zone; it needs one in each zone it is spread over');
  }
  const given = numberAt(view, config, 'ZoneAwarenessConfig', 'AvailabilityZoneCount');
  const zones = given ?? Math.min(subnets ?? 2, mostZones);
  const nodes = numberAt(view, config, 'InstanceCount') ?? 1;
  const wanted = Math.max(zones, Math.ceil(nodes / zones) * zones);
  const edits: PropertyEdit[] = [...switchedOn(view, [config, 'ZoneAwarenessEnabled'])];
  // Two is what the service takes where nobody says how many.
  if (edits.length > 0 && given === undefined && zones !== 2) {
    edits.push({
      path: ['Properties', config, 'ZoneAwarenessConfig', 'AvailabilityZoneCount'],
      value: zones,
    });
  }
  if (wanted !== nodes) {
    edits.push({
      path: ['Properties', config, 'InstanceCount'],
      value: wanted,
      isSatisfiedBy: (outcome) => (numberOf(outcome) ?? 0) >= zones && (numberOf(outcome) ?? 0) % zones === 0,
    });
  }
  if (edits.length === 0) return compliant(`its data nodes are spread over ${zones} zones`);
  const masters = (numberAt(view, config, 'DedicatedMasterCount') ?? 0) >= 3;
  return spread(
    `its data nodes are in one zone, or unevenly: ${edits.map(({ path }) => path.slice(2).join('.')).join(' and ')}`,
    {
      edits,
      consent: 'the service copies the data to new nodes (blue/green), which takes hours and room for both',
      second: `${Math.max(wanted - nodes, 0)} more ${textAt(view, config, 'InstanceType') ?? 'data nodes'}`,
      notes: [
        ...(masters
          ? []
          : ['three dedicated master nodes keep a cluster able to decide when a zone is gone']),
        'indexes need a replica, or a shard of the zone that is gone is out of reach',
      ],
    },
  );
};

function subnetCount(view: ResourceView): number | undefined {
  const counts = view
    .read('VPCOptions', 'SubnetIds')
    .map(({ outcome }) =>
      outcome.kind === 'value' && isList(outcome.value) ? outcome.value.length : undefined,
    );
  const known = counts.filter((count) => count !== undefined);
  return known.length === counts.length ? Math.min(...known) : undefined;
}

function numberAt(view: ResourceView, ...path: readonly string[]): number | undefined {
  const numbers = view.read(...path).map(({ outcome }) => numberOf(outcome));
  const known = numbers.filter((number) => number !== undefined);
  return known.length === numbers.length ? Math.min(...known) : undefined;
}

/** Standby replicas are there unless somebody says no, and are fixed when the collection is made. */
export const collection: Judge = (view) =>
  view.read('StandbyReplicas').some(({ outcome }) => scalarText(outcome) === 'DISABLED')
    ? manual('its standby replicas are off, which is fixed when it is made; a new collection takes its place')
    : compliant('it has standby replicas in other zones');

/** @source https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.concepts.cluster.html */
export const accelerator: Judge = (view) =>
  numbered(view, 'ReplicationFactor', 3, {
    right: 'three nodes or more are spread over zones',
    lacks: 'it runs in fewer than three zones',
    consent: 'every further node is paid for',
    second: `1 or 2 more ${textAt(view, 'NodeType') ?? 'nodes'}`,
  });

/** @source https://docs.aws.amazon.com/efs/latest/ug/how-it-works.html */
export const fileSystem: Judge = (view, facts) => {
  if (isGiven(view, 'AvailabilityZoneName')) {
    return manual(
      'it stores its files in one zone, which is fixed when it is made; the files move to a new one',
    );
  }
  const targets = facts.usersOf(view, 'AWS::EFS::MountTarget');
  const [first, ...others] = targets;
  if (first === undefined) return compliant('it stores its files in several zones');
  if (others.length === 0)
    return manual(`its only mount target is ${first.logicalId}; it needs one in each zone that uses it`);
  return areTwoThere(targets, view, facts)
    ? compliant(`it has ${targets.length} mount targets`)
    : manual(
        `of its mount targets (${namesOf(targets)}) some deployments have one only; it needs one in each zone that uses it`,
      );
};

/** Deployment types of file systems that lie in two zones. */
export const windowsFileSystem: Judge = (view) => {
  const types = ['WindowsConfiguration', 'OntapConfiguration', 'OpenZFSConfiguration', 'LustreConfiguration'];
  const type = types
    .map((configuration) => textAt(view, configuration, 'DeploymentType'))
    .find((each) => each !== undefined);
  return type?.startsWith('MULTI_AZ')
    ? compliant(`it is of type ${type}`)
    : manual(
        `it is in one zone${type === undefined ? '' : ` (${type})`}, which is fixed when it is made; files move to a new one by a backup`,
      );
};

export const broker: Judge = (view) => {
  const mode = textAt(view, 'DeploymentMode');
  return mode === 'ACTIVE_STANDBY_MULTI_AZ' || mode === 'CLUSTER_MULTI_AZ'
    ? compliant(`it is deployed as ${mode}`)
    : manual(
        `it is deployed as ${mode ?? 'SINGLE_INSTANCE'}, which is fixed when it is made; a new broker takes its place`,
      );
};

export const kafka: Judge = (view, facts) => {
  const zones = zonesOf(view, ['BrokerNodeGroupInfo', 'ClientSubnets'], facts);
  if (zones === 'unknown') return unknown('how many subnets its brokers have is not known');
  return zones === 'several'
    ? compliant('its brokers have subnets in several zones')
    : manual('its brokers are in one zone, and to change their subnets replaces the cluster');
};

export const bucketOfOneZone: Judge = () =>
  manual('a directory bucket is in one zone; what has to outlive it belongs into another bucket');

/**
 * A standby of its own, which a member of a cluster has not: there the other members take over.
 * @source https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html
 */
export const databaseInstance: Judge = (view) => {
  if (isClusterMember(view)) return notApplicable('it is a member of a cluster, which is checked on its own');
  if (isGiven(view, 'SourceDBInstanceIdentifier')) {
    return notApplicable('it is a read replica, which can be made anew from its source');
  }
  const open = openAt(view, 'MultiAZ');
  if (open !== undefined) return unknown(open);
  const edits = switchedOn(view, ['MultiAZ']);
  if (edits.length === 0) return compliant('it has a standby in another zone');
  const variant = variantWithout(view, 'standby');
  if (variant !== undefined) {
    return variant.isCertain
      ? notApplicable(`it is ${variant.because}; another edition has to take its place`)
      : manual(`it may be ${variant.because}: set MultiAZ where it is not`);
  }
  const because = 'it runs in one zone: MultiAZ';
  if (view.expression('AvailabilityZone') !== undefined) {
    return manual(
      `${because}; its AvailabilityZone is fixed, both together are refused, and to take the zone out could replace the database`,
    );
  }
  return spread(because, {
    edits,
    consent: 'a standby of the same size runs beside it, and the database pauses when it is made',
    update: 'some-interruption',
    second: `1 more ${textAt(view, 'DBInstanceClass') ?? 'instance'}`,
    notes: [
      'the database answers more slowly while the standby is filled, and writes wait for it ever after',
    ],
  });
};

/**
 * A cluster outlives a zone when a second instance can take over.
 * @source https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html
 */
export const databaseCluster: Judge = (view, facts) => {
  if (isGiven(view, 'DBClusterInstanceClass'))
    return compliant('it is a Multi-AZ cluster, with standbys in two other zones');
  const variant = variantWithout(view, 'second-instance');
  if (variant !== undefined) {
    return variant.isCertain
      ? notApplicable(`it is ${variant.because}`)
      : unknown(`it may be ${variant.because}`);
  }
  const members = membersOf(view, facts);
  if (areTwoThere(members, view, facts)) return compliant(`it has ${members.length} instances`);
  if (members.length >= 2) {
    return manual(
      `of its instances (${namesOf(members)}) some deployments have one only; let two be there whenever it is`,
    );
  }
  const [only] = members;
  if (only === undefined)
    return manual('none of its instances is in the templates; it outlives a zone when it has two');
  if (only.stack !== view.stack || only.condition !== view.condition) {
    return manual(`it has one instance, ${only.logicalId}; add a second one beside it`);
  }
  const logicalId = facts.freeId(view.stack, `${only.logicalId}Reader`);
  const size = textAt(only, 'DBInstanceClass') ?? 'instance';
  return spread(`it has one instance, ${only.logicalId}`, {
    companions: [{ kind: 'resource', logicalId, body: readerLike(only) }],
    consent: 'a second instance of the same size runs all the time',
    second: `1 more ${size}`,
    notes: ['readers of the cluster find the new instance by its reader endpoint'],
  });
};

/** Names, zones and places in the order of succession belong to one instance; everything else is what a second one has. */
const own = [
  'DBInstanceIdentifier',
  'AvailabilityZone',
  'PromotionTier',
  'DBSnapshotIdentifier',
  'SourceDBInstanceIdentifier',
];

function readerLike({ body }: ResourceView): ValueMap {
  const { Properties: properties } = body;
  const kept = Object.entries(isMap(properties) ? properties : {}).filter(([name]) => !own.includes(name));
  const attributes = Object.entries(body).filter(
    ([name]) => !['Properties', 'Metadata', 'DependsOn'].includes(name),
  );
  return { ...Object.fromEntries(attributes), Properties: Object.fromEntries(kept) as Record<string, Value> };
}

/** Whether two of the companions are there in every deployment: whichever is left out, another one is. */
function areTwoThere(companions: readonly ResourceView[], view: ResourceView, facts: Facts): boolean {
  return (
    companions.length > 1 &&
    companions.every((each) =>
      facts.isAlwaysWith(
        companions.filter((other) => other !== each),
        view,
      ),
    )
  );
}

function namesOf(views: readonly ResourceView[]): string {
  return views.map(({ logicalId }) => logicalId).join(', ');
}

function membersOf(cluster: ResourceView, facts: Facts): readonly ResourceView[] {
  return facts
    .usersOf(cluster, cluster.type.replace(/DBCluster$/, 'DBInstance'))
    .filter((member) => refersTo(cluster, member, 'DBClusterIdentifier'));
}

/** @source https://docs.aws.amazon.com/redshift/latest/mgmt/managing-cluster-multi-az.html */
export const warehouse: Judge = (view) =>
  isOn(view, ['MultiAZ'])
    ? compliant('it runs in two zones')
    : manual(
        'it runs in one zone, and must be moved to two manually: only RA3 clusters can, with an even number of nodes, and their endpoint changes',
      );
