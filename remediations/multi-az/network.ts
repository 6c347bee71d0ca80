import { compliant, type Facts, manual, type ResourceView, unknown } from '../../src/remediation.js';
import { resourceAt, textAt } from '../kit/values.js';
import { type Judge, zonesOf } from './spread.js';

/** @source https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html */
export const databaseSubnets: Judge = (view, facts) =>
  zonesOf(view, ['SubnetIds'], facts) === 'one'
    ? manual('its subnets lie in one zone; add one in another')
    : compliant('it takes subnets in two zones or more only');

export const cacheSubnets: Judge = (view, facts) => {
  const zones = zonesOf(view, ['SubnetIds'], facts);
  if (zones === 'unknown') return unknown('how many subnets it has is not known');
  return zones === 'several'
    ? compliant('it has subnets in several zones')
    : manual('its subnets lie in one zone; add one in another');
};

/**
 * A gateway lies in the zone of its subnet, unless it is a regional one.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
 */
export const natGateway: Judge = (view, facts) => {
  if (textAt(view, 'AvailabilityMode') === 'regional') return compliant('it spans the zones');
  const zones = new Set(
    facts
      .resources(view.type)
      .filter((each) => each.stack === view.stack)
      .map((each) => zoneOf(each, facts)),
  );
  if (zones.has(undefined)) {
    return zones.size > 1 || facts.resources(view.type).length > 1
      ? compliant('there is more than one, each in the zone of its subnet')
      : manual(
          'it is the only one, and lies in one zone: each zone with private subnets needs its own, or a regional one takes its place',
        );
  }
  return zones.size > 1
    ? compliant(`there are gateways in ${zones.size} zones`)
    : manual(
        'all gateways lie in one zone: each zone with private subnets needs its own, or a regional one takes its place',
      );
};

function zoneOf(gateway: ResourceView, facts: Facts): string | undefined {
  const zone = resourceAt(facts, gateway, 'SubnetId')?.expression('AvailabilityZone');
  return zone === undefined ? undefined : JSON.stringify(zone);
}
