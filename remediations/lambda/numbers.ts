import type { Outcome, ResourceView } from '../../src/remediation.js';

/** A whole number, which parameters give as text; `undefined` for anything else. */
export function wholeNumber(outcome: Outcome): number | undefined {
  if (outcome.kind !== 'value' || outcome.value === '') return undefined;
  const number = typeof outcome.value === 'object' ? Number.NaN : Number(outcome.value);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The largest number a property comes to in any branch; `undefined` when none is known. */
export function largestAt(view: ResourceView, ...path: readonly string[]): number | undefined {
  const numbers = view.read(...path).flatMap(({ outcome }) => wholeNumber(outcome) ?? []);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}
