import { isList, type Value } from '../document/value.js';
import { textOf } from '../template/consumers.js';
import type { Scope } from '../template/template.js';
import type { Variable } from './formula.js';

/** What an expression, or a part of it, comes to as far as a template tells. */
export type SymbolicValue =
  | { readonly kind: 'value'; readonly value: Value }
  /** The property is not there, or is `AWS::NoValue`; no text, not even an empty one. */
  | { readonly kind: 'absent' }
  /** A `Ref` (`attribute` is `Ref`) or `Fn::GetAtt` of a resource. */
  | ResourceValue
  /** `AWS::Region` and the like, where nobody says what it is. */
  | { readonly kind: 'pseudo'; readonly name: string; readonly stack: Scope }
  | VariableValue
  | TextValue
  /** A list of which an item is not known; stays inside of function calls. */
  | { readonly kind: 'list'; readonly items: readonly SymbolicValue[] }
  | UnknownValue;

export interface ResourceValue {
  readonly kind: 'resource';
  readonly stack: Scope;
  readonly logicalId: string;
  readonly attribute: string;
}

/** What is made of one parameter, whatever value that has. */
export interface VariableValue {
  readonly kind: 'variable';
  readonly variable: Variable;
  /** The same for the same function of the variable. */
  readonly id: string;
  of(text: string): SymbolicValue;
  /** Values of the variable that are known to make a difference. */
  readonly texts: readonly string[];
  /** Where the result is the variable between two texts. */
  readonly around: Around | undefined;
  /** `same` when the result is empty with the variable, and only then. */
  readonly empty: 'never' | 'same' | undefined;
}

export interface Around {
  readonly before: string;
  readonly after: string;
}

/** A text with holes. */
export interface TextValue {
  readonly kind: 'text';
  readonly pieces: readonly (string | Hole)[];
  /** Items that may not be there were joined, so that a text between them may not be there either. */
  readonly isLoose: boolean;
}

export interface Hole {
  readonly value: SymbolicValue;
  /** How the hole is written in a text for a person: `${Key.Arn}`. */
  readonly placeholder: string;
}

export interface UnknownValue {
  readonly kind: 'unknown';
  readonly because: string;
  /** A text that stands for it: a dynamic reference as written. */
  readonly text?: string;
  /** What nobody knows, for comparing: the expression, or the parameter it came through. */
  readonly at?: { readonly stack: Scope; readonly expression: Value };
  /** All it can be, where that is known. */
  readonly among?: readonly Value[];
}

export const absent: SymbolicValue = { kind: 'absent' };

export function known(value: Value): SymbolicValue {
  return { kind: 'value', value };
}

export function unknownValue(because: string, at?: UnknownValue['at']): UnknownValue {
  return at === undefined ? { kind: 'unknown', because } : { kind: 'unknown', because, at };
}

/** The same text for values that are certainly the same. */
export function identityOf(value: SymbolicValue): string {
  switch (value.kind) {
    case 'value':
      return JSON.stringify(textOf(value.value));
    case 'absent':
      return 'AWS::NoValue';
    case 'resource':
      return `${value.stack.template.path}#${value.logicalId}.${value.attribute}`;
    case 'pseudo':
      return value.name;
    case 'variable':
      return value.id;
    case 'text':
      return value.pieces
        .map((piece) => (typeof piece === 'string' ? JSON.stringify(piece) : identityOf(piece.value)))
        .join('+');
    case 'list':
      return `[${value.items.map(identityOf).join()}]`;
    case 'unknown':
      return value.at === undefined
        ? value.because
        : `${value.at.stack.template.path}#${JSON.stringify(value.at.expression)}`;
  }
}

/** Whether something comes to a text that is not empty, whatever it is. */
export function isGiven(value: SymbolicValue): boolean {
  switch (value.kind) {
    case 'value':
      return textOf(value.value) !== '';
    case 'resource':
    case 'pseudo':
      return true;
    case 'variable':
      return value.empty === 'never';
    case 'text':
      return value.pieces.some((piece) =>
        typeof piece === 'string' ? !value.isLoose && piece !== '' : isGiven(piece.value),
      );
    default:
      return false;
  }
}

