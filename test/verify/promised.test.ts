import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { created, run } from '../changeset/command.js';
import {
  change,
  detail,
  event,
  parameter,
  type ScriptedStack,
  scriptedAccount,
  stackId,
} from '../changeset/scripted-account.js';
import { failure, json, type Script, wire, xml } from '../changeset/wire.js';
import { runInProcess } from '../cli/run-in-process.js';

const lab = mkdtempSync(join(tmpdir(), 'idp-fix-promised-'));
let folder = '';
let folders = 0;
afterAll(() => rmSync(lab, { recursive: true, force: true }));

const local = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: 30
`;

/** An account where `Logs` does well, whatever else it is asked. */
function account(stack: ScriptedStack, override: Script = () => undefined): Script {
  return scriptedAccount(stack, (call, count) => {
    const reply = override(call, count);
    if (reply !== undefined) return reply;
    if (call.name === 'logs:DescribeLogGroups')
      return json({ logGroups: [{ logGroupName: 'app-Logs-1', retentionInDays: 365 }] });
    return undefined;
  });
}

const changes = change({
  logicalId: 'Logs',
  details: detail('RetentionInDays', { before: '30', after: '365' }),
});

interface Shown {
  readonly check: string;
  readonly item: string | null;
  readonly logicalId: string | null;
  readonly status: string;
  readonly because: string;
}

/** Every call made here is one that `--show-permissions` lists. */
const asked = new Set<string>();

async function verify(script: Script, ...words: readonly string[]) {
  const line = wire((call, count) => {
    asked.add(call.name);
    return script(call, count);
  });
  const ran = await runInProcess(
    ['verify', '--stack', 'app', '--folder', folder, '--format', 'json', ...words],
    { live: line.live },
  );
  expect(line.forbidden).toEqual([]);
  if (ran.data === '') throw new Error(ran.notes);
  const { promised, proofs } = JSON.parse(ran.data) as {
    promised: { readonly changeSet: string; readonly toldBy: string } | null;
    proofs: readonly Shown[];
  };
  return { ...ran, promised, proofs: proofs.filter(({ check }) => check.startsWith('promised')) };
}

const brief = (proofs: readonly Shown[]) => proofs.map(({ check, status }) => `${check}: ${status}`).sort();

/** Creates and executes a change set; afterwards the account has what was submitted. */
async function executed(stack: ScriptedStack, override?: Script) {
  const script = account(stack, (call, count) => {
    if (call.name === 'cloudformation:CreateChangeSet') {
      submitted = call.fields.get('TemplateBody') ?? '';
      setDays = /Days/.test(submitted) ? '365' : setDays;
    }
    return override?.(call, count);
  });
  let submitted = '';
  let setDays = '30';
  const record = await created(folder, script);
  const done = await run(folder, 'execute', [record.name, '--confirm', 'app'], script);
  expect(done.exitCode, done.notes).toBe(0);
  stack.template = submitted;
  return { script, record, setDays };
}

const recordPath = ({ name }: ChangeSetRecord) => join(folder, '.idp-fix', `${name}.json`);
function edit(record: ChangeSetRecord, how: (text: string) => string): void {
  writeFileSync(recordPath(record), how(readFileSync(recordPath(record), 'utf8')));
}

beforeEach(() => {
  folders += 1;
  folder = join(lab, String(folders));
  mkdirSync(folder);
  writeFileSync(join(folder, 'app.yaml'), local);
});

describe('verify against the record of an executed change set', () => {
  it('finds all of it as it was promised', async () => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script, record } = await executed(stack);
    const { promised, proofs } = await verify(script);
    expect(promised).toMatchObject({ changeSet: record.name, toldBy: 'change set' });
    expect(brief(proofs)).toEqual(['promised-template: alive', 'promised: log-retention: alive']);
    const own = proofs.find(({ check }) => check === 'promised: log-retention');
    expect(own).toMatchObject({
      logicalId: 'Logs',
      because: 'still deployed: /Properties/RetentionInDays is 365',
    });
  });

  it.each([
    [
      'taken back',
      (text: string) => text.replace('365', '30'),
      'dead',
      '/Properties/RetentionInDays became 365 and is 30',
    ],
    [
      'said otherwise',
      (text: string) => text.replace('RetentionInDays: 365', 'RetentionInDays: "365"'),
      'alive',
      'still deployed',
    ],
    [
      'said by a parameter',
      (text: string) => text.replace('RetentionInDays: 365', 'RetentionInDays: !Ref Days'),
      'dead',
      'and is 30',
    ],
    [
      'removed',
      (text: string) => text.replace('Logs:', 'Others:'),
      'dead',
      'gone: the deployed template does not have it',
    ],
    [
      'of another type',
      (text: string) => text.replace('AWS::Logs::LogGroup', 'AWS::SNS::Topic'),
      'dead',
      'gone:',
    ],
    [
      'known to AWS alone',
      (text: string) => text.replace('RetentionInDays: 365', 'RetentionInDays: !ImportValue days'),
      'unproven',
      'does not tell /Properties/RetentionInDays',
    ],
  ])('says of a change that a later deployment has %s', async (_, how, status, because) => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script } = await executed(stack);
    stack.template = how(stack.template ?? '');
    const { proofs, exitCode } = await verify(script);
    const own = proofs.find(({ check }) => check === 'promised: log-retention');
    expect([own?.status, own?.because]).toEqual([status, expect.stringContaining(because)]);
    expect(proofs.find(({ check }) => check === 'promised-template')?.status).toBe('unproven');
    if (status === 'dead') expect(exitCode).toBe(1);
  });

  it('finds a parameter and a tag that were changed since', async () => {
    writeFileSync(
      join(folder, 'app.yaml'),
      local.replace('RetentionInDays: 30', 'RetentionInDays: !Ref Days'),
    );
    const stack: ScriptedStack = {
      template: readFileSync(join(folder, 'app.yaml'), 'utf8'),
      changes,
      parameters: parameter('Days', '30'),
    };
    const { script, record } = await executed(stack);
    expect(record.values).toMatchObject({ Days: '365' });
    stack.parameters = parameter('Days', '365');
    expect(brief((await verify(script)).proofs)).toContain('promised-parameters: alive');
    stack.parameters = parameter('Days', '14');
    const { proofs } = await verify(script);
    expect(proofs.find(({ check }) => check === 'promised-parameters')).toMatchObject({
      status: 'dead',
      because: "Days was set to '365' and is '14'",
    });
  });

  it.each<[what: string, how: (record: ChangeSetRecord) => void, because: string]>([
    [
      'values',
      (record) => edit(record, (text) => text.replace('"values": {}', '"values": { "Days": "30" }')),
      'hash of its own plan',
    ],
    [
      'templates',
      (record) =>
        edit(record, (text) => text.replace(/("submittedSha256": ")[0-9a-f]{64}/, `$1${'a'.repeat(64)}`)),
      'hash of its own plan',
    ],
    [
      'changes',
      (record) => edit(record, (text) => text.replaceAll('"logicalId": "Logs"', '"logicalId": "Other"')),
      'is not the one of the record',
    ],
    [
      'run',
      (record) => edit(record, (text) => text.replace(record.creation, '0'.repeat(32))),
      'is not the one of the record',
    ],
    [
      'options',
      (record) => edit(record, (text) => text.replace(/"options": \{[^}]*\}/, '"options": null')),
      'an older version',
    ],
    [
      'end',
      (record) => edit(record, (text) => text.replace('"creation"', '"creationn"')),
      'not a record of a change set',
    ],
  ])('compares nothing with a record whose %s was edited', async (_, how, because) => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script, record } = await executed(stack);
    how(record);
    const { promised, proofs, exitCode } = await verify(script);
    expect([promised, exitCode]).toEqual([null, 1]);
    expect(proofs).toMatchObject([{ status: 'unknown', because: expect.stringContaining(because) }]);
  });

  it('takes what AWS says a property has become, not what the record says', async () => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script, record } = await executed(stack);
    edit(record, (text) => text.replace('"after": "365"', '"after": "30"'));
    stack.template = local;
    const own = (await verify(script)).proofs.find(({ check }) => check === 'promised: log-retention');
    expect(own).toMatchObject({ status: 'dead', because: expect.stringContaining('became 365 and is 30') });
  });

  it.each<[whose: string, more: Partial<Record<'id' | 'account' | 'region', string>>]>([
    ['stack', { id: stackId.replace('aaaa', 'bbbb') }],
    ['account', { account: '999999999999', id: stackId.replace('111122223333', '999999999999') }],
    ['region', { region: 'us-east-1', id: stackId.replace('eu-west-1', 'us-east-1') }],
  ])('passes over the record of another %s', async (_, { id = stackId, ...more }) => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script, record } = await executed(stack);
    const moved = (text: string) =>
      text
        .replaceAll('111122223333', more.account ?? '111122223333')
        .replaceAll('eu-west-1', more.region ?? 'eu-west-1');
    edit(record, (text) => moved(text).replace(/"id": "arn[^"]*"/, `"id": "${id}"`));
    const { promised, proofs, notes } = await verify(script);
    expect([promised, proofs]).toEqual([null, []]);
    expect(notes).toContain('nothing is compared with what was promised');
  });

  it('asks the events of the stack where the change set is gone, and then calls nothing proven', async () => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script, record } = await executed(stack);
    const gone =
      (token: string): Script =>
      (call, count) => {
        if (call.name === 'cloudformation:DescribeChangeSet')
          return failure('ChangeSetNotFound', 'ChangeSet does not exist', 404);
        if (call.name !== 'cloudformation:DescribeStackEvents') return script(call, count);
        const told = event('2', 'UPDATE_COMPLETE').replace(
          '<EventId>',
          `<ClientRequestToken>${token}</ClientRequestToken><EventId>`,
        );
        return xml('DescribeStackEvents', `<StackEvents>${told}</StackEvents>`);
      };
    const known = await verify(gone(`execute-${record.planSha256}`));
    expect(known.promised).toMatchObject({ toldBy: 'events' });
    expect(brief(known.proofs)).toEqual(['promised-template: alive', 'promised: log-retention: unproven']);
    const unknown = await verify(gone('Console-ExecuteChangeSet-1'));
    expect(unknown.proofs).toMatchObject([
      { status: 'unknown', because: expect.stringContaining('neither') },
    ]);
  });

  it('counts the newest that was executed, whatever was created or executed before and after', async () => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script, record } = await executed(stack);
    const other = (name: string, updatedAt: string, state: string) => {
      const arn = record.arn?.replace(record.name, name);
      const copy = { ...record, name, arn, state, stack: { ...record.stack, updatedAt } };
      writeFileSync(join(folder, '.idp-fix', `${name}.json`), JSON.stringify(copy));
    };
    other('idp-fix-open', '2026-02-02T00:00:00.000Z', 'created');
    other('idp-fix-old', '2020-01-01T00:00:00.000Z', 'executed');
    const { promised } = await verify((call, count) => {
      const isOpen = /idp-fix-open/.test(call.fields.get('ChangeSetName') ?? '');
      return isOpen ? failure('ChangeSetNotFound', 'ChangeSet does not exist', 404) : script(call, count);
    });
    expect(promised?.changeSet).toBe(record.name);
  });

  it.each([
    ['in the terms of the template', '!Ref Days', '{&quot;Ref&quot;:&quot;Days&quot;}', 'alive'],
    ['in those of another template', '!ImportValue days', '{&quot;Ref&quot;:&quot;Days&quot;}', 'unproven'],
    ['as JSON within a text', `'{"a": 1}'`, '{&quot;a&quot;: 1}', 'alive'],
    [
      'as a map with keys in another order',
      '{ b: 2, a: 1 }',
      '{&quot;a&quot;:&quot;1&quot;,&quot;b&quot;:2}',
      'alive',
    ],
    [
      'as a map with another value',
      '{ b: 2, a: 2 }',
      '{&quot;a&quot;:&quot;1&quot;,&quot;b&quot;:2}',
      'dead',
    ],
    ['only once it is there', '7', '{{changeSet:KNOWN_AFTER_APPLY}}', 'unproven'],
  ])('compares what was told %s', async (_, written, after, status) => {
    const details = detail('RetentionInDays', { before: '30', after });
    const stack: ScriptedStack = {
      template: local,
      changes: change({ logicalId: 'Logs', details }),
      parameters: parameter('Days', '30'),
    };
    const { script } = await executed(stack);
    stack.template = local.replace('RetentionInDays: 30', `RetentionInDays: ${written}`);
    const { proofs } = await verify(script);
    const own = proofs.find(({ check }) => check === 'promised: log-retention');
    expect(own?.status, own?.because).toBe(status);
  });

  it('looks into what transforms have made of the template', async () => {
    const sam = `Transform: AWS::Serverless-2016-10-31\n${local}`;
    writeFileSync(join(folder, 'app.yaml'), sam);
    const stack: ScriptedStack = { template: sam, changes, parameters: parameter('Days', '30') };
    const { script } = await executed(stack);
    const processed = {
      Resources: { Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 14 } } },
    };
    const { proofs } = await verify((call, count) =>
      call.name === 'cloudformation:GetTemplate' && call.fields.get('TemplateStage') === 'Processed'
        ? xml('GetTemplate', `<TemplateBody>${JSON.stringify(processed)}</TemplateBody>`)
        : script(call, count),
    );
    expect(proofs.find(({ check }) => check === 'promised: log-retention')).toMatchObject({
      status: 'dead',
      because: expect.stringContaining('became 365 and is 14'),
    });
  });

  it('follows no link, and goes on without a record', async () => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script, record } = await executed(stack);
    const text = readFileSync(recordPath(record), 'utf8');
    rmSync(recordPath(record));
    writeFileSync(join(lab, 'elsewhere.json'), text);
    symlinkSync(join(lab, 'elsewhere.json'), recordPath(record));
    const linked = await verify(script);
    expect(linked.promised).toBe(null);
    rmSync(join(folder, '.idp-fix'), { recursive: true });
    const none = await verify(script);
    expect([none.promised, none.proofs, none.exitCode]).toEqual([null, [], 0]);
    expect(none.notes).toContain('nothing is compared with what was promised');
  });

  it('asks nothing that --show-permissions does not list', async () => {
    const { data } = await runInProcess(
      ['verify', '--stack', 'app', '--region', 'eu-west-1', '--show-permissions'],
      {
        live: wire(() => undefined).live,
      },
    );
    const { Statement } = JSON.parse(data) as { Statement: readonly { Action: readonly string[] }[] };
    const granted = Statement.flatMap(({ Action }) => Action);
    expect([...asked]).toEqual(
      expect.arrayContaining(['cloudformation:DescribeChangeSet', 'cloudformation:DescribeStackEvents']),
    );
    expect([...asked].filter((name) => name !== 'sts:GetCallerIdentity' && !granted.includes(name))).toEqual(
      [],
    );
  });

  it('goes on when AWS does not say what was executed', async () => {
    const stack: ScriptedStack = { template: local, changes, parameters: parameter('Days', '30') };
    const { script } = await executed(stack);
    const { proofs } = await verify((call, count) =>
      call.name === 'cloudformation:DescribeChangeSet'
        ? failure('AccessDenied', 'not authorized to perform: cloudformation:DescribeChangeSet', 403)
        : script(call, count),
    );
    expect(proofs).toMatchObject([{ status: 'unknown', because: expect.stringContaining('may not do') }]);
  });
});
