import { deepFreeze, isEqual, type Value } from '../document/value.js';
import { openTemplate } from '../template/open.js';
import { dependencies } from '../template/references.js';
import { joinStackTree, locationsIn } from '../template/stack-tree.js';
import type { StackTree, Template } from '../template/template.js';
import { copyGraph, type Graph } from './cycles.js';
import type { Fixable, Judged } from './finding.js';
import { openPlanState, type PlanState, valueIn } from './state.js';

/** A finding whose fix is in the plan, and what came along with it. */
export interface AcceptedFix {
  readonly finding: Fixable;
  readonly patch: string;
  readonly companions: readonly string[];
  readonly leaves: readonly string[];
}

/** Why a finding is not fixed. */
export interface Refusal {
  readonly because: string;
  /** Key of the finding whose fix writes another value at the same place. */
  readonly conflictsWith?: string;
}

/** What earlier attempts have shown, by the key of the finding. */
export interface Lessons {
  /** Why a fix is not made. */
  readonly withdrawn: Map<string, string>;
  /** Fixes that something speaks against: 1 is made last of its phase, 2 last of all. */
  readonly late: Map<string, 1 | 2>;
  /** Trees that attempts came to: attempts begin alike, and what has been judged once is not judged again. */
  readonly trees: StackTree[];
}

export function noLessons(): Lessons {
  return { withdrawn: new Map(), late: new Map(), trees: [] };
}

/** One attempt at a plan, with what earlier ones have shown left out. */
export interface PlanAttempt {
  /** As read. */
  readonly original: StackTree;
  readonly state: PlanState;
  readonly graphs: ReadonlyMap<string, Graph>;
  readonly lessons: Lessons;
  /** Why a finding could not be fixed when it was last tried, by its key. */
  readonly refused: Map<string, Refusal>;
  readonly accepted: Map<string, AcceptedFix>;
  /** Patches that need consent for more than what the remediation says, with the reason. */
  readonly costly: Map<string, string>;
  /** What the templates say with everything accepted. */
  tree: StackTree;
  /** Of the templates as read; the last one where another fix made a finding fixable. By key. */
  judged: ReadonlyMap<string, Judged>;
  /** Of the templates with everything accepted, by key. */
  patchedJudged: ReadonlyMap<string, Judged>;
}

export function openAttempt(tree: StackTree, lessons: Lessons): PlanAttempt {
  const values = new Map(tree.stacks.map(({ template }) => [template.path, template.value as Value]));
  const graphs = new Map(
    tree.stacks.map(({ template }) => [template.path, copyGraph(dependencies(template))] as const),
  );
  return {
    original: tree,
    state: openPlanState(values),
    graphs,
    lessons,
    refused: new Map(),
    accepted: new Map(),
    costly: new Map(),
    tree,
    judged: new Map(),
    patchedJudged: new Map(),
  };
}

/** The stack tree as it is with everything in the plan: what has not changed is taken over. */
export function reopen({ original, state, lessons }: PlanAttempt): StackTree {
  const parameters = new Map(original.root.knownParameters);
  for (const [name, { value }] of state.parameterValues) parameters.set(name, value);
  const values = new Map(original.stacks.map(({ template: { path } }) => [path, valueIn(state, path)]));
  const known = lessons.trees.find((tree) => isSameTree(tree, values, parameters));
  if (known !== undefined) return known;
  const templates = new Map<string, Template>();
  for (const { template } of original.stacks) {
    const value = values.get(template.path) ?? template.value;
    const isSame = value === template.value;
    templates.set(
      template.path,
      isSame ? template : openTemplate({ ...template.document, value: deepFreeze(value) }),
    );
  }
  const tree = joinLike(original, templates, parameters);
  lessons.trees.push(tree);
  return tree;
}

function isSameTree(
  tree: StackTree,
  values: ReadonlyMap<string, Value>,
  parameters: ReadonlyMap<string, Value>,
): boolean {
  const known = tree.root.knownParameters;
  return (
    known.size === parameters.size &&
    [...parameters].every(([name, value]) => isEqual(known.get(name), value)) &&
    tree.stacks.every(({ template }) => isEqual(template.value, values.get(template.path)))
  );
}

/** A tree of the same stacks with other templates: what a patch does not move stays where it was found. */
export function joinLike(
  original: StackTree,
  templates: ReadonlyMap<string, Template>,
  parameters: ReadonlyMap<string, Value>,
): StackTree {
  const tree = joinStackTree(original.root.template.path, templates, {
    parameters,
    locate: locationsIn(original),
    readOnly: original.readOnly,
  });
  return original.code === undefined ? tree : { ...tree, code: original.code };
}
