import { basename, dirname, join } from 'node:path';
import { sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import type { PreparedFile, PrepareOptions } from '../ports.js';
import { codeOf, type FileSystem, refuseWayOut, writeFailed } from './file-system.js';

/** What lies beside a file while it is written, as left behind by a process that is gone. */
const leftBehind = /^\.(?:.+\.idp-fix-[\w-]+\.(?:new|old)|idp-fix-lock-[\da-f]+)$/;

/**
 * Removes what a process that was killed has left behind. Only under the lock of the folder, where nobody else is at work.
 * The originals among it are no loss: a file that was replaced is whole, and a template has its record for `undo`.
 */
export async function removeLeftovers(system: FileSystem, folder: string): Promise<void> {
  for (const name of await system.readdir(folder)) {
    if (leftBehind.test(name)) await system.rm(join(folder, name));
  }
}

interface Original {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly names: number;
  readonly identity: string;
}

/** Systems take 255 bytes for a name, and a template may have used them up. */
const longestNameBytes = 200;

function brief(name: string): string {
  const bytes = new TextEncoder().encode(name);
  return bytes.length > longestNameBytes ? sha256Of(bytes).slice(0, 16) : name;
}

/**
 * @param mark tells the temporary files of this write from any other's
 * @param assertHeld throws where the folder is no longer locked
 * @param onBegin is given what takes the temporary files away, before the first of them is there
 */
export async function prepareFile(
  system: FileSystem,
  path: string,
  bytes: Uint8Array,
  {
    within,
    expected,
    isPrivate = false,
    mark,
    assertHeld,
    onBegin,
  }: PrepareOptions & {
    mark: string;
    assertHeld: () => void;
    onBegin: (discard: () => void) => void;
  },
): Promise<PreparedFile> {
  const hidden = (kind: 'new' | 'old') =>
    join(dirname(path), `.${brief(basename(path))}.idp-fix-${mark}.${kind}`);
  const [temporary, backup] = [hidden('new'), hidden('old')];
  const discard = () => {
    for (const left of [temporary, backup]) {
      try {
        system.rmNow(left);
      } catch {
        // The next write in the folder removes it.
      }
    }
  };
  onBegin(discard);
  try {
    await refuseWayOut(system, path, within);
    await system.mkdir(dirname(path));
    const original = await writableOriginal(system, path);
    refuseChanged(system, path, path, original, expected);
    const mode = isPrivate ? 0o600 : (original?.mode ?? 0o666);
    await system.write(temporary, bytes, mode);
    const notes =
      original === undefined ? [] : await likeOriginal(system, path, temporary, { ...original, mode });
    // A second name for the original, so that what an editor writes into it is seen until the very end.
    if (original !== undefined) await nameTwice(system, path, backup, original);
    return {
      path,
      notes,
      commit: () =>
        attempt(path, () => {
          assertHeld();
          if (expected !== undefined && identityNow(system, path) !== original?.identity) throw changed(path);
          system.renameNow(temporary, path);
        }),
      confirm: () => attempt(path, () => refuseChanged(system, path, backup, original, expected)),
      revert: () =>
        attempt(path, () => (original === undefined ? system.rmNow(path) : system.renameNow(backup, path))),
      keepOriginal() {
        const kept = `${path}.idp-fix-original`;
        try {
          system.renameNow(backup, kept);
          return kept;
        } catch {
          return backup;
        }
      },
      discard,
    };
  } catch (error) {
    discard();
    throw writeFailed(path, error);
  }
}

/**
 * The file that is to be replaced; undefined when there is none. A file or folder that nobody may write is left alone even
 * for a user whom the system would let through.
 */
async function writableOriginal(system: FileSystem, path: string): Promise<Original | undefined> {
  const folder = dirname(path);
  await system.access(folder);
  if (isReadOnly((await system.stat(folder)).mode)) throw new Error('the folder is read-only');
  const found = await system.lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) {
    throw new Error('it is a symbolic link, which is never written through; name the file it points to');
  }
  if (!found.isFile()) throw new Error('it is not a regular file');
  await system.access(path);
  if (isReadOnly(found.mode)) throw new Error('the file is read-only');
  return {
    mode: Number(found.mode) & 0o7777,
    uid: Number(found.uid),
    gid: Number(found.gid),
    names: Number(found.nlink),
    identity: identityOf(found),
  };
}

function isReadOnly(mode: bigint): boolean {
  return (mode & 0o222n) === 0n;
}

/** Changes with every write and every file that takes the place; giving the file a second name does not change it. */
function identityOf(found: { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
}

function identityNow(system: FileSystem, path: string): string | undefined {
  const found = system.lstatNow(path);
  return found && identityOf(found);
}

/** @param content where what the path has named until now can be read */
function refuseChanged(
  system: FileSystem,
  path: string,
  content: string,
  original: Original | undefined,
  expected: string | null | undefined,
): void {
  if (expected === undefined) return;
  const sha256 = original === undefined ? null : sha256Of(system.readNow(content));
  if (sha256 !== expected) throw changed(path);
}

function changed(path: string): IdpFixError {
  return new IdpFixError('stale', 'another program has changed the file since it was read', {
    place: { file: path },
    hint: 'nothing has been written; run the command again',
  });
}

/** Mode and owner of the new file are those of the original. @returns what could not be kept, a sentence each */
async function likeOriginal(system: FileSystem, path: string, temporary: string, original: Original) {
  const notes: string[] = [];
  const own = await system.lstat(temporary);
  const isOwner = own.uid === BigInt(original.uid);
  if (!isOwner || own.gid !== BigInt(original.gid)) {
    try {
      await system.chown(temporary, original.uid, original.gid);
    } catch (error) {
      if (!['EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'ENOSYS'].includes(codeOf(error))) throw error;
      notes.push(`${path} now belongs to you: its ${isOwner ? 'group' : 'owner'} could not be kept`);
    }
  }
  await system.chmod(temporary, original.mode);
  if (original.names > 1) {
    const others = original.names === 2 ? 'its other hard link keeps' : 'its other hard links keep';
    notes.push(`${path}: ${others} the text from before`);
  }
  return notes;
}

async function nameTwice(system: FileSystem, path: string, backup: string, original: Original) {
  try {
    await system.link(path, backup);
  } catch (error) {
    const hasNoLinks = ['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'];
    if (!hasNoLinks.includes(codeOf(error))) throw error;
    await system.copy(path, backup);
    await likeOriginal(system, path, backup, original);
  }
}

function attempt(path: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    throw writeFailed(path, error);
  }
}
