import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { scriptedAccount, template } from './scripted-account.js';
import { wire } from './wire.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-change-set-html-'));
  writeFileSync(join(folder, 'app.yaml'), template);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('shows a change set as a document, when it is made and later', async () => {
  const run = (words: readonly string[]) =>
    runInProcess(['change-set', ...words, '--stack', 'app', '--format', 'html'], {
      live: wire(scriptedAccount()).live,
    });
  const made = await run(['create', join(folder, 'app.yaml'), '--only', 'log-retention']);
  expect(made.exitCode, made.notes).toBe(0);
  expect(made.data).toContain('<!doctype html>');
  expect(made.data).toContain('RetentionInDays');
  expect(made.data).toContain('Asked for by log-retention.');
  const [, name = ''] = /<h1>([^<]+)<\/h1>/.exec(made.data) ?? [];
  const shown = await run(['show', name, '--folder', folder]);
  expect(shown.exitCode, shown.notes).toBe(0);
  expect(shown.data).toContain(`<h1>${name}</h1>`);
  expect(shown.data).toContain('state: created');
});
