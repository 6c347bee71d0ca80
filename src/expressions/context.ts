import type { Path, Value } from '../document/value.js';
import type { Scope, ScopeLink, Stack } from '../template/template.js';
import {
  type Admits,
  type Assertion,
  all,
  type Budget,
  type Choice,
  domainsOf,
  type Formula,
  isNothing,
  isSatisfiable,
  not,
  other,
  type Variable,
  variableIdsIn,
} from './formula.js';
import { whileSharing } from './scope.js';
import { type SymbolicValue, type UnknownValue, unknownValue } from './symbolic.js';

/** Values that take the place of what a parameter of a stack would get: stack, then name. */
export type Assigned = ReadonlyMap<Scope, ReadonlyMap<string, Value>>;

/** Values that take the place of what one parent passes, where others may pass something else: link, then name. */
export type Passed = ReadonlyMap<ScopeLink, ReadonlyMap<string, Value>>;

/** The conditions of a stack tree as formulas, each made when first asked for. */
export interface Conditions {
  /** What a condition says; a name nobody defines is open. */
  formula(stack: Scope, name: string): Formula;
  /** Holds when the resource (and every nested stack above it) is created. */
  existence(stack: Scope, logicalId: string | null): Formula;
  /** The variable a parameter of the root is, or a parameter whose value comes from nowhere in the tree. */
  variable(stack: Scope, name: string): Variable;
  readonly assigned: Assigned;
  readonly passed: Passed;
  /** Known values of the root count as defaults: what they are can be changed. */
  readonly knownCanChange: boolean;
  /** Shared by all conditions of one tree, whatever is assigned. */
  readonly budget: Budget;
  /** What a parameter has when nobody gives it a value. */
  defaultOf(stack: Scope, name: string): Value | undefined;
}

/** The circumstances an expression is evaluated in. */
export interface EvaluationContext {
  readonly conditions: Conditions;
  readonly reading: Reading;
  /** What is certain: the conditions of the resource and of the nested stacks it is in. */
  readonly given: readonly Assertion[];
  /** Branches taken on conditions that are not settled. */
  readonly taken: readonly Assertion[];
  /** The same for contexts in which the same holds. */
  readonly id: string;
}

/**
 * How parameters that nobody gives a value, and pseudo parameters, are read. `usual`: a parameter has its default, and
 * a condition on it goes both ways all the same. `named`: as `usual`, but pseudo parameters stay as they are named,
 * known or not, which makes texts of several templates comparable. `open`: parameters are variables.
 */
export type Reading = 'usual' | 'named' | 'open';

/** One value an expression can have, in the context it was found in. */
export interface GuardedValue {
  readonly value: SymbolicValue;
  readonly path: Path;
  readonly context: EvaluationContext;
  readonly parameters: Branch<Scope>['parameters'];
}

export function conditionKey(stack: Scope, name: string): string {
  return `${stack.template.path}#${name}`;
}

function conditionAssertion(conditions: Conditions, stack: Scope, name: string, value: boolean): Assertion {
  return { key: conditionKey(stack, name), formula: conditions.formula(stack, name), value };
}

export function contextOf(conditions: Conditions, reading: Reading): EvaluationContext {
  return { conditions, reading, given: [], taken: [], id: ';' };
}

function contextWith(
  { conditions, reading }: EvaluationContext,
  given: readonly Assertion[],
  taken: readonly Assertion[],
): EvaluationContext {
  const said = (assertions: readonly Assertion[]) =>
    assertions.map(({ key, value }) => (value ? key : `!${key}`)).join();
  return { conditions, reading, given, taken, id: `${said(given)};${said(taken)}` };
}

/** The same context where a condition is certain to hold; unchanged when it never can. */
export function given(
  context: EvaluationContext,
  stack: Scope,
  condition: string | undefined,
): EvaluationContext {
  if (condition === undefined || context.reading === 'open') return context;
  const assertion = conditionAssertion(context.conditions, stack, condition, true);
  if (context.given.some(({ key }) => key === assertion.key)) return context;
  const assertions = [...context.given, assertion];
  const canHold = isSatisfiable([...assertions, ...context.taken], undefined, context.conditions.budget);
  return canHold ? contextWith(context, assertions, context.taken) : context;
}

/** What was taken on in a context, carried over to the one it was entered from. */
export function backTo(outer: EvaluationContext, inner: EvaluationContext): EvaluationContext {
  return inner.taken.length === outer.taken.length ? outer : contextWith(outer, outer.given, inner.taken);
}

