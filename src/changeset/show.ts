import { join } from 'node:path';
import type { ChangeSet, DeployedStack } from '../aws-ports.js';
import { sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import type { FileStore } from '../ports.js';
import { openValues, readDeployment } from './deployed.js';
import { knownRecord, movedSince, type Present } from './find.js';
import { firstDeployment, isUndeployed } from './first-deployment.js';
import { deployedHashes } from './new-record.js';
import { type ChangeSetRecord, writeRecord } from './record.js';
import { inOrderOfInterest, review } from './review.js';
import type { Session } from './session.js';
import { nestedIds, readChangeTree, warningsOf } from './watch.js';

interface Shown {
  readonly record: ChangeSetRecord;
  /** How things stand now, one line each. */
  readonly now: readonly string[];
}

/**
 * A change set as it was reviewed, and what has become of it; one of somebody else as CloudFormation tells it. What was
 * recorded is shown for ever, also when AWS cannot be asked.
 * @param open connects, and says where it is
 * @throws IdpFixError `change-set-gone` when there is neither record nor change set; what AWS says without a record
 */
export async function showChangeSet(
  changeSet: string,
  stackName: string,
  folder: string,
  files: FileStore,
  open: () => Promise<Session>,
): Promise<Shown> {
  const record = await knownRecord(files, folder, changeSet, stackName);
  if (record === undefined) return unrecorded(changeSet, stackName, await open());
  try {
    return await recorded(record, folder, await open());
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    const hint = error.details.hint === undefined ? [] : [error.details.hint];
    const now = [`its current state is not known: ${error.message}`, ...hint];
    return { record, now: [`state: ${record.state}`, ...now] };
  }
}

async function recorded(record: ChangeSetRecord, folder: string, session: Session): Promise<Shown> {
  const { aws, caller, files } = session;
  if (record.account !== caller.account || record.region !== aws.region) {
    const now = `it is in account ${record.account}, region ${record.region}, which has not been checked`;
    return { record, now: [`state: ${record.state}`, now] };
  }
  const found = await aws.stacks.changeSet(record.arn ?? record.name, record.stack.name);
  const stack = await aws.stacks.stack(record.stack.id);
  const settled = { ...record, state: stateNow(record, found, stack) };
  if (settled.state !== record.state) await writeRecord(files, folder, settled);
  const now = [
    `state: ${settled.state}`,
    found === undefined
      ? 'the change set is no longer there'
      : `CloudFormation: ${found.status}, ${found.executionStatus ?? 'not executable'}`,
    stack === undefined ? 'the stack is no longer there' : `stack: ${stack.status}`,
  ];
  const isOpen = settled.state === 'created' && found !== undefined;
  const moved = isOpen ? movedSince(settled, await presentState(settled, folder, session)) : [];
  return { record: settled, now: [...now, ...moved] };
}

/** What has become of an execution that nobody has watched to its end, or that was begun elsewhere. */
function stateNow(
  { state, stack: { isNew } }: ChangeSetRecord,
  found: ChangeSet | undefined,
  stack: DeployedStack | undefined,
): ChangeSetRecord['state'] {
  if (state !== 'executing' && state !== 'created') return state;
  switch (found?.executionStatus) {
    case 'AVAILABLE':
      return 'created';
    case 'EXECUTE_IN_PROGRESS':
      return 'executing';
    case 'EXECUTE_COMPLETE':
      return 'executed';
    case 'EXECUTE_FAILED':
      return 'failed';
  }
  if (state === 'created') return state;
  const isOver = stack !== undefined && !stack.status.endsWith('_IN_PROGRESS');
  if (!isOver) return state;
  return stack.status === (isNew ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE') ? 'executed' : 'failed';
}

async function unrecorded(changeSet: string, stackName: string, session: Session): Promise<Shown> {
  const { aws } = session;
  const found = await aws.stacks.changeSet(changeSet, stackName);
  if (found === undefined) {
    throw new IdpFixError(
      'change-set-gone',
      `there is no change set ${changeSet} of the stack ${stackName}`,
      {
        hint: 'it was executed, rejected, or never made',
      },
    );
  }
  const tree = await readChangeTree(aws.stacks, found);
  const changes = tree.flatMap((each) => review(each, undefined, (text) => text));
  return {
    record: {
      format: 'idp-fix/change-set',
      version: 1,
      state: 'created',
      name: found.name,
      creation: '0'.repeat(32),
      maker: null,
      arn: found.id,
      planSha256: '0'.repeat(64),
      source: 'deployed',
      stack: { name: stackName, id: found.stackId, updatedAt: '', isNew: false },
      account: session.caller.account,
      region: aws.region,
      templates: [],
      deployed: [],
      parameters: {},
      values: {},
      tags: [],
      uploads: [],
      changes: [...inOrderOfInterest(changes)],
      warnings: [...(await warningsOf(aws.stacks, [found.id, ...nestedIds(tree)])).lines],
      checks: [],
      prerequisites: [],
      allowed: [],
      options: null,
    },
    now: [
      `CloudFormation: ${found.status}, ${found.executionStatus ?? 'not executable'}`,
      'there is no record of it here, so nothing says which patch asked for what',
    ],
  };
}

/** How everything a record pins stands now. */
export async function presentState(
  record: ChangeSetRecord,
  folder: string,
  session: Session,
): Promise<Present> {
  const { aws, caller, files } = session;
  const local = new Map<string, string>();
  for (const { path, file } of record.templates) {
    if (file === null) continue;
    const place = join(folder, file);
    if ((await files.kindOf(place)) === 'file') local.set(path, sha256Of(await files.read(place)));
  }
  const place = { account: caller.account, region: aws.region, local };
  const isSamePlace = caller.account === record.account && aws.region === record.region;
  const stack = isSamePlace ? await aws.stacks.stack(record.stack.name) : undefined;
  if (stack === undefined)
    return { ...place, stackId: '', updatedAt: '', deployed: new Map(), parameters: new Map() };
  const deployment = isUndeployed(stack)
    ? firstDeployment(stack.name, stack)
    : await readDeployment(session, stack);
  return {
    ...place,
    stackId: stack.id,
    updatedAt: stack.updatedAt,
    deployed: new Map(deployedHashes(deployment.nested).map((each) => [each.stack, each.sha256])),
    parameters: openValues(stack, deployment.tree.root.template),
  };
}
