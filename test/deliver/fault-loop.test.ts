import { closeSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type FileSystem, fileSystem } from '../../src/adapters/file-system.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { undo } from '../../src/deliver/undo.js';
import { writeInPlace } from '../../src/deliver/write-template.js';
import { readDocument } from '../../src/document/read.js';
import { decodeSource } from '../../src/document/source.js';
import { IdpFixError } from '../../src/errors.js';
import { applyEdits } from '../../src/patch/verify.js';
import type { FileStore } from '../../src/ports.js';

/**
 * The n-th call that writing makes to the operating system fails, for every n until a run meets no fault, in each way a
 * call can fail: an error comes back; the process is killed before the call, after it, or half-way through a write. A
 * process that was killed makes no further call. Real files, real locks; only the faults are made.
 */

const faults = ['error', 'killed before', 'killed half-way', 'killed after'] as const;
type Fault = (typeof faults)[number];

const paths = ['template.yaml', 'nested/one.yaml'];
const before = (path: string) => `# ${path}\r\nResources:\r\n  Q: {Type: AWS::SQS::Queue} # ü\n`;
const after = (path: string) => before(path).replace('SQS::Queue', 'SNS::Topic');

const lab = mkdtempSync(join(tmpdir(), 'idp-fix-faults-'));
afterAll(() => rmSync(lab, { recursive: true }));

/** Without waiting for the disk, which only a power cut would tell apart. */
const writeQuickly = (path: string, bytes: Uint8Array) => writeFile(path, bytes, { flag: 'wx' });

class Killed extends Error {}

/** Calls that change something; to be killed after any other is to be killed before the next one. */
const changing = new Set([
  'chmod',
  'chown',
  'copy',
  'link',
  'mkdir',
  'rm',
  'write',
  'createNow',
  'renameNow',
  'rmNow',
  'touchNow',
]);

/** @param at position of the call that fails, counted from 1 */
function faulty(at: number, fault: Fault) {
  let calls = 0;
  let isTold = false;
  let isDead = false;
  const open = new Set<number>();
  const die = () => {
    isDead = true;
    throw new Killed();
  };
  const hooked = Object.entries(fileSystem).map(([name, call]) => {
    const isSync = name.endsWith('Now');
    const run = (...words: never[]) => (call as (...given: never[]) => unknown)(...words);
    const begin = () => {
      if (isDead) throw new Killed();
      calls++;
      if (calls !== at) return false;
      isTold =
        fault === 'killed half-way' ? name === 'write' : fault !== 'killed after' || changing.has(name);
      if (!isTold) return false;
      if (fault === 'error') throw Object.assign(new Error(`injected into ${name}`), { code: 'EIO' });
      if (fault === 'killed before') die();
      return true;
    };
    const track = (result: unknown) => {
      if (name === 'createNow') open.add(Number(result));
      return result;
    };
    const sync = (...words: never[]) => {
      const isLast = begin();
      const result = track(run(...words));
      if (isLast) die();
      return result;
    };
    const asynchronous = async (...words: never[]) => {
      const isLast = begin();
      if (name === 'write') {
        const [path, bytes] = words as unknown as [string, Uint8Array];
        const isHalf = isLast && fault === 'killed half-way';
        await writeQuickly(path, isHalf ? bytes.subarray(0, bytes.length >> 1) : bytes);
        if (isLast) die();
        return undefined;
      }
      const result = await run(...words);
      if (isLast) die();
      return result;
    };
    return [name, isSync ? sync : asynchronous];
  });
  const end = () => {
    for (const file of open) {
      try {
        closeSync(file);
      } catch {
        // The run has closed it.
      }
    }
  };
  return {
    system: Object.fromEntries(hooked) as FileSystem,
    calls: () => calls,
    /** The fault was made, and differs from every other one. */
    isMade: () => isTold,
    end,
  };
}

const times = { leaseMs: 4, patienceMs: 2000 };
const healthy = (): FileStore => nodeFiles({ system: { ...fileSystem, write: writeQuickly }, times });
let folders = 0;

function folderWith(content: (path: string) => string): string {
  const folder = join(lab, String(folders++));
  mkdirSync(join(folder, 'nested'), { recursive: true });
  for (const path of paths) writeFileSync(join(folder, path), content(path));
  return folder;
}

