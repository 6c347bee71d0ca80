import { isEqual, isList, isMap, type Path, type Value, type ValueMap } from '../document/value.js';
import { resolve, resolveUnder, scalarText } from '../expressions/resolve.js';
import { type Assignment, consumers, solve, underAssignments } from '../expressions/solve.js';
import type { Stack, StackTree } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import { isAccepted, type WantedEdit } from './insertion-points.js';

/** What an edit writes, what a person must know of it, and why it is not safe. */
export type Give = (
  edit: WantedEdit,
  changes: readonly Change[],
  said?: { readonly leaves?: readonly string[]; readonly doubts?: readonly string[] },
) => void;

/** What a placement has to know of the plan so far. */
export interface SoFar {
  /** Whether the plan writes something else there already. */
  isTaken(change: Change): boolean;
  /** Whether the value a parameter of the root is deployed with is known: given from outside, not chosen by the plan. */
  isGiven(name: string): boolean;
}

interface Solved {
  readonly edit: WantedEdit;
  readonly expression: Value;
  readonly assignments: readonly Assignment[];
}

/**
 * Gives parameters another value where they alone decide what an edit comes to: one edit for all the resources that
 * share them, and the value a deployed stack must be given. What else uses such a parameter keeps its value or keeps
 * the parameter from being used. Returns what it left alone.
 */
export function placeInParameters(
  tree: StackTree,
  edits: readonly WantedEdit[],
  writeDefaults: boolean,
  give: Give,
  soFar: SoFar,
): readonly WantedEdit[] {
  // What has got another value in this plan keeps it: what cannot live with it is written in its own place.
  const solved = edits
    .flatMap(solvedEdit)
    .filter(({ assignments }) =>
      assignments.every((assignment) => !changesFor(assignment, writeDefaults).some(soFar.isTaken)),
    );
  const winners = mostWanted(solved);
  const chosen = solved.filter(({ assignments }) =>
    assignments.every((assignment) => winners.get(keyOf(assignment)) === textOf(assignment)),
  );
  const served = new Set<WantedEdit>();
  const placing = { tree, edits, solved, writeDefaults, give, soFar, served };
  for (const group of connected(chosen)) serve(group, placing);
  return edits.filter((edit) => !served.has(edit));
}

function solvedEdit(edit: WantedEdit): readonly Solved[] {
  const { expression, rest } = edit.leaf;
  if (expression === undefined || rest.length > 0) return [];
  const solution = solve(expression, edit.want, edit.finding.stack);
  if (solution === undefined || solution.assignments.length === 0) return [];
  return [{ edit, expression, assignments: solution.assignments }];
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

/** Edits that share a parameter are served together or not at all. */
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

interface Placing {
  readonly tree: StackTree;
  readonly edits: readonly WantedEdit[];
  readonly solved: readonly Solved[];
  readonly writeDefaults: boolean;
  readonly give: Give;
  readonly soFar: SoFar;
  /** Grows. */
  readonly served: Set<WantedEdit>;
}

function serve(group: readonly Solved[], placing: Placing): void {
  const { tree, edits, solved, writeDefaults, give, soFar, served } = placing;
  const assignments = unique(group.flatMap((each) => each.assignments));
  const members = group.map(({ edit }) => edit);
  const changes: Change[] = [];
  const leaves: string[] = [];
  for (const assignment of assignments) {
    const kept = keepBystanders(tree, assignment, edits);
    if (kept === undefined) return;
    if (kept.changes.length > 0 && !isDeployedValueKnown(assignment, soFar)) {
      // A bystander moved to another parameter would lose the value the stack is deployed with.
      const split = assignments.length === 1 ? splitMembers(tree, assignment, members) : undefined;
      if (split === undefined) return;
      for (const edit of members) {
        give(edit, split.changes, { leaves: split.leaves, doubts: doubtsAbout(edit, soFar) });
        served.add(edit);
      }
      return;
    }
    changes.push(...kept.changes, ...changesFor(assignment, writeDefaults));
    leaves.push(...kept.leaves);
  }
  for (const edit of members) {
    const kept = lossesOf(edit, soFar).map(
      (name) => `leave ${name} as it is where the deployed stack has another value that passes already`,
    );
    give(edit, changes, { leaves: [...leaves, ...kept] });
    served.add(edit);
  }
  // Others wanted another value but can live with this one.
  const under = underAssignments(assignments);
  const keys = new Set(assignments.map(keyOf));
  for (const { edit, expression, assignments: wanted } of solved) {
    if (served.has(edit) || !wanted.every((assignment) => keys.has(keyOf(assignment)))) continue;
    const branches = resolveUnder(expression, edit.finding.stack, under);
    if (!branches.every(({ outcome }) => isAccepted(edit.want, outcome))) continue;
    give(edit, changes, { leaves });
    served.add(edit);
  }
}

function unique(assignments: readonly Assignment[]): readonly Assignment[] {
  return [...new Map(assignments.map((assignment) => [keyOf(assignment), assignment])).values()];
}

/** What lets everything else that uses the parameter stay as it is; `undefined` when it cannot. */
function keepBystanders(
  tree: StackTree,
  assignment: Assignment,
  edits: readonly WantedEdit[],
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
    // What gets another value here or in a place of its own. What passes as it is keeps its value, whatever its type.
    const isEdited = edits.some(
      (edit) =>
        edit.finding.stack === stack &&
        edit.logicalId === logicalId &&
        overlaps(path.slice(2), edit.want.path),
    );
    if (isEdited) continue;
    if (condition !== undefined || logicalId === null || assignment.writtenAt !== 'default') return undefined;
    const split = splitOff(assignment, stack, logicalId, path);
    if (split === undefined) return undefined;
    changes.push(...split.changes);
    leaves.push(...split.leaves);
  }
  return { changes, leaves };
}

