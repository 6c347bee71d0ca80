import { dirname } from 'node:path';
import type { Connection } from '../aws-ports.js';
import { afterwards } from '../changeset/afterwards.js';
import { executeChangeSet } from '../changeset/execute.js';
import { type ChangeSetRecord, readRecord, recordNames } from '../changeset/record.js';
import { rejectChangeSet } from '../changeset/reject.js';
import { openSession, type Session, whereabouts } from '../changeset/session.js';
import { showChangeSet } from '../changeset/show.js';
import { readStacksFile } from '../changeset/stacks-file.js';
import {
  inOrderOfStanding,
  removeSurveyed,
  type Surveyed,
  surveyJson,
  surveyStack,
  surveyText,
} from '../changeset/survey.js';
import { IdpFixError } from '../errors.js';
import { jsonText, terminalLine } from '../escape.js';
import type { FileStore, Ports } from '../ports.js';
import type { Product } from '../product.js';
import { paint } from '../report/paint.js';
import { count } from '../report/words.js';
import { contextOf, createCommand, tellChangeSet } from './create-change-sets.js';
import type { ChangeSetRequest, SurveyRequest } from './request.js';

/** `idp-fix change-set create|show|execute|reject|list|clean`. @returns the exit code */
export async function changeSetCommand(
  request: ChangeSetRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  if (request.action === 'create') return createCommand(request, ports, product);
  if ('olderThanDays' in request) return surveyCommand(request, ports);
  const { folder, changeSet } = request;
  const context = await contextOf(request, folder, ports);
  const open = () => openSession(context, folder, ports, request.quiet);
  switch (request.action) {
    case 'show': {
      const { record, now } = await showChangeSet(changeSet, context.stack, folder, ports.files, open);
      const where = whereabouts(context.stack, folder, context.connection);
      await tellChangeSet(record, where, request, ports, now);
      if (!request.quiet) ports.output.note(now.map((line) => `${terminalLine(line)}\n`).join(''));
      return 0;
    }
    case 'execute': {
      const session = await open();
      const record = await executeChangeSet(
        { changeSet, stack: context.stack, folder, confirm: request.confirm, allowed: request.allowed },
        session,
      );
      if (request.format === 'json') await tellChangeSet(record, session.where, request, ports);
      session.note(`${record.stack.name} is updated
${afterwards(record, folder, session.where)}`);
      return 0;
    }
    case 'reject': {
      const session = await open();
      const gone = await rejectChangeSet(changeSet, context.stack, folder, session);
      if (request.format === 'json') ports.output.data(`${jsonText({ gone })}\n`);
      session.note(gone.map((line) => `${terminalLine(line)}\n`).join(''));
      return 0;
    }
  }
}

/** A stack to look at, and where. */
interface StackTarget {
  readonly stack: string;
  readonly connection: Connection;
  /** Whose records count. */
  readonly folder: string;
}

/**
 * `idp-fix change-set list|clean`: what there is of the change sets made from here, and takes away those that are of no use
 * any more.
 * @returns the exit code: the highest of what kept a stack from being looked at, or a change set from being removed
 */
