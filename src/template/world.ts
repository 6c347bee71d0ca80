import type { Path } from '../document/pointer.js';
import type { Value } from '../document/value.js';
import { type Conditions, conditionAssertion, conditionKey } from './conditions.js';
import {
  type Admits,
  type Assertion,
  type Choice,
  domainsOf,
  isSatisfiable,
  other,
  type Variable,
} from './formula.js';
import { type Branch, type Outcome, unknown } from './outcome.js';
import type { Stack } from './template.js';

/** The circumstances an expression is looked at in. */
export interface World {
  readonly conditions: Conditions;
  /** What is certain: the conditions of the resource and of the nested stacks it is in. */
  readonly given: readonly Assertion[];
  /** Branches taken on conditions that are not settled. */
  readonly taken: readonly Assertion[];
  /** The same for worlds that hold the same. */
  readonly id: string;
}

/** A branch, still in the world it was found in. */
export interface Found {
  readonly outcome: Outcome;
  readonly path: Path;
  readonly world: World;
  readonly parameters: Branch['parameters'];
}

export type Evaluate = (expression: Value | undefined, stack: Stack, world: World) => readonly Found[];

export function ordinaryWorld(conditions: Conditions): World {
  return worldWith(conditions, [], []);
}

function worldWith(conditions: Conditions, given: readonly Assertion[], taken: readonly Assertion[]): World {
  const said = (assertions: readonly Assertion[]) =>
    assertions.map(({ key, value }) => (value ? key : `!${key}`)).join();
  return { conditions, given, taken, id: `${said(given)};${said(taken)}` };
}

/** The same world where a condition is certain to hold; unchanged when it never can. */
export function given(world: World, stack: Stack, condition: string | undefined): World {
  if (condition === undefined) return world;
  const assertion = conditionAssertion(world.conditions, stack, condition, true);
  if (world.given.some(({ key }) => key === assertion.key)) return world;
  const assertions = [...world.given, assertion];
  const canHold = isSatisfiable([...assertions, ...world.taken], undefined, world.conditions.budget);
  return canHold ? worldWith(world.conditions, assertions, world.taken) : world;
}

/** What was taken on in a world, carried over to the one it was entered from. */
export function backTo(outer: World, inner: World): World {
  return inner.taken.length === outer.taken.length
    ? outer
    : worldWith(outer.conditions, outer.given, inner.taken);
}

/**
 * A parameter with a value is not going to be emptied: `IsKeyGiven` is settled by a default that is a key. Any other
 * default may be overridden by whoever deploys the template.
 */
const staysGiven: Admits = ({ default: usual = '', allowed }, choice) =>
  choice !== '' || usual === '' || allowed?.includes('') === true;

export interface Way {
  readonly value: boolean;
  readonly world: World;
}

const ways = new WeakMap<Conditions, Map<string, readonly Way[]>>();

/** The ways a condition can come out, true first; with two of them each world remembers the one it is. */
export function waysOf(world: World, stack: Stack, condition: string): readonly Way[] {
  return once(ways, world, conditionKey(stack, condition), () => {
    const certain = [...world.given, ...world.taken];
    const both = [true, false].map((value) => conditionAssertion(world.conditions, stack, condition, value));
    const under = (admits: Admits | undefined) =>
      both.filter((assertion) => isSatisfiable([...certain, assertion], admits, world.conditions.budget));
    const usual = under(staysGiven);
    // What is certain can say that a parameter is emptied, whatever its default.
    const possible = usual.length > 0 ? usual : under(undefined);
    return possible.map((assertion) => ({
      value: assertion.value,
      world:
        possible.length === 1 ? world : worldWith(world.conditions, world.given, [...world.taken, assertion]),
    }));
  });
}

const values = new WeakMap<Conditions, Map<string, { readonly text: string | undefined }>>();

/**
 * The value a variable has: its default unless that contradicts what is certain, then the only one left.
 * `undefined` when it may have several, or one that nobody names.
 */
export function valueIn(world: World, variable: Variable): string | undefined {
  return once(values, world, variable.id, () => ({ text: findValue(world, variable) })).text;
}

function findValue(world: World, variable: Variable): string | undefined {
  const certain = [...world.given, ...world.taken];
  const isPossible = (choice: Choice) =>
    isSatisfiable(
      certain,
      (candidate, value) => candidate.id !== variable.id || value === choice,
      world.conditions.budget,
    );
  const { default: usual } = variable;
  if (usual !== undefined && isPossible(usual)) return usual;
  const choices = domainsOf(certain.map(({ formula }) => formula)).get(variable.id)?.choices ?? [];
  const [only = other, ...more] = choices.filter(isPossible);
  return more.length === 0 && only !== other ? only : undefined;
}

const found = new WeakMap<Conditions, Map<string, readonly Found[]>>();

/** What is worked out once however often it is passed on; in a circle it is unknown. */
export function shared(name: string, world: World, make: () => readonly Found[]): readonly Found[] {
  const inCircle: Found = {
    outcome: unknown('the value is passed on in a circle'),
    path: [],
    world,
    parameters: [],
  };
  return once(found, world, name, make, [inCircle]);
}

function once<T>(
  cache: WeakMap<Conditions, Map<string, T>>,
  world: World,
  name: string,
  make: () => T,
  meanwhile?: T,
): T {
  const perWorld = cache.get(world.conditions) ?? new Map<string, T>();
  cache.set(world.conditions, perWorld);
  const key = `${world.id}|${name}`;
  const known = perWorld.get(key);
  if (known !== undefined) return known;
  if (meanwhile !== undefined) perWorld.set(key, meanwhile);
  const made = make();
  perWorld.set(key, made);
  return made;
}

/** `template#Condition` to the way it was taken. */
export function assumptionsOf(world: World): Readonly<Record<string, boolean>> {
  return Object.fromEntries(world.taken.map(({ key, value }) => [key, value]));
}
