import type { ChangeSet, ChangeSetSummary } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import { jsonText, terminalLine } from '../escape.js';
import type { Paint } from '../report/paint.js';
import { hang } from '../report/words.js';
import { movedSince } from './find.js';
import { type ChangeSetRecord, isOurs, makerIn, makerOf } from './record.js';
import { isRecorded, rejectChangeSet } from './reject.js';
import type { Session } from './session.js';
import { presentState } from './show.js';

/**
 * How a change set stands: it can be executed; something has moved since its review; it is older than anybody waits; it
 * could not be made or executed; its creation was interrupted; it is being, or was, executed; it is no longer there; it was
 * rejected, or had nothing to do; it was made elsewhere, or it is not the one of the record; it was not looked at.
 */
export type Standing =
  | 'open'
  | 'stale'
  | 'expired'
  | 'failed'
  | 'interrupted'
  | 'executing'
  | 'executed'
  | 'gone'
  | 'rejected'
  | 'empty'
  | 'elsewhere'
  | 'foreign'
  | 'unknown';

export interface Surveyed {
  readonly name: string;
  readonly stack: string;
  readonly region: string;
  readonly standing: Standing;
  readonly because: readonly string[];
  /** ISO 8601; `null` where CloudFormation does not tell. */
  readonly createdAt: string | null;
  /** `clean` takes it away. */
  readonly isRemovable: boolean;
  /** Of its record; `null` without one. */
  readonly folder: string | null;
}

const dayMs = 86_400_000;

/**
 * The change sets of one stack: those that a folder has records of, and others that idp-fix has made. Reads only.
 * @param records of this stack
 */
export async function surveyStack(
  stackName: string,
  folder: string,
  records: readonly ChangeSetRecord[],
  olderThanDays: number,
  session: Session,
): Promise<readonly Surveyed[]> {
  const { aws } = session;
  const summaries = await summariesOf(stackName, session);
  const known: Surveyed[] = [];
  for (const record of records) {
    session.progress(`looking at ${record.name}\n`);
    known.push(await surveyRecord(record, folder, summaries, olderThanDays, session));
  }
  const names = new Set(records.map(({ name }) => name));
  const others = summaries.filter(({ name, description }) => isOurs(description) && !names.has(name));
  return [
    ...known,
    ...others.map(
      ({ name, createdAt, status, executionStatus }): Surveyed => ({
        name,
        stack: stackName,
        region: aws.region,
        standing: 'elsewhere',
        because: [`no record of it here; CloudFormation: ${status}, ${executionStatus ?? 'not executable'}`],
        createdAt,
        isRemovable: false,
        folder: null,
      }),
    ),
  ];
}

/** A list that may not be read leaves the records, which are looked up one by one. */
async function summariesOf(stackName: string, { aws, note }: Session): Promise<readonly ChangeSetSummary[]> {
  if ((await aws.stacks.stack(stackName)) === undefined) return [];
  try {
    return await aws.stacks.changeSets(stackName);
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code !== 'aws-denied') throw error;
    note(`change sets without a record here, and the age of the others, are not known: ${error.message}\n`);
    return [];
  }
}

async function surveyRecord(
  record: ChangeSetRecord,
  folder: string,
  summaries: readonly ChangeSetSummary[],
  olderThanDays: number,
  session: Session,
): Promise<Surveyed> {
  const { aws, caller, live } = session;
  const own = { name: record.name, stack: record.stack.name, region: record.region, folder };
  if (record.account !== caller.account) {
    const because = [`it is in account ${record.account}, and this is ${caller.account}`];
    return { ...own, standing: 'unknown', because, createdAt: null, isRemovable: false };
  }
  const found = await aws.stacks.changeSet(record.arn ?? record.name, record.stack.name);
  const createdAt = summaries.find(({ id }) => id === found?.id)?.createdAt ?? null;
  const ageDays = createdAt === null ? 0 : Math.floor((live.now() - Date.parse(createdAt)) / dayMs);
  const { standing, because } = await standingOf(record, found, folder, session);
  const isExpired = standing === 'open' && ageDays > olderThanDays;
  const isOver = removable.has(isExpired ? 'expired' : standing);
  // Without a change set there is nothing that says who made it; its uploads say of which run they are.
  const maker = found === undefined ? record.maker : makerIn(found.description);
  const isMine = maker === makerOf(caller.arn);
  const isLeft = found !== undefined || record.uploads.length > 0;
  return {
    ...own,
    standing: isExpired ? 'expired' : standing,
    because: [
      ...because,
      ...(isExpired ? [`created ${ageDays} days ago`] : []),
      ...(isOver && isLeft && !isMine
        ? [`made by another caller, so clean leaves it; change-set reject ${record.name} takes it away`]
        : []),
    ],
    createdAt,
    isRemovable: isOver && isLeft && isMine,
  };
}

