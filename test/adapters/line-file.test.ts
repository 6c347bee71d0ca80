import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineFile } from '../../src/adapters/line-file.js';

let folder = '';
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-lines-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a file of lines', () => {
  it('keeps whole lines when it is resumed, and none otherwise', async () => {
    writeFileSync(at('f'), 'one\ntwo\nhal');
    const resumed = await lineFile(at('f'), true);
    const kept: string[] = [];
    for await (const line of resumed.kept()) kept.push(line);
    resumed.append('three');
    resumed.close();
    expect([kept, readFileSync(at('f'), 'utf8')]).toEqual([['one', 'two'], 'one\ntwo\nthree\n']);
    const fresh = await lineFile(at('f'), false);
    fresh.append('four');
    fresh.close();
    expect(readFileSync(at('f'), 'utf8')).toBe('four\n');
  });

  it.skipIf(process.platform === 'win32').each([true, false])(
    'is no link, pipe or device (resumed: %s)',
    async (resumes) => {
      writeFileSync(at('victim'), 'keep\n');
      symlinkSync(at('victim'), at('link'));
      symlinkSync(at('new'), at('dangling'));
      execFileSync('mkfifo', [at('pipe')]);
      for (const name of ['link', 'dangling', 'pipe'])
        await expect(lineFile(at(name), resumes), name).rejects.toMatchObject({ code: 'write-failed' });
      await expect(lineFile('/dev/full', resumes)).rejects.toMatchObject({ code: 'write-failed' });
      expect(readFileSync(at('victim'), 'utf8')).toBe('keep\n');
    },
  );
});
