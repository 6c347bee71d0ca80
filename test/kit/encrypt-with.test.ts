import { describe, expect, test } from 'vitest';
import {
  deployerMayGrant,
  encryptWith,
  keyFor,
  keyLetsAccountIn,
  openFor,
  withReason,
} from '../../remediations/kit/encrypt-with.js';
import type { EncryptionKey, Facts, Fix, ServiceUse } from '../../src/remediation.js';
import { factsOf, getArn, viewOf } from './facts.js';

const noValue = { Ref: 'AWS::NoValue' };
const without = 'it is encrypted with a key of AWS';

/** A function with this key, and what else there is. */
const templateWith = (key: string, resources: string, above = '', condition = '') => `
Parameters:
  Choice: {Type: String}
${above}
Conditions:
  IsOne: !Equals [!Ref Choice, one]
  IsGiven: !Not [!Equals [!Ref Choice, '']]
Resources:
  It:
    Type: AWS::Lambda::Function
${condition}
    Properties: {Role: 'arn:aws:iam::111122223333:role/r', Handler: a.b, Code: {S3Bucket: b, S3Key: k}${key}}
${resources}`;

const key = (properties = '{}', condition = '', name = 'Key') =>
  `  ${name}: {Type: AWS::KMS::Key${condition}, Properties: ${properties}}\n`;

async function encrypted(template: string, policyText = '{}', more: () => Partial<Fix> = () => ({})) {
  const facts = await factsOf(template, policyText);
  const view = viewOf(facts, 'It');
  return encryptWith({ view, path: ['KmsKeyArn'], without, actions: ['kms:Decrypt'] }, facts, more);
}

describe('a property without a key', () => {
  test('gets the key of the template with the right to use it', async () => {
    const found = await encrypted(templateWith('', key()));
    expect(found).toEqual({
      current: null,
      target: getArn('Key'),
      verdict: {
        verdict: 'fixable',
        because: without,
        edits: [
          { path: ['Properties', 'KmsKeyArn'], value: getArn('Key'), isSatisfiedBy: expect.any(Function) },
        ],
        companions: [
          { kind: 'permission', logicalId: 'It', actions: ['kms:Decrypt'], resource: getArn('Key') },
        ],
        notes: [],
      },
    });
  });

  test('shows what it says now', async () => {
    const { current, verdict } = await encrypted(templateWith(', KmsKeyArn: alias/aws/lambda', key()));
    expect(current).toBe('alias/aws/lambda');
    expect(verdict).toMatchObject({ verdict: 'fixable', because: without });
  });

  test('gets no permission where nobody acts with the key', async () => {
    const facts = await factsOf(templateWith('', key()));
    const { verdict } = encryptWith(
      { view: viewOf(facts, 'It'), path: ['KmsKeyArn'], without },
      facts,
      () => ({}),
    );
    expect(verdict).toMatchObject({ companions: [] });
  });

  test('has what its remediation brings beside the key', async () => {
    const edit = { path: ['Properties', 'Description'], value: 'x' };
    const companion = { kind: 'permission', logicalId: 'It', actions: ['a:b'], resource: '*' } as const;
    const { verdict } = await encrypted(templateWith('', key()), '{}', () => ({
      edits: [edit],
      companions: [companion],
      notes: ['a note'],
      risk: 'review',
    }));
    expect(verdict).toMatchObject({
      risk: 'review',
      edits: [{ value: getArn('Key') }, edit],
      companions: [{ actions: ['kms:Decrypt'] }, companion],
      notes: ['a note'],
    });
  });

  test('gets the key of the policy through a parameter', async () => {
    const arn = 'arn:aws:kms:eu-central-1:999988887777:key/of-another-account';
    const { verdict, target } = await encrypted(templateWith('', ''), `encryption: {key: '${arn}'}`);
    expect(target).toEqual({ Ref: 'EncryptionKeyArn' });
    expect(verdict).toMatchObject({
      companions: [
        { kind: 'parameter', definition: { Default: arn } },
        { kind: 'permission', resource: target },
      ],
    });
  });
});

