import { join, relative } from 'node:path';
import { isInside } from './paths.js';
import type { FileStore } from './ports.js';

/**
 * The files of the working directory as another checkout of the repository has them: what a pull request is measured
 * against must not come from the pull request. Paths stay as they are written; what lies outside the working directory,
 * or comes with the program, is read where it is.
 * @param folder the other checkout; none leaves everything as it is
 * @param program folder that comes with the program, which may be installed below the working directory
 */
export function trustedFiles(files: FileStore, folder: string | undefined, program: string): FileStore {
  if (folder === undefined) return files;
  const trusted = (path: string) =>
    isInside(path, '.') && !isInside(path, program) ? join(folder, relative('.', path)) : path;
  return {
    ...files,
    read: (path) => files.read(trusted(path)),
    kindOf: (path) => files.kindOf(trusted(path)),
    list: (path) => files.list(trusted(path)),
  };
}
