import type { Need, Stack, Value, ValueMap } from '../../src/remediation.js';

/** A value in a template's terms, and what has to come along for it to mean something. */
export interface HandedDown {
  readonly value: Value;
  readonly needs: readonly Need[];
}

/**
 * What the root has, handed down to a nested template through a parameter of every template on the way.
 * @param passOn makes of a value what a parameter can be given: lists are handed down as one text
 */
export function handDown(
  stack: Stack,
  name: string,
  definition: ValueMap,
  inRoot: (root: Stack) => HandedDown,
  passOn: (value: Value) => Value = (value) => value,
): HandedDown {
  if (stack.parents.length === 0) return inRoot(stack);
  const above = new Map(
    stack.parents.map((parent) => [parent.stack, handDown(parent.stack, name, definition, inRoot, passOn)]),
  );
  const needs = [...above.values()].flatMap((each) => each.needs);
  const passed = (parent: Stack) => {
    const handed = above.get(parent);
    return handed === undefined ? undefined : passOn(handed.value);
  };
  return {
    value: { Ref: name },
    needs: [...needs, { kind: 'parameter', name, definition, passed, in: stack }],
  };
}
