import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectFolder, runInProcess } from './run-in-process.js';

let folder = '';
const at = (name: string) => join(folder, name);
const file = () => at('idp-fix.policy.yaml');
const init = (...words: readonly string[]) => runInProcess(['policy', 'init', ...words, '--output', file()]);
const edit = (change: (text: string) => string) =>
  writeFileSync(file(), change(readFileSync(file(), 'utf8')));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-policy-'));
  cpSync(join(projectFolder, 'examples', 'document-pipeline'), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The text with the comment marks of one section taken away. */
function uncommented(text: string, section: string): string {
  const lines = text.split('\n');
  const start = lines.indexOf(`# ${section}:`);
  const end = lines.indexOf('', start);
  expect(start).toBeGreaterThan(0);
  return lines
    .map((line, index) => (index >= start && index < end ? line.replace(/^# ?/, '') : line))
    .join('\n');
}

describe('idp-fix policy init', () => {
  it('writes a policy that changes nothing, and lists what it has found', async () => {
    const wrote = await init(at('template.yaml'));
    expect(wrote).toMatchObject({ exitCode: 0, data: '' });
    const text = readFileSync(file(), 'utf8');
    expect(parse(text)).toEqual({ extends: 'production' });
    expect(text).toContain('# from-template is, in portal/template.yaml: PipelineKey of template.yaml');
    expect(text).toContain(
      '#   - { template: template.yaml, logicalId: CleanUp, type: background, invocation: async }\n#     # SAM event EveryNight (Schedule)',
    );
    expect(text).toContain(
      '#   - { template: extraction/template.yaml, logicalId: WorkflowLogs, class: application }',
    );
    expect(text).toContain('#     LogRetentionDays:');
    const { data } = await runInProcess(['policy', 'check', file(), '--template', at('template.yaml')]);
    expect(data).toMatch(/is valid/);
  });

  it.each(['functions', 'logGroups'])('has %s that count once they are uncommented', async (section) => {
    await init(at('template.yaml'));
    edit((text) => uncommented(text, section));
    const rules: readonly unknown[] = parse(readFileSync(file(), 'utf8'))[section];
    expect(rules.length).toBeGreaterThan(2);
    const { exitCode, notes } = await runInProcess([
      'policy',
      'check',
      file(),
      '--template',
      at('template.yaml'),
    ]);
    expect({ exitCode, notes }).toEqual({ exitCode: 0, notes: '' });
    const plan = await runInProcess([at('template.yaml'), '--format', 'json']);
    const asFound = await runInProcess([at('template.yaml'), '--format', 'json', '--policy', 'production']);
    const classes = (json: string) =>
      JSON.parse(json).stacks.map(
        ({
          functions,
          logGroups,
        }: Record<string, { logicalId: string; type?: string; class?: string }[]>) => [
          functions?.map(({ logicalId, type }) => [logicalId, type]),
          logGroups?.map((each) => [each.logicalId, each.class]),
        ],
      );
    expect(classes(plan.data)).toEqual(classes(asFound.data));
  });

  it('asks what waits for a decision, by remediation', async () => {
    await init(at('template.yaml'));
    const text = readFileSync(file(), 'utf8');
    expect(text).toMatch(/# {3}resource-tags: {2}# .*; 1 finding waits for a decision\n# {5}# Which tags/);
    edit((before) =>
      uncommented(before, 'remediations').replace('domainName:', 'domainName: copy.example.com'),
    );
    edit((before) => before.replaceAll(/: false {2}#/g, ':  #'));
    expect((await runInProcess(['policy', 'check', file()])).notes).toBe('');
  });

  it('names the schema for editors: the one that is installed, or one beside it', async () => {
    await init();
    const [first = ''] = readFileSync(file(), 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=./idp-fix.policy.schema.json');
    expect(readFileSync(at('idp-fix.policy.schema.json'), 'utf8')).toBe(
      readFileSync(join(projectFolder, 'policies', 'policy.schema.json'), 'utf8'),
    );

    rmSync(file());
    rmSync(at('idp-fix.policy.schema.json'));
    mkdirSync(at('node_modules/idp-fix/policies'), { recursive: true });
    writeFileSync(at('node_modules/idp-fix/policies/policy.schema.json'), '{}');
    mkdirSync(at('app'));
    await runInProcess(['policy', 'init', '--output', at('app/p.yaml')]);
    expect(readFileSync(at('app/p.yaml'), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\.\/node_modules\/idp-fix\/policies\/policy\.schema\.json\n/,
    );
    expect(existsSync(at('app/idp-fix.policy.schema.json'))).toBe(false);
  });

  it.each(['functions', 'logGroups', 'parameters', 'account', 'encryption'])(
    'has %s that an editor takes by the schema',
    async (section) => {
      await init(at('template.yaml'));
      const schema = new Ajv({ strict: false, formats: { date: true, email: true } }).compile(
        JSON.parse(readFileSync(at('idp-fix.policy.schema.json'), 'utf8')),
      );
      // An editor says of a parameter without a value that it lacks one, which is right.
      const text = readFileSync(file(), 'utf8').replaceAll(/^# {5}(\w+):$/gm, '#     $1: x');
      schema(parse(uncommented(text, section)));
      expect(schema.errors).toBeNull();
      schema(parse(text.replace('extends:', 'extend:')));
      expect(schema.errors).not.toBeNull();
    },
  );

  it('is no template itself', async () => {
    await init(at('template.yaml'));
    const { notes, exitCode } = await runInProcess([folder, '--quiet']);
    expect({ notes, exitCode }).toEqual({ notes: '', exitCode: 1 });
  });

  it.each([
    ['a preset that is none', ['--policy', 'regulatd'], /no preset regulatd\n {2}did you mean regulated\?/],
    ['a template that is none', ['none.yaml'], /none\.yaml: there is no such file/],
  ])('writes nothing for %s', async (_, words, message) => {
    const { exitCode, notes } = await init(...words);
    expect(exitCode).toBe(2);
    expect(notes).toMatch(message);
    expect(existsSync(file())).toBe(false);
  });

  it('overwrites nothing', async () => {
    writeFileSync(file(), 'mine');
    expect(await init()).toMatchObject({ exitCode: 2, notes: expect.stringMatching(/is there already/) });
    expect(readFileSync(file(), 'utf8')).toBe('mine');
  });
});

describe('idp-fix policy show', () => {
  it('says where each value comes from', async () => {
    writeFileSync(
      file(),
      'extends: regulated\nremediations:\n  log-retention:\n    ranges: {debug: {minimumDays: 3}}\n',
    );
    const { data, exitCode } = await runInProcess(['policy', 'show', file()]);
    expect(exitCode).toBe(0);
    expect(data).toMatch(/minimumDays: 3 +# \S*idp-fix\.policy\.yaml:4/);
    expect(data).toMatch(/unreservedMinimum: 100 +# preset production:\d+/);
    expect(parse(data)).toMatchObject({
      remediations: { 'log-retention': { ranges: { debug: { minimumDays: 3, maximumDays: 30 } } } },
    });
  });
});

describe('idp-fix policy check', () => {
  const check = (today: string, ...words: readonly string[]) =>
    runInProcess(['policy', 'check', file(), ...words], { today });

  it('fails on what has expired', async () => {
    writeFileSync(
      file(),
      'deviations:\n  - {remediation: log-retention, logicalId: X, reason: later, owner: Ada, date: 2025-01-01, expires: 2025-12-31}\nattestations:\n  - {item: load-testing, who: Ada, when: 2025-01-01, document: x, expires: 2025-12-31}\n',
    );
    expect(await check('2025-12-31')).toMatchObject({ exitCode: 0, notes: '' });
    const { exitCode, notes, data } = await check('2026-01-01');
    expect(exitCode).toBe(1);
    expect(notes.split('\n').slice(0, 2)).toEqual([
      'an exception from log-retention for X no longer counts: it expired on 2025-12-31',
      'the attestation of load-testing counts no longer: it expired on 2025-12-31',
    ]);
    expect(data).toMatch(/has 2 problems/);
  });

  it('tells what is said of nothing that is there', async () => {
    writeFileSync(
      file(),
      'functions:\n  - {logicalId: Clean*, type: background}\n  - {logicalId: ClenUp, type: background}\nlogGroups:\n  - {template: portal/*, logicalId: WorkflowLogs, class: debug}\ndeviations:\n  - {remediation: log-retention, logicalId: X, reason: later, owner: Ada, date: 2025-01-01, expires: 2026-12-31}\n',
    );
    expect(await check('2026-01-01')).toMatchObject({ exitCode: 0 });
    const { exitCode, notes } = await check('2026-01-01', '--template', at('template.yaml'));
    expect(exitCode).toBe(1);
    expect(notes.trimEnd().split('\n')).toEqual([
      'functions[1] is about ClenUp, which is nowhere in these templates',
      'logGroups[0] is about WorkflowLogs, which is nowhere in these templates',
      'the exception from log-retention for X has no effect: there is nothing it accepts',
    ]);
  });

  it.each([
    [
      'remediatons: {}',
      /remediatons is not a key of a policy; did you mean remediations\?|did you mean remediations\?/,
    ],
    ['remediations: {log-retenton: false}', /did you mean log-retention\?/],
    ['suppressions: overide', /did you mean override\?/],
  ])('says what was meant by %s', async (text, message) => {
    writeFileSync(file(), `${text}\n`);
    const { exitCode, notes } = await check('2026-01-01');
    expect(exitCode).toBe(2);
    expect(notes).toMatch(/idp-fix\.policy\.yaml:1:/);
    expect(notes).toMatch(message);
  });
});
