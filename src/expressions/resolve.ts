import type { Path, Value } from '../document/value.js';
import { rootOf } from '../template/consumers.js';
import type { Stack } from '../template/template.js';
import { type ConditionsOptions, conditionsOf } from './conditions.js';
import {
  assumptionsOf,
  contextOf,
  type EvaluationContext,
  type GuardedValue,
  given,
  type Outcome,
  type Reading,
  type Resolution,
  waysOf,
} from './context.js';
import { evaluate, evaluateAt } from './evaluate.js';
import { isSpent } from './formula.js';
import { reasonFor, type SymbolicValue } from './symbolic.js';

export type { Branch, Outcome, Resolution } from './context.js';
export { numberOf, scalarText } from './context.js';

const resolved = new WeakMap<Stack, WeakMap<object, Resolution>>();

/**
 * Resolves an expression: literals, parameters (known value, value passed by the parent, default), `Fn::If` per
 * branch, mappings, functions of what is known, resources followed. A parameter of the root that nobody gives a value
 * has its default; a condition on it goes both ways all the same, since the deploying role may choose, unless it only asks
 * whether a value is given and the default is one. A map or list comes out with what is inside resolved where that has
 * one value, and as written where it has not.
 * @param overrides parameter values of the root that take the place of the known ones (used when placing a fix).
 */
export function resolve(
  expression: Value | undefined,
  stack: Stack,
  overrides?: ReadonlyMap<string, Value>,
): Resolution {
  if (overrides !== undefined)
    return resolveUnder(expression, stack, { assigned: new Map([[rootOf(stack), overrides]]) });
  if (typeof expression !== 'object' || expression === null)
    return branches(evaluate(expression, stack, contextFor(stack)));
  const known = resolved.get(stack) ?? new WeakMap<object, Resolution>();
  resolved.set(stack, known);
  const resolution = known.get(expression) ?? branches(evaluate(expression, stack, contextFor(stack)));
  known.set(expression, resolution);
  return resolution;
}

const resolvedNames = new WeakMap<Stack, Map<string, Resolution>>();

/**
 * The same for a name that something mentions: most names are mentioned many times.
 * @param attribute `Ref` for the name itself
 */
export function resolveName(name: string, attribute: string, stack: Stack): Resolution {
  const known = resolvedNames.get(stack) ?? new Map<string, Resolution>();
  resolvedNames.set(stack, known);
  const key = `${attribute}#${name}`;
  const resolution =
    known.get(key) ??
    resolve(attribute === 'Ref' ? { Ref: name } : { 'Fn::GetAtt': [name, attribute] }, stack);
  known.set(key, resolution);
  return resolution;
}

/** The same with other values for parameters of any stack. */
export function resolveUnder(
  expression: Value | undefined,
  stack: Stack,
  options: ConditionsOptions,
): Resolution {
  return branches(evaluate(expression, stack, makeContext(stack, '', 'usual', options)));
}

/** What a value comes to by the parameters of the root it comes from. */
export interface Choices {
  /** With their defaults. */
  readonly usual: readonly Outcome[];
  /** With each other value they allow, one at a time. */
  readonly others: readonly Choice[];
}

interface Choice {
  readonly parameter: string;
  readonly value: Value;
  readonly outcomes: readonly Outcome[];
}

const choicesKnown = new WeakMap<Stack, Map<string, Choices>>();

/** Parameters whose deployed value is known leave no choice; those that only decide a condition go both ways as ever. */
export function choicesOf(expression: Value | undefined, stack: Stack): Choices {
  const known = choicesKnown.get(stack) ?? new Map<string, Choices>();
  choicesKnown.set(stack, known);
  const key = JSON.stringify(expression ?? null);
  const choices = known.get(key) ?? findChoices(expression, stack);
  known.set(key, choices);
  return choices;
}

