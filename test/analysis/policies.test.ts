import { describe, expect, it } from 'vitest';
import { accessFor } from '../../src/analysis/access.js';
import { allows } from '../../src/analysis/permissions.js';
import {
  admitsRole,
  admitsService,
  delegatesToIam,
  deployedPolicy,
  policyInTemplate,
} from '../../src/analysis/policies.js';
import { canMatch, plainText } from '../../src/analysis/policy-texts.js';
import { viewResource } from '../../src/analysis/view.js';
import { treeOf } from '../template/trees.js';

const place = { region: 'eu-west-1', account: '111122223333' };
const group = 'arn:aws:logs:eu-west-1:111122223333:log-group:/shop/orders';
const context = {
  'kms:encryptioncontext:aws:logs:arn': plainText(group, place),
  'aws:sourceaccount': '111122223333',
  'aws:principalorgid': null,
};
const actions = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** One statement after another, as JSON a service gives. */
function deployed(...statements: readonly object[]) {
  const whole = statements.map((each) => ({
    Effect: 'Allow',
    Principal: { Service: 'logs.amazonaws.com' },
    Action: 'kms:*',
    Resource: '*',
    ...each,
  }));
  return deployedPolicy('its policy', JSON.stringify({ Statement: whole }), place);
}

const logs = (...statements: readonly object[]) =>
  admitsService(deployed(...statements), 'logs', { actions, context }).answer;

