import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { change, detail, type ScriptedStack, scriptedAccount } from './scripted-account.js';
import { json, wire } from './wire.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-attribution-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const deployed = `Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::111122223333:role/fn
      Code: { ZipFile: 'def handler(e, c): return 1' }
  Rule:
    Type: AWS::Events::Rule
    Properties: { ScheduleExpression: rate(1 hour), Targets: [{ Id: a, Arn: !GetAtt Fn.Arn }] }
`;
const local = deployed.replace('return 1', 'os.system(e)');
const fn = 'AWS::Lambda::Function';
const code = detail('Code', { before: '{"ZipFile":"return 1"}', after: '{"ZipFile":"os.system(e)"}' });
const reserves = detail('ReservedConcurrentExecutions', { after: '10' });

interface Reviewed {
  readonly name: string;
  readonly changes: readonly {
    readonly logicalId: string;
    readonly remediations: readonly string[];
    readonly surprise: string | null;
    readonly properties: readonly {
      readonly path: string;
      readonly remediations: readonly string[];
      readonly surprise: string | null;
    }[];
  }[];
}

async function created(text: string, stack: ScriptedStack, ...more: string[]) {
  const path = join(folder, 'app.yaml');
  writeFileSync(path, text);
  const asked: string[] = [];
  const line = wire(
    scriptedAccount({ parameters: '', ...stack }, ({ name }) =>
      name === 'lambda:GetAccountSettings'
        ? json({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 } })
        : undefined,
    ),
  );
  const live = {
    ...line.live,
    ask: async (question: string) => {
      asked.push(question);
      return 'app';
    },
  };
  const run = (...words: string[]) => runInProcess(['change-set', ...words, '--stack', 'app'], { live });
  const made = await run(
    'create',
    path,
    '--only',
    'lambda-reserved-concurrency',
    '--format',
    'json',
    ...more,
  );
  expect(made.exitCode, made.notes).toBe(0);
  return { run, asked, record: JSON.parse(made.data) as Reviewed };
}

const asksFor = 'lambda-reserved-concurrency';
const differs = 'the local template differs from the deployed one here';

describe('a function whose code differs locally, and that a patch changes elsewhere', () => {
  const changes = change({ logicalId: 'Fn', type: fn, details: reserves + code });

  it('has its code under what no patch asks for', async () => {
    const { record } = await created(local, { template: deployed, changes });
    const [one] = record.changes;
    expect([one?.remediations, one?.surprise]).toEqual([[asksFor], differs]);
    expect(one?.properties.map(({ path, ...of }) => [path, of.remediations, of.surprise])).toEqual([
      ['/Properties/Code/ZipFile', [], differs],
      ['/Properties/ReservedConcurrentExecutions', [asksFor], null],
    ]);
  });

  it('is told apart in every form, and counted before it is executed', async () => {
    const { run, asked, record } = await created(local, { template: deployed, changes });
    const shown = (await run('show', record.name, '--folder', folder)).data;
    expect(shown.split('\n')[0]).toContain('1 change in 1 stack, 1 of them not, or not wholly, asked for');
    const [first = '', second = ''] = shown.split('\nAsked for\n');
    expect([first.includes('os.system'), first.includes('ReservedConcurrent')]).toEqual([true, false]);
    expect([second.includes('os.system'), second.includes('ReservedConcurrent')]).toEqual([false, true]);
    const page = (await run('show', record.name, '--folder', folder, '--format', 'html')).data;
    expect(page).toContain('1 is not, or not wholly, asked for by a patch');
    expect(page.indexOf('/Properties/Code/ZipFile')).toBeLessThan(
      page.indexOf('ReservedConcurrentExecutions</code>'),
    );
    await run('execute', record.name, '--folder', folder);
    expect(asked).toEqual([
      '1 change, 1 of them not, or not wholly, asked for by a patch. Type the name of the stack to execute: ',
    ]);
  });
});

it('does not take a role for generated where no transform generates anything', async () => {
  const role = change({ logicalId: 'FnRole', type: 'AWS::IAM::Role', action: 'Add' });
  const changes = change({ logicalId: 'Fn', type: fn, details: reserves }) + role;
  const { record } = await created(deployed, { template: deployed, changes });
  expect(record.changes.map(({ logicalId, surprise }) => [logicalId, surprise !== null])).toEqual([
    ['FnRole', true],
    ['Fn', false],
  ]);
});

it('does not explain a resource that the local template adds by what a patch does to it', async () => {
  const added =
    deployed + deployed.slice(deployed.indexOf('  Fn:'), deployed.indexOf('  Rule:')).replace('Fn:', 'New:');
  const changes = change({ logicalId: 'New', type: fn, action: 'Add' });
  const { record } = await created(added, { template: deployed, changes });
  expect(record.changes[0]?.surprise).toBe('the local template adds it');
});

it('explains nothing that SAM makes of a resource that differs locally', async () => {
  const sam = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties: { Runtime: python3.12, Handler: index.handler, InlineCode: 'def handler(e, c): return 1', Events: { Tick: { Type: Schedule, Properties: { Schedule: rate(1 hour) } } } }
`;
  const changes =
    change({ logicalId: 'FnRole', type: 'AWS::IAM::Role', details: detail('Policies') }) +
    change({ logicalId: 'Fn', type: fn, details: reserves });
  const surprises = async (text: string) =>
    (await created(text, { template: sam, changes })).record.changes.map(({ logicalId, surprise }) => [
      logicalId,
      surprise,
    ]);
  expect(await surprises(sam)).toEqual([
    ['Fn', null],
    ['FnRole', null],
  ]);
  rmSync(join(folder, '.idp-fix'), { recursive: true });
  expect(await surprises(sam.replace('return 1', 'return 2'))).toEqual([
    ['FnRole', differs],
    ['Fn', null],
  ]);
});

it('needs no bucket where parameters alone change, however large the template', async () => {
  const large = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /large, RetentionInDays: !Ref Days }
# ${'x'.repeat(60_000)}
`;
  const before = process.cwd();
  process.chdir(folder);
  try {
    const parameters =
      '<member><ParameterKey>Days</ParameterKey><ParameterValue>30</ParameterValue></member>';
    const line = wire(scriptedAccount({ template: large, parameters }));
    const words = ['change-set', 'create', '--stack', 'app', '--only', 'log-retention', '--format', 'json'];
    const made = await runInProcess(words, { live: line.live });
    expect(made.exitCode, made.notes).toBe(0);
    expect(JSON.parse(made.data)).toMatchObject({ source: 'parameters', uploads: [] });
    const sent = line.calls.find(({ name }) => name === 'cloudformation:CreateChangeSet');
    expect(sent?.fields.get('UsePreviousTemplate')).toBe('true');
  } finally {
    process.chdir(before);
  }
});
