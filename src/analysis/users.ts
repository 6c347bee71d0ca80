import type { ResourceView } from '../contract/facts.js';
import type { Member } from '../expressions/coexistence.js';
import type { Stack, StackTree } from '../template/template.js';
import { resourcesIn } from './references.js';
import { viewResource } from './view.js';

type Users = ReadonlyMap<Stack, ReadonlyMap<string, readonly ResourceView[]>>;

const known = new WeakMap<StackTree, Users>();

/** The resources of a tree that name a resource in their properties, through parameters and outputs as well. */
export function usersOf(tree: StackTree, { stack, logicalId }: Member): readonly ResourceView[] {
  const users = known.get(tree) ?? collectUsers(tree);
  known.set(tree, users);
  return users.get(stack)?.get(logicalId) ?? [];
}

/** One walk over the tree for all of them. */
function collectUsers(tree: StackTree): Users {
  const users = new Map<Stack, Map<string, ResourceView[]>>();
  for (const stack of tree.stacks) {
    for (const { logicalId } of stack.template.resources.values()) {
      const view = viewResource(stack, logicalId);
      for (const named of resourcesIn(view.properties, stack)) {
        const perStack = users.get(named.stack) ?? new Map<string, ResourceView[]>();
        users.set(named.stack, perStack);
        const found = perStack.get(named.logicalId) ?? [];
        perStack.set(named.logicalId, found);
        const isItself = named.stack === stack && named.logicalId === logicalId;
        if (found.at(-1) !== view && !isItself) found.push(view);
      }
    }
  }
  return users;
}
