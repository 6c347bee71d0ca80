import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { IdpFixError } from '../errors.js';
import type { DirectoryEntry, FileKind, FileStore } from '../ports.js';
import { codeOf, type FileSystem, fileSystem, refuseWayOut, unreadable, writeFailed } from './file-system.js';
import { prepareFile, removeLeftovers } from './prepared-file.js';

/** The findings of other tools are the longest files there are; templates end at 1 MB. */
const mebibyte = 1024 * 1024;
const longestFileBytes = 64 * mebibyte;

/** Files of the machine. `discardPending` clears away what an interrupted write has prepared. */
interface NodeFiles extends FileStore {
  discardPending(): void;
}

/** @param options `hold` is told when something begins to be written; the others stand in for the system, in tests */
export function nodeFiles(
  options: {
    readonly system?: FileSystem;
    readonly times?: LockTimes;
    readonly hold?: () => () => void;
  } = {},
): NodeFiles {
  const { system = fileSystem, times = lockTimes, hold = () => () => {} } = options;
  /** What takes away the temporary files of a write that has begun. */
  const pending = new Set<() => void>();
  const locks = new Set<FolderLock>();
  const assertHeld = () => {
    for (const lock of locks) lock.assertHeld();
  };
  return {
    read,
    kindOf,
    isLink,
    list,
    realPath,
    async exclusively(places, work) {
      const own: FolderLock[] = [];
      const release = hold();
      try {
        for (const folder of await foldersOf(system, places)) {
          const lock = await lockFolder(system, folder, times).catch((error: unknown) => {
            throw writeFailed(folder, error);
          });
          own.push(lock);
          locks.add(lock);
          await removeLeftovers(system, folder).catch((error: unknown) => {
            throw writeFailed(folder, error);
          });
        }
        return await work();
      } finally {
        for (const lock of own.reverse()) {
          lock.release();
          locks.delete(lock);
        }
        release();
      }
    },
    async prepare(path, bytes, prepareOptions = {}) {
      const mark = randomBytes(6).toString('hex');
      let clear = () => {};
      const onBegin = (discard: () => void) => {
        clear = discard;
        pending.add(clear);
      };
      try {
        const made = await prepareFile(system, path, bytes, { ...prepareOptions, mark, assertHeld, onBegin });
        return {
          ...made,
          discard() {
            made.discard();
            pending.delete(clear);
          },
        };
      } catch (error) {
        pending.delete(clear);
        throw error;
      }
    },
    async remove(path) {
      await system.rm(path).catch((error: unknown) => {
        throw writeFailed(path, error);
      });
    },
    discardPending() {
      for (const discard of pending) discard();
      for (const lock of locks) lock.release();
    },
  };
}

/** Where the files are to lie, made where they are missing; in one order for all, so that no two runs wait for each other. */
async function foldersOf(
  system: FileSystem,
  places: Parameters<FileStore['exclusively']>[0],
): Promise<readonly string[]> {
  const folders = new Set<string>();
  for (const { path, within } of places) {
    try {
      await refuseWayOut(system, path, within);
      await system.mkdir(dirname(path));
      folders.add(await system.realpath(dirname(path)));
    } catch (error) {
      throw writeFailed(path, error);
    }
  }
  return [...folders].sort();
}

