import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectFolder } from '../cli/run-in-process.js';

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
    '| cloudwatch_log_group_retention_policy_specific_days_enabled | yes | yes | 2 | log-retention | yes | yes | 0 |',
  );
  expect(told).toMatch(
    /\| kms_cmk_rotation_enabled \| refused: F3002 \S* \| no: .* \| 1 \| kms-key-hygiene \| yes \| yes \| 0 \|/,
  );
  expect(told).toContain('| kms_key_not_publicly_accessible | none |');
  expect(told).toContain(
    'theirs: 2, of which 1 valid, 0 fragments, 1 refused; 1 close. ours: 3, of which 3 valid',
  );
});
