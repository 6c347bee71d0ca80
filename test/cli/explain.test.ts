import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import type { Finding, PlanDocument } from '../../src/plan/document.js';
import { projectFolder, runInProcess } from './run-in-process.js';

const small = join(projectFolder, 'examples', 'small', 'template.yaml');
const pipeline = join(projectFolder, 'examples', 'document-pipeline', 'template.yaml');
const accelerator = join(projectFolder, '..', 'shared', 'data', 'idp-v0.3.4', 'template.yaml');
const explain = (...words: readonly string[]) => runInProcess(['explain', ...words]);

describe('idp-fix explain', () => {
  it('lists the remediations', async () => {
    const { data, exitCode } = await explain();
    expect(exitCode).toBe(0);
    for (const { id } of remediations) expect(data).toContain(`  ${id} `);
  });

  it.each(remediations.map((each) => [each.id, each] as const))('has a page for %s', async (id, each) => {
    const { data, exitCode } = await explain(id);
    expect(exitCode).toBe(0);
    expect(data.replaceAll(/\s+/g, ' ')).toContain(each.why);
    for (const source of each.sources) expect(data).toContain(source);
  });

  it('says what was meant by a misspelt id', async () => {
    expect(await explain('log-retenton')).toMatchObject({
      exitCode: 2,
      notes: 'error: there is no remediation log-retenton\n  did you mean log-retention?\n',
    });
  });
});

describe('idp-fix explain ID TEMPLATE', () => {
  it('lists what it has found, with a command for one of them that works', async () => {
    const { data, exitCode } = await explain('log-retention', small);
    expect(exitCode).toBe(0);
    expect(data).toContain('auto-fix: 1');
    const [, words = ''] = /All about one of them: idp-fix (.*)/.exec(data) ?? [];
    const one = await runInProcess(words.split(' '));
    expect(one).toMatchObject({ exitCode: 0, notes: '' });
    expect(one.data).toContain('RenderInvoiceLogs (AWS::Logs::LogGroup)');
  });

  it('says why a finding applies, the exact edit, the risk, the way back and the sources', async () => {
    const { data } = await explain('log-retention', small, '--finding', 'RenderInvoiceLogs');
    const text = data.replaceAll(/\s+/g, ' ');
    for (const part of [
      'it keeps its logs 30 days; application log groups are kept 365 to 3653 days',
      'now: 30 wanted: 365',
      'classified as a log group of class application, of RenderInvoice',
      'ranges.application.minimumDays: 365 (preset production:',
      '- RetentionInDays: 30 + RetentionInDays: 365',
      'Risk safe:',
      'How to undo it in the files: idp-fix undo',
      'Checkov: CKV_AWS_66',
      'Sources https://',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('finds it by its fingerprint as well, and a finding about a template by its path', async () => {
    const { data } = await runInProcess([small, '--format', 'json']);
    const document: PlanDocument = JSON.parse(data);
    const [finding] = document.stacks.flatMap(({ findings }) =>
      findings.filter(({ remediation }) => remediation === 'log-retention'),
    );
    const byName = await explain('log-retention', small, '--finding', finding?.logicalId ?? '');
    const byFingerprint = await explain('log-retention', small, '--finding', finding?.fingerprint ?? '');
    expect(byFingerprint).toEqual(byName);
    const whole = await explain('cost-alerts', small, '--finding', 'template.yaml');
    expect(whole.data).toContain('the whole template');
  });

  it.each([
    [['log-retention', '--finding', 'X'], /--finding needs the template it is in\n {2}say idp-fix explain/],
    [['log-retention', small, '--finding', 'RenderInvoiceLog'], /did you mean RenderInvoiceLogs\?/],
    [
      ['log-retention', small, '--finding', 'Nothing'],
      /has looked at nothing called Nothing here\n {2}without --finding/,
    ],
    [['log-retention', 'none.yaml'], /none\.yaml: there is no such file/],
  ])('refuses %s', async (words, message) => {
    const { exitCode, data, notes } = await explain(...words);
    expect({ exitCode, data }).toEqual({ exitCode: 2, data: '' });
    expect(notes).toMatch(message);
  });
});

/** Prose is broken at 80 columns; code and addresses are not. */
function tooLong(page: string): readonly string[] {
  const [before = '', edit = ''] = page.split('\n  The edit\n');
  const after = edit.slice(edit.search(/\n\n {2}(?:With it|Risk)\n/));
  return `${before}${after}`.split('\n').filter((line) => line.length > 80 && line.trim().includes(' '));
}

describe.each([
  ['the small example', small, ['remediation', 'verdict']],
  ['the document pipeline', pipeline, ['remediation', 'verdict']],
  ['the accelerator', accelerator, ['verdict']],
] as const)('in %s', (_, template, differing) => {
  it.skipIf(!existsSync(template))(
    'every finding can be explained',
    async () => {
      const { data } = await runInProcess([template, '--format', 'json']);
      const document: PlanDocument = JSON.parse(data);
      // One of each kind: what differs between two of a kind is the name.
      const kindOf = (each: Finding) => differing.map((field) => each[field]).join(' ');
      const kinds = new Map(
        document.stacks.flatMap(({ template: path, findings }) =>
          findings.map((each) => [kindOf(each), { path, ...each }] as const),
        ),
      );
      for (const { remediation, logicalId, path, because } of kinds.values()) {
        const name = logicalId || path;
        const page = await explain(remediation, template, '--finding', name);
        expect({ name, ...page }).toMatchObject({ exitCode: 0, notes: '' });
        expect(page.data.replaceAll(/\s+/g, ' ')).toContain(because.replaceAll(/\s+/g, ' '));
        expect(tooLong(page.data)).toEqual([]);
      }
    },
    120_000,
  );
});
