import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { writeAll } from '../../src/deliver/write-template.js';

let folder = '';
const at = (...names: readonly string[]) => join(folder, ...names);
const bytes = (text: string) => new TextEncoder().encode(text);
const files = nodeFiles();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-'));
  writeFileSync(at('template.yaml'), 'old\n');
});

afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true });
});

describe('nodeFiles, reading', () => {
  it('tells files, folders and what is missing apart', async () => {
    expect(await files.kindOf(at('template.yaml'))).toBe('file');
    expect(await files.kindOf(folder)).toBe('directory');
    expect(await files.kindOf(at('none'))).toBe('missing');
    expect(await files.kindOf(at('template.yaml', 'below'))).toBe('missing');
  });

  it('has an error for what cannot be read', async () => {
    await expect(files.read(at('none'))).rejects.toMatchObject({ code: 'file-not-found', exitCode: 2 });
    await expect(files.read(folder)).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringMatching(/it is a folder/),
    });
  });

  it('has an error for symbolic links in a circle', async () => {
    symlinkSync(at('two'), at('one'));
    symlinkSync(at('one'), at('two'));
    const expected = { code: 'file-unreadable', message: expect.stringMatching(/circle/) };
    await expect(files.kindOf(at('one'))).rejects.toMatchObject(expected);
    await expect(files.read(at('one'))).rejects.toMatchObject(expected);
  });

  it.skipIf(process.platform === 'win32')(
    'reads neither pipes nor devices, and does not wait for one',
    async () => {
      execFileSync('mkfifo', [at('pipe')]);
      symlinkSync('/dev/zero', at('zero'));
      for (const path of [at('pipe'), at('zero'), '/dev/zero', '/dev/null']) {
        await expect(files.read(path)).rejects.toMatchObject({
          code: 'file-unreadable',
          message: expect.stringMatching(/a pipe or a device, not a regular file/),
        });
      }
    },
  );

  it('reads what has a size of its own and what says it has none', async () => {
    const text = 'x'.repeat(200_000);
    writeFileSync(at('long.yaml'), text);
    writeFileSync(at('empty.yaml'), '');
    expect(new TextDecoder().decode(await files.read(at('long.yaml')))).toBe(text);
    expect(await files.read(at('empty.yaml'))).toHaveLength(0);
    if (existsSync('/proc/self/status')) {
      expect(new TextDecoder().decode(await files.read('/proc/self/status'))).toContain('Pid:');
    }
  });

  it('does not read a file without end', async () => {
    writeFileSync(at('huge.json'), '');
    truncateSync(at('huge.json'), 64 * 1024 * 1024 + 1);
    await expect(files.read(at('huge.json'))).rejects.toMatchObject({ code: 'file-too-large', exitCode: 2 });
  });

  it('lists a folder in order, without following links', async () => {
    mkdirSync(at('b'));
    symlinkSync(folder, at('a'));
    expect(await files.list(folder)).toEqual([
      { name: 'a', kind: 'other' },
      { name: 'b', kind: 'directory' },
      { name: 'template.yaml', kind: 'file' },
    ]);
  });
});

