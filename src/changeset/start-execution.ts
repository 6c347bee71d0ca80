import type { ChangeSet } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import type { ChangeSetRecord } from './record.js';
import type { Session } from './session.js';
import { pauses } from './wait.js';

/** A request whose answer was lost may still be under way. */
const longestDoubtMs = 30_000;

/**
 * A lost answer is not asked for again: the change set itself says whether it is being executed.
 * @param giveBack for what is certain not to have been executed
 */
export async function startExecution(
  { id }: ChangeSet,
  record: ChangeSetRecord,
  session: Session,
  giveBack: () => Promise<void>,
): Promise<boolean> {
  const { stacks } = session.aws;
  const answer = await unlessRefused(
    stacks.execute(id, record.stack.id, `execute-${record.planSha256}`),
    giveBack,
  );
  if (answer.outcome === 'started') return true;
  if (answer.outcome === 'gone') {
    await giveBack();
    throw new IdpFixError('change-set-gone', `the change set ${record.name} was deleted meanwhile`, {
      hint: 'create it again',
    });
  }
  if (answer.outcome === 'refused') {
    await giveBack();
    throw new IdpFixError('stale', `CloudFormation does not execute ${record.name}: ${answer.because}`, {
      hint: 'create it again',
    });
  }
  for (const pauseMs of pauses(longestDoubtMs)) {
    const found = await stacks.changeSet(id, record.stack.name);
    if (found === undefined || found.executionStatus !== 'AVAILABLE') return true;
    session.progress(`looking whether ${record.name} is being executed\n`);
    await session.live.pause(pauseMs);
  }
  return false;
}

/** What AWS refuses it has not done. */
async function unlessRefused<Answer>(
  request: Promise<Answer>,
  giveBack: () => Promise<void>,
): Promise<Answer> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof IdpFixError) await giveBack();
    throw error;
  }
}
