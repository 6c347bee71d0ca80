import { IdpFixError } from '../errors.js';
import type { FilePlace, FileStore, PreparedFile, PrepareOptions } from '../ports.js';

/** Missing folders come into being; mode and owner of a file that is replaced are kept where that is possible. */
export interface FileToWrite extends FilePlace, PrepareOptions {
  readonly bytes: Uint8Array;
}

/**
 * Writes all of the files or none of them, while no other idp-fix writes there. An error or an interruption before the
 * last step leaves every original as it was; the last step of all files is synchronous, so no signal splits it.
 * @returns what the new files could not take over from the old ones, a sentence each
 * @throws IdpFixError `write-failed`, `stale` when a file does not hold what is expected
 */
export function writeAll(
  files: Pick<FileStore, 'exclusively' | 'prepare'>,
  toWrite: readonly FileToWrite[],
): Promise<readonly string[]> {
  return files.exclusively(toWrite, () => replaceAll(files, toWrite));
}

/** The same where the folders of the files are locked already. */
export async function replaceAll(
  files: Pick<FileStore, 'prepare'>,
  toWrite: readonly FileToWrite[],
): Promise<readonly string[]> {
  const prepared: PreparedFile[] = [];
  try {
    for (const { path, bytes, ...options } of toWrite) {
      prepared.push(await files.prepare(path, bytes, options));
    }
    commitAll(prepared);
    return prepared.flatMap(({ notes }) => notes);
  } finally {
    for (const file of prepared) file.discard();
  }
}

function commitAll(prepared: PreparedFile[]): void {
  const committed: PreparedFile[] = [];
  try {
    for (const file of prepared) {
      file.commit();
      committed.push(file);
    }
    for (const file of committed) file.confirm();
  } catch (error) {
    const stuck = committed.reverse().filter((file) => !revert(file));
    if (stuck.length === 0) throw error;
    for (const file of stuck) prepared.splice(prepared.indexOf(file), 1);
    const paths = stuck.map((file) => `${file.path} (it lies in ${file.keepOriginal()})`).join(', ');
    throw new IdpFixError(
      'write-failed',
      `a write failed half-way, and the original could not be put back: ${paths}`,
      { hint: 'put it back by hand; idp-fix undo does so for templates', cause: error },
    );
  }
}

function revert(file: PreparedFile): boolean {
  try {
    file.revert();
    return true;
  } catch (error) {
    if (error instanceof IdpFixError) return false;
    throw error;
  }
}
