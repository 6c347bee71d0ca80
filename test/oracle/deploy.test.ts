import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { awsValidate, installSam, installTools, validate } from './tools.js';

// The templates that this project deploys itself, by the judges of everyone else's.

const templates = ['template.yaml', 'member-role.yaml'].map((name) =>
  join(import.meta.dirname, '..', '..', 'deploy', 'fleet', name),
);
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-deploy-'));
beforeAll(installTools);
afterAll(() => rmSync(folder, { recursive: true }));

it.each(templates)(
  '%s is taken by SAM, and cfn-lint has nothing to say about what that makes of it',
  (template) => {
    expect(validate(template, join(folder, 'translated.json'))).toEqual([]);
  },
);

it.each(templates)('%s is taken by the validator of AWS', (template) => {
  expect(awsValidate(template)).toEqual([]);
});

it.for(templates)('%s is taken by sam validate, with and without --lint', (template, { skip }) => {
  const sam = installSam();
  if (sam === undefined) return skip('passed over sam validate, because aws-sam-cli could not be installed');
  const env = { ...process.env, SAM_CLI_TELEMETRY: '0', AWS_DEFAULT_REGION: 'us-east-1' };
  for (const flags of [[], ['--lint']]) {
    const told = execFileSync(sam, ['validate', '--template', template, ...flags], { encoding: 'utf8', env });
    expect(told).toContain('is a valid SAM Template');
  }
});
