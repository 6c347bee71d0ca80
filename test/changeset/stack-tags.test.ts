import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { scriptedAccount, template } from './scripted-account.js';
import { wire } from './wire.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-tags-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const policy = `
remediations:
  resource-tags:
    required:
      CostCenter: {value: '4711'}
      team: {value: everybody}
    stackLevel: [CostCenter, team]
`;

it('gives the stack the tags the policy says it has, and leaves those it has', async () => {
  writeFileSync(join(folder, 'app.yaml'), template);
  writeFileSync(join(folder, 'idp-fix.policy.yaml'), policy);
  const line = wire(scriptedAccount());
  const words = ['change-set', 'create', join(folder, 'app.yaml'), '--stack', 'app', '--format', 'json'];
  const ran = await runInProcess([...words, '--only', 'log-retention,resource-tags'], { live: line.live });
  expect(ran.exitCode, ran.notes).toBe(0);
  const sent = line.calls.find(({ name }) => name === 'cloudformation:CreateChangeSet');
  const tags = [...(sent?.fields ?? [])].filter(([key]) => key.startsWith('Tags.'));
  expect(Object.fromEntries(tags)).toEqual({
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'documents',
    'Tags.member.2.Key': 'CostCenter',
    'Tags.member.2.Value': '4711',
  });
});
