import { RE2JS } from 're2js';
import { isEqual, isList, isMap, type Value } from '../document/value.js';
import { isHidden, isStored, itemsOf, passedBy, textOf } from '../template/consumers.js';
import type { Parameter, Scope, ScopeLink } from '../template/template.js';
import {
  backTo,
  conditionKey,
  type EvaluationContext,
  type GuardedValue,
  given,
  havingRead,
  shared,
  valueIn,
} from './context.js';
import type { Variable } from './formula.js';
import { identityOf, known, type SymbolicValue, unknownValue } from './symbolic.js';

/**
 * The values worth trying when a parameter is to come to a value: that one where it is allowed, the allowed ones from
 * the smallest up, the limits of a number, and the value itself for a parameter whose allowed values lack it.
 */
export function candidateValues(parameter: Parameter, value: Value): readonly Value[] {
  const wanted = isList(value) ? value.map(textOf).join(',') : value;
  if (typeof wanted === 'object') return [];
  const valid = [...(isValid(parameter, wanted) ? [wanted] : []), ...listedValues(parameter)];
  const extended = isWithinLimits(parameter, wanted) ? [wanted] : [];
  const seen = new Set<string>();
  return [...valid, ...extended].filter((candidate) => {
    const text = textOf(candidate);
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}

const listed = new WeakMap<Parameter, readonly Value[]>();

/** What a parameter names itself and admits, from the smallest up. */
function listedValues(parameter: Parameter): readonly Value[] {
  const { allowedValues, minValue, maxValue } = parameter;
  const limits = [minValue, maxValue].filter((limit) => limit !== undefined);
  const values =
    listed.get(parameter) ??
    (allowedValues === undefined ? limits : [...allowedValues].sort(byNumber)).filter((value) =>
      isValid(parameter, value),
    );
  listed.set(parameter, values);
  return values;
}

/** Texts keep the order in which the template lists them. */
function byNumber(left: Value, right: Value): number {
  const difference = Number(textOf(left)) - Number(textOf(right));
  return Number.isNaN(difference) ? 0 : difference;
}

export function isValid(parameter: Parameter, value: Value): boolean {
  const isListed = parameter.allowedValues === undefined || allowedTexts(parameter).has(textOf(value));
  return isListed && isWithinLimits(parameter, value);
}

const texts = new WeakMap<Parameter, ReadonlySet<string>>();

function allowedTexts(parameter: Parameter): ReadonlySet<string> {
  const known = texts.get(parameter) ?? new Set(parameter.allowedValues?.map(textOf));
  texts.set(parameter, known);
  return known;
}

function isWithinLimits(parameter: Parameter, value: Value): boolean {
  const { type, minValue, maxValue, minLength, maxLength, allowedPattern } = parameter;
  const text = textOf(value);
  if (type === 'Number') {
    const number = Number(text);
    return (
      text.trim() !== '' &&
      Number.isFinite(number) &&
      number >= (minValue ?? number) &&
      number <= (maxValue ?? number)
    );
  }
  if (text.length < (minLength ?? 0) || text.length > (maxLength ?? text.length)) return false;
  if (allowedPattern === undefined) return true;
  const items = type === 'CommaDelimitedList' ? text.split(',') : [text];
  return items.every((item) => matches(allowedPattern, item));
}

/**
 * The whole value has to match, in a time that grows with the length of the value only. A pattern that RE2 cannot read
 * (it knows no look-ahead and no back reference) admits nothing, since nobody could tell.
 */
function matches(pattern: string, text: string): boolean {
  try {
    return RE2JS.compile(pattern).matches(text);
  } catch {
    return false;
  }
}

/** A value in the type the template writes today, and whether the allowed values must take it in. */
export function written(
  parameter: Parameter,
  value: Value,
  current: Value,
): { readonly value: Value; readonly extendAllowedValues: boolean } {
  const text = textOf(value);
  const isNumeric = text.trim() !== '' && String(Number(text)) === text;
  const asNumber =
    isNumeric &&
    (typeof current === 'number' || (parameter.type === 'Number' && typeof current !== 'string'));
  const asBoolean = typeof current === 'boolean' && (text === 'true' || text === 'false');
  const inType = asNumber ? Number(text) : asBoolean ? text === 'true' : text;
  return { value: inType, extendAllowedValues: !isValid(parameter, value) };
}

type Evaluate = (
  expression: Value | undefined,
  stack: Scope,
  context: EvaluationContext,
) => readonly GuardedValue[];

/** What a parameter has: the known value, what the parents pass, or the default. */
export function parameterValue(
  parameter: Parameter,
  stack: Scope,
  context: EvaluationContext,
  evaluate: Evaluate,
): readonly GuardedValue[] {
  const { name, type } = parameter;
  const { conditions, reading } = context;
  const at = { stack, expression: { Ref: name } };
  const single = (value: SymbolicValue) => [{ value, path: [], context, parameters: [{ stack, name }] }];
  const valued = (value: Value) => single(known(typed(value, type)));
  const assigned = conditions.assigned.get(stack)?.get(name);
  if (assigned !== undefined) return valued(assigned);
  if (isHidden(parameter, stack)) {
    const because = isStored(type) ? 'is read from the parameter store at deployment' : 'is secret (NoEcho)';
    return single(
      reading === 'open'
        ? variableValue(conditions.variable(stack, name), type)
        : unknownValue(`parameter ${name} ${because}`, at),
    );
  }
  if (stack.parents.length > 0)
    return shared(conditionKey(stack, name), context, at, (from) =>
      passedValues(parameter, stack, from, evaluate),
    );
  const fixed = conditions.knownCanChange && reading === 'open' ? undefined : stack.knownParameters.get(name);
  if (fixed !== undefined) return valued(fixed);
  const variable = conditions.variable(stack, name);
  if (reading === 'open') return single(variableValue(variable, type));
  const text = valueIn(context, variable);
  const usual = conditions.defaultOf(stack, name);
  if (text !== undefined) {
    const value = usual !== undefined && text === textOf(usual) ? usual : text;
    return valued(value).map((each) => ({ ...each, context: havingRead(context, variable, text) }));
  }
  const why = usual === undefined ? 'has no default and no known value' : 'is not at its default here';
  return single(unknownValue(`parameter ${name} ${why}`, at));
}

/** A parameter as it is, whatever value it gets. */
export function variableValue(variable: Variable, type: string | undefined): SymbolicValue {
  const isListed = type !== undefined && isListType(type);
  return {
    kind: 'variable',
    variable,
    id: variable.id,
    of: (text) => known(isListed ? itemsOf(text) : text),
    texts: [],
    around: isListed ? undefined : { before: '', after: '' },
    empty: variable.id.startsWith('AWS::') ? 'never' : 'same',
  };
}

type Through = GuardedValue['parameters'][number];

/** What the parents pass, each different value once. */
function passedValues(
  parameter: Parameter,
  stack: Scope,
  context: EvaluationContext,
  evaluate: Evaluate,
): readonly GuardedValue[] {
  const through = { stack, name: parameter.name };
  const found: GuardedValue[] = [];
  for (const parent of stack.parents) {
    for (const branch of passedByOne(parameter, through, parent, context, evaluate)) {
      const isKnown = found.some(
        (each) => each.context.id === branch.context.id && isSameValue(each.value, branch.value),
      );
      if (!isKnown) found.push({ ...branch, path: [], parameters: [through, ...branch.parameters] });
    }
  }
  if (context.reading !== 'open' || stack.parents.length === 1 || found.length === 1) return found;
  const value = unknownValue(`parameter ${parameter.name} is passed by several`, {
    stack,
    expression: { Ref: parameter.name },
  });
  return [{ value, path: [], context, parameters: [through] }];
}

function passedByOne(
  parameter: Parameter,
  through: Through,
  parent: ScopeLink,
  context: EvaluationContext,
  evaluate: Evaluate,
): readonly GuardedValue[] {
  const passed =
    context.conditions.passed.get(parent)?.get(parameter.name) ?? passedBy(parent, parameter.name);
  const usual = (): SymbolicValue => {
    const value = context.conditions.defaultOf(through.stack, through.name);
    if (value !== undefined) return known(typed(value, parameter.type));
    if (context.reading === 'open')
      return variableValue(context.conditions.variable(through.stack, through.name), parameter.type);
    const { stack, logicalId } = parent;
    return unknownValue(
      `parameter ${parameter.name} has no default and ${logicalId} of ${stack.template.path} passes none`,
      { stack: through.stack, expression: { Ref: through.name } },
    );
  };
  if (passed === undefined) return [{ value: usual(), path: [], context, parameters: [] }];
  const condition = parent.stack.template.resources.get(parent.logicalId)?.condition;
  const inside = given(context, parent.stack, condition);
  return evaluate(passed, parent.stack, inside).map((found) => ({
    ...found,
    // What is not passed on is left to the default.
    value: found.value.kind === 'absent' ? usual() : typedValue(found.value, parameter.type),
    context: backTo(context, found.context),
  }));
}

function isSameValue(left: SymbolicValue, right: SymbolicValue): boolean {
  if (left.kind === 'value') return right.kind === 'value' && isEqual(left.value, right.value);
  return left.kind === right.kind && identityOf(left) === identityOf(right);
}

/** A value in the type its parameter was declared with: numbers may be given as text, lists are. */
function typedValue(value: SymbolicValue, type: string): SymbolicValue {
  if (value.kind === 'value') return known(typed(value.value, type));
  if (value.kind !== 'variable' || !isListType(type)) return value;
  return { ...value, around: undefined, of: (text) => typedValue(value.of(text), type) };
}

function typed(value: Value, type: string): Value {
  if (type === 'Number' && typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
    return Number(value);
  return isListType(type) && !isList(value) && !isMap(value) ? itemsOf(textOf(value)) : value;
}

function isListType(type: string): boolean {
  return type === 'CommaDelimitedList' || type.startsWith('List<');
}
