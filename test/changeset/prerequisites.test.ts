import { describe, expect, it } from 'vitest';
import type { AccountFacts, Aws, Key } from '../../src/aws-ports.js';
import type { Deployment } from '../../src/changeset/deployed.js';
import type { Prospect } from '../../src/changeset/key-prerequisites.js';
import { logGroupChecks } from '../../src/changeset/log-group-checks.js';
import { physicalNames } from '../../src/changeset/physical.js';
import { bucketCheck, checkAll, readyStack, refuseFailed } from '../../src/changeset/prerequisites.js';
import { IdpFixError } from '../../src/errors.js';
import { treeOf } from '../template/trees.js';

const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/one';
const key: Key = {
  arn: keyArn,
  state: 'Enabled',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  isAwsManaged: false,
};
const admitting = JSON.stringify({
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
      Action: ['kms:GenerateDataKey*', 'kms:Decrypt'],
      Resource: '*',
    },
  ],
});

const refusing = async (): Promise<never> => {
  throw new IdpFixError('aws-denied', 'the caller may not ask');
};

function prospect(
  template: string,
  facts: Partial<AccountFacts>,
  more: { before?: string; resources?: Record<string, string>; adopts?: boolean } = {},
): Prospect {
  const tree = treeOf({ 'template.yaml': template });
  const before = treeOf({
    'template.yaml': more.before ?? 'Resources: { None: { Type: AWS::CloudFormation::WaitConditionHandle } }',
  });
  const resources = Object.entries(more.resources ?? {}).map(([logicalId, physicalId]) => ({
    logicalId,
    physicalId,
    type: '',
    status: 'CREATE_COMPLETE',
  }));
  const stackId = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/app/x';
  const stack = {
    id: stackId,
    name: 'app',
    status: 'CREATE_COMPLETE',
    statusReason: undefined,
    updatedAt: '',
    parameters: [],
    capabilities: [],
    tags: [],
    notificationArns: [],
    rollback: { triggers: [] },
  };
  const deployment: Deployment = {
    isNew: false,
    stack,
    tree: before,
    nested: new Map([['template.yaml', { stackId, way: [], template: before.root.template, resources }]]),
  };
  const account: AccountFacts = {
    caller: refusing,
    key: refusing,
    keyPolicy: refusing,
    concurrency: refusing,
    logGroupExists: refusing,
    subnetZones: refusing,
    keys: refusing,
    signingProfileStatus: refusing,
    alarmCount: refusing,
    ...facts,
  };
  const aws = { region: 'eu-west-1', account } as Aws;
  const touched = new Map(
    [...tree.root.template.resources.keys()].map(
      (id) => [id, [{ op: 'replace' as const, path: [], remediation: 'some' }]] as const,
    ),
  );
  return {
    aws,
    account: '111122223333',
    deployment,
    tree,
    asked: new Map([['template.yaml', { resources: touched, parameters: new Map(), functions: [] }]]),
    physical: physicalNames(deployment, { account: '111122223333', region: 'eu-west-1' }),
    adoptsLogGroups: more.adopts ?? false,
  };
}

const allOf = async (of: Prospect) => [...(await checkAll(of)), ...(await logGroupChecks(of)).checks];
const summary = async (of: Prospect) =>
  (await allOf(of)).map(({ status, because }) => `${status}: ${because}`);

const logs = `Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: { KmsKeyId: '${keyArn}' }\n`;