/** An output that only tells what the value is may change with it; one that others read may not. */
function isReadElsewhere({ template, parents }: Stack, [, name = '']: Path): boolean {
  const output = Object.hasOwn(template.outputs, name) ? template.outputs[name] : undefined;
  return parents.length > 0 || (isMap(output) && output.Export !== undefined);
}

function overlaps(left: Path, right: Path): boolean {
  return left.every((token, index) => index >= right.length || token === right[index]);
}

function changesFor(assignment: Assignment, writeDefaults: boolean): readonly Change[] {
  const { stack, parameter: name, value, writtenAt, link } = assignment;
  const changes: Change[] = assignment.extendAllowedValues ? [...allowedToo(assignment)] : [];
  if (writtenAt === 'passed' && link !== undefined) {
    const path = ['Resources', link.logicalId, 'Properties', 'Parameters', name];
    changes.push({ kind: 'set', template: link.stack.template.path, path, value, placement: 'resource' });
    return changes;
  }
  const template = stack.template.path;
  const isRoot = stack.parents.length === 0;
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

function allowedToo({ stack, parameter, value }: Assignment): readonly Change[] {
  const path = ['Parameters', parameter, 'AllowedValues'];
  const added = addedTo(valueAt(stack.template.value, path), value);
  if (added === undefined) return [];
  const change: Change = {
    kind: 'append',
    template: stack.template.path,
    path,
    value: added.item,
    placement: 'parameter-default',
    ...(added.index >= 0 && { index: added.index }),
  };
  return [change];
}

/** What a list of allowed values lacks: among numbers in ascending order the new one goes to its place. */
function addedTo(
  allowed: Value | undefined,
  value: Value,
): { readonly item: Value; readonly index: number } | undefined {
  if (!isList(allowed) || allowed.some((each) => isEqual(each, value))) return undefined;
  const numbers = allowed.map((each) => (typeof each === 'object' ? Number.NaN : Number(each)));
  const isAscending = numbers.every((each, index) => index === 0 || each > (numbers[index - 1] ?? each));
  const index = isAscending ? numbers.findIndex((each) => each > Number(value)) : -1;
  const [sample] = allowed;
  const item = typeof sample === 'string' && !isMap(value) && !isList(value) ? String(value) : value;
  return { item, index };
}

/** A nested stack has what its parents pass or the default; a root may be deployed with any value. */
function isDeployedValueKnown({ stack, parameter }: Assignment, { isGiven }: SoFar): boolean {
  return stack.parents.length > 0 || isGiven(parameter);
}

/**
 * A new parameter for the properties that are to change, while everything else stays on the old one and keeps whatever
 * value the stack is deployed with. `undefined` where a property is more than the parameter itself, or a nested template
 * passes it on to something else as well.
 */
function splitMembers(
  tree: StackTree,
  assignment: Assignment,
  members: readonly WantedEdit[],
): { readonly changes: readonly Change[]; readonly leaves: readonly string[] } | undefined {
  const { stack, parameter, value } = assignment;
  const { template } = stack;
  const definition = valueAt(template.value, ['Parameters', parameter]);
  if (!isMap(definition)) return undefined;
  const isMember = (owner: Stack, path: Path) =>
    members.some(({ finding, leaf }) => finding.stack === owner && isEqual([...leaf.path], [...path]));
  const alone = { ...stack, children: new Map() };
  const moved: Path[] = [];
  const served = new Set<WantedEdit>();
  for (const { path } of consumers({ ...tree, stacks: [alone] }, alone, parameter)) {
    const places = passedOn(tree, stack, path) ?? [{ stack, path }];
    if (!places.every((place) => isMember(place.stack, place.path))) continue;
    if (!isEqual(valueAt(template.value, path), { Ref: parameter })) return undefined;
    moved.push(path);
    for (const edit of members)
      if (
        places.some(
          (place) => place.stack === edit.finding.stack && isEqual([...place.path], [...edit.leaf.path]),
        )
      )
        served.add(edit);
  }
  if (served.size < members.length) return undefined;
  const kind = members[0]?.type.split('::').at(-1) ?? '';
  const name = freeName(stack, `${parameter}For${kind}s`);
  const allowed = definition.AllowedValues;
  const added = addedTo(allowed, value);
  const own: ValueMap = {
    ...definition,
    Default: value,
    Description: `${members[0]?.want.path.at(-1) ?? ''} of ${kind} resources, which was the same as ${parameter} before`,
    ...(isList(allowed) &&
      added !== undefined && {
        AllowedValues: allowed.toSpliced(added.index < 0 ? allowed.length : added.index, 0, added.item),
      }),
  };
  const set = (path: Path, to: Value, placement: 'parameter-default' | 'resource'): Change => ({
    kind: 'set',
    template: template.path,
    path,
    value: to,
    placement,
  });
  return {
    changes: [
      set(['Parameters', name], own, 'parameter-default'),
      ...moved.map((path) => set(path, { Ref: name }, 'resource')),
    ],
    leaves: [`everything else that uses ${parameter} stays on it, with the value the stack is deployed with`],
  };
}

/** Where a value goes that is passed to a nested template at hand; `undefined` for a place that passes nothing on. */
function passedOn(
  tree: StackTree,
  stack: Stack,
  [section, id = '', properties, parameters, name]: Path,
): readonly { readonly stack: Stack; readonly path: Path }[] | undefined {
  if (section !== 'Resources' || properties !== 'Properties' || parameters !== 'Parameters') return undefined;
  const child = stack.children.get(id);
  if (child === undefined || name === undefined || !child.template.parameters.has(name)) return undefined;
  return consumers(tree, child, name);
}

/**
 * What is lost when a reference to a parameter makes way for a fixed value: a stack may be deployed with a value of it
 * that is right already, and better than the one that would be written.
 */
export function doubtsAbout(edit: WantedEdit, soFar: SoFar): readonly string[] {
  return lossesOf(edit, soFar).map(
    (name) =>
      `the stack may be deployed with another value of ${name} that passes already and would be lost: say which with --parameters ${name}=VALUE, or create a change set, which knows it`,
  );
}

/** The parameters of the root whose deployed value is not known and may be right already. */
function lossesOf({ leaf, want, finding: { stack } }: WantedEdit, { isGiven }: SoFar): readonly string[] {
  const { expression, rest } = leaf;
  if (expression === undefined || rest.length > 0 || want.isSatisfiedBy === undefined) return [];
  const failing = resolve(expression, stack).filter(({ outcome }) => !isAccepted(want, outcome));
  const through = failing.flatMap(({ parameters }) => parameters);
  const open = through.filter(({ stack: owner, name }) => owner.parents.length === 0 && !isGiven(name));
  return [...new Map(open.map((each) => [each.name, each])).values()].flatMap(({ stack: owner, name }) => {
    const allowed = owner.template.parameters.get(name)?.allowedValues;
    const mayPass =
      allowed?.some((value) =>
        resolve(expression, stack, new Map([[name, value]])).some(
          ({ outcome }) => isAccepted(want, outcome) && scalarText(outcome) !== String(want.value),
        ),
      ) ?? true;
    return mayPass ? [name] : [];
  });
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
  const leaves = [`${property} of ${logicalId} stays as it is and has its own parameter ${name} from now on`];
  return { changes, leaves };
}

function freeName({ template }: Stack, wanted: string): string {
  const isTaken = (name: string) =>
    template.parameters.has(name) || template.resources.has(name) || template.conditions.has(name);
  let name = wanted;
  for (let number = 2; isTaken(name); number++) name = `${wanted}${number}`;
  return name;
}
