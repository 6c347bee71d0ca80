import type { Path } from '../document/pointer.js';
import { isEqual, isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { resolveUnder } from '../expressions/resolve.js';
import { type Assignment, consumers, solve } from '../expressions/solve.js';
import type { Stack, StackTree } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import { isAccepted, type Slot } from './insertion-points.js';

type Give = (slot: Slot, changes: readonly Change[], leaves?: readonly string[]) => void;

interface Solved {
  readonly slot: Slot;
  readonly expression: Value;
  readonly assignments: readonly Assignment[];
}

/**
 * Gives parameters another value where they alone decide what a slot comes to: one edit for all the resources that
 * share them, and the value a deployed stack must be given. What else uses such a parameter keeps its value or keeps
 * the parameter from being used. Returns what it left alone.
 */
export function placeInParameters(
  tree: StackTree,
  slots: readonly Slot[],
  writeDefaults: boolean,
  give: Give,
): readonly Slot[] {
  const solved = slots.flatMap(solvedSlot);
  const winners = mostWanted(solved);
  const chosen = solved.filter(({ assignments }) =>
    assignments.every((assignment) => winners.get(keyOf(assignment)) === textOf(assignment)),
  );
  const served = new Set<Slot>();
  for (const group of connected(chosen)) serve(tree, group, solved, writeDefaults, give, served);
  return slots.filter((slot) => !served.has(slot));
}

function solvedSlot(slot: Slot): readonly Solved[] {
  const { expression, rest } = slot.leaf;
  if (expression === undefined || rest.length > 0) return [];
  const solution = solve(expression, slot.want, slot.finding.stack);
  if (solution === undefined || solution.assignments.length === 0) return [];
  return [{ slot, expression, assignments: solution.assignments }];
}

function keyOf({ stack, parameter, link }: Assignment): string {
  return JSON.stringify([stack.template.path, parameter, link?.stack.template.path, link?.logicalId]);
}

function textOf({ value }: Assignment): string {
  return JSON.stringify(value);
}

/** A parameter has one value: the one most resources want of it, the smaller text where two are wanted alike. */
function mostWanted(solved: readonly Solved[]): ReadonlyMap<string, string> {
  const votes = new Map<string, Map<string, number>>();
  for (const assignment of solved.flatMap(({ assignments }) => assignments)) {
    const counts = votes.get(keyOf(assignment)) ?? new Map<string, number>();
    votes.set(keyOf(assignment), counts.set(textOf(assignment), (counts.get(textOf(assignment)) ?? 0) + 1));
  }
  return new Map(
    [...votes].map(([key, counts]) => {
      const [winner] = [...counts].sort(
        ([left, many], [right, more]) => more - many || (left < right ? -1 : 1),
      );
      return [key, winner?.[0] ?? ''];
    }),
  );
}

/** Slots that share a parameter are served together or not at all. */
function connected(solved: readonly Solved[]): readonly (readonly Solved[])[] {
  const groups: { keys: Set<string>; members: Solved[] }[] = [];
  for (const each of solved) {
    const keys = new Set(each.assignments.map(keyOf));
    const touching = groups.filter((group) => [...keys].some((key) => group.keys.has(key)));
    const [first, ...others] = touching;
    if (first === undefined) {
      groups.push({ keys, members: [each] });
      continue;
    }
    for (const key of keys) first.keys.add(key);
    first.members.push(each);
    for (const other of others) {
      for (const key of other.keys) first.keys.add(key);
      first.members.push(...other.members);
      groups.splice(groups.indexOf(other), 1);
    }
  }
  return groups.map(({ members }) => members);
}

function serve(
  tree: StackTree,
  group: readonly Solved[],
  solved: readonly Solved[],
  writeDefaults: boolean,
  give: Give,
  served: Set<Slot>,
): void {
  const assignments = unique(group.flatMap((each) => each.assignments));
  const members = group.map(({ slot }) => slot);
  const changes: Change[] = [];
  const leaves: string[] = [];
  for (const assignment of assignments) {
    const kept = keepBystanders(tree, assignment, members);
    if (kept === undefined) return;
    changes.push(...kept.changes, ...changesFor(assignment, writeDefaults));
    leaves.push(...kept.leaves);
  }
  for (const slot of members) {
    give(slot, changes, leaves);
    served.add(slot);
  }
  // Others wanted another value but can live with this one.
  const assigned = new Map<Stack, Map<string, Value>>();
  for (const { stack, parameter, value } of assignments) {
    assigned.set(stack, (assigned.get(stack) ?? new Map<string, Value>()).set(parameter, value));
  }
  const keys = new Set(assignments.map(keyOf));
  for (const { slot, expression, assignments: wanted } of solved) {
    if (served.has(slot) || !wanted.every((assignment) => keys.has(keyOf(assignment)))) continue;
    const branches = resolveUnder(expression, slot.finding.stack, { assigned });
    if (!branches.every(({ outcome }) => isAccepted(slot.want, outcome))) continue;
    give(slot, changes, leaves);
    served.add(slot);
  }
}

function unique(assignments: readonly Assignment[]): readonly Assignment[] {
  return [...new Map(assignments.map((assignment) => [keyOf(assignment), assignment])).values()];
}

/** What lets everything else that uses the parameter stay as it is; `undefined` when it cannot. */
function keepBystanders(
  tree: StackTree,
  assignment: Assignment,
  members: readonly Slot[],
): { readonly changes: readonly Change[]; readonly leaves: readonly string[] } | undefined {
  const changes: Change[] = [];
  const leaves: string[] = [];
  const all = consumers(tree, assignment.stack, assignment.parameter);
  const isSwitch = all.some(({ condition }) => condition !== undefined);
  for (const { stack, logicalId, path, condition, isKey } of all) {
    // Another row of a mapping is another stage, whatever else it says of the resource at hand.
    if (isKey === true) return undefined;
    // What depends on a condition is a consumer of its own.
    if (path[0] === 'Conditions') continue;
    if (path[0] === 'Outputs' && !isSwitch && !isReadElsewhere(stack, path)) continue;
    const type = logicalId === null ? undefined : stack.template.resources.get(logicalId)?.type;
    if (members.some((slot) => slot.type === type && overlaps(path.slice(2), slot.want.path))) continue;
    if (condition !== undefined || logicalId === null || assignment.site !== 'default') return undefined;
    const split = splitOff(assignment, stack, logicalId, path);
    if (split === undefined) return undefined;
    changes.push(...split.changes);
    leaves.push(...split.leaves);
  }
  return { changes, leaves };
}

/** An output that only tells what the value is may change with it; one that others read may not. */
function isReadElsewhere({ template, parents }: Stack, [, name = '']: Path): boolean {
  const output = template.outputs[name];
  return parents.length > 0 || (isMap(output) && output.Export !== undefined);
}

function overlaps(left: Path, right: Path): boolean {
  return left.every((token, index) => index >= right.length || token === right[index]);
}

function changesFor(assignment: Assignment, writeDefaults: boolean): readonly Change[] {
  const { stack, parameter: name, value, site, link } = assignment;
  if (site === 'passed' && link !== undefined) {
    const path = ['Resources', link.logicalId, 'Properties', 'Parameters', name];
    return [{ kind: 'set', template: link.stack.template.path, path, value, placement: 'resource' }];
  }
  const template = stack.template.path;
  const isRoot = stack.parents.length === 0;
  const changes: Change[] = [];
  if (assignment.extendAllowedValues) changes.push(...allowedToo(assignment));
  if (writeDefaults || !isRoot) {
    const path = ['Parameters', name, 'Default'];
    changes.push({ kind: 'set', template, path, value, placement: 'parameter-default' });
  }
  if (isRoot) {
    const text = isList(value) ? value.map(String).join(',') : String(value);
    changes.push({ kind: 'parameter-value', template, name, value: text });
  }
  return changes;
}

/** Among numbers in ascending order the new one goes to its place. */
function allowedToo({ stack, parameter, value }: Assignment): readonly Change[] {
  const path = ['Parameters', parameter, 'AllowedValues'];
  const allowed = valueAt(stack.template.value, path);
  if (!isList(allowed) || allowed.some((each) => isEqual(each, value))) return [];
  const numbers = allowed.map((each) => (typeof each === 'object' ? Number.NaN : Number(each)));
  const isAscending = numbers.every((each, index) => index === 0 || each > (numbers[index - 1] ?? each));
  const index = isAscending ? numbers.findIndex((each) => each > Number(value)) : -1;
  const [sample] = allowed;
  const item = typeof sample === 'string' && !isMap(value) && !isList(value) ? String(value) : value;
  const change: Change = {
    kind: 'append',
    template: stack.template.path,
    path,
    value: item,
    placement: 'parameter-default',
    ...(index >= 0 && { index }),
  };
  return [change];
}

/**
 * A parameter of its own for a property that shares one with what is to be changed, so that it keeps its value: the one
 * that is known from outside, else the default. `undefined` where the property is more than the parameter itself, or
 * stands in another template.
 */
export function splitOff(
  { stack, parameter }: Assignment,
  owner: Stack,
  logicalId: string,
  path: Path,
): { readonly changes: readonly Change[]; readonly leaves: readonly string[] } | undefined {
  const { template, knownParameters: known } = stack;
  const definition = valueAt(template.value, ['Parameters', parameter]);
  const current = known.get(parameter) ?? template.parameters.get(parameter)?.default;
  if (owner !== stack || !isMap(definition) || current === undefined) return undefined;
  if (!isEqual(valueAt(template.value, path), { Ref: parameter })) return undefined;
  const property = path.findLast((token) => /^[A-Za-z]+$/.test(token)) ?? '';
  const name = freeName(stack, `${logicalId}${property}`);
  const own: ValueMap = {
    ...definition,
    Description: `${property} of ${logicalId}, which was the same as ${parameter} before`,
  };
  const changes: Change[] = [
    {
      kind: 'set',
      template: template.path,
      path: ['Parameters', name],
      value: own,
      placement: 'parameter-default',
    },
    { kind: 'set', template: template.path, path, value: { Ref: name }, placement: 'resource' },
  ];
  if (known.has(parameter)) {
    changes.push({ kind: 'parameter-value', template: template.path, name, value: String(current) });
  }
  const doubt =
    stack.parents.length > 0 || known.has(parameter)
      ? ''
      : `: give it the value a deployed stack has for ${parameter} where that is not ${String(current)}`;
  const leaves = [
    `${property} of ${logicalId} stays as it is and has its own parameter ${name} from now on${doubt}`,
  ];
  return { changes, leaves };
}

function freeName({ template }: Stack, wanted: string): string {
  const isTaken = (name: string) =>
    template.parameters.has(name) || template.resources.has(name) || template.conditions.has(name);
  let name = wanted;
  for (let number = 2; isTaken(name); number++) name = `${wanted}${number}`;
  return name;
}
