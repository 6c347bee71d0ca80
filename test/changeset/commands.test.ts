import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { allowedCalls, type ChangeSetAction } from './allowed-calls.js';
import {
  change,
  changeSetId,
  describeChangeSet,
  detail,
  event,
  type ScriptedStack,
  scriptedAccount,
  stackId,
  template,
} from './scripted-account.js';
import { type Call, failure, json, type Script, type Wire, wire, xml } from './wire.js';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-wire-'));
  path = join(folder, 'app.yaml');
  writeFileSync(path, template);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(action: ChangeSetAction, words: readonly string[], script: Script, typed?: string) {
  const line = wire(script, { allowed: allowedCalls[action], ...(typed !== undefined && { typed }) });
  const common = [
    '--stack',
    'app',
    '--format',
    'json',
    ...(action === 'create' ? ['--only', 'log-retention'] : ['--folder', folder]),
  ];
  const ran = await runInProcess(['change-set', action, ...words, ...common], { live: line.live });
  expect(line.forbidden).toEqual([]);
  return { ...ran, line };
}

async function created(script: Script, ...more: string[]) {
  const ran = await run('create', [path, ...more], script);
  expect(ran.exitCode, ran.notes).toBe(0);
  return {
    ...ran,
    record: JSON.parse(ran.data) as Record<string, never> & {
      name: string;
      changes: {
        logicalId: string;
        properties: unknown[];
        remediations: string[];
        surprise: string | null;
        stack: string;
      }[];
    },
  };
}

const sent = (line: Wire, name: string): Call | undefined => line.calls.find((call) => call.name === name);

