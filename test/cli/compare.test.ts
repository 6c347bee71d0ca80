import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/compare/compare.js';
import { projectFolder, runInProcess } from './run-in-process.js';

const accelerator = join(projectFolder, '..', 'shared', 'data', 'idp-v0.3.4', 'template.yaml');
let folder = '';
const at = (name: string) => join(folder, name);
const edit = (path: string, change: (text: string) => string) =>
  writeFileSync(at(path), change(readFileSync(at(path), 'utf8')));
const compare = async (...words: readonly string[]) => {
  const ran = await runInProcess(['--compare', at('v1/template.yaml'), at('v2/template.yaml'), ...words]);
  return ran;
};
const compared = async (...words: readonly string[]): Promise<Comparison> =>
  JSON.parse((await compare('--format', 'json', ...words)).data);
const changesOf = ({ entries }: Comparison, logicalId: string) =>
  Object.fromEntries(
    entries
      .filter((entry) => entry.logicalId === logicalId)
      .map((entry) => [entry.remediation, entry.change]),
  );

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-compare-'));
  for (const release of ['v1', 'v2']) {
    cpSync(join(projectFolder, 'examples', 'document-pipeline'), at(release), { recursive: true });
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('idp-fix --compare', () => {
  it('has nothing to look at in the same release', async () => {
    const { exitCode, data, notes } = await compare();
    expect({ exitCode, notes }).toEqual({ exitCode: 0, notes: '' });
    expect(data).toMatch(/0 that it does itself, 0 no longer needed,\s+nothing to look at\./);
    expect(new Set((await compared()).entries.map(({ change }) => change))).toEqual(
      new Set(['open', 'again']),
    );
  });

  it('says what upstream does itself, what is gone, and what is new', async () => {
    // Upstream sets the concurrency of one function, renames another, and adds a log group of its own.
    edit('v2/template.yaml', (text) =>
      text
        .replace('  CleanUp:\n', '  NightlyCleanUp:\n')
        .replace(
          '      CodeUri: functions/register_upload\n',
          '      CodeUri: functions/register_upload\n      ReservedConcurrentExecutions: 60\n',
        )
        .replace(
          'Resources:\n',
          'Resources:\n  AddedLogs:\n    Type: AWS::Logs::LogGroup\n    Properties: {RetentionInDays: 3}\n',
        ),
    );
    const comparison = await compared();
    expect(changesOf(comparison, 'RegisterUpload')).toMatchObject({
      'lambda-reserved-concurrency': 'upstream',
      'lambda-environment-encryption': 'again',
    });
    expect(changesOf(comparison, 'CleanUp')['lambda-dead-letter-queue']).toBe('gone');
    expect(changesOf(comparison, 'NightlyCleanUp')).toMatchObject({
      'lambda-dead-letter-queue': 'covered',
      'lambda-code-signing': 'uncovered',
    });
    expect(changesOf(comparison, 'AddedLogs')).toMatchObject({ 'log-retention': 'covered' });
    const { exitCode, data } = await compare();
    expect(exitCode).toBe(1);
    expect(data).toMatch(
      /the new release does it itself: 1\n {2}lambda-reserved-concurrency: RegisterUpload\n/,
    );
    expect(data.split('\n').filter((line) => line.length > 80 && !line.startsWith('/'))).toEqual([]);
  });

  it('takes a copy with the fixes for the old release as well', async () => {
    await runInProcess([at('v1/template.yaml'), '--apply', '--include', 'review']);
    const changes = changesOf(await compared('--only', 'lambda-reserved-concurrency'), 'RegisterUpload');
    expect(changes).toEqual({ 'lambda-reserved-concurrency': 'regressed' });
  });

  it('says what the policy says of nothing in the new release', async () => {
    writeFileSync(
      at('v2/idp-fix.policy.yaml'),
      'functions:\n  - {logicalId: CleanUp, type: administrative}\nparameters:\n  values: {StageName: x}\ndeviations:\n  - {remediation: lambda-dead-letter-queue, logicalId: CleanUp, reason: r, owner: o, date: 2025-01-01, expires: 2027-01-01}\n',
    );
    expect((await compare()).exitCode).toBe(0);
    edit('v2/template.yaml', (text) =>
      text.replace('  CleanUp:\n', '  Nightly:\n').replaceAll('StageName', 'StageId'),
    );
    const { withoutEffect, entries } = await compared();
    expect(withoutEffect).toEqual([
      'functions[0] is about CleanUp, which is nowhere in these templates',
      'the exception from lambda-dead-letter-queue for CleanUp has no effect: there is nothing it accepts',
      'parameters.values has StageName, which no root template has',
    ]);
    expect(
      entries.find(
        ({ logicalId, remediation }) => logicalId === 'CleanUp' && remediation === 'lambda-dead-letter-queue',
      ),
    ).toMatchObject({
      change: 'gone',
      before: { verdict: 'accepted' },
      after: null,
    });
  });

  it('takes parameter values that only the new release has', async () => {
    edit('v2/template.yaml', (text) =>
      text.replace('Parameters:\n', 'Parameters:\n  Added: {Type: String}\n'),
    );
    expect(await compare('--parameters', 'Added=1', '--parameters', 'LogLevel=INFO')).toMatchObject({
      exitCode: 0,
      notes: '',
    });
    expect((await compare('--parameters', 'Nope=1')).notes).toMatch(/no root template has a parameter Nope/);
  });

  it('writes to a file', async () => {
    const ran = await compare('--format', 'json', '--output', at('c.json'));
    expect(ran).toEqual({ exitCode: 0, data: '', notes: '' });
    expect(JSON.parse(readFileSync(at('c.json'), 'utf8'))).toMatchObject({
      format: 'idp-fix/comparison',
      version: 1,
    });
  });

  it.each([
    [['other.yaml'], 2, /--compare takes one template\n {2}say idp-fix --compare OLD NEW/],
    [['--apply'], 2, /--compare and --apply do not go together/],
    [['--baseline', 'b.json'], 2, /--compare and --baseline do not go together/],
    [['--format', 'diff'], 2, /--compare has no form diff\n {2}there are text and json/],
    [['--only', 'log-retenton'], 2, /did you mean log-retention\?/],
  ])('refuses %s', async (words, code, message) => {
    const { exitCode, data, notes } = await compare(...words);
    expect({ exitCode, data }).toEqual({ exitCode: code, data: '' });
    expect(notes).toMatch(message);
  });

  it('needs one root on each side', async () => {
    const none = await runInProcess(['--compare', at('v0.yaml'), at('v2/template.yaml')]);
    expect(none).toMatchObject({
      exitCode: 2,
      notes: expect.stringMatching(/v0\.yaml: there is no such file/),
    });
    const several = await runInProcess(['--compare', folder, at('v2/template.yaml')]);
    expect(several).toMatchObject({
      exitCode: 2,
      notes: expect.stringMatching(/has 2 root templates\n {2}name one: /),
    });
  });

  it.skipIf(!existsSync(accelerator))(
    'tells what a release of the accelerator carries over',
    async () => {
      const { exitCode, data } = await runInProcess([
        '--compare',
        accelerator,
        accelerator,
        '--format',
        'json',
      ]);
      expect(exitCode).toBe(0);
      const { summary }: Comparison = JSON.parse(data);
      expect(summary.again).toBeGreaterThan(100);
      expect(summary.gone + summary.covered + summary.conflict).toBe(0);
    },
    60_000,
  );
});
