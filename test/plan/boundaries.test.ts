import { expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { lambdaDeadLetterQueue } from '../../remediations/lambda-dead-letter-queue/index.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { presetFiles } from '../whole-runs/presets.js';
import { planWith } from './stub-plan.js';

// Kind: a fix gives a role a permission that its permissions boundary may take away.

const nightly = (logicalId: string) => `
  ${logicalId}Rule:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 day), Targets: [{Id: a, Arn: !GetAtt ${logicalId}.Arn}]}`;

const functions = (globals: string, role: string) => `
Transform: AWS::Serverless-2016-10-31
Globals: {Function: ${globals}}
Resources:
  Job: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.13}}
  Plain: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn, Handler: a.b, Runtime: python3.13, Code: {S3Bucket: b, S3Key: k}}}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}${role}}}${nightly('Job')}${nightly('Plain')}
`;

const bounded = '{PermissionsBoundary: "arn:aws:iam::111122223333:policy/limits"}';
const ofRole = ', PermissionsBoundary: "arn:aws:iam::111122223333:policy/limits"';
const told = {
  what: 'the permissions boundary of the roles (PermissionsBoundary) allows sqs:SendMessage',
  check: expect.stringMatching(
    /^aws iam simulate-principal-policy .* --action-names sqs:SendMessage .*PermissionsBoundaryDecisionDetail/,
  ),
};

test.each([
  ['of a role that SAM makes, by Globals', bounded, '', [told]],
  ['of a role of the template', '{Timeout: 3}', ofRole, [told]],
  ['of both, told once', bounded, ofRole, [told]],
  ['of neither', '{Timeout: 3}', '', []],
])('a permissions boundary is a prerequisite: %s', async (_name, globals, role, expected) => {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': '{}' });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const plan = planWith({ 'template.yaml': functions(globals, role) }, [lambdaDeadLetterQueue], policy);
  const patches = plan.document.stacks.flatMap((stack) => stack.patches);
  expect(patches.flatMap(({ fixes }) => fixes).sort()).toEqual(['Job', 'Plain']);
  expect(patches.flatMap(({ prerequisites }) => prerequisites)).toEqual(expected);
});
