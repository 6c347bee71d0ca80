import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { LineFile } from '../ports.js';
import { writeFailed } from './file-system.js';

/**
 * A file of lines that is written as they come, each whole. A line that an interrupted run has left unfinished is cut off.
 * A repository can bring what lies in its place along, so it is no link, pipe or device.
 * @param resumes keeps the lines that are there
 * @throws IdpFixError `write-failed`
 */
export async function lineFile(path: string, resumes: boolean): Promise<LineFile> {
  try {
    const file = openRegular(path);
    const whole = resumes ? await wholeLines(path) : 0;
    ftruncateSync(file, whole);
    return {
      kept: () => linesOf(path, whole),
      append(line) {
        try {
          writeSync(file, `${line}\n`);
        } catch (error) {
          throw writeFailed(path, error);
        }
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    throw writeFailed(path, error);
  }
}

/** Opened before it is looked at, so that nothing can be put in its place in between; without waiting for the end of a pipe. */
function openRegular(path: string): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error('it is a symbolic link, which is never written through; name the file it points to');
  const file = openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0o666);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new Error('it is a pipe or a device, not a regular file');
}

/** @returns bytes up to the end of the last line that has one; 0 for a file that is not there */
async function wholeLines(path: string): Promise<number> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return 0;
  let whole = 0;
  let read = 0;
  for await (const chunk of file.createReadStream()) {
    const bytes: Buffer = chunk;
    const end = bytes.lastIndexOf(10);
    if (end >= 0) whole = read + end + 1;
    read += bytes.length;
  }
  return whole;
}

async function* linesOf(path: string, bytes: number): AsyncGenerator<string> {
  if (bytes === 0) return;
  const file = await open(path, 'r');
  try {
    yield* file.readLines({ end: bytes - 1, autoClose: false });
  } finally {
    await file.close();
  }
}
