import { isList, isMap, type Value } from '../document/value.js';
import { isAlwaysWith, type Place } from '../expressions/coexistence.js';
import { referencesIn } from '../template/references.js';
import type { Stack, StackTree } from '../template/template.js';
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
    const known = referencesIn(withoutChoices(stack.template.resources.get(logicalId)?.body ?? {}));
    for (const name of referencesIn(withoutChoices(change.value))) {
      const isConditional = stack.template.resources.get(name)?.condition !== undefined;
      if (!isConditional || known.includes(name)) continue;
      if (!isAlwaysWith(tree, [{ stack, logicalId: name }], owner))
        return `its fix refers to ${name}, which is there in some deployments only`;
    }
  }
  return undefined;
}

/** What has to be there; a new resource is as often there as others of its condition. */
function ownerOf(value: Value, logicalId: string, stack: Stack): Place | undefined {
  const { resources } = stack.template;
  if (resources.has(logicalId)) return { stack, logicalId };
  const condition = isMap(value) ? value.Condition : undefined;
  if (condition === undefined) return { stack, logicalId: null };
  const alike = [...resources.values()].find((resource) => resource.condition === condition);
  return alike === undefined ? undefined : { stack, logicalId: alike.logicalId };
}

function withoutChoices(value: Value): Value {
  if (isList(value)) return value.map(withoutChoices);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      key === 'Fn::If' || key === 'DependsOn' ? [] : [[key, withoutChoices(inner)]],
    ),
  );
}