/** The variables a value is made of, each once. */
export function variablesIn(values: readonly SymbolicValue[]): readonly Variable[] {
  const found = new Map<string, Variable>();
  const collect = (value: SymbolicValue): void => {
    if (value.kind === 'variable') found.set(value.variable.id, value.variable);
    if (value.kind === 'list') value.items.forEach(collect);
    if (value.kind === 'text')
      for (const piece of value.pieces) if (typeof piece !== 'string') collect(piece.value);
  };
  values.forEach(collect);
  return [...found.values()];
}

/** The value once a variable has a value. */
export function withVariable(value: SymbolicValue, id: string, text: string): SymbolicValue {
  switch (value.kind) {
    case 'variable':
      return value.variable.id === id ? value.of(text) : value;
    case 'list':
      return { kind: 'list', items: value.items.map((item) => withVariable(item, id, text)) };
    case 'text': {
      const parts = value.pieces.map((piece) =>
        typeof piece === 'string'
          ? { value: known(piece), placeholder: piece }
          : { ...piece, value: withVariable(piece.value, id, text) },
      );
      // What stands between items goes with an item that is not there.
      if (value.isLoose && parts.some((part) => part.value.kind === 'absent'))
        return unknownValue('an item that is joined is not there');
      const filled = glued(parts, '');
      return filled.kind === 'text' ? { ...filled, isLoose: value.isLoose || filled.isLoose } : filled;
    }
    default:
      return value;
  }
}

/** No property holds a longer text. */
const longestText = 1_000_000;

/** Pieces put together, with a hole for each that is no known text; nothing at all counts as an empty text. */
export function glued(parts: readonly Hole[], delimiter: string): SymbolicValue {
  const pieces: (string | Hole)[] = [];
  const isLoose = parts.some(
    ({ value }) => (delimiter !== '' && mayBeAbsent(value)) || (value.kind === 'text' && value.isLoose),
  );
  let length = 0;
  const add = (piece: string | Hole): void => {
    const last = pieces.at(-1);
    length += typeof piece === 'string' ? piece.length : piece.placeholder.length;
    if (typeof piece === 'string' && typeof last === 'string') pieces[pieces.length - 1] = last + piece;
    else if (piece !== '') pieces.push(piece);
  };
  for (const [index, { value, placeholder }] of parts.entries()) {
    if (index > 0) add(delimiter);
    if (value.kind === 'value' && typeof value.value !== 'object') add(String(value.value));
    else if (value.kind === 'text') value.pieces.forEach(add);
    else if (value.kind === 'unknown' && value.text !== undefined) add({ value, placeholder: value.text });
    else if (value.kind === 'pseudo') add({ value, placeholder: `\${${value.name}}` });
    else if (value.kind !== 'absent') add({ value, placeholder });
    if (length > longestText) return unknownValue('the text is too long');
  }
  const [first = '', ...more] = pieces;
  return more.length === 0 && typeof first === 'string' ? known(first) : { kind: 'text', pieces, isLoose };
}

/** Whether something can turn out not to be there. */
export function mayBeAbsent(value: SymbolicValue): boolean {
  return value.kind === 'unknown' || (value.kind === 'variable' && value.around === undefined);
}

/** Why a hole is one. */
export function reasonFor(value: SymbolicValue): string {
  switch (value.kind) {
    case 'unknown':
      return value.because;
    case 'resource':
      return `${value.logicalId} is named by the service`;
    case 'pseudo':
      return `${value.name} is known at deployment only`;
    case 'text':
      return reasonFor(holesOf(value)[0]?.value ?? absent);
    case 'list':
      return reasonFor(value.items.find((item) => item.kind !== 'value' && item.kind !== 'absent') ?? absent);
    case 'variable':
      return `${value.variable.id} is known at deployment only`;
    default:
      return 'a list or map is in a text';
  }
}

function holesOf({ pieces }: TextValue): readonly Hole[] {
  return pieces.filter((piece) => typeof piece !== 'string');
}

/** The items of a list, as far as it is one. */
export function itemsIn(value: SymbolicValue | undefined): readonly SymbolicValue[] | undefined {
  if (value?.kind === 'list') return value.items;
  return value?.kind === 'value' && isList(value.value) ? value.value.map(known) : undefined;
}
