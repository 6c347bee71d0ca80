import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeModules } from '../../src/adapters/process.js';
import type { Remediation } from '../../src/remediation.js';
import { checkCases } from '../../src/testing.js';
import { projectFolder, runInProcess } from '../cli/run-in-process.js';

const example = join(projectFolder, 'examples', 'custom-remediation');
const plugin = join(example, 'topic-encryption.mjs');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-plugin-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const templateWith = (text: string) => {
  const path = join(folder, 'template.yaml');
  writeFileSync(path, text);
  return path;
};
const moduleWith = (text: string, name = 'plugin.mjs') => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const topic = 'Resources:\n  Alerts:\n    Type: AWS::SNS::Topic\n';

describe('a remediation of one’s own', () => {
  it('keeps the promises of its case file, as the harness tells', async () => {
    const module = (await nodeModules('.').load(plugin)) as { remediations: readonly Remediation[] };
    const [unit] = module.remediations;
    if (unit === undefined) throw new Error('the example has no remediation');
    const page = readFileSync(join(example, 'topic-encryption.md'), 'utf8');
    const checked = await checkCases(page, unit);
    expect(checked.map(({ name, broken }) => ({ name, broken }))).toEqual([
      { name: 'the key of the template', broken: [] },
      { name: 'it has one', broken: [] },
      { name: 'there is none to take', broken: [] },
    ]);
    const wrong = await checkCases(page.replace('Alerts: fixable', 'Alerts: manual'), unit);
    expect(wrong[0]?.broken).toEqual(['the findings are those of the case file']);
  });

  it('of an earlier contract is told which word has changed, and nothing of it is lost silently', async () => {
    const former = readFileSync(plugin, 'utf8')
      .replace('edits: [', 'wants: [')
      .replaceAll("from 'idp-fix'", `from '${join(projectFolder, 'dist', 'index.js')}'`);
    const path = templateWith(`${topic}  Key:\n    Type: AWS::KMS::Key\n`);
    const { exitCode, notes } = await runInProcess([
      path,
      '--plugin',
      moduleWith(former),
      '--only',
      'topic-encryption',
    ]);
    expect(exitCode).toBe(2);
    expect(notes).toContain('topic-encryption answers with `wants`, which is called `edits` since 0.2.0');
  });

  it('is planned, explained and switched off like any other', async () => {
    const path = templateWith(topic);
    const words = [path, '--plugin', plugin, '--only', 'topic-encryption'];
    const { data } = await runInProcess(words);
    expect(data.replaceAll(/\s+/g, ' ')).toContain('Alerts: it is not encrypted, and template.yaml has no');
    expect((await runInProcess(['explain', 'topic-encryption', '--plugin', plugin])).data).toContain('W47');
    writeFileSync(join(folder, 'idp-fix.policy.yaml'), 'remediations:\n  topic-encryption: false\n');
    expect((await runInProcess(words)).data).not.toContain('Alerts');
  });

  it('comes from a package as well', async () => {
    const home = join(folder, 'node_modules', 'our-rules');
    mkdirSync(home, { recursive: true });
    writeFileSync(
      join(home, 'package.json'),
      JSON.stringify({ name: 'our-rules', type: 'module', exports: { import: './rules.js' } }),
    );
    writeFileSync(join(home, 'rules.js'), 'export const remediations = [];');
    expect(await nodeModules(folder).load('our-rules')).toMatchObject({ remediations: [] });
  });

  it.each([
    ['no module at all', undefined, 'cannot be loaded'],
    ['no list', 'export const rules = 1;', 'it exports no list of remediations'],
    ['a syntax error', 'export const = 1;', 'cannot be loaded'],
    ['one that throws', 'throw new Error("not today");', 'cannot be loaded: not today'],
    [
      'an id that is none',
      'export const remediations = [{ id: "Topic Encryption" }];',
      'remediations[0].id is not as it should be',
    ],
  ])('is refused with a reason: %s', async (_name, text, what) => {
    const path = text === undefined ? join(folder, 'nowhere.mjs') : moduleWith(text);
    const { exitCode, notes } = await runInProcess([templateWith(topic), '--plugin', path]);
    expect(exitCode).toBe(2);
    expect(notes).toContain(what);
    expect(notes.trim().split('\n')).toHaveLength(2);
  });

  it('cannot take the place of another', async () => {
    const { exitCode, notes } = await runInProcess([
      templateWith(topic),
      '--plugin',
      plugin,
      '--plugin',
      plugin,
    ]);
    expect({ exitCode, notes }).toEqual({
      exitCode: 2,
      notes: expect.stringContaining('there is a remediation topic-encryption already'),
    });
  });
});
