import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Surveyed } from '../../src/changeset/survey.js';
import { runInProcess } from '../cli/run-in-process.js';
import { allowedCalls } from './allowed-calls.js';
import { created } from './command.js';
import { changeSetId, type ScriptedStack, scriptedAccount, template } from './scripted-account.js';
import { failure, type Script, wire, xml } from './wire.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-survey-'));
  writeFileSync(join(folder, 'app.yaml'), template);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An account that lists the change set that was made in it, and others. */
function listing(
  stack: ScriptedStack,
  {
    createdAt = '2026-11-01T00:00:00Z',
    more = '',
    override,
  }: { createdAt?: string; more?: string; override?: Script } = {},
) {
  let made = '';
  const answer = scriptedAccount(stack, (call, count) => {
    const { name, fields } = call;
    if (name === 'cloudformation:CreateChangeSet') {
      made = summary(fields.get('ChangeSetName') ?? '', fields.get('Description') ?? '', createdAt);
    }
    if (name === 'cloudformation:DeleteChangeSet') made = '';
    const overridden = override?.(call, count);
    if (overridden !== undefined) return overridden;
    if (name === 'cloudformation:ListChangeSets')
      return xml('ListChangeSets', `<Summaries>${made}${more}</Summaries>`);
    return undefined;
  });
  return answer;
}

function summary(name: string, description: string, createdAt: string): string {
  return `<member><ChangeSetId>${changeSetId(name)}</ChangeSetId><ChangeSetName>${name}</ChangeSetName><Description>${description}</Description><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><CreationTime>${createdAt}</CreationTime></member>`;
}

async function survey(action: 'list' | 'clean', script: Script, ...words: string[]) {
  const line = wire(script, { allowed: allowedCalls[action] });
  const ran = await runInProcess(['change-set', action, '--folder', folder, '--format', 'json', ...words], {
    live: line.live,
  });
  expect(line.forbidden).toEqual([]);
  const list =
    action === 'list' ? (JSON.parse(ran.data) as { changeSets: readonly Surveyed[] }).changeSets : [];
  return { ...ran, line, list, said: list.map(({ standing, isRemovable }) => [standing, isRemovable]) };
}

const edit = (name: string, change: (record: Record<string, unknown>) => void) => {
  const path = join(folder, '.idp-fix', `${name}.json`);
  const record = JSON.parse(readFileSync(path, 'utf8'));
  change(record);
  writeFileSync(path, JSON.stringify(record));
};

describe('list', () => {
  it.each<[string, ScriptedStack, readonly [string, boolean]]>([
    ['nothing', {}, ['open', false]],
    ['an update of the stack', { updatedAt: '2026-11-02T00:00:00Z' }, ['stale', true]],
    [
      'another value of a parameter',
      { parameters: '<member><ParameterKey>Days</ParameterKey><ParameterValue>7</ParameterValue></member>' },
      ['stale', true],
    ],
    ['an execution elsewhere', { executionStatus: 'EXECUTE_COMPLETE' }, ['executed', false]],
    ['an execution that goes on', { executionStatus: 'EXECUTE_IN_PROGRESS' }, ['executing', false]],
    ['an execution that failed', { executionStatus: 'EXECUTE_FAILED' }, ['failed', true]],
    ['what CloudFormation calls obsolete', { executionStatus: 'OBSOLETE' }, ['stale', true]],
    ['another account', { account: '999988887777' }, ['unknown', false]],
  ])('tells how a change set stands after %s', async (_, after, said) => {
    const stack: ScriptedStack = {};
    const script = listing(stack);
    await created(folder, script);
    Object.assign(stack, after);
    const found = await survey('list', script);
    expect(found.exitCode, found.notes).toBe(0);
    expect(found.said).toEqual([said]);
  });

  it('calls one expired that is older than anybody waits', async () => {
    const script = listing({}, { createdAt: '2026-01-01T00:00:00Z' });
    await created(folder, script);
    const found = await survey('list', script, '--older-than', '10');
    expect(found.said).toEqual([['expired', true]]);
    expect((await survey('list', script, '--older-than', '3650')).said).toEqual([['open', false]]);
  });

  it('tells those that were made elsewhere, and nothing of those that idp-fix has not made', async () => {
    const more =
      summary(
        'idp-fix-other',
        `made by idp-fix, plan ${'a'.repeat(64)}, creation ${'b'.repeat(32)}`,
        '2026-11-01T00:00:00Z',
      ) + summary('mine', 'by hand', '2026-11-01T00:00:00Z');
    const script = listing({}, { more });
    const record = await created(folder, script);
    const found = await survey('list', script);
    expect(found.list.map(({ name, standing, isRemovable }) => [name, standing, isRemovable])).toEqual([
      [record.name, 'open', false],
      ['idp-fix-other', 'elsewhere', false],
    ]);
  });

  it('goes on without the list where it may not be read', async () => {
    const denied = failure(
      'AccessDenied',
      'User: me is not authorized to perform: cloudformation:ListChangeSets on resource: app',
      403,
    );
    const script = listing(
      {},
      { override: ({ name }) => (name === 'cloudformation:ListChangeSets' ? denied : undefined) },
    );
    await created(folder, script);
    const found = await survey('list', script);
    expect(found.said).toEqual([['open', false]]);
    expect(found.notes).toContain('are not known: the caller may not do cloudformation:ListChangeSets');
  });

  it('says which record cannot be read, and tells the others', async () => {
    const script = listing({});
    await created(folder, script);
    writeFileSync(join(folder, '.idp-fix', 'broken.json'), '{}');
    const found = await survey('list', script);
    expect(found.exitCode).toBe(2);
    expect(found.said).toEqual([['open', false]]);
    expect(found.notes).toContain('broken: this is not a record of a change set');
  });
});

