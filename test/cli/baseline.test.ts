import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../src/plan/document.js';
import { contentsOf, projectFolder, runInProcess } from './run-in-process.js';

let folder = '';
const at = (name: string) => join(folder, name);
const root = () => at('small/template.yaml');
const baseline = () => at('idp-fix.baseline.json');
const planned = async (...words: readonly string[]) => {
  const { data, exitCode } = await runInProcess([root(), '--format', 'json', ...words]);
  return { document: JSON.parse(data) as PlanDocument, exitCode };
};
const edit = (path: string, change: (text: string) => string) =>
  writeFileSync(path, change(readFileSync(path, 'utf8')));
const policy = (...lines: readonly string[]) =>
  writeFileSync(at('small/idp-fix.policy.yaml'), `${lines.join('\n')}\n`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-baseline-'));
  cpSync(join(projectFolder, 'examples'), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('fingerprints', () => {
  it('are the same each time, and name one finding', async () => {
    const [one, other] = [await planned(), await planned()];
    const of = ({ stacks }: PlanDocument) =>
      stacks.flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint));
    expect(of(one.document)).toEqual(of(other.document));
    expect(new Set(of(one.document)).size).toBe(of(one.document).length);
  });

  it('do not move with the lines, the other resources or the policy', async () => {
    const of = async (...words: readonly string[]) => {
      const { document } = await planned(...words);
      const findings = document.stacks.flatMap((stack) => stack.findings);
      return new Map(findings.map((each) => [`${each.remediation} ${each.logicalId}`, each.fingerprint]));
    };
    const before = await of();
    expect(await of('--only', 'log-retention')).toEqual(
      new Map([...before].filter(([key]) => key.startsWith('log-retention '))),
    );
    edit(root(), (text) =>
      text.replace('Resources:\n', 'Resources:\n  # a comment\n\n  Added: {Type: AWS::SQS::Queue}\n'),
    );
    policy(
      'remediations:',
      '  log-retention:',
      '    ranges:',
      '      application: {minimumDays: 400, maximumDays: 3653}',
    );
    const after = await of();
    for (const [key, fingerprint] of before) {
      // What is said about the whole template may well have changed with it.
      if (!key.endsWith(' ')) expect([key, after.get(key)]).toEqual([key, fingerprint]);
    }
  });
});

describe('--write-baseline and --baseline', () => {
  it('lets a team start with the findings of today, and fails on a new one', async () => {
    const before = contentsOf(at('small'));
    const wrote = await runInProcess([root(), '--write-baseline', baseline()]);
    expect(wrote).toMatchObject({ exitCode: 0, data: '' });
    expect(wrote.notes).toMatch(/^wrote .*idp-fix\.baseline\.json: \d+ findings known from now on\n$/);
    expect(contentsOf(at('small'))).toEqual(before);
    const same = await planned('--baseline', baseline());
    expect(same.exitCode).toBe(0);
    expect(same.document.baseline).toMatchObject({ new: 0, gone: [] });

    edit(
      root(),
      (text) => `${text}\n  NewLogs:\n    Type: AWS::Logs::LogGroup\n    Properties: {RetentionInDays: 1}\n`,
    );
    const after = await planned('--baseline', baseline());
    expect(after.exitCode).toBe(1);
    const fresh = after.document.stacks
      .flatMap(({ findings }) => findings)
      .filter(({ known, verdict }) => !known && verdict !== 'compliant' && verdict !== 'not-applicable');
    expect(fresh.length).toBeGreaterThan(0);
    expect(new Set(fresh.map(({ logicalId }) => logicalId))).toEqual(new Set(['NewLogs']));

    const { data } = await runInProcess([root(), '--baseline', baseline()]);
    expect(data).toMatch(/Baseline: \d+ new findings?, \d+ known\./);
    expect(data).toMatch(/New since the baseline\n(?: {2}NewLogs .*\n(?: {6}.*\n)+)+\n/);
  });

  it('says what of it is fixed by now', async () => {
    await runInProcess([root(), '--write-baseline', baseline()]);
    await runInProcess([root(), '--apply', '--only', 'log-retention']);
    const { data, exitCode } = await runInProcess([root(), '--baseline', baseline()]);
    expect(exitCode).toBe(0);
    expect(data).toMatch(
      /finding of the baseline no longer there: fixed, accepted, or changed\.\n?.*--write-baseline/s,
    );
    expect(data).toMatch(/template\.yaml RenderInvoiceLogs: log-retention/);
    await runInProcess([root(), '--write-baseline', baseline()]);
    expect((await planned('--baseline', baseline())).document.baseline?.gone).toEqual([]);
  });

  it('fails on a deviation that has expired, whatever the baseline knows', async () => {
    await runInProcess([root(), '--write-baseline', baseline()]);
    policy(
      'deviations:',
      '  - {remediation: log-retention, reason: later, owner: Ada, date: 2025-01-01, expires: 2025-12-31}',
    );
    const expired = await runInProcess([root(), '--baseline', baseline()], { today: '2026-01-01' });
    expect(expired.exitCode).toBe(1);
    expect(expired.data.replaceAll(/\s+/g, ' ')).toContain(
      '[accepted by Ada until 2025-12-31, which has passed]',
    );
    const accepted = await runInProcess([root(), '--baseline', baseline()], { today: '2025-12-31' });
    expect(accepted.exitCode).toBe(0);
    const { notes } = await runInProcess([root(), '--write-baseline', baseline()], { today: '2026-01-01' });
    expect(notes).toContain('left out: 1 finding with an exception that has expired');
  });

  it('keeps several roots apart, and what a run has not looked at', async () => {
    await runInProcess([folder, '--write-baseline', baseline()]);
    const whole = readFileSync(baseline(), 'utf8');
    expect(JSON.parse(whole).roots.map(({ root }: { root: string }) => root)).toEqual([
      'document-pipeline/template.yaml',
      'small/template.yaml',
    ]);
    expect((await runInProcess([folder, '--baseline', baseline()])).exitCode).toBe(0);
    await runInProcess([root(), '--only', 'log-retention', '--write-baseline', baseline()]);
    expect(readFileSync(baseline(), 'utf8')).toBe(whole);

    renameSync(root(), at('small/renamed.yaml'));
    const renamed = await runInProcess([at('small/renamed.yaml'), '--baseline', baseline()]);
    expect(renamed.exitCode).toBe(1);
    expect(renamed.notes).toMatch(/findings of small\/template\.yaml, which is no longer there/);
  });

  it.each([
    ['a file that is none', ['--baseline', 'none.json'], /none\.json: there is no such file/],
    ['another file', ['--baseline', 'small/template.yaml'], /template\.yaml: this is not a baseline/],
    ['--apply', ['--write-baseline', 'b.json', '--apply'], /--write-baseline and --apply do not go together/],
    ['both flags', ['--write-baseline', 'b.json', '--baseline', 'b.json'], /--baseline do not go together/],
    ['a broken template', ['--write-baseline', 'b.json', 'broken.yaml'], /no baseline has been written/],
  ])('refuses %s', async (_, words, message) => {
    writeFileSync(at('broken.yaml'), 'Resources: [');
    const { exitCode, notes } = await runInProcess([
      root(),
      ...words.map((word) => (word.startsWith('-') ? word : at(word))),
    ]);
    expect([2, 3]).toContain(exitCode);
    expect(notes).toMatch(message);
    expect(existsSync(at('b.json'))).toBe(false);
  });
});
