import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { account, idpFix, region } from './account.js';

const endpoint = inject('standIn') ?? '';

const template = `Parameters:
  LogRetentionDays:
    Type: Number
    Default: 30
    AllowedValues: [30, 90, 365]
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: { AWS: !Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root' }
            Action: kms:*
            Resource: '*'
  AppLogs:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub '/app/\${AWS::StackName}'
      RetentionInDays: !Ref LogRetentionDays
  Queue:
    Type: AWS::SQS::Queue
`;

describe.skipIf(endpoint === '')('change sets against a stand-in', () => {
  const aws = account(endpoint);
  let folder = '';
  const inFolder = (words: readonly string[], typed?: string) =>
    idpFix(endpoint, words, typed === undefined ? {} : { typed });
  /** Beside a template of its own, so that records have a place. */
  const local = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const create = (stack: string, ...words: string[]) =>
    inFolder([
      'change-set',
      'create',
      ...words,
      '--stack',
      stack,
      '--only',
      'log-retention',
      '--format',
      'json',
    ]);
  const recordOf = (data: string) =>
    JSON.parse(data) as {
      name: string;
      arn: string;
      changes: { logicalId: string; remediations: string[]; surprise: string | null }[];
      uploads: { key: string }[];
      source: string;
      values: Record<string, string>;
    };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-live-'));
    // Without a template, records lie in the folder one works in.
    process.chdir(folder);
    await aws.bucket('templates-for-tests');
  });
  afterAll(() => {
    process.chdir(tmpdir());
    rmSync(folder, { recursive: true, force: true });
  });

  it('plans, creates, shows, executes, and the resource has really changed', async () => {
    await aws.createStack('flow', template);
    const path = local('flow.yaml', template);
    const made = await create('flow', path);
    expect(made.notes).toContain('account ');
    expect(made.exitCode, made.notes).toBe(0);
    const record = recordOf(made.data);
    expect(record.changes.map(({ logicalId }) => logicalId)).toContain('AppLogs');
    expect(record.changes.find(({ logicalId }) => logicalId === 'AppLogs')?.remediations).toEqual([
      'log-retention',
    ]);
    expect(await aws.status('flow')).toBe('CREATE_COMPLETE');

    const shown = await inFolder(['change-set', 'show', record.name, '--stack', 'flow', '--folder', folder]);
    expect(shown.data).toContain('AppLogs');
    expect(shown.exitCode).toBe(0);

    const refused = await inFolder(
      ['change-set', 'execute', record.name, '--stack', 'flow', '--folder', folder],
      'fow',
    );
    expect(refused.exitCode).toBe(3);
    expect(refused.notes).toContain("'fow' is not the name of the stack");

    const done = await inFolder([
      'change-set',
      'execute',
      record.name,
      '--stack',
      'flow',
      '--folder',
      folder,
      '--confirm',
      'flow',
    ]);
    expect(done.exitCode, done.notes).toBe(0);
    expect(await aws.status('flow')).toBe('UPDATE_COMPLETE');
    const logs = new CloudWatchLogsClient({
      endpoint,
      region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/app/flow' }));
    expect(logGroups?.[0]?.retentionInDays).toBe(365);

    const twice = await inFolder([
      'change-set',
      'execute',
      record.name,
      '--stack',
      'flow',
      '--folder',
      folder,
      '--confirm',
      'flow',
    ]);
    expect(twice.exitCode).toBe(3);
    expect(twice.notes).toContain('has been executed');
  });

  it('patches the deployed template when none is named, by parameters alone where those are enough', async () => {
    await aws.createStack('deployed', template);
    const made = await create('deployed');
    expect(made.exitCode, made.notes).toBe(0);
    const record = recordOf(made.data);
    expect(record.source).toBe('parameters');
    expect(record.values).toEqual({ LogRetentionDays: '365' });
    const rejected = await inFolder(['change-set', 'reject', record.name, '--stack', 'deployed']);
    expect(rejected.exitCode, rejected.notes).toBe(0);
    expect(await aws.changeSetStatus('deployed', record.name)).toBeUndefined();
  });

  it('is done when there is nothing to change', async () => {
    const compliant = template.replace('Default: 30', 'Default: 365');
    await aws.createStack('compliant', compliant);
    const made = await create('compliant', local('compliant.yaml', compliant));
    expect(made.exitCode, made.notes).toBe(0);
    expect(made.notes).toContain('nothing to do');
  });

  it('uploads what is too large to be sent, and takes it away again', async () => {
    const large = `${template}  # ${'x'.repeat(60_000)}\n`;
    await aws.createStack('large', template);
    const path = local('large.yaml', large);
    const without = await create('large', path);
    expect(without.exitCode).toBe(3);
    expect(without.notes).toContain('--bucket');
    const made = await create('large', path, '--bucket', 'templates-for-tests');
    expect(made.exitCode, made.notes).toBe(0);
    const record = recordOf(made.data);
    expect(await aws.keys('templates-for-tests')).toEqual(record.uploads.map(({ key }) => key));
    await inFolder(['change-set', 'reject', record.name, '--stack', 'large', '--folder', folder]);
    expect(await aws.keys('templates-for-tests')).toEqual([]);
  });

  it('carries nested templates along', async () => {
    const child =
      'Parameters:\n  Days: { Type: Number }\nResources:\n  ChildLogs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 7\n';
    const url = await aws.put('templates-for-tests', 'seed/child.yaml', child);
    const parent = `Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ${url}\n      Parameters: { Days: 7 }\n`;
    await aws.createStack('nested', parent);
    const made = await create('nested', '--bucket', 'templates-for-tests');
    expect(made.exitCode, made.notes).toBe(0);
    const record = recordOf(made.data);
    expect(record.source).toBe('deployed');
    expect(record.uploads).toHaveLength(1);
    const done = await inFolder([
      'change-set',
      'execute',
      record.name,
      '--stack',
      'nested',
      '--confirm',
      'nested',
    ]);
    expect(done.exitCode, done.notes).toBe(0);
    expect(await aws.template('nested')).toContain(record.uploads[0]?.key);
  });

  it('refuses what is stale, whatever has moved', async () => {
    const path = local('stale.yaml', template);
    await aws.createStack('stale', template);
    const record = recordOf((await create('stale', path)).data);
    const execute = () =>
      inFolder([
        'change-set',
        'execute',
        record.name,
        '--stack',
        'stale',
        '--folder',
        folder,
        '--confirm',
        'stale',
      ]);
    writeFileSync(path, `${template}# later\n`);
    const local_ = await execute();
    expect(local_.exitCode).toBe(3);
    expect(local_.notes).toContain('the local template stale.yaml has changed');
    writeFileSync(path, template);
    await aws.updateStack(
      'stale',
      template.replace('AWS::SQS::Queue', 'AWS::SQS::Queue\n    Metadata: { a: b }'),
    );
    const deployed = await execute();
    expect(deployed.exitCode).toBe(3);
    expect(deployed.notes).toContain('the stack was updated');
    expect(deployed.notes).toContain('the deployed template of the stack has changed');
    expect(await aws.changeSetStatus('stale', record.name)).not.toBe('EXECUTE_COMPLETE');
  });

  it('blocks the loss of what is stateful', async () => {
    const named = `${template.replace('Type: AWS::SQS::Queue', 'Type: AWS::SQS::Queue\n    Properties: { QueueName: one }')}`;
    await aws.createStack('stateful', named);
    const path = local('stateful.yaml', named.replace('QueueName: one', 'QueueName: two'));
    const made = await create('stateful', path);
    expect(made.exitCode).toBe(3);
    const record = recordOf(made.data);
    const refused = await inFolder([
      'change-set',
      'execute',
      record.name,
      '--stack',
      'stateful',
      '--folder',
      folder,
      '--confirm',
      'stateful',
    ]);
    expect(refused.exitCode).toBe(3);
    expect(refused.notes).toContain('--allow-replacement Queue');
  });

  it('keeps its records free of secrets', () => {
    const records = readdirSync(join(folder, '.idp-fix')).map((name) =>
      readFileSync(join(folder, '.idp-fix', name), 'utf8'),
    );
    expect(records.length).toBeGreaterThan(0);
    for (const text of records) expect(text).not.toContain('secretAccessKey');
  });
});
