import { IdpFixError } from '../errors.js';
import type { FileStore, PreparedFile } from '../ports.js';

/** Missing folders come into being; the mode of a file that is replaced is kept. */
export interface FileToWrite {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** The folder it must lie in once every symbolic link is resolved. */
  readonly within?: string;
  /** For its owner alone, whatever the mode was. */
  readonly isPrivate?: boolean;
}

/**
 * Writes all of the files or none of them. An error or an interruption before the last step leaves every original as
 * it was; the last step of all files is synchronous, so no signal splits it.
 * @throws IdpFixError `write-failed`
 */
export async function writeAll(
  files: Pick<FileStore, 'prepare'>,
  toWrite: readonly FileToWrite[],
): Promise<void> {
  const prepared: PreparedFile[] = [];
  try {
    for (const { path, bytes, ...options } of toWrite)
      prepared.push(await files.prepare(path, bytes, options));
    commitAll(prepared);
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
  } catch (error) {
    const stuck = committed.reverse().filter((file) => !revert(file));
    if (stuck.length === 0) throw error;
    // Their backups are all that is left of the originals, so they stay where they are.
    for (const file of stuck) prepared.splice(prepared.indexOf(file), 1);
    const paths = stuck.map(({ path }) => path).join(', ');
    throw new IdpFixError(
      'write-failed',
      `a write failed half-way, and the original could not be put back: ${paths}`,
      {
        hint: 'the original lies beside it as a hidden file that ends in .old',
        cause: error,
      },
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
