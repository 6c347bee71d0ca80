import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, SpecDatabase } from '@aws-cdk/service-spec-types';
import { expect, test } from 'vitest';
import { multiAz } from '../../remediations/multi-az/index.js';

// Kind: a service that can run in one zone alone is not judged. Every type of the registry with a property that places it
// in zones is judged, or has a reason here.

const placed = /^(?:Multi-?AZ\w*|AZMode|AvailabilityZone(?:s|Id|Ids|Name)?|StandbyReplicas|DeploymentType)$/i;

/** By the beginning of the type. */
const notJudged: readonly (readonly [start: string, because: string])[] = [
  ['AWS::CodeDeploy::', 'a way to deploy, not a place'],
  ['AWS::DLM::', 'a plan of snapshots'],
  ['AWS::DMS::InstanceProfile', 'defaults of assessments, which keep nothing'],
  ['AWS::DocDB::DBInstance', 'a member: its cluster is judged'],
  ['AWS::EC2::CapacityReservation', 'what is reserved has to be where it is used'],
  ['AWS::EC2::ClientVpn', 'an association adds a zone to an endpoint; people connect by it'],
  ['AWS::EC2::EC2Fleet', 'a batch of capacity'],
  ['AWS::EC2::Host', 'hardware, which is somewhere'],
  ['AWS::EC2::LaunchTemplate', 'settings; the group that uses it is judged'],
  ['AWS::EC2::SpotFleet', 'a batch of capacity'],
  ['AWS::EC2::Subnet', 'a zone of its network; what is in it is judged'],
  ['AWS::EC2::Volume', 'part of an instance, which is judged'],
  ['AWS::ElasticLoadBalancingV2::TargetGroup', 'the zone of a target'],
  ['AWS::Glue::Connection', 'jobs that fail are run again elsewhere'],
  ['AWS::ImageBuilder::', 'runs while an image is built'],
  ['AWS::ManagedBlockchain::', 'a member of a network of many'],
  ['AWS::MediaConnect::', 'two of them in two zones are a matter of what receives them'],
  ['AWS::MediaLive::', 'channels have two pipelines in two zones unless they are told otherwise'],
  ['AWS::Neptune::DBInstance', 'a member: its cluster is judged'],
  ['AWS::ODB::', 'hardware, which is somewhere'],
  ['AWS::OpsWorks::', 'the service has ended'],
  ['AWS::Outposts::', 'hardware, which is somewhere'],
  ['AWS::ResilienceHub', 'a policy on what is recovered, not a place'],
  ['AWS::WorkspacesInstances::', 'the desktop of one person'],
];

function isPlaced(
  database: SpecDatabase,
  properties: Readonly<Record<string, Property>>,
  depth = 0,
): boolean {
  return Object.entries(properties).some(
    ([name, { type }]) => placed.test(name) || (depth < 3 && isPlacedIn(database, type, depth + 1)),
  );
}

function isPlacedIn(database: SpecDatabase, type: PropertyType, depth: number): boolean {
  if (type.type === 'array' || type.type === 'map') return isPlacedIn(database, type.element, depth);
  if (type.type === 'union') return type.types.some((each) => isPlacedIn(database, each, depth));
  if (type.type !== 'ref') return false;
  return isPlaced(database, database.get('typeDefinition', type.reference.$ref).properties, depth);
}

test('what is placed in zones is judged, or has a reason not to be', () => {
  const database = loadAwsServiceSpecSync();
  const judged = new Set(multiAz.kind === 'resource' ? multiAz.appliesTo : []);
  const types = database
    .all('resource')
    .filter(({ properties }) => isPlaced(database, properties))
    .map(({ cloudFormationType }) => cloudFormationType);
  const open = types.filter(
    (type) => !judged.has(type) && !notJudged.some(([start]) => type.startsWith(start)),
  );
  expect(open).toEqual([]);
  const unused = notJudged.filter(([start]) => !types.some((type) => type.startsWith(start)));
  expect(unused).toEqual([]);
  expect(notJudged.filter(([start]) => judged.has(start))).toEqual([]);
});