describe('keys', () => {
  const check = (found: Partial<Key> | undefined, policy = admitting) =>
    summary(
      prospect(logs, {
        key: async () => (found === undefined ? undefined : { ...key, ...found }),
        keyPolicy: async () => policy,
      }),
    );

  it.each<[string, Partial<Key> | undefined, string]>([
    ['is missing', undefined, 'failed: there is no such key in this account and region'],
    ['is disabled', { state: 'Disabled' }, 'failed: it is Disabled'],
    ['is to be deleted', { state: 'PendingDeletion' }, 'failed: it is PendingDeletion'],
    [
      'signs',
      { usage: 'SIGN_VERIFY', spec: 'RSA_2048' },
      'failed: it is a key for SIGN_VERIFY, RSA_2048; services take symmetric keys for encryption only',
    ],
    [
      'is asymmetric',
      { spec: 'RSA_4096' },
      'failed: it is a key for ENCRYPT_DECRYPT, RSA_4096; services take symmetric keys for encryption only',
    ],
    ['belongs to AWS', { isAwsManaged: true }, 'failed: it is a key of AWS, not of this account'],
    [
      'lies elsewhere',
      { arn: keyArn.replace('eu-west-1', 'us-east-1') },
      'failed: it is in us-east-1, the stack in eu-west-1',
    ],
  ])('refuse a key that %s', async (_, found, expected) => {
    expect(await check(found)).toEqual([expected]);
  });

  it('ask the policy who may use it', async () => {
    expect(await check({})).toEqual([
      'passed: it is there, enabled and symmetric',
      'passed: its policy lets the service use it',
    ]);
    const closed = JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    });
    expect(await check({}, closed)).toContain('failed: its policy does not let the service use it');
  });

  it('leave a key open that nobody may ask about', async () => {
    expect(await summary(prospect(logs, {}))).toEqual(['unchecked: the caller may not ask']);
  });

  it('leave the policy of a key of the templates to the plan, and look whether the key works', async () => {
    const own = `Resources:\n  Key: { Type: AWS::KMS::Key, Properties: {} }\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: { KmsKeyId: !GetAtt Key.Arn }\n`;
    expect(await summary(prospect(own, {}))).toEqual([]);
    const deployed = { resources: { Key: 'one' } };
    expect(await summary(prospect(own, { key: async () => key }, deployed))).toEqual([
      'passed: it is there, enabled and symmetric',
    ]);
    const disabled = { ...key, state: 'Disabled' };
    expect(await summary(prospect(own, { key: async () => disabled }, deployed))).toEqual([
      'failed: it is Disabled',
    ]);
  });

  const byRoot = JSON.stringify({
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
  it.each<[string, string, string, string]>([
    ['by the root of the account', '!GetAtt Role.Arn', byRoot, 'passed: its policy lets the role use it'],
    [
      'by an ARN',
      'arn:aws:iam::111122223333:role/fn',
      byRoot.replace(':root', ':role/fn'),
      'passed: its policy lets',
    ],
    ['not at all', '!GetAtt Role.Arn', admitting, 'failed: its policy neither names the role'],
  ])('ask whether the role of a function is let in: %s', async (_, role, policy, expected) => {
    const fn = `Resources:\n  Role: { Type: AWS::IAM::Role, Properties: {} }\n  Fn:\n    Type: AWS::Lambda::Function\n    Properties: { KmsKeyArn: '${keyArn}', Role: ${role} }\n`;
    const facts = { key: async () => key, keyPolicy: async () => policy };
    expect(await summary(prospect(fn, facts, { resources: { Role: 'app-Role-1' } }))).toEqual([
      'passed: it is there, enabled and symmetric',
      expect.stringContaining(expected),
    ]);
  });

  it.each<[string, string, string | undefined]>([
    [
      'alarms',
      'Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmActions: [!Ref Topic] } }',
      'cloudwatch.amazonaws.com',
    ],
    [
      'a budget',
      'Budget: { Type: AWS::Budgets::Budget, Properties: { NotificationsWithSubscribers: [{ Subscribers: [{ Address: !Ref Topic }] }] } }',
      'budgets.amazonaws.com',
    ],
    ['nobody', 'Other: { Type: AWS::SQS::Queue }', undefined],
  ])('ask for the services that send to a topic: %s', async (_, more, service) => {
    const topic = `Resources:\n  Topic: { Type: AWS::SNS::Topic, Properties: { KmsMasterKeyId: '${keyArn}' } }\n  ${more}\n`;
    const found = await allOf(
      prospect(topic, { key: async () => key, keyPolicy: async () => admitting, alarmCount: async () => 0 }),
    );
    expect(found.map(({ what }) => what).filter((what) => what.includes('amazonaws'))).toEqual(
      service === undefined ? [] : [`key ${keyArn}: ${service}`],
    );
  });
});

describe('concurrency', () => {
  const functions = (reserved: number) =>
    `Resources:\n  Fn:\n    Type: AWS::Lambda::Function\n    Properties: { ReservedConcurrentExecutions: ${reserved} }\n`;
  it.each([
    [50, 'passed: 50 here and 0 elsewhere of 1000 leave 950'],
    [901, 'failed: 901 here and 0 elsewhere of 1000 leave 99, and Lambda keeps 100 back'],
  ])('weighs %i against the limit', async (reserved, expected) => {
    expect(
      await summary(
        prospect(functions(reserved), { concurrency: async () => ({ limit: 1000, unreserved: 1000 }) }),
      ),
    ).toEqual([expected]);
  });
  it('counts what others have, and not what this stack has already', async () => {
    const facts = { concurrency: async () => ({ limit: 1000, unreserved: 600 }) };
    expect(await summary(prospect(functions(150), facts, { before: functions(100) }))).toEqual([
      'passed: 150 here and 300 elsewhere of 1000 leave 550',
    ]);
  });
});

