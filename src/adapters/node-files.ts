import { constants, copyFileSync, existsSync, renameSync, rmSync, type Stats } from 'node:fs';
import { access, type FileHandle, lstat, mkdir, open, readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { IdpFixError } from '../errors.js';
import { isInside } from '../paths.js';
import type { DirectoryEntry, FileKind, FileStore, PreparedFile, PrepareOptions } from '../ports.js';

/** The findings of other tools are the longest files there are; templates end at 1 MB. */
const longestFileBytes = 64 * 1024 * 1024;

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
    isLink,
    list,
    realPath,
    async prepare(path, bytes, options = {}) {
      const prepared = await prepare(path, bytes, options, mark, (done) => pending.delete(done));
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
    // Asked before it is opened, because opening a device can do something; and not waiting for the writer of a pipe.
    refuseSpecial(await stat(path));
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await file.stat();
      refuseSpecial(found);
      return await readBounded(path, file, found.size);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

function refuseSpecial(found: Stats): void {
  if (found.isDirectory()) throw new Error('it is a folder');
  if (!found.isFile()) throw new Error('it is a pipe or a device, not a regular file');
}

/** The size is a first guess: files of the system say 0 and go on for ever. */
async function readBounded(path: string, file: FileHandle, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let total = 0; total <= longestFileBytes; ) {
    const room = Buffer.allocUnsafe(total === 0 ? Math.min(size, longestFileBytes) + 1 : 65_536);
    const { bytesRead } = await file.read(room, 0, room.length);
    if (bytesRead === 0) return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    chunks.push(room.subarray(0, bytesRead));
    total += bytesRead;
  }
  throw new IdpFixError('file-too-large', 'the file is larger than 64 MiB', {
    place: { file: path },
    hint: 'name another file, or split it',
  });
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

async function isLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() ?? false;
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
  { within, isPrivate = false }: PrepareOptions,
  mark: string,
  whenDone: (prepared: PreparedFile) => void,
): Promise<PreparedFile> {
  try {
    const target = path;
    const folder = dirname(target);
    if (within !== undefined) await refuseWayOut(path, within);
    if (isInside(path, '.')) await refuseWayOut(path, '.');
    await mkdir(folder, { recursive: true });
    const mode = await writableMode(target, folder);
    const temporary = join(folder, `.${basename(target)}.${mark}.new`);
    const backup = join(folder, `.${basename(target)}.${mark}.old`);
    const prepared = steps(path, target, temporary, backup, whenDone);
    try {
      await writeNew(temporary, bytes, isPrivate ? 0o600 : (mode ?? 0o666));
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

/** A repository can bring symbolic links along, so what is written below a folder must not leave it through one. */
async function refuseWayOut(path: string, boundary: string): Promise<void> {
  if (!isInside(path, boundary)) throw new Error(`it lies outside the folder ${boundary}`);
  const real = await realpath(boundary).catch(() => undefined);
  // A folder that is not there yet holds no links.
  if (real === undefined || isInside(await nearestRealFolder(path), real)) return;
  throw new Error(`a symbolic link leads to it, out of the folder ${boundary}`);
}

/** Where the nearest folder above a path that is there really lies. */
async function nearestRealFolder(path: string): Promise<string> {
  const folder = dirname(resolve(path));
  const isThere = (await lstat(folder).catch(() => undefined)) !== undefined;
  return isThere ? realpath(folder) : nearestRealFolder(folder);
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
  if (found.isSymbolicLink()) {
    throw new Error('it is a symbolic link, which is never written through; name the file it points to');
  }
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
  if (error instanceof IdpFixError) return error;
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
