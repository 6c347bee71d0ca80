import type { Need, Stack, Value, ValueMap } from '../../src/remediation.js';

/** A value in a template's terms, and what has to come along for it to mean something. */
export interface HandedDown {
  readonly value: Value;
  readonly needs: readonly Need[];
}

/** What the root has, handed down to a nested template through a parameter of every template on the way. */
export function handDown(
  stack: Stack,
  name: string,
  definition: ValueMap,
  inRoot: (root: Stack) => HandedDown,
): HandedDown {
  if (stack.parents.length === 0) return inRoot(stack);
  const above = new Map(
    stack.parents.map((parent) => [parent.stack, handDown(parent.stack, name, definition, inRoot)]),
  );
  const needs = [...above.values()].flatMap((each) => each.needs);
  const passed = (parent: Stack) => above.get(parent)?.value;
  return {
    value: { Ref: name },
    needs: [...needs, { kind: 'parameter', name, definition, passed, in: stack }],
  };
}
