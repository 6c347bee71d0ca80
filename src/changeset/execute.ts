import type { ChangeSet, StackEvent, Stacks } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import { shellWord } from '../escape.js';
import { count } from '../report/words.js';
import { movedSince, recordOf } from './find.js';
import { isUndeployed } from './first-deployment.js';
import { readyStack } from './prerequisites.js';
import { type ChangeSetRecord, description, type ReviewedChange, writeRecord } from './record.js';
import { actionsOf, nameOfChange, openLosses, review } from './review.js';
import type { Session } from './session.js';
import { presentState } from './show.js';
import { patience, pauses, readChangeTree, unanswered, watching } from './watch.js';

interface ExecuteRequest {
  readonly changeSet: string;
  /** Name or id, as the user says it. */
  readonly stack: string;
  readonly folder: string;
  /** The stack's name, typed beforehand. */
  readonly confirm: string | undefined;
  readonly allowed: readonly string[];
}

/**
 * Carries out a change set that was reviewed, once, and follows it to its end. The only command that changes a stack.
 * @throws IdpFixError `stale`, `replacement-blocked`, `change-set-gone`, `stack-not-ready`, `not-confirmed`, `no-terminal`;
 * `execution-failed` when the stack was rolled back
 */
export async function executeChangeSet(request: ExecuteRequest, session: Session): Promise<ChangeSetRecord> {
  const { aws, files } = session;
  const record = await recordOf(files, request.folder, request.changeSet, request.stack);
  refuseWrongState(record, session);
  const moved = movedSince(record, await presentState(record, request.folder, session));
  if (moved.length > 0) {
    throw new IdpFixError(
      'stale',
      `nothing was executed, because things have moved since the review: ${moved.join('; ')}`,
      {
        hint: `reject ${record.name} and create a new change set`,
      },
    );
  }
  const { changeSet, changes } = await reviewedChangeSet(record, session);
  const stack = await aws.stacks.stack(record.stack.id);
  const isReady = record.stack.isNew && stack !== undefined && isUndeployed(stack);
  if (!isReady) readyStack(stack, record.stack.name, aws.region);
  refuseLosses(changes, record.allowed, request.allowed);
  session.live.whenInterrupted('nothing has been executed');
  await confirm(record, request.confirm, session);

  const keep = (state: ChangeSetRecord['state']) => writeRecord(files, request.folder, { ...record, state });
  const newest = await aws.stacks.newestEvent(record.stack.id);
  await keep('executing');
  session.live.whenInterrupted(
    `the update of ${record.stack.name} goes on in AWS, and nothing here stops it; idp-fix change-set show ${shellWord(record.name)} ${session.where} tells how it ends`,
  );
  const isStarted = await startExecution(changeSet, record, session, () => keep('created'));
  if (!isStarted) {
    await keep('created');
    throw new IdpFixError('aws-timeout', 'ExecuteChangeSet got no answer, and nothing has been executed', {
      hint: 'run again',
    });
  }
  session.note(
    `${record.stack.name} is being updated; its events follow, for ${longestUpdateMs / 3_600_000} hours at most\n`,
  );
  const { status, firstCause } = await followed(record, newest?.id, session);
  session.live.whenInterrupted(undefined);
  if (status === undefined) {
    throw new IdpFixError(
      'aws-timeout',
      `${record.stack.name} is still being updated after ${longestUpdateMs / 3_600_000} hours`,
      {
        hint: `idp-fix change-set show ${shellWord(record.name)} ${session.where} tells how it ends`,
      },
    );
  }
  if (status !== (record.stack.isNew ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE')) {
    await keep('failed');
    const cause = firstCause === undefined ? 'CloudFormation gives no cause' : `first cause: ${firstCause}`;
    throw new IdpFixError('execution-failed', `${record.stack.name} ended in ${status}; ${cause}`, {
      hint: waysOn[status] ?? 'aws cloudformation continue-update-rollback recovers it',
    });
  }
  await keep('executed');
  return { ...record, state: 'executed' };
}

const deleteFirst =
  'its creation failed: fix the cause, delete the stack with aws cloudformation delete-stack, and create a new change set';

const waysOn: Readonly<Record<string, string>> = {
  UPDATE_ROLLBACK_COMPLETE: 'the stack is unchanged; fix the cause and create a new change set',
  ROLLBACK_COMPLETE: deleteFirst,
  ROLLBACK_FAILED: deleteFirst,
  CREATE_FAILED: deleteFirst,
};

/** Whatever keeps anybody from watching does not keep the update from going on. */
async function followed(record: ChangeSetRecord, after: string | undefined, session: Session) {
  try {
    return await follow(session, record.stack.id, after);
  } catch (error) {
    session.alert(
      `the update of ${record.stack.name} goes on in AWS; idp-fix change-set show ${shellWord(record.name)} ${session.where} tells how it ends\n`,
    );
    throw error;
  }
}

function refuseWrongState({ state, name }: ChangeSetRecord, { where }: Session): void {
  if (state === 'created') return;
  const because = {
    creating: 'it was never finished',
    empty: 'it was empty',
    executing: 'it is being executed, or was interrupted while it was',
    executed: 'it has been executed',
    failed: 'it has failed',
    rejected: 'it was rejected',
  }[state];
  throw new IdpFixError('stale', `${name} cannot be executed: ${because}`, {
    hint:
      state === 'executing'
        ? `idp-fix change-set show ${shellWord(name)} ${where} looks how far it has come`
        : 'create a new change set',
  });
}

/**
 * The change set as CloudFormation has it, and what it does. The record was reviewed, but it is a file: that plan, run
 * and losses agreed to are those of the change set is told by its description.
 */
async function reviewedChangeSet(
  record: ChangeSetRecord,
  { aws }: Session,
): Promise<{ readonly changeSet: ChangeSet; readonly changes: readonly ReviewedChange[] }> {
  const found = await aws.stacks.changeSet(record.arn ?? record.name, record.stack.name);
  if (found === undefined) {
    throw new IdpFixError('change-set-gone', `the change set ${record.name} is no longer there`, {
      hint: 'create it again',
    });
  }
  const { planSha256: plan, creation, maker, allowed } = record;
  const isSame =
    found.id === record.arn && found.description === description({ plan, creation, maker, allowed });
  const tree = await readChangeTree(aws.stacks, found);
  const changes = tree.flatMap((stack) => review(stack, undefined, (text) => text));
  if (!isSame || actionsOf(changes) !== actionsOf(record.changes)) {
    throw new IdpFixError('stale', `the change set ${record.name} is not the one that was reviewed`, {
      hint: 'reject it and create a new one',
    });
  }
  if (found.status !== 'CREATE_COMPLETE' || found.executionStatus !== 'AVAILABLE') {
    throw new IdpFixError(
      'stale',
      `the change set ${record.name} cannot be executed: ${found.status}, ${found.executionStatus ?? ''}`,
      {
        hint: 'reject it and create a new one',
      },
    );
  }
  return { changeSet: found, changes };
}

function refuseLosses(
  changes: readonly ReviewedChange[],
  allowed: readonly string[],
  alsoAllowed: readonly string[],
): void {
  const names = new Set(changes.map(nameOfChange));
  const unknown = alsoAllowed.filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new IdpFixError('usage', `the change set does not touch ${unknown.join(', ')}`, {
      hint: 'in a nested stack a resource is called Child/Resource',
    });
  }
  const open = openLosses(changes, [...allowed, ...alsoAllowed]).map(nameOfChange);
  if (open.length === 0) return;
  throw new IdpFixError(
    'replacement-blocked',
    `nothing was executed, because it loses, or may lose, what ${open.join(', ')} ${open.length === 1 ? 'holds' : 'hold'}`,
    {
      hint: `if that is what you want: ${open.map((name) => `--allow-replacement ${name}`).join(' ')}`,
    },
  );
}

