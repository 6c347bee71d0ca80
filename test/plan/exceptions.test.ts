import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { loadTree } from '../../src/load/load.js';
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

async function plan(
  policyText: string,
  {
    today = '2026-06-01',
    text = template,
    only = ['lambda-reserved-concurrency'],
  }: { readonly today?: string; readonly text?: string; readonly only?: readonly string[] } = {},
): Promise<PlanResult> {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const options = { version: '0', today, only, includeReview: true };
  return buildPlan(treeOf({ 'template.yaml': text }), policy, remediations, options);
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

  test('is honored: the finding is accepted, the skip stays', async () => {
    const result = await plan('suppressions: honour');
    expect(findingIn(result)).toMatchObject({ verdict: 'accepted', suppression: { handling: 'honored' } });
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
      const finding = findingIn(await plan('suppressions: honour', { text: nag(id) }));
      expect(finding).toMatchObject({
        verdict: 'accepted',
        suppression: { tool: 'cdk_nag', id, reason: '⌘' },
      });
    }
    const other = findingIn(await plan('suppressions: honour', { text: nag('HIPAA.Security-LambdaDLQ') }));
    expect(other.suppression).toBeNull();
  });

  test('is reported: a person decides', async () => {
    const result = await plan('suppressions: report');
    expect(findingIn(result)).toMatchObject({ verdict: 'manual', suppression: { handling: 'reported' } });
    expect(result.files[0]?.changed).toBe(false);
  });
});

describe('a skip of a rule that asks less than the remediation', () => {
  const key = (metadata: string, resources = '', sid = 'Open') => `Resources:
  Key:
    Type: AWS::KMS::Key
    Metadata: ${metadata}
    Properties:
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - {Sid: ${sid}, Effect: Allow, Principal: '*', Action: 'kms:Decrypt', Resource: '*'}
          - {Sid: Own, Effect: Allow, Principal: {AWS: !Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}
${resources}`;
  const nag = (...ids: readonly string[]) =>
    `{cdk_nag: {rules_to_suppress: [${ids.map((id) => `{id: ${id}, reason: known}`).join(', ')}]}}`;
  const honored = (text: string, only: string) => plan('suppressions: honour', { text, only: [only] });

  test('leaves open what the rule does not look at, and changes nothing of what it does', async () => {
    const result = await honored(key(nag('AwsSolutions-KMS5')), 'kms-key-hygiene');
    const finding = findingIn(result);
    expect(finding.verdict).toBe('fixable');
    expect(finding.because).toContain(
      'cdk_nag has a skip of AwsSolutions-KMS5: known (about EnableKeyRotation, RotationPeriodInDays alone): KeyPolicy is open',
    );
    const [{ text = '' } = {}] = result.files;
    expect(text).toContain('kms:CallerAccount');
    expect(text).toContain('AwsSolutions-KMS5');
    expect(text).not.toContain('EnableKeyRotation');
    // A plan of what was written finds the rest accepted.
    expect(findingIn(await honored(text, 'kms-key-hygiene')).verdict).toBe('accepted');
  });

  test('accepts what several rules look at together', async () => {
    const both = key(
      '{cdk_nag: {rules_to_suppress: [{id: AwsSolutions-KMS5, reason: a}]}, checkov: {skip: [{id: CKV_AWS_33, comment: b}]}}',
    );
    expect(findingIn(await honored(both, 'kms-key-hygiene')).verdict).toBe('accepted');
  });

  test('counts for the resource types of the rule alone', async () => {
    const skipped = template.replace(
      /cfn_nag:\n.*\n(?: {10}.*\n)+/,
      `cdk_nag: ${nag('CloudWatchLogGroupRetentionPeriod').slice(10, -1)}\n`,
    );
    const group = `Resources:\n  Group:\n    Type: AWS::Logs::LogGroup\n    Metadata: ${nag('CloudWatchLogGroupRetentionPeriod')}\n`;
    expect(skipped).toContain('cdk_nag: {rules_to_suppress');
    expect(findingIn(await honored(skipped, 'log-retention')).suppression).toBeNull();
    expect(findingIn(await honored(group, 'log-retention')).verdict).toBe('accepted');
  });

  test('is known to the remediation under each name its scopes have', () => {
    for (const { id, equivalents, ruleScopes = {} } of remediations) {
      const { checkov = [], cfnNag = [], cdkNag = [], guard = [] } = equivalents;
      const known = [...checkov, ...cfnNag, ...cdkNag, ...guard];
      expect([id, Object.keys(ruleScopes).filter((rule) => !known.includes(rule))]).toEqual([id, []]);
    }
  });
});

