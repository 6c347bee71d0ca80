import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { change, scriptedAccount, template } from './scripted-account.js';
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

it('shows the tags of the stack, takes them back and says how to keep them', async () => {
  const path = join(folder, 'app.yaml');
  const compliant = template.replace('RetentionInDays: 30', 'RetentionInDays: 365');
  writeFileSync(path, compliant);
  writeFileSync(join(folder, 'idp-fix.policy.yaml'), policy);
  const byTags = '<member><Target><Attribute>Tags</Attribute></Target></member>';
  const account = { template: compliant, changes: change({ logicalId: 'Logs', details: byTags }) };
  // The script writes down in it that the change set was executed, so each account gets one of its own.
  const line = wire(scriptedAccount({ ...account }), { typed: 'app' });
  const run = (...words: string[]) =>
    runInProcess(['change-set', ...words, '--stack', 'app'], { live: line.live });
  const made = await run('create', path, '--only', 'resource-tags', '--format', 'json');
  expect(made.exitCode, made.notes).toBe(0);
  const { name, tags, changes } = JSON.parse(made.data);
  expect(tags).toEqual([{ key: 'CostCenter', before: null, after: '4711' }]);
  expect([changes[0].surprise, changes[0].properties]).toEqual([
    null,
    [
      {
        path: '/Tags/CostCenter',
        before: '(absent)',
        after: '4711',
        cause: null,
        remediations: [],
        surprise: null,
      },
    ],
  ]);
  const shown = await run('show', name, '--folder', folder);
  expect(shown.data).toContain('tag CostCenter of the stack: not set → 4711');
  expect((await run('show', name, '--folder', folder, '--format', 'html')).data).toContain('tag CostCenter');
  const done = await run('execute', name, '--folder', folder);
  expect(done.exitCode, done.notes).toBe(0);
  expect(done.notes).toContain('to keep the tags of the stack: deploy with --tags CostCenter=4711');
  expect(done.notes).toMatch(/to go back: .* --as-is .*--remove-tag CostCenter/);

  const tagged = wire(
    scriptedAccount({
      ...account,
      tags: '<member><Key>CostCenter</Key><Value>4711</Value></member><member><Key>team</Key><Value>documents</Value></member>',
    }),
  );
  const back = await runInProcess(
    [
      'change-set',
      'create',
      path,
      '--as-is',
      '--stack',
      'app',
      '--remove-tag',
      'CostCenter',
      '--format',
      'json',
    ],
    { live: tagged.live },
  );
  expect(back.exitCode, back.notes).toBe(0);
  const sent = tagged.calls.find(({ name }) => name === 'cloudformation:CreateChangeSet');
  expect([...(sent?.fields ?? [])].filter(([key]) => key.startsWith('Tags.'))).toEqual([
    ['Tags.member.1.Key', 'team'],
    ['Tags.member.1.Value', 'documents'],
  ]);
  expect(JSON.parse(back.data).tags).toEqual([{ key: 'CostCenter', before: '4711', after: null }]);
});
