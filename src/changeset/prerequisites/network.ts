import { isList, isMap, type Value } from '../../document/value.js';
import { attempt, type Check, failed, type Prospect, passed } from './check.js';

/** Subnets that changed functions are put in: they exist, and lie in more than one zone. */
export async function subnetChecks({ tree, asked, physical, aws }: Prospect): Promise<readonly Check[]> {
  const groups = new Map<string, readonly string[]>();
  for (const stack of tree.stacks) {
    for (const [logicalId, { properties }] of stack.template.resources) {
      if (!asked.get(stack.template.path)?.resources.has(logicalId)) continue;
      for (const written of subnetLists(properties.VpcConfig)) {
        const ids = written.flatMap((each) => physical.text(each, stack)?.split(',') ?? []).filter(Boolean);
        if (ids.length > 0) groups.set([...ids].sort().join(','), ids);
      }
    }
  }
  const checks: Check[] = [];
  for (const ids of groups.values()) {
    const what = `subnets ${ids.join(', ')}`;
    checks.push(
      ...(await attempt(what, async () => {
        const zones = await aws.account.subnetZones(ids);
        const missing = ids.filter((id) => !zones.has(id));
        if (missing.length > 0)
          return [failed(what, `there is no ${missing.join(', ')} in this account and region`)];
        const distinct = [...new Set(zones.values())].sort();
        return distinct.length > 1
          ? [passed(what, `they lie in ${distinct.join(', ')}`)]
          : [failed(what, `they lie in one zone, ${distinct.join('')}`, 'name subnets in two zones')];
      })),
    );
  }
  return checks;
}

/** The subnets a `VpcConfig` names, in each branch of a choice. */
function subnetLists(config: Value | undefined): readonly (readonly Value[])[] {
  if (!isMap(config)) return [];
  const choice = config['Fn::If'];
  if (isList(choice)) return choice.slice(1).flatMap(subnetLists);
  const { SubnetIds: subnets } = config;
  if (subnets === undefined) return [];
  return [isList(subnets) ? subnets : [subnets]];
}
