import type { CreationAnswer } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import { shellWord } from '../escape.js';
import { creationOf } from './name.js';
import type { ChangeSetRecord } from './record.js';
import type { Session } from './session.js';
import { pauses } from './wait.js';

/** A request whose answer was lost may still be under way, and what it made is not seen at once everywhere. */
const longestDoubtMs = 60_000;

/** The change set of a plan, and which run has made it. */
export interface Found {
  readonly id: string;
  readonly creation: string;
}

/**
 * The change set that a request led to; undefined when there is nothing to change; an error when the name belongs to a
 * change set of another plan. A lost answer is not asked for again: the name, and the description, which carries what
 * the `ClientToken` is made of, say whether the request arrived. CloudFormation tells the token itself nowhere.
 * @throws IdpFixError `aws-timeout` when the change set has not come into sight after a minute
 */
export async function reconcile(
  session: Session,
  answer: CreationAnswer,
  { name, stack, planSha256, creation }: ChangeSetRecord,
  hasSecrets: boolean,
): Promise<Found | IdpFixError | undefined> {
  if (answer.outcome === 'created') return { id: answer.id, creation };
  if (answer.outcome === 'no-changes') return undefined;
  const unseen = new IdpFixError(
    'change-set-foreign',
    `${name} exists already, and nobody can see whether it has the same values for NoEcho parameters`,
    { hint: `idp-fix change-set reject ${shellWord(name)} ${session.where}, then create it again` },
  );
  if (answer.outcome === 'name-taken' && hasSecrets) return unseen;
  for (const pauseMs of pauses(longestDoubtMs)) {
    const found = await session.aws.stacks.changeSet(name, stack.name);
    if (found !== undefined) {
      const maker = found.stackId === stack.id ? creationOf(found.description, planSha256) : undefined;
      if (maker === undefined) {
        return new IdpFixError(
          'change-set-foreign',
          `another change set of this stack has the name ${name}`,
          { hint: 'give this one another name with --name, or reject the other' },
        );
      }
      if (maker !== creation && hasSecrets) return unseen;
      return { id: found.id, creation: maker };
    }
    session.progress(`looking whether ${name} was made\n`);
    await session.live.pause(pauseMs);
  }
  const because = answer.outcome === 'unknown' ? answer.because : `${name} was deleted meanwhile`;
  throw new IdpFixError('aws-timeout', `it is not known whether the change set was made: ${because}`, {
    hint: `run again: the name ${name} stays the same, so no second one is made; or idp-fix change-set reject ${shellWord(name)} ${session.where}`,
  });
}
