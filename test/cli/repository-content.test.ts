import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from './run-in-process.js';

/** What a repository brings along, and nobody has named, must neither hang a run nor run code nor pass for something else. */

let folder = '';
const at = (name: string) => join(folder, name);
const put = (name: string, text: string) => writeFileSync(at(name), text);
const run = (...words: readonly string[]) => runInProcess([at('template.yaml'), ...words]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-repository-'));
  put('template.yaml', 'Resources:\n  One:\n    Type: AWS::Logs::LogGroup\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(process.platform === 'win32')('pipes and devices', () => {
  const message = 'cannot be read: it is a pipe or a device, not a regular file';
  beforeEach(() => {
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync('/dev/zero', at('zero'));
  });

  it.each(['pipe', './zero', '../../dev/zero'])('are not read for a policy that extends %s', async (base) => {
    put('idp-fix.policy.yaml', `extends: ${base}\n`);
    const { exitCode, notes } = await run();
    expect(exitCode).toBe(2);
    expect(notes).toContain(message);
  });

  it.each([
    ['--policy', 'pipe'],
    ['--parameters', 'pipe'],
    ['--findings', 'zero'],
    ['--baseline', 'pipe'],
    ['--write-baseline', 'pipe'],
  ])('are not read for %s', async (flag, name) => {
    const { exitCode, notes } = await run(flag, at(name));
    expect(exitCode).toBe(2);
    expect(notes).toContain(message);
  });

  it('are not read for a template or a record', async () => {
    expect(await runInProcess([at('pipe')])).toMatchObject({
      exitCode: 2,
      notes: expect.stringContaining(message),
    });
    symlinkSync(at('pipe'), at('.idp-fix-undo.json'));
    expect(await runInProcess(['undo', folder])).toMatchObject({
      exitCode: 2,
      notes: expect.stringContaining(message),
    });
  });

  it('are not written for --output', async () => {
    for (const name of ['pipe', 'zero']) {
      const { exitCode, notes } = await run('--output', at(name));
      expect(exitCode).toBe(4);
      expect(notes).toMatch(/cannot be written: it is (?:not a regular file|a symbolic link)/);
    }
  });
});

describe('a policy that was found', () => {
  it('runs no code: it has no key for plugins', async () => {
    put(
      'evil.mjs',
      `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(at('pwned'))}, '');\n`,
    );
    for (const key of ['plugin', 'plugins']) {
      put('idp-fix.policy.yaml', `${key}: [./evil.mjs]\n`);
      const { exitCode, notes } = await run();
      expect(exitCode).toBe(2);
      expect(notes).toContain(`${key} is not a key of a policy`);
    }
    put('idp-fix.policy.yaml', 'extends: ./evil.mjs\n');
    expect((await run()).exitCode).toBe(2);
    expect(existsSync(at('pwned'))).toBe(false);
  });

  it('does not pass for a preset by its name', async () => {
    put('idp-fix.policy.yaml', 'name: production\nremediations: {log-retention: {enabled: false}}\n');
    expect((await run()).data).toContain('policy production (idp-fix.policy.yaml)');
    expect((await run('--format', 'markdown')).data).toContain('policy production (idp-fix.policy.yaml)');
    expect((await run('--format', 'html')).data).toContain('idp-fix.policy.yaml');
    expect(JSON.parse((await run('--format', 'json')).data).policy).toMatchObject({
      name: 'production',
      source: 'idp-fix.policy.yaml',
    });
    rmSync(at('idp-fix.policy.yaml'));
    expect((await run()).data).toMatch(/· policy production\n/);
  });
});

describe('--trusted', () => {
  it('names a folder', async () => {
    const { exitCode, notes } = await run('--trusted', at('none'));
    expect(exitCode).toBe(2);
    expect(notes).toContain('--trusted names no folder');
  });

  it('does not go with --compare', async () => {
    const { exitCode, notes } = await run('--compare', at('template.yaml'), '--trusted', folder);
    expect(exitCode).toBe(2);
    expect(notes).toContain('--compare and --trusted do not go together');
  });
});
