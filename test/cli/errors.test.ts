import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentsOf, projectFolder, runInProcess } from './run-in-process.js';

let folder = '';
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-errors-'));
  cpSync(join(projectFolder, 'examples', 'small'), folder, { recursive: true });
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true });
});

const aliasBomb = `a: &a [x, x, x, x, x, x, x, x, x]
${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
  .map(
    (name, index) =>
      `${name}: &${name} [${Array(9)
        .fill(`*${String.fromCharCode(97 + index)}`)
        .join(', ')}]`,
  )
  .join('\n')}
Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {Tags: *j}}}
`;

const brokenTemplates: Readonly<Record<string, string | Uint8Array>> = {
  'an empty file': '',
  'unclosed YAML': 'Resources: {Queue: {Type: AWS::SQS::Queue',
  'bad indentation': 'Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n   Properties: {}\n',
  'an alias bomb': aliasBomb,
  'an alias of nothing': 'Resources: *nothing\n',
  'broken JSON': '{"Resources": ',
  'another kind of YAML': 'services:\n  web:\n    image: nginx\n',
  'a list': '- 1\n- 2\n',
  'a text': 'hello\n',
  'no resources': 'AWSTemplateFormatVersion: "2010-09-09"\nResources: {}\n',
  'a resource that is a text': 'Resources:\n  Queue: AWS::SQS::Queue\n',
  'a resource without a type': 'Resources:\n  Queue:\n    Properties: {}\n',
  'several documents': 'Resources: {Queue: {Type: AWS::SQS::Queue}}\n---\nResources: {}\n',
  'binary data': '\u0000\u0001\u0002',
  'a file that is no text': new Uint8Array([0x1f, 0x8b, 8, 0, 0xff, 0xfe]),
  'text in another encoding': new Uint8Array([...new TextEncoder().encode('Resources: {A: caf'), 0xe9, 0x7d]),
  'UTF-16': new Uint8Array([0xff, 0xfe, 0x52, 0, 0x65, 0]),
  'maps nested 5000 deep': `Resources: ${'{a: '.repeat(5000)}1${'}'.repeat(5000)}`,
  'blocks nested 300 deep': Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  'JSON nested 5000 deep': `{"Resources":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`,
  'a list as a key': 'Resources:\n  ? [a, b]\n  : {Type: AWS::SQS::Queue}\n',
  'tabs for indentation': 'Resources:\n\tQueue:\n\t\tType: AWS::SQS::Queue\n',
  'an alias inside what it names': 'Resources: &r\n  Queue: {Type: AWS::SQS::Queue, Metadata: *r}\n',
  'a comment and nothing else': '# template\n',
  'a default that is computed':
    'Parameters: {P: {Type: String, Default: !Ref P}}\nResources: {Queue: {Type: AWS::SQS::Queue}}\n',
};