async function confirm(
  { stack, changes }: ChangeSetRecord,
  given: string | undefined,
  { live }: Session,
): Promise<void> {
  const surprises = changes.filter(({ surprise }) => surprise !== null).length;
  const unasked = surprises === 0 ? '' : `, ${surprises} of them not, or not wholly, asked for by a patch`;
  const what = stack.isNew
    ? `a new stack of ${count(changes.length, 'resource')}`
    : count(changes.length, 'change');
  const question = `${what}${unasked}. Type the name of the stack to execute: `;
  const typed = given ?? (await live.ask(question));
  if (typed === undefined) {
    throw new IdpFixError('no-terminal', 'there is no terminal on which anybody could confirm', {
      hint: `say --confirm ${stack.name}`,
    });
  }
  if (typed.trim() !== stack.name) {
    throw new IdpFixError(
      'not-confirmed',
      `nothing was executed: '${typed.trim()}' is not the name of the stack`,
      {
        hint: `the stack is called ${stack.name}`,
      },
    );
  }
}

/** A request whose answer was lost may still be under way. */
const longestDoubtMs = 30_000;

/**
 * A lost answer is not asked for again: the change set itself says whether it is being executed.
 * @param giveBack for what is certain not to have been executed
 */
async function startExecution(
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
  const wait = patience(session);
  for (const pauseMs of pauses(session.live, longestDoubtMs)) {
    const found = await stacks.changeSet(id, record.stack.name);
    if (found === undefined || found.executionStatus !== 'AVAILABLE') return true;
    wait(`looking whether ${record.name} is being executed`, pauseMs);
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

const longestUpdateMs = 6 * 3_600_000;

interface Ending {
  /** Status of the stack; undefined when the update goes on longer than anybody waits. */
  readonly status: string | undefined;
  /** What failed first, and why; nothing when nothing did. */
  readonly firstCause: string | undefined;
}

/**
 * Tells the events of an update as they come, until the stack has settled.
 * @param after id of the last event before the update; undefined when there was none
 */
async function follow(session: Session, stackId: string, after: string | undefined): Promise<Ending> {
  const events: StackEvent[] = [];
  const ask = watching(session);
  const wait = patience(session);
  let last = after;
  for (const pauseMs of pauses(session.live, longestUpdateMs)) {
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
    wait('the update goes on', pauseMs);
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
