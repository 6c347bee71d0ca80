import { IdpFixError } from '../errors.js';
import { isOurs } from './name.js';
import type { ChangeSetRequest, CreationAnswer } from './ports.js';
import type { Session } from './session.js';
import { pauses } from './wait.js';

const longestDoubtMs = 10_000;

/**
 * The id of the change set that a request led to; undefined when there is nothing to change. A lost answer is not asked
 * for again: the name and the description say whether the request arrived.
 */
export async function reconcile(
  session: Session,
  answer: CreationAnswer,
  { name, stackId }: Pick<ChangeSetRequest, 'name' | 'stackId'>,
  hash: string,
): Promise<string | undefined> {
  if (answer.outcome === 'created') return answer.id;
  if (answer.outcome === 'no-changes') return undefined;
  for (const pauseMs of pauses(answer.outcome === 'unknown' ? longestDoubtMs : 1)) {
    const found = await session.aws.stacks.changeSet(name, stackId);
    if (found !== undefined && isOurs(found.description, hash)) return found.id;
    if (found !== undefined) {
      throw new IdpFixError('change-set-foreign', `another change set of this stack has the name ${name}`, {
        hint: 'give this one another name with --name, or reject the other',
      });
    }
    if (answer.outcome === 'unknown') await session.live.pause(pauseMs);
  }
  const because = answer.outcome === 'unknown' ? answer.because : `${name} was deleted meanwhile`;
  throw new IdpFixError('aws-timeout', `it is not known whether the change set was made: ${because}`, {
    hint: `run again: the name ${name} stays the same, so no second one is made; or idp-fix change-set reject ${name}`,
  });
}
