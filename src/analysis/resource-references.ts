import type { Value } from '../document/value.js';
import { resolve } from '../expressions/resolve.js';
import { mentionsIn } from '../template/mentions.js';
import type { Stack } from '../template/template.js';

/** A resource of the tree that a value mentions, and where in the value. */
export interface ResourceReference {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly path: readonly string[];
}

/** The resources a value mentions at any depth, followed through parameters and outputs of nested stacks. */
export function resourcesIn(
  value: Value | undefined,
  stack: Stack,
  isWanted: (path: readonly string[]) => boolean = () => true,
): readonly ResourceReference[] {
  return mentionsIn(value).flatMap(({ name, attribute, path }) =>
    name.startsWith('AWS::') || !isWanted(path)
      ? []
      : resolve(attribute === 'Ref' ? { Ref: name } : { 'Fn::GetAtt': [name, attribute] }, stack).flatMap(
          ({ outcome }) =>
            outcome.kind === 'resource' ? { stack: outcome.stack, logicalId: outcome.logicalId, path } : [],
        ),
  );
}

/** The first of them that is in the same template. */
export function resourceIn(value: Value | undefined, stack: Stack): string | undefined {
  return resourcesIn(value, stack).find((found) => found.stack === stack)?.logicalId;
}