describe('no key for it', () => {
  test.each([
    ['none at all', templateWith('', ''), /has no customer-managed key; name one in the policy/],
    ['a disabled one', templateWith('', key('{Enabled: false}')), /Key is disabled/],
    [
      'one that may be disabled',
      templateWith('', key("{Enabled: !If [IsOne, 'true', 'false']}")),
      /Key is disabled/,
    ],
    [
      'an asymmetric one',
      templateWith('', key('{KeySpec: RSA_2048, KeyUsage: SIGN_VERIFY}')),
      /not a symmetric one/,
    ],
    ['one for signing', templateWith('', key('{KeyUsage: GENERATE_VERIFY_MAC}')), /not a symmetric one/],
    [
      'one whose material is imported',
      templateWith('', key('{Origin: EXTERNAL}')),
      /has no customer-managed key/,
    ],
    [
      'a replica',
      templateWith(
        '',
        '  Key: {Type: AWS::KMS::ReplicaKey, Properties: {PrimaryKeyArn: x, KeyPolicy: {}}}\n',
      ),
      /has no customer-managed key/,
    ],
  ])('%s', async (_, template, because) => {
    const { verdict, target } = await encrypted(template);
    expect(verdict).toEqual({
      verdict: 'manual',
      because: expect.stringMatching(because),
      decidedBy: ['encryption.key'],
    });
    expect(target).toBeUndefined();
  });

  test('one that is there in some deployments of it only', async () => {
    const { verdict } = await encrypted(templateWith('', key('{}', ', Condition: IsOne')));
    expect(verdict).toEqual({
      verdict: 'manual',
      because:
        'Key of template.yaml is there in some deployments only, and its condition decides what the others should use',
    });
  });
});

describe('a key under a condition', () => {
  test('is named without it where the condition is that of the resource', async () => {
    const template = templateWith('', key('{}', ', Condition: IsOne'), '', '    Condition: IsOne');
    const { verdict, target } = await encrypted(template);
    expect(target).toEqual(getArn('Key'));
    expect(verdict).toMatchObject({
      edits: [{ value: getArn('Key') }],
      // The policy of a role that others have too is there without it.
      companions: [{ kind: 'permission', resource: { 'Fn::If': ['IsOne', getArn('Key'), noValue] } }],
    });
  });

  test('is named as it is where it is one key or the other', async () => {
    const chosen = '{"Fn::If": [IsOne, !GetAtt Key.Arn, !GetAtt Other.Arn]}';
    const template = templateWith(
      '',
      `${key()}${key('{}', '', 'Other')}  Logs: {Type: AWS::Logs::LogGroup, Properties: {KmsKeyId: ${chosen}}}\n`,
    );
    const facts = await factsOf(template);
    const view = viewOf(facts, 'It');
    const arn = { 'Fn::If': ['IsOne', getArn('Key'), getArn('Other')] };
    const both: Facts = {
      ...facts,
      encryptionKey: () => ({ arn, companions: [], description: 'one of two' }),
    };
    expect(keyFor(view, { type: view.type }, both)).toMatchObject({ arn, inPlace: arn });
  });
});

describe('a parameter for a key that may be left empty', () => {
  const parameter = "  KeyArn: {Type: String, Default: ''}";
  const elsewhere =
    '  Logs: {Type: AWS::Logs::LogGroup, Properties: {KmsKeyId: !If [HasKey, !Ref KeyArn, !Ref "AWS::NoValue"]}}\n';
  const conditioned = (template: string) =>
    template.replace('Conditions:', "Conditions:\n  HasKey: !Not [!Equals [!Ref KeyArn, '']]");

  test('is named where it is given, and that is said', async () => {
    const { verdict, target } = await encrypted(conditioned(templateWith('', elsewhere, parameter)));
    const arn = { 'Fn::If': ['HasKey', { Ref: 'KeyArn' }, noValue] };
    expect(target).toEqual(arn);
    expect(verdict).toMatchObject({
      companions: [{ kind: 'permission', resource: arn }],
      notes: ['where KeyArn is left empty, nothing changes'],
    });
  });

  test('comes after what the remediation says', async () => {
    const { verdict } = await encrypted(conditioned(templateWith('', elsewhere, parameter)), '{}', () => ({
      notes: ['first'],
    }));
    expect(verdict).toMatchObject({ notes: ['first', 'where KeyArn is left empty, nothing changes'] });
  });

  const named = (resources: string) =>
    conditioned(
      templateWith(', KmsKeyArn: !If [HasKey, !Ref KeyArn, !Ref "AWS::NoValue"]', resources, parameter),
    );

  test('is enough where the template has no other', async () => {
    expect((await encrypted(named(''))).verdict).toEqual({
      verdict: 'compliant',
      because: 'it has the key of KeyArn wherever one is given',
    });
  });

  test('is not where the template has a key of its own', async () => {
    expect((await encrypted(named(key()))).verdict).toMatchObject({
      verdict: 'fixable',
      because: expect.stringContaining(without),
    });
  });
});

