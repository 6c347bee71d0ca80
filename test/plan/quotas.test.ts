import { describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { documentLength } from '../../src/analysis/policy-quotas.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { treeOf } from '../template/trees.js';

const root = '{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "kms:*", Resource: "*"}';

/** What becomes of a template, by the first finding of a remediation. */
async function becauseOf(template: string, only: string): Promise<string | undefined> {
  const options = { version: '0', today: '2026-01-01', includeReview: true, only: [only] };
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(nodeFiles(), product, { named: 'production', folder: '.' });
  const plan = buildPlan(treeOf({ 'template.yaml': template }), policy, remediations, options);
  const [finding] = plan.document.stacks.flatMap(({ findings }) => findings);
  return finding && `${finding.verdict}: ${finding.because}`;
}

describe('quotas of IAM and of policies (kind K)', () => {
  const role = (characters: number, more = '') => `
Resources:
  Key: { Type: AWS::KMS::Key }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies:
        - PolicyName: long
          PolicyDocument: { Statement: [{ Effect: Deny, Action: '${'x'.repeat(characters)}', Resource: '*' }] }
  Worker:
    Type: AWS::Lambda::Function
    Properties: { Role: !GetAtt Role.Arn, Environment: { Variables: { A: b } } }
${more}`;

  it('let a role have one more statement as long as there is room', async () => {
    expect(await becauseOf(role(9_000), 'lambda-environment-encryption')).toMatch(/^fixable/);
  });

  it('refuse one that would be too much, with the figures', async () => {
    const because = await becauseOf(role(10_100), 'lambda-environment-encryption');
    expect(because).toMatch(
      /^manual: .*the inline policies of Role would have about 10\d{3} characters, and IAM takes 10240 for a role/,
    );
  });

  it('count what is attached by a resource of its own', async () => {
    const attached = `  More:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !Ref Role
      PolicyName: more
      PolicyDocument: { Statement: [{ Effect: Deny, Action: '${'y'.repeat(5_100)}', Resource: '*' }] }
`;
    expect(await becauseOf(role(5_000), 'lambda-environment-encryption')).toMatch(/^fixable/);
    expect(await becauseOf(role(5_000, attached), 'lambda-environment-encryption')).toMatch(/^manual/);
  });

  it('hold for the policy of a key', async () => {
    const key = (characters: number) => `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - ${root}
          - {Sid: '${'s'.repeat(characters)}', Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: 'kms:*'}
  Logs: { Type: AWS::Logs::LogGroup }
`;
    expect(await becauseOf(key(30_000), 'log-group-encryption')).toMatch(/^fixable/);
    expect(await becauseOf(key(32_600), 'log-group-encryption')).toMatch(
      /^manual: .*the policy of Key would have about 3\d{4} bytes, and AWS::KMS::Key takes 32768/,
    );
  });

  it('measure a document without its blanks, and names by what they come to', () => {
    const { root: stack } = treeOf({ 'template.yaml': 'Resources: { Q: { Type: AWS::SQS::Queue } }' });
    const text = '{"Effect":"Allow","Action":["sqs:SendMessage"],"Resource":"*"}';
    expect(Math.abs(documentLength(JSON.parse(text), stack) - text.length)).toBeLessThan(8);
    const named = documentLength({ 'Fn::GetAtt': ['Q', 'Arn'] }, stack);
    expect(named).toBeGreaterThan('arn:aws:sqs:eu-west-1:111122223333:'.length);
  });
});
