import { type Facts, isList, type ResourceView } from '../../src/remediation.js';

/** Why the subnets a function names lie in one zone, as far as the templates show it. */
export function singleZone(view: ResourceView, facts: Facts): string | undefined {
  const lists = view.read('VpcConfig', 'SubnetIds').map(({ outcome }) => outcome);
  const isOne = lists.some(
    (outcome) => outcome.kind === 'value' && isList(outcome.value) && outcome.value.length === 1,
  );
  if (isOne) return 'it runs in one subnet, so in one zone';
  const written = view.expression('VpcConfig', 'SubnetIds');
  if (!isList(written) || written.length < 2) return undefined;
  const zones = written.map((_, index) => zoneOf(view, String(index), facts));
  const isSame = zones.every((zone) => zone !== undefined && zone === zones[0]);
  return isSame ? `its ${zones.length} subnets lie in the same zone` : undefined;
}

/** The zone of a subnet of the templates, as written; `undefined` for another subnet, or one that leaves it to EC2. */
function zoneOf(view: ResourceView, index: string, facts: Facts): string | undefined {
  const [branch] = view.read('VpcConfig', 'SubnetIds', index);
  if (branch?.outcome.kind !== 'resource') return undefined;
  const { stack, logicalId } = branch.outcome;
  const zone = facts.resource(stack, logicalId)?.expression('AvailabilityZone');
  return zone === undefined ? undefined : JSON.stringify([stack.template.path, zone]);
}
