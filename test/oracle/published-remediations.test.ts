import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../cli/run-in-process.js';
import { installTools } from './tools.js';

beforeAll(installTools);
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-published-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('compares snippets of a checkout with our patches, in a table', () => {
  const publish = (check: string, body: string) => {
    const at = join(folder, 'prowler', 'providers', 'aws', 'services', 'x', check);
    mkdirSync(at, { recursive: true });
    const NativeIaC = `\`\`\`yaml\nResources:\n  <name>:\n${body}\`\`\``;
    writeFileSync(
      join(at, `${check}.metadata.json`),
      JSON.stringify({ Remediation: { Code: { NativeIaC } } }),
    );
  };
  publish(
    'cloudwatch_log_group_retention_policy_specific_days_enabled',
    '    Type: AWS::Logs::LogGroup\n    Properties: { RetentionInDays: 365, LogGroupName: <group> }\n',
  );
  publish(
    'kms_cmk_rotation_enabled',
    '    Type: AWS::KMS::Key\n    Properties: { RotateIt: true, KeyPolicy: {} }\n',
  );
  const told = execFileSync(
    process.execPath,
    [join(projectFolder, 'bench', 'remediations', 'run.mjs'), folder, 'log-retention', 'kms-key-hygiene'],
    { encoding: 'utf8' },
  );
  expect(told).toContain(
    '| cloudwatch_log_group_retention_policy_specific_days_enabled | yes | yes | yes | 2 | log-retention | yes | yes | yes | 0 |',
  );
  expect(told).toMatch(
    /\| kms_cmk_rotation_enabled \| refused: F3002 \S* \| no: E3002 \S* \| no: .* \| 1 \| kms-key-hygiene \| yes \| yes \| yes \| 0 \|/,
  );
  expect(told).toContain('| kms_key_not_publicly_accessible | none |');
  expect(told).toContain(
    'theirs: 2, of which 1 valid, 0 fragments, 1 refused; 1 deployable by cfn-lint; 1 close. ours: 3, of which 3 valid',
  );
});

it('finds the templates that other projects test their checks with', () => {
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const table = 'Resources: {Table: {Type: AWS::DynamoDB::Table, Properties: {Wrong: 1}}}\n';
  const checks = 'cloudformation/checks/resource/aws';
  put(`c/checkov/${checks}/Recovery.py`, 'id = "CKV_AWS_28"\n');
  put(`c/tests/${checks}/example_Recovery/t-PASSED.yaml`, table);
  const rules = (result: string) => `expectations: {rules: {DYNAMODB_PITR_ENABLED: ${result}}}`;
  const scenario = (result: string, of: string) => `- {name: x, input: {${of.trim()}}, ${rules(result)}}\n`;
  const log = 'Resources: {Group: {Type: AWS::Logs::LogGroup}}';
  put('g/rules/aws/d/tests/dynamodb_pitr_enabled_tests.yml', scenario('FAIL', log) + scenario('PASS', table));
  const words = ['c', 'g'].map((name) => join(folder, name));
  const run = join(projectFolder, 'bench', 'remediations', 'run.mjs');
  const told = execFileSync(process.execPath, [run, ...words, 'disaster-recovery'], { encoding: 'utf8' });
  expect(told).toContain('Checkov at an unknown commit');
  expect(told).toMatch(/\| CKV_AWS_28 \| refused: F3002 /);
  expect(told).toMatch(/\| DYNAMODB_PITR_ENABLED \| refused: F3002 /);
  expect(told).toMatch(/\| S3_BUCKET_VERSIONING_ENABLED \| none \|/);
});
