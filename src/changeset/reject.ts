import type { ChangeSet } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import { readDeployment } from './deployed.js';
import { knownRecord } from './find.js';
import { isUndeployed, removeShell } from './first-deployment.js';
import { type ChangeSetRecord, creationOf, isOurs, recordFile, writeRecord } from './record.js';
import type { Session } from './session.js';
import { removeUploads } from './submission.js';

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
  if (record !== undefined && found !== undefined && !isRecorded(found, record)) {
    throw new IdpFixError(
      'change-set-foreign',
      `the change set ${record.name} of ${stack} is not the one of the record, so it stays`,
      {
        place: { file: recordFile(folder, record.name) },
        hint: 'move the record away to reject the change set by its name alone',
      },
    );
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
  if (record === undefined) return [...gone, ...(await shell(stack, session))];
  // The stack goes on reading nested templates from where an executed change set has put them.
  if (await isInUse(record, session))
    return [...gone, 'it has been executed, so its uploads stay: the stack refers to them'];
  const { removed, foreign } = await removeUploads(aws.storage, record, caller.account);
  gone.push(...removed.map(({ bucket, key }) => `deleted s3://${bucket}/${key}`));
  gone.push(
    ...foreign.map(
      ({ bucket, key }) => `left s3://${bucket}/${key}: it was not uploaded for this change set`,
    ),
  );
  if (record.stack.isNew) gone.push(...(await shell(stack, session)));
  await writeRecord(files, folder, { ...record, state: 'rejected', uploads: [] });
  return gone.length > 0 ? gone : [`${record.name} was gone already`];
}

async function shell(stack: string, { aws }: Session): Promise<readonly string[]> {
  const became = await removeShell(aws, stack);
  return became === undefined ? [] : [became];
}

/** CloudFormation says which plan and which run a change set is of; a record that says otherwise was edited. */
export function isRecorded({ name, description }: ChangeSet, record: ChangeSetRecord): boolean {
  return name === record.name && creationOf(description, record.planSha256) === record.creation;
}

/** Whether the stack was updated from these uploads: asked of the deployed templates, which have their URLs. */
async function isInUse(
  { uploads, creation, state, stack }: ChangeSetRecord,
  session: Session,
): Promise<boolean> {
  if (state === 'executed' || state === 'executing') return true;
  if (uploads.length === 0) return false;
  const deployed = await session.aws.stacks.stack(stack.id);
  if (deployed === undefined || isUndeployed(deployed)) return false;
  const { tree } = await readDeployment(session, deployed);
  return tree.stacks.some(({ template }) => template.document.source.text.includes(creation));
}
