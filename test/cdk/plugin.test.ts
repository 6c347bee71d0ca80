import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/plan/document.js';
import { runInProcess } from '../cli/run-in-process.js';
import { here, pythonWithCdk } from './installed.js';

// The plug-in as it is built, in an app in TypeScript, with the real CDK and the real cdk-nag.

let folder = '';
const at = (...names: readonly string[]) => join(folder, ...names);
const node = (...words: readonly string[]) =>
  spawnSync(process.execPath, words, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });

interface Violation {
  readonly ruleName: string;
  readonly severity: string;
  readonly suggestedFix: string;
  readonly reason?: string;
  readonly violatingConstructs: readonly {
    readonly constructPath: string;
    readonly cloudFormationResource?: { readonly propertyPaths?: readonly string[] };
    readonly stackTraces?: readonly string[];
  }[];
}

function synth(name: string, options: object) {
  const run = node('--enable-source-maps', at('app.js'), at(name), JSON.stringify(options));
  const { pluginReports } = JSON.parse(readFileSync(at(name, 'validation-report.json'), 'utf8'));
  const own = pluginReports.find(({ pluginName }: { pluginName: string }) => pluginName === 'idp-fix');
  return {
    ...run,
    report: own as { conclusion: string; violations: Violation[]; suppressedViolations: Violation[] },
  };
}

beforeAll(() => {
  folder = mkdtempSync(join(here, 'run-'));
  mkdirSync(at('node_modules'));
  symlinkSync(resolve(here, '..', '..'), at('node_modules', 'idp-fix'));
  copyFileSync(join(here, 'plugin-app.ts.txt'), at('app.ts'));
  writeFileSync(at('package.json'), '{"type": "commonjs"}');
  writeFileSync(
    at('policy.yaml'),
    'suppressions: honour\nremediations:\n  cloudwatch-alarms: {emails: [ops@example.com]}\n',
  );
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    sourceMap: true,
    types: ['node'],
  };
  writeFileSync(at('tsconfig.json'), JSON.stringify({ compilerOptions, include: ['app.ts'] }));
  const { stdout } = node(resolve(here, '..', '..', 'node_modules/typescript/bin/tsc'), '-p', folder);
  expect(stdout).toBe('');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the validation plug-in', () => {
  it('shows each finding at the construct, the property and the line of the source it is about', () => {
    const { status, stderr, report } = synth('all', { policy: 'policy.yaml' });
    expect(status).toBe(1);
    expect(report.conclusion).toBe('failure');
    const key = report.violations.find(({ ruleName }) => ruleName === 'kms-key-hygiene');
    expect(key).toMatchObject({
      severity: 'error',
      suggestedFix: 'auto-fix: idp-fix all --format cdk-mixin writes it for the app',
      violatingConstructs: [
        {
          constructPath: 'Orders/Key/Resource',
          cloudFormationResource: { propertyPaths: ['Properties.EnableKeyRotation'] },
        },
      ],
    });
    const line =
      readFileSync(at('app.ts'), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('new Key(')) + 1;
    expect(key?.violatingConstructs[0]?.stackTraces?.[0]).toContain(`app.ts:${line}`);
    expect(stderr).toMatch(
      new RegExp(`app\\.ts:${line}:\\d+\\nERROR .*\\(EnableKeyRotation\\) \\(idp-fix\\)`),
    );
  });

  it('gives what is about a whole stack the path of the stack, and what only a person can decide as such', () => {
    const { report } = synth('stack', { policy: 'policy.yaml', only: ['cost-alerts'] });
    expect(report.violations).toMatchObject([
      {
        severity: 'warning',
        suggestedFix: expect.stringMatching(/^needs input: set remediations\.cost-alerts\./),
        violatingConstructs: [{ constructPath: 'Orders' }],
      },
    ]);
  });

  it('leaves to the app which severity fails the synth', () => {
    const never = synth('never', { policy: 'policy.yaml', failOn: 'never' });
    expect([never.status, never.report.conclusion]).toEqual([0, 'success']);
    const low = synth('low', { policy: 'policy.yaml', failOn: 'low', skip: ['kms-key-hygiene'] });
    expect([low.status, new Set(low.report.violations.map(({ severity }) => severity))]).toEqual([
      1,
      new Set(['error']),
    ]);
  });

  it('is acknowledged with a reason, through the CDK as through cdk-nag', () => {
    const { report } = synth('acknowledged', { policy: 'policy.yaml' });
    expect(report.suppressedViolations).toMatchObject([
      { ruleName: 'log-retention', reason: 'copied to the archive every day' },
    ]);
    expect(report.violations.map(({ ruleName }) => ruleName)).not.toContain('lambda-reserved-concurrency');
  });

  it('works through the older interface', () => {
    const { status, report } = synth('beta', { beta: true });
    expect(status).toBe(1);
    expect(report.violations.map(({ ruleName }) => ruleName)).toContain('kms-key-hygiene');
  });

  it('works in an app in Python, with the fix for one', () => {
    const env = {
      ...process.env,
      PYTHONPATH: resolve(here, '..', '..', 'cdk'),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    for (const [failOn, status] of [
      ['high', 1],
      ['never', 0],
    ] as const) {
      const words = [join(here, 'plugin-app.py'), at(`python-${failOn}`), failOn];
      expect(spawnSync(pythonWithCdk(), words, { cwd: folder, env }).status).toBe(status);
      const { pluginReports } = JSON.parse(
        readFileSync(at(`python-${failOn}`, 'validation-report.json'), 'utf8'),
      );
      const [own] = pluginReports.filter(
        ({ pluginName }: { pluginName: string }) => pluginName === 'idp-fix',
      );
      expect(own.violations).toMatchObject([
        {
          ruleName: 'kms-key-hygiene',
          severity: failOn === 'high' ? 'error' : 'warning',
          suggestedFix: expect.stringContaining('--format cdk-mixin-python writes it'),
          violatingConstructs: [
            {
              constructPath: 'Orders/Key/Resource',
              cloudFormationResource: { propertyPaths: ['Properties.EnableKeyRotation'] },
            },
          ],
        },
      ]);
    }
  });

  it('reports a policy that cannot be read as a failure of its own, with what idp-fix says', () => {
    writeFileSync(at('broken.yaml'), 'suppressions: maybe\n');
    const run = node(
      '--enable-source-maps',
      at('app.js'),
      at('broken'),
      JSON.stringify({ policy: 'broken.yaml' }),
    );
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("Validation plugin 'idp-fix' failed");
    expect(run.stderr).toContain('suppressions');
  });
});

