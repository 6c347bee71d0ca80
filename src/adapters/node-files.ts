import { constants, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { access, lstat, mkdir, open, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { IdpFixError } from '../errors.js';
import type { DirectoryEntry, FileKind, FileStore, PreparedFile } from '../ports.js';

/** Files of the machine. `discardPending` clears away what an interrupted write has prepared. */
export interface NodeFiles extends FileStore {
  discardPending(): void;
}

/** @param mark what tells the temporary files of this process from those of others */
export function nodeFiles(mark: string): NodeFiles {
  const pending = new Set<PreparedFile>();
  return {
    read,
    kindOf,
    list,
    realPath,
    async prepare(path, bytes) {
      const prepared = await prepare(path, bytes, mark, (done) => pending.delete(done));
      pending.add(prepared);
      return prepared;
    },
    async remove(path) {
      await rm(path, { force: true }).catch((error: unknown) => {
        throw writeFailed(path, error);
      });
    },
    discardPending() {
      for (const prepared of pending) prepared.discard();
    },
  };
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function kindOf(path: string): Promise<FileKind> {
  try {
    const found = await stat(path);
    if (found.isFile()) return 'file';
    return found.isDirectory() ? 'directory' : 'other';
  } catch (error) {
    // A name no file can have is a file that is not there.
    const isNoFile = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(codeOf(error));
    if (isNoFile) return 'missing';
    throw unreadable(path, error);
  }
}

async function list(directory: string): Promise<readonly DirectoryEntry[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .map((entry) => ({ name: entry.name, kind: kindOfEntry(entry) }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch (error) {
    throw unreadable(directory, error);
  }
}

function kindOfEntry(entry: { isFile(): boolean; isDirectory(): boolean }): DirectoryEntry['kind'] {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function prepare(
  path: string,
  bytes: Uint8Array,
  mark: string,
  whenDone: (prepared: PreparedFile) => void,
): Promise<PreparedFile> {
  try {
    // A symbolic link stays one: what it points to is written.
    const target = await realpath(path).catch(() => path);
    const folder = dirname(target);
    await mkdir(folder, { recursive: true });
    const mode = await writableMode(target, folder);
    const temporary = join(folder, `.${basename(target)}.${mark}.new`);
    const backup = join(folder, `.${basename(target)}.${mark}.old`);
    const prepared = steps(path, target, temporary, backup, whenDone);
    try {
      await writeNew(temporary, bytes, mode ?? 0o666);
      if (mode !== undefined) copyFileSync(target, backup, constants.COPYFILE_EXCL);
    } catch (error) {
      prepared.discard();
      throw error;
    }
    return prepared;
  } catch (error) {
    throw writeFailed(path, error);
  }
}

/**
 * The mode of the file that is to be replaced; undefined when there is none. A file or folder that nobody may write
 * is left alone even for a user whom the system would let through.
 */
async function writableMode(target: string, folder: string): Promise<number | undefined> {
  await access(folder, constants.W_OK);
  if (isReadOnly((await stat(folder)).mode)) throw new Error('the folder is read-only');
  const found = await lstat(target).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) throw new Error('it is not a regular file');
  await access(target, constants.W_OK);
  if (isReadOnly(found.mode)) throw new Error('the file is read-only');
  return found.mode & 0o7777;
}

function isReadOnly(mode: number): boolean {
  return (mode & 0o222) === 0;
}

async function writeNew(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(bytes);
    if (mode !== 0o666) await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

function steps(
  path: string,
  target: string,
  temporary: string,
  backup: string,
  whenDone: (prepared: PreparedFile) => void,
): PreparedFile {
  const prepared: PreparedFile = {
    path,
    commit: () => attempt(path, () => renameSync(temporary, target)),
    revert: () => attempt(path, () => (existsSync(backup) ? renameSync(backup, target) : rmSync(target))),
    discard() {
      for (const left of [temporary, backup]) rmSync(left, { force: true });
      whenDone(prepared);
    },
  };
  return prepared;
}

function attempt(path: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    throw writeFailed(path, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'its symbolic links lead in a circle',
  EEXIST: 'a file of another write is in the way',
};

function writeFailed(path: string, error: unknown): IdpFixError {
  if (error instanceof IdpFixError) return error;
  return new IdpFixError('write-failed', `cannot be written: ${reasonOf(error)}`, {
    place: { file: path },
    hint: 'nothing has been changed; --out DIR writes somewhere else',
    cause: error,
  });
}

function unreadable(path: string, error: unknown): IdpFixError {
  const place = { file: path };
  if (codeOf(error) === 'ENOENT') {
    return new IdpFixError('file-not-found', 'there is no such file', { place, cause: error });
  }
  return new IdpFixError('file-unreadable', `cannot be read: ${reasonOf(error)}`, { place, cause: error });
}

function reasonOf(error: unknown): string {
  return reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
