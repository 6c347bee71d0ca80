import { expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

const machine = (name: string) => `  ${name}:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      DefinitionString: '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'
`;
const template = `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: sts:AssumeRole }]
${['AuditTrail', 'DebugFlow', 'OrderFlow'].map(machine).join('')}`;

const policyText = `encryption: { key: 'arn:aws:kms:us-east-1:111122223333:key/one' }
remediations:
  log-retention:
    archive: { destinationArn: 'arn:aws:firehose:us-east-1:111122223333:deliverystream/archive', roleArn: 'arn:aws:iam::111122223333:role/archive' }
`;

it('a log group that comes with a fix is kept, encrypted and archived as its class asks, at once', async () => {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const policy = await loadPolicy(
    files,
    { remediations, policiesFolder: 'policies' },
    { named: 'p.yaml', folder: '.' },
  );
  const only = ['service-logging', 'log-retention', 'log-group-encryption'];
  const options = { version: '0', today: '2026-01-01', includeReview: true, only };
  const plan = (text: string) => buildPlan(treeOf({ 'template.yaml': text }), policy, remediations, options);
  const { files: written, document } = plan(template);
  expect(document.summary.verdicts).toMatchObject({ fixable: 3, manual: 0 });
  const text = written[0]?.text ?? '';
  const days = (id: string) =>
    Number(new RegExp(`\\n  ${id}LogGroup:\\n(?:    .*\\n)*?\\s+RetentionInDays: (\\d+)`).exec(text)?.[1]);
  expect(days('AuditTrail')).toBeGreaterThanOrEqual(731);
  expect(days('DebugFlow')).toBeLessThanOrEqual(90);
  expect(days('OrderFlow')).toBe(365);
  expect(text.match(/KmsKeyId:/g)).toHaveLength(3);
  expect(text.match(/Type: AWS::Logs::SubscriptionFilter/g)).toHaveLength(1);
  expect(text).toContain('LogGroupName: !Ref AuditTrailLogGroup\n');
  const again = plan(text).document.summary;
  expect([again.patches, again.verdicts.fixable, again.verdicts.manual]).toEqual([0, 0, 0]);
});
