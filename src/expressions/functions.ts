import { intrinsicName } from '../document/intrinsics.js';
import { isEqual, isMap, type Value, type ValueMap } from '../document/value.js';
import { textOf } from '../template/consumers.js';
import type { Variable } from './formula.js';
import {
  type Around,
  absent,
  glued,
  identityOf,
  isGiven,
  itemsIn,
  known,
  mayBeAbsent,
  reasonFor,
  type SymbolicValue,
  type TextValue,
  unknownValue,
  variablesIn,
  withVariable,
} from './symbolic.js';

/** A call whose arguments are evaluated. */
export interface Call {
  readonly name: string;
  readonly arguments: readonly SymbolicValue[];
  /** How each argument is written in a text for a person. */
  readonly placeholders: readonly string[];
  /** The template whose mappings are meant. */
  readonly scope: string;
  readonly mappings: ValueMap;
}

type Intrinsic = (call: Call) => SymbolicValue;

/**
 * What each function makes of its arguments; no other code knows. `Fn::If` and the conditions decide what is evaluated
 * at all and stand with that.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
const intrinsics: Readonly<Record<string, Intrinsic>> = {
  'Fn::Sub': substitute,
  'Fn::Join': join,
  'Fn::Split': split,
  'Fn::Select': select,
  'Fn::FindInMap': findInMap,
  'Fn::Length': length,
  'Fn::ToJsonString': toJsonString,
  'Fn::Base64': base64,
};

/** What a call comes to; a call with one variable among its arguments is a function of that variable. */
export function callIntrinsic(call: Call): SymbolicValue {
  const intrinsic = Object.hasOwn(intrinsics, call.name) ? intrinsics[call.name] : undefined;
  if (intrinsic === undefined) return unknownValue(`${call.name} is worked out by CloudFormation`);
  const result = intrinsic(call);
  const [variable, ...more] = variablesIn(call.arguments);
  const isOpen = result.kind === 'text' || result.kind === 'unknown' || result.kind === 'list';
  return variable === undefined || more.length > 0 || !isOpen
    ? result
    : lifted(call, variable, intrinsic, result);
}

function lifted(call: Call, variable: Variable, intrinsic: Intrinsic, result: SymbolicValue): SymbolicValue {
  const holes = result.kind === 'text' ? result.pieces.filter((piece) => typeof piece !== 'string') : [];
  if (holes.some(({ value }) => value.kind !== 'variable')) return result;
  const [only, ...others] = holes.map(({ value }) => value);
  const single = only?.kind === 'variable' && others.length === 0 ? only : undefined;
  return {
    kind: 'variable',
    variable,
    id: `${call.name}(${[call.scope, ...call.arguments.map(identityOf)].join()})`,
    of: (text) =>
      intrinsic({ ...call, arguments: call.arguments.map((each) => withVariable(each, variable.id, text)) }),
    texts: [...call.arguments.flatMap(textsThatMatter), ...decisiveTexts(call)],
    around: result.kind === 'text' && single?.around ? aroundBoth(result, single.around) : undefined,
    empty: isGiven(result) ? 'never' : (single?.empty ?? emptyAsItsList(call)),
  };
}

function textsThatMatter(value: SymbolicValue): readonly string[] {
  if (value.kind === 'list') return value.items.flatMap(textsThatMatter);
  return value.kind === 'variable' ? value.texts : [];
}

function aroundBoth({ pieces }: TextValue, { before, after }: Around): Around {
  const at = pieces.findIndex((piece) => typeof piece !== 'string');
  const textAt = (index: number) =>
    pieces
      .filter((piece, place) => typeof piece === 'string' && (index < 0 ? place < at : place > at))
      .join('');
  return { before: textAt(-1) + before, after: after + textAt(1) };
}

/** A list that is joined is empty when the list is. */
function emptyAsItsList({ name, arguments: [, list] }: Call): 'same' | undefined {
  return name === 'Fn::Join' && list?.kind === 'variable' && list.empty === 'same' ? 'same' : undefined;
}

/** The keys and positions a variable can choose by. */
function decisiveTexts({ name, arguments: values, mappings }: Call): readonly string[] {
  if (name === 'Fn::Select') return (itemsIn(values[1]) ?? []).map((_, index) => String(index));
  if (name !== 'Fn::FindInMap' || values[0]?.kind !== 'value') return [];
  const table = mappings[textOf(values[0].value)];
  if (!isMap(table)) return [];
  return values[1]?.kind === 'variable'
    ? Object.keys(table)
    : Object.values(table).flatMap((row) => (isMap(row) ? Object.keys(row) : []));
}

