import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/program.js';
import type { Request } from '../../src/cli/request.js';
import { IdpFixError } from '../../src/errors.js';

const parse = (line: string): Request => parseArguments(line.split(' ').filter(Boolean), '1.2.3');

function errorOf(line: string): { code: string; message: string; hint: string | undefined } {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof IdpFixError)
      return { code: error.code, message: error.message, hint: error.details.hint };
    throw error;
  }
  throw new Error(`no error for: ${line}`);
}

describe('parseArguments', () => {
  it('plans by default and writes nothing', () => {
    expect(parse('template.yaml')).toEqual({
      command: 'plan',
      templates: ['template.yaml'],
      apply: false,
      dryRun: false,
      out: undefined,
      unasked: false,
      plugins: [],
      only: [],
      skip: [],
      includeReview: false,
      policy: undefined,
      parameters: [],
      suppressions: undefined,
      format: undefined,
      output: undefined,
      allowOutside: false,
      baseline: undefined,
      writeBaseline: undefined,
      onlyOpen: false,
      findings: [],
      slip: undefined,
      plain: false,
      quiet: false,
      verbose: false,
      withoutCode: false,
    });
  });

  it('takes flags before and behind the templates', () => {
    expect(parse('--apply a.yaml --out dir b.yaml --include review --no-color')).toMatchObject({
      templates: ['a.yaml', 'b.yaml'],
      apply: true,
      out: 'dir',
      includeReview: true,
      plain: true,
    });
  });

  it('takes ids separated by commas, and the flag again', () => {
    expect(parse('t --only a,b --only c --skip d')).toMatchObject({ only: ['a', 'b', 'c'], skip: ['d'] });
  });

  it('tells parameters from templates', () => {
    expect(parse('--parameters A=1 B=2 values.json t.yaml --parameters more.yaml')).toMatchObject({
      parameters: ['A=1', 'more.yaml', 'B=2'],
      templates: ['values.json', 't.yaml'],
    });
    expect(parse('A=1')).toMatchObject({ templates: ['A=1'] });
  });

  it('takes - for the standard input', () => {
    expect(parse('-')).toMatchObject({ command: 'plan', templates: ['-'] });
  });

  it.each([
    ['explain', { command: 'explain', id: undefined, templates: [] }],
    ['explain some-id t.yaml --finding X', { id: 'some-id', templates: ['t.yaml'], finding: 'X' }],
    ['explain some-id --no-color', { command: 'explain', id: 'some-id', plain: true }],
    ['--no-color explain some-id', { command: 'explain', id: 'some-id', plain: true }],
    ['undo', { command: 'undo', template: '.' }],
    ['undo x/template.yaml --quiet', { command: 'undo', template: 'x/template.yaml', quiet: true }],
    [
      'policy init',
      { command: 'policy', action: 'init', policy: 'production', output: 'idp-fix.policy.yaml' },
    ],
    [
      'policy init --policy regulated --output p.yaml',
      { action: 'init', policy: 'regulated', output: 'p.yaml' },
    ],
    ['policy show development', { command: 'policy', action: 'show', policy: 'development' }],
    ['policy show --policy p.yaml', { command: 'policy', action: 'show', policy: 'p.yaml' }],
    ['policy check', { command: 'policy', action: 'check', policy: undefined }],
    ['', { command: 'wizard', templates: [], isImplied: true }],
    ['--policy regulated --quiet', { command: 'wizard', policy: 'regulated', isImplied: true, quiet: true }],
    ['wizard', { command: 'wizard', templates: [], policy: undefined, isImplied: false }],
    ['wizard a b --policy p.yaml', { command: 'wizard', templates: ['a', 'b'], policy: 'p.yaml' }],
  ])('understands %s', (line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });

  it('sees a misspelt command in the first template', () => {
    expect(parse('explian x')).toMatchObject({ slip: { word: 'explian', command: 'explain' } });
    for (const line of ['template.yaml', './undo', 'a undo', '-']) {
      expect(parse(line)).toMatchObject({ slip: undefined });
    }
  });

  it('prints help and version as data', () => {
    expect(parse('--version')).toEqual({ command: 'text', text: '1.2.3\n' });
    for (const line of ['--help', 'explain --help', 'policy --help', 'policy init --help', 'undo -h']) {
      expect(parse(line)).toMatchObject({ command: 'text', text: expect.stringMatching(/^Usage: idp-fix/) });
    }
  });

  it.each([
    ['--apply', 'no template was named', /idp-fix template\.yaml/],
    ['--aply t.yaml', "unknown option '--aply'", /^did you mean --apply\?$/],
    ['t.yaml --polcy x', "unknown option '--polcy'", /^did you mean --policy\?$/],
    ['t.yaml --format xyz', /^--format xyz: there are text, json, diff, patch/, /^idp-fix --help shows/],
    ['t.yaml --format jsn', /^--format jsn: there are text/, /^did you mean json\?$/],
    ['t.yaml --suppressions ignore', /^--suppressions ignore: there are override, honour, report$/, /--help/],
    ['checklist t.yaml --format mardown', /^--format mardown: there are/, /^did you mean markdown\?$/],
    ['t.yaml --only a,,b', /ids are separated by single commas/, /--help/],
    ['t.yaml --policy', /^--policy needs <file\|preset> behind it$/, /--help/],
    ['t.yaml --include all', /^--include all: there is only review$/, /--help/],
    ['--dry-run t.yaml', '--dry-run only has a meaning with --apply', /--format diff/],
    ['--out x t.yaml', '--out only has a meaning with --apply', /--apply --out/],
    ['explain a --finding X', '--finding needs the template it is in', /^say idp-fix explain a template/],
    ['undo a b', /too many arguments/, /^idp-fix undo --help shows/],
    ['policy', 'policy needs to know what to do', /^there are policy init, policy show, policy check$/],
    ['policy shw', 'there is no command policy shw', /^did you mean policy show\?$/],
    ['policy show --polcy x', "unknown option '--polcy'", /^did you mean --policy\?$/],
    ['change-set crate', 'there is no command change-set crate', /^did you mean change-set create\?$/],
    ['change-set show', "missing required argument 'change-set'", /^idp-fix change-set show --help shows/],
    ['help explian', 'there is no command explian', /^did you mean explain\?$/],
    ['help policy frobnicate', 'there is no command frobnicate', /^there are init, show, check$/],
  ])('refuses: %s', (line, message, hint) => {
    const error = errorOf(line);
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});
