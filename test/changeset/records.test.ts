import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { contentsOf } from '../cli/run-in-process.js';
import { created, run } from './command.js';
import {
  change,
  changeSetId,
  detail,
  type ScriptedStack,
  scriptedAccount,
  template,
} from './scripted-account.js';
import { failure } from './wire.js';

/** Two people with a folder each, in one account. */
const people: Record<'anna' | 'ben', string> = { anna: '', ben: '' };
beforeEach(() => {
  for (const name of ['anna', 'ben'] as const) {
    people[name] = mkdtempSync(join(tmpdir(), `idp-fix-${name}-`));
    // Too large to be sent, so it is uploaded.
    writeFileSync(join(people[name], 'app.yaml'), `${template}#${'x'.repeat(60_000)}\n`);
  }
});
afterEach(() => {
  for (const folder of Object.values(people)) rmSync(folder, { recursive: true, force: true });
});

const recordPath = (folder: string, name: string) => join(folder, '.idp-fix', `${name}.json`);

function edit(folder: string, name: string, changed: Partial<Record<keyof ChangeSetRecord, unknown>>): void {
  const path = recordPath(folder, name);
  const record = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...record, ...changed }));
}

const denied = failure(
  'AccessDenied',
  'User: ben is not authorized to perform: cloudformation:CreateChangeSet on resource: app',
  403,
);
const taken = failure('AlreadyExistsException', 'ChangeSet already exists');

/** An account in which a change set can be refused to whoever asks for one. */
function sharedAccount(stack: ScriptedStack = {}) {
  const objects = new Map<string, Readonly<Record<string, string>>>();
  const answers: { create: ReturnType<typeof failure> | undefined } = { create: undefined };
  const script = scriptedAccount({ objects, ...stack }, ({ name }) =>
    name === 'cloudformation:CreateChangeSet' ? answers.create : undefined,
  );
  return { objects, answers, script };
}

describe('two creations of one plan', () => {
  it('have no upload in common, and a refused one takes only its own away', async () => {
    const { objects, answers, script } = sharedAccount();
    const first = await created(people.anna, script);
    const uploaded = [...objects.keys()];
    expect(uploaded).toEqual([`mine/${first.uploads[0]?.key}`]);
    answers.create = denied;
    const refused = await run(people.ben, 'create', [], script);
    expect(refused.exitCode).toBe(4);
    expect(refused.line.names()).toContain('s3:DeleteObject');
    expect([...objects.keys()]).toEqual(uploaded);
    const executed = await run(people.anna, 'execute', [first.name, '--confirm', 'app'], script);
    expect(executed.exitCode, executed.notes).toBe(0);
  });

  it('are one change set when the second finds the first, whose uploads stay with the first', async () => {
    const { objects, answers, script } = sharedAccount();
    const first = await created(people.anna, script);
    answers.create = taken;
    const second = await run(people.ben, 'create', [], script);
    expect(second.exitCode, second.notes).toBe(0);
    expect(second.notes).toContain(`another run has made ${first.name} of the same plan`);
    expect(JSON.parse(second.data)).toMatchObject({ creation: first.creation, uploads: [], arn: first.arn });
    expect([...objects.keys()]).toEqual([`mine/${first.uploads[0]?.key}`]);
    const rejected = await run(people.ben, 'reject', [first.name], script);
    expect(rejected.notes).toContain(`deleted the change set ${first.name}`);
    expect(objects.size).toBe(1);
    const swept = await run(people.anna, 'reject', [first.name], script);
    expect([swept.exitCode, objects.size]).toEqual([0, 0]);
  });

  it.each([
    ['FAILED', 'Transform failed', 4],
    ['FAILED', "The submitted information didn't contain changes.", 0],
  ])(
    'leave a change set of the other one that is %s: %s',
    async (changeSetStatus, changeSetReason, exitCode) => {
      const stack: ScriptedStack = { objects: new Map() };
      let isTaken = false;
      const script = scriptedAccount(stack, ({ name }) =>
        name === 'cloudformation:CreateChangeSet' && isTaken ? taken : undefined,
      );
      await created(people.anna, script);
      isTaken = true;
      Object.assign(stack, { changeSetStatus, changeSetReason, changes: '' });
      const ran = await run(people.ben, 'create', [], script);
      expect(ran.exitCode, ran.notes).toBe(exitCode);
      expect(ran.line.names()).not.toContain('cloudformation:DeleteChangeSet');
      expect(stack.objects?.size).toBe(1);
    },
  );

  it('from one folder are one creation: a refusal of the second leaves record and uploads', async () => {
    const { objects, answers, script } = sharedAccount();
    const first = await created(people.anna, script);
    const before = contentsOf(people.anna);
    answers.create = denied;
    const again = await run(people.anna, 'create', [], script);
    expect(again.exitCode).toBe(4);
    expect(contentsOf(people.anna)).toEqual(before);
    expect([...objects.keys()]).toEqual([`mine/${first.uploads[0]?.key}`]);
    answers.create = taken;
    const found = await created(people.anna, script);
    expect(found).toEqual(first);
  });

  it('with secret values are never one', async () => {
    const { objects, answers, script } = sharedAccount();
    await created(people.anna, script, '--parameters', 'Secret=hunter2');
    const before = contentsOf(people.anna);
    answers.create = taken;
    const again = await run(people.anna, 'create', ['--parameters', 'Secret=hunter3'], script);
    expect([again.exitCode, again.notes.includes('the same values for NoEcho parameters')]).toEqual([
      3,
      true,
    ]);
    expect([contentsOf(people.anna), objects.size]).toEqual([before, 1]);
  });
});