describe('change-set create', () => {
  it('says first where it is', async () => {
    const { notes } = await created(scriptedAccount());
    expect(notes.split('\n')[0]).toBe(
      'account 111122223333 (documents), region eu-west-1, as arn:aws:sts::111122223333:assumed-role/ops/me, stack app',
    );
  });

  it('keeps everything of the stack that the plan does not change', async () => {
    const { line } = await created(scriptedAccount());
    const fields = sent(line, 'cloudformation:CreateChangeSet')?.fields;
    expect(Object.fromEntries(fields ?? [])).toMatchObject({
      'Parameters.member.1.ParameterKey': 'Days',
      'Parameters.member.1.UsePreviousValue': 'true',
      'Parameters.member.2.ParameterKey': 'Secret',
      'Parameters.member.2.UsePreviousValue': 'true',
      'Tags.member.1.Key': 'team',
      'NotificationARNs.member.1': 'arn:aws:sns:eu-west-1:111122223333:news',
      'RollbackConfiguration.MonitoringTimeInMinutes': '5',
      'RollbackConfiguration.RollbackTriggers.member.1.Type': 'AWS::CloudWatch::Alarm',
      'Capabilities.member.1': 'CAPABILITY_IAM',
      IncludeNestedStacks: 'true',
      ChangeSetType: 'UPDATE',
    });
    expect(fields?.get('TemplateBody')).toBe(template.replace('RetentionInDays: 30', 'RetentionInDays: 365'));
    // Of this run alone: with the token of another run, AWS would answer with the change set of that one.
    expect(fields?.get('ClientToken')).toMatch(/^idp-fix-[0-9a-f]{64}-[0-9a-f]{32}$/);
  });

  it('names equal plans alike, and others not', async () => {
    const first = await created(scriptedAccount());
    const again = await created(scriptedAccount());
    const later = await created(scriptedAccount({ updatedAt: '2026-02-02T00:00:00Z' }));
    expect(first.record.name).toBe(again.record.name);
    expect(later.record.name).not.toBe(first.record.name);
  });

  it('maps each change to the remediation that asked for it, with its values', async () => {
    const { record } = await created(scriptedAccount());
    expect(record.changes).toEqual([
      expect.objectContaining({
        logicalId: 'Logs',
        replacement: 'wont',
        remediations: ['log-retention'],
        surprise: null,
        properties: [
          {
            path: '/Properties/RetentionInDays',
            before: '30',
            after: '365',
            cause: null,
            remediations: ['log-retention'],
            surprise: null,
          },
        ],
      }),
    ]);
  });

  it('shows first what no patch explains', async () => {
    const changes = [
      change({ logicalId: 'Logs', details: detail('RetentionInDays') }),
      change({ logicalId: 'Other', type: 'AWS::SQS::Queue', details: detail('DelaySeconds') }),
    ].join('');
    const { record } = await created(scriptedAccount({ changes }));
    expect(record.changes.map(({ logicalId, surprise }) => [logicalId, surprise !== null])).toEqual([
      ['Other', true],
      ['Logs', false],
    ]);
  });

  it('reads all pages and the nested change sets', async () => {
    const nested = changeSetId('nested');
    const script = scriptedAccount({}, (call) => {
      if (call.name !== 'cloudformation:DescribeChangeSet') return undefined;
      const name = call.fields.get('ChangeSetName') ?? '';
      if (name === nested)
        return describeChangeSet({
          name: 'nested',
          description: '',
          changes: change({ logicalId: 'Inner' }),
        });
      const made = { name: 'x', description: '' };
      return call.fields.get('NextToken') === null
        ? describeChangeSet({ ...made, nextToken: 'more', changes: change({ logicalId: 'Logs' }) })
        : describeChangeSet({
            ...made,
            changes: change({ logicalId: 'Child', type: 'AWS::CloudFormation::Stack', nested }),
          });
    });
    const { record } = await created(script);
    expect(record.changes.map(({ stack, logicalId }) => `${stack}/${logicalId}`).sort()).toEqual([
      '/Child',
      '/Logs',
      'Child/Inner',
    ]);
  });

  it('says in JSON, too, that there is nothing to do', async () => {
    const parameters =
      '<member><ParameterKey>Days</ParameterKey><ParameterValue>30</ParameterValue></member>';
    const deployed = template.replace('RetentionInDays: 30', 'RetentionInDays: 365');
    const ran = await run('create', [], scriptedAccount({ template: deployed, parameters }));
    expect([ran.exitCode, JSON.parse(ran.data)]).toEqual([
      0,
      { nothing: 'no patch changes the deployed templates, their parameters or the tags of the stack' },
    ]);
  });

  it('takes an empty change set away and is content', async () => {
    const empty = scriptedAccount({
      changeSetStatus: 'FAILED',
      changeSetReason:
        "The submitted information didn't contain changes. Submit different information to create a change set.",
      changes: '',
    });
    const ran = await run('create', [path], empty);
    expect(ran.exitCode).toBe(0);
    expect(ran.notes).toContain('nothing to do');
    expect(ran.line.names()).toContain('cloudformation:DeleteChangeSet');
  });

  it('tells why a change set failed, in nested stacks and by early validation', async () => {
    const nested = changeSetId('inner');
    const script = scriptedAccount({}, (call) => {
      if (call.name === 'cloudformation:DescribeEvents') {
        if (call.fields.get('ChangeSetName') !== nested) return undefined;
        return xml(
          'DescribeEvents',
          '<OperationEvents><member><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Bucket</LogicalResourceId><ValidationName>NAME_CONFLICT_VALIDATION</ValidationName><ValidationStatusReason>the name is taken</ValidationStatusReason><ValidationPath>/Resources/Bucket/Properties/BucketName</ValidationPath></member></OperationEvents>',
        );
      }
      if (call.name !== 'cloudformation:DescribeChangeSet') return undefined;
      const isNested = call.fields.get('ChangeSetName') === nested;
      return describeChangeSet({
        name: isNested ? 'inner' : 'outer',
        description: '',
        changes: '',
        changeSetStatus: 'FAILED',
        changeSetReason: isNested
          ? 'Validation failed'
          : `Nested change set ${nested} was not successfully created: Currently in FAILED.`,
      });
    });
    const ran = await run('create', [path], script);
    expect(ran.exitCode).toBe(4);
    expect(ran.notes).toContain(
      'Bucket: NAME_CONFLICT_VALIDATION: the name is taken at /Resources/Bucket/Properties/BucketName; Validation failed',
    );
    expect(ran.notes).not.toContain('Currently in FAILED');
  });

  it.each(['UPDATE_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'UPDATE_ROLLBACK_FAILED'])(
    'makes nothing for a stack in %s',
    async (status) => {
      const ran = await run('create', [path], scriptedAccount({ status }));
      expect(ran.exitCode).toBe(3);
      expect(ran.notes).toContain(status);
      expect(ran.line.names()).not.toContain('cloudformation:CreateChangeSet');
    },
  );

  it('keeps the record of another plan that has the name', async () => {
    await created(scriptedAccount(), '--name', 'mine');
    const ran = await run('create', [path, '--name', 'mine', '--parameters', 'Days=90'], scriptedAccount());
    expect([ran.exitCode, ran.notes.includes('another plan for app has the name mine')]).toEqual([3, true]);
    expect(ran.line.names()).not.toContain('cloudformation:CreateChangeSet');
    const again = await run('create', [path, '--name', 'mine'], scriptedAccount());
    expect(again.exitCode, again.notes).toBe(0);
  });

  it('takes the one root template among those named, or in a folder', async () => {
    const parent = `${template}  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: child.yaml }\n`;
    writeFileSync(path, parent);
    const child = join(folder, 'child.yaml');
    writeFileSync(child, 'Resources:\n  Inner: { Type: AWS::SQS::Queue }\n');
    const script = scriptedAccount();
    const words = ['--stack', 'app', '--only', 'log-retention', '--format', 'json', '--bucket', 'mine'];
    for (const named of [[child, path], [folder], [path]]) {
      const ran = await runInProcess(['change-set', 'create', ...named, ...words], {
        live: wire(script).live,
      });
      expect(ran.exitCode, ran.notes).toBe(0);
      expect(JSON.parse(ran.data).templates[0].file).toBe('app.yaml');
    }
    writeFileSync(join(folder, 'other.yaml'), template);
    const several = await runInProcess(['change-set', 'create', folder, ...words], {
      live: wire(script).live,
    });
    expect([several.exitCode, several.notes.includes('a stack has one root template')]).toEqual([2, true]);
  });

  it('brings a template as it is, and no patch with it', async () => {
    const { line, record } = await created(scriptedAccount(), '--name', 'x');
    expect(record.name).toBe('x');
    const before = template.replace('RetentionInDays: 30', 'RetentionInDays: 7');
    writeFileSync(path, before);
    const asIs = wire(scriptedAccount());
    const words = ['change-set', 'create', path, '--stack', 'app', '--as-is'];
    const ran = await runInProcess(words, { live: asIs.live });
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(sent(asIs, 'cloudformation:CreateChangeSet')?.fields.get('TemplateBody')).toBe(before);
    expect(sent(line, 'cloudformation:CreateChangeSet')?.fields.get('TemplateBody')).not.toBe(before);
    const wrong = await runInProcess(['change-set', 'create', '--stack', 'app', '--as-is'], {
      live: asIs.live,
    });
    expect([wrong.exitCode, wrong.notes.includes('--as-is submits a template')]).toEqual([2, true]);
  });

  it('says when there is no such stack, and no template to make it of', async () => {
    const ran = await run('create', [], scriptedAccount({ exists: false }));
    expect([ran.exitCode, ran.notes.includes('there is no stack app in eu-west-1')]).toEqual([3, true]);
  });

  it('finds by its name what a lost answer has made, and asks once only', async () => {
    let description = '';
    let name = '';
    const script = scriptedAccount({}, (call) => {
      if (call.name === 'cloudformation:CreateChangeSet') {
        description = call.fields.get('Description') ?? '';
        name = call.fields.get('ChangeSetName') ?? '';
        return { body: '', lost: true };
      }
      return call.name === 'cloudformation:DescribeChangeSet'
        ? describeChangeSet({ name, description })
        : undefined;
    });
    const { line } = await created(script);
    expect(line.calls.filter((call) => call.name === 'cloudformation:CreateChangeSet')).toHaveLength(1);
  });

  it('looks for a minute for what a lost answer has made, and takes it when it comes into sight', async () => {
    let request: Call | undefined;
    const script = scriptedAccount({}, (call, count) => {
      if (call.name === 'cloudformation:CreateChangeSet') {
        request = call;
        return { body: '', lost: true };
      }
      if (call.name !== 'cloudformation:DescribeChangeSet') return undefined;
      if (count <= 10) return failure('ChangeSetNotFound', 'ChangeSet does not exist', 404);
      const field = (name: string) => request?.fields.get(name) ?? '';
      return describeChangeSet({ name: field('ChangeSetName'), description: field('Description') });
    });
    const { line } = await created(script);
    expect(line.calls.filter((call) => call.name === 'cloudformation:CreateChangeSet')).toHaveLength(1);
    // Stands-in know a stack by its name only, and the name is what the change set was asked for with.
    const looks = line.calls.filter((call) => call.name === 'cloudformation:DescribeChangeSet');
    expect(looks[0]?.fields.get('StackName')).toBe('app');
    expect(line.pauses.slice(0, 10)).toEqual([1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 5000, 5000]);
  });

  it('gives up after a minute', async () => {
    const script = scriptedAccount({}, (call) =>
      call.name === 'cloudformation:CreateChangeSet' ? { body: '', lost: true } : undefined,
    );
    const { line } = await run('create', [path], script);
    const waitedMs = line.pauses.reduce((sum, pauseMs) => sum + pauseMs, 0);
    expect([waitedMs >= 60_000, waitedMs <= 65_000]).toEqual([true, true]);
  });

  it('says what may be left when the answer stays lost', async () => {
    const script = scriptedAccount({}, (call) =>
      call.name === 'cloudformation:CreateChangeSet' ? { body: '', lost: true } : undefined,
    );
    const ran = await run('create', [path], script);
    expect(ran.exitCode).toBe(4);
    expect(ran.notes).toContain('it is not known whether the change set was made');
    expect(ran.notes).toContain(`--stack app --folder ${folder} takes them away`);
    const quiet = await run('create', [path, '--quiet'], script);
    expect(quiet.notes).toContain('takes them away');
    expect(ran.line.notices.at(-1)).toBeUndefined();
  });

  it("leaves another one's change set of the same name alone", async () => {
    const script = scriptedAccount({}, (call) => {
      if (call.name === 'cloudformation:CreateChangeSet')
        return failure('AlreadyExistsException', 'ChangeSet x already exists');
      return call.name === 'cloudformation:DescribeChangeSet'
        ? describeChangeSet({ name: 'x', description: 'by hand' })
        : undefined;
    });
    const ran = await run('create', [path], script);
    expect([ran.exitCode, ran.notes.includes('another change set of this stack has the name')]).toEqual([
      3,
      true,
    ]);
    expect(ran.line.names()).not.toContain('cloudformation:DeleteChangeSet');
    expect(ran.notes).not.toContain('may exist');
  });

  it('notices a change set that is deleted while it is made', async () => {
    const script = scriptedAccount({}, (call) =>
      call.name === 'cloudformation:DescribeChangeSet'
        ? failure('ChangeSetNotFound', 'gone', 404)
        : undefined,
    );
    const ran = await run('create', [path], script);
    expect([ran.exitCode, ran.notes.includes('was deleted while it was being made')]).toEqual([3, true]);
  });

  it.each([
    ['ExpiredToken', 'The security token included in the request is expired', 403, 'renew them with'],
    [
      'InvalidClientTokenId',
      'The security token included in the request is invalid',
      403,
      'aws sts get-caller-identity',
    ],
    [
      'SignatureDoesNotMatch',
      'Signature expired: 20260101T000000Z is now earlier than',
      403,
      'the clock of this machine is wrong',
    ],
    [
      'AccessDenied',
      'User: arn:aws:iam::1:user/x is not authorized to perform: cloudformation:CreateChangeSet on resource: arn:aws:cloudformation:eu-west-1:1:stack/app because no identity-based policy allows it',
      403,
      'the caller may not do cloudformation:CreateChangeSet on arn:aws:cloudformation:eu-west-1:1:stack/app because no identity-based policy allows it',
    ],
    [
      'ValidationError',
      `Stack is in a bad state ${'x'.repeat(5000)}`,
      400,
      'ValidationError: Stack is in a bad state',
    ],
  ])('tells %s in words', async (code, message, status, said) => {
    const script = scriptedAccount({}, (call) =>
      call.name === 'cloudformation:CreateChangeSet' ? failure(code, message, status) : undefined,
    );
    const ran = await run('create', [path], script);
    expect(ran.exitCode).toBe(4);
    expect(ran.notes).toContain(said);
    expect(Math.max(...ran.notes.split('\n').map((line) => line.length))).toBeLessThan(700);
  });

  it.each([
    [
      'ValidationError',
      'Stack:arn:aws:cloudformation:eu-west-1:1:stack/app/x is in UPDATE_IN_PROGRESS state and can not be updated.',
      3,
      'the stack is in UPDATE_IN_PROGRESS',
    ],
    [
      'InsufficientCapabilitiesException',
      'Requires capabilities : [CAPABILITY_NAMED_IAM]',
      4,
      'acknowledge them with --capabilities',
    ],
  ])('leaves nothing behind when CloudFormation refuses: %s', async (code, message, exitCode, said) => {
    writeFileSync(path, `${template}#${'x'.repeat(60_000)}\n`);
    const objects = new Map();
    const script = scriptedAccount({ objects }, ({ name }) =>
      name === 'cloudformation:CreateChangeSet' ? failure(code, message) : undefined,
    );
    const ran = await run('create', [path, '--bucket', 'mine'], script);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.notes).toContain(said);
    expect(ran.notes).not.toContain('may exist');
    expect(ran.line.names()).toContain('s3:PutObject');
    expect(objects).toEqual(new Map());
  });

  it('goes on after throttling and a failing server', async () => {
    const script = scriptedAccount({}, (call, count) => {
      if (call.name !== 'cloudformation:DescribeStacks' || count > 2) return undefined;
      return count === 1
        ? failure('Throttling', 'Rate exceeded')
        : { status: 503, body: '<html>no</html>', type: 'text/html' };
    });
    const { line } = await created(script);
    expect(line.calls.filter((call) => call.name === 'cloudformation:DescribeStacks')).toHaveLength(3);
  });

  it('never lets a secret out', async () => {
    const ran = await created(
      scriptedAccount({
        changes: change({
          logicalId: 'Logs',
          details: detail('Password', { before: 'a', after: 'hunter2' }),
        }),
      }),
      '--parameters',
      'Secret=hunter2',
    );
    expect(
      sent(ran.line, 'cloudformation:CreateChangeSet')?.fields.get('Parameters.member.2.ParameterValue'),
    ).toBe('hunter2');
    const files = readdirSync(join(folder, '.idp-fix')).map((name) =>
      readFileSync(join(folder, '.idp-fix', name), 'utf8'),
    );
    expect([ran.data, ran.notes, ...files].join()).not.toContain('hunter2');
    expect(ran.data).toContain('(hidden)');
  });

  it('refuses local files before anything is asked for', async () => {
    writeFileSync(
      path,
      `${template}  Fn:\n    Type: AWS::Lambda::Function\n    Properties: { Code: ./src }\n`,
    );
    const ran = await run('create', [path], scriptedAccount());
    expect([ran.exitCode, ran.notes.includes('app.yaml Fn.Code')]).toEqual([3, true]);
    expect(ran.line.names()).not.toContain('cloudformation:CreateChangeSet');
  });

  it('asks nobody for --show-permissions', async () => {
    const ran = await run('create', [path, '--show-permissions'], () => undefined);
    expect(ran.exitCode).toBe(0);
    expect(ran.line.calls).toEqual([]);
    const { Statement } = JSON.parse(ran.data) as { Statement: { Sid: string; Resource: unknown }[] };
    expect(Object.fromEntries(Statement.map(({ Sid, Resource }) => [Sid, Resource]))).toEqual({
      SayWhichAccount: '*',
      ReadStack: ['arn:aws:cloudformation:*:*:stack/app/*'],
      MakeChangeSet: ['arn:aws:cloudformation:*:*:stack/app/*'],
      FindChangeSetsForListAndClean: ['arn:aws:cloudformation:*:*:stack/app/*'],
      ExecuteChangeSetOnlyForExecute: ['arn:aws:cloudformation:*:*:stack/app/*'],
      CheckKeys: ['arn:aws:kms:eu-west-1:111122223333:key/one'],
      CheckKeyPolicies: ['arn:aws:kms:eu-west-1:111122223333:key/one'],
    });
  });

  const busy = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Days: { Type: Number, Default: 30 }
  Secret: { Type: String, NoEcho: true }
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties: { InlineCode: x, Runtime: python3.12, Handler: index.handler, ReservedConcurrentExecutions: 5 }
  Logs: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /app/logs } }
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: {} }
`;
  it('prints a policy that has every call of the run, and no more', async () => {
    writeFileSync(path, `${busy}#${'x'.repeat(60_000)}\n`);
    const more = [path, '--bucket', 'mine', '--region', 'eu-west-1'];
    const script = scriptedAccount({}, ({ name }) => {
      if (name === 'lambda:GetAccountSettings')
        return json({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 } });
      if (name === 'logs:DescribeLogGroups') return json({ logGroups: [] });
      if (name === 'monitoring:DescribeAlarms') return { body: '', status: 200, type: 'application/cbor' };
      return undefined;
    });
    const made = await run('create', more, script);
    expect(made.exitCode, made.notes).toBe(0);
    const printed = await run('create', [...more, '--show-permissions'], () => undefined);
    const { Statement } = JSON.parse(printed.data) as { Statement: { Sid: string; Action: string[] }[] };
    const ofOthers = ['ExecuteChangeSetOnlyForExecute', 'FindChangeSetsForListAndClean'];
    const granted = Statement.filter(({ Sid }) => !ofOthers.includes(Sid)).flatMap(({ Action }) => Action);
    const called = made.line
      .names()
      .map((name) => name.replace('HeadBucket', 'ListBucket').replace('monitoring:', 'cloudwatch:'))
      .filter((name) => name !== 'sts:GetCallerIdentity');
    expect(called.filter((name) => !granted.includes(name))).toEqual([]);
    // What is done only when something has failed, what CloudFormation does in the caller's name, and what depends on
    // whether a resource is deployed already.
    const onlyPerhaps = [
      'cloudformation:DeleteChangeSet',
      's3:DeleteObject',
      's3:GetObject',
      'logs:DescribeLogGroups',
    ];
    expect(granted.filter((name) => !called.includes(name) && !onlyPerhaps.includes(name))).toEqual([]);
  });

  it('keeps what AWS says of a secret value to itself', async () => {
    const script = scriptedAccount({}, (call) =>
      call.name === 'cloudformation:CreateChangeSet'
        ? failure('ValidationError', "Parameter 'Secret' value 'hunter2' is not in AllowedValues")
        : undefined,
    );
    const ran = await run('create', [path, '--parameters', 'Secret=hunter2'], script);
    expect(ran.exitCode).toBe(4);
    expect(ran.notes).toContain("value '(hidden)' is not in AllowedValues");
    expect(ran.data + ran.notes).not.toContain('hunter2');
  });

  it('takes no change set of the same name for its own whose secret values it cannot see', async () => {
    const script = scriptedAccount({}, (call) =>
      call.name === 'cloudformation:CreateChangeSet'
        ? failure('AlreadyExistsException', 'ChangeSet x already exists')
        : undefined,
    );
    const ran = await run('create', [path, '--parameters', 'Secret=hunter2'], script);
    expect([ran.exitCode, ran.notes.includes('has the same values for NoEcho parameters')]).toEqual([
      3,
      true,
    ]);
  });

  it('shows what CloudFormation warns of, though nothing failed', async () => {
    const script = scriptedAccount({}, (call) =>
      call.name === 'cloudformation:DescribeEvents'
        ? xml(
            'DescribeEvents',
            '<OperationEvents><member><EventType>STACK_EVENT</EventType><ResourceStatusReason>all is well</ResourceStatusReason></member><member><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Fn</LogicalResourceId><ValidationName>SERVICE_QUOTA</ValidationName><ValidationFailureMode>WARN</ValidationFailureMode><ValidationStatus>FAILED</ValidationStatus><ValidationStatusReason>the quota is nearly used up</ValidationStatusReason></member></OperationEvents>',
          )
        : undefined,
    );
    const { data } = await created(script);
    expect(JSON.parse(data)).toMatchObject({ warnings: ['Fn: SERVICE_QUOTA: the quota is nearly used up'] });
  });

  it('says how far it is, on a terminal only', async () => {
    const waits = () =>
      scriptedAccount({}, (call, count) =>
        call.name === 'cloudformation:DescribeChangeSet' && count === 1
          ? describeChangeSet({
              name: 'x',
              description: '',
              changes: '',
              changeSetStatus: 'CREATE_IN_PROGRESS',
            })
          : undefined,
      );
    const words = ['change-set', 'create', path, '--stack', 'app', '--only', 'log-retention'];
    for (const isTerminal of [true, false]) {
      const ran = await runInProcess(words, { live: wire(waits()).live, terminal: { isTerminal } });
      expect(ran.exitCode, ran.notes).toBe(0);
      expect(ran.notes.includes('CloudFormation works out the changes: CREATE_IN_PROGRESS')).toBe(isTerminal);
    }
  });

  it('gives the commands that come next with the flags that lead there', async () => {
    const { notes } = await created(scriptedAccount(), '--region', 'eu-west-1', '--profile', 'a b');
    expect(notes).toMatch(
      /execute it: idp-fix change-set execute \S+ --stack app --folder \S+ --profile 'a b' --region eu-west-1\n/,
    );
  });

  it('says what the patches take for granted', async () => {
    writeFileSync(
      path,
      `${template}  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: { Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }] }\n  Fn:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: { ZipFile: x }\n      Runtime: python3.12\n      Handler: index.handler\n      Role: !GetAtt Role.Arn\n      Environment: { Variables: { A: b } }\n  Key:\n    Type: AWS::KMS::Key\n    Properties: { KeyPolicy: { Statement: [{ Effect: Allow, Principal: { AWS: !Sub 'arn:aws:iam::\${AWS::AccountId}:root' }, Action: 'kms:*', Resource: '*' }] } }\n`,
    );
    const line = wire(scriptedAccount());
    const words = ['change-set', 'create', path, '--stack', 'app', '--only', 'lambda-environment-encryption'];
    const ran = await runInProcess(words, { live: line.live });
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.data).toMatch(/Before anybody executes it\n {2}the deploying role may call kms:CreateGrant/);
  });

  it('does with a plan what else is asked for as another change set', async () => {
    const first = await created(scriptedAccount());
    const other = await created(scriptedAccount(), '--role-arn', 'arn:aws:iam::111122223333:role/deploy');
    expect(other.record.name).not.toBe(first.record.name);
    expect(sent(other.line, 'cloudformation:CreateChangeSet')?.fields.get('RoleARN')).toBe(
      'arn:aws:iam::111122223333:role/deploy',
    );
  });

  it('takes over a log group under its plain name, and keeps it', async () => {
    const added =
      "  More:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName: !Sub '/app/${AWS::StackName}' # ours\n      RetentionInDays: 365\n";
    writeFileSync(path, template + added);
    const script = scriptedAccount({}, ({ name }) =>
      name === 'logs:DescribeLogGroups' ? json({ logGroups: [{ logGroupName: '/app/app' }] }) : undefined,
    );
    const refused = await run('create', [path], script);
    expect(refused.exitCode).toBe(3);
    expect(refused.notes).toContain('--adopt-log-groups');
    expect(refused.line.names()).not.toContain('cloudformation:CreateChangeSet');
    const { line } = await created(script, '--adopt-log-groups');
    const fields = sent(line, 'cloudformation:CreateChangeSet')?.fields;
    expect(fields?.get('ImportExistingResources')).toBe('true');
    expect(fields?.get('TemplateBody')).toBe(
      (template + added)
        .replace('RetentionInDays: 30', 'RetentionInDays: 365')
        .replace("!Sub '/app/${AWS::StackName}' # ours", '/app/app # ours')
        .replace('      RetentionInDays: 365\n', '      RetentionInDays: 365\n')
        .concat('    DeletionPolicy: Retain\n'),
    );
  });

  it('finds a bucket in another region', async () => {
    writeFileSync(path, `${template}#${'x'.repeat(60_000)}\n`);
    const script = scriptedAccount({}, ({ name }, count) => {
      if (name !== 's3:HeadBucket') return undefined;
      const headers = { 'x-amz-bucket-region': 'us-west-2' };
      return count === 1 ? { status: 301, body: '', headers } : { body: '', headers };
    });
    const ran = await run('create', [path, '--bucket', 'far'], script);
    expect([ran.exitCode, ran.notes.includes('it is in us-west-2')]).toEqual([3, true]);
  });
});

