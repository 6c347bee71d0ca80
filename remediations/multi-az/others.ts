import { compliant, manual, notApplicable, unknown } from '../../src/remediation.js';
import { isGiven, textAt } from '../kit/values.js';
import { type Judge, numbered, openAt, spread, switchedOn, zonesOf } from './compute.js';

/** @source https://docs.aws.amazon.com/dms/latest/userguide/CHAP_ReplicationInstance.html */
export const replicationInstance: Judge = (view) => {
  const open = openAt(view, 'MultiAZ');
  if (open !== undefined) return unknown(open);
  const edits = switchedOn(view, ['MultiAZ']);
  if (edits.length === 0) return compliant('it has a standby in another zone');
  const because = 'it runs in one zone: MultiAZ';
  if (isGiven(view, 'AvailabilityZone')) {
    return manual(`${because}; its AvailabilityZone is fixed, and both together are refused`);
  }
  return spread(because, {
    edits,
    consent: 'a standby of the same size runs beside it, and its tasks pause while it is changed',
    update: 'some-interruption',
    second: `1 more ${textAt(view, 'ReplicationInstanceClass') ?? 'replication instance'}`,
  });
};

/** @source https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Serverless.html */
export const replicationConfig: Judge = (view) => {
  const open = openAt(view, 'ComputeConfig', 'MultiAZ');
  if (open !== undefined) return unknown(open);
  return switchedOn(view, ['ComputeConfig', 'MultiAZ']).length === 0
    ? compliant('it has a standby in another zone')
    : manual('it runs in one zone: ComputeConfig.MultiAZ, which can be changed only while it is stopped');
};

/** @source https://docs.aws.amazon.com/memorydb/latest/devguide/autofailover.html */
export const memoryCluster: Judge = (view) => {
  // Without a number each shard has one replica.
  if (!isGiven(view, 'NumReplicasPerShard')) return compliant('each shard has a replica in another zone');
  return numbered(view, 'NumReplicasPerShard', 1, {
    right: 'each shard has a replica in another zone',
    lacks: 'its shards have no replica',
    consent: 'a replica of the same size runs beside each shard',
    second: `1 more ${textAt(view, 'NodeType') ?? 'node'} for each shard`,
  });
};

/** @source https://docs.aws.amazon.com/timestream/latest/developerguide/timestream-for-influxdb-multi-az.html */
export const timeSeries: Judge = (view) => {
  const open = openAt(view, 'DeploymentType');
  if (open !== undefined) return unknown(open);
  return textAt(view, 'DeploymentType') === 'WITH_MULTIAZ_STANDBY'
    ? compliant('it has a standby in another zone')
    : manual(
        'it runs in one zone: set DeploymentType to WITH_MULTIAZ_STANDBY, with subnets in two zones; it restarts',
      );
};

/** @source https://docs.aws.amazon.com/documentdb/latest/developerguide/elastic-how-it-works.html */
export const elasticDocuments: Judge = (view) => {
  if (!isGiven(view, 'ShardInstanceCount'))
    return compliant('each shard has two instances where no number is set');
  return numbered(view, 'ShardInstanceCount', 2, {
    right: 'each shard has an instance in another zone',
    lacks: 'its shards run on a single instance',
    consent: 'a second instance runs for each shard',
    second: '1 more instance for each shard',
  });
};

/** @source https://docs.aws.amazon.com/neptune-analytics/latest/userguide/create-graph-using-console.html */
export const graph: Judge = (view) => {
  // One replica where nothing is said.
  const isAlone = view.read('ReplicaCount').some(({ outcome }) => textOf(outcome) === '0');
  return isAlone
    ? manual('it has no replica (ReplicaCount), which is fixed when it is made; a new graph takes its place')
    : compliant('it has a replica in another zone');
};

function textOf(outcome: { readonly kind: string; readonly value?: unknown }): string | undefined {
  return outcome.kind === 'value' ? String(outcome.value) : undefined;
}

/** Whatever has subnets of its own, and runs in the zones they are in. */
export const inItsSubnets =
  (...path: readonly string[]): Judge =>
  (view, facts) => {
    if (!isGiven(view, ...path)) return notApplicable('it has no subnets of its own');
    const zones = zonesOf(view, path, facts);
    if (zones === 'unknown') return unknown('how many subnets it has is not known');
    return zones === 'several'
      ? compliant('its subnets are in several zones')
      : manual('its subnets are in one Availability Zone; add one in another');
  };

/** There is no property that would spread it. */
export const inOneZone =
  (instead: string): Judge =>
  () =>
    manual(`it runs in one zone, whatever its settings: ${instead}`);
