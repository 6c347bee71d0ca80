import { isMap } from '../document/value.js';
import { contextKey, type Mutability, mutabilityAt, sayMutability } from '../template/metadata-context.js';
import type { StackTree } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import type { Fixable } from './finding.js';
import { type PlanState, valueIn } from './state.js';

/** Why one of the changes is not made: what it would change is marked as never to be changed. */
export function neverChanged(changes: readonly Change[], original: StackTree): string | undefined {
  const marked = marksOf(changes, original).find(({ level }) => level === 'must-never-change');
  return marked && sayMutability(marked);
}

/** What of the changes a person has to look at, one sentence each. */
export function consentFor(changes: readonly Change[], original: StackTree): readonly string[] {
  const marked = marksOf(changes, original).filter(
    ({ level }) => level === 'review-required' || level === 'change-with-constraints',
  );
  return [...new Set(marked.map(sayMutability))];
}

/** What the templates as read say of the places; what the plan itself has added is nobody's yet. */
function marksOf(changes: readonly Change[], original: StackTree): readonly Mutability[] {
  return changes.flatMap((change) => {
    if (change.kind === 'comment' || change.kind === 'parameter-value') return [];
    const stack = original.stacks.find(({ template }) => template.path === change.template);
    return (stack && mutabilityAt(stack, change.path)) ?? [];
  });
}

/** The changes, with what each resource they add is for, unless another finding has added it. */
export function withWhy(
  changes: readonly Change[],
  { remediation }: Fixable,
  state: PlanState,
): readonly Change[] {
  return changes.map((change) => {
    const isResource = change.kind === 'set' && change.path[0] === 'Resources' && change.path.length === 2;
    if (!isResource || !isMap(change.value)) return change;
    if (valueAt(valueIn(state, change.template), change.path) !== undefined) return change;
    const { Metadata: metadata } = change.value;
    const why = { why: `${remediation.title}: ${remediation.why}` };
    return {
      ...change,
      value: { ...change.value, Metadata: { ...(isMap(metadata) ? metadata : {}), [contextKey]: why } },
    };
  });
}
