import type { ChangeSet, Live, Stacks } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import { shellWord } from '../escape.js';
import type { StackChanges } from './review.js';
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
export function patience({ progress, note, live }: Pick<Session, 'progress' | 'note' | 'live'>) {
  const begun = live.now();
  let waitedMs = 0;
  let toldMinutes = 0;
  return (what: string, pauseMs: number): void => {
    waitedMs += pauseMs;
    const minutes = Math.floor(Math.max(waitedMs, live.now() - begun + pauseMs) / reminderMs);
    const isDue = minutes > toldMinutes;
    toldMinutes = minutes;
    if (isDue) note(`${what} (${minutes} min)\n`);
    else progress(`${what}\n`);
  };
}

const firstPauseMs = 1_000;
const longestPauseMs = 5_000;
const longestWaitMs = 900_000;

/**
 * How long to wait before each look: short at first, then every few seconds; ends when the time is up. The time that the
 * looks themselves take counts as well, since AWS may take a minute for each.
 */
export function* pauses({ now }: Pick<Live, 'now'>, totalMs: number): Generator<number> {
  const begun = now();
  let pauseMs = firstPauseMs;
  for (let waitedMs = 0; Math.max(waitedMs, now() - begun) < totalMs; ) {
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
  for (const pauseMs of pauses(session.live, longestWaitMs)) {
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

/** The changes of a change set and of the nested ones it comes with, root first. */
export async function readChangeTree(stacks: Stacks, root: ChangeSet): Promise<readonly StackChanges[]> {
  const all: StackChanges[] = [];
  const visit = async ({ changes, stackName }: ChangeSet, way: readonly string[]): Promise<void> => {
    all.push({ way, changes });
    for (const { nestedChangeSetId, logicalId } of changes) {
      if (nestedChangeSetId === undefined) continue;
      const nested = await stacks.changeSet(nestedChangeSetId, stackName);
      if (nested !== undefined) await visit(nested, [...way, logicalId]);
    }
  };
  await visit(root, []);
  return all;
}

/** Ids of the nested change sets, in the order in which they were read. */
export function nestedIds(tree: readonly StackChanges[]): readonly string[] {
  return tree.flatMap(({ changes }) => changes.flatMap(({ nestedChangeSetId }) => nestedChangeSetId ?? []));
}

/** What early validation and hooks say. */
interface Findings {
  /** One line each, the reason why they could not be read among them. */
  readonly lines: readonly string[];
  /** Why they could not be read; undefined when they were. */
  readonly unread: string | undefined;
}

/** What early validation and hooks warn of, of a change set and its nested ones. */
export async function warningsOf(stacks: Stacks, ids: readonly string[]): Promise<Findings> {
  const found: Findings[] = [];
  for (const id of ids) found.push(await validationFindings(stacks, id));
  return {
    lines: [...new Set(found.flatMap(({ lines }) => lines))],
    unread: found.find(({ unread }) => unread !== undefined)?.unread,
  };
}

/** CloudFormation has two ways to say that nothing would change, and calls both a failure. */
export function saysNoChanges(reason: string | undefined): boolean {
  return /didn['’]t contain changes|No updates are to be performed/.test(reason ?? '');
}

/** Why a change set failed, with the reasons of nested ones and of early validation, each once. */
export async function failureReasons(stacks: Stacks, failed: ChangeSet): Promise<readonly string[]> {
  const reasons: string[] = [];
  const seen = new Set<string>();
  const visit = async ({ id, statusReason, stackName, changes }: ChangeSet): Promise<void> => {
    seen.add(id);
    const { lines: own } = await validationFindings(stacks, id);
    const nested = [
      ...(statusReason ?? '').matchAll(/arn:[\w-]+:cloudformation:[^\s,;'"]*?:changeSet\/[\w-]+\/[\w-]+/g),
    ];
    const ids = [
      ...nested.map(([arn]) => arn),
      ...changes.flatMap(({ nestedChangeSetId }) => nestedChangeSetId ?? []),
    ];
    let isFound = false;
    for (const nestedId of ids) {
      if (seen.has(nestedId)) continue;
      const found = await stacks.changeSet(nestedId, stackName);
      if (found?.status !== 'FAILED') continue;
      isFound = true;
      await visit(found);
    }
    reasons.push(...own);
    // `Nested change set … was not successfully created` says nothing beside the reason of that one.
    if (statusReason !== undefined && !isFound) reasons.push(statusReason);
  };
  await visit(failed);
  return [...new Set(reasons)];
}

/**
 * What early validation and hooks say about a change set. The events are a help for reading; a caller who may not see
 * them still learns the status reason.
 */
async function validationFindings(stacks: Stacks, id: string): Promise<Findings> {
  try {
    return { lines: await stacks.validationFindings(id), unread: undefined };
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code === 'aws-credentials') throw error;
    return { lines: [`what validation found cannot be read: ${error.message}`], unread: error.message };
  }
}