describe('idp-fix on a broken template', () => {
  it.each(Object.entries(brokenTemplates))('has one clear error for %s', async (_, text) => {
    writeFileSync(at('broken.yaml'), text);
    const before = contentsOf(folder);
    const { exitCode, data, notes } = await runInProcess([at('broken.yaml'), '--apply']);
    expect({ exitCode, data }).toEqual({ exitCode: 2, data: '' });
    expect(notes).toMatch(/^error: \S*broken\.yaml[:\d]*: .+\n {2}\S.+\n$/);
    expect(contentsOf(folder)).toEqual(before);
  });

  it('is not led astray by keys that JavaScript has a meaning for', async () => {
    const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const text = `Resources:\n${keys.map((key) => `  ${key}:\n    Type: AWS::Logs::LogGroup\n    Metadata: {__proto__: {a: 1}}\n`).join('')}`;
    writeFileSync(at('odd.yaml'), text);
    const { exitCode, notes } = await runInProcess([at('odd.yaml')]);
    expect([1, 2]).toContain(exitCode);
    if (exitCode === 2) expect(notes).toMatch(/^error: /);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it.each([
    ['conditions that need each other', 'Conditions: {A: !Not [Condition: B], B: !Not [Condition: A]}'],
    ['mappings that are none', 'Mappings: {A: {B: [1]}, C: {}}'],
    ['outputs of nothing', 'Outputs: {O: {Value: !GetAtt None.Arn}}'],
  ])('plans on in the face of %s', async (_, section) => {
    const text = `${section}\nResources:\n  Logs: {Type: AWS::Logs::LogGroup, Condition: A, DependsOn: Logs, Properties: {RetentionInDays: !If [A, 1, 99999999999999999999]}}\n`;
    writeFileSync(at('odd.yaml'), text);
    expect(await runInProcess([at('odd.yaml')])).toMatchObject({ exitCode: 1, notes: '' });
  });

  it('passes over nested templates that cannot be there, and says so', async () => {
    const nested = [
      'folder',
      'gone.yaml',
      'https://example.com/x.yaml',
      `${'x'.repeat(5000)}.yaml`,
      'a\\0.yaml',
      '',
    ];
    const children = nested.map(
      (url, index) =>
        `  Child${index}: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "${url}"}}\n`,
    );
    writeFileSync(
      at('root.yaml'),
      `Resources:\n${children.join('')}  Self: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: root.yaml}}\n`,
    );
    cpSync(at('template.yaml'), at('folder/readme.md'));
    const { exitCode, data, notes } = await runInProcess([at('root.yaml'), '--format', 'json']);
    expect({ exitCode, notes }).toMatchObject({ notes: '' });
    const { coverage } = JSON.parse(data);
    const passedOver = coverage.notEvaluated.map(({ logicalId }: { logicalId: string }) => logicalId);
    expect(passedOver).toEqual(
      expect.arrayContaining([...nested.map((_, index) => `Child${index}`), 'Self']),
    );
  });

  it('names the nested template that is broken', async () => {
    const text =
      'Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: x/broken.yaml}\n';
    writeFileSync(at('root.yaml'), text);
    cpSync(at('template.yaml'), at('x/template.yaml'));
    writeFileSync(at('x/broken.yaml'), 'Resources: [');
    const { exitCode, notes } = await runInProcess([at('root.yaml')]);
    expect(exitCode).toBe(2);
    expect(notes).toMatch(/^error: \S*x\/broken\.yaml/);
  });
});

describe('idp-fix with a wrong request', () => {
  it.each([
    ['a missing file', ['none.yaml'], 2, /none\.yaml: there is no such file/],
    ['a folder without templates', ['empty'], 2, /there is no template in this folder/],
    ['a preset that is none', ['template.yaml', '--policy', 'produktion'], 2, /produktion/],
    [
      'a remediation that is none',
      ['template.yaml', '--only', 'no-such-thing'],
      2,
      /no remediation no-such-thing/,
    ],
    [
      'a parameter that is none',
      ['template.yaml', '--parameters', 'Nope=1'],
      2,
      /no root template has a parameter Nope/,
    ],
    [
      'a missing parameter file',
      ['template.yaml', '--parameters', 'none.json'],
      2,
      /none\.json: there is no such file/,
    ],
    ['nothing to undo', ['undo'], 2, /no --apply to take back/],
    [
      'a misspelt command',
      ['explian', 'some-id'],
      2,
      /no command and no template explian\n {2}did you mean idp-fix explain\?/,
    ],
    ['the standard input, twice', ['-', '-'], 2, /- can be named once/],
    ['no words', [], 2, /no template was named/],
  ] as const)('has one clear error for %s', async (_, words, code, message) => {
    cpSync(at('template.yaml'), at('empty/readme.md'));
    const before = contentsOf(folder);
    const paths = words.map((word) => (/^(?:none|template|empty)/.test(word) ? at(word) : word));
    const { exitCode, data, notes } = await runInProcess(words[0] === 'undo' ? ['undo', at('empty')] : paths);
    expect({ exitCode, data }).toEqual({ exitCode: code, data: '' });
    expect(notes).toMatch(message);
    expect(notes.split('\n').length).toBeLessThanOrEqual(3);
    expect(contentsOf(folder)).toEqual(before);
  });

  it('points to the line of a misspelt key in the policy, and says what is allowed', async () => {
    writeFileSync(at('idp-fix.policy.yaml'), 'extends: production\nremediatons: {}\n');
    const { exitCode, notes } = await runInProcess([at('template.yaml')]);
    expect(exitCode).toBe(2);
    expect(notes).toMatch(/idp-fix\.policy\.yaml:2.*remediatons/);
    expect(notes).toMatch(/remediations/);
  });

  it('tells a reader of JSON in JSON', async () => {
    const { exitCode, data } = await runInProcess([at('none.yaml'), '--format', 'json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(data)).toMatchObject({
      format: 'idp-fix/error',
      errors: [{ code: 'file-not-found', file: at('none.yaml') }],
    });
  });
});

describe('idp-fix that cannot write', () => {
  it.each([
    ['a read-only folder', () => chmodSync(folder, 0o555)],
    ['a read-only template', () => chmodSync(at('template.yaml'), 0o444)],
  ])('leaves everything as it is in the face of %s', async (_, lock) => {
    const before = contentsOf(folder);
    lock();
    const { exitCode, notes } = await runInProcess([at('template.yaml'), '--apply']);
    expect(exitCode).toBe(4);
    expect(notes).toMatch(/^error: \S+: cannot be written: .*(?:read-only|permission denied)/);
    expect(contentsOf(folder)).toEqual(before);
  });
});

describe('idp-fix with nested templates outside', () => {
  const outside =
    'Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: ../template.yaml}\n';

  beforeEach(() => {
    cpSync(at('template.yaml'), at('below/other.yaml'));
    writeFileSync(at('below/root.yaml'), outside);
  });

  const notChecked = async (...flags: readonly string[]) => {
    const { data, exitCode } = await runInProcess([at('below/root.yaml'), '--format', 'json', ...flags]);
    const { coverage } = JSON.parse(data);
    return { exitCode, files: coverage.files, notEvaluated: coverage.notEvaluated };
  };

  it('names them, unless told to read them', async () => {
    const because = expect.stringMatching(/is outside the repository; --allow-outside reads it/);
    expect(await notChecked()).toMatchObject({
      exitCode: 1,
      files: 1,
      notEvaluated: [{ template: 'root.yaml', logicalId: 'Child', because }],
    });
    expect(await notChecked('--allow-outside')).toMatchObject({ files: 2, notEvaluated: [] });
  });

  it('reads them in the repository', async () => {
    cpSync(at('template.yaml'), at('.git/HEAD'));
    expect(await notChecked()).toMatchObject({ files: 2, notEvaluated: [] });
  });

  it('has no exit code 0 for what was not checked', async () => {
    const { exitCode, data } = await runInProcess([at('below/root.yaml'), '--only', 'log-retention']);
    expect(exitCode).toBe(1);
    expect(data).toContain('No open findings in what could be checked; 1 part could not.');
  });
});