describe('change-set execute', () => {
  const name = async (script: Script) => (await created(script)).record.name;

  it('executes once what was reviewed, and follows it to the end', async () => {
    const script = scriptedAccount();
    const made = await name(script);
    const ran = await run('execute', [made], script, 'app');
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.line.calls.filter((call) => call.name === 'cloudformation:ExecuteChangeSet')).toHaveLength(1);
    expect(ran.notes).toMatch(
      /to go back: idp-fix change-set create \S+\.previous\.template --as-is --stack app/,
    );
    expect(ran.notes).toMatch(/to keep it: idp-fix --apply \S+app\.yaml with the flags of create/);
    const again = await run('execute', [made], script, 'app');
    expect([again.exitCode, again.notes.includes('it has been executed')]).toEqual([3, true]);
  });

  it('asks nobody where nobody can type', async () => {
    const script = scriptedAccount();
    const ran = await run('execute', [await name(script)], script);
    expect([ran.exitCode, ran.notes.includes('--confirm app')]).toEqual([3, true]);
  });

  it.each<[string, ScriptedStack, string]>([
    ['the stack', { updatedAt: '2026-03-03T00:00:00Z' }, 'the stack was updated at 2026-03-03'],
    [
      'the deployed template',
      { template: `${template}# later\n` },
      'the deployed template of the stack has changed',
    ],
    [
      'a parameter',
      { parameters: '<member><ParameterKey>Days</ParameterKey><ParameterValue>90</ParameterValue></member>' },
      'the parameter Days has another value',
    ],
    ['the account', { account: '999999999999' }, 'this is 999999999999'],
  ])('refuses when %s has moved', async (_, moved, said) => {
    const stack: ScriptedStack = {};
    const script = scriptedAccount(stack);
    const made = await name(script);
    Object.assign(stack, moved);
    const ran = await run('execute', [made, '--confirm', 'app'], script);
    expect([ran.exitCode, ran.line.names().includes('cloudformation:ExecuteChangeSet')]).toEqual([3, false]);
    expect(ran.notes).toContain(said);
  });

  it('refuses in another region', async () => {
    const script = scriptedAccount();
    const ran = await run(
      'execute',
      [await name(script), '--confirm', 'app', '--region', 'eu-central-1'],
      script,
    );
    expect([ran.exitCode, ran.notes.includes('reviewed in region eu-west-1')]).toEqual([3, true]);
  });

  it('refuses a change set whose changes are others than reviewed', async () => {
    const stack: ScriptedStack = {};
    const script = scriptedAccount(stack);
    const made = await name(script);
    stack.changes = change({ logicalId: 'Logs' }) + change({ logicalId: 'Sneaked', action: 'Remove' });
    const ran = await run('execute', [made, '--confirm', 'app'], script);
    expect([ran.exitCode, ran.notes.includes('is not the one that was reviewed')]).toEqual([3, true]);
  });

  it('blocks the loss of what is stateful unless it is named', async () => {
    const stack: ScriptedStack = {
      changes: change({
        logicalId: 'Logs',
        replacement: 'True',
        details: detail('LogGroupName', { recreation: 'Always' }),
      }),
    };
    const script = scriptedAccount(stack);
    const made = await run('create', [path], script);
    expect(made.exitCode).toBe(3);
    const { name: blocked } = JSON.parse(made.data) as { name: string };
    const refused = await run('execute', [blocked, '--confirm', 'app'], script);
    expect([refused.exitCode, refused.notes.includes('--allow-replacement Logs')]).toEqual([3, true]);
    const agreed = await run('execute', [blocked, '--confirm', 'app', '--allow-replacement', 'Logs'], script);
    expect(agreed.exitCode, agreed.notes).toBe(0);
  });

  it('reports a rollback with its first cause', async () => {
    let executed = false;
    const script = scriptedAccount({}, (call) => {
      if (call.name === 'cloudformation:ExecuteChangeSet') executed = true;
      if (call.name !== 'cloudformation:DescribeStackEvents' || !executed) return undefined;
      const logs = { logicalId: 'Logs', type: 'AWS::Logs::LogGroup', physicalId: 'x' };
      return xml(
        'DescribeStackEvents',
        `<StackEvents>${event('5', 'UPDATE_ROLLBACK_COMPLETE')}${event('4', 'UPDATE_FAILED', { ...logs, logicalId: 'Other', reason: 'Resource update cancelled' })}${event('3', 'UPDATE_FAILED', { ...logs, reason: 'the key is disabled' })}${event('1', 'CREATE_COMPLETE')}</StackEvents>`,
      );
    });
    const ran = await run('execute', [await name(script), '--confirm', 'app'], script);
    expect(ran.exitCode).toBe(4);
    expect(ran.notes).toContain('ended in UPDATE_ROLLBACK_COMPLETE; first cause: Logs: the key is disabled');
  });

  it('follows a stack whose events have all expired', async () => {
    let executed = false;
    const script = scriptedAccount({}, (call) => {
      if (call.name === 'cloudformation:ExecuteChangeSet') executed = true;
      if (call.name !== 'cloudformation:DescribeStackEvents') return undefined;
      const events = executed ? event('2', 'UPDATE_COMPLETE') + event('1', 'UPDATE_IN_PROGRESS') : '';
      return xml('DescribeStackEvents', `<StackEvents>${events}</StackEvents>`);
    });
    const ran = await run('execute', [await name(script), '--confirm', 'app'], script);
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.notes).toContain('UPDATE_IN_PROGRESS app\nUPDATE_COMPLETE app\n');
  });

  it('goes on watching when AWS does not answer for a while', async () => {
    let executed = false;
    let failures = 0;
    const script = scriptedAccount({}, (call) => {
      if (call.name === 'cloudformation:ExecuteChangeSet') executed = true;
      if (call.name !== 'cloudformation:DescribeStackEvents' || !executed || failures === 9) return undefined;
      failures += 1;
      return failure('ServiceUnavailable', 'try again', 503);
    });
    const ran = await run('execute', [await name(script), '--confirm', 'app'], script);
    expect(ran.exitCode, ran.notes).toBe(0);
  });

  it('says that the update goes on when it can no longer be watched', async () => {
    let executed = false;
    const script = scriptedAccount({}, (call) => {
      if (call.name === 'cloudformation:ExecuteChangeSet') executed = true;
      return call.name === 'cloudformation:DescribeStackEvents' && executed
        ? failure('ExpiredToken', 'The security token included in the request is expired', 403)
        : undefined;
    });
    const made = await name(script);
    const ran = await run('execute', [made, '--confirm', 'app'], script);
    expect(ran.exitCode).toBe(4);
    expect(ran.notes).toContain('the update of app goes on in AWS; idp-fix change-set show');
    const again = await run('execute', [made, '--confirm', 'app'], script);
    expect([again.exitCode, again.notes.includes('looks how far it has come')]).toEqual([3, true]);
    const shown = await run('show', [made], scriptedAccount({ status: 'UPDATE_COMPLETE' }));
    expect(JSON.parse(shown.data)).toMatchObject({ state: 'executed' });
  });

  it('knows what is allowed to be replaced', async () => {
    const script = scriptedAccount();
    const ran = await run(
      'execute',
      [await name(script), '--confirm', 'app', '--allow-replacement', 'Lgos'],
      script,
    );
    expect([ran.exitCode, ran.notes.includes('does not touch Lgos')]).toEqual([2, true]);
  });

  it('does not repeat an execution whose answer is lost', async () => {
    const stack: ScriptedStack = {};
    const script = scriptedAccount(stack, (call) => {
      if (call.name !== 'cloudformation:ExecuteChangeSet') return undefined;
      stack.executionStatus = 'EXECUTE_IN_PROGRESS';
      return { body: '', lost: true };
    });
    const ran = await run('execute', [await name(script), '--confirm', 'app'], script);
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.line.calls.filter((call) => call.name === 'cloudformation:ExecuteChangeSet')).toHaveLength(1);
  });

  it.each([
    ['InvalidChangeSetStatus', 'cannot be executed in its current status', 3],
    ['ChangeSetNotFound', 'ChangeSet does not exist', 3],
    [
      'AccessDenied',
      'User: me is not authorized to perform: cloudformation:ExecuteChangeSet on resource: app because no identity-based policy allows it',
      4,
    ],
  ])('can be tried again after a refusal: %s', async (code, message, exitCode) => {
    let isRefused = true;
    const script = scriptedAccount({}, ({ name }) =>
      name === 'cloudformation:ExecuteChangeSet' && isRefused
        ? failure(code, message, code === 'AccessDenied' ? 403 : 400)
        : undefined,
    );
    const made = await name(script);
    const refused = await run('execute', [made, '--confirm', 'app'], script);
    expect(refused.exitCode, refused.notes).toBe(exitCode);
    isRefused = false;
    const done = await run('execute', [made, '--confirm', 'app'], script);
    expect(done.exitCode, done.notes).toBe(0);
  });

  it('looks for a while whether an execution whose answer was lost has begun', async () => {
    const stack: ScriptedStack = {};
    let looks = 0;
    const script = scriptedAccount(stack, (call) => {
      if (call.name === 'cloudformation:ExecuteChangeSet') {
        looks = 1;
        return { body: '', lost: true };
      }
      if (call.name === 'cloudformation:DescribeChangeSet' && looks > 0) {
        looks += 1;
        if (looks === 5) stack.executionStatus = 'EXECUTE_IN_PROGRESS';
      }
      return undefined;
    });
    const ran = await run('execute', [await name(script), '--confirm', 'app'], script);
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.line.calls.filter((call) => call.name === 'cloudformation:ExecuteChangeSet')).toHaveLength(1);
  });

  it('knows only what was made here', async () => {
    const ran = await run('execute', ['somebody-elses'], scriptedAccount(), 'app');
    expect([ran.exitCode, ran.notes.includes('nothing says what somebody-elses was made from')]).toEqual([
      3,
      true,
    ]);
  });
});

