import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { runInProcess } from '../cli/run-in-process.js';
import { event, type ScriptedStack, scriptedAccount, template } from './scripted-account.js';
import { type Clock, type Script, wire, xml } from './wire.js';

/**
 * What goes on in AWS for longer than anybody waits, on a clock of the test: it goes on where a command pauses, and where
 * an answer takes long.
 */
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-limits-'));
beforeAll(() => writeFileSync(join(folder, 'app.yaml'), template));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const minuteMs = 60_000;

async function run(words: readonly string[], script: Script, clock: Clock = { now: 0 }) {
  const begun = clock.now;
  const line = wire(script, { clock });
  const common = ['--stack', 'app', '--format', 'json'];
  const ran = await runInProcess(['change-set', ...words, ...common], { live: line.live });
  return { ...ran, line, minutes: Math.round((clock.now - begun) / minuteMs) };
}

const create = ['create', join(folder, 'app.yaml'), '--only', 'log-retention'];

async function created(script: Script): Promise<ChangeSetRecord> {
  const { data, notes } = await run(create, script);
  if (data === '') throw new Error(notes);
  return JSON.parse(data) as ChangeSetRecord;
}

/** The calls of one name take their time. */
const slow =
  (script: Script, name: string, clock: Clock, minutes: number): Script =>
  (call, count) => {
    if (call.name === name) clock.now += minutes * minuteMs;
    return script(call, count);
  };

describe('an execution', () => {
  const stack: ScriptedStack = {};
  const unending: Script = ({ name }) =>
    name === 'cloudformation:DescribeStackEvents' && stack.executionStatus !== undefined
      ? xml('DescribeStackEvents', `<StackEvents>${event('2', 'UPDATE_IN_PROGRESS')}</StackEvents>`)
      : undefined;
  const script = scriptedAccount(stack, unending);
  let record: ChangeSetRecord;
  beforeAll(async () => {
    record = await created(script);
  });

  it('is left to itself after six hours, the hours that AWS takes to answer among them', async () => {
    const clock: Clock = { now: 0 };
    const words = ['execute', record.name, '--confirm', 'app', '--folder', folder];
    const ran = await run(words, slow(script, 'cloudformation:DescribeStackEvents', clock, 10), clock);
    expect([ran.exitCode, ran.notes.includes('app is still being updated after 6 hours')], ran.notes).toEqual(
      [4, true],
    );
    expect([ran.minutes >= 6 * 60, ran.minutes < 6 * 60 + 30]).toEqual([true, true]);
    expect(ran.notes).toContain('the update goes on (10 min)');
    expect(ran.line.notices.at(-1)).toBeUndefined();
    expect(ran.line.calls.filter(({ name }) => name === 'cloudformation:ExecuteChangeSet')).toHaveLength(1);
  });

  it('is found again by show, and is not executed twice', async () => {
    const again = await run(['execute', record.name, '--confirm', 'app', '--folder', folder], script);
    expect([again.exitCode, again.notes.includes('is being executed, or was interrupted')]).toEqual([
      3,
      true,
    ]);
    const shown = await run(['show', record.name, '--folder', folder], script);
    expect(JSON.parse(shown.data)).toMatchObject({ state: 'executed' });
  });
});

it('whose answer was lost is looked for during half a minute, however long the looks take', async () => {
  rmSync(join(folder, '.idp-fix'), { recursive: true, force: true });
  const clock: Clock = { now: 0 };
  const script = scriptedAccount({}, ({ name }) =>
    name === 'cloudformation:ExecuteChangeSet' ? { body: '', lost: true } : undefined,
  );
  const record = await created(script);
  const words = ['execute', record.name, '--confirm', 'app', '--folder', folder];
  const ran = await run(words, slow(script, 'cloudformation:DescribeChangeSet', clock, 1), clock);
  expect([ran.exitCode, ran.notes.includes('nothing has been executed')], ran.notes).toEqual([4, true]);
  const looks = ran.line.calls.filter(({ name }) => name === 'cloudformation:DescribeChangeSet');
  // One for what is asked before, and one afterwards.
  expect(looks.length).toBeLessThan(5);
});

it('a change set that is never made is given up after a quarter of an hour, however long the looks take', async () => {
  rmSync(join(folder, '.idp-fix'), { recursive: true, force: true });
  const clock: Clock = { now: 0 };
  const script = scriptedAccount({ changeSetStatus: 'CREATE_IN_PROGRESS' });
  const ran = await run(create, slow(script, 'cloudformation:DescribeChangeSet', clock, 2), clock);
  expect([ran.exitCode, ran.notes.includes('after 15 minutes')], ran.notes).toEqual([4, true]);
  expect([ran.minutes >= 15, ran.minutes < 20]).toEqual([true, true]);
});
