import { isList, isMap, type Value, type ValueMap } from '../../src/remediation.js';

export function restriction(audience: 'allow-list' | 'deny-list', countries: readonly string[]): ValueMap {
  return {
    GeoRestriction: {
      RestrictionType: audience === 'allow-list' ? 'whitelist' : 'blacklist',
      Locations: [...countries],
    },
  };
}

/** The order of the countries means nothing. */
export function isSameRestriction(left: Value, right: Value): boolean {
  const [one, other] = [partsOf(left), partsOf(right)];
  return one !== undefined && one === other;
}

function partsOf(value: Value): string | undefined {
  const geo = isMap(value) ? value.GeoRestriction : undefined;
  if (!isMap(geo) || !isList(geo.Locations)) return undefined;
  return JSON.stringify([geo.RestrictionType ?? null, [...new Set(geo.Locations.map(String))].sort()]);
}
