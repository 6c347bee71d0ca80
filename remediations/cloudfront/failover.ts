import {
  isList,
  isMap,
  type ResourceView,
  type Value,
  type ValueMap,
  type Want,
} from '../../src/remediation.js';

export interface SecondOrigin {
  readonly domainName: string;
}

const configuration = ['Properties', 'DistributionConfig'];
const ids = { origin: 'failover', group: 'failover-group' } as const;

/** A distribution's parts as far as they are written out. */
export interface Distribution {
  readonly origins: readonly ValueMap[];
  /** The default behaviour first, each with its path from the distribution's configuration. */
  readonly behaviours: readonly { readonly path: readonly string[]; readonly value: ValueMap }[];
  readonly groupIds: readonly string[];
}

/** `undefined` where origins or behaviours stand behind a function. */
export function readDistribution(view: ResourceView): Distribution | undefined {
  const origins = view.expression('DistributionConfig', 'Origins');
  const usual = view.expression('DistributionConfig', 'DefaultCacheBehavior');
  const others = view.expression('DistributionConfig', 'CacheBehaviors') ?? [];
  const groups = view.expression('DistributionConfig', 'OriginGroups', 'Items') ?? [];
  if (!isList(origins) || !isMap(usual) || !isList(others) || !isList(groups)) return undefined;
  const listed = others.flatMap((value, index) =>
    isMap(value) ? [{ path: ['CacheBehaviors', String(index)], value }] : [],
  );
  return {
    origins: origins.filter((origin): origin is ValueMap => isMap(origin)),
    behaviours: [{ path: ['DefaultCacheBehavior'], value: usual }, ...listed],
    groupIds: groups.flatMap((group) => (isMap(group) && typeof group.Id === 'string' ? [group.Id] : [])),
  };
}

/** Origin groups answer reads only. */
export function isReadOnly(behaviour: ValueMap): boolean | undefined {
  const methods = behaviour.AllowedMethods ?? ['GET', 'HEAD'];
  if (!isList(methods) || !methods.every((method) => typeof method === 'string')) return undefined;
  return methods.every((method) => ['GET', 'HEAD', 'OPTIONS'].includes(String(method)));
}

/** A second origin like the first one, a group of both, and the behaviours that can use it. */
export function failoverWants(
  { origins, behaviours }: Distribution,
  primary: ValueMap,
  { domainName }: SecondOrigin,
  statusCodes: readonly number[],
): readonly Want[] {
  const second: Value = { ...primary, Id: ids.origin, DomainName: domainName };
  const group = {
    Id: ids.group,
    FailoverCriteria: { StatusCodes: { Quantity: statusCodes.length, Items: [...statusCodes] } },
    Members: { Quantity: 2, Items: [{ OriginId: primary.Id ?? '' }, { OriginId: ids.origin }] },
  };
  const using = behaviours.filter(
    ({ value }) => value.TargetOriginId === primary.Id && isReadOnly(value) === true,
  );
  return [
    { path: [...configuration, 'Origins'], value: [...origins, second] },
    { path: [...configuration, 'OriginGroups'], value: { Quantity: 1, Items: [group] } },
    ...using.map(({ path }) => ({ path: [...configuration, ...path, 'TargetOriginId'], value: ids.group })),
  ];
}
