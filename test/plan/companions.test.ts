import { beforeAll, describe, expect, test } from 'vitest';
import { resourceRemediation } from '../../src/contract/remediation.js';
import type { Value } from '../../src/document/value.js';
import type { Policy } from '../../src/policy/policy.js';
import * as z from '../../src/zod.js';
import { described, planWith, testPolicy, verdictsOf } from './stub-plan.js';

let policy: Policy;
beforeAll(async () => {
  policy = await testPolicy();
});

const wanting = (id: string, type: string, path: readonly string[], value: Value) =>
  resourceRemediation<unknown>({
    ...described,
    id,
    target: z.unknown(),
    appliesTo: [type],
    judge: () => ({ verdict: { verdict: 'fixable', because: 'it is old', edits: [{ path, value }] } }),
  });

describe('what a table says of an update counts for more than what a remediation says', () => {
  test.each([
    ['may replace', 'AWS::RDS::DBCluster', ['Properties', 'MasterUsername'], 'could replace'],
    ['replaces', 'AWS::DynamoDB::Table', ['Properties', 'TableName'], 'would replace'],
  ])('what %s something that holds data is not written', (_, type, path, consequence) => {
    const text = `Resources:\n  Store:\n    Type: ${type}\n`;
    const plan = planWith({ 'template.yaml': text }, [wanting('renaming', type, path, 'new')], policy);
    expect(verdictsOf(plan)).toEqual([
      `renaming of Store: manual: it is old; to change ${path[1]} ${consequence} the resource and lose what it holds`,
    ]);
    expect(plan.files[0]?.changed).toBe(false);
  });

  test('what replaces something that holds nothing needs approval', () => {
    const text = 'Resources:\n  A:\n    Type: AWS::CloudWatch::Alarm\n';
    const naming = resourceRemediation<unknown>({
      ...described,
      id: 'naming',
      target: z.unknown(),
      appliesTo: ['AWS::CloudWatch::Alarm'],
      judge: (view) =>
        view.properties.AlarmName === 'n'
          ? { verdict: { verdict: 'compliant', because: 'named' } }
          : {
              verdict: {
                verdict: 'fixable',
                because: 'not named',
                edits: [{ path: ['Properties', 'AlarmName'], value: 'n' }],
              },
            },
    });
    const plan = planWith({ 'template.yaml': text }, [naming], policy);
    expect(plan.document.stacks[0]?.patches).toMatchObject([
      { id: 'naming@template.yaml#review', risk: 'review', update: 'replace' },
    ]);
  });
});

describe('a permission for a role of another template', () => {
  const parent = `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  Key:
    Type: AWS::KMS::Key
    Properties: {KeyPolicy: {Statement: []}}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: child.yaml
      Parameters: {RoleArn: !GetAtt Role.Arn}
`;
  const child = `Parameters:
  RoleArn: {Type: String}
Resources:
  Queue:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Role: !Ref RoleArn, Handler: a.b, Runtime: python3.12, Code: {S3Bucket: b, S3Key: k}}
`;
  const granting = resourceRemediation<unknown>({
    ...described,
    id: 'granting',
    target: z.unknown(),
    appliesTo: ['AWS::Lambda::Function'],
    judge: (view) => ({
      verdict: {
        verdict: 'fixable',
        because: 'it may not send',
        edits: [{ path: ['Properties', 'Description'], value: 'sends' }],
        companions: [
          {
            kind: 'permission',
            logicalId: view.logicalId,
            actions: ['sqs:SendMessage'],
            resource: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          },
        ],
      },
    }),
  });

  test('is refused for a resource the other template does not know, and never becomes one for the key', () => {
    const plan = planWith({ 'template.yaml': parent, 'child.yaml': child }, [granting], policy);
    expect(verdictsOf(plan)).toEqual([
      'granting of Worker: manual: it may not send; not fixed: the role Role is in template.yaml, which does not know the resource; allow it sqs:SendMessage there',
    ]);
    expect(plan.files.map(({ changed }) => changed)).toEqual([false, false]);
  });
});

test('an inline policy gets a name that its role does not have yet', () => {
  const text = (name: string) => `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - !If [C, {PolicyName: ${name}, PolicyDocument: {Statement: []}}, !Ref AWS::NoValue]
  Queue: {Type: AWS::SQS::Queue}
  Worker: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
Conditions: {C: !Equals [!Ref AWS::Region, us-east-1]}
`;
  const sending = resourceRemediation<unknown>({
    ...described,
    id: 'sending',
    target: z.unknown(),
    appliesTo: ['AWS::Lambda::Function'],
    judge: ({ logicalId, properties }) => ({
      verdict:
        properties.Description === 'sends'
          ? { verdict: 'compliant', because: 'it may send' }
          : {
              verdict: 'fixable',
              because: 'it may not send',
              edits: [{ path: ['Properties', 'Description'], value: 'sends' }],
              companions: [
                {
                  kind: 'permission',
                  logicalId,
                  actions: ['sqs:SendMessage'],
                  resource: { 'Fn::GetAtt': ['Queue', 'Arn'] },
                },
              ],
            },
    }),
  });
  const written = (name: string) => {
    const { files } = planWith({ 'template.yaml': text(name) }, [sending], policy);
    return [...(files[0]?.text.matchAll(/PolicyName: (\w+)/g) ?? [])].map(([, each]) => each);
  };
  expect(written('Other')).toEqual(['Other', 'SqsSendMessageQueue']);
  expect(written('SqsSendMessageQueue')).toEqual(['SqsSendMessageQueue', 'SqsSendMessageQueue2']);
});
