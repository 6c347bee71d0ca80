import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan, type PlanResult } from '../../src/plan/build.js';
import type { Finding } from '../../src/plan/document.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

const template = `Resources:
  Job:
    # checkov:skip=CKV_AWS_115: scales on demand
    # nightly
    Type: AWS::Lambda::Function
    Metadata:
      cfn_nag:
        rules_to_suppress:
          - {id: W92, reason: not needed}
          - {id: W89, reason: no network}
    Properties:
      Handler: index.handler
      Runtime: python3.12
      Role: arn:aws:iam::111122223333:role/job
      Code: {S3Bucket: b, S3Key: k}
`;

async function plan(policyText: string, today = '2026-06-01', text = template): Promise<PlanResult> {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const only = ['lambda-reserved-concurrency'];
  return buildPlan(treeOf({ 'template.yaml': text }), policy, remediations, { version: '0', today, only });
}

function findingIn({ document }: PlanResult): Finding {
  const [finding] = document.stacks.flatMap(({ findings }) => findings);
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

describe('a skip in the template', () => {
  test('is overridden, and goes with the patch that makes it false', async () => {
    // What nothing invokes is only assumed to be a tool: the policy says so here.
    const result = await plan(
      'suppressions: override\nfunctions: [{ logicalId: Job, type: administrative }]',
    );
    expect(findingIn(result)).toMatchObject({
      verdict: 'fixable',
      basis: 'stated',
      suppression: { id: 'CKV_AWS_115', handling: 'overridden' },
    });
    const [{ text = '' } = {}] = result.files;
    expect(text).not.toMatch(/CKV_AWS_115|W92/);
    expect(text).toContain('    # nightly\n');
    expect(text).toContain('{id: W89, reason: no network}');
  });

  test('is honoured: the finding is accepted, the skip stays', async () => {
    const result = await plan('suppressions: honour');
    expect(findingIn(result)).toMatchObject({ verdict: 'accepted', suppression: { handling: 'honoured' } });
    expect(findingIn(result).because).toContain('scales on demand');
    expect(result.files[0]?.changed).toBe(false);
  });

  test('of cdk-nag counts by its rule, whatever pack it is of, with a reason that is encoded', async () => {
    const nag = (id: string) =>
      template
        .replace(
          / {4}# checkov.*\n/,
          `    Metadata: {cdk_nag: {rules_to_suppress: [{id: '${id}', reason: 4oyY, is_reason_encoded: true}]}}\n`,
        )
        .replace(/ {4}Metadata:\n(?: {6,}.*\n)+?(?= {4}P)/, '');
    for (const id of ['HIPAA.Security-LambdaConcurrency', 'NIST.800.53.R5-LambdaConcurrency[Resource::*]']) {
      const finding = findingIn(await plan('suppressions: honour', '2026-06-01', nag(id)));
      expect(finding).toMatchObject({
        verdict: 'accepted',
        suppression: { tool: 'cdk_nag', id, reason: '⌘' },
      });
    }
    const other = findingIn(
      await plan('suppressions: honour', '2026-06-01', nag('HIPAA.Security-LambdaDLQ')),
    );
    expect(other.suppression).toBeNull();
  });

  test('is reported: a person decides', async () => {
    const result = await plan('suppressions: report');
    expect(findingIn(result)).toMatchObject({ verdict: 'manual', suppression: { handling: 'reported' } });
    expect(result.files[0]?.changed).toBe(false);
  });
});

describe('a deviation of the policy', () => {
  const deviation = (fields = '') =>
    `deviations:\n  - {remediation: lambda-reserved-concurrency, logicalId: Job, reason: runs once a night, owner: platform@example.com, date: '2026-01-01', expires: '2026-12-31'${fields}}\n`;

  test('accepts the risk, with reason, owner and last day', async () => {
    const finding = findingIn(await plan(deviation()));
    expect(finding.verdict).toBe('accepted');
    expect(finding.because).toBe(
      'runs once a night (accepted by platform@example.com, 2026-01-01, until 2026-12-31)',
    );
  });

  test('counts on its last day, and no longer', async () => {
    expect(findingIn(await plan(deviation(), '2026-12-31')).verdict).toBe('accepted');
    const expired = findingIn(await plan(deviation(), '2027-01-01'));
    expect(expired.verdict).toBe('fixable');
    expect(expired.expiredDeviation).toMatchObject({ owner: 'platform@example.com' });
  });

  test('is open again once the resource is another one', async () => {
    const { resourceFingerprint } = findingIn(await plan(deviation()));
    const pinned = deviation(`, fingerprint: '${resourceFingerprint}'`);
    expect(findingIn(await plan(pinned)).verdict).toBe('accepted');
    const changed = template.replace('python3.12', 'python3.13');
    expect(findingIn(await plan(pinned, '2026-06-01', changed)).verdict).toBe('fixable');
    const moved = `# a comment more\n${template}`;
    expect(findingIn(await plan(pinned, '2026-06-01', moved)).verdict).toBe('accepted');
  });

  test('is about one resource of one template', async () => {
    const other = deviation().replace('logicalId: Job', 'logicalId: Other');
    expect(findingIn(await plan(other)).verdict).toBe('fixable');
    expect(findingIn(await plan(deviation(', template: other.yaml'))).verdict).toBe('fixable');
  });
});
