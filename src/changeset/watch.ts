import type { ChangeSet } from '../aws-ports.js';
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

const firstPauseMs = 1_000;
const longestPauseMs = 5_000;
const longestWaitMs = 900_000;

/** How long to wait before each look: short at first, then every few seconds; ends when the time is up. */
export function* pauses(totalMs: number): Generator<number> {
  let pauseMs = firstPauseMs;
  for (let waitedMs = 0; waitedMs < totalMs; ) {
    yield pauseMs;
    waitedMs += pauseMs;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/**
 * Waits until CloudFormation has made a change set, or has given up.
 * @throws IdpFixError `change-set-gone` when somebody deletes it meanwhile, `aws-timeout`
 */
export async function waitForChangeSet(session: Session, id: string, stackName: string): Promise<ChangeSet> {
  const ask = watching(session);
  for (const pauseMs of pauses(longestWaitMs)) {
    const found = await ask(() => session.aws.stacks.changeSet(id, stackName));
    if (found === undefined) {
      throw new IdpFixError('change-set-gone', `the change set ${id} was deleted while it was being made`, {
        hint: 'someone else is updating this stack; wait, then create it again',
      });
    }
    const isUnderWay =
      found === unanswered || found.status === 'CREATE_PENDING' || found.status === 'CREATE_IN_PROGRESS';
    if (!isUnderWay) return found;
    if (found !== unanswered) session.progress(`CloudFormation works out the changes: ${found.status}\n`);
    await session.live.pause(pauseMs);
  }
  throw new IdpFixError('aws-timeout', `CloudFormation still works on the change set ${id}`, {
    hint: `idp-fix change-set show shows it later`,
  });
}
