import type { SpecDatabase } from '@aws-cdk/service-spec-types';

interface NamespaceMetrics {
  /** Names of dimensions that metrics are published by, each set once. */
  readonly dimensions: readonly (readonly string[])[];
  /** By metric, which of them; as indices. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
}

/** The metrics AWS publishes, by namespace. A dimension whose values the schemas list is one dimension all the same. */
export function metrics(database: SpecDatabase): Record<string, NamespaceMetrics> {
  const sets = new Map<string, Map<string, Set<string>>>();
  for (const metric of database.all('metric')) {
    const known = sets.get(metric.namespace) ?? new Map<string, Set<string>>();
    sets.set(metric.namespace, known);
    const found = database
      .follow('usesDimensionSet', metric)
      .map(({ entity: { dimensions } }) => [...new Set(dimensions.map(({ name }) => name))].sort().join(' '));
    known.set(metric.name, new Set([...(known.get(metric.name) ?? []), ...found]));
  }
  return Object.fromEntries([...sets].map(([namespace, known]) => [namespace, tableOf(known)]));
}

function tableOf(known: ReadonlyMap<string, ReadonlySet<string>>): NamespaceMetrics {
  const names = [...new Set([...known.values()].flatMap((each) => [...each]))].sort();
  const sorted = [...known].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    dimensions: names.map((set) => (set === '' ? [] : set.split(' '))),
    metrics: Object.fromEntries(
      sorted.map(([metric, own]) => [
        metric,
        [...own].map((set) => names.indexOf(set)).sort((a, b) => a - b),
      ]),
    ),
  };
}
