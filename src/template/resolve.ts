import type { Path } from '../document/pointer.js';
import type { Value } from '../document/value.js';
import { type ConditionsOptions, conditionsOf } from './conditions.js';
import { evaluateIn, readIn } from './evaluate.js';
import type { Resolution } from './outcome.js';
import { rootOf } from './parameter-passing.js';
import type { Stack } from './template.js';
import { assumptionsOf, type Found, given, ordinaryWorld, type World } from './world.js';

export type { Branch, Outcome, Resolution } from './outcome.js';
export { numberOf, scalarText } from './outcome.js';

const resolved = new WeakMap<Stack, WeakMap<object, Resolution>>();

/**
 * Resolves an expression: literals, parameters (known value, value passed by the parent, default), `Fn::If` per
 * branch, mappings, folding of Sub, Join, Select and Split, resources followed. A parameter of the root that nobody
 * gives a value has its default; a condition on it goes both ways all the same, since whoever deploys may choose, unless
 * it only asks whether a value is given and the default is one. A map or list comes out with what is inside resolved where that has one value, and as written where it has not.
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
    return branches(evaluateIn(expression, stack, worldFor(stack)));
  const known = resolved.get(stack) ?? new WeakMap<object, Resolution>();
  resolved.set(stack, known);
  const resolution = known.get(expression) ?? branches(evaluateIn(expression, stack, worldFor(stack)));
  known.set(expression, resolution);
  return resolution;
}

/** The same with other values for parameters of any stack. */
export function resolveUnder(
  expression: Value | undefined,
  stack: Stack,
  options: ConditionsOptions,
): Resolution {
  return branches(evaluateIn(expression, stack, makeWorld(stack, '', options)));
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
  return branches(readIn(expression, path, stack, worldFor(stack, condition)));
}

const worlds = new WeakMap<Stack, Map<string, World>>();

/** The world of a resource with a condition; every nested stack above is certain to be created. */
function worldFor(stack: Stack, condition = ''): World {
  const known = worlds.get(stack) ?? new Map<string, World>();
  worlds.set(stack, known);
  const world = known.get(condition) ?? makeWorld(stack, condition);
  known.set(condition, world);
  return world;
}

function makeWorld(stack: Stack, condition: string, options?: ConditionsOptions): World {
  const world = ordinaryWorld(conditionsOf(stack, options));
  return given(givenAbove(world, stack), stack, condition === '' ? undefined : condition);
}

/** Where there is but one way to a stack, the conditions on it hold. */
function givenAbove(world: World, stack: Stack): World {
  const [parent, ...more] = stack.parents;
  if (parent === undefined || more.length > 0) return world;
  const condition = parent.stack.template.resources.get(parent.logicalId)?.condition;
  return given(givenAbove(world, parent.stack), parent.stack, condition);
}

function branches(found: readonly Found[]): Resolution {
  return found.map(({ outcome, path, world, parameters }) => ({
    outcome,
    path,
    assuming: assumptionsOf(world),
    parameters,
  }));
}
