import type { Path } from '../document/pointer.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';

/**
 * `Fn::ForEach`, as the transform `AWS::LanguageExtensions` expands it: once for each item of a collection, with
 * `${Identifier}` (`&{Identifier}` without what is no letter or digit) in keys and texts, and `Ref: Identifier`.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
 */
export const loopTransform = 'AWS::LanguageExtensions';

/** Where what a loop makes is written. */
export interface Origin {
  /** From the root of the template to what each pass makes one of: `['Resources', 'Fn::ForEach::Topics', '2', 'Topic${Name}']`. */
  readonly path: Path;
  /** The texts that stand for the identifiers in this pass. */
  readonly texts: readonly string[];
}

/** A part of the template under the name it has after the transform. */
export interface Expanded {
  readonly name: string;
  readonly value: Value;
  /** `undefined` where it is written out. */
  readonly origin: Origin | undefined;
}

export interface Expansion {
  readonly entries: readonly Expanded[];
  /** Loops whose passes are not known, with the reason. */
  readonly open: readonly { readonly name: string; readonly because: string }[];
}

/** The defaults of parameters, by name: what a collection is made of. */
export type Defaults = (name: string) => Value | undefined;

/** More than fit into any template. */
const mostPasses = 2000;

export function isLoop(key: string): boolean {
  return key.startsWith('Fn::ForEach::');
}

/** A section with its loops expanded, in the order of the text. */
export function expandSection(section: ValueMap, path: Path, defaults: Defaults): Expansion {
  const open: { name: string; because: string }[] = [];
  const entries = expandMap(section, path, { defaults, names: new Map(), open });
  return { entries, open };
}

interface Scope {
  readonly defaults: Defaults;
  /** The text each identifier stands for, outermost first. */
  readonly names: ReadonlyMap<string, string>;
  readonly open: { name: string; because: string }[];
}

function expandMap(map: ValueMap, path: Path, scope: Scope): readonly Expanded[] {
  const texts = [...scope.names.values()];
  return Object.entries(map).flatMap(([key, value]): readonly Expanded[] => {
    if (isLoop(key)) return expandLoop(key, value, path, scope);
    const origin = texts.length === 0 ? undefined : { path: [...path, key], texts };
    return [{ name: filled(key, scope.names), value: expandValue(value, [...path, key], scope), origin }];
  });
}

function expandLoop(key: string, loop: Value, path: Path, scope: Scope): readonly Expanded[] {
  const [identifier, collection, body] = isList(loop) ? loop : [];
  const refuse = (because: string): readonly Expanded[] => {
    scope.open.push({ name: filled(key, scope.names), because });
    return [];
  };
  if (typeof identifier !== 'string' || !isMap(body))
    return refuse('it is not written as CloudFormation takes it');
  const items = itemsOf(collection, scope);
  if (items === undefined) return refuse('what it goes through is only known when the stack is deployed');
  if (items.length > mostPasses) return refuse(`it makes more than ${mostPasses} passes`);
  return items.flatMap((item) =>
    expandMap(body, [...path, key, '2'], { ...scope, names: new Map([...scope.names, [identifier, item]]) }),
  );
}

/** A list written out, or the default of a list parameter. */
function itemsOf(collection: Value | undefined, scope: Scope): readonly string[] | undefined {
  const value = isReference(collection) ? scope.defaults(collection.Ref) : collection;
  if (typeof value === 'string') return value.split(',').map((item) => item.trim());
  if (!isList(value)) return undefined;
  const items = value.map((item) => {
    const said = isReference(item) ? (scope.names.get(item.Ref) ?? scope.defaults(item.Ref)) : item;
    return isMap(said) || isList(said) || said === null || said === undefined
      ? undefined
      : filled(String(said), scope.names);
  });
  const known = items.filter((item) => item !== undefined);
  return known.length === items.length ? known : undefined;
}

function isReference(value: Value | undefined): value is { readonly Ref: string } {
  return isMap(value) && Object.keys(value).length === 1 && typeof value.Ref === 'string';
}

/** A value of one pass; loops inside it add their keys to the map they stand in. */
function expandValue(value: Value, path: Path, scope: Scope): Value {
  if (typeof value === 'string') return filled(value, scope.names);
  if (isList(value)) {
    const items = value.map((item, index) => expandValue(item, [...path, String(index)], scope));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isMap(value)) return value;
  const text = isReference(value) ? scope.names.get(value.Ref) : undefined;
  if (text !== undefined) return text;
  const entries = expandMap(value, path, scope);
  const keys = Object.keys(value);
  const isSame =
    entries.length === keys.length &&
    entries.every((entry, index) => entry.name === keys[index] && entry.value === value[entry.name]);
  // What is as written stays the same value, so that nothing is looked at twice.
  return isSame ? value : Object.fromEntries(entries.map((entry) => [entry.name, entry.value]));
}

function filled(text: string, names: ReadonlyMap<string, string>): string {
  let found = text;
  for (const [identifier, item] of names) {
    found = found
      .replaceAll(`\${${identifier}}`, item)
      .replaceAll(`&{${identifier}}`, item.replaceAll(/[^A-Za-z0-9]/g, ''));
  }
  return found;
}
