import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileSystem, fileSystem } from '../../src/adapters/file-system.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { undo } from '../../src/deliver/undo.js';
import { writeAll, writeInPlace } from '../../src/deliver/write-template.js';
import { readDocument } from '../../src/document/read.js';
import { decodeSource } from '../../src/document/source.js';
import { applyEdits } from '../../src/patch/verify.js';
import type { FileStore } from '../../src/ports.js';

const template = 'Resources:\n  Q: {Type: AWS::SQS::Queue}\n';
const edited = `${template}# saved by an editor meanwhile\n`;
let folder = '';
const at = (name: string) => join(folder, name);
const text = () => readFileSync(at('template.yaml'), 'utf8');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-races-'));
  writeFileSync(at('template.yaml'), template);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a run that has read the template as it was writes. */
function apply(files: FileStore, type: string) {
  const document = readDocument(decodeSource('template.yaml', new TextEncoder().encode(template)));
  const start = template.indexOf('SQS::Queue');
  const edits = [{ start, end: start + 'SQS::Queue'.length, text: type }];
  const patched = {
    path: 'template.yaml',
    document,
    edits,
    text: applyEdits(template, edits),
    changed: true,
    origins: [],
  };
  return writeInPlace(files, [{ folder, templates: [patched] }]);
}

/** The operating system, and another program that does something just before the n-th call. */
function interrupted(at: number, action: () => void): { system: FileSystem; calls: () => number } {
  let calls = 0;
  const hooked = Object.entries(fileSystem).map(([name, call]) => [
    name,
    (...words: never[]) => {
      calls++;
      if (calls === at) action();
      return (call as (...given: never[]) => unknown)(...words);
    },
  ]);
  return { system: Object.fromEntries(hooked) as FileSystem, calls: () => calls };
}

const saves: Readonly<Record<string, () => void>> = {
  'writes into the file': () => appendFileSync(at('template.yaml'), edited.slice(template.length)),
  'puts another file in its place': () => {
    writeFileSync(at('saved'), edited);
    renameSync(at('saved'), at('template.yaml'));
  },
};

describe('an editor that saves while --apply writes', () => {
  it.each(Object.keys(saves))('loses nothing, whenever it %s', async (how) => {
    const outcomes = { refused: 0, written: 0, lost: 0 };
    for (let n = 1, met = true; met; n++) {
      writeFileSync(at('template.yaml'), template);
      const { system, calls } = interrupted(n, saves[how] ?? expect.fail());
      let before = '';
      try {
        await apply(nodeFiles({ system }), 'SNS::Topic');
        before = text();
        // The editor came when everything was in place; or it did not come at all.
        outcomes.written++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'stale', exitCode: 3 });
        expect(text()).toBe(edited);
        expect(readdirSync(folder)).toEqual(['template.yaml']);
        outcomes.refused++;
      }
      met = calls() >= n;
      if (before !== '') {
        const isSaved = before.includes('saved by an editor');
        if (met && !isSaved) outcomes.lost++;
        // What was saved after --apply is not undone.
        if (isSaved) await expect(undo(nodeFiles(), folder)).rejects.toMatchObject({ code: 'stale' });
        else await undo(nodeFiles(), folder);
        expect(text()).toBe(isSaved ? before : template);
        rmSync(at('.idp-fix-undo.json'), { force: true });
      }
    }
    expect(outcomes.refused).toBeGreaterThan(10);
    // Between the last look at the name and the step that replaces it, two calls in a row, Node has no way to find out that
    // another file has taken the name. What is written into the same file is found out even then.
    expect(outcomes.lost).toBe(how === 'puts another file in its place' ? 1 : 0);
  });

  it('loses nothing while undo writes', async () => {
    let refused = 0;
    for (let n = 1, met = true; met; n++) {
      writeFileSync(at('template.yaml'), template);
      await apply(nodeFiles(), 'SNS::Topic');
      const { system, calls } = interrupted(n, saves['writes into the file'] ?? expect.fail());
      try {
        await undo(nodeFiles({ system }), folder);
      } catch (error) {
        expect(error).toMatchObject({ code: 'stale' });
        refused++;
      }
      met = calls() >= n;
      if (met) expect(text(), `call ${n}`).toContain('saved by an editor');
      rmSync(at('.idp-fix-undo.json'), { force: true });
    }
    expect(refused).toBeGreaterThan(5);
  });
});

