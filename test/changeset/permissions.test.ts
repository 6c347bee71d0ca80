import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { type Ran, runInProcess } from '../cli/run-in-process.js';
import {
  change,
  changeSetId,
  describeChangeSet,
  detail,
  parameter,
  type ScriptedStack,
  scriptedAccount,
  stackId,
} from './scripted-account.js';
import { type Call, failure, json, type Reply, type Script, type Wire, wire, xml } from './wire.js';

const childId = stackId.replace('stack/app/aaaa', 'stack/app-Child-1X2Y/cccc');
const nestedId = changeSetId('app-Child-nested');

const parent = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties: { InlineCode: x, Runtime: python3.12, Handler: index.handler, ReservedConcurrentExecutions: 5 }
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: {} }
  Logs: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: !Ref Days, KmsKeyId: arn:aws:kms:eu-west-1:111122223333:key/one } }
  Named: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /app/named, RetentionInDays: 30 } }
  Child: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: child.yaml } }
`;
const child = `Resources:
  Inner: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: 30 } }
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-permissions-'));
  writeFileSync(join(folder, 'app.yaml'), parent);
  writeFileSync(join(folder, 'child.yaml'), child);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Deployed before anything was reserved. */
const deployed = parent.replace(', ReservedConcurrentExecutions: 5', '');

const resource = (logicalId: string, type: string, physicalId: string) =>
  `<member><LogicalResourceId>${logicalId}</LogicalResourceId><PhysicalResourceId>${physicalId}</PhysicalResourceId><ResourceType>${type}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>`;

/** An account in which `app` nests a stack. */
function nestingAccount(stack: ScriptedStack = {}): Script {
  const base = scriptedAccount(
    { template: deployed, parameters: parameter('Days', '30'), ...stack },
    (call) => {
      const of = call.fields.get('StackName') ?? call.fields.get('ChangeSetName') ?? '';
      const isChild = of === childId || of === nestedId;
      switch (call.name) {
        case 'cloudformation:GetTemplate':
          return isChild ? xml('GetTemplate', `<TemplateBody>${child}</TemplateBody>`) : undefined;
        case 'cloudformation:ListStackResources':
          return xml(
            'ListStackResources',
            `<StackResourceSummaries>${
              isChild
                ? resource('Inner', 'AWS::Logs::LogGroup', 'inner')
                : resource('Child', 'AWS::CloudFormation::Stack', childId) +
                  resource('Logs', 'AWS::Logs::LogGroup', 'logs')
            }</StackResourceSummaries>`,
          );
        case 'cloudformation:DescribeChangeSet':
          return of === nestedId
            ? describeChangeSet({
                name: 'app-Child-nested',
                description: '',
                changes: change({ logicalId: 'Inner' }),
              })
            : undefined;
        case 'lambda:GetAccountSettings':
          return json({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 } });
        case 'logs:DescribeLogGroups':
          return json({ logGroups: [] });
        case 'monitoring:DescribeAlarms':
          return { body: '', type: 'application/cbor' };
        default:
          return undefined;
      }
    },
  );
  const changes =
    change({ logicalId: 'Logs', details: detail('RetentionInDays') }) +
    change({ logicalId: 'Child', type: 'AWS::CloudFormation::Stack', nested: nestedId });
  stack.changes ??= changes;
  return base;
}

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

/** The action of IAM that a call needs, and on what. */
function needed({ name, fields, host, path, body }: Call): readonly [action: string, resource: string] {
  const action =
    (
      { 's3:HeadBucket': 's3:ListBucket', 's3:HeadObject': 's3:GetObject' } as Readonly<
        Record<string, string>
      >
    )[name] ?? name.replace('monitoring:', 'cloudwatch:');
  if (name.startsWith('s3:'))
    return [action, `arn:aws:s3:::${`${host.split('.')[0]}${path}`.replace(/\/$/, '')}`];
  if (name.startsWith('cloudformation:')) {
    const of = fields.get('StackName') ?? fields.get('ChangeSetName') ?? '';
    return [action, of === nestedId || of === childId ? childId : stackId];
  }
  if (name.startsWith('kms:')) {
    const { KeyId = '' } = JSON.parse(body) as { KeyId?: string };
    return [action, KeyId];
  }
  return [action, '*'];
}

function allows(statements: readonly Statement[], [action, resourceArn]: ReturnType<typeof needed>): boolean {
  return statements.some(
    ({ Action, Resource }) =>
      Action.includes(action) &&
      [Resource].flat().some((pattern) => {
        const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
        return pattern === '*' || new RegExp(`^${parts.join('.*')}$`).test(resourceArn);
      }),
  );
}

