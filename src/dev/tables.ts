import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, Resource, SpecDatabase } from '@aws-cdk/service-spec-types';

/** A table by the name of its file in `src/data/`: what it says of each type, by type. */
const tables: Readonly<Record<string, (database: SpecDatabase) => Readonly<Record<string, unknown>>>> = {
  'allowed-values': allowedValues,
  metrics,
  replacements,
  'stateful-types': statefulTypes,
  'tag-forms': tagForms,
};

/** The text of every table, by its path in the project. */
export function extractTables(): ReadonlyMap<string, string> {
  const database = loadAwsServiceSpecSync();
  return new Map(
    Object.entries(tables).map(([name, extract]) => [`src/data/${name}.json`, print(extract(database))]),
  );
}

/** An entry a line, in code-unit order, so that a new version of the schemas reads as a diff. */
function print(table: Readonly<Record<string, unknown>>): string {
  const lines = Object.keys(table)
    .sort()
    .map((key) => ` ${JSON.stringify(key)}: ${JSON.stringify(table[key])}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * The types of the registry. What the package says of SAM's types is left out: it has nearly every property of a
 * function replace it, so they are mapped to the types they become (`src/data/updates.ts`).
 */
function registryTypes(database: SpecDatabase): readonly Resource[] {
  return [...database.all('resource')].filter(
    ({ cloudFormationType }) => !cloudFormationType.startsWith('AWS::Serverless::'),
  );
}

/** Types whose resources hold what cannot be made again. */
function statefulTypes(database: SpecDatabase): Record<string, true> {
  return Object.fromEntries(
    registryTypes(database)
      .filter(({ isStateful }) => isStateful === true)
      .map(({ cloudFormationType }) => [cloudFormationType, true as const]),
  );
}

/** Properties a remediation chooses a value for; the schemas list far more. */
const wanted = ['AWS::Logs::LogGroup.RetentionInDays'];

/** The values a property takes, by `type.property`. */
function allowedValues(database: SpecDatabase): Record<string, readonly unknown[]> {
  return Object.fromEntries(
    wanted.map((name) => {
      const [typeName = '', property = ''] = name.split('.');
      const resource = database.lookup('resource', 'cloudFormationType', 'equals', typeName).only();
      const type = resource.properties[property]?.type;
      const values = type !== undefined && 'allowedValues' in type ? type.allowedValues : undefined;
      if (values === undefined) throw new Error(`the schemas no longer list the values of ${name}`);
      return [name, values];
    }),
  );
}

interface NamespaceMetrics {
  /** Names of dimensions that metrics are published by, each set once. */
  readonly dimensions: readonly (readonly string[])[];
  /** By metric, which of them; as indices. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
}

/** The metrics AWS publishes, by namespace. A dimension whose values the schemas list is one dimension all the same. */
function metrics(database: SpecDatabase): Record<string, NamespaceMetrics> {
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

interface Replacements {
  readonly replace?: readonly string[];
  readonly mayReplace?: readonly string[];
}

/**
 * Properties whose change makes CloudFormation replace a resource, always or in some cases, by type; a property inside
 * another one as a path with dots, and left out where the outer one says the same already.
 */
function replacements(database: SpecDatabase): Record<string, Replacements> {
  const table: Record<string, Replacements> = {};
  for (const { cloudFormationType, properties } of registryTypes(database)) {
    const changes = new Map(changesIn(properties, { database, path: [], seen: new Set(), outer: 'no' }));
    const pathsOf = (wanted: Change) =>
      [...changes].flatMap(([path, is]) => (is === wanted ? [path] : [])).sort();
    const [replace, mayReplace] = [pathsOf('yes'), pathsOf('maybe')];
    if (replace.length + mayReplace.length === 0) continue;
    table[cloudFormationType] = {
      ...(replace.length > 0 && { replace }),
      ...(mayReplace.length > 0 && { mayReplace }),
    };
  }
  return table;
}

type Change = NonNullable<Property['causesReplacement']>;

interface Place {
  readonly database: SpecDatabase;
  readonly path: readonly string[];
  /** Types on the way here; some contain themselves. */
  readonly seen: ReadonlySet<string>;
  /** What the property around this one says. */
  readonly outer: Change;
}

function* changesIn(
  properties: Readonly<Record<string, Property>>,
  place: Place,
): Generator<[string, Change]> {
  for (const [name, { type, causesReplacement: change = 'no' }] of Object.entries(properties)) {
    const path = [...place.path, name];
    if (change !== 'no' && change !== place.outer) yield [path.join('.'), change];
    const outer = change === 'no' ? place.outer : change;
    if (outer !== 'yes') yield* changesBelow(type, { ...place, path, outer });
  }
}

function* changesBelow(type: PropertyType, place: Place): Generator<[string, Change]> {
  if (type.type === 'array' || type.type === 'map') yield* changesBelow(type.element, place);
  if (type.type === 'union') for (const each of type.types) yield* changesBelow(each, place);
  if (type.type !== 'ref' || place.seen.has(type.reference.$ref)) return;
  const { $ref: id } = type.reference;
  const { properties } = place.database.get('typeDefinition', id);
  yield* changesIn(properties, { ...place, seen: new Set([...place.seen, id]) });
}

/** `property` and `form`, by type; what cannot be tagged is left out. */
function tagForms(database: SpecDatabase): Record<string, readonly [property: string, form: string]> {
  return Object.fromEntries(
    registryTypes(database).flatMap((resource) => {
      const found = formOf(resource);
      return found === undefined ? [] : [[resource.cloudFormationType, found]];
    }),
  );
}

const forms = { standard: 'list', map: 'map', asg: 'propagated-list' } as const;

/** By what the schema says of tagging, else by a property that is typed as tags without the schema saying so. */
function formOf({
  tagInformation,
  properties,
}: Resource): readonly [property: string, form: string] | undefined {
  if (tagInformation !== undefined) {
    const { tagPropertyName: property, variant } = tagInformation;
    return [property, forms[variant]];
  }
  const { Tags: tags, TagSpecifications: specifications } = properties;
  if (specifications !== undefined) return ['TagSpecifications', 'specifications'];
  const form = tags?.type.type === 'array' ? 'list' : 'map';
  return tags === undefined ? undefined : ['Tags', form];
}

export const registryPath = 'remediations/index.ts';

/** The list of all remediations. A folder is one when it has cases; its name is the id. */
export function registry(paths: readonly string[]): string {
  const ids = paths.flatMap((path) => /^([^/]+)\/cases\.md$/.exec(path)?.[1] ?? []).sort();
  return [
    '// Written by npm run generate from the folders beside it.',
    "import { documented } from '../src/contract/links.js';",
    "import type { Remediation } from '../src/remediation.js';",
    ...ids.map((id) => `import { ${exportName(id)} } from './${id}/index.js';`),
    '',
    'const all = [',
    ...ids.map((id) => `  ${exportName(id)},`),
    '  // Each has a target of its own type, which the policy has validated by its schema.\n] as readonly unknown[] as readonly Remediation[];',
    '',
    'export const remediations: readonly Remediation[] = all.map(documented);',
    '',
  ].join('\n');
}

/** `multi-word-id` is exported as `multiWordId`. */
export function exportName(id: string): string {
  return id.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
