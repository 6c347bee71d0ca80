import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scriptedAccount } from '../changeset/scripted-account.js';
import { wire } from '../changeset/wire.js';
import { runInProcess } from './run-in-process.js';

/**
 * Every kind of file that a repository can bring along, in every form that breaks readers: it ends in one clear error or in
 * the right result, says nothing raw, and touches nothing outside the folder.
 */

const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
const bytes = (...parts: readonly (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([...part]))));

/** Forms by name; of the right content, which is a map in JSON. */
const forms: Readonly<Record<string, (right: string) => string | Uint8Array>> = {
  nothing: () => '',
  'half of it': (right) => right.slice(0, right.length >> 1),
  'a null byte': (right) => right.replace('"', '"\0'),
  'UTF-16': (right) => bytes([0xff, 0xfe], Buffer.from(right, 'utf16le').toString('latin1')),
  'another encoding': (right) => bytes(right, [0xe9, 0xff, 0xfe]),
  'lists in lists': () => nested('[', ']', 100_000),
  'maps in maps': () => `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  'aliases of aliases': () =>
    [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...[...'bcdefghij'].map((name, at) => `${name}: &${name} [${`*${'abcdefghij'[at]}, `.repeat(9)}]`),
    ].join('\n'),
  'an alias of itself': () => '&a [*a, *a]',
  'a giant number': () => '1e400',
  'a list': () => '[]',
  null: () => 'null',
  'the prototype': (right) => right.replace('{', '{"__proto__":{"polluted":1},"constructor":{"polluted":1},'),
  'a key twice': (right) => right.replace(/\{\s*("[^"]+":)/, '{$1 0, $1'),
  'keys of objects': () => '{"toString": 1, "hasOwnProperty": 2, "": 3, "\\u0000": 4}',
  'a great many keys': () =>
    JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, at]))),
  'a long text': (right) => right.replace(/:\s*"[^"]*"/, `:"${'x'.repeat(50_000)}"`),
  'a path that leads out': (right) => right.replaceAll(/"[\w/.-]+\.(?:yaml|json)"/g, '"../outside"'),
  'an escape sequence': (right) => right.replace(/:\s*"[^"]*"/, ':"\\u001b[2J\\u202e\\n::error::x"'),
};

interface Kind {
  readonly path: string;
  readonly right: unknown;
  readonly words: readonly string[];
}

const sha = '0'.repeat(64);
const changeSet = 'idp-fix-0123456789abcdef';
const kinds: Readonly<Record<string, Kind>> = {
  template: {
    path: 't.json',
    right: {
      Resources: {
        L: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 } },
        N: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'n.yaml' } },
      },
    },
    words: ['--apply', '--include', 'review', '--only', 'log-retention', 't.json'],
  },
  policy: { path: 'idp-fix.policy.yaml', right: { extends: 'production', name: 'x' }, words: ['t.yaml'] },
  parameters: { path: 'p.json', right: { P: 'x' }, words: ['t.yaml', '--parameters', 'p.json'] },
  'list of stacks': {
    path: 's.yaml',
    right: { stacks: [{ stack: 'app', region: 'eu-west-1', template: 't.yaml', parameters: { P: '1' } }] },
    words: ['change-set', 'list', '--stacks', 's.yaml'],
  },
  baseline: {
    path: 'b.json',
    right: { format: 'idp-fix/baseline', version: 2, roots: [{ root: 't.yaml', findings: [] }] },
    words: ['t.yaml', '--baseline', 'b.json'],
  },
  findings: {
    path: 'f.json',
    right: { version: '2.1.0', runs: [{ tool: { driver: { name: 'cfn-lint' } }, results: [] }] },
    words: ['t.yaml', '--findings', 'f.json'],
  },
  'transformed template': {
    path: 'x.json',
    right: { Resources: { L: { Type: 'AWS::Logs::LogGroup' } } },
    words: ['t.yaml', '--transformed', 'x.json'],
  },
  'undo record': {
    path: '.idp-fix-undo.json',
    right: {
      format: 'idp-fix/applied',
      version: 1,
      files: [{ path: 't.yaml', sha256Before: sha, sha256After: sha, edits: [] }],
    },
    words: ['undo', '.'],
  },
  'record of a change set': {
    path: `.idp-fix/${changeSet}.json`,
    right: { format: 'idp-fix/change-set', version: 1, state: 'created', name: changeSet },
    words: ['change-set', 'reject', changeSet, '--stack', 'app'],
  },
  verification: {
    path: 'v.json',
    right: { format: 'idp-fix/verification', version: 1, sha256: sha },
    words: ['checklist', '--verification', 'v.json', '--stack', 'app', 't.yaml'],
  },
  'settings of SAM CLI': {
    path: 'samconfig.toml',
    right: { default: {} },
    words: ['change-set', 'create', 't.yaml', '--stack', 'app', '--show-permissions'],
  },
};

let lab = '';
const began = process.cwd();
beforeEach(() => {
  lab = mkdtempSync(join(tmpdir(), 'idp-fix-hostile-'));
  mkdirSync(join(lab, 'repo'));
  writeFileSync(join(lab, 'outside'), 'outside\n');
  process.chdir(join(lab, 'repo'));
  writeFileSync(
    't.yaml',
    'Resources:\n  L: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: 30 } }\n',
  );
});
afterEach(() => {
  process.chdir(began);
  rmSync(lab, { recursive: true });
});

async function endsWell(words: readonly string[], told: string): Promise<void> {
  // Nothing is deployed, and nothing can be: every other call has no answer.
  const line = wire(scriptedAccount({ exists: false }));
  const { exitCode, notes } = await runInProcess(words, { live: line.live });
  expect([0, 1, 2, 3, 4], `${told}: ${notes.slice(0, 500)}`).toContain(exitCode);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(notes, told).not.toMatch(/[\0\x1b\u202e]|^\s*::/m);
  expect(notes.length, told).toBeLessThan(60_000);
  expect(({} as Record<string, unknown>).polluted, told).toBeUndefined();
  expect(readdirSync(lab).sort(), told).toEqual(['outside', 'repo']);
  expect(readFileSync(join(lab, 'outside'), 'utf8'), told).toBe('outside\n');
}

describe.each(Object.entries(kinds))('a hostile %s', (_, { path, right, words }) => {
  it('ends in one error or the right result, whatever is in it', async () => {
    const text = JSON.stringify(right);
    for (const [form, make] of Object.entries(forms)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, make(text));
      await endsWell(words, form);
    }
  });

  it.skipIf(process.platform === 'win32')(
    'is not followed out of the folder where it is a link',
    async () => {
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(join(lab, 'outside'), path);
      await endsWell(words, 'a link');
    },
  );
});

describe('what every object inherits', () => {
  const names = Object.getOwnPropertyNames(Object.prototype);

  it.each(names)('is no type of a resource: %s', async (name) => {
    writeFileSync('t.json', `{"Resources":{"L":{"Type":${JSON.stringify(name)},"Properties":{}}}}`);
    const { exitCode, notes } = await runInProcess(['t.json']);
    expect(exitCode).toBe(2);
    expect(notes).toContain(`resource L has the Type ${name}, and there is no such type`);
  });

  it.each(names)('is a name like any other elsewhere: %s', async (name) => {
    const text = `{
      "Transform": "AWS::Serverless-2016-10-31",
      "Parameters": {"NAME": {"Type": "String", "Default": "NAME"}},
      "Mappings": {"NAME": {"NAME": {"NAME": "x"}}},
      "Conditions": {"NAME": {"Fn::Equals": [{"Ref": "NAME"}, "NAME"]}},
      "Resources": {
        "NAME": {"Type": "AWS::Serverless::Function", "Condition": "NAME", "Metadata": {"NAME": {"NAME": 1}}, "Properties": {
          "NAME": "NAME", "Handler": "NAME", "Runtime": "NAME", "InlineCode": "NAME",
          "Policies": [{"NAME": {"NAME": "NAME"}}, "NAME"],
          "Events": {"NAME": {"Type": "NAME", "Properties": {"NAME": "NAME"}}},
          "Environment": {"Variables": {"NAME": {"Fn::FindInMap": ["NAME", "NAME", "NAME"]}}}}},
        "Q": {"Type": "AWS::SQS::Queue", "Properties": {"NAME": {"NAME": "NAME"}, "QueueName": {"Fn::FindInMap": ["M", "NAME", "NAME"]}}},
        "N": {"Type": "Custom::NAME", "Properties": {"ServiceToken": {"Fn::GetAtt": ["NAME", "NAME"]}, "NAME": {"Fn::NAME": "NAME"}}},
        "L": {"Type": "AWS::Logs::LogGroup", "NAME": 1, "Properties": {"RetentionInDays": {"Fn::If": ["NAME", 3, {"Ref": "NAME"}]}, "LogGroupName": {"Fn::Sub": "\${NAME}\${NAME.NAME}"}}}
      },
      "Outputs": {"NAME": {"Value": {"Fn::GetAtt": ["NAME", "Arn"]}, "Export": {"Name": "NAME"}}}
    }`.replaceAll('NAME', name);
    writeFileSync('t.json', text);
    await endsWell(['t.json'], name);
    await endsWell(['--apply', '--include', 'review', 't.json'], name);
    await endsWell(['explain', name, 't.json'], name);
  });
});

describe('a Region or an address that can be none', () => {
  it.each([
    ['--region', 'eu-west-1.example.com/'],
    ['--region', '../../x'],
    ['--region', '\u001b[2J'],
    ['--endpoint-url', 'file:///etc/passwd'],
    ['--endpoint-url', 'x'],
  ])('is refused before anything is sent: %s %j', async (flag, word) => {
    for (const words of [['list'], ['show', changeSet], ['create']]) {
      const line = wire(() => undefined);
      const asked = ['change-set', ...words, '--stack', 'app', flag, word];
      const { exitCode, notes } = await runInProcess(asked, { live: line.live });
      expect([exitCode, line.calls], notes).toEqual([2, []]);
      expect(notes).toMatch(/is no (?:region|address of an endpoint)/);
    }
  });
});
