import { IdpFixError } from '../../errors.js';
import { alarmCheck } from './alarms.js';
import type { Check, Prospect } from './check.js';
import { concurrencyCheck } from './concurrency.js';
import { keyChecks } from './keys.js';
import { subnetChecks } from './network.js';
import { signingChecks } from './signing.js';

/** What the change set takes for granted of the account, log groups aside. */
export async function checkAll(prospect: Prospect): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const look of [keyChecks, concurrencyCheck, subnetChecks, signingChecks, alarmCheck]) {
    checks.push(...(await look(prospect)));
  }
  return checks;
}

/** @throws IdpFixError `prerequisite-failed`; with `isStrict` also for what could not be checked */
export function refuseFailed(checks: readonly Check[], isStrict: boolean): void {
  const wrong = checks.filter(({ status }) => status === 'failed' || (isStrict && status === 'unchecked'));
  if (wrong.length > 0) throw prerequisiteFailed(wrong);
}

/** @param wrong not empty */
export function prerequisiteFailed([first, ...others]: readonly Check[]): IdpFixError {
  const more = others.length > 0 ? ` (and ${others.length} more, above)` : '';
  const hint =
    first?.status === 'unchecked' ? 'without --strict it would only be noted' : 'mend it and run again';
  return new IdpFixError(
    'prerequisite-failed',
    `nothing was created: ${first?.what}: ${first?.because}${more}`,
    { hint: first?.hint ?? hint },
  );
}