/** A context where more has been taken; `undefined` where that contradicts what was taken before. */
function alsoTaken(
  context: EvaluationContext,
  assertions: readonly Assertion[],
): EvaluationContext | undefined {
  const isOpposed = (each: Assertion) =>
    context.taken.some(({ key, value }) => key === each.key && value !== each.value);
  if (assertions.some(isOpposed)) return undefined;
  const more = assertions.filter((each) => !context.taken.some(({ key }) => key === each.key));
  return more.length === 0 ? context : contextWith(context, context.given, [...context.taken, ...more]);
}

function isEqualTo(variable: Variable, text: string): Assertion {
  const formula: Formula = { kind: 'test', variable, texts: [text], holds: (value) => value === text };
  return { key: `${variable.id} = ${text}`, formula, value: true };
}

/** The context in which a variable has a value. */
export function assuming(
  context: EvaluationContext,
  variable: Variable,
  text: string,
): EvaluationContext | undefined {
  return alsoTaken(context, [isEqualTo(variable, text)]);
}

/**
 * The context after a variable was read: where what is certain relates it to others, those are read in agreement with
 * it.
 */
export function havingRead(context: EvaluationContext, variable: Variable, text: string): EvaluationContext {
  const relates = ({ formula }: Assertion): boolean => {
    const ids = variableIdsIn(formula);
    return ids.size > 1 && ids.has(variable.id);
  };
  const isRelated = context.given.some(relates) || context.taken.some(relates);
  if (!isRelated) return context;
  const assertion = isEqualTo(variable, text);
  return context.given.some(({ key }) => key === assertion.key)
    ? context
    : contextWith(context, [...context.given, assertion], context.taken);
}

/** Holds when everything does that has been taken. */
export function guardOf({ taken }: EvaluationContext): Formula {
  return all(taken.map(({ formula, value }) => (value ? formula : not(formula))));
}

/**
 * A parameter with a value is not going to be emptied: `IsKeyGiven` is settled by a default that is a key, and
 * `IsRestricted` by a mode other than `none`. Any other default may be overridden by whoever deploys the template.
 */
const staysGiven: Admits = ({ default: usual = '', allowed }, choice) =>
  !isNothing(choice) || isNothing(usual) || (choice === '' && allowed?.includes('') === true);

interface Way {
  readonly value: boolean;
  readonly context: EvaluationContext;
}

const valuesOfConditions = new WeakMap<Conditions, Map<string, readonly boolean[]>>();
const waysKnown = new WeakMap<Conditions, Map<string, readonly Way[]>>();

/** The ways a condition can come out, true first; with two of them each context remembers the one it is. */
export function waysOf(context: EvaluationContext, stack: Scope, condition: string): readonly Way[] {
  const key = conditionKey(stack, condition);
  return once(waysKnown, context, `${context.reading}|${key}`, () => findWays(context, stack, condition));
}

function findWays(context: EvaluationContext, stack: Scope, condition: string): readonly Way[] {
  const { conditions } = context;
  const assertion = (value: boolean) => conditionAssertion(conditions, stack, condition, value);
  const values =
    context.reading === 'open'
      ? openValues(assertion(true))
      : once(valuesOfConditions, context, conditionKey(stack, condition), () =>
          possibleValues(context, assertion),
        );
  return values.flatMap((value): readonly Way[] => {
    const inner = values.length === 1 ? context : alsoTaken(context, [assertion(value)]);
    return inner === undefined ? [] : [{ value, context: inner }];
  });
}

/** Guards need not be satisfiable: what they guard is compared, and the whole is settled in the end. */
function openValues({ formula }: Assertion): readonly boolean[] {
  return formula.kind === 'constant' ? [formula.value] : [true, false];
}

function possibleValues(
  context: EvaluationContext,
  assertion: (value: boolean) => Assertion,
): readonly boolean[] {
  const certain = [...context.given, ...context.taken];
  const under = (admits: Admits | undefined) =>
    [true, false].filter((value) =>
      isSatisfiable([...certain, assertion(value)], admits, context.conditions.budget),
    );
  const usual = under(staysGiven);
  // What is certain can say that a parameter is emptied, whatever its default.
  return usual.length > 0 ? usual : under(undefined);
}

const valuesKnown = new WeakMap<Conditions, Map<string, { readonly text: string | undefined }>>();

/**
 * The value a variable has: its default unless that contradicts what is certain, then the only one left.
 * `undefined` when it may have several, or one that nobody names.
 */
