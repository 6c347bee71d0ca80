import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { access, chmod, chown, lstat, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { IdpFixError } from '../errors.js';
import { isInside } from '../paths.js';

/**
 * Every call that writing makes to the operating system, so that a test can have the n-th fail. What makes a file is done
 * in one go: an interruption comes before it or after it, and never while a thread is about to make what was cleared away.
 */
export const fileSystem = {
  access: (path: string) => access(path, constants.W_OK),
  chmod: (path: string, mode: number) => chmod(path, mode),
  chown: (path: string, uid: number, gid: number) => chown(path, uid, gid),
  /** Refuses to replace anything. */
  copy: async (from: string, to: string) => copyFileSync(from, to, constants.COPYFILE_EXCL),
  link: async (from: string, to: string) => linkSync(from, to),
  lstat: (path: string) => lstat(path, { bigint: true }),
  mkdir: (path: string) => mkdir(path, { recursive: true }),
  readdir: (path: string) => readdir(path),
  realpath: (path: string) => realpath(path),
  rm: (path: string) => rm(path, { force: true }),
  stat: (path: string) => stat(path, { bigint: true }),
  /** Makes a new file, whole on the disk when it is done. */
  write: async (path: string, bytes: Uint8Array, mode: number) =>
    writeFileSync(path, bytes, { flag: 'wx', mode, flush: true }),
  closeNow: (file: number) => closeSync(file),
  createNow: (path: string) => openSync(path, 'wx'),
  identityNow: (file: number) => fstatSync(file, { bigint: true }),
  lstatNow: (path: string) => lstatSync(path, { bigint: true, throwIfNoEntry: false }),
  readNow: (path: string) => readFileSync(path),
  renameNow: (from: string, to: string) => renameSync(from, to),
  rmNow: (path: string) => rmSync(path, { force: true }),
  touchNow: (file: number, seconds: number) => futimesSync(file, seconds, seconds),
};
export type FileSystem = typeof fileSystem;

/** A repository can bring symbolic links along, so what is written below a folder must not leave it through one. */
export async function refuseWayOut(system: FileSystem, path: string, within: string | undefined) {
  if (within !== undefined) await refuseOutside(system, path, within);
  if (isInside(path, '.')) await refuseOutside(system, path, '.');
}

async function refuseOutside(system: FileSystem, path: string, boundary: string): Promise<void> {
  if (!isInside(path, boundary)) throw new Error(`it is outside the folder ${boundary}`);
  const real = await realFolder(system, boundary);
  // A folder that is not there yet holds no links.
  if (real === undefined || isInside(await nearestRealFolder(system, path), real)) return;
  throw new Error(`a symbolic link leads to it, out of the folder ${boundary}`);
}

/** Where the nearest folder above a path that is there really lies. */
async function nearestRealFolder(system: FileSystem, path: string): Promise<string> {
  const folder = dirname(resolve(path));
  return (await realFolder(system, folder)) ?? nearestRealFolder(system, folder);
}

async function realFolder(system: FileSystem, folder: string): Promise<string | undefined> {
  try {
    return await system.realpath(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // A link that leads nowhere yet would lead somewhere once its target is made.
    const isLink = await system.lstat(folder).then(
      () => true,
      () => false,
    );
    if (isLink) throw new Error(`a symbolic link that leads nowhere is in the way: ${folder}`);
    return undefined;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk or the network file system has failed',
  ESTALE: 'the network file system has lost the file',
  ETIMEDOUT: 'the network file system does not answer',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'its symbolic links lead in a circle',
  EEXIST: 'a file of another write is in the way',
};

export function writeFailed(path: string, error: unknown): IdpFixError {
  if (error instanceof IdpFixError) return error;
  return new IdpFixError('write-failed', `cannot be written: ${reasonOf(error)}`, {
    place: { file: path },
    hint: 'nothing has been changed; --out DIR writes somewhere else',
    cause: error,
  });
}

export function unreadable(path: string, error: unknown): IdpFixError {
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

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
