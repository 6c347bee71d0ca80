import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { treeOf } from '../template/trees.js';

/** What a run writes, and how the patches are classed. */
async function planned(
  templates: Readonly<Record<string, string>>,
  { parameters, include = true }: { parameters?: Readonly<Record<string, string>>; include?: boolean } = {},
) {
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(nodeFiles(), product, { named: 'production', folder: '.' });
  const known = parameters ?? {};
  const { document, files } = buildPlan(treeOf(templates, known), policy, remediations, {
    version: '0',
    today: '2026-01-01',
    includeReview: include,
    only: ['log-retention'],
  });
  const patches = document.stacks.flatMap((stack) => stack.patches);
  return {
    text: (path = 'template.yaml') => files.find((file) => file.path === path)?.text ?? '',
    risks: patches.map(({ risk }) => risk),
    why: patches.flatMap(({ riskBecause }) => riskBecause),
    leaves: patches.flatMap(({ leaves }) => leaves),
    values: document.stacks[0]?.parameterValues,
    fixedBy: document.stacks.flatMap(({ findings }) => findings.map(({ patch }) => patch)),
    patchIds: patches.map(({ id }) => id),
  };
}

const bucket = `  Bucket:
    Type: AWS::S3::Bucket
    Properties: { LifecycleConfiguration: { Rules: [{ Status: Enabled, ExpirationInDays: !Ref Days }] } }
`;
const logs = `  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { RetentionInDays: !Ref Days }
`;
const shared = (parameter: string, more = '') =>
  `Parameters:\n  Days: { Type: Number, Default: 30${parameter} }\nResources:\n${bucket}${logs}${more}`;

describe('a parameter that a log group shares with a bucket', () => {
  test('leaves the bucket where it is when the deployed value is not known', async () => {
    const plan = await planned({ 'template.yaml': shared('') });
    expect(plan.text()).toContain('ExpirationInDays: !Ref Days }');
    expect(plan.text()).toContain('RetentionInDays: !Ref DaysForLogGroups }');
    expect(plan.text()).toContain('Days: { Type: Number, Default: 30 }');
    expect(plan.values).toEqual({});
  });

  test('needs approval, since the log group may be deployed with more than it gets', async () => {
    const plan = await planned({ 'template.yaml': shared('') });
    expect(plan.risks).toEqual(['review']);
    expect(plan.why.join()).toContain('--parameters Days=VALUE');
    expect((await planned({ 'template.yaml': shared('') }, { include: false })).text()).toBe(shared(''));
  });

  test('needs none where no other value that is allowed would pass', async () => {
    const plan = await planned({ 'template.yaml': shared(', AllowedValues: [7, 30, 365]') });
    expect(plan.risks).toEqual(['safe']);
    expect(plan.text()).toContain('RetentionInDays: !Ref DaysForLogGroups }');
    const longer = await planned({ 'template.yaml': shared(', AllowedValues: [7, 30, 365, 3653]') });
    expect(longer.risks).toEqual(['review']);
  });

  test('takes the value into the allowed ones of the new parameter alone', async () => {
    const plan = await planned({ 'template.yaml': shared(', AllowedValues: [7, 30, 90]') });
    expect(plan.text()).toMatch(/Days: \{ Type: Number, Default: 30, AllowedValues: \[7, 30, 90\] \}/);
    expect(plan.text()).toMatch(/DaysForLogGroups:[\s\S]*Default: 365[\s\S]*- 90\n\s*- 365/);
  });

  test('is split at the bucket where the deployed value is known, which the bucket keeps', async () => {
    const plan = await planned({ 'template.yaml': shared('') }, { parameters: { Days: '90' } });
    expect(plan.risks).toEqual(['safe']);
    expect(plan.text()).toContain('ExpirationInDays: !Ref BucketExpirationInDays');
    expect(plan.text()).toContain('Days: { Type: Number, Default: 365 }');
    expect(plan.values).toEqual({ BucketExpirationInDays: '90', Days: '365' });
  });

  test('is not split where a log group uses it under a condition of the same parameter', async () => {
    const text = `${shared('').replace('Resources:', 'Conditions: { Long: !Equals [!Ref Days, 90] }\nResources:')}`;
    const plan = await planned({ 'template.yaml': text });
    expect(plan.text()).toContain('ExpirationInDays: !Ref Days }');
    expect(plan.text()).toContain('Days: { Type: Number, Default: 30 }');
  });

  test('raises the retention of what is only in the log group, and says what to leave', async () => {
    const plan = await planned({ 'template.yaml': shared('').replace(bucket, '') });
    expect(plan.risks).toEqual(['safe']);
    expect(plan.values).toEqual({ Days: '365' });
    expect(plan.leaves.join()).toContain('leave Days as it is where the deployed stack has another value');
  });
});

