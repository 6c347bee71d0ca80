import { numberOf, type Outcome, type ResourceView } from '../../src/remediation.js';

/** A whole number, which parameters give as text; `undefined` for anything else. */
export function wholeNumber(outcome: Outcome): number | undefined {
  const number = numberOf(outcome);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The largest number a property comes to in any branch; `undefined` when none is known. */
export function largestAt(view: ResourceView, ...path: readonly string[]): number | undefined {
  const numbers = view.read(...path).flatMap(({ outcome }) => wholeNumber(outcome) ?? []);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}
