import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { contentsOf } from '../cli/run-in-process.js';
import { account, idpFix, region } from './account.js';
import { bucket, type Flow, startFlow } from './flow.js';

const endpoint = inject('standIn') ?? '';

const template = `Parameters:
  LogRetentionDays:
    Type: Number
    Default: 30
    AllowedValues: [30, 90, 365]
  Password:
    Type: String
    NoEcho: true
    Default: unset
Resources:
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
  const logs = new CloudWatchLogsClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const retentionOf = async (name: string) => {
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    return logGroups?.find(({ logGroupName }) => logGroupName === name)?.retentionInDays;
  };
  let flow: Flow;
  beforeAll(async () => {
    flow = await startFlow(endpoint);
    await aws.bucket(bucket);
  });
  afterAll(() => flow.close());

  it('plans, creates, shows, executes, and the resource has really changed', async () => {
    await aws.createStack('flow', template);
    const record = await flow.created('flow', flow.local('flow.yaml', template));
    expect(record.changes.find(({ logicalId }) => logicalId === 'AppLogs')?.remediations).toEqual([
      'log-retention',
    ]);
    expect(await aws.status('flow')).toBe('CREATE_COMPLETE');
    expect(await retentionOf('/app/flow')).toBe(30);

    const named = [record.name, '--stack', 'flow'];
    const shown = await flow.run('show', named);
    expect([shown.exitCode, shown.data.includes('AppLogs')]).toEqual([0, true]);

    const mistyped = await flow.run('execute', named, { typed: 'fow' });
    expect(mistyped.exitCode).toBe(3);
    expect(mistyped.notes).toContain("'fow' is not the name of the stack");

    const done = await flow.run('execute', named, { typed: 'flow' });
    expect(done.exitCode, done.notes).toBe(0);
    expect(await aws.status('flow')).toBe('UPDATE_COMPLETE');
    expect(await retentionOf('/app/flow')).toBe(365);

    const promised = await idpFix(endpoint, [
      'verify',
      '--stack',
      'flow',
      '--folder',
      flow.folder,
      '--format',
      'json',
    ]);
    const { proofs } = JSON.parse(promised.data) as {
      readonly proofs: readonly { readonly check: string }[];
    };
    expect(
      proofs.filter(({ check }) => check.startsWith('promised')),
      promised.data,
    ).toMatchObject([
      { check: 'promised-parameters', status: 'alive' },
      { check: 'promised-template', status: 'alive' },
      { check: 'promised: log-retention', logicalId: 'AppLogs', status: 'alive' },
    ]);

    const [, back = ''] = /to go back: idp-fix change-set create (.*)\n/.exec(done.notes) ?? [];
    expect(back).toContain('--as-is');

    const twice = await flow.execute(record);
    expect([twice.exitCode, twice.notes.includes('has been executed')]).toEqual([3, true]);
    const again = await flow.create('flow', join(flow.folder, 'flow.yaml'));
    expect([again.exitCode, again.notes.includes('nothing to do')]).toEqual([0, true]);

    // The command that was told goes back indeed.
    const undoing = await flow.run('create', [...back.split(' '), '--format', 'json']);
    expect(undoing.exitCode, undoing.notes).toBe(0);
    const { name } = JSON.parse(undoing.data);
    const undone = await flow.run('execute', [
      name,
      '--stack',
      'flow',
      '--confirm',
      'flow',
      '--folder',
      join(flow.folder, '.idp-fix'),
    ]);
    expect(undone.exitCode, undone.notes).toBe(0);
    expect(await retentionOf('/app/flow')).toBe(30);
    expect(await aws.template('flow')).toBe(template);
  });

  it('patches the deployed template when none is named, by parameters alone where those are enough', async () => {
    await aws.createStack('deployed', template);
    const record = await flow.created('deployed');
    expect([record.source, record.values]).toEqual(['parameters', { LogRetentionDays: '365' }]);
    const rejected = await flow.run('reject', [record.name, '--stack', 'deployed']);
    expect(rejected.exitCode, rejected.notes).toBe(0);
    expect(await aws.changeSetStatus('deployed', record.name)).toBeUndefined();
    // Rejected is not executed: the same plan can be asked for again.
    const again = await flow.created('deployed');
    expect(again.name).toBe(record.name);
    const done = await flow.execute(again);
    expect(done.exitCode, done.notes).toBe(0);
    expect(await retentionOf('/app/deployed')).toBe(365);
    expect(await aws.template('deployed')).toBe(template);
  });

  it('leaves a bucket the days that the stack is deployed with, although it shared the parameter', async () => {
    const shared = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration: { Rules: [{ Id: expire, Status: Enabled, ExpirationInDays: !Ref Days }] }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /app/shared, RetentionInDays: !Ref Days }
`;
    await aws.createStack('shared', shared);
    await aws.updateStack('shared', shared, { Days: '90' });
    const record = await flow.created('shared');
    expect(record.values).toEqual({ BucketExpirationInDays: '90', Days: '365' });
    const done = await flow.execute(record);
    expect(done.exitCode, done.notes).toBe(0);
    expect(await retentionOf('/app/shared')).toBe(365);
    expect(await aws.parameters('shared')).toEqual({ BucketExpirationInDays: '90', Days: '365' });
  });

  it('tells what a local template changes by itself from what the patch changes in the same resource', async () => {
    const rule = (pattern: string, more = '') =>
      `Resources:\n  Q: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: ${pattern} } }\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: /app/apart, RetentionInDays: 30${more} }\n`;
    await aws.createStack('apart', rule('30'));
    const record = await flow.created(
      'apart',
      flow.local('apart.yaml', rule('60', ', LogGroupClass: STANDARD')),
    );
    expect(
      record.changes.map(({ logicalId, surprise, properties }) => [
        logicalId,
        surprise !== null,
        properties.map(({ path, remediations }) => [path, remediations]),
      ]),
    ).toEqual([
      [
        'Logs',
        true,
        [
          ['/Properties/LogGroupClass', []],
          ['/Properties/RetentionInDays', ['log-retention']],
        ],
      ],
      ['Q', true, [['/Properties/VisibilityTimeout', []]]],
    ]);
    await flow.run('reject', [record.name, '--stack', 'apart']);
  });

  it('gives a stack tags, and takes them back by the command it names', async () => {
    const compliant =
      'Resources:\n  Logs: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /app/tags, RetentionInDays: 400 } }\n';
    await aws.createStack('tags', compliant);
    flow.local(
      'tags.policy.yaml',
      "remediations:\n  resource-tags: { required: { CostCenter: { value: '4711' } }, stackLevel: [CostCenter] }\n",
    );
    const made = await flow.run('create', [
      ...['--stack', 'tags', '--only', 'resource-tags', '--format', 'json'],
      ...['--policy', join(flow.folder, 'tags.policy.yaml')],
    ]);
    expect(made.exitCode, made.notes).toBe(0);
    const done = await flow.execute(JSON.parse(made.data));
    expect(await aws.tags('tags')).toEqual({ CostCenter: '4711' });
    const [, back = ''] = /to go back: idp-fix change-set create (.*)\n/.exec(done.notes) ?? [];
    const undoing = await flow.run('create', [...back.split(' '), '--format', 'json']);
    expect(undoing.exitCode, undoing.notes).toBe(0);
    const undone = await flow.execute(JSON.parse(undoing.data), '--folder', join(flow.folder, '.idp-fix'));
    expect(undone.exitCode, undone.notes).toBe(0);
    expect(await aws.tags('tags')).toEqual({});
  });

  it('is done when there is nothing to change', async () => {
    const compliant = template.replace('Default: 30', 'Default: 365');
    await aws.createStack('compliant', compliant);
    const made = await flow.create('compliant', flow.local('compliant.yaml', compliant));
    expect(made.exitCode, made.notes).toBe(0);
    expect(made.notes).toContain('nothing to do');
    expect(await aws.changeSetNames('compliant')).toEqual([]);
  });

  it('uploads what is too large to be sent, and takes it away again', async () => {
    const large = `${template}  # ${'x'.repeat(60_000)}\n`;
    await aws.createStack('large', template);
    const path = flow.local('large.yaml', large);
    const without = await flow.create('large', path);
    expect([without.exitCode, without.notes.includes('--bucket')]).toEqual([3, true]);
    const record = await flow.created('large', path, '--bucket', bucket);
    expect(await aws.keys(bucket)).toEqual(record.uploads.map(({ key }) => key));
    await flow.run('reject', [record.name, '--stack', 'large']);
    expect(await aws.keys(bucket)).toEqual([]);

    const again = await flow.created('large', path, '--bucket', bucket);
    const done = await flow.execute(again);
    expect(done.exitCode, done.notes).toBe(0);
    expect(await aws.template('large')).toBe(large.replace('Default: 30', 'Default: 365'));
    // The stack was given the template by its address, and nobody needs it there any more but for reading.
    const kept = await flow.run('reject', [again.name, '--stack', 'large']);
    expect(kept.notes).toContain('its uploads stay');
  });

  it('finds nested stacks by their ids, however deep, and carries their templates along', async () => {
    const inner =
      'Resources:\n  InnerLogs:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: /app/inner, RetentionInDays: 7 }\n';
    const nest = (url: string) =>
      `Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ${url} # by address\n`;
    const middle = nest(await aws.put(bucket, 'seed/inner.yaml', inner));
    const outer = nest(await aws.put(bucket, 'seed/middle.yaml', middle));
    await aws.createStack('nested', outer);
    expect(await retentionOf('/app/inner')).toBe(7);
    const record = await flow.created('nested', '--bucket', bucket);
    expect(record.source).toBe('deployed');
    expect(record.deployed.map(({ stack }) => stack)).toEqual(['', 'Child', 'Child/Child']);
    expect(record.uploads).toHaveLength(2);
    const done = await flow.execute(record);
    expect(done.exitCode, done.notes).toBe(0);
    expect(await retentionOf('/app/inner')).toBe(365);
    expect(await aws.template('nested')).toMatch(/TemplateURL: \S+nested\/Child\.template # by address\n$/);
  });

  it('needs no bucket where parameters alone change, however large the template', async () => {
    const large = `${template.replace('/app/', '/large/')}# ${'x'.repeat(60_000)}\n`;
    await aws.createStack('parameters', { url: await aws.put(bucket, 'seed/large.yaml', large) });
    const record = await flow.created('parameters');
    expect([record.source, record.uploads]).toEqual(['parameters', []]);
    await flow.run('reject', [record.name, '--stack', 'parameters']);
  });

  it('writes templates in JSON as they are written', async () => {
    const child = '{"Resources":{"Logs":{"Type":"AWS::Logs::LogGroup","Properties":{"RetentionInDays":7}}}}';
    const url = await aws.put(bucket, 'seed/child.json', child);
    const parent = `{\n  "Resources": {\n    "Child": {\n      "Type": "AWS::CloudFormation::Stack",\n      "Properties": {"TemplateURL": "${url}"}\n    }\n  }\n}\n`;
    await aws.createStack('json', parent);
    const record = await flow.created('json', '--bucket', bucket);
    const done = await flow.execute(record);
    expect(done.exitCode, done.notes).toBe(0);
    const deployed = await aws.template('json');
    expect(deployed.replace(/"http[^"]+"/, '""')).toBe(parent.replace(`"${url}"`, '""'));
    expect(deployed).toContain(`/json/${record.name}/${record.creation}/json/Child.template"`);
    expect(await aws.template(await aws.physicalId('json', 'Child'))).toBe(child.replace('7', '365'));
  });

  describe('what is stale is refused', () => {
    const stale = async (stack: string, deployed: string, move: (path: string) => Promise<unknown>) => {
      await aws.createStack(stack, deployed);
      const path = flow.local(`${stack}.yaml`, deployed);
      const record = await flow.created(stack, path);
      await move(path);
      const before = await aws.status(stack).catch(() => 'gone');
      const refused = await flow.execute(record);
      expect(refused.exitCode).toBe(3);
      expect(await aws.status(stack).catch(() => 'gone')).toBe(before);
      return refused.notes;
    };

    it('the local template', async () => {
      const notes = await stale('stale-local', template, async () =>
        flow.local('stale-local.yaml', `${template}# later\n`),
      );
      expect(notes).toContain('the local template stale-local.yaml has changed');
    });
    it('the deployed template', async () => {
      const later = template.replace('AWS::SQS::Queue', 'AWS::SQS::Queue\n    Metadata: { a: b }');
      const notes = await stale('stale-template', template, () => aws.updateStack('stale-template', later));
      expect(notes).toContain('the stack was updated');
      expect(notes).toContain('the deployed template of the stack has changed');
    });
    it('a parameter of the stack', async () => {
      const notes = await stale('stale-parameter', template, () =>
        aws.updateStack('stale-parameter', template, { LogRetentionDays: '90' }),
      );
      expect(notes).toContain('the parameter LogRetentionDays has another value');
    });
    it('the stack itself', async () => {
      const notes = await stale('stale-stack', template, async () => {
        await aws.deleteStack('stale-stack');
        await aws.createStack('stale-stack', template);
      });
      expect(notes).toContain('the stack stale-stack is another one than was reviewed');
    });
    it('a nested stack', async () => {
      const child = (days: number) =>
        `Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: { RetentionInDays: ${days} }\n`;
      const url = await aws.put(bucket, 'seed/child.yaml', child(7));
      await aws.createStack(
        'stale-nested',
        `Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: '${url}' }\n`,
      );
      const record = await flow.created('stale-nested', '--bucket', bucket);
      await aws.updateStack(await aws.physicalId('stale-nested', 'Child'), child(14));
      const refused = await flow.execute(record);
      expect([
        refused.exitCode,
        refused.notes.includes('the deployed template of Child has changed'),
      ]).toEqual([3, true]);
    });
    it('the region', async () => {
      await aws.createStack('stale-region', template);
      const record = await flow.created('stale-region');
      const refused = await flow.execute(record, '--region', 'eu-west-1');
      expect([refused.exitCode, refused.notes.includes('and this is eu-west-1')]).toEqual([3, true]);
    });
    it('a change set that somebody has deleted', async () => {
      await aws.createStack('stale-gone', template);
      const record = await flow.created('stale-gone');
      await aws.deleteChangeSet(record.arn ?? '');
      const refused = await flow.execute(record);
      expect([refused.exitCode, refused.notes.includes('is no longer there')]).toEqual([3, true]);
    });
  });

  it('blocks the loss of what is stateful, until it is named', async () => {
    const named = template.replace(
      'Type: AWS::SQS::Queue',
      'Type: AWS::SQS::Queue\n    Properties: { QueueName: one }',
    );
    await aws.createStack('stateful', named);
    const made = await flow.create(
      'stateful',
      flow.local('stateful.yaml', named.replace('QueueName: one', 'QueueName: two')),
    );
    expect(made.exitCode).toBe(3);
    const record = JSON.parse(made.data);
    const refused = await flow.execute(record);
    expect([refused.exitCode, refused.notes.includes('--allow-replacement Queue')]).toEqual([3, true]);
    const agreed = await flow.execute(record, '--allow-replacement', 'Queue');
    expect(agreed.exitCode, agreed.notes).toBe(0);
  });

  it('takes over a log group that exists, when that is asked for', async () => {
    await aws.createStack('adopting', template);
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/app/adopting/more' }));
    const added = `${template}  More:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName: !Sub '/app/\${AWS::StackName}/more'\n      RetentionInDays: 365\n`;
    const path = flow.local('adopting.yaml', added);
    const refused = await flow.create('adopting', path);
    expect([refused.exitCode, refused.notes.includes('--adopt-log-groups')]).toEqual([3, true]);
    const record = await flow.created('adopting', path, '--adopt-log-groups');
    expect(record.changes.find(({ logicalId }) => logicalId === 'More')).toMatchObject({
      action: 'Import',
      because: ['it exists already, and the stack takes it over'],
    });
    const done = await flow.execute(record);
    expect(done.exitCode, done.notes).toBe(0);
    expect(await aws.physicalId('adopting', 'More')).toBe('/app/adopting/more');
  });

  it('keeps secrets to itself', async () => {
    await aws.createStack('secret', template);
    const path = flow.local('secret.yaml', template);
    const made = await flow.create('secret', path, '--parameters', 'Password=hunter2');
    expect(made.exitCode, made.notes).toBe(0);
    const shown = await flow.run('show', [JSON.parse(made.data).name, '--stack', 'secret']);
    const records = Object.values(contentsOf(join(flow.folder, '.idp-fix')));
    expect(records.length).toBeGreaterThan(10);
    for (const text of [...records, made.data, made.notes, shown.data, shown.notes])
      expect(text).not.toContain('hunter2');
  });
});