const lacking = (statements: readonly Statement[], action: string): readonly Statement[] =>
  statements.map((each) => ({ ...each, Action: each.Action.filter((one) => one !== action) }));

/** The names of a stack elsewhere, and of `app`. */
interface Place {
  there(text: string): string;
  here(text: string): string;
}

function placed(stack: string, region: string): Place {
  const names: readonly (readonly [string, string])[] = [
    ['eu-west-1', region],
    ['stack/app', `stack/${stack}`],
    ['<StackName>app<', `<StackName>${stack}<`],
  ];
  return {
    there: (text) => names.reduce((given, [here, there]) => given.replaceAll(here, there), text),
    here: (text) => names.reduce((given, [here, there]) => given.replaceAll(there, here), text),
  };
}

/** IAM in front of an account: what the statements do not allow is denied. */
function guarded(
  script: Script,
  statements: readonly Statement[],
  denied: string[],
  { there, here }: Place = placed('app', 'eu-west-1'),
): Script {
  return (sent, count): Reply | undefined => {
    const fields = new URLSearchParams(
      [...sent.fields].map(([name, value]): [string, string] => [name, here(value)]),
    );
    const call = { ...sent, fields, body: here(sent.body) };
    const [action, resourceOf] = needed(call);
    const need = [action, there(resourceOf)] as const;
    if (call.name === 'sts:GetCallerIdentity' || allows(statements, need)) {
      const reply = script(call, count);
      return reply && { ...reply, body: there(reply.body) };
    }
    denied.push(need.join(' on '));
    if (call.name.startsWith('s3:Head')) return { status: 403, body: '' };
    const text = `User: me is not authorized to perform: ${need[0]} on resource: ${need[1]}`;
    const isQuery = call.fields.get('Action') !== null;
    return isQuery || call.name.startsWith('s3:')
      ? failure('AccessDenied', text, 403)
      : json({ __type: 'AccessDeniedException', message: text }, 403);
  };
}

async function changeSet(words: readonly string[], script: Script): Promise<Ran & { readonly line: Wire }> {
  const line = wire(script);
  const ran = await runInProcess(['change-set', ...words, '--stack', 'app', '--region', 'eu-west-1'], {
    live: line.live,
  });
  return { ...ran, line };
}

const creation = () => [
  'create',
  join(folder, 'app.yaml'),
  '--only',
  'log-retention,lambda-reserved-concurrency',
  '--bucket',
  'mine',
  '--format',
  'json',
];

async function permissions(): Promise<readonly Statement[]> {
  const { exitCode, data, notes } = await changeSet([...creation(), '--show-permissions'], () => undefined);
  expect(exitCode, notes).toBe(0);
  return (JSON.parse(data) as { Statement: readonly Statement[] }).Statement;
}

/** Everything that is done to a change set, one after the other. @returns exit codes, and all that was said */
async function wholeRun(script: Script) {
  const made = await changeSet(creation(), script);
  const runs = [made];
  if (made.exitCode === 0) {
    const { name } = JSON.parse(made.data) as ChangeSetRecord;
    for (const words of [
      ['show', name],
      ['reject', name],
    ])
      runs.push(await changeSet([...words, '--folder', folder], script));
    // A month old, so that there is something to clean.
    runs.push(await changeSet(creation(), script));
    for (const words of [['list'], ['clean', '--yes']])
      runs.push(await changeSet([...words, '--folder', folder], script));
    const again = await changeSet(creation(), script);
    runs.push(again);
    const { name: second } = JSON.parse(again.data) as ChangeSetRecord;
    runs.push(await changeSet(['execute', second, '--confirm', 'app', '--folder', folder], script));
  }
  return {
    exitCodes: runs.map(({ exitCode }) => exitCode),
    said: runs.map(({ data, notes }) => data + notes).join(''),
    actions: new Set(runs.flatMap(({ line }) => line.calls.map((call) => needed(call)[0]))),
    bucketOwners: runs.flatMap(({ line }) =>
      line.calls
        .filter(({ name }) => name.startsWith('s3:'))
        .map(({ headers }) => headers['x-amz-expected-bucket-owner']),
    ),
  };
}

interface CallerPolicy {
  readonly profile: string;
  readonly stacks: readonly object[];
  readonly policy: { readonly Statement: readonly Statement[] };
}

const several = () => {
  const list = join(folder, 'stacks.yaml');
  writeFileSync(join(folder, 'ohio.yaml'), parent.replaceAll('eu-west-1', 'us-east-2'));
  writeFileSync(
    list,
    `defaults: { region: eu-west-1, template: app.yaml, bucket: mine }
stacks:
  - { stack: app, profile: one }
  - { stack: app, region: us-east-2, template: ohio.yaml, profile: one, bucket: yours }
  - { stack: orders, profile: two }
`,
  );
  return ['change-set', 'create', '--stacks', list, '--only', 'log-retention,lambda-reserved-concurrency'];
};