export async function surveyCommand(request: SurveyRequest, ports: Ports): Promise<number> {
  const { output } = ports;
  const places = await placesOf(request, ports);
  if (places.length === 0) {
    output.note(
      `there are no records of change sets in ${request.folder}; --folder or --stacks names others\n`,
    );
  }
  const found: { readonly surveyed: Surveyed; readonly session: Session }[] = [];
  let exitCode = 0;
  const missed = (error: unknown, of: string) => {
    if (!(error instanceof IdpFixError)) throw error;
    exitCode = Math.max(exitCode, error.exitCode);
    output.note(`${terminalLine(`${of}: ${error.message}`)}\n`);
  };
  for (const { stack, connection, folder } of places) {
    try {
      const session = await openSession({ connection, stack }, folder, ports, request.quiet);
      const { region } = session.aws;
      const records = (await recordsIn(ports.files, folder, missed)).filter(
        (record) => record.stack.name === stack && record.region === region,
      );
      const all = await surveyStack(stack, folder, records, request.olderThanDays, session);
      found.push(...all.map((surveyed) => ({ surveyed, session })));
    } catch (error) {
      missed(error, stack);
    }
  }
  const surveyed = inOrderOfStanding(found.map((each) => each.surveyed));
  const useless = surveyed.filter(({ isRemovable }) => isRemovable);
  const { columns, color } = output.dataTerminal;
  const text = (shown: readonly Surveyed[]) => surveyText(shown, paint(color && !request.plain), columns);
  if (request.action === 'list') {
    output.data(request.format === 'json' ? surveyJson(surveyed) : text(surveyed));
    if (useless.length > 0 && !request.quiet)
      output.note(`${count(useless.length, 'change set')} of no use any more: ${cleanCommand(request)}\n`);
    return exitCode;
  }
  if (useless.length === 0) {
    output.note('nothing to clean\n');
    if (request.format === 'json') output.data(`${jsonText({ gone: [] })}\n`);
    return exitCode;
  }
  output.note(text(useless));
  await confirm(useless.length, request, ports);
  const gone: string[] = [];
  for (const each of useless) {
    const session = found.find((other) => other.surveyed === each)?.session;
    if (session === undefined) continue;
    try {
      const lines = await removeSurveyed(each, session);
      gone.push(...lines);
      session.note(lines.map((line) => `${terminalLine(line)}\n`).join(''));
    } catch (error) {
      missed(error, each.name);
    }
  }
  if (request.format === 'json') output.data(`${jsonText({ gone })}\n`);
  return exitCode;
}

/** The stacks that a file lists; else those that the folder has records of, and the one that was named. */
async function placesOf(request: SurveyRequest, { files }: Ports): Promise<readonly StackTarget[]> {
  const { profile, endpointUrl, folder } = request;
  if (request.stacks !== undefined) {
    return (await readStacksFile(files, request.stacks)).map((each) => ({
      stack: each.stack,
      connection: {
        region: each.region ?? request.region,
        profile: each.profile ?? profile,
        endpointUrl: each.endpointUrl ?? endpointUrl,
      },
      folder: each.template === undefined ? folder : dirname(each.template),
    }));
  }
  const records = await recordsIn(files, folder, () => {});
  const recorded = records
    .filter(
      ({ stack, region }) =>
        (request.stack ?? stack.name) === stack.name && (request.region ?? region) === region,
    )
    .map(({ stack, region }) => ({ stack: stack.name, region }));
  const named =
    request.stack === undefined || recorded.length > 0
      ? []
      : [{ stack: request.stack, region: request.region }];
  const distinct = new Map([...recorded, ...named].map((each) => [JSON.stringify(each), each]));
  return [...distinct.values()].map(({ stack, region }) => ({
    stack,
    connection: { region, profile, endpointUrl },
    folder,
  }));
}

/** A record that cannot be read is said, and keeps nobody from the others. */
async function recordsIn(
  files: FileStore,
  folder: string,
  missed: (error: unknown, of: string) => void,
): Promise<readonly ChangeSetRecord[]> {
  const records: ChangeSetRecord[] = [];
  for (const name of await recordNames(files, folder)) {
    try {
      const record = await readRecord(files, folder, name);
      if (record !== undefined) records.push(record);
    } catch (error) {
      missed(error, name);
    }
  }
  return records;
}

function cleanCommand({ stacks, stack = '', folder, profile, region, endpointUrl }: SurveyRequest): string {
  const where = whereabouts(stack, folder, { profile, region, endpointUrl });
  const flags = stack === '' ? where.replace(/^--stack '' ?/, '') : where;
  return ['idp-fix change-set clean', stacks === undefined ? '' : `--stacks ${stacks}`, flags]
    .filter((part) => part !== '')
    .join(' ');
}

async function confirm(number: number, { unasked }: SurveyRequest, { live }: Ports): Promise<void> {
  if (unasked) return;
  const typed = await live.ask(
    `Delete ${count(number, 'change set')} and what was uploaded for ${number === 1 ? 'it' : 'them'}? Type yes: `,
  );
  if (typed === undefined) {
    throw new IdpFixError('no-terminal', 'there is no terminal on which anybody could confirm', {
      hint: 'say --yes',
    });
  }
  if (typed.trim().toLowerCase() !== 'yes') {
    throw new IdpFixError('not-confirmed', 'nothing was deleted', { hint: 'answer yes, or say --yes' });
  }
}
