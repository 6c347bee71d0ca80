import { isList, isMap, type Value } from '../document/value.js';
import { substitutionParts } from './mentions.js';

const inside = new WeakMap<object, readonly string[]>();

/**
 * The names a value refers to through `Ref`, `Fn::GetAtt` and `Fn::Sub`: logical ids and parameters, each once, in
 * the order of the text. Pseudo parameters and the variables a `Fn::Sub` brings along are left out.
 */
export function referencesIn(value: Value | undefined): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const known = inside.get(value);
  if (known !== undefined) return known;
  const found = isMap(value) ? (named(value) ?? below(Object.values(value))) : below(value);
  inside.set(value, found);
  return found;
}

function below(values: readonly Value[]): readonly string[] {
  const found = values.map(referencesIn).filter((names) => names.length > 0);
  return found.length <= 1 ? (found[0] ?? []) : [...new Set(found.flat())];
}

/** What an intrinsic names; `undefined` for a map that is none of the three. */
function named(value: Readonly<Record<string, Value>>): readonly string[] | undefined {
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Sub': substitution } = value;
  if (typeof ref === 'string') return isPseudo(ref) ? [] : [owner(ref)];
  if (typeof attribute === 'string') return [owner(attribute)];
  if (isList(attribute)) {
    const [first, ...rest] = attribute;
    const names = typeof first === 'string' ? [owner(first)] : [];
    return [...new Set([...names, ...below(rest)])];
  }
  if (substitution === undefined) return undefined;
  const [text, variables] = isList(substitution) ? substitution : [substitution];
  const own = isMap(variables) ? variables : {};
  const parts = typeof text === 'string' ? substitutionParts(text) : [];
  const names = parts.flatMap((part) =>
    'name' in part && !Object.hasOwn(own, part.name) ? [part.name] : [],
  );
  const ids = names.filter((name) => !isPseudo(name)).map(owner);
  return [...new Set([...ids, ...below(Object.values(own))])];
}

function isPseudo(name: string): boolean {
  return name.startsWith('AWS::');
}

/** `Function.Alias` and `Api.Stage` are how SAM names what it makes for a resource. */
function owner(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}