async function read(path: string, mostBytes = longestFileBytes): Promise<Uint8Array> {
  try {
    // Asked before it is opened, because opening a device can do something; and not waiting for the writer of a pipe.
    refuseSpecial(await stat(path));
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await file.stat();
      refuseSpecial(found);
      return await readBounded(path, file, found.size, mostBytes);
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
async function readBounded(
  path: string,
  file: FileHandle,
  size: number,
  mostBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let total = 0; total <= mostBytes; ) {
    const room = Buffer.allocUnsafe(total === 0 ? Math.min(size, mostBytes) + 1 : 65_536);
    const { bytesRead } = await file.read(room, 0, room.length);
    if (bytesRead === 0) return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    chunks.push(room.subarray(0, bytesRead));
    total += bytesRead;
  }
  throw new IdpFixError('file-too-large', `the file is larger than ${mostBytes / mebibyte} MiB`, {
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

/** A folder that no other idp-fix writes in meanwhile. */
interface FolderLock {
  readonly folder: string;
  /** @throws IdpFixError `write-failed` when another one has taken over, because this one stalled for too long */
  assertHeld(): void;
  /** Never throws. */
  release(): void;
}

interface LockTimes {
  /** A lock that nobody has touched for this long was left behind by a process that is gone. */
  readonly leaseMs: number;
  /** How long is waited for others that come and go. */
  readonly patienceMs: number;
}

const lockTimes: LockTimes = { leaseMs: 3000, patienceMs: 60_000 };

const lockFileName = '.idp-fix-lock';

/**
 * Locks a folder by a file in it that its holder keeps touching. Whether the holder is gone is told by watching the file,
 * by the clock of the watcher alone: process numbers mean nothing across containers, nor clocks across machines.
 * @param folder a real path
 */
async function lockFolder(system: FileSystem, folder: string, times: LockTimes): Promise<FolderLock> {
  const path = join(folder, lockFileName);
  const step = Math.max(1, Math.min(50, times.leaseMs / 4));
  let seen: string | undefined;
  let seenFor = 0;
  for (let waited = 0; waited <= times.patienceMs; waited += step) {
    const made = create(system, path);
    if (made !== undefined) return held(system, folder, path, made, times);
    const now = identityOf(system, path);
    seenFor = now === seen ? seenFor + step : 0;
    seen = now;
    if (seenFor >= times.leaseMs) {
      const taken = await takeOver(system, folder, path, step);
      if (taken !== undefined) return held(system, folder, path, taken, times);
    }
    await pause(step);
  }
  throw new IdpFixError('write-failed', 'another idp-fix keeps writing in this folder', {
    place: { file: folder },
    hint: 'nothing has been changed; run the command again when the other one is done',
  });
}

function create(system: FileSystem, path: string): number | undefined {
  try {
    return system.createNow(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** What changes with every touch and every holder. */
function identityOf(system: FileSystem, path: string): string | undefined {
  const found = system.lstatNow(path);
  return found && `${found.dev} ${found.ino} ${found.mtimeNs}`;
}

/** Puts a lock of one's own in the place of the old one in one step; of several that do so at once, the last has it. */
async function takeOver(system: FileSystem, folder: string, path: string, step: number) {
  const own = join(folder, `${lockFileName}-${randomBytes(8).toString('hex')}`);
  const file = system.createNow(own);
  system.renameNow(own, path);
  await pause(2 * step);
  if (isSame(system, path, file)) return file;
  system.closeNow(file);
  return undefined;
}

function held(
  system: FileSystem,
  folder: string,
  path: string,
  file: number,
  { leaseMs }: LockTimes,
): FolderLock {
  const touch = () => {
    try {
      system.touchNow(file, Date.now() / 1000);
    } catch {
      // Then another one may take over, which `assertHeld` finds out.
    }
  };
  const heart = setInterval(touch, leaseMs / 4);
  heart.unref();
  return {
    folder,
    assertHeld() {
      touch();
      if (isSame(system, path, file)) return;
      throw new IdpFixError('write-failed', 'another idp-fix has taken over, because this one stalled', {
        place: { file: folder },
        hint: 'nothing has been changed; run the command again',
      });
    },
    release() {
      clearInterval(heart);
      try {
        if (isSame(system, path, file)) system.rmNow(path);
        system.closeNow(file);
      } catch {
        // The next one takes the lock over.
      }
    },
  };
}

function isSame(system: FileSystem, path: string, file: number): boolean {
  const found = system.lstatNow(path);
  const own = system.identityNow(file);
  return found !== undefined && found.ino === own.ino && found.dev === own.dev;
}