describe('what the CDK has reported', () => {
  it('is read as findings, each with the resource of its construct', async () => {
    synth('read', { policy: 'policy.yaml', failOn: 'never' });
    const { data } = await runInProcess([
      at('read'),
      ...[
        '--policy',
        at('policy.yaml'),
        '--findings',
        at('read', 'validation-report.json'),
        '--format',
        'json',
      ],
    ]);
    const { foreignFindings } = JSON.parse(data);
    const of = (rule: string) => foreignFindings.filter((each: { rule: string }) => each.rule === rule);
    expect(of('kms-key-hygiene')).toMatchObject([
      { tool: 'idp-fix', said: 'Orders/Key/Resource', template: 'Orders.template.json', outcome: 'fixed' },
    ]);
    expect(of('cost-alerts')).toMatchObject([{ said: 'Orders', logicalId: null, outcome: 'not-fixable' }]);
    expect(foreignFindings.map(({ outcome }: { outcome: string }) => outcome)).not.toContain('not-found');
  });

  it('is accepted where the app has acknowledged it, by what the CDK writes beside the template', async () => {
    expect(node(at('app.js'), at('plain'), '{"plain": true}').status).toBe(0);
    const { data } = await runInProcess([
      at('plain'),
      ...[
        '--policy',
        at('policy.yaml'),
        '--only',
        'log-retention,lambda-reserved-concurrency',
        '--format',
        'json',
      ],
    ]);
    const [{ findings }] = JSON.parse(data).stacks;
    const because = findings.map((finding: Finding) => `${finding.verdict}: ${finding.because}`);
    expect(because).toContain(
      'accepted: the CDK app acknowledges idp-fix::log-retention: copied to the archive every day',
    );
    expect(because).toContain(
      'accepted: the CDK app acknowledges Annotation::NIST.800.53.R5-LambdaConcurrency: scales with the queue',
    );
  });

  it('is accepted where cdk-nag was told so, under the name of any pack', async () => {
    const { data } = await runInProcess([
      at('read'),
      ...['--policy', at('policy.yaml'), '--only', 'lambda-reserved-concurrency', '--format', 'json'],
    ]);
    const [{ findings }] = JSON.parse(data).stacks;
    expect(findings).toMatchObject([
      {
        verdict: 'accepted',
        suppression: { tool: 'cdk_nag', reason: 'scales with the queue', handling: 'honored' },
      },
    ]);
  });
});
