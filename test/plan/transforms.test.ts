import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { mentionsIn } from '../../src/template/mentions.js';
import { runInProcess } from '../cli/run-in-process.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

// Kind: what is added refers to what somebody's own transform deletes before the template is deployed.

const worker = (name: string) => `
  ${name}:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Runtime: python3.12
      Role: arn:aws:iam::111122223333:role/job
      Code: {S3Bucket: b, S3Key: k}`;
const template = `Resources:${worker('Portal')}${worker('Worker')}
  PortalStack:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: portal.yaml}
`;
const nested = `Resources:${worker('Page')}\n`;

async function planWith(policyText: string, only = ['cloudwatch-alarms', 'cloudwatch-dashboard']) {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const tree = treeOf({ 'template.yaml': template, 'portal.yaml': nested });
  const options = { version: '0', today: '2026-06-01', only, includeReview: true };
  return buildPlan(tree, policy, remediations, options);
}

const alarms = 'remediations:\n  cloudwatch-alarms: {emails: [ops@example.com]}\n';
const transform = "transforms:\n  - {name: headless, template: template.yaml, removes: ['Portal*']}\n";

function folderWith(texts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-transforms-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  return folder;
}

type Planned = Awaited<ReturnType<typeof planWith>>;
const written = ({ files }: Planned, path: string) => files.find((file) => file.path === path)?.text ?? '';
const namesIn = (planned: Planned) => {
  const texts = { 'template.yaml': written(planned, 'template.yaml'), 'portal.yaml': nested };
  return mentionsIn(treeOf(texts).root.template.value).map(({ name }) => name);
};
const findings = ({ document }: Planned) => document.stacks.flatMap((stack) => stack.findings);

describe('transforms that are run after idp-fix', () => {
  test('nothing that stays refers to what they delete, and without them it does', async () => {
    expect(namesIn(await planWith(alarms))).toContain('Portal');
    const after = await planWith(alarms + transform);
    expect(namesIn(after)).toContain('Worker');
    expect(namesIn(after)).not.toContain('Portal');
    expect(written(after, 'portal.yaml')).toBe(nested);
  });

  test('what they delete does not apply, with the transform named; a nested template goes with its stack', async () => {
    const planned = await planWith(transform, ['lambda-dead-letter-queue', 'lambda-environment-encryption']);
    const deleted = findings(planned).filter(({ logicalId }) => ['Portal', 'Page'].includes(logicalId));
    expect(deleted.length).toBeGreaterThanOrEqual(2);
    for (const { verdict, because } of deleted) {
      expect(verdict).toBe('not-applicable');
      expect(because).toBe('the transform headless deletes it afterwards (transforms)');
    }
  });

  test('a transformed template says by itself what is deleted', async () => {
    const folder = folderWith({
      'template.yaml': template,
      'portal.yaml': nested,
      'headless.yaml': `Resources:${worker('Worker')}\n`,
      'idp-fix.policy.yaml': alarms,
    });
    const words = [`${folder}/template.yaml`, '--transformed', `${folder}/headless.yaml`, '--format', 'diff'];
    const { data } = await runInProcess([...words, '--only', 'cloudwatch-alarms', '--include', 'review']);
    expect(data).toContain('+  Worker');
    expect(data).not.toMatch(/^\+.*(?:Portal|Page)/m);
  });

  test('one transformed template belongs to one root', async () => {
    const folder = folderWith({ 'a.yaml': nested, 'b.yaml': nested });
    const { exitCode, notes } = await runInProcess([folder, '--transformed', `${folder}/a.yaml`]);
    expect(exitCode).toBe(2);
    expect(notes).toContain('--transformed belongs to one root template');
  });
});
