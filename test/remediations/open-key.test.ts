import { expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

const template = `Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: '*'
            Action: kms:*
            Resource: '*'
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      KmsKeyId: !GetAtt Key.Arn
`;

it('a service that came in by a statement for everybody gets one of its own when that is narrowed', async () => {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': '{}' });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const only = ['kms-key-hygiene', 'log-group-encryption'];
  const options = { version: '0', today: '2026-01-01', includeReview: true, only };
  const { files: written } = buildPlan(treeOf({ 'template.yaml': template }), policy, remediations, options);
  expect(written[0]?.text).toContain('kms:CallerAccount: !Ref AWS::AccountId');
  expect(written[0]?.text).toContain('Sid: AllowCloudWatchLogs');
});
