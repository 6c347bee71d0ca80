import type { ChangeSet } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import { shellWord } from '../escape.js';
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

const reminderMs = 60_000;

/** Tells a person what is waited for: on a terminal at every look, and wherever the output goes every minute. */
export function patience({ progress, note }: Pick<Session, 'progress' | 'note'>) {
  let waitedMs = 0;
  return (what: string, pauseMs: number): void => {
    const before = Math.floor(waitedMs / reminderMs);
    waitedMs += pauseMs;
    const minutes = Math.floor(waitedMs / reminderMs);
    if (minutes > before) note(`${what} (${minutes} min)\n`);
    else progress(`${what}\n`);
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
  const wait = patience(session);
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
    const status = found === unanswered ? 'no answer' : found.status;
    wait(`CloudFormation works out the changes: ${status}`, pauseMs);
    await session.live.pause(pauseMs);
  }
  throw new IdpFixError(
    'aws-timeout',
    `CloudFormation still works on the change set ${id} after ${longestWaitMs / 60_000} minutes`,
    {
      hint: `idp-fix change-set show ${shellWord(id)} ${session.where} shows it later`,
    },
  );
}