describe('two runs at once', () => {
  it('never both say that they have written', async () => {
    for (let round = 0; round < 20; round++) {
      writeFileSync(at('template.yaml'), template);
      const types = ['SNS::Topic', 'S3::Bucket'];
      const ended = await Promise.allSettled(types.map((type) => apply(nodeFiles(), type)));
      const written = types.filter((_, index) => ended[index]?.status === 'fulfilled');
      expect(written).toHaveLength(1);
      expect(text()).toContain(written[0]);
      expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'stale' } });
      expect(await undo(nodeFiles(), folder)).toHaveLength(1);
      expect(text()).toBe(template);
    }
    expect(readdirSync(folder)).toEqual(['template.yaml']);
  });

  const times = { leaseMs: 100, patienceMs: 400 };
  const one = [{ path: 'any', bytes: new Uint8Array() }];

  it('wait for each other, and not for ever', async () => {
    const holder = nodeFiles({ times });
    const place = [{ path: at('any') }];
    await holder.exclusively(place, async () => {
      const waiting = writeAll(nodeFiles({ times }), [
        { ...one[0], path: at('any'), bytes: new Uint8Array() },
      ]);
      await expect(waiting).rejects.toMatchObject({
        code: 'write-failed',
        message: 'another idp-fix keeps writing in this folder',
      });
    });
    await writeAll(nodeFiles({ times }), [{ path: at('any'), bytes: new Uint8Array() }]);
    expect(readdirSync(folder).sort()).toEqual(['any', 'template.yaml']);
  });

  it('take over a lock that was left behind, whatever time it bears', async () => {
    for (const time of [0, Date.now() / 1000 + 1e6]) {
      writeFileSync(at('.idp-fix-lock'), '');
      utimesSync(at('.idp-fix-lock'), time, time);
      await writeAll(nodeFiles({ times }), [{ path: at('any'), bytes: new Uint8Array() }]);
      expect(existsSync(at('.idp-fix-lock'))).toBe(false);
    }
  });

  it('write nothing once the lock is lost', async () => {
    const files = nodeFiles();
    await files.exclusively([{ path: at('any') }], async () => {
      const prepared = await files.prepare(at('template.yaml'), new TextEncoder().encode('new'));
      rmSync(at('.idp-fix-lock'));
      writeFileSync(at('.idp-fix-lock'), 'of another');
      expect(() => prepared.commit()).toThrow(/another idp-fix has taken over/);
      prepared.discard();
    });
    expect(text()).toBe(template);
    // The lock of the other one stays.
    expect(readFileSync(at('.idp-fix-lock'), 'utf8')).toBe('of another');
  });
});

describe('what a file has beside its content', () => {
  it('is told where it cannot be kept: other hard links', async () => {
    linkSync(at('template.yaml'), at('other.yaml'));
    const { notes } = await apply(nodeFiles(), 'SNS::Topic');
    expect(notes).toEqual([expect.stringContaining('its other hard link keeps the text from before')]);
    expect(readFileSync(at('other.yaml'), 'utf8')).toBe(template);
  });

  it.skipIf(process.getuid?.() !== 0)('is kept where the system allows it: the owner', async () => {
    await fileSystem.chown(at('template.yaml'), 1000, 1001);
    const { notes } = await apply(nodeFiles(), 'SNS::Topic');
    expect(notes).toEqual([]);
    expect(statSync(at('template.yaml'))).toMatchObject({ uid: 1000, gid: 1001 });
  });

  it('is told where the system does not allow it', async () => {
    const refuse = async () => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    };
    // Neither can be had without another user: the system says no, and says that the file is another one's.
    const lstat = async (path: string) => {
      const found = await fileSystem.lstat(path);
      if (path.endsWith('.new')) found.uid += 1n;
      return found;
    };
    const files = nodeFiles({ system: { ...fileSystem, chown: refuse, lstat } });
    const { notes } = await apply(files, 'SNS::Topic');
    expect(notes).toEqual([expect.stringContaining('now belongs to you: its owner could not be kept')]);
  });

  it('does not matter on a file system without hard links', async () => {
    const refuse = async () => {
      throw Object.assign(new Error('not supported'), { code: 'ENOTSUP' });
    };
    const files = nodeFiles({ system: { ...fileSystem, link: refuse } });
    await apply(files, 'SNS::Topic');
    expect(await undo(files, folder)).toHaveLength(1);
    expect(text()).toBe(template);
    expect(readdirSync(folder)).toEqual(['template.yaml']);
  });

  it.each([
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk quota is used up'],
    ['EROFS', 'the file system is read-only'],
    ['ESTALE', 'the network file system has lost the file'],
    ['EIO', 'the disk or the network file system has failed'],
  ])('stays as it is when the system says %s', async (code, reason) => {
    const write = async () => {
      throw Object.assign(new Error('no'), { code });
    };
    const files = nodeFiles({ system: { ...fileSystem, write } });
    await expect(apply(files, 'SNS::Topic')).rejects.toMatchObject({
      code: 'write-failed',
      message: `cannot be written: ${reason}`,
    });
    expect(text()).toBe(template);
    expect(readdirSync(folder)).toEqual(['template.yaml']);
  });
});