/** Plans what is there and writes it, as a run of the command does. */
async function apply(files: FileStore, folder: string): Promise<void> {
  const templates = paths.map((path) => {
    const document = readDocument(decodeSource(path, readFileSync(join(folder, path))));
    const { text } = document.source;
    const start = text.indexOf('SQS::Queue');
    const edits = start < 0 ? [] : [{ start, end: start + 'SQS::Queue'.length, text: 'SNS::Topic' }];
    return { path, document, edits, text: applyEdits(text, edits), changed: start >= 0, origins: [] };
  });
  await writeInPlace(files, [{ folder, templates }]);
}

const textsIn = (folder: string) => paths.map((path) => readFileSync(join(folder, path), 'utf8'));
const listing = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
const whole = [...paths, 'nested'].sort();

async function outcome(work: Promise<unknown>): Promise<'done' | 'refused' | 'killed'> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof IdpFixError && !isKill(error)) return 'refused';
    if (isKill(error)) return 'killed';
    throw error;
  }
}

const isKill = (error: unknown): boolean =>
  error instanceof Killed || (error instanceof Error && error.cause !== undefined && isKill(error.cause));

/** Each file is as it was before or as it is after: never torn, never gone. */
function expectWhole(folder: string, when: string): void {
  for (const [index, text] of textsIn(folder).entries()) {
    const path = paths[index] ?? '';
    expect([before(path), after(path)], `${path}, ${when}`).toContain(text);
  }
}

type Command = (files: FileStore, folder: string) => Promise<unknown>;

async function loop(
  name: string,
  prepare: () => Promise<string>,
  command: Command,
  expected: { readonly untouched: (path: string) => string; readonly done: (path: string) => string },
  recover: readonly (readonly [string, Command])[],
): Promise<void> {
  const counts = { calls: 0, done: 0, refused: 0, killed: 0 };
  for (const fault of faults) {
    for (const [recoveryName, recovery] of recover) {
      for (let at = 1, met = true; met; at++) {
        const folder = await prepare();
        const world = faulty(at, fault);
        const ended = await outcome(command(nodeFiles({ system: world.system, times }), folder));
        met = world.calls() >= at;
        world.end();
        if (met && !world.isMade()) {
          rmSync(folder, { recursive: true });
          continue;
        }
        const when = `${name}: ${fault}, call ${at}, then ${recoveryName}`;
        expectWhole(folder, when);
        if (ended === 'refused') expect(textsIn(folder), when).toEqual(paths.map(expected.untouched));
        if (ended === 'done') expect(textsIn(folder), when).toEqual(paths.map(expected.done));
        counts[ended]++;
        counts.calls = Math.max(counts.calls, at - 1);

        await recovery(healthy(), folder);
        expect(textsIn(folder), `${when}, at the end`).toEqual(paths.map(before));
        // A write is what removes what was left behind.
        await apply(healthy(), folder);
        expect(textsIn(folder), `${when}, written once more`).toEqual(paths.map(after));
        await undo(healthy(), folder);
        expect(textsIn(folder), `${when}, taken back once more`).toEqual(paths.map(before));
        expect(listing(folder), when).toEqual(whole);
        rmSync(folder, { recursive: true });
      }
    }
  }
  const { calls, done, refused, killed } = counts;
  console.info(
    `fault loop, ${name}: ${calls} calls, ${done + refused + killed} runs with a fault and a way on: ${done} done all the same, ${refused} refused, ${killed} killed; 0 lost`,
  );
}

const undone: Command = async (files, folder) => {
  try {
    await undo(files, folder);
  } catch (error) {
    // Nothing was written, or everything is taken back already.
    if (!(error instanceof IdpFixError) || error.code !== 'file-not-found') throw error;
  }
};

const again: Command = async (files, folder) => {
  await apply(files, folder);
  expect(textsIn(folder)).toEqual(paths.map(after));
  await undo(files, folder);
};

describe('faults in every call', () => {
  const recoveries = [
    ['undo', undone],
    ['--apply and undo', again],
  ] as const;

  it('of --apply leave files whole, and the next run recovers', async () => {
    const prepare = async () => folderWith(before);
    await loop('--apply', prepare, apply, { untouched: before, done: after }, recoveries);
  }, 300_000);

  it('of undo leave files whole, and the next run recovers', async () => {
    const prepare = async () => {
      const folder = folderWith(before);
      await apply(healthy(), folder);
      return folder;
    };
    const expected = { untouched: after, done: before };
    await loop('undo', prepare, (files, folder) => undo(files, folder), expected, recoveries);
  }, 300_000);
});
