import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectFolder } from '../cli/run-in-process.js';
import { installTools, tool } from './tools.js';

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-pre-commit-'));
const hooks = join(folder, 'hooks');
const user = join(folder, 'user');
const template = join(user, 'template.yaml');

function git(cwd: string, ...words: readonly string[]): string {
  const as = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  return execFileSync('git', [...as, ...words], { cwd, encoding: 'utf8' }).trim();
}

beforeAll(() => {
  installTools();
  // pre-commit takes hooks from a commit, so what is not committed is not tried here.
  git(folder, 'clone', '--quiet', projectFolder, hooks);
  // The commit of a release, which is the only one with a bundle.
  cpSync(join(projectFolder, 'dist'), join(hooks, 'dist'), { recursive: true });
  git(hooks, 'add', '--force', 'dist');
  git(hooks, 'commit', '--quiet', '--message', 'release');
  git(folder, 'init', '--quiet', user);
  cpSync(join(projectFolder, 'examples/small/template.yaml'), template);
  const hook = (id: string) => `      - id: ${id}\n        args: [template.yaml, --only, log-retention]\n`;
  writeFileSync(
    join(user, '.pre-commit-config.yaml'),
    `repos:\n  - repo: ${hooks}\n    rev: ${git(hooks, 'rev-parse', 'HEAD')}\n    hooks:\n${hook('idp-fix')}${hook('idp-fix-apply')}`,
  );
  git(user, 'add', '--all');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(hook: string) {
  const environment = { ...process.env, PRE_COMMIT_HOME: join(folder, 'home') };
  const words = ['run', hook, '--all-files', '--color', 'never'];
  return spawnSync(tool('pre-commit'), words, { cwd: user, encoding: 'utf8', env: environment });
}

test('pre-commit installs the hooks from the repository, fails on findings, writes fixes, and then passes', () => {
  const found = run('idp-fix');
  expect(found.stdout).toMatch(/log-retention +medium +1 +30 → 365/);
  expect(found.status).toBe(1);
  const fixed = run('idp-fix-apply');
  expect(fixed.stdout).toContain('files were modified by this hook');
  expect(readFileSync(template, 'utf8')).toContain('RetentionInDays: 365');
  git(user, 'add', 'template.yaml');
  expect(run('idp-fix').status).toBe(0);
  expect(run('idp-fix-apply').status).toBe(0);
});
