import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { created, run } from './command.js';
import {
  describeChangeSet,
  event,
  type ScriptedStack,
  scriptedAccount,
  template,
} from './scripted-account.js';
import { type Call, failure, type Reply, type Script, xml } from './wire.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-answers-'));
  // Too large to be sent, so it is uploaded.
  writeFileSync(join(folder, 'app.yaml'), `${template}#${'x'.repeat(60_000)}\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const page = (status: number): Reply => ({ status, type: 'text/html', body: '<html>please log in</html>' });

/** What comes back on the way, where AWS has done what it was asked. */
const lost: readonly (readonly [string, Reply])[] = [
  ['a page with 200', page(200)],
  ['a page with 400', page(400)],
  ['a page with 403', page(403)],
  ['a page with 404', page(404)],
  ['a page with 407', page(407)],
  ['a page with 408', page(408)],
  ['a page with 429', page(429)],
  ['a page with 502', page(502)],
  ['nothing but 408', { status: 408, body: '' }],
  ['text that is no XML', { status: 400, type: 'text/plain', body: 'Bad Request' }],
  ['a page that says it is XML', { status: 200, body: '<html>please log in</html>' }],
  ['no HTTP', { body: '', broken: 'HPE_INVALID_CONSTANT' }],
  ['a broken connection', { body: '', lost: true }],
  ['a failing server', failure('InternalFailure', 'try again', 500)],
];

/** AWS does what it is asked, and something else comes back. */
function answering(script: Script, name: string, reply: Reply): Script {
  return (call, count) => {
    const answer = script(call, count);
    return call.name === name ? reply : answer;
  };
}

const calls = (name: string, made: readonly Call[]) => made.filter((call) => call.name === name);

describe.each(lost)('an answer that is lost behind %s', (_, reply) => {
  it('is no refusal of CreateChangeSet: the change set is looked up and taken up', async () => {
    const objects = new Map<string, Readonly<Record<string, string>>>();
    const script = answering(scriptedAccount({ objects }), 'cloudformation:CreateChangeSet', reply);
    const ran = await run(folder, 'create', [], script);
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(calls('cloudformation:CreateChangeSet', ran.line.calls)).toHaveLength(1);
    expect(JSON.parse(ran.data)).toMatchObject({ state: 'created' });
    expect(objects.size).toBe(1);
  });

  it('leaves the uploads where the change set has not come into sight, and says so', async () => {
    const objects = new Map<string, Readonly<Record<string, string>>>();
    const script = scriptedAccount({ objects }, ({ name }) =>
      name === 'cloudformation:CreateChangeSet' ? reply : undefined,
    );
    const ran = await run(folder, 'create', [], script);
    expect([ran.exitCode, ran.notes.includes('may exist')]).toEqual([4, true]);
    expect(ran.notes).toContain('it is not known whether the change set was made');
    expect(objects.size).toBe(1);
  });

  it('is no refusal of ExecuteChangeSet: the change set itself says whether it is executed', async () => {
    const script = answering(scriptedAccount(), 'cloudformation:ExecuteChangeSet', reply);
    const { name } = await created(folder, script);
    const ran = await run(folder, 'execute', [name, '--confirm', 'app'], script);
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(calls('cloudformation:ExecuteChangeSet', ran.line.calls)).toHaveLength(1);
    expect(ran.notes).toContain('app is updated');
  });
});

describe('an answer that is none of AWS', () => {
  const asked = [
    'sts:GetCallerIdentity',
    'cloudformation:DescribeStacks',
    'cloudformation:GetTemplate',
    'cloudformation:ListStackResources',
    'cloudformation:DescribeChangeSet',
  ];
  const wrong = asked.flatMap((name) => [
    [name, page(200)] as const,
    [name, { body: '<html>please log in</html>' }] as const,
    [name, { body: '' }] as const,
  ]);
  it.each(wrong)(
    'to %s is an error, and never an empty account or nothing to do: %o',
    async (name, reply) => {
      const objects = new Map<string, Readonly<Record<string, string>>>();
      const script = scriptedAccount({ objects }, (call) => (call.name === name ? reply : undefined));
      const ran = await run(folder, 'create', [], script);
      expect(ran.exitCode, ran.notes).toBe(4);
      expect(ran.notes).toMatch(new RegExp(`${name} on .* failed: `));
      expect(ran.notes).not.toContain('nothing to do');
      expect(ran.line.names()).not.toContain('cloudformation:DeleteChangeSet');
    },
  );

  it('to what says it has deleted is an error', async () => {
    const script = scriptedAccount();
    const { name } = await created(folder, script);
    const ran = await run(folder, 'reject', [name], (call, count) =>
      call.name === 'cloudformation:DeleteChangeSet' ? page(200) : script(call, count),
    );
    expect([ran.exitCode, ran.notes.includes('deleted the change set')]).toEqual([4, false]);
    const record = JSON.parse(readFileSync(join(folder, '.idp-fix', `${name}.json`), 'utf8'));
    expect(record.state).toBe('created');
  });
});

describe('a list without an end', () => {
  const again = '<NextToken>again</NextToken>';
  it.each<[string, Reply]>([
    ['cloudformation:ListStackResources', xml('ListStackResources', `<StackResourceSummaries/>${again}`)],
    [
      'cloudformation:DescribeChangeSet',
      describeChangeSet({ name: 'x', description: '', nextToken: 'again' }),
    ],
  ])('is an error: %s', async (name, reply) => {
    const script = scriptedAccount({}, (call) => (call.name === name ? reply : undefined));
    const ran = await run(folder, 'create', [], script);
    expect(ran.exitCode, ran.notes).toBe(4);
    expect(ran.notes).toContain('go round in a circle');
    expect(ran.line.names()).not.toContain('cloudformation:DeleteChangeSet');
  });

  it('is an error while an execution is watched', async () => {
    const script = scriptedAccount();
    const { name } = await created(folder, script);
    const ran = await run(folder, 'execute', [name, '--confirm', 'app'], (call, count) =>
      call.name === 'cloudformation:DescribeStackEvents' && call.fields.get('NextToken') !== null
        ? xml('DescribeStackEvents', `<StackEvents>${event('0', 'X')}</StackEvents>${again}`)
        : call.name === 'cloudformation:DescribeStackEvents' && count > 1
          ? xml(
              'DescribeStackEvents',
              `<StackEvents>${event('9', 'UPDATE_IN_PROGRESS')}</StackEvents>${again}`,
            )
          : script(call, count),
    );
    expect([ran.exitCode, ran.notes.includes('go round in a circle')]).toEqual([4, true]);
  });
});

describe('a change set in a state that leads nowhere', () => {
  it.each<[ScriptedStack, string]>([
    [{ executionStatus: 'UNAVAILABLE' }, 'CREATE_COMPLETE, UNAVAILABLE'],
    [{ executionStatus: 'OBSOLETE' }, 'CREATE_COMPLETE, OBSOLETE'],
    [{ changeSetStatus: 'DELETE_PENDING', executionStatus: 'UNAVAILABLE' }, 'DELETE_PENDING, UNAVAILABLE'],
    [{ changeSetStatus: 'DELETE_FAILED' }, 'DELETE_FAILED, AVAILABLE'],
    [{ changeSetStatus: 'SOMETHING_NEW' }, 'SOMETHING_NEW, AVAILABLE'],
  ])('is told as it is, and stays: %o', async (state, said) => {
    const stack: ScriptedStack = { objects: new Map(), ...state };
    const ran = await run(folder, 'create', [], scriptedAccount(stack));
    expect(ran.exitCode, ran.notes).toBe(4);
    expect(ran.notes).toContain(said);
    expect(ran.notes).not.toContain('recorded in');
    expect(ran.line.names()).not.toContain('cloudformation:DeleteChangeSet');
    expect(stack.objects?.size).toBe(1);
  });
});

it('gives up a change set that is never made, says every minute what it waits for, and what is left', async () => {
  const stack: ScriptedStack = { objects: new Map(), changeSetStatus: 'CREATE_IN_PROGRESS' };
  const ran = await run(folder, 'create', [], scriptedAccount(stack));
  expect(ran.exitCode, ran.notes).toBe(4);
  expect(ran.line.pauses.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(890_000);
  for (const minutes of [1, 2, 14]) {
    expect(ran.notes).toContain(`CloudFormation works out the changes: CREATE_IN_PROGRESS (${minutes} min)`);
  }
  expect(ran.notes).toMatch(/still works on the change set \S+ after 15 minutes/);
  expect(ran.notes).toMatch(/change-set reject idp-fix-\w+ --stack app .* takes them away/);
});

describe('what validation found and may not be read', () => {
  const denied = failure(
    'AccessDenied',
    'User: me is not authorized to perform: cloudformation:DescribeEvents on resource: app',
    403,
  );
  const script = () =>
    scriptedAccount({}, ({ name }) => (name === 'cloudformation:DescribeEvents' ? denied : undefined));

  it('is said, on the way and in the review', async () => {
    const ran = await run(folder, 'create', [], script());
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.notes).toContain('could not be checked: what early validation and hooks found: ');
    const because = 'the caller may not do cloudformation:DescribeEvents on app';
    expect(JSON.parse(ran.data)).toMatchObject({
      warnings: [`what validation found cannot be read: ${because}`],
      checks: expect.arrayContaining([expect.objectContaining({ status: 'unchecked', because })]),
    });
  });

  it('is refused with --strict, and nothing is left', async () => {
    const ran = await run(folder, 'create', ['--strict'], script());
    expect(ran.exitCode, ran.notes).toBe(3);
    expect(ran.notes).toContain('nothing was created: what early validation and hooks found');
    expect(ran.line.names()).toEqual(
      expect.arrayContaining(['cloudformation:DeleteChangeSet', 's3:DeleteObject']),
    );
  });
});
