import { describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

const only = ['log-group-encryption', 'lambda-environment-encryption', 'codebuild-encryption'];

async function plan(template: string, texts: Readonly<Record<string, string>> = {}) {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': '{encryption: {key: create}}' });
  const policy = await loadPolicy(
    files,
    { remediations, policiesFolder: 'policies' },
    { named: 'p.yaml', folder: '.' },
  );
  const tree = treeOf({ 'template.yaml': template, ...texts });
  return buildPlan(tree, policy, remediations, {
    version: '0',
    today: '2026-01-01',
    includeReview: true,
    only,
  });
}

const groups = `Resources:
  First: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 365}}
  Second: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 365}}
  EncryptionKey: {Type: AWS::SNS::Topic}
`;
const project = `  Build:
    Type: AWS::CodeBuild::Project
    Properties:
      ServiceRole: !GetAtt Role.Arn
      Artifacts: {Type: S3, Location: my-bucket}
      Environment: {ComputeType: BUILD_GENERAL1_SMALL, Image: aws/codebuild/standard:7.0, Type: LINUX_CONTAINER}
      Source: {Type: NO_SOURCE, BuildSpec: '{}'}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: codebuild.amazonaws.com}, Action: sts:AssumeRole}]}
`;

describe('encryption.key: create', () => {
  it('makes one key for all who need one, paid once, with approval', async () => {
    const { document } = await plan(groups + project);
    const [stack] = document.stacks;
    const patches = stack?.patches ?? [];
    expect(patches.map(({ id }) => id)).toEqual([
      'codebuild-encryption@template.yaml#review',
      'log-group-encryption@template.yaml#review',
    ]);
    const known = patches.flatMap(({ cost }) => cost.monthlyUsd ?? []);
    expect(known).toEqual([1]);
    for (const { riskBecause } of patches) expect(riskBecause.join()).toContain('EncryptionKey2, 1.00 USD');
  });

  it('lets each service in as it comes to need the key', async () => {
    const { files } = await plan(groups + project);
    const text = files[0]?.text ?? '';
    expect(text.match(/AWS::KMS::Key$/gm)).toHaveLength(1);
    expect(text.match(/Sid: AllowCloudWatchLogs/g)).toHaveLength(1);
  });

  it('makes none where the templates have one that can be used', async () => {
    const key = '  Own: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true}}\n';
    const { files } = await plan(groups + key);
    expect(files[0]?.text).toContain('Fn::GetAtt: [Own, Arn]');
    expect(files[0]?.text).not.toContain('EncryptionKey2');
  });

  it('chooses none of several keys that would do as well, and makes none either', async () => {
    const keys = ['One', 'Two'].map((id) => `  ${id}: {Type: AWS::KMS::Key, Properties: {}}\n`).join('');
    const { document } = await plan(groups + keys);
    expect(document.stacks[0]?.findings[0]).toMatchObject({ verdict: 'manual' });
    expect(document.stacks[0]?.findings[0]?.because).toMatch(/nothing says which of/);
  });
});
