import { IdpFixError } from '../errors.js';
import type { Session } from './session.js';

/** How often in a row AWS may fail to answer while something is watched that goes on by itself. */
const longestSpell = 10;

/** No answer this time. */
export const unanswered = Symbol('unanswered');

/**
 * Asks about something that goes on by itself, over and over. A failure that may pass is told and passed over, as long
 * as there are not too many in a row.
 * @throws IdpFixError what AWS says once it has failed too often; at once for credentials and denials
 */
export function watching({ progress }: Session) {
  let failures = 0;
  return async function ask<Answer>(look: () => Promise<Answer>): Promise<Answer | typeof unanswered> {
    try {
      const answer = await look();
      failures = 0;
      return answer;
    } catch (error) {
      const mayPass =
        error instanceof IdpFixError && (error.code === 'aws-timeout' || error.code === 'aws-failed');
      failures += 1;
      if (!mayPass || failures >= longestSpell) throw error;
      progress(`${error.message}; looking again\n`);
      return unanswered;
    }
  };
}
