import { IdpFixError } from '../errors.js';
import { readChangeTree } from './change-tree.js';
import { nameOf } from './find.js';
import { movedSince } from './moved.js';
import { presentState } from './present.js';
import { type ChangeSetRecord, readRecord } from './record.js';
import { inOrderOfInterest, review } from './review.js';
import type { Session } from './session.js';

export interface Shown {
  readonly record: ChangeSetRecord;
  /** How things stand now, one line each. */
  readonly now: readonly string[];
}

/**
 * A change set as it was reviewed, and what has become of it; one of somebody else as CloudFormation tells it.
 * @throws IdpFixError `change-set-gone` when there is neither record nor change set
 */
export async function showChangeSet(
  changeSet: string,
  stackName: string,
  folder: string,
  session: Session,
): Promise<Shown> {
  const { aws, files } = session;
  const record = await readRecord(files, folder, nameOf(changeSet));
  const found = await aws.stacks.changeSet(record?.arn ?? changeSet, record?.stack.name ?? stackName);
  if (record !== undefined) {
    const now =
      found === undefined
        ? 'the change set is no longer there'
        : `CloudFormation: ${found.status}, ${found.executionStatus ?? 'not executable'}`;
    const moved = found === undefined ? [] : movedSince(record, await presentState(record, folder, session));
    return { record, now: [`state: ${record.state}`, now, ...moved] };
  }
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
      arn: found.id,
      planSha256: '0'.repeat(64),
      source: 'deployed',
      stack: { name: stackName, id: found.stackId, updatedAt: '' },
      account: session.caller.account,
      region: aws.region,
      templates: [],
      deployed: [],
      parameters: {},
      values: {},
      uploads: [],
      changes: [...inOrderOfInterest(changes)],
      allowed: [],
    },
    now: [
      `CloudFormation: ${found.status}, ${found.executionStatus ?? 'not executable'}`,
      'there is no record of it here, so nothing says which patch asked for what',
    ],
  };
}