async function policiesOfSeveral(): Promise<readonly CallerPolicy[]> {
  const { exitCode, data, notes } = await runInProcess([...several(), '--show-permissions'], {
    live: wire(() => undefined).live,
  });
  expect(exitCode, notes).toBe(0);
  return (JSON.parse(data) as { policies: readonly CallerPolicy[] }).policies;
}

/** One run on several stacks, each caller with its own policy. */
async function severalStacks(policies: readonly CallerPolicy[]) {
  rmSync(join(folder, '.idp-fix'), { recursive: true, force: true });
  const denied: string[] = [];
  const actions = new Map<string, Set<string>>();
  const { live } = wire(() => undefined);
  const { exitCode, data, notes } = await runInProcess(several(), {
    live: {
      ...live,
      connect(connection) {
        const { profile = '', region = '' } = connection;
        const place = placed(profile === 'two' ? 'orders' : 'app', region);
        const { Statement = [] } = policies.find((each) => each.profile === profile)?.policy ?? {};
        const script = guarded(nestingAccount(), Statement, denied, place);
        const seen = actions.get(profile) ?? new Set<string>();
        actions.set(profile, seen);
        const line = wire((call, count) => {
          seen.add(needed(call)[0]);
          return script(call, count);
        });
        // Credentials are the script's, whatever the profile.
        return line.live.connect({ ...connection, profile: undefined });
      },
    },
  });
  return { exitCode, said: data + notes, denied, actions };
}

