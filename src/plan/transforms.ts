import type { ValueMap } from '../document/value.js';
import type { Transform } from '../policy/policy.js';
import { matchesWildcard, mentionsIn } from '../template/mentions.js';
import type { Stack, StackTree, Template } from '../template/template.js';
import type { Change } from './change.js';

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