describe('a service in a policy (kind A: read, not searched)', () => {
  it.each<[string, readonly object[], string]>([
    ['by its name', [{}], 'yes'],
    ['in its Region', [{ Principal: { Service: 'logs.eu-west-1.amazonaws.com' } }], 'yes'],
    ['in China', [{ Principal: { Service: 'logs.eu-west-1.amazonaws.com.cn' } }], 'yes'],
    ['in another Region', [{ Principal: { Service: 'logs.us-east-1.amazonaws.com' } }], 'no'],
    [
      'another service with its name in it',
      [{ Principal: { Service: 'delivery.logs.amazonaws.com' } }],
      'no',
    ],
    ['one of several', [{ Principal: { Service: ['s3.amazonaws.com', 'logs.amazonaws.com'] } }], 'yes'],
    ['everybody', [{ Principal: '*' }], 'yes'],
    ['everybody as AWS', [{ Principal: { AWS: '*' } }], 'yes'],
    ['the account only', [{ Principal: { AWS: 'arn:aws:iam::111122223333:root' } }], 'no'],
    ['all but an account', [{ Principal: undefined, NotPrincipal: { AWS: '444455556666' } }], 'yes'],
    ['in a comment', [{ Principal: { AWS: 'arn:aws:iam::111122223333:role/logs.amazonaws.com' } }], 'no'],
    ['actions with wildcards', [{ Action: ['kms:Dec*', 'kms:GenerateDataKey?'] }], 'no'],
    ['actions of several statements', [{ Action: 'kms:Decrypt' }, { Action: 'kms:Generate*' }], 'yes'],
    ['all actions but some', [{ Action: undefined, NotAction: 'kms:Schedule*' }], 'yes'],
    ['all actions but those', [{ Action: undefined, NotAction: ['kms:Decrypt'] }], 'no'],
    ['another case', [{ Action: 'KMS:*' }], 'yes'],
    ['a denial only', [{ Effect: 'Deny' }], 'no'],
    ['a denial beside', [{}, { Effect: 'Deny', Action: 'kms:Decrypt' }], 'no'],
    ['a denial of something else', [{}, { Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion' }], 'yes'],
    [
      'a denial of plain transport',
      [{}, { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      'unknown',
    ],
    [
      'a denial to all but a role',
      [{}, { Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: 'x' } }],
      'no',
    ],
  ])('%s', (_, statements, expected) => {
    expect(logs(...statements)).toBe(expected);
  });

  const arn = (pattern: string, operator = 'ArnLike') => [
    { Condition: { [operator]: { 'kms:EncryptionContext:aws:logs:arn': pattern } } },
  ];
  it.each<[string, readonly object[], string]>([
    ['all groups of the account', arn('arn:aws:logs:eu-west-1:111122223333:*'), 'yes'],
    ['equal means like for ARNs', arn('arn:aws:logs:*:111122223333:log-group:/shop/*', 'ArnEquals'), 'yes'],
    ['the group itself', arn(group, 'StringEquals'), 'yes'],
    ['a wildcard is none in StringEquals', arn('arn:aws:logs:*', 'StringEquals'), 'no'],
    ['a wildcard ends at a colon', arn('arn:aws:logs:eu-west-1:*'), 'no'],
    ['other groups', arn('arn:aws:logs:eu-west-1:111122223333:log-group:/aws/codebuild/*'), 'no'],
    ['all groups but it', arn(group, 'ArnNotLike'), 'no'],
    ['the streams of the group, which have no key', arn(`${group}:*`), 'no'],
    ['another account', [{ Condition: { StringEquals: { 'aws:SourceAccount': '444455556666' } } }], 'no'],
    ['this account', [{ Condition: { StringLike: { 'AWS:SOURCEACCOUNT': '1111*' } } }], 'yes'],
    ['what is not sent', [{ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }], 'no'],
    [
      'what is not sent, if it were',
      [{ Condition: { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o' } } }],
      'yes',
    ],
    ['what must not be sent', [{ Condition: { Null: { 'aws:PrincipalOrgID': 'true' } } }], 'yes'],
    ['what is not known', [{ Condition: { StringEquals: { 'kms:ViaService': 'x' } } }], 'unknown'],
    [
      'an operator nobody weighs',
      [{ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
      'unknown',
    ],
  ])('under a condition: %s', (_, statements, expected) => {
    expect(logs(...statements)).toBe(expected);
  });

  it('says which statement denies it', () => {
    const found = admitsService(deployed({}, { Sid: 'Never', Effect: 'Deny' }), 'logs', { actions, context });
    expect(found).toEqual({
      answer: 'no',
      because: 'statement Never of its policy denies kms:Decrypt to logs.amazonaws.com',
      isDenied: true,
    });
  });
});

describe('the account and its roles in a policy', () => {
  const role = 'arn:${AWS::Partition}:iam::111122223333:role/worker';
  const request = { actions: ['kms:Decrypt'], context: { 'kms:calleraccount': '111122223333' } };
  it.each<[string, object, string, string]>([
    ['the root', { AWS: 'arn:aws:iam::111122223333:root' }, 'yes', 'no'],
    ['the root in another partition', { AWS: 'arn:aws-us-gov:iam::111122223333:root' }, 'yes', 'no'],
    ['the account', { AWS: '111122223333' }, 'yes', 'no'],
    ['another account', { AWS: '444455556666' }, 'no', 'no'],
    ['the role', { AWS: 'arn:aws:iam::111122223333:role/worker' }, 'no', 'yes'],
    ['another role', { AWS: ['arn:aws:iam::111122223333:role/other'] }, 'no', 'no'],
    ['a service', { Service: 'lambda.amazonaws.com' }, 'no', 'no'],
  ])('%s', (_, principal, account, own) => {
    const policy = deployed({ Principal: principal });
    expect(delegatesToIam(policy, request).answer).toBe(account);
    expect(admitsRole(policy, [role], request).answer).toBe(own);
  });

  it('are let in by everybody who calls from the account', () => {
    const from = (account: string) =>
      deployed({ Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': account } } });
    expect(delegatesToIam(from('111122223333'), request).answer).toBe('yes');
    expect(delegatesToIam(from('444455556666'), request).answer).toBe('no');
  });

  it('may be in an account nobody knows yet', () => {
    const policy = deployedPolicy(
      'it',
      '{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}}',
      {},
    );
    expect(delegatesToIam(policy, request).answer).toBe('unknown');
  });
});

const head = `
Parameters:
  Stage: { Type: String, Default: prod }
  LogsName: { Type: String }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Logs: { Type: AWS::Logs::LogGroup }
  Prod: { Type: AWS::Logs::LogGroup, Condition: IsProd }
  Named: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /aws/codebuild/app } }
`;

describe('the policy of a key in a template', () => {
  const logsIn = (policy: string, id = 'Logs', region?: string) => {
    const key = `  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      EnableKeyRotation: true\n${policy.replace(/^(?=.)/gm, '      ')}\n`;
    const { root } = treeOf({ 'template.yaml': head + key });
    return accessFor(
      { stack: root, logicalId: 'Key' },
      { by: 'logs', group: { stack: root, logicalId: id } },
      { region },
    );
  };
  const statement = (principal: string, more = '') =>
    `KeyPolicy:\n  Statement:\n    - {Effect: Allow, Principal: ${principal}, Action: 'kms:*', Resource: '*'${more}}`;

  it.each<[string, string, string]>([
    ['as AWS writes it', statement(`{Service: !Sub 'logs.\${AWS::Region}.\${AWS::URLSuffix}'}`), 'yes'],
    ['joined', statement(`{Service: !Join ['.', [logs, !Ref AWS::Region, amazonaws.com]]}`), 'yes'],
    ['in a Region written out', statement('{Service: logs.us-east-1.amazonaws.com}'), 'unknown'],
    [
      'one statement, no list',
      'KeyPolicy:\n  Statement: {Effect: Allow, Principal: "*", Action: "kms:*"}',
      'yes',
    ],
    ['without a policy', '', 'no'],
    ['given from outside', 'KeyPolicy: !Ref Stage', 'unknown'],
    [
      'for all groups',
      statement(
        '{Service: logs.amazonaws.com}',
        `, Condition: {ArnLike: {'kms:EncryptionContext:aws:logs:arn': !Sub 'arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:*'}}`,
      ),
      'yes',
    ],
    [
      'for groups of another name',
      statement(
        '{Service: logs.amazonaws.com}',
        `, Condition: {ArnLike: {'kms:EncryptionContext:aws:logs:arn': !Sub 'arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/rds/*'}}`,
      ),
      'no',
    ],
  ])('%s', (_, policy, expected) => {
    expect(logsIn(policy).answer).toBe(expected);
  });

  it('knows the Region of the policy', () => {
    const policy = statement('{Service: logs.us-east-1.amazonaws.com}');
    expect(logsIn(policy, 'Logs', 'us-east-1').answer).toBe('yes');
    expect(logsIn(policy, 'Logs', 'eu-west-1').answer).toBe('no');
  });

  it('counts a statement under a condition where the condition holds', () => {
    const policy =
      'KeyPolicy:\n  Statement:\n    - !If [IsProd, {Effect: Allow, Principal: {Service: logs.amazonaws.com}, Action: "kms:*"}, !Ref AWS::NoValue]';
    expect(logsIn(policy, 'Prod').answer).toBe('yes');
    expect(logsIn(policy, 'Logs').answer).toBe('no');
  });

  it('counts two statements that take each other’s place', () => {
    const one = '{Effect: Allow, Principal: {Service: logs.amazonaws.com}, Action: "kms:*"}';
    expect(logsIn(`KeyPolicy:\n  Statement:\n    - !If [IsProd, ${one}, ${one}]`).answer).toBe('yes');
  });

  it('offers the statement, and none where one denies', () => {
    expect(logsIn('').companions).toHaveLength(1);
    expect(logsIn(statement('{Service: logs.amazonaws.com}').replace('Allow', 'Deny'))).toEqual({
      answer: 'no',
      because: 'statement number 1 of the policy of Key denies kms:Encrypt to logs.amazonaws.com',
    });
  });

  it('has texts for names of every kind', () => {
    const { root } = treeOf({ 'template.yaml': head });
    const policy = policyInTemplate(
      'it',
      { Statement: [{ Effect: 'Allow', Principal: { Service: { Ref: 'LogsName' } }, Action: '*' }] },
      root,
      {},
    );
    expect(admitsService(policy, 'logs', { actions, context }).answer).toBe('unknown');
  });
});

describe('a role that a key policy names', () => {
  const answer = (principal: string, rolePolicy = '') => {
    const text = `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - {Effect: Allow, Principal: {AWS: ${principal}}, Action: ['kms:Decrypt'], Resource: '*'}
  Role: { Type: AWS::IAM::Role, Properties: { RoleName: worker, Path: /app/ ${rolePolicy} } }
  Fn: { Type: AWS::Lambda::Function, Properties: { Role: !GetAtt Role.Arn } }
`;
    const view = viewResource(treeOf({ 'template.yaml': text }).root, 'Fn');
    return allows(view, 'kms:Decrypt', { 'Fn::GetAtt': ['Key', 'Arn'] });
  };
  const own =
    ", Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 'kms:*', Resource: '*'}]}}]";
  it.each<[string, string, string, string]>([
    ['by its ARN', '!GetAtt Role.Arn', '', 'yes'],
    ['by its name', `!Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/app/worker'`, '', 'yes'],
    ['without its path', `!Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/worker'`, '', 'no'],
    [
      'by the account, with a policy of its own',
      `!Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root'`,
      own,
      'yes',
    ],
    ['by the account, without one', '!Ref AWS::AccountId', '', 'no'],
    ['not at all, whatever its own policy says', 'arn:aws:iam::111122223333:role/other', own, 'no'],
  ])('%s', (_, principal, rolePolicy, expected) => {
    expect(answer(principal, rolePolicy)).toBe(expected);
  });
});

describe('texts that may be equal', () => {
  it.each<[string, string, boolean]>([
    ['a*', '*b', true],
    ['a*c', 'a?d', false],
    ['${AWS::StackName}-x', 'shop-x', true],
    ['${AWS::StackName}-x', '/aws/x-x', false],
    ['arn:${AWS::Partition}:x', 'arn:aws:x', true],
    ['${AWS::AccountId}', '111122223333', true],
    ['${AWS::AccountId}', 'root', false],
    ['', '', true],
    ['', '*', true],
    ['', '?', false],
  ])('%s and %s', (left, right, expected) => {
    expect(canMatch(left, right)).toBe(expected);
    expect(canMatch(right, left)).toBe(expected);
  });
});