describe('the policy that --show-permissions prints', () => {
  it('lets a run create, show, list, clean, reject and execute, nested stacks and uploads included', async () => {
    const denied: string[] = [];
    const run = await wholeRun(guarded(nestingAccount(), await permissions(), denied));
    expect(run.exitCodes, run.said).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(denied).toEqual([]);
    // A bucket of the name that belongs to another account gets nothing.
    expect(new Set(run.bucketOwners)).toEqual(new Set(['111122223333']));
  });

  it('has no action that can be missing without a word', async () => {
    const statements = await permissions();
    const { actions } = await wholeRun(guarded(nestingAccount(), statements, []));
    const granted = [...new Set(statements.flatMap(({ Action }) => Action))];
    // What CloudFormation itself does in the caller's name, beside reading what was uploaded.
    expect(granted.filter((action) => !actions.has(action))).toEqual([]);
    for (const action of granted) {
      const others = lacking(statements, action);
      rmSync(join(folder, '.idp-fix'), { recursive: true, force: true });
      const denied: string[] = [];
      const { exitCodes, said } = await wholeRun(guarded(nestingAccount(), others, denied));
      expect(denied.length, action).toBeGreaterThan(0);
      // The account is called by its number then, and nothing depends on it.
      if (action === 'iam:ListAccountAliases') expect(exitCodes).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      else expect(said, action).toContain(`may not do ${action}`);
    }
  });

  it('is enough for a run on several stacks, each with its own', async () => {
    const { exitCode, said, denied } = await severalStacks(await policiesOfSeveral());
    expect([exitCode, denied], said).toEqual([0, []]);
  });

  it('has no action for several stacks that can be missing without a word', async () => {
    const policies = await policiesOfSeveral();
    expect(policies.map(({ profile, stacks }) => [profile, stacks])).toEqual([
      [
        'one',
        [
          { stack: 'app', region: 'eu-west-1' },
          { stack: 'app', region: 'us-east-2' },
        ],
      ],
      ['two', [{ stack: 'orders', region: 'eu-west-1' }]],
    ]);
    const { actions } = await severalStacks(policies);
    for (const { profile, policy } of policies) {
      const granted = new Set(policy.Statement.flatMap(({ Action }) => Action));
      // What is granted beside it is for those who show, list, clean, reject and execute.
      const asked = [...granted].filter((action) => actions.get(profile)?.has(action));
      expect(asked.length).toBeGreaterThan(10);
      for (const action of asked) {
        const without = policies.map((each) =>
          each.profile === profile
            ? { ...each, policy: { Statement: lacking(policy.Statement, action) } }
            : each,
        );
        const { exitCode, said, denied } = await severalStacks(without);
        expect(denied.length, `${profile}: ${action}`).toBeGreaterThan(0);
        if (action === 'iam:ListAccountAliases') expect(exitCode, said).toBe(0);
        else expect(said, `${profile}: ${action}`).toContain(`may not do ${action}`);
      }
    }
  });

  it('names stacks and regions of a profile, so that it is enough for no others', async () => {
    const [one, two] = await policiesOfSeveral();
    if (one === undefined || two === undefined) throw new Error('two policies');
    const swapped = [
      { ...one, policy: two.policy },
      { ...two, policy: one.policy },
    ];
    const { said, denied } = await severalStacks(swapped);
    expect(denied.length, said).toBeGreaterThan(2);
    const { Statement } = one.policy as { Statement: readonly (Statement & { Sid: string })[] };
    const of = new Map(Statement.map((each) => [each.Sid, each.Resource]));
    expect(of.size).toBe(Statement.length);
    expect(of.get('ReadStack')).toEqual(
      ['eu-west-1', 'us-east-2'].flatMap((region) => [
        `arn:aws:cloudformation:${region}:*:stack/app-*/*`,
        `arn:aws:cloudformation:${region}:*:stack/app/*`,
      ]),
    );
    expect(of.get('FindBucket')).toEqual(['arn:aws:s3:::mine', 'arn:aws:s3:::yours']);
    expect(of.get('CheckConcurrency')).toBe('*');
  });

  it('says that it is too large for IAM, and how much is not known', async () => {
    const stacks = Array.from(
      { length: 40 },
      (_, at) => `  - { stack: documents-of-tenant-${at}, region: eu-west-1 }\n`,
    );
    const list = join(folder, 'many.yaml');
    writeFileSync(list, `stacks:\n${stacks.join('')}`);
    const words = ['change-set', 'create', '--stacks', list, '--show-permissions'];
    const { exitCode, notes, data } = await runInProcess(words, { live: wire(() => undefined).live });
    expect(exitCode).toBe(0);
    const { policies } = JSON.parse(data) as {
      policies: readonly { profile: string | null; policy: object }[];
    };
    expect(policies.map(({ profile }) => profile)).toEqual([null]);
    expect(notes).toContain(
      `has ${JSON.stringify(policies[0]?.policy).length} characters, and IAM takes 6144`,
    );
    expect(notes).toContain('documents-of-tenant-0, documents-of-tenant-1');
  });

  it('names the templates that are in a bucket already, and the nested stacks that have them', async () => {
    mkdirSync(join(folder, 'packaged'));
    const packaged = join(folder, 'packaged', 'app.yaml');
    const urls = [
      'https://s3.eu-west-1.amazonaws.com/artifacts/a/one.template',
      'https://artifacts.s3.eu-west-1.amazonaws.com/two.template',
      'https://s3.amazonaws.com/artifacts/three.template',
    ];
    const stacks = urls.map(
      (url, at) => `  S${at}: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ${url} } }\n`,
    );
    writeFileSync(packaged, `Resources:\n${stacks.join('')}`);
    const words = [
      'create',
      packaged,
      '--only',
      'log-retention',
      '--show-permissions',
      '--bucket-prefix',
      '',
    ];
    const { data, notes } = await changeSet(words, () => undefined);
    const { Statement } = JSON.parse(data) as { Statement: readonly (Statement & { Sid: string })[] };
    const resourceOf = (sid: string) => Statement.find(({ Sid }) => Sid === sid)?.Resource;
    expect(resourceOf('ReadNestedTemplates'), notes).toEqual([
      'arn:aws:s3:::artifacts/a/one.template',
      'arn:aws:s3:::artifacts/three.template',
      'arn:aws:s3:::artifacts/two.template',
    ]);
    expect(resourceOf('ReadStack')).toContain('arn:aws:cloudformation:eu-west-1:*:stack/app-*/*');
  });

  it('is for the stack that an ARN names, and for uploads without a prefix', async () => {
    const large = join(folder, 'app.yaml');
    writeFileSync(large, `${child}#${'x'.repeat(60_000)}\n`);
    const line = wire(() => undefined);
    const words = ['change-set', 'create', large, '--only', 'log-retention', '--show-permissions'];
    const more = ['--stack', stackId, '--region', 'eu-west-1', '--bucket', 'mine', '--bucket-prefix', ''];
    const { data } = await runInProcess([...words, ...more], { live: line.live });
    const { Statement } = JSON.parse(data) as { Statement: readonly (Statement & { Sid: string })[] };
    const resourceOf = (sid: string) => Statement.find(({ Sid }) => Sid === sid)?.Resource;
    expect(resourceOf('ReadStack')).toEqual(['arn:aws:cloudformation:eu-west-1:*:stack/app/*']);
    expect(resourceOf('UploadTemplates')).toEqual('arn:aws:s3:::mine/app/*');
  });
});
