import { IdpFixError } from '../errors.js';
import { knownRecord } from './find.js';
import { isOurs } from './name.js';
import { writeRecord } from './record.js';
import type { Session } from './session.js';
import { removeUploads } from './uploads.js';

/**
 * Deletes a change set with its nested ones, and what was uploaded for it. The stack stays as it is.
 * @returns what was taken away, one line each
 * @throws IdpFixError `change-set-foreign` for one that idp-fix has not made, `stale` for one that is being executed, `change-set-gone`
 */
export async function rejectChangeSet(
  changeSet: string,
  stackName: string,
  folder: string,
  session: Session,
): Promise<readonly string[]> {
  const { aws, caller, files } = session;
  const record = await knownRecord(files, folder, changeSet, stackName);
  if (record !== undefined && (record.account !== caller.account || record.region !== aws.region)) {
    throw new IdpFixError(
      'stale',
      `${record.name} is in account ${record.account}, region ${record.region}`,
      {
        hint: 'run with the profile and the region it was made with',
      },
    );
  }
  const stack = record?.stack.name ?? stackName;
  const found = await aws.stacks.changeSet(record?.arn ?? changeSet, stack);
  if (found !== undefined && !isOurs(found.description)) {
    throw new IdpFixError('change-set-foreign', `${changeSet} was not made by idp-fix, so it stays`, {
      hint: 'aws cloudformation delete-change-set deletes it',
    });
  }
  if (found?.executionStatus?.startsWith('EXECUTE_IN_PROGRESS')) {
    throw new IdpFixError('stale', `${changeSet} is being executed and cannot be rejected`);
  }
  const gone: string[] = [];
  if (found !== undefined) {
    await aws.stacks.deleteChangeSet(found.id, stack);
    gone.push(`deleted the change set ${found.name}`);
  }
  if (record === undefined && found === undefined) {
    throw new IdpFixError(
      'change-set-gone',
      `there is no change set ${changeSet} of the stack ${stackName}`,
      {
        hint: 'it was executed, rejected, or never made',
      },
    );
  }
  if (record === undefined) return gone;
  // The stack goes on reading nested templates from where an executed change set has put them.
  const isInUse = record.state === 'executed' || record.state === 'executing';
  if (isInUse) return [...gone, 'it has been executed, so its uploads stay: the stack refers to them'];
  await removeUploads(aws.storage, record.uploads, caller.account);
  gone.push(...record.uploads.map(({ bucket, key }) => `deleted s3://${bucket}/${key}`));
  await writeRecord(files, folder, { ...record, state: 'rejected', uploads: [] });
  return gone.length > 0 ? gone : [`${record.name} was gone already`];
}