describe('an acknowledgement in the app of the CDK', () => {
  const stack = `{"Resources": {
    "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
    "Other": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
    "Below": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "Below.nested.template.json",
      "aws:asset:property": "TemplateURL"}, "Properties": {"TemplateURL": "https://example.com/x"}}}}`;
  const nested = `{"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}}}`;
  const said = (id: string, reason: string) => [
    { type: 'aws:cdk:acknowledged-rules', data: { [id]: reason } },
  ];
  const named = (logicalId: string) => [{ type: 'aws:cdk:logicalId', data: logicalId }];
  const file = (name: string) => ({ type: 'aws:cdk:templateFile', data: name });
  const metadata = {
    '/App': [file('App.template.json')],
    '/App/Group': said('idp-fix::log-retention', 'copied every day'),
    '/App/Group/Resource': named('Group'),
    '/App/Other/Resource': named('Other'),
    '/App/Below': [
      file('Below.nested.template.json'),
      ...said('Annotation::NIST.800.53.R5-CloudWatchLogGroupRetentionPeriod', 'short-lived'),
    ],
    '/App/Below/Group/Resource': named('Group'),
  };
  const verdicts = async (files: Record<string, string>, suppressions = 'honour') => {
    const all = memoryFiles({ ...presetFiles, 'p.yaml': `suppressions: ${suppressions}`, ...files });
    const policy = await loadPolicy(
      all,
      { remediations, policiesFolder: 'policies' },
      { named: 'p.yaml', folder: '.' },
    );
    const { tree } = await loadTree(all, 'cdk.out/App.template.json');
    const options = { version: '0', today: '2026-06-01', only: ['log-retention'] };
    const { document } = buildPlan(tree, policy, remediations, options);
    return document.stacks.flatMap(({ template, findings }) =>
      findings.map(({ logicalId, verdict, because }) => `${template} ${logicalId} ${verdict} ${because}`),
    );
  };
  const files = { 'cdk.out/App.template.json': stack, 'cdk.out/Below.nested.template.json': nested };

  test('accepts the findings of its construct, and of what a nested stack has', async () => {
    const beside = { ...files, 'cdk.out/App.metadata.json': JSON.stringify(metadata) };
    const [own, other, below] = await verdicts(beside);
    expect(own).toBe(
      'App.template.json Group accepted the CDK app acknowledges idp-fix::log-retention: copied every day',
    );
    expect(other).toMatch(/^App\.template\.json Other fixable/);
    expect(below).toMatch(/^Below\.nested\.template\.json Group accepted .*: short-lived$/);
    expect((await verdicts(beside, 'override')).every((each) => each.includes(' fixable '))).toBe(true);
  });

  test('is read from the manifest of older releases, and may be absent', async () => {
    const manifest = JSON.stringify({ artifacts: { App: { metadata } } });
    expect((await verdicts({ ...files, 'cdk.out/manifest.json': manifest }))[0]).toContain('Group accepted');
    expect((await verdicts(files))[0]).toContain('Group fixable');
  });

  test('in a file that cannot be read is no silence', async () => {
    await expect(verdicts({ ...files, 'cdk.out/App.metadata.json': '{"/App": ' })).rejects.toThrow(/./);
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
    expect(findingIn(await plan(deviation(), { today: '2026-12-31' })).verdict).toBe('accepted');
    const expired = findingIn(await plan(deviation(), { today: '2027-01-01' }));
    expect(expired.verdict).toBe('fixable');
    expect(expired.expiredDeviation).toMatchObject({ owner: 'platform@example.com' });
  });

  test('is open again once the resource is another one', async () => {
    const { resourceFingerprint } = findingIn(await plan(deviation()));
    const pinned = deviation(`, fingerprint: '${resourceFingerprint}'`);
    expect(findingIn(await plan(pinned)).verdict).toBe('accepted');
    const changed = template.replace('python3.12', 'python3.13');
    expect(findingIn(await plan(pinned, { text: changed })).verdict).toBe('fixable');
    const moved = `# a comment more\n${template}`;
    expect(findingIn(await plan(pinned, { text: moved })).verdict).toBe('accepted');
  });

  test('is about one resource of one template', async () => {
    const other = deviation().replace('logicalId: Job', 'logicalId: Other');
    expect(findingIn(await plan(other)).verdict).toBe('fixable');
    expect(findingIn(await plan(deviation(', template: other.yaml'))).verdict).toBe('fixable');
  });
});