describe('clean', () => {
  const stale = async (change: (record: Record<string, unknown>) => void = () => {}, override?: Script) => {
    const stack: ScriptedStack = {};
    const script = listing(stack, override === undefined ? {} : { override });
    const { name } = await created(folder, script);
    stack.updatedAt = '2026-11-02T00:00:00Z';
    edit(name, change);
    return { script, name };
  };
  const deleted = (calls: readonly { readonly name: string }[]) =>
    calls.filter(({ name }) => /:Delete/.test(name)).length;

  it('deletes what is stale, once', async () => {
    const { script, name } = await stale();
    const ran = await survey('clean', script, '--yes');
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.notes).toContain(`deleted the change set ${name}`);
    expect(deleted(ran.line.calls)).toBe(1);
  });

  /** Made by one session of the role `ops`; then another one calls. */
  const resumed = async (first: string, second: string) => {
    const as = (session: string) =>
      xml(
        'GetCallerIdentity',
        `<Account>111122223333</Account><Arn>arn:aws:sts::111122223333:assumed-role/${session}</Arn><UserId>y</UserId>`,
      );
    const stack: ScriptedStack = {};
    let session = first;
    const script = listing(stack, {
      override: ({ name }) => (name === 'sts:GetCallerIdentity' ? as(session) : undefined),
    });
    const { name } = await created(folder, script);
    stack.updatedAt = '2026-11-02T00:00:00Z';
    session = second;
    return { script, name };
  };

  it.each([
    ['ops/me', 'ops/you'],
    ['ops/ada@example.com', 'ops/bob@example.com'],
    ['ops/aws-sdk-js-1764345600000', 'admins/aws-sdk-js-1764345600001'],
    ['ops/aws-sdk-js-1764345600000', 'ops/ada'],
    ['ops/4711', 'ops/4712'],
  ])('leaves to %s what %s looks at', async (first, second) => {
    // The record is a file: it says what it likes, and the description of the change set counts.
    const { script, name } = await resumed(first, second);
    const ran = await survey('clean', script, '--yes');
    expect([ran.exitCode, deleted(ran.line.calls)]).toEqual([0, 0]);
    expect(ran.notes).toContain('nothing to clean');
    const listed = await survey('list', script);
    expect(listed.list[0]?.because).toContain(
      `made by another caller, so clean leaves it; change-set reject ${name} takes it away`,
    );
  });

  it.each([
    ['ops/aws-sdk-js-1764345600000', 'ops/aws-sdk-js-1764349200000'],
    ['ops/botocore-session-1764345600', 'ops/aws-sdk-js-session-1764349200000'],
    [
      'ops/AWSCodeBuild-01234567-89ab-cdef-0123-456789abcdef',
      'ops/AWSCodeBuild-fedcba98-7654-3210-fedc-ba9876543210',
    ],
    ['ops/i-0123456789abcdef0', 'ops/i-0fedcba9876543210'],
    ['ops/0123456789abcdef0123456789abcdef', 'ops/fedcba9876543210fedcba9876543210'],
    ['ops/1764345600000', 'ops/1764349200000'],
  ])('takes what %s has made for %s, whose session a program has named', async (first, second) => {
    const { script } = await resumed(first, second);
    const ran = await survey('clean', script, '--yes');
    expect([ran.exitCode, deleted(ran.line.calls)], ran.notes).toEqual([0, 1]);
  });

  it('leaves what the record is not of', async () => {
    const { script } = await stale((record) => {
      record.creation = 'c'.repeat(32);
    });
    const ran = await survey('clean', script, '--yes');
    expect([ran.exitCode, deleted(ran.line.calls)]).toEqual([0, 0]);
    expect((await survey('list', script)).said).toEqual([['foreign', false]]);
  });

  it('says what it could not delete, and ends in that code', async () => {
    const denied = failure(
      'AccessDenied',
      'User: me is not authorized to perform: cloudformation:DeleteChangeSet on resource: app',
      403,
    );
    const { script, name } = await stale(undefined, (call) =>
      call.name === 'cloudformation:DeleteChangeSet' ? denied : undefined,
    );
    const ran = await survey('clean', script, '--yes');
    expect(ran.exitCode).toBe(4);
    expect(ran.notes).toContain(`${name}: the caller may not do cloudformation:DeleteChangeSet`);
  });
});