function substitute({ arguments: parts, placeholders }: Call): SymbolicValue {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) return only;
  return glued(
    parts.map((value, index) => ({ value, placeholder: placeholders[index] ?? '${…}' })),
    '',
  );
}

function join({ arguments: [delimiter, list] }: Call): SymbolicValue {
  if (delimiter?.kind !== 'value' || typeof delimiter.value === 'object')
    return unknownValue('Fn::Join has no delimiter');
  const items = itemsIn(list);
  if (items === undefined) return listMissing(list, 'Fn::Join has no list');
  // A list among the items, such as a list parameter, is joined as if its items were written there.
  const each = items.flatMap((item) => itemsIn(item) ?? [item]).filter(({ kind }) => kind !== 'absent');
  return glued(
    each.map((value) => ({ value, placeholder: '${…}' })),
    String(delimiter.value),
  );
}

function listMissing(list: SymbolicValue | undefined, because: string): SymbolicValue {
  if (list === undefined || list.kind === 'value' || list.kind === 'variable') return unknownValue(because);
  return list.kind === 'unknown' ? withoutText(list) : list;
}

function split({ arguments: [delimiter, text] }: Call): SymbolicValue {
  if (delimiter?.kind !== 'value' || typeof delimiter.value !== 'string' || delimiter.value === '')
    return unknownValue('Fn::Split has no delimiter');
  return text?.kind === 'value' ? known(textOf(text.value).split(delimiter.value)) : withoutText(text);
}

/** Why there is nothing to take apart. */
export function withoutText(value: SymbolicValue | undefined): SymbolicValue {
  if (value === undefined) return unknownValue('an argument is missing');
  if (value.kind === 'absent') return absent;
  if (value.kind === 'value') return unknownValue('an argument is no list');
  // Not identified by what it is taken from: that has other parts as well.
  return unknownValue(reasonFor(value));
}

export const behindTheEnd = 'Fn::Select looks behind the end of its list';

function select({ arguments: [position, list] }: Call): SymbolicValue {
  if (position?.kind !== 'value') return withoutText(position);
  const items = itemsIn(list);
  if (items === undefined) return withoutText(list);
  return items[Number(textOf(position.value))] ?? unknownValue(behindTheEnd);
}

function findInMap({ arguments: [map, first, second, fallback], mappings }: Call): SymbolicValue {
  const textIn = (value: SymbolicValue | undefined) =>
    value?.kind === 'value' ? textOf(value.value) : undefined;
  const name = textIn(map);
  const leaves = name === undefined ? [] : leavesOf(mappings, [name, textIn(first), textIn(second)]);
  const [only, ...others] = leaves;
  if (only !== undefined && others.length === 0) return known(only);
  const because = `mapping ${name ?? 'names'} cannot be looked up`;
  if (only !== undefined) return { kind: 'unknown', because, among: leaves };
  return fallback ?? unknownValue(because);
}

/** The values a mapping can give, each once; an unknown key may be any. */
function leavesOf(table: Value | undefined, keys: readonly (string | undefined)[]): readonly Value[] {
  const [key, ...rest] = keys;
  if (table === undefined) return [];
  if (keys.length === 0) return [table];
  if (!isMap(table)) return [];
  const rows = key === undefined ? Object.values(table) : Object.hasOwn(table, key) ? [table[key]] : [];
  const leaves = rows.flatMap((row) => leavesOf(row, rest));
  return leaves.filter((leaf, index) => leaves.findIndex((other) => isEqual(other, leaf)) === index);
}

function length({ arguments: [list] }: Call): SymbolicValue {
  const items = itemsIn(list);
  if (items === undefined) return withoutText(list);
  const open = items.find(mayBeAbsent);
  return open === undefined ? known(items.filter(({ kind }) => kind !== 'absent').length) : withoutText(open);
}

function toJsonString({ arguments: [value] }: Call): SymbolicValue {
  return value?.kind === 'value' && isPlain(value.value)
    ? known(JSON.stringify(value.value))
    : unknownValue('Fn::ToJsonString is worked out by CloudFormation');
}

function base64({ arguments: [text] }: Call): SymbolicValue {
  if (text?.kind !== 'value' || typeof text.value === 'object') return withoutText(text);
  const bytes = new TextEncoder().encode(String(text.value));
  return known(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
}

const plain = new WeakMap<object, boolean>();

/** Whether a value calls no function. */
export function isPlain(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const answer =
    plain.get(value) ?? (intrinsicName(value) === undefined && Object.values(value).every(isPlain));
  plain.set(value, answer);
  return answer;
}