describe('a record', () => {
  it('is for its owner alone, and git passes it over', async () => {
    const { name } = await created(people.anna, sharedAccount().script);
    const modes = ['.gitignore', `${name}.json`, `${name}.previous.template`].map(
      (file) => lstatSync(join(people.anna, '.idp-fix', file)).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    expect(readFileSync(join(people.anna, '.idp-fix', '.gitignore'), 'utf8')).toBe('*\n');
  });

  it.each<[string, Partial<Record<keyof ChangeSetRecord, unknown>>]>([
    ['a name that leads elsewhere', { name: '../package' }],
    ['the name of another change set', { name: 'idp-fix-other' }],
    ['an ARN of another change set', { arn: changeSetId('other') }],
    ['the ARN of another account', { arn: 'arn:aws:cloudformation:eu-west-1:999999999999:changeSet/x/1' }],
    ['a stack of another region', { region: 'eu-central-1' }],
    ['no stack', { stack: { name: '../app', id: 'x', updatedAt: '' } }],
    [
      'a template outside',
      { templates: [{ path: 'x', file: '../x', localSha256: null, submittedSha256: '0'.repeat(64) }] },
    ],
    ['a bucket that is none', { uploads: [{ bucket: 'a;b', key: 'k' }] }],
    ['no creation', { creation: undefined }],
  ])('with %s is refused by every command, and nothing is written', async (_, changed) => {
    const { script } = sharedAccount();
    const { name } = await created(people.anna, script);
    writeFileSync(join(people.anna, 'package.json'), '{"name":"my-app"}');
    edit(people.anna, name, { state: 'executing', ...changed });
    const before = contentsOf(people.anna);
    for (const action of ['show', 'execute', 'reject'] as const) {
      const words = action === 'execute' ? [name, '--confirm', 'app'] : [name];
      const ran = await run(people.anna, action, words, script);
      expect([ran.exitCode, ran.notes.includes('this is not a record of a change set')]).toEqual([2, true]);
      expect(ran.line.names().filter((call) => /Delete|Execute/.test(call))).toEqual([]);
    }
    expect(contentsOf(people.anna)).toEqual(before);
  });

  it.each(['../package', 'a/b', '..', 'x'.repeat(129)])('is not looked for by the name %s', async (name) => {
    for (const action of ['show', 'execute', 'reject'] as const) {
      const ran = await run(people.anna, action, [name], sharedAccount().script);
      expect([ran.exitCode, ran.notes.includes('is no name for a change set')]).toEqual([2, true]);
    }
  });

  it('deletes no object that was not uploaded for its change set', async () => {
    const { objects, script } = sharedAccount();
    const { name, creation, uploads } = await created(people.anna, script);
    const foreign = ['prod/ledger.csv', `x/${creation}/planted.csv`].map((key) => ({ bucket: 'mine', key }));
    for (const { bucket, key } of foreign) objects.set(`${bucket}/${key}`, {});
    // Of another run, with a record that names it as its own.
    const other = await created(people.ben, script, '--parameters', 'Days=90');
    edit(people.anna, name, { uploads: [...foreign, ...other.uploads, ...uploads] });
    const ran = await run(people.anna, 'reject', [name], scriptedAccount({ objects }));
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.notes).toContain('left s3://mine/prod/ledger.csv: it was not uploaded for this change set');
    expect([...objects.keys()].sort()).toEqual(
      [...foreign, ...other.uploads].map(({ bucket, key }) => `${bucket}/${key}`).sort(),
    );
  });

  it('of another account than the one connected to rejects nothing', async () => {
    const { objects, script } = sharedAccount();
    const { name } = await created(people.anna, script);
    const elsewhere = scriptedAccount({ objects, account: '999999999999' });
    const ran = await run(people.anna, 'reject', [name], elsewhere);
    expect([ran.exitCode, objects.size]).toEqual([3, 1]);
  });

  it('that claims another creation rejects nothing', async () => {
    const { objects, script } = sharedAccount();
    const { name } = await created(people.anna, script);
    edit(people.anna, name, { creation: 'a'.repeat(32) });
    const ran = await run(people.anna, 'reject', [name], script);
    expect([ran.exitCode, ran.notes.includes('is not the one of the record')]).toEqual([3, true]);
    expect(ran.line.names()).not.toContain('cloudformation:DeleteChangeSet');
    expect(objects.size).toBe(1);
  });

  it('that hides an execution leaves the templates the stack refers to', async () => {
    const stack: ScriptedStack = { objects: new Map() };
    const script = scriptedAccount(stack);
    const { name, uploads } = await created(people.anna, script);
    const executed = await run(people.anna, 'execute', [name, '--confirm', 'app'], script);
    expect(executed.exitCode, executed.notes).toBe(0);
    stack.template = `${template}# https://mine.s3.eu-west-1.amazonaws.com/${uploads[0]?.key}\n`;
    edit(people.anna, name, { state: 'created' });
    const ran = await run(people.anna, 'reject', [name], script);
    expect(ran.notes).toContain('its uploads stay');
    expect(stack.objects?.size).toBe(1);
  });

  it('does not decide what may be lost: the change set itself is asked', async () => {
    const changes = change({
      logicalId: 'Logs',
      replacement: 'True',
      details: detail('LogGroupName', { recreation: 'Always' }),
    });
    const script = scriptedAccount({ changes });
    const made = await run(people.anna, 'create', [], script);
    expect(made.exitCode, made.notes).toBe(3);
    const record = JSON.parse(made.data) as ChangeSetRecord;
    const lossless = record.changes.map((each) => ({ ...each, loses: false, replacement: 'wont' }));
    for (const changed of [{ changes: lossless }, { changes: record.changes, allowed: ['Logs'] }]) {
      edit(people.anna, record.name, changed);
      const ran = await run(people.anna, 'execute', [record.name, '--confirm', 'app'], script);
      expect(ran.exitCode, ran.notes).toBe(3);
      expect(ran.line.names()).not.toContain('cloudformation:ExecuteChangeSet');
    }
    const agreed = await created(people.ben, script, '--allow-replacement', 'Logs');
    const done = await run(people.ben, 'execute', [agreed.name, '--confirm', 'app'], script);
    expect(done.exitCode, done.notes).toBe(0);
  });

  it('lies in a folder, and not where a file has its name', async () => {
    const { script } = sharedAccount();
    writeFileSync(join(people.anna, '.idp-fix'), 'a file\n');
    const refused = await run(people.anna, 'create', [], script);
    expect([refused.exitCode, refused.notes.includes('this is no folder')], refused.notes).toEqual([2, true]);
    expect(refused.line.names()).not.toContain('cloudformation:CreateChangeSet');
    expect(readFileSync(join(people.anna, '.idp-fix'), 'utf8')).toBe('a file\n');
  });

  it('is no symbolic link, nor lies behind one', async () => {
    const { script } = sharedAccount();
    const { name } = await created(people.anna, script);
    const victim = join(people.ben, 'package.json');
    writeFileSync(victim, readFileSync(recordPath(people.anna, name), 'utf8'));
    const before = readFileSync(victim, 'utf8');
    edit(people.anna, name, { state: 'executing' });
    rmSync(recordPath(people.anna, name));
    symlinkSync(victim, recordPath(people.anna, name));
    const shown = await run(people.anna, 'show', [name], script);
    expect([shown.exitCode, shown.notes.includes('symbolic link')]).toEqual([2, true]);
    const recreated = await run(people.anna, 'create', [], script);
    expect([recreated.exitCode, recreated.line.names().includes('cloudformation:CreateChangeSet')]).toEqual([
      2,
      false,
    ]);
    expect(readFileSync(victim, 'utf8')).toBe(before);

    const elsewhere = join(people.ben, 'elsewhere');
    mkdirSync(elsewhere);
    rmSync(join(people.anna, '.idp-fix'), { recursive: true });
    symlinkSync(elsewhere, join(people.anna, '.idp-fix'));
    const linked = await run(people.anna, 'create', [], script);
    expect([linked.exitCode, linked.notes.includes('symbolic link')]).toEqual([2, true]);
    expect([existsSync(recordPath(elsewhere, name)), contentsOf(elsewhere)]).toEqual([false, {}]);
  });
});
