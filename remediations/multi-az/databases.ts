import {
  compliant,
  type Facts,
  isMap,
  manual,
  notApplicable,
  type ResourceView,
  unknown,
  type Value,
  type ValueMap,
} from '../../src/remediation.js';
import { isClusterMember } from '../kit/cluster-member.js';
import { isGiven, refersTo, textAt } from '../kit/values.js';
import { isOn, type Judge, openAt, spread, switchedOn } from './spread.js';

/**
 * A standby of its own, which a member of a cluster has not: there the other members take over.
 * @source https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html
 */
export const databaseInstance: Judge = (view) => {
  if (isClusterMember(view)) return notApplicable('it is a member of a cluster, which is judged itself');
  if (isGiven(view, 'SourceDBInstanceIdentifier')) {
    return notApplicable('it is a read replica, which can be made anew from its source');
  }
  const open = openAt(view, 'MultiAZ');
  if (open !== undefined) return unknown(open);
  const wants = switchedOn(view, ['MultiAZ']);
  if (wants.length === 0) return compliant('it has a standby in another zone');
  const because = 'it runs in one zone: MultiAZ';
  if (view.expression('AvailabilityZone') !== undefined) {
    return manual(
      `${because}; its AvailabilityZone is fixed, both together are refused, and to take the zone out could replace the database`,
    );
  }
  return spread(because, {
    wants,
    consent: 'a standby of the same size runs beside it, and the database pauses when it is made',
    update: 'some-interruption',
    second: `1 more ${textAt(view, 'DBInstanceClass') ?? 'instance'}`,
    leaves: [
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
  if (textAt(view, 'EngineMode') === 'serverless') {
    return notApplicable('it is Aurora Serverless v1, which moves to another zone by itself');
  }
  const members = membersOf(view, facts);
  if (members.length >= 2) return compliant(`it has ${members.length} instances`);
  const [only] = members;
  if (only === undefined)
    return manual('none of its instances is in the templates; it outlives a zone when it has two');
  if (only.stack !== view.stack || only.condition !== view.condition) {
    return manual(`it has one instance, ${only.logicalId}; add a second one beside it`);
  }
  const logicalId = facts.freeId(view.stack, `${only.logicalId}Reader`);
  const size = textAt(only, 'DBInstanceClass') ?? 'instance';
  return spread(`it has one instance, ${only.logicalId}`, {
    needs: [{ kind: 'resource', logicalId, body: readerLike(only) }],
    consent: 'a second instance of the same size runs all the time',
    second: `1 more ${size}`,
    leaves: ['readers of the cluster find the new instance by its reader endpoint'],
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
        'it runs in one zone, and moves to two by hand: only RA3 clusters can, with an even number of nodes, and their endpoint changes',
      );