describe('nodeFiles, writing', () => {
  it('replaces a file in one step, keeps its mode, and leaves nothing behind', async () => {
    chmodSync(at('template.yaml'), 0o640);
    await writeAll(files, [{ path: at('template.yaml'), bytes: bytes('new\n') }]);
    expect(readFileSync(at('template.yaml'), 'utf8')).toBe('new\n');
    expect(statSync(at('template.yaml')).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['template.yaml']);
  });

  it('replaces files whose names are as long as the system takes', async () => {
    const names = ['a', 'b'].map((end) => `${'ä'.repeat(124)}${end}.yaml`);
    for (const name of names) writeFileSync(at(name), 'old\n');
    await writeAll(
      files,
      names.map((name) => ({ path: at(name), bytes: bytes(`${name}\n`) })),
    );
    expect(names.map((name) => readFileSync(at(name), 'utf8'))).toEqual(names.map((name) => `${name}\n`));
    expect(readdirSync(folder).sort()).toEqual(['template.yaml', ...names]);
  });

  it('makes the folders of a new file', async () => {
    await writeAll(files, [{ path: at('x', 'y', 'new.yaml'), bytes: bytes('new\n') }]);
    expect(readFileSync(at('x', 'y', 'new.yaml'), 'utf8')).toBe('new\n');
  });

  it.each(['template.yaml', 'none.yaml'])('writes through no symbolic link, to %s', async (target) => {
    symlinkSync(at(target), at('link.yaml'));
    const writing = writeAll(files, [{ path: at('link.yaml'), bytes: bytes('new\n') }]);
    await expect(writing).rejects.toMatchObject({
      code: 'write-failed',
      message: expect.stringContaining('it is a symbolic link, which is never written through'),
    });
    expect(readFileSync(at('template.yaml'), 'utf8')).toBe('old\n');
    expect(readdirSync(folder).sort()).toEqual(['link.yaml', 'template.yaml']);
  });

  it('does not leave a folder through a symbolic link', async () => {
    for (const name of ['app', 'outside']) mkdirSync(at(name));
    symlinkSync(at('outside'), at('app', 'out'));
    mkdirSync(at('app', 'below'));
    symlinkSync(at('app', 'below'), at('app', 'in'));
    const write = (path: string) => writeAll(files, [{ path, bytes: bytes('new\n'), within: at('app') }]);
    for (const path of [at('app', 'out', 'x.yaml'), at('app', 'out', 'deep', 'x.yaml')]) {
      await expect(write(path)).rejects.toMatchObject({
        code: 'write-failed',
        message: expect.stringContaining('a symbolic link leads to it, out of the folder'),
      });
    }
    await expect(write(at('outside', 'x.yaml'))).rejects.toMatchObject({
      message: expect.stringContaining('it is outside the folder'),
    });
    expect(readdirSync(at('outside'))).toEqual([]);
    await write(at('app', 'in', 'x.yaml'));
    expect(readdirSync(at('app', 'below'))).toEqual(['x.yaml']);
  });

  it.each([
    ['a read-only folder', () => chmodSync(folder, 0o555), /read-only|permission denied/],
    ['a read-only file', () => chmodSync(at('template.yaml'), 0o444), /read-only|permission denied/],
  ])('leaves everything as it is in the face of %s', async (_, lock, message) => {
    writeFileSync(at('first.yaml'), 'old\n');
    lock();
    const toWrite = [at('first.yaml'), at('template.yaml')].map((path) => ({ path, bytes: bytes('new\n') }));
    await expect(writeAll(files, toWrite)).rejects.toMatchObject({
      code: 'write-failed',
      exitCode: 4,
      message: expect.stringMatching(message),
    });
    chmodSync(folder, 0o755);
    expect(readFileSync(at('first.yaml'), 'utf8')).toBe('old\n');
    expect(readFileSync(at('template.yaml'), 'utf8')).toBe('old\n');
    expect(readdirSync(folder).sort()).toEqual(['first.yaml', 'template.yaml']);
  });

  it('does not write where a folder stands', async () => {
    mkdirSync(at('folder'));
    const writing = writeAll(files, [{ path: at('folder'), bytes: bytes('new\n') }]);
    await expect(writing).rejects.toMatchObject({ code: 'write-failed' });
  });

  it('leaves the original and no rubbish when it is interrupted between preparing and committing', async () => {
    const interrupted = nodeFiles();
    await interrupted.prepare(at('template.yaml'), bytes('new\n'));
    expect(readFileSync(at('template.yaml'), 'utf8')).toBe('old\n');
    interrupted.discardPending();
    expect(readdirSync(folder)).toEqual(['template.yaml']);
  });

  it('puts back what was there', async () => {
    const replaced = await files.prepare(at('template.yaml'), bytes('new\n'));
    const added = await files.prepare(at('new.yaml'), bytes('new\n'));
    for (const file of [replaced, added]) file.commit();
    for (const file of [replaced, added]) file.revert();
    for (const file of [replaced, added]) file.discard();
    expect(readFileSync(at('template.yaml'), 'utf8')).toBe('old\n');
    expect(existsSync(at('new.yaml'))).toBe(false);
  });
});
