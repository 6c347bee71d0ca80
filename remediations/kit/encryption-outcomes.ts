import { isMap, type Outcome } from '../../src/remediation.js';

/** Absent, empty text or a map without entries. */
export function isNothing(outcome: Outcome): boolean {
  if (outcome.kind === 'absent') return true;
  if (outcome.kind !== 'value') return false;
  return isMap(outcome.value)
    ? Object.keys(outcome.value).length === 0
    : outcome.value === '' || outcome.value === null;
}
