import type { Trigger } from '../contract/classes.js';
import { isMap } from '../document/value.js';
import type { Stack, StackTree } from '../template/template.js';
import { definedApiTriggers } from './api-definitions.js';
import { directInvocations } from './invocations.js';
import { publishedTriggers } from './names-in-data.js';
import { permissionTriggers } from './permission-triggers.js';
import { type FindFunctions, functionFinder, functionsOf, type Member } from './references.js';
import { connectorTriggers, resourceTriggers } from './resource-triggers.js';
import { roleInvocations } from './service-roles.js';
import { machineTriggers } from './state-machines.js';
import type { FoundTrigger } from './trigger-places.js';
import { viewResources } from './view.js';

/**
 * What invokes each function of the tree, by evidence in the templates alone. References are followed through the
 * parameters and outputs of nested stacks; mentions in outputs, dashboards and descriptions are no triggers.
 */
export function triggersOf(tree: StackTree): ReadonlyMap<Stack, ReadonlyMap<string, readonly Trigger[]>> {
  const find = functionFinder(tree);
  const views = viewResources(tree);
  const triggers = new Map(tree.stacks.map((stack) => [stack, new Map<string, Trigger[]>()]));
  for (const { stack, logicalId } of functionsOf(tree)) triggers.get(stack)?.set(logicalId, []);
  const listOf = ({ stack, logicalId }: Member): Trigger[] => triggers.get(stack)?.get(logicalId) ?? [];
  const record = (found: readonly FoundTrigger[]): void => {
    for (const { member, trigger } of found) {
      const list = listOf(member);
      const isKnown = list.some(
        ({ description, invocation, seen }) =>
          description === trigger.description && invocation === trigger.invocation && seen === trigger.seen,
      );
      const isTold =
        trigger.source === 'state-machine' &&
        trigger.seen === undefined &&
        list.some(({ description, seen }) => description === trigger.description && seen !== undefined);
      if (!isKnown && !isTold) list.push(trigger);
    }
  };
  // First, because what a definition says of a call counts more than that the machine knows the function.
  record(machineTriggers(tree, find));
  record(definedApiTriggers(tree, find));
  record(resourceTriggers(views, find));
  record(globalAuthorizers(tree, find));
  record(directInvocations(tree, find, listOf));
  record(connectorTriggers(views, find, listOf));
  // Last, because a permission counts only where nothing else explains it.
  for (const view of views) record(permissionTriggers(view, find, listOf));
  for (const view of views) record(roleInvocations(view, find, listOf));
  record(publishedTriggers(tree, find, listOf));
  return triggers;
}

/** Authorizers of the APIs that SAM makes by itself have no resource to stand in. */
function globalAuthorizers(tree: StackTree, find: FindFunctions): readonly FoundTrigger[] {
  return tree.stacks.flatMap((stack) =>
    ['Api', 'HttpApi', 'WebSocketApi'].flatMap((section) => {
      const { [section]: settings } = stack.template.globals;
      return find(isMap(settings) ? settings.Auth : undefined, stack).map((member) => ({
        member,
        trigger: {
          invocation: 'sync',
          source: 'identity',
          description: `authorizer in Globals.${section}`,
        } as const,
      }));
    }),
  );
}
