import { IdpFixError } from '../errors.js';
import type { FileStore } from '../ports.js';
import { type ChangeSetRecord, readRecord, recordFile } from './record.js';

/** The name of a change set that was given by its name or its ARN. */
export function nameOf(changeSet: string): string {
  return /:changeSet\/([^/]+)\//.exec(changeSet)?.[1] ?? changeSet;
}

/**
 * The record of a change set, if there is one.
 * @throws IdpFixError `usage` when it is of another stack than the one named, and for what is no name
 */
export async function knownRecord(
  files: FileStore,
  folder: string,
  changeSet: string,
  stackName: string,
): Promise<ChangeSetRecord | undefined> {
  const record = await readRecord(files, folder, nameOf(changeSet));
  if (record === undefined) return undefined;
  // The same name, given to a change set that was made later or elsewhere.
  if (changeSet.startsWith('arn:') && record.arn !== null && record.arn !== changeSet) return undefined;
  if ([record.stack.name, record.stack.id].includes(stackName)) return record;
  throw new IdpFixError(
    'usage',
    `${record.name} is a change set of ${record.stack.name}, not of ${stackName}`,
    {
      hint: `if you mean that one: --stack ${record.stack.name}`,
    },
  );
}

/**
 * The record of a change set.
 * @throws IdpFixError `change-set-foreign` when it was not made from here, and as `knownRecord` does
 */
export async function recordOf(
  files: FileStore,
  folder: string,
  changeSet: string,
  stackName: string,
): Promise<ChangeSetRecord> {
  const record = await knownRecord(files, folder, changeSet, stackName);
  if (record !== undefined) return record;
  throw new IdpFixError('change-set-foreign', `nothing says what ${changeSet} was made from`, {
    place: { file: recordFile(folder, nameOf(changeSet)) },
    hint: 'run this in the folder of the templates it was made from, or name that folder with --folder',
  });
}
