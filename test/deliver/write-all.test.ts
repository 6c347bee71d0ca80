import { describe, expect, it } from 'vitest';
import { writeAll } from '../../src/deliver/write-template.js';
import { IdpFixError } from '../../src/errors.js';
import { memoryFiles } from '../memory-files.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const toWrite = [
  { path: 'a.yaml', bytes: bytes('new a') },
  { path: 'x/b.yaml', bytes: bytes('new b') },
  { path: 'c.yaml', bytes: bytes('new c') },
];
const before = { 'a.yaml': 'old a', 'x/b.yaml': 'old b' };

describe('writeAll', () => {
  it('writes all files', async () => {
    const files = memoryFiles(before);
    await writeAll(files, toWrite);
    expect(Object.fromEntries(files.contents)).toEqual({
      'a.yaml': 'new a',
      'x/b.yaml': 'new b',
      'c.yaml': 'new c',
    });
  });

  it('prepares everything before it puts the first file in place', async () => {
    const files = memoryFiles(before);
    await writeAll(files, toWrite);
    expect(files.steps.map((step) => step.split(' ')[0])).toEqual([
      ...toWrite.map(() => 'prepare'),
      ...toWrite.map(() => 'commit'),
    ]);
  });

  it.each([0, 1, 2, 3, 4, 5])('writes nothing when step %i fails', async (failAt) => {
    const files = memoryFiles(before, failAt);
    await expect(writeAll(files, toWrite)).rejects.toMatchObject({ code: 'write-failed' });
    expect(Object.fromEntries(files.contents)).toEqual(before);
  });

  it('keeps the original and says where it is when the way back fails too', async () => {
    const files = memoryFiles(before, 4);
    const discarded: string[] = [];
    const broken = {
      exclusively: files.exclusively,
      prepare: async (path: string, content: Uint8Array) => ({
        ...(await files.prepare(path, content)),
        revert: () => {
          throw new IdpFixError('write-failed', 'the disk is gone');
        },
        discard: () => void discarded.push(path),
      }),
    };
    await expect(writeAll(broken, toWrite)).rejects.toMatchObject({
      code: 'write-failed',
      message: expect.stringContaining('could not be put back: a.yaml (it is in a.yaml)'),
    });
    expect(discarded).toEqual(['x/b.yaml', 'c.yaml']);
  });
});