const removable: ReadonlySet<Standing> = new Set(['stale', 'expired', 'failed', 'interrupted', 'gone']);

async function standingOf(
  record: ChangeSetRecord,
  found: ChangeSet | undefined,
  folder: string,
  session: Session,
): Promise<Pick<Surveyed, 'standing' | 'because'>> {
  if (found === undefined) return withoutChangeSet(record);
  if (!isRecorded(found, record)) {
    return { standing: 'foreign', because: ['the change set of this name is not the one of the record'] };
  }
  const told = `CloudFormation: ${found.status}, ${found.executionStatus ?? 'not executable'}`;
  const reason = [told, ...[found.statusReason ?? ''].filter((text) => text !== '')];
  switch (found.executionStatus) {
    case 'EXECUTE_IN_PROGRESS':
      return { standing: 'executing', because: [told] };
    case 'EXECUTE_COMPLETE':
      return { standing: 'executed', because: [told] };
    case 'EXECUTE_FAILED':
      return { standing: 'failed', because: reason };
    case 'OBSOLETE':
      return { standing: 'stale', because: reason };
  }
  if (found.status === 'FAILED') return { standing: 'failed', because: reason };
  if (record.state === 'creating') {
    return { standing: 'interrupted', because: ['its creation was interrupted before it was reviewed'] };
  }
  if (found.executionStatus !== 'AVAILABLE') return { standing: 'unknown', because: reason };
  const moved = movedSince(record, await presentState(record, folder, session));
  return moved.length > 0 ? { standing: 'stale', because: moved } : { standing: 'open', because: [] };
}

function withoutChangeSet({ state, uploads }: ChangeSetRecord): Pick<Surveyed, 'standing' | 'because'> {
  const left = uploads.length === 0 ? [] : ['its uploads may still be there'];
  switch (state) {
    case 'creating':
      return { standing: 'interrupted', because: ['its creation was interrupted', ...left] };
    case 'created':
      return { standing: 'gone', because: ['the change set is no longer there', ...left] };
    default:
      return { standing: state, because: [] };
  }
}

/**
 * Takes one away as `reject` does, which asks AWS again whether it may.
 * @returns what was taken away, one line each
 */
export function removeSurveyed(
  { name, stack, folder }: Surveyed,
  session: Session,
): Promise<readonly string[]> {
  return rejectChangeSet(name, stack, folder ?? '.', session);
}

/** What needs a look first. */
const order: readonly Standing[] = [
  'stale',
  'expired',
  'failed',
  'interrupted',
  'foreign',
  'unknown',
  'executing',
  'open',
  'elsewhere',
  'gone',
  'executed',
  'rejected',
  'empty',
];

export function inOrderOfStanding(surveyed: readonly Surveyed[]): readonly Surveyed[] {
  const key = ({ standing, stack, region, name }: Surveyed) =>
    [String(order.indexOf(standing)).padStart(2, '0'), stack, region, name].join('\0');
  return [...surveyed].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

/** For programs. */
export function surveyJson(surveyed: readonly Surveyed[]): string {
  return `${jsonText({ format: 'idp-fix/change-set-list', version: 1, changeSets: surveyed })}\n`;
}

/** For reading. */
export function surveyText(surveyed: readonly Surveyed[], brush: Paint, columns: number): string {
  const width = Math.max(0, ...surveyed.map(({ standing }) => standing.length));
  const lines = surveyed.flatMap(({ standing, name, stack, region, createdAt, because }) => {
    const age = createdAt === null ? '' : `, created ${createdAt.slice(0, 10)}`;
    const shown = standing.padEnd(width);
    const painted =
      standing === 'open' ? brush.green(shown) : removable.has(standing) ? brush.yellow(shown) : shown;
    return [
      `${painted}  ${terminalLine(`${name} on ${stack} in ${region}${age}`)}`,
      ...because.flatMap((reason) => hang(terminalLine(reason), width + 2, width + 4, columns)),
    ];
  });
  return lines.map((line) => `${line}\n`).join('');
}
