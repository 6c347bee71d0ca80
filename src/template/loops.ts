import { isList, isMap, type Path, type Value, type ValueMap } from '../document/value.js';
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

/** What the loops of a section may make, some times what CloudFormation takes as a template. */
const mostCharacters = 4_000_000;
/** What a value takes beside its text: quotes, colon, indentation. */
const charactersPerValue = 10;

export function isLoop(key: string): boolean {
  return key.startsWith('Fn::ForEach::');
}

/** A section with its loops expanded, in the order of the text. */
export function expandSection(section: ValueMap, path: Path, defaults: Defaults): Expansion {
  const open: { name: string; because: string }[] = [];
  const budget = { characters: mostCharacters };
  const entries = expandMap(section, path, { defaults, names: new Map(), open, budget });
  return { entries, open };
}

interface Scope {
  readonly defaults: Defaults;
  /** The text each identifier stands for, outermost first. */
  readonly names: ReadonlyMap<string, string>;
  readonly open: { name: string; because: string }[];
  /** What the loops of the section may still make. */
  readonly budget: { characters: number };
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
  // Loops inside are counted with the outermost one: what they make multiplies.
  if (scope.names.size === 0) {
    const longest = items.reduce((most, { length }) => Math.max(most, length), 0);
    const made = items.length * charactersMadeFrom(body, longest, scope.defaults);
    if (made > scope.budget.characters) return refuse('it makes more than fits into a template');
    scope.budget.characters -= made;
  }
  return items.flatMap((item) =>
    expandMap(body, [...path, key, '2'], { ...scope, names: new Map([...scope.names, [identifier, item]]) }),
  );
}

/**
 * At most how many characters one pass makes, with all passes of the loops inside.
 * @param longest length of the longest text that may stand for an identifier
 */
function charactersMadeFrom(value: Value, longest: number, defaults: Defaults): number {
  if (typeof value === 'string') return charactersPerValue + filledLength(value, longest);
  if (isList(value)) {
    return value.reduce<number>(
      (sum, item) => sum + charactersMadeFrom(item, longest, defaults),
      charactersPerValue,
    );
  }
  if (!isMap(value)) return charactersPerValue;
  return Object.entries(value).reduce((sum, [key, child]) => {
    if (!isLoop(key)) {
      return sum + charactersMadeFrom(key, longest, defaults) + charactersMadeFrom(child, longest, defaults);
    }
    const [, collection, body = null] = isList(child) ? child : [];
    const items = listOf(collection, defaults) ?? [];
    // An item may hold identifiers of the loops outside, and be the default of a parameter.
    const lengths = items.map((item) => {
      const text = isReference(item) ? defaults(item.Ref) : item;
      return typeof text === 'string' ? filledLength(text, longest) : 0;
    });
    return (
      sum +
      items.length *
        charactersMadeFrom(
          body,
          lengths.reduce((most, length) => Math.max(most, length), longest),
          defaults,
        )
    );
  }, charactersPerValue);
}

/** At most how long a text is with its identifiers filled in. */
function filledLength(text: string, longest: number): number {
  return text.length + (text.split('{').length - 1) * longest;
}

/** A list written out, or the default of a list parameter. */
function listOf(collection: Value | undefined, defaults: Defaults): readonly Value[] | undefined {
  const value = isReference(collection) ? defaults(collection.Ref) : collection;
  if (typeof value === 'string') return value.split(',').map((item) => item.trim());
  return isList(value) ? value : undefined;
}

function itemsOf(collection: Value | undefined, scope: Scope): readonly string[] | undefined {
  const list = listOf(collection, scope.defaults);
  if (list === undefined) return undefined;
  const items = list.map((item) => {
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
