import type { Property, PropertyType, SpecDatabase } from '@aws-cdk/service-spec-types';
import { registryTypes } from './registry-types.js';

interface Replacements {
  readonly replace?: readonly string[];
  readonly mayReplace?: readonly string[];
}

/**
 * Properties whose change makes CloudFormation replace a resource, always or in some cases, by type; a property inside
 * another one as a path with dots, and left out where the outer one says the same already.
 */
export function replacements(database: SpecDatabase): Record<string, Replacements> {
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
