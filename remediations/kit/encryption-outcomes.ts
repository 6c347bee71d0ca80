import { isMap, type Outcome, scalarText } from '../../src/remediation.js';

/** Absent, empty text or a map without entries. */
export function isNothing(outcome: Outcome): boolean {
  if (outcome.kind === 'absent') return true;
  if (outcome.kind !== 'value') return false;
  return isMap(outcome.value)
    ? Object.keys(outcome.value).length === 0
    : outcome.value === '' || outcome.value === null;
}

/** A key of the account's own; what is not known is not overwritten. */
export function isOwnKey(outcome: Outcome): boolean {
  if (outcome.kind === 'resource' || outcome.kind === 'unknown') return true;
  const text = scalarText(outcome);
  return text !== undefined && text !== '' && !/(^|:)alias\/aws\//.test(text);
}
