import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';

// What a synth makes of it is held by npm run test:cdk; here, what the file says.

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-cdk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const group = (metadata: object, more: object = {}) => ({
  Resources: {
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 7, ...more }, Metadata: metadata },
  },
});

async function mixinOf(template: object) {
  writeFileSync(join(folder, 'Shop.template.json'), JSON.stringify(template));
  return runInProcess([folder, '--format', 'cdk-mixin', '--only', 'log-retention']);
}

describe('--format cdk-mixin', () => {
  it('sets by the path of the construct what the patch changes', async () => {
    const { data } = await mixinOf(group({ 'aws:cdk:path': 'Shop/Logs/Resource' }));
    expect(data).toContain('"Shop/Logs/Resource": [');
    expect(data).toContain('"at": "Properties.RetentionInDays"');
    expect(data).toContain('"value": 365');
  });

  it('names what it cannot set, and a name is no code', async () => {
    const name = 'Logs*/\nprocess.exit(1)//';
    const resources = {
      ...group({ 'aws:cdk:path': 'Shop/Other' }).Resources,
      [name]: group({}).Resources.Logs,
    };
    const { data } = await mixinOf({ Resources: resources });
    expect(data).toMatch(
      /^\/\/ Not covered, change them in the app: Shop\.template\.json: Resources\.Logs.*$/m,
    );
    expect(data).not.toMatch(/^process/m);
  });

  it('is refused where no app has made the template', async () => {
    const { exitCode, notes } = await mixinOf(group({}));
    expect(exitCode).toBe(2);
    expect(notes).toContain('these name no constructs');
  });
});

it('is what the plan names as the next step, in the place of --apply', async () => {
  await mixinOf(group({ 'aws:cdk:path': 'Shop/Logs/Resource' }));
  const { data } = await runInProcess([folder, '--only', 'log-retention']);
  expect(data).toContain('--format cdk-mixin --output lib/idp-fix.ts');
  expect(data).not.toMatch(/^ +apply /m);
});

describe('--format cdk-mixin-python', () => {
  it('sets the same, as literals of Python', async () => {
    const name = 'Logs"""\nimport os#';
    writeFileSync(
      join(folder, 'Shop.template.json'),
      JSON.stringify({
        Resources: {
          Key: {
            Type: 'AWS::KMS::Key',
            Properties: { KeyPolicy: {} },
            Metadata: { 'aws:cdk:path': 'Shop/K"ey' },
          },
          [name]: group({}).Resources.Logs,
        },
      }),
    );
    const words = ['--format', 'cdk-mixin-python', '--only', 'kms-key-hygiene,log-retention'];
    const { data } = await runInProcess([folder, ...words]);
    expect(data).toContain('"Shop/K\\"ey": [');
    expect(data).toContain('"at": "Properties.EnableKeyRotation",\n            "value": True,');
    expect(data).toMatch(/^# Not covered, change them in the app: Shop\.template\.json: Resources\.Logs.*$/m);
    expect(data).not.toMatch(/^import os/m);
  });
});
