import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { IdpFixError } from '../errors.js';
import { codeOf, type FileSystem } from './file-system.js';

/** A folder that no other idp-fix writes in meanwhile. */
export interface FolderLock {
  readonly folder: string;
  /** @throws IdpFixError `write-failed` when another one has taken over, because this one stalled for too long */
  assertHeld(): void;
  /** Never throws. */
  release(): void;
}

export interface LockTimes {
  /** A lock that nobody has touched for this long was left behind by a process that is gone. */
  readonly leaseMs: number;
  /** How long is waited for others that come and go. */
  readonly patienceMs: number;
}

export const lockTimes: LockTimes = { leaseMs: 3000, patienceMs: 60_000 };

export const lockFileName = '.idp-fix-lock';

/**
 * Locks a folder by a file in it that its holder keeps touching. Whether the holder is gone is told by watching the file,
 * by the clock of the watcher alone: process numbers mean nothing across containers, nor clocks across machines.
 * @param folder a real path
 */
export async function lockFolder(system: FileSystem, folder: string, times: LockTimes): Promise<FolderLock> {
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
