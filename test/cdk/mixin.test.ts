import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { here, pythonWithCdk } from './installed.js';

// Real apps, synthesized by the real CDK.

let folder = '';
const at = (...names: readonly string[]) => join(folder, ...names);
const env = {
  ...process.env,
  CDK_VALIDATION: 'false',
  JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: 'true',
};

/** With everything decided, so that all there is to patch is patched. */
const policy = `region: eu-central-1
encryption: {key: create}
remediations:
  cloudwatch-alarms: {emails: [ops@example.com]}
  cost-alerts: {budgetUsdPerMonth: 500, emails: [ops@example.com]}
  resource-tags: {required: {Owner: {value: platform}}}
include: [review]
`;
const all = () => ['--policy', at('policy.yaml'), '--include', 'review'];

const templatesIn = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.template\.json$/.test(name) && !name.includes('asset.'))
    .sort();
/**
 * What only the synth can give is a hash of the content: in the address of a nested template, and in the names of a
 * deployment of an API and of a version of a function, which have to be new when the content is.
 */
const templateIn = (...names: readonly string[]): unknown =>
  JSON.parse(
    readFileSync(at(...names), 'utf8')
      .replaceAll(/[0-9a-f]{64}/g, 'HASH')
      .replaceAll(/(Deployment[0-9A-F]{8}|CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1'),
  );

beforeAll(() => {
  // Below the packages that the app imports.
  folder = mkdtempSync(join(here, 'run-'));
  writeFileSync(at('policy.yaml'), policy);
});
afterAll(() => rmSync(folder, { recursive: true }));

const synthInNode = (file: string) => (words: readonly string[]) =>
  execFileSync(process.execPath, [join(here, file), ...words], { stdio: 'pipe', env });
const synthInPython = (words: readonly string[]) =>
  execFileSync(pythonWithCdk(), [join(here, 'apps.py'), ...words], { stdio: 'pipe', env });

describe.each([
  {
    app: 'orders',
    templates: 4,
    synth: (words: readonly string[]) => synthInNode('app.mjs')(words.slice(1)),
  },
  ...Object.entries({ api: 1, site: 1, job: 1, service: 2, files: 1, stream: 2, areas: 4 }).map(
    ([app, templates]) => ({
      app,
      templates,
      synth: synthInNode('apps.mjs'),
    }),
  ),
  ...Object.entries({ documents: 2, alerts: 2, reports: 3 }).map(([app, templates]) => ({
    app,
    templates,
    synth: synthInPython,
    isPython: true,
  })),
])('the app $app', ({ app, templates, synth, ...given }) => {
  const before = `${app}-before`;
  const after = `${app}-after`;

  beforeAll(async () => {
    synth([app, at(before)]);
    const format = 'isPython' in given ? 'cdk-mixin-python' : 'cdk-mixin';
    const { data } = await runInProcess([at(before), ...all(), '--format', format]);
    expect(data).not.toContain('Not covered');
    mkdirSync(at(app));
    const aspect = 'isPython' in given ? at(app) : at(app, 'idp-fix.mjs');
    if ('isPython' in given) writeFileSync(at(app, 'idp_fix.py'), data);
    else writeFileSync(aspect, transformSync(data, { loader: 'ts' }).code);
    synth([app, at(after), aspect]);
    await runInProcess([at(before), ...all(), '--apply', '--out', at(`${app}-patched`), '--quiet']);
  });

  it('gives the patched templates when the aspect is in it', () => {
    const names = templatesIn(at(`${app}-patched`));
    expect(names).toHaveLength(templates);
    for (const name of names) {
      expect(templateIn(after, name)).toEqual(templateIn(`${app}-patched`, name));
      expect(templateIn(after, name)).not.toEqual(templateIn(before, name));
    }
  });

  it('has nothing left to fix then', async () => {
    const { data } = await runInProcess([at(after), ...all(), '--format', 'json', '--only-open']);
    expect(data).not.toMatch(/"verdict": ?"fixable"/);
  });
});

describe('an app with stages and nested stacks', () => {
  it('is planned with both', async () => {
    const words = ['--format', 'json', '--only', 'log-retention'];
    const { data } = await runInProcess([at('orders-before'), ...all(), ...words]);
    const found = new Set([...data.matchAll(/"template": ?"([^"]+)"/g)].map(([, name]) => name));
    expect([...found].filter((name) => name?.includes('Reports')).length).toBe(2);
  });

  it('is not written into, since the next synth would write over it', async () => {
    const { exitCode, notes } = await runInProcess([at('orders-before'), ...all(), '--apply']);
    expect(exitCode).toBe(3);
    expect(notes).toContain('--format cdk-mixin');
  });
});
