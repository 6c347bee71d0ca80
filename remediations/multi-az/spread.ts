import {
  type Facts,
  fixable,
  isList,
  type Need,
  numberOf,
  type ResourceView,
  scalarText,
  type Value,
  type Verdict,
  type Want,
} from '../../src/remediation.js';
import { alwaysSays, itemsAt, resourceAt } from '../kit/values.js';

/** Judges one type of resource. */
export type Judge = (view: ResourceView, facts: Facts) => Verdict;

export interface Spread {
  readonly wants?: readonly Want[];
  readonly needs?: readonly Need[];
  /** Why a person has to look, beside the cost. */
  readonly consent: string;
  readonly update?: 'none' | 'some-interruption';
  /** What is paid twice, for the formula: `1 more db.t4g.medium`. */
  readonly second: string;
  readonly leaves?: readonly string[];
}

/** A fix that lets something run in a second zone. It costs, so it takes consent. */
export function spread(
  because: string,
  { wants = [], needs = [], consent, update, second, leaves = [] }: Spread,
): Verdict {
  return fixable(because, {
    wants,
    needs,
    risk: 'review',
    riskBecause: consent,
    ...(update !== undefined && { update }),
    cost: {
      monthlyUsd: null,
      formula: `${second} x 730 hours x its price, and transfer between zones`,
    },
    prerequisites: [
      {
        what: 'its subnets lie in two zones at least',
        check: 'aws ec2 describe-subnets --subnet-ids IDS --query Subnets[].AvailabilityZone',
      },
    ],
    leaves,
  });
}

/** A number that has to be reached in every branch; nothing where it is. */
export function atLeast(
  view: ResourceView,
  path: readonly string[],
  number: number,
  value: Value = number,
): readonly Want[] {
  const isMet = view.read(...path).every(({ outcome }) => (numberOf(outcome) ?? 0) >= number);
  if (isMet) return [];
  return [{ path: ['Properties', ...path], value, accepts: (outcome) => (numberOf(outcome) ?? 0) >= number }];
}

export function switchedOn(view: ResourceView, path: readonly string[]): readonly Want[] {
  if (isOn(view, path)) return [];
  return [
    { path: ['Properties', ...path], value: true, accepts: (outcome) => scalarText(outcome) === 'true' },
  ];
}

export function isOn(view: ResourceView, path: readonly string[]): boolean {
  return alwaysSays('true', view, ...path);
}

/** A value that nobody knows here keeps a resource from being judged. */
export function openAt(view: ResourceView, ...path: readonly string[]): string | undefined {
  const open = view
    .read(...path)
    .find(({ outcome }) => outcome.kind === 'unknown' || outcome.kind === 'resource');
  return open === undefined ? undefined : `what its ${path.join('.')} comes to is not known`;
}

/** In how many zones the subnets of a list lie, as far as the templates say. */
export type Zones = 'one' | 'several' | 'unknown';

/** Several subnets are taken to lie in several zones, unless the templates say otherwise; services insist on it mostly. */
export function zonesOf(view: ResourceView, path: readonly string[], facts: Facts): Zones {
  const counts = view.read(...path).flatMap(({ outcome }) => {
    // A branch without any is another matter: outside a network services span the zones.
    if (outcome.kind === 'absent') return [];
    if (outcome.kind !== 'value') return [undefined];
    if (isList(outcome.value)) return [outcome.value.length];
    return [typeof outcome.value === 'string' ? outcome.value.split(',').length : undefined];
  });
  if (counts.some((count) => count === undefined)) return 'unknown';
  if (counts.some((count) => (count ?? 0) < 2)) return 'one';
  const zones = itemsAt(view, ...path).map((item) => {
    const zone = resourceAt(facts, view, ...item)?.expression('AvailabilityZone');
    return zone === undefined ? undefined : JSON.stringify(zone);
  });
  const isSame = zones.length > 1 && zones.every((zone) => zone !== undefined && zone === zones[0]);
  return isSame ? 'one' : 'several';
}
