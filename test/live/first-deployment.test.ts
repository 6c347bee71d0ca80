import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { account, region } from './account.js';
import { bucket, type Flow, startFlow } from './flow.js';

const endpoint = inject('standIn') ?? '';

const template = `Parameters:
  Stage:
    Type: String
  Secret:
    Type: String
    NoEcho: true
Resources:
  AppLogs:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub '/\${Stage}/\${AWS::StackName}'
      RetentionInDays: 30
  Queue:
    Type: AWS::SQS::Queue
`;

describe.skipIf(endpoint === '')('the first deployment of a stack', () => {
  const aws = account(endpoint);
  const logs = new CloudWatchLogsClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const retentionOf = async (name: string) => {
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    return logGroups?.find(({ logGroupName }) => logGroupName === name)?.retentionInDays;
  };
  const gone = (stack: string) => aws.status(stack).catch(() => 'gone');
  let flow: Flow;
  let path = '';
  beforeAll(async () => {
    flow = await startFlow(endpoint);
    await aws.bucket(bucket);
    path = flow.local('first.yaml', template);
  });
  afterAll(() => flow.close());
  const values = ['--parameters', 'Stage=prod', '--parameters', 'Secret=hush-hush'];

  it('is reviewed, executed, and made as the policy wants it', async () => {
    const record = await flow.created('first', path, ...values);
    expect(await aws.status('first')).toBe('REVIEW_IN_PROGRESS');
    expect(record.stack.isNew).toBe(true);
    expect(record.changes.map(({ action, logicalId, surprise }) => [action, logicalId, surprise])).toEqual([
      ['Add', 'AppLogs', null],
      ['Add', 'Queue', null],
    ]);
    expect(record.changes[0]?.remediations).toEqual(['log-retention']);
    const kept = readFileSync(join(flow.folder, '.idp-fix', `${record.name}.json`), 'utf8');
    expect(kept).not.toContain('hush-hush');

    const shown = await flow.run('show', [record.name, '--stack', 'first']);
    expect([shown.exitCode, shown.notes.includes('stack: REVIEW_IN_PROGRESS')]).toEqual([0, true]);
    const done = await flow.execute(record);
    expect(done.exitCode, done.notes).toBe(0);
    expect(done.notes).toContain('aws cloudformation delete-stack --stack-name first');
    expect([await aws.status('first'), await retentionOf('/prod/first')]).toEqual(['CREATE_COMPLETE', 365]);
    const again = await flow.create('first', path);
    expect([again.exitCode, again.notes.includes('nothing to do')]).toEqual([0, true]);
  });

  it('leaves nothing behind when it is rejected', async () => {
    const record = await flow.created('rejected', path, ...values);
    const ran = await flow.run('reject', [record.name, '--stack', 'rejected']);
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.notes).toContain('deleted the stack rejected, which was never deployed');
    expect(await gone('rejected')).toBe('gone');
  });

  it('keeps a shell in which another change set waits', async () => {
    const one = await flow.created('shared', path, ...values);
    const two = await flow.created('shared', path, ...values, '--name', 'two');
    const first = await flow.run('reject', [one.name, '--stack', 'shared']);
    expect(first.notes).toContain(
      'left the stack shared, which was never deployed: it has the change set two',
    );
    expect(await aws.status('shared')).toBe('REVIEW_IN_PROGRESS');
    const second = await flow.run('reject', [two.name, '--stack', 'shared']);
    expect(second.notes).toContain('deleted the stack shared');
    expect(await gone('shared')).toBe('gone');
  });

  it('asks for the parameters that have no value, but for no secret', async () => {
    const without = await flow.create('asking', path, '--parameters', 'Secret=x');
    expect([without.exitCode, without.notes.includes('without a default: Stage')]).toEqual([2, true]);
    const words = [path, '--stack', 'asking', '--only', 'log-retention', '--format', 'json'];
    const secret = await flow.run('create', words, { typed: 'dev' });
    expect([secret.exitCode, secret.notes.includes('without a default: Secret')]).toEqual([2, true]);
    expect(await gone('asking')).toBe('gone');
    const made = await flow.run('create', [...words, '--parameters', 'Secret=x'], { typed: 'dev' });
    expect(made.exitCode, made.notes).toBe(0);
    expect(JSON.parse(made.data).values).toEqual({ Stage: 'dev' });
    await flow.run('reject', [JSON.parse(made.data).name, '--stack', 'asking']);
  });

  it('needs a template, and the capabilities that it takes', async () => {
    const none = await flow.create('nothing-there');
    expect([none.exitCode, none.notes.includes('or, for its first deployment, its template')]).toEqual([
      3,
      true,
    ]);
    const role = flow.local(
      'role.yaml',
      `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: named
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: 'sts:AssumeRole' }]
`,
    );
    const refused = await flow.create('roles', role);
    expect([refused.exitCode, refused.notes.includes('acknowledge them with --capabilities')]).toEqual([
      4,
      true,
    ]);
    expect(await gone('roles')).toBe('gone');
    const record = await flow.created('roles', role, '--capabilities', 'CAPABILITY_NAMED_IAM');
    expect(record.changes.map(({ logicalId }) => logicalId)).toEqual(['Role']);
    await flow.run('reject', [record.name, '--stack', 'roles']);
  });

  it('takes over a log group that exists already', async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/prod/adopts' }));
    const clash = await flow.create('adopts', path, ...values);
    expect([clash.exitCode, clash.notes.includes('--adopt-log-groups')]).toEqual([3, true]);
    expect(await gone('adopts')).toBe('gone');
    const made = await flow.create('adopts', path, ...values, '--adopt-log-groups');
    expect(made.exitCode, made.notes).toBe(0);
    expect(made.notes).toContain('takes it over as it is, by import in the same change set');
    await flow.run('reject', [JSON.parse(made.data).name, '--stack', 'adopts']);
  });

  it('brings nested templates along, and removes them with the shell', async () => {
    flow.local(
      'inner.yaml',
      'Resources:\n  Inner:\n    Type: AWS::Logs::LogGroup\n    Properties: { RetentionInDays: 1 }\n',
    );
    const outer = flow.local(
      'outer.yaml',
      'Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: inner.yaml }\n',
    );
    const record = await flow.created('nests', outer, '--bucket', bucket);
    expect(record.uploads).toHaveLength(1);
    const ran = await flow.run('reject', [record.name, '--stack', 'nests']);
    expect(ran.notes).toContain('deleted s3://');
    expect([await aws.keys(bucket), await gone('nests')]).toEqual([[], 'gone']);
  });
});
