import type { Stack, StackTree } from '../template/template.js';
import { conditionsOf } from './conditions.js';
import {
  always,
  type Budget,
  type Choice,
  type Domain,
  domainsOf,
  evaluate,
  type Formula,
  isSatisfiable,
  isSpent,
  never,
} from './formula.js';

export interface Member {
  readonly stack: Stack;
  readonly logicalId: string;
}

/** Members that exist under the same formula. */
interface Group {
  readonly formula: Formula;
  readonly members: readonly number[];
}

/** Bounds the combinations of values that are tried, and of sets that are told apart. */
const mostCombinations = 4_096;
const mostSets = 256;

/**
 * Maximal sets (as indices into `members`) of resources that one deployment can hold at once, by their conditions and
 * those of the nested stacks they are in. Parameters may have any value they admit, defaults included, except the
 * known ones. Where too much depends on each other, everything counts as possible at once.
 */
export function coexisting(tree: StackTree, members: readonly Member[]): readonly (readonly number[])[] {
  const { budget } = conditionsOf(tree.root);
  const sets = independent(groupsOf(tree, members)).map((groups) => maximalSets(groups, budget));
  const count = sets.reduce((product, { length }) => product * length, 1);
  const combined = count > mostSets ? [sets.flatMap((each) => each.flat())] : product(sets);
  return combined.map((set) => [...new Set(set)].sort((left, right) => left - right)).sort(inOrder);
}

/** A resource, or a template itself. */
export interface ResourceOrStack {
  readonly stack: Stack;
  readonly logicalId: string | null;
}

const alwaysWith = new WeakMap<StackTree, Map<string, boolean>>();

/**
 * Whether at least one of the resources exists in every deployment that has another one, or the template where no
 * resource is named. Parameters may have any value they admit, defaults included, except the known ones; what cannot be
 * decided counts as possible, so the answer is no. It depends on the templates and conditions alone, and is worked out
 * once for all that share them.
 */
export function isAlwaysWith(tree: StackTree, resources: readonly Member[], other: ResourceOrStack): boolean {
  const known = alwaysWith.get(tree) ?? new Map<string, boolean>();
  alwaysWith.set(tree, known);
  const single = new Map(resources.map((resource) => [conditionOf(resource), resource]));
  const key = [conditionOf(other), ...[...single.keys()].sort()].join(' ');
  const answer = known.get(key) ?? isImplied(tree, [...single.values()], other);
  known.set(key, answer);
  return answer;
}

function conditionOf({ stack: { template }, logicalId }: ResourceOrStack): string {
  const { condition = '' } = (logicalId !== null && template.resources.get(logicalId)) || {};
  return `${template.path}#${condition}`;
}

function isImplied(tree: StackTree, resources: readonly Member[], other: ResourceOrStack): boolean {
  if (resources.length === 0) return false;
  const { existence, budget } = conditionsOf(tree.root);
  const has = existence(other.stack, other.logicalId);
  const lacks = resources.map(({ stack, logicalId }) => existence(stack, logicalId));
  if (lacks.includes(has) || lacks.includes(always)) return true;
  const assertions = [
    { key: `has ${conditionOf(other)}`, formula: has, value: true },
    ...lacks.map((formula, index) => ({ key: `lacks ${index}`, formula, value: false })),
  ];
  return !isSatisfiable(assertions, undefined, budget);
}

function groupsOf(tree: StackTree, members: readonly Member[]): readonly Group[] {
  const conditions = conditionsOf(tree.root);
  const groups = new Map<string, { readonly formula: Formula; readonly members: number[] }>();
  for (const [index, { stack, logicalId }] of members.entries()) {
    const condition = stack.template.resources.get(logicalId)?.condition ?? '';
    const key = `${stack.template.path}#${condition}`;
    const group = groups.get(key) ?? { formula: conditions.existence(stack, logicalId), members: [] };
    group.members.push(index);
    groups.set(key, group);
  }
  return [...groups.values()].filter(({ formula }) => formula !== never);
}

/** Groups that share a variable stay together; the others do not constrain each other. */
function independent(groups: readonly Group[]): readonly (readonly Group[])[] {
  let parts: { readonly variables: ReadonlySet<string>; readonly groups: readonly Group[] }[] = [];
  for (const group of groups) {
    const variables = new Set(domainsOf([group.formula]).keys());
    const touching = parts.filter((part) => [...variables].some((id) => part.variables.has(id)));
    const joined = {
      variables: new Set([...touching.flatMap((part) => [...part.variables]), ...variables]),
      groups: [...touching.flatMap((part) => part.groups), group],
    };
    parts = [...parts.filter((part) => !touching.includes(part)), joined];
  }
  return parts.map((part) => part.groups);
}

function maximalSets(groups: readonly Group[], budget: Budget): readonly (readonly number[])[] {
  const domains = [...domainsOf(groups.map(({ formula }) => formula)).values()];
  const combinations = domains.reduce((product, { choices }) => product * choices.length, 1);
  const everything = groups.flatMap(({ members }) => members);
  if (combinations > mostCombinations || isSpent(budget)) return [everything];
  const found = new Map<string, readonly Group[]>();
  for (const choice of assignments(domains)) {
    const present = groups.filter(
      ({ formula }) => evaluate(formula, ({ id }) => choice.get(id), budget) !== false,
    );
    found.set(present.map((group) => groups.indexOf(group)).join(), present);
  }
  const candidates = [...found.values()];
  const isLarger = (larger: readonly Group[], set: readonly Group[]) =>
    larger.length > set.length && set.every((group) => larger.includes(group));
  return candidates
    .filter((set) => !candidates.some((larger) => isLarger(larger, set)))
    .map((set) => set.flatMap(({ members }) => members));
}

function* assignments(domains: readonly Domain[]): Generator<ReadonlyMap<string, Choice>> {
  const [first, ...rest] = domains;
  if (first === undefined) {
    yield new Map();
    return;
  }
  for (const others of assignments(rest)) {
    for (const choice of first.choices) yield new Map(others).set(first.variable.id, choice);
  }
}

function product(sets: readonly (readonly (readonly number[])[])[]): readonly (readonly number[])[] {
  return sets.reduce<readonly (readonly number[])[]>(
    (combined, alternatives) => combined.flatMap((left) => alternatives.map((right) => [...left, ...right])),
    [[]],
  );
}

function inOrder(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((index, position) => index !== right[position]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? Number.POSITIVE_INFINITY);
}
