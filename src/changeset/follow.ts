import type { StackEvent, Stacks } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import type { Session } from './session.js';
import { pauses } from './wait.js';
import { unanswered, watching } from './watch.js';

const longestUpdateMs = 6 * 3_600_000;

export interface Ending {
  /** Status of the stack; undefined when the update goes on longer than anybody waits. */
  readonly status: string | undefined;
  /** What failed first, and why; nothing when nothing did. */
  readonly firstCause: string | undefined;
}

/**
 * Tells the events of an update as they come, until the stack has settled.
 * @param after id of the last event before the update; undefined when there was none
 */
export async function follow(session: Session, stackId: string, after: string | undefined): Promise<Ending> {
  const events: StackEvent[] = [];
  const ask = watching(session);
  let last = after;
  for (const pauseMs of pauses(longestUpdateMs)) {
    const answer = await ask(() => session.aws.stacks.eventsAfter(stackId, last));
    const fresh = answer === unanswered ? [] : answer;
    for (const event of fresh) {
      session.note(
        `${event.status} ${event.logicalId}${event.reason === undefined ? '' : `: ${event.reason}`}\n`,
      );
    }
    events.push(...fresh);
    last = fresh.at(-1)?.id ?? last;
    const settled = fresh.findLast(
      (event) => isOfStack(event, stackId) && !event.status.endsWith('_IN_PROGRESS'),
    );
    if (settled !== undefined) {
      return { status: settled.status, firstCause: await firstCause(session.aws.stacks, events, stackId) };
    }
    await session.live.pause(pauseMs);
  }
  return { status: undefined, firstCause: undefined };
}

function isOfStack({ physicalId, type }: StackEvent, stackId: string): boolean {
  return type === 'AWS::CloudFormation::Stack' && physicalId === stackId;
}

/** The first failure that is not just the echo of another one; in a nested stack, the one in there. */
async function firstCause(
  stacks: Stacks,
  events: readonly StackEvent[],
  stackId: string,
): Promise<string | undefined> {
  const first = events.find(
    (event) =>
      event.status.endsWith('_FAILED') &&
      !isOfStack(event, stackId) &&
      !/cancelled/i.test(event.reason ?? ''),
  );
  if (first === undefined) return undefined;
  const own = `${first.logicalId}: ${first.reason ?? first.status}`;
  const { physicalId } = first;
  if (first.type !== 'AWS::CloudFormation::Stack' || physicalId === undefined || physicalId === stackId)
    return own;
  const nested = await causeWithin(stacks, physicalId);
  return nested === undefined ? own : `${first.logicalId}/${nested}`;
}

/** Better told than what the parent says; but what the parent says is not lost where this cannot be read. */
async function causeWithin(stacks: Stacks, stackId: string): Promise<string | undefined> {
  try {
    const events = await stacks.eventsAfter(stackId, undefined);
    return await firstCause(stacks, latestUpdate(events, stackId), stackId);
  } catch (error) {
    if (error instanceof IdpFixError) return undefined;
    throw error;
  }
}

/** The events of a stack since its last update began. */
function latestUpdate(events: readonly StackEvent[], stackId: string): readonly StackEvent[] {
  const start = events.findLastIndex(
    (event) => isOfStack(event, stackId) && /^(?:UPDATE|CREATE)_IN_PROGRESS$/.test(event.status),
  );
  return events.slice(Math.max(start, 0));
}
