import type { Remediation } from '../contract/remediation.js';
import { IdpFixError } from '../errors.js';
import { closest } from '../policy/problems.js';

/** @throws IdpFixError `unknown-remediation` */
export function findRemediation(id: string, remediations: readonly Remediation[]): Remediation {
  const found = remediations.find((remediation) => remediation.id === id);
  if (found !== undefined) return found;
  const ids = remediations.map((remediation) => remediation.id);
  const near = closest(id, ids);
  throw new IdpFixError('unknown-remediation', `there is no remediation ${id}`, {
    hint: near === undefined ? `there are ${ids.join(', ')}` : `did you mean ${near}?`,
  });
}