describe('a parameter that a nested stack passes on to log groups', () => {
  const child = (more = '') =>
    `Parameters:\n  Keep: { Type: Number }\nResources:\n${logs.replace('Days', 'Keep').replace('RetentionInKeep: !Ref Days', 'RetentionInDays: !Ref Keep')}${more}`;
  const root = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
${bucket}  Child:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: child.yaml, Parameters: { Keep: !Ref Days } }
`;

  test('is split where the parent passes it', async () => {
    const plan = await planned({ 'template.yaml': root, 'child.yaml': child() });
    expect(plan.text()).toContain('Keep: !Ref DaysForLogGroups }');
    expect(plan.text()).toContain('ExpirationInDays: !Ref Days }');
    expect(plan.text('child.yaml')).toBe(child());
    // The patch that a finding names is one that is there.
    expect(plan.patchIds).toEqual(expect.arrayContaining(plan.fixedBy));
  });

  test('is written at the log group where the nested template uses it for more', async () => {
    const both = child(bucket.replace('Days }', 'Keep }'));
    const plan = await planned({ 'template.yaml': root, 'child.yaml': both });
    expect(plan.text()).toBe(root);
    expect(plan.text('child.yaml')).toContain('ExpirationInDays: !Ref Keep }');
    expect(plan.text('child.yaml')).toContain('RetentionInDays: 365');
    expect(plan.risks).toEqual(['review']);
  });

  test('splits a default of a nested stack that nobody passes, since that is what is deployed', async () => {
    const alone = shared('');
    const parent = root.replace(', Parameters: { Keep: !Ref Days }', '').replace(bucket, '');
    const plan = await planned({ 'template.yaml': parent, 'child.yaml': alone });
    expect(plan.risks).toEqual(['safe']);
    expect(plan.text('child.yaml')).toContain('ExpirationInDays: !Ref BucketExpirationInDays');
  });
});

// Kind C: a value chosen by a parameter through a condition.
describe('a stage that decides how long logs are kept', () => {
  const staged = (parameter: string, value: string) =>
    `Parameters:\n  ${parameter}\nConditions:\n  IsProd: !Equals [!Ref ${parameter.split(':')[0]}, prod]\nResources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: { RetentionInDays: ${value} }\n`;

  test.each([
    ['by its values', 'Kind: { Type: String, Default: dev, AllowedValues: [dev, prod] }', { Kind: 'dev' }],
    ['by its name', 'TargetEnv: { Type: String, Default: a }', { TargetEnv: 'a' }],
  ])('is no other stage afterwards, %s', async (_, parameter, parameters) => {
    const plan = await planned(
      { 'template.yaml': staged(parameter, '!If [IsProd, 400, 7]') },
      { parameters },
    );
    expect(plan.values).toEqual({});
    expect(plan.text()).toContain('!If [IsProd, 400, 365]');
  });

  test('keeps what other deployments of the template have, in branches that this one does not reach', async () => {
    const parameter = 'Stage: { Type: String, Default: dev }';
    const nested = '!If [IsProd, 731, !If [IsProd, 90, 7]]';
    const plan = await planned(
      { 'template.yaml': staged(parameter, nested) },
      { parameters: { Stage: 'dev' } },
    );
    expect(plan.text()).toContain('!If [IsProd, 731, !If [IsProd, 90, 365]]');
  });
});