describe('log groups', () => {
  const group =
    "Resources:\n  Fn: { Type: AWS::Lambda::Function, Properties: {} }\n  FnLogs:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: !Sub '/aws/lambda/${Fn}' }\n";
  const deployed = { Fn: 'app-Fn-1' };
  it('refuses a name that is taken, and says the ways out', async () => {
    const asked: string[] = [];
    const of = prospect(
      group,
      { logGroupExists: async (name) => asked.push(name) > 0 },
      { resources: deployed },
    );
    const [check] = await allOf(of);
    expect(asked).toEqual(['/aws/lambda/app-Fn-1']);
    expect(check).toMatchObject({ status: 'failed', hint: expect.stringContaining('--adopt-log-groups') });
  });
  it('takes it over with consent, under the name it has', async () => {
    const facts = { logGroupExists: async () => true };
    const { checks, adoptions } = await logGroupChecks(
      prospect(group, facts, { resources: deployed, adopts: true }),
    );
    expect(checks).toMatchObject([{ status: 'passed', because: expect.stringContaining('takes it over') }]);
    expect(adoptions).toEqual([{ path: 'template.yaml', logicalId: 'FnLogs', name: '/aws/lambda/app-Fn-1' }]);
  });
  const renamed =
    'Resources:\n  Fn: { Type: AWS::Lambda::Function, Properties: { LoggingConfig: { LogGroup: !Ref FnLogs } } }\n  FnLogs: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: 30 } }\n';
  it('says what becomes of the group that a function has made for itself', async () => {
    const left = await logGroupChecks(
      prospect(renamed, { logGroupExists: async () => true }, { resources: deployed }),
    );
    expect(left).toMatchObject({
      checks: [
        {
          status: 'passed',
          because: expect.stringContaining(
            '/aws/lambda/app-Fn-1 exists already and stays with what it holds; new logs go to a group of another name',
          ),
        },
      ],
      adoptions: [],
    });
    const taken = await logGroupChecks(
      prospect(renamed, { logGroupExists: async () => true }, { resources: deployed, adopts: true }),
    );
    expect(taken.adoptions).toEqual([
      { path: 'template.yaml', logicalId: 'FnLogs', name: '/aws/lambda/app-Fn-1' },
    ]);
    expect(
      await summary(prospect(renamed, { logGroupExists: async () => false }, { resources: deployed })),
    ).toEqual([]);
  });
  it('leaves a name open that only the deployment makes', async () => {
    expect(await summary(prospect(group, {}))).toEqual([
      'unchecked: its name is not known before the deployment',
    ]);
  });
});

describe('subnets, signing profiles, alarms', () => {
  const fn =
    'Resources:\n  Fn:\n    Type: AWS::Lambda::Function\n    Properties: { VpcConfig: { SubnetIds: [subnet-a, subnet-b] } }\n';
  it.each<[string, [string, string][], string]>([
    [
      'two zones',
      [
        ['subnet-a', 'a'],
        ['subnet-b', 'b'],
      ],
      'passed: they are in a, b',
    ],
    [
      'one zone',
      [
        ['subnet-a', 'a'],
        ['subnet-b', 'a'],
      ],
      'failed: they are in one zone, a',
    ],
    ['a missing one', [['subnet-a', 'a']], 'failed: there is no subnet-b in this account and region'],
  ])('weigh subnets in %s', async (_, zones, expected) => {
    expect(await summary(prospect(fn, { subnetZones: async () => new Map(zones) }))).toEqual([expected]);
  });

  const signing =
    'Resources:\n  Signing:\n    Type: AWS::Lambda::CodeSigningConfig\n    Properties: { AllowedPublishers: { SigningProfileVersionArns: [arn:aws:signer:eu-west-1:1:/signing-profiles/release/abc] } }\n';
  it.each<[string | undefined, string]>([
    ['Active', 'passed: it is active'],
    ['Revoked', 'failed: it is Revoked'],
    [undefined, 'failed: there is no such profile'],
  ])('weigh a signing profile that is %s', async (status, expected) => {
    expect(await summary(prospect(signing, { signingProfileStatus: async () => status }))).toEqual([
      expected,
    ]);
  });

  const alarm = 'Resources:\n  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: {} }\n';
  it('count alarms against the quota', async () => {
    expect(await summary(prospect(alarm, { alarmCount: async () => 12 }))).toEqual([
      'passed: 12 there and 1 new of 5000',
    ]);
    expect(await summary(prospect(alarm, { alarmCount: async () => 5000 }))).toEqual([
      expect.stringContaining('unchecked: 5000 there and 1 new of 5000'),
    ]);
  });
});

describe('bucket', () => {
  const aws = (region: string | undefined) =>
    ({ region: 'eu-west-1', storage: { bucketRegion: async () => region } }) as unknown as Aws;
  it.each<[string | undefined, string | undefined, string]>([
    [undefined, 'eu-west-1', 'failed'],
    ['mine', undefined, 'failed'],
    ['mine', 'us-east-1', 'failed'],
    ['mine', 'eu-west-1', 'passed'],
  ])('%s in %s: %s', async (bucket, region, status) => {
    expect(await bucketCheck(bucket, aws(region), '1', 'why')).toMatchObject([{ status }]);
  });
});

describe('refusals', () => {
  it('takes what could not be checked only without --strict', () => {
    const open = [{ what: 'key', status: 'unchecked', because: 'denied' }] as const;
    expect(() => refuseFailed(open, false)).not.toThrow();
    expect(() => refuseFailed(open, true)).toThrow('nothing was created: key: denied');
  });
  it('knows no stack that is not there', () => {
    expect(() => readyStack(undefined, 'app', 'eu-west-1')).toThrow('there is no stack app in eu-west-1');
  });
});
