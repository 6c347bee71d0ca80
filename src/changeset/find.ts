import { IdpFixError } from '../errors.js';
import type { FileStore } from '../ports.js';
import { type ChangeSetRecord, readRecord, recordFile } from './record.js';

/** The name of a change set that was given by its name or its ARN. */
export function nameOf(changeSet: string): string {
  return /:changeSet\/([^/]+)\//.exec(changeSet)?.[1] ?? changeSet;
}

/**
 * The record of a change set.
 * @throws IdpFixError `change-set-foreign` when it was not made from here
 */
export async function recordOf(
  files: FileStore,
  folder: string,
  changeSet: string,
): Promise<ChangeSetRecord> {
  const record = await readRecord(files, folder, nameOf(changeSet));
  if (record !== undefined) return record;
  throw new IdpFixError('change-set-foreign', `nothing says what ${changeSet} was made from`, {
    place: { file: recordFile(folder, nameOf(changeSet)) },
    hint: 'run this in the folder of the templates it was made from, or name that folder with --folder',
  });
}