describe('a property that names a key', () => {
  const external = 'arn:aws:kms:eu-central-1:999988887777:key/other';

  test.each([
    ['of the template', '!GetAtt Key.Arn', key(), 'compliant', /its key is a customer-managed one/],
    ['of another account', `'${external}'`, '', 'compliant', /customer-managed/],
    ['that is disabled', '!GetAtt Key.Arn', key('{Enabled: false}'), 'manual', /^its key Key is disabled/],
    [
      'that is asymmetric',
      '!GetAtt Key.Arn',
      key('{KeySpec: ECC_NIST_P256}'),
      'manual',
      /^its key Key is not a symmetric/,
    ],
    [
      'by an alias of a disabled one',
      '!Ref Alias',
      `${key('{Enabled: false}')}  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/x, TargetKeyId: !Ref Key}}\n`,
      'manual',
      /^its key Key is disabled/,
    ],
    [
      'that comes from somewhere',
      '!GetAtt Found.KeyArn',
      '  Found: {Type: Custom::Finder, Properties: {ServiceToken: x}}\n',
      'unknown',
      /^the value of its KmsKeyArn is not known$/,
    ],
    [
      'in some deployments only',
      '!If [IsOne, !GetAtt Key.Arn, !Ref "AWS::NoValue"]',
      key(),
      'manual',
      /^its key is there in some deployments only/,
    ],
  ])('%s', async (_, named, resources, verdict, because) => {
    const found = await encrypted(templateWith(`, KmsKeyArn: ${named}`, resources));
    expect(found.verdict).toEqual({ verdict, because: expect.stringMatching(because) });
    expect(found.current).not.toBeNull();
  });

  test('of another Region cannot be used', async () => {
    const { verdict } = await encrypted(
      templateWith(`, KmsKeyArn: '${external}'`, ''),
      '{extends: production, region: us-east-1}',
    );
    expect(verdict).toEqual({
      verdict: 'manual',
      because: `its key ${external} is in eu-central-1, and the stack in us-east-1`,
    });
  });
});

describe('what satisfies an edit', () => {
  test.each([
    [{ kind: 'unknown' }, true],
    [{ kind: 'absent' }, false],
    [{ kind: 'value', value: '' }, false],
    [{ kind: 'value', value: ['x'] }, false],
    [{ kind: 'value', value: 'arn:aws:kms:eu-central-1:111122223333:key/k' }, true],
    [{ kind: 'value', value: 'alias/own' }, true],
    [{ kind: 'value', value: 'alias/aws/lambda' }, false],
    [{ kind: 'value', value: 'arn:aws:kms:eu-central-1:111122223333:alias/aws/lambda' }, false],
    [{ kind: 'value', value: 'my-alias/aws/lambda' }, true],
  ])('%j: %s', async (outcome, expected) => {
    const { verdict } = await encrypted(templateWith('', key()));
    const [edit] = verdict.verdict === 'fixable' ? verdict.edits : [];
    expect(edit?.isSatisfiedBy?.(outcome as never)).toBe(expected);
  });

  test('a key of the templates', async () => {
    const facts = await factsOf(templateWith('', key()));
    const { stack } = viewOf(facts, 'It');
    const { verdict } = await encrypted(templateWith('', key()));
    const [edit] = verdict.verdict === 'fixable' ? verdict.edits : [];
    const outcome = { kind: 'resource', stack, logicalId: 'Key', attribute: 'Arn' } as const;
    expect(edit?.isSatisfiedBy?.(outcome)).toBe(true);
  });
});