export function valueIn(context: EvaluationContext, variable: Variable): string | undefined {
  return once(valuesKnown, context, variable.id, () => ({ text: findValue(context, variable) })).text;
}

function findValue(context: EvaluationContext, variable: Variable): string | undefined {
  const certain = [...context.given, ...context.taken];
  const isPossible = (choice: Choice) =>
    isSatisfiable(
      certain,
      (candidate, value) => candidate.id !== variable.id || value === choice,
      context.conditions.budget,
    );
  const { default: usual } = variable;
  if (usual !== undefined && isPossible(usual)) return usual;
  const choices = domainsOf(certain.map(({ formula }) => formula)).get(variable.id)?.choices ?? [];
  const [only = other, ...more] = choices.filter(isPossible);
  return more.length === 0 && only !== other ? only : undefined;
}

const found = new WeakMap<Conditions, Map<string, readonly GuardedValue[]>>();

/**
 * What is evaluated once however often it is passed on; in a circle it is unknown. Open parameters do not depend on the
 * branches taken, so that what is made of them is made once for all of those.
 */
export function shared(
  name: string,
  context: EvaluationContext,
  at: UnknownValue['at'],
  make: (context: EvaluationContext) => readonly GuardedValue[],
): readonly GuardedValue[] {
  const from =
    context.reading === 'open' && context.taken.length > 0 ? contextOf(context.conditions, 'open') : context;
  const inCircle: GuardedValue = {
    value: unknownValue('the value is passed on in a circle', at),
    path: [],
    context: from,
    parameters: [],
  };
  const values = once(found, from, `${from.reading}|${name}`, () => make(from), [inCircle]);
  if (from === context) return values;
  return values.flatMap((each) => {
    const inner = alsoTaken(context, each.context.taken);
    return inner === undefined ? [] : [{ ...each, context: inner }];
  });
}

function once<T>(
  cache: WeakMap<Conditions, Map<string, T>>,
  context: EvaluationContext,
  name: string,
  make: () => T,
  meanwhile?: T,
): T {
  const perContext = cache.get(context.conditions) ?? new Map<string, T>();
  cache.set(context.conditions, perContext);
  const key = `${context.id}|${name}`;
  const known = perContext.get(key);
  if (known !== undefined) return known;
  if (meanwhile !== undefined) perContext.set(key, meanwhile);
  const made = whileSharing(make);
  perContext.set(key, made);
  return made;
}

/** `template#Condition` to the way it was taken. */
export function assumptionsOf(context: EvaluationContext): Readonly<Record<string, boolean>> {
  return Object.fromEntries(context.taken.map(({ key, value }) => [key, value]));
}

/** What an expression comes to in one branch. */
export type Outcome<At = Stack> =
  | { readonly kind: 'value'; readonly value: Value }
  /** The property is not there, or is `AWS::NoValue`. */
  | { readonly kind: 'absent' }
  /** A `Ref` or `Fn::GetAtt` of a resource in the stack tree. `attribute` is `Ref` for a `Ref`. */
  | {
      readonly kind: 'resource';
      readonly stack: At;
      readonly logicalId: string;
      readonly attribute: string;
    }
  | {
      readonly kind: 'unknown';
      readonly because: string;
      /** What of a text is known, with `${…}` for the rest: `arn:${AWS::Partition}:s3:::logs`. */
      readonly text?: string;
    };

export interface Branch<At = Stack> {
  readonly outcome: Outcome<At>;
  /** Where in the expression the value of this branch stands, as path tokens: `[]`, or `['Fn::If', '1']`. */
  readonly path: readonly string[];
  /** Conditions taken for this branch, as `template#Condition`; only those whose inputs are not known. */
  readonly assuming: Readonly<Record<string, boolean>>;
  /** The parameters the value came through, child first; empty for a value written in place. */
  readonly parameters: readonly { readonly stack: At; readonly name: string }[];
}

/** All branches that can be reached; never empty. */
export type Resolution<At = Stack> = readonly Branch<At>[];

/** A scalar as text, which is how parameters give numbers and booleans; `undefined` for anything else. */
export function scalarText(outcome: Outcome): string | undefined {
  const isScalar = outcome.kind === 'value' && outcome.value !== null && typeof outcome.value !== 'object';
  return isScalar ? String(outcome.value) : undefined;
}

/** A number, also one given as text; `undefined` for anything else. */
export function numberOf(outcome: Outcome): number | undefined {
  const text = scalarText(outcome);
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}
