import { isList, isMap } from '../../template/value.js';
import { attempt, type Check, failed, type Prospect, passed } from './check.js';

/** Subnets that changed functions are put in: they exist, and lie in more than one zone. */
export async function subnetChecks({ tree, asked, physical, aws }: Prospect): Promise<readonly Check[]> {
  const groups = new Map<string, readonly string[]>();
  for (const stack of tree.stacks) {
    for (const [logicalId, { properties }] of stack.template.resources) {
      if (!asked.get(stack.template.path)?.resources.has(logicalId)) continue;
      const config = isMap(properties.VpcConfig) ? properties.VpcConfig.SubnetIds : undefined;
      const written = isList(config) ? config : config === undefined ? [] : [config];
      const ids = written.flatMap((each) => physical.text(each, stack)?.split(',') ?? []);
      if (ids.length > 0) groups.set([...ids].sort().join(','), ids);
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