describe('a service that uses the key in its own name', () => {
  const group = (named = '') => `
Resources:
  It: {Type: AWS::Logs::LogGroup, Properties: {${named}}}
`;
  const account = `{Sid: A, Effect: Allow, Principal: {AWS: !Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}`;
  const service = `{Sid: L, Effect: Allow, Principal: {Service: !Sub 'logs.\${AWS::Region}.amazonaws.com'}, Action: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'], Resource: '*'}`;
  const denied = `{Sid: D, Effect: Deny, Principal: '*', Action: 'kms:*', Resource: '*'}`;
  const keyOf = (...statements: readonly string[]) =>
    `  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: '2012-10-17', Statement: [${statements.join(', ')}]}}}\n`;
  const named = 'KmsKeyId: !GetAtt Key.Arn';

  async function grouped(template: string) {
    const facts = await factsOf(template);
    const view = viewOf(facts, 'It');
    const use = { by: 'logs', group: view } as const;
    return encryptWith({ view, path: ['KmsKeyId'], without, use }, facts, () => ({})).verdict;
  }

  test('is let in together with a new key', async () => {
    expect(await grouped(group() + keyOf(account))).toMatchObject({
      verdict: 'fixable',
      edits: [{ value: getArn('Key') }],
      companions: [{ kind: 'statement', logicalId: 'Key' }],
    });
  });

  test('needs nothing where it is let in', async () => {
    expect(await grouped(group() + keyOf(account, service))).toMatchObject({
      verdict: 'fixable',
      companions: [],
    });
  });

  test('has no key where the policy of the only one denies it', async () => {
    expect(await grouped(group() + keyOf(account, denied))).toEqual({
      verdict: 'manual',
      because: expect.stringContaining('the policy of Key'),
    });
  });

  test('is let in by the key that is named already', async () => {
    expect(await grouped(group(named) + keyOf(account))).toEqual({
      verdict: 'fixable',
      because: expect.stringMatching(/^its key is a customer-managed one that does not work: .*Key/),
      edits: [],
      companions: [expect.objectContaining({ kind: 'statement', logicalId: 'Key' })],
    });
  });

  test('works with one that lets it in', async () => {
    expect(await grouped(group(named) + keyOf(account, service))).toMatchObject({ verdict: 'compliant' });
  });

  test('does not work with one that denies it', async () => {
    expect(await grouped(group(named) + keyOf(account, denied))).toEqual({
      verdict: 'manual',
      because: expect.stringMatching(/does not work/),
    });
  });

  test('is asked of every key a branch names', async () => {
    const both = `KmsKeyId: !If [IsOne, !GetAtt Key.Arn, !GetAtt Second.Arn]`;
    const conditions = '\nParameters: {C: {Type: String}}\nConditions: {IsOne: !Equals [!Ref C, one]}';
    const second = keyOf(account).replace('Key:', 'Second:');
    expect(await grouped(conditions + group(both) + keyOf(account, service) + second)).toMatchObject({
      verdict: 'fixable',
      companions: [{ kind: 'statement', logicalId: 'Second' }],
    });
  });

  test('is not asked of a key from outside', async () => {
    const outside = "KmsKeyId: 'arn:aws:kms:eu-central-1:999988887777:key/other'";
    expect(await grouped(group(outside))).toMatchObject({ verdict: 'compliant' });
    const facts = await factsOf(group());
    expect(openFor(undefined, { by: 'cloudwatch' }, facts)).toEqual({ companions: [] });
  });

  test('what opens a key is what its policy lacks', async () => {
    const answered = async (...statements: readonly string[]) => {
      const facts = await factsOf(group() + keyOf(...statements));
      const { stack } = viewOf(facts, 'It');
      const use: ServiceUse = { by: 'cloudwatch' };
      return openFor({ stack, logicalId: 'Key' }, use, facts);
    };
    expect(await answered(account)).toMatchObject({ companions: [{ kind: 'statement', logicalId: 'Key' }] });
    expect(await answered(account, denied)).toEqual({ because: expect.stringContaining('Key') });
    const alarms = `{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*'}`;
    expect(await answered(account, alarms)).toEqual({ companions: [] });
  });
});

describe('of several keys', () => {
  test('what else it has to do with decides, and says so', async () => {
    const facts = await factsOf(templateWith('', `${key()}${key('{}', '', 'Other')}`));
    const view = viewOf(facts, 'It');
    const found = encryptWith(
      { view, path: ['KmsKeyArn'], without, preferred: getArn('Other') },
      facts,
      () => ({}),
    );
    expect(found.target).toEqual(getArn('Other'));
    expect(found.verdict.because).toMatch(/; of several keys Other of template.yaml is taken: /);
  });

  test('one that needs the resource is passed over', async () => {
    const circle = key('{Description: !GetAtt It.Arn}');
    const { verdict, target } = await encrypted(templateWith('', `${circle}${key('{}', '', 'Other')}`));
    expect(target).toEqual(getArn('Other'));
    expect(verdict).toMatchObject({ verdict: 'fixable' });
  });

  test('a reason is told where there is one', () => {
    const one: EncryptionKey = { arn: 'x', companions: [], description: 'Key of a.yaml' };
    expect(withReason('it has none', one)).toBe('it has none');
    expect(withReason('it has none', { ...one, reason: 'others use it' })).toBe(
      'it has none; of several keys Key of a.yaml is taken: others use it',
    );
  });
});

test('what has to be so of a key outside the templates', () => {
  const one: EncryptionKey = { arn: 'x', companions: [], description: 'Key of a.yaml' };
  expect(keyLetsAccountIn(one)).toEqual({
    what: 'the key policy of Key of a.yaml delegates access to IAM; make sure an IAM policy allows it',
    check: 'aws kms get-key-policy --policy-name default --key-id KEY',
  });
  expect(deployerMayGrant(one)).toEqual({
    what: 'the deploying role may call kms:CreateGrant and kms:Encrypt on Key of a.yaml',
    check: expect.stringContaining('--action-names kms:CreateGrant kms:Encrypt --resource-arns KEY'),
  });
});
