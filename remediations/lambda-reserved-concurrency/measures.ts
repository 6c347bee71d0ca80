import type { Facts, Measure, ResourceView } from '../../src/remediation.js';
import { availableFor, reservedBy } from './budget.js';
import { membersOf } from './members.js';

/** What every set of functions that can be deployed together reserves, beside what there is. */
export function budgetMeasures(views: readonly ResourceView[], facts: Facts): readonly Measure[] {
  if (views.length === 0) return [];
  const sets = facts.coexisting(views);
  const sums = reservedBy(sets, membersOf(views, facts));
  const labels = labelsOf(sets, views);
  const { concurrencyLimit, concurrencyLimitIsKnown } = facts.settings;
  const limit = `${concurrencyLimitIsKnown ? 'limit' : 'assumed limit'} ${concurrencyLimit} of the account, less what stays unreserved and what others reserve`;
  return [
    {
      title: 'Reserved concurrency of what can be deployed together',
      unit: 'executions',
      limit: { amount: availableFor(facts), what: limit },
      amounts: sets.map((set, index) => ({
        label: labels[index] ?? '',
        amount: sums[index] ?? 0,
        detail: `${set.length} ${set.length === 1 ? 'function' : 'functions'}`,
      })),
    },
  ];
}

/** A combination is called by what it has and others have not: whole templates where that says it, functions otherwise. */
function labelsOf(sets: readonly (readonly number[])[], views: readonly ResourceView[]): readonly string[] {
  const isEverywhere = (member: number) => sets.every((set) => set.includes(member));
  const ofTemplate = new Map<string, number[]>();
  for (const [index, { stack }] of views.entries()) {
    const { path } = stack.template;
    ofTemplate.set(path, [...(ofTemplate.get(path) ?? []), index]);
  }
  const names = sets.map((set) => {
    const present = new Set(set);
    const own = set.filter((member) => !isEverywhere(member));
    const whole = [...ofTemplate].filter(
      ([, members]) =>
        members.every((each) => present.has(each)) && members.some((each) => own.includes(each)),
    );
    const covered = new Set(whole.flatMap(([, members]) => members));
    const single = own.filter((each) => !covered.has(each)).map((each) => views[each]?.logicalId ?? '');
    const parts = [...whole.map(([path]) => path), ...single.slice(0, mostNamed)];
    if (single.length > mostNamed) parts.push(`${single.length - mostNamed} more`);
    return parts.length === 0 ? 'all functions' : `with ${parts.join(', ')}`;
  });
  // Two sets may differ in what is not named any more.
  return names.map((name, index) => {
    const earlier = names.slice(0, index).filter((each) => each === name).length;
    return earlier === 0 ? name : `${name} (${earlier + 1})`;
  });
}

const mostNamed = 3;