function findChoices(expression: Value | undefined, stack: Stack): Choices {
  const root = rootOf(stack);
  const resolution = resolve(expression, stack);
  const names = new Set(
    resolution.flatMap(({ parameters }) =>
      parameters.flatMap((each) => (each.stack === root ? [each.name] : [])),
    ),
  );
  const open = [...names].flatMap((name) => {
    const { default: usual, allowedValues = [] } = root.template.parameters.get(name) ?? {};
    return usual === undefined || root.knownParameters.has(name) ? [] : [{ name, usual, allowedValues }];
  });
  const outcomesWith = (values: ReadonlyMap<string, Value>) =>
    resolve(expression, stack, values).map(({ outcome }) => outcome);
  if (open.length === 0) return { usual: resolution.map(({ outcome }) => outcome), others: [] };
  const defaults = new Map(open.map(({ name, usual }) => [name, usual]));
  const others = open.flatMap(({ name, usual, allowedValues }) =>
    allowedValues
      .filter((value) => String(value) !== String(usual))
      .map((value) => ({
        parameter: name,
        value,
        outcomes: outcomesWith(new Map([...defaults, [name, value]])),
      })),
  );
  return { usual: outcomesWith(defaults), others };
}

/**
 * What stands at a path below an expression, looked for through `Fn::If` and parameters at every level.
 * @param condition is certain to hold, being the condition of the resource.
 */
export function resolveAt(
  expression: Value,
  path: Path,
  stack: Stack,
  condition: string | undefined,
): Resolution {
  return branches(evaluateAt(expression, path, stack, contextFor(stack, condition)));
}

/** The values a condition can have: one when its inputs are known, else both. */
export function conditionValues(condition: string, stack: Stack): readonly boolean[] {
  const context = contextFor(stack);
  const values = waysOf(context, stack, condition).map(({ value }) => value);
  return isSpent(context.conditions.budget) ? [true, false] : values;
}

const contexts = new WeakMap<Stack, Map<string, EvaluationContext>>();

/** The context of a resource with a condition; every nested stack above is certain to be created. */
export function contextFor(stack: Stack, condition = '', reading: Reading = 'usual'): EvaluationContext {
  const known = contexts.get(stack) ?? new Map<string, EvaluationContext>();
  contexts.set(stack, known);
  const key = `${reading}#${condition}`;
  const context = known.get(key) ?? makeContext(stack, condition, reading);
  known.set(key, context);
  return context;
}

function makeContext(
  stack: Stack,
  condition: string,
  reading: Reading,
  options?: ConditionsOptions,
): EvaluationContext {
  const context = contextOf(conditionsOf(stack, options), reading);
  return given(givenAbove(context, stack), stack, condition === '' ? undefined : condition);
}

/** Where there is but one way to a stack, the conditions on it hold. */
function givenAbove(context: EvaluationContext, stack: Stack): EvaluationContext {
  const [parent, ...more] = stack.parents;
  if (parent === undefined || more.length > 0) return context;
  const condition = parent.stack.template.resources.get(parent.logicalId)?.condition;
  return given(givenAbove(context, parent.stack), parent.stack, condition);
}

function branches(found: readonly GuardedValue[]): Resolution {
  return found.map(({ value, path, context, parameters }) => ({
    outcome: outcomeOf(value),
    path,
    assuming: assumptionsOf(context),
    parameters,
  }));
}

function outcomeOf(value: SymbolicValue): Outcome {
  switch (value.kind) {
    case 'value':
    case 'absent':
    case 'resource':
      return value;
    case 'text': {
      const pieces = value.pieces.map((piece) => (typeof piece === 'string' ? piece : piece.placeholder));
      return { kind: 'unknown', because: reasonFor(value), text: pieces.join('') };
    }
    case 'pseudo':
      return { kind: 'unknown', because: reasonFor(value), text: `\${${value.name}}` };
    case 'unknown':
      return {
        kind: 'unknown',
        because: value.because,
        ...(value.text !== undefined && { text: value.text }),
      };
    default:
      return { kind: 'unknown', because: reasonFor(value) };
  }
}
