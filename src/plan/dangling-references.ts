import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { isAlwaysWith, type Member, type ResourceOrStack } from '../expressions/coexistence.js';
import type { Transform } from '../policy/policy.js';
import { matchesWildcard, mentionsIn } from '../template/mentions.js';
import { referencesIn } from '../template/references.js';
import type { Stack, StackTree, Template } from '../template/template.js';
import type { Change } from './change.js';

/**
 * Why changes would have a resource refer to one that some of its deployments lack, which CloudFormation refuses there;
 * `undefined` where they do not. A reference below `Fn::If` is guarded, and one the resource has already is not new.
 */
export function conditionalReference(changes: readonly Change[], tree: StackTree): string | undefined {
  for (const change of changes) {
    if (change.kind !== 'set' && change.kind !== 'append') continue;
    const stack = tree.stacks.find(({ template }) => template.path === change.template);
    const [section, logicalId] = change.path;
    if (stack === undefined || section !== 'Resources' || logicalId === undefined) continue;
    const owner = ownerOf(change.value, logicalId, stack);
    if (owner === undefined) continue;
    const body = stack.template.resources.get(logicalId)?.body ?? {};
    for (const name of unguardedIn(change.value)) {
      const target = alike(conditionOf(name, change.template, stack, changes), stack);
      if (target === undefined || isAlwaysWith(tree, [target], owner)) continue;
      if (!unguardedIn(body).includes(name))
        return `its fix refers to ${name}, which is there in some deployments only`;
    }
  }
  return undefined;
}

function ownerOf(value: Value, logicalId: string, stack: Stack): ResourceOrStack | undefined {
  if (stack.template.resources.has(logicalId)) return { stack, logicalId };
  const condition = isMap(value) ? value.Condition : undefined;
  return condition === undefined ? { stack, logicalId: null } : alike(condition, stack);
}

/** Of a resource that is there, or comes along. */
function conditionOf(
  logicalId: string,
  template: string,
  stack: Stack,
  changes: readonly Change[],
): Value | undefined {
  const known = stack.template.resources.get(logicalId);
  if (known !== undefined) return known.condition;
  const added = changes.find(
    (change) =>
      change.kind === 'set' &&
      change.template === template &&
      change.path.length === 2 &&
      change.path[0] === 'Resources' &&
      change.path[1] === logicalId,
  );
  return added?.kind === 'set' && isMap(added.value) ? added.value.Condition : undefined;
}

/** A resource of a condition, which is there as often as any other of it. */
function alike(condition: Value | undefined, stack: Stack): Member | undefined {
  if (condition === undefined) return undefined;
  for (const resource of stack.template.resources.values())
    if (resource.condition === condition) return { stack, logicalId: resource.logicalId };
  return undefined;
}

function unguardedIn(value: Value): readonly string[] {
  return referencesIn(hasChoice(value) ? withoutChoices(value) : value);
}

function hasChoice(value: Value): boolean {
  if (isList(value)) return value.some(hasChoice);
  return isMap(value) && Object.keys(value).some((key) => isChoice(key) || hasChoice(value[key] ?? null));
}

/** What may be there or not, and what asks for an order alone. */
function isChoice(key: string): boolean {
  return key === 'Fn::If' || key === 'DependsOn';
}

function withoutChoices(value: Value): Value {
  if (isList(value)) return value.map(withoutChoices);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (isChoice(key) ? [] : [[key, withoutChoices(inner)]])),
  );
}

/**
 * Transforms that are run after idp-fix, such as a vendor's script that takes the user interface out, delete parts of
 * the templates. What they delete is not judged, and nothing that stays may refer to it.
 */

/** The transform that deletes something of a template; `undefined` for what stays. */
export function deletingTransform(
  transforms: readonly Transform[],
  stack: Stack,
  name: string,
): string | undefined {
  if (transforms.length === 0) return undefined;
  const own = transforms.find(
    (each) =>
      (each.template === undefined || matchesWildcard(each.template, stack.template.path)) &&
      each.removes.some((pattern) => matchesWildcard(pattern, name)),
  );
  return own?.name ?? deletedWithParents(transforms, stack);
}

/** A nested template goes with the last resource that makes a stack of it. */
function deletedWithParents(transforms: readonly Transform[], { parents }: Stack): string | undefined {
  const [first, ...others] = parents.map(({ stack, logicalId }) =>
    deletingTransform(transforms, stack, logicalId),
  );
  return others.every((each) => each !== undefined) ? first : undefined;
}

/** Why a change would leave a reference to what a later transform deletes; `undefined` where it leaves none. */
export function danglingReference(
  changes: readonly Change[],
  tree: StackTree,
  transforms: readonly Transform[],
): string | undefined {
  if (transforms.length === 0) return undefined;
  for (const change of changes) {
    if (change.kind !== 'set' && change.kind !== 'append') continue;
    const stack = tree.stacks.find(({ template }) => template.path === change.template);
    const [section, owner] = change.path;
    if (stack === undefined || owner === undefined) continue;
    if (section !== 'Globals' && deletingTransform(transforms, stack, owner) !== undefined) continue;
    for (const { name } of mentionsIn(change.value)) {
      const transform = deletingTransform(transforms, stack, name);
      if (transform !== undefined)
        return `its fix refers to ${name}, which the transform ${transform} deletes afterwards; run idp-fix on the transformed template`;
    }
  }
  return undefined;
}

/** What a transform has deleted, by comparing the template with what came of it. */
export function deletedBetween(before: Template, after: Template, name: string): Transform {
  const gone = (left: Iterable<string>, right: { has(id: string): boolean }) =>
    [...left].filter((id) => !right.has(id));
  const outputs = (value: ValueMap) => new Set(Object.keys(value));
  return {
    name,
    template: before.path,
    removes: [
      ...gone(before.parameters.keys(), after.parameters),
      ...gone(before.conditions.keys(), after.conditions),
      ...gone(before.resources.keys(), after.resources),
      ...gone(Object.keys(before.outputs), outputs(after.outputs)),
    ],
  };
}
