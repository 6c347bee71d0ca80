import { isList, isMap, type Value } from '../document/value.js';
import { isAlwaysWith, type Member, type ResourceOrStack } from '../expressions/coexistence.js';
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
