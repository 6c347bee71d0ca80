import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { here } from './installed.js';

// Real apps, synthesized by the real CDK.

let folder = '';
const at = (...names: readonly string[]) => join(folder, ...names);
const synth = (...words: readonly string[]) =>
  execFileSync(process.execPath, [join(here, 'app.mjs'), ...words], { stdio: 'pipe' });

const policy = `remediations:
  cloudwatch-alarms: {emails: [ops@example.com]}
include: [review]
`;
const all = () => ['--policy', at('policy.yaml'), '--include', 'review'];

const templatesIn = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.template\.json$/.test(name) && !name.includes('asset.'))
    .sort();
/** The address of a nested template has the hash of its content, which only the synth can give. */
const templateIn = (...names: readonly string[]): unknown =>
  JSON.parse(readFileSync(at(...names), 'utf8').replaceAll(/[0-9a-f]{64}/g, 'HASH'));

beforeAll(async () => {
  // Below the packages that the app imports.
  folder = mkdtempSync(join(here, 'run-'));
  writeFileSync(at('policy.yaml'), policy);
  synth(at('before'));
  const { data } = await runInProcess([at('before'), ...all(), '--format', 'cdk-mixin']);
  writeFileSync(at('idp-fix.ts'), data);
  writeFileSync(at('idp-fix.mjs'), transformSync(data, { loader: 'ts' }).code);
  synth(at('after'), at('idp-fix.mjs'));
  await runInProcess([at('before'), ...all(), '--apply', '--out', at('patched'), '--quiet']);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('an app of the CDK', () => {
  it('is planned with its stages and nested stacks', async () => {
    const { data } = await runInProcess([
      at('before'),
      ...all(),
      '--format',
      'json',
      '--only',
      'log-retention',
    ]);
    const found = [...new Set([...data.matchAll(/"template": ?"([^"]+)"/g)].map(([, name]) => name))];
    expect(templatesIn(at('before')).length).toBe(4);
    expect(found.filter((name) => name?.includes('Reports')).length).toBe(2);
  });

  it('gives the patched templates when the aspect is in it', () => {
    const names = templatesIn(at('patched'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(templateIn('after', name)).toEqual(templateIn('patched', name));
  });

  it('has nothing left to fix then', async () => {
    const { data } = await runInProcess([at('after'), ...all(), '--format', 'json']);
    expect(data).not.toMatch(/"verdict": ?"fixable"/);
  });

  it('is not written into, since the next synth would write over it', async () => {
    const { exitCode, notes } = await runInProcess([at('before'), ...all(), '--apply']);
    expect(exitCode).toBe(3);
    expect(notes).toContain('--format cdk-mixin');
  });
});
