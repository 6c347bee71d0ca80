import type { Stack } from '../template/template.js';
import type { Deployment } from './deployed.js';
import type { Prepared } from './prepare.js';
import type { TemplateSides } from './property-changes.js';
import type { ReviewedChange } from './record.js';
import { inOrderOfInterest, review, type StackChanges } from './review.js';
import { hiding } from './secrets.js';
import { tagsToAdd } from './stack-tags.js';

/** Every change of a change set, with what asked for it, in the order in which a person should look at them. */
export function reviewChanges(
  tree: readonly StackChanges[],
  prepared: Prepared,
  deployment: Deployment,
): ReviewedChange[] {
  const sides = new Map(
    prepared.tree.stacks.flatMap((stack) => waysOf(stack).map((way) => [way, stack] as const)),
  );
  const hide = hiding(prepared.secrets);
  const changes = tree.flatMap((each) => {
    const stack = sides.get(each.way.join('/'));
    return review(
      each,
      stack === undefined ? undefined : sidesOf(stack, each.way, prepared, deployment),
      hide,
    );
  });
  return [...inOrderOfInterest(changes)];
}

/** A template that is used more than once stands in several places. */
function waysOf(stack: Stack): readonly string[] {
  if (stack.parents.length === 0) return [''];
  return stack.parents.flatMap(({ stack: parent, logicalId }) =>
    waysOf(parent).map((way) => (way === '' ? logicalId : `${way}/${logicalId}`)),
  );
}

function sidesOf(
  stack: Stack,
  way: readonly string[],
  prepared: Prepared,
  { nested, stack: { tags } }: Deployment,
): TemplateSides {
  const { template } = stack;
  const deployed = [...nested.values()].find((each) => each.way.join('/') === way.join('/'))?.template;
  const submitted = prepared.submitted.stacks.find((each) => each.template.path === template.path)?.template;
  return {
    asked: prepared.asked.get(template.path) ?? {
      resources: new Map(),
      parameters: new Map(),
      functions: [],
    },
    isSam: template.isSam,
    tags: tagsToAdd(prepared, tags),
    given: way.length === 0 ? prepared.given : new Set(),
    before: deployed?.value ?? {},
    local: template.value,
    after: submitted?.value ?? {},
  };
}