describe('change-set show and reject', () => {
  it('shows for ever', async () => {
    const script = scriptedAccount();
    const { record } = await created(script);
    await run('reject', [record.name], script);
    const ran = await run('show', [record.name], script);
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.notes).toContain('the change set is no longer there');
    expect(JSON.parse(ran.data)).toMatchObject({ state: 'rejected', changes: [{ logicalId: 'Logs' }] });
  });

  it('shows what was recorded though AWS cannot be asked', async () => {
    const { record } = await created(scriptedAccount());
    const ran = await run('show', [record.name], () =>
      failure('ExpiredToken', 'The security token included in the request is expired', 403),
    );
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(JSON.parse(ran.data)).toMatchObject({ changes: [{ logicalId: 'Logs' }] });
    expect(ran.notes).toContain('its current state is not known');
    expect(ran.notes).toContain('aws configure');
  });

  it.each(['show', 'reject', 'execute'] as const)(
    'takes no other stack for the one it is of: %s',
    async (action) => {
      const script = scriptedAccount();
      const { record } = await created(script);
      const line = wire(script);
      const ran = await runInProcess(
        ['change-set', action, record.name, '--stack', 'other', '--folder', folder],
        { live: line.live },
      );
      expect([ran.exitCode, ran.notes.includes('is a change set of app, not of other')]).toEqual([2, true]);
    },
  );

  it('says when there is nothing to reject', async () => {
    const ran = await run('reject', ['misspelt'], scriptedAccount());
    expect([ran.exitCode, ran.notes.includes('there is no change set misspelt')]).toEqual([3, true]);
  });

  it("does not delete another one's change set", async () => {
    const script = scriptedAccount({}, (call) =>
      call.name === 'cloudformation:DescribeChangeSet'
        ? describeChangeSet({ name: 'x', description: 'by hand' })
        : undefined,
    );
    const ran = await run('reject', ['x'], script);
    expect([ran.exitCode, ran.line.names().includes('cloudformation:DeleteChangeSet')]).toEqual([3, false]);
  });

  it('makes no call that changes a stack but in execute', () => {
    for (const action of ['create', 'show', 'reject'] as const)
      expect(allowedCalls[action]).not.toContain('cloudformation:ExecuteChangeSet');
    expect(
      Object.values(allowedCalls)
        .flat()
        // DeleteStack is for the shell of a stack that was never deployed: first-deployment.test.ts.
        .filter((name) => /UpdateStack|CreateStack(?!s)/.test(name)),
    ).toEqual([]);
    expect(stackId).toContain('stack/app');
  });
});
