import { intrinsicName } from '../document/intrinsics.js';
import { isList, isMap, type Path, type Value, type ValueMap } from '../document/value.js';
import { rootOf } from '../template/consumers.js';
import { mentionsIn } from '../template/mentions.js';
import type { ParentLink, Scope, ScopeLink, Stack } from '../template/template.js';
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
import { type Kept, kept, scopeOf, stackOf, whileSharing } from './scope.js';
import { reasonFor, type SymbolicValue } from './symbolic.js';

export type { Branch, Outcome, Resolution } from './context.js';
export { numberOf, scalarText } from './context.js';

const resolved = new WeakMap<Stack, WeakMap<object, Resolution>>();
const resolvedInScope: Kept<Resolution<Scope>> = new WeakMap();

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
  const scope = scopeOf(stack);
  const inScope = () => branches(evaluate(expression, scope, contextFor(scope)));
  if (typeof expression !== 'object' || expression === null) return within(stack, inScope());
  const known = resolved.get(stack) ?? new WeakMap<object, Resolution>();
  resolved.set(stack, known);
  const resolution =
    known.get(expression) ?? within(stack, kept(resolvedInScope, scope, '', expression, inScope));
  known.set(expression, resolution);
  return resolution;
}

const resolvedNames = new WeakMap<Stack, Map<string, Resolution>>();
const namesInScope: Kept<Resolution<Scope>> = new WeakMap();

/**
 * The same for a name that something mentions: most names are mentioned many times.
 * @param attribute `Ref` for the name itself
 */
export function resolveName(name: string, attribute: string, stack: Stack): Resolution {
  const known = resolvedNames.get(stack) ?? new Map<string, Resolution>();
  resolvedNames.set(stack, known);
  const key = `${attribute}#${name}`;
  const resolution = known.get(key) ?? within(stack, nameInScope(name, attribute, scopeOf(stack)));
  known.set(key, resolution);
  return resolution;
}

function nameInScope(name: string, attribute: string, scope: Scope): Resolution<Scope> {
  return kept(namesInScope, scope, attribute, name, () => {
    const expression = attribute === 'Ref' ? { Ref: name } : { 'Fn::GetAtt': [name, attribute] };
    return branches(evaluate(expression, scope, contextFor(scope)));
  });
}

const namedInScope: Kept<readonly ScopeLink[]> = new WeakMap();

/** The resources that a value mentions at any depth, through parameters and outputs of nested stacks, each once. */
export function resourcesNamed(value: ValueMap, stack: Stack): readonly ParentLink[] {
  const scope = scopeOf(stack);
  return kept(namedInScope, scope, '', value, () => findNamed(value, scope)).map((named) => ({
    stack: stackOf(named.stack, stack),
    logicalId: named.logicalId,
  }));
}

function findNamed(value: ValueMap, scope: Scope): readonly ScopeLink[] {
  const found = new Map<string, ScopeLink>();
  for (const { name, attribute } of mentionsIn(value)) {
    if (name.startsWith('AWS::')) continue;
    for (const { outcome } of nameInScope(name, attribute, scope)) {
      if (outcome.kind !== 'resource') continue;
      const { stack, logicalId } = outcome;
      const key = `${stack.template.path}#${logicalId}`;
      if (!found.has(key)) found.set(key, { stack, logicalId });
    }
  }
  return [...found.values()];
}

/** The same with other values for parameters of any stack. */
export function resolveUnder(
  expression: Value | undefined,
  stack: Stack,
  options: ConditionsOptions,
): Resolution {
  return within(stack, branches(evaluate(expression, stack, makeContext(stack, '', 'usual', options))));
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

const resolvedAt: Kept<Resolution<Scope>> = new WeakMap();

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
  const { value, prefix, rest } = writtenAt(expression, path);
  const scope = scopeOf(stack);
  const inScope = () => branches(evaluateAt(value, rest, scope, contextFor(scope, condition)));
  if (typeof value !== 'object' || value === null) return within(stack, inScope(), prefix);
  const place = `${condition ?? ''}\n${rest.join('\n')}`;
  return within(stack, kept(resolvedAt, scope, place, value, inScope), prefix);
}

/** As far as a path leads through what is written here: patches leave most values of a map they change alone. */
function writtenAt(
  expression: Value,
  path: Path,
): { readonly value: Value | undefined; readonly prefix: Path; readonly rest: Path } {
  let value: Value | undefined = expression;
  for (const [index, token] of path.entries()) {
    if (typeof value !== 'object' || value === null || intrinsicName(value) !== undefined)
      return { value, prefix: path.slice(0, index), rest: path.slice(index) };
    const isThere = isList(value) || Object.hasOwn(value, token);
    if (!isThere) return { value: undefined, prefix: path.slice(0, index), rest: [] };
    value = isList(value) ? value[Number(token)] : isMap(value) ? value[token] : undefined;
  }
  return { value, prefix: path, rest: [] };
}

/** The values a condition can have: one when its inputs are known, else both. */
export function conditionValues(condition: string, stack: Stack): readonly boolean[] {
  const scope = scopeOf(stack);
  const context = contextFor(scope);
  const values = waysOf(context, scope, condition).map(({ value }) => value);
  return isSpent(context.conditions.budget) ? [true, false] : values;
}

const contexts = new WeakMap<Scope, Map<string, EvaluationContext>>();

/** The context of a resource with a condition; every nested stack above is certain to be created. */
export function contextFor(stack: Scope, condition = '', reading: Reading = 'usual'): EvaluationContext {
  const known = contexts.get(stack) ?? new Map<string, EvaluationContext>();
  contexts.set(stack, known);
  const key = `${reading}#${condition}`;
  const context = known.get(key) ?? whileSharing(() => makeContext(stack, condition, reading));
  known.set(key, context);
  return context;
}

function makeContext(
  stack: Scope,
  condition: string,
  reading: Reading,
  options?: ConditionsOptions,
): EvaluationContext {
  const context = contextOf(conditionsOf(stack, options), reading);
  return given(givenAbove(context, stack), stack, condition === '' ? undefined : condition);
}

/** Where there is but one way to a stack, the conditions on it hold. */
function givenAbove(context: EvaluationContext, stack: Scope): EvaluationContext {
  const [parent, ...more] = stack.parents;
  if (parent === undefined || more.length > 0) return context;
  const condition = parent.stack.template.resources.get(parent.logicalId)?.condition;
  return given(givenAbove(context, parent.stack), parent.stack, condition);
}

function branches(found: readonly GuardedValue[]): Resolution<Scope> {
  return found.map(({ value, path, context, parameters }) => ({
    outcome: outcomeOf(value),
    path,
    assuming: assumptionsOf(context),
    parameters,
  }));
}

/**
 * The same with the stacks of the tree that is asked about.
 * @param prefix where what was looked at stands
 */
function within(kin: Stack, resolution: Resolution<Scope>, prefix: Path = []): Resolution {
  return resolution.map(({ outcome, path, assuming, parameters }) => ({
    outcome: outcome.kind === 'resource' ? { ...outcome, stack: stackOf(outcome.stack, kin) } : outcome,
    path: prefix.length === 0 ? path : [...prefix, ...path],
    assuming,
    parameters: parameters.map(({ stack, name }) => ({ stack: stackOf(stack, kin), name })),
  }));
}

function outcomeOf(value: SymbolicValue): Outcome<Scope> {
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
