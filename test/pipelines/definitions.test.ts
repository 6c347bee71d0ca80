import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { formats } from '../../src/report/reports.js';
import { projectFolder } from '../cli/run-in-process.js';

const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8');

/** What bash has to say about a script it does not run. */
function bashErrors(script: string): string {
  return spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' }).stderr;
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax */
const Step = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  shell: z.literal('bash').optional(),
  env: z.record(z.string(), z.string()).optional(),
  run: z.string().optional(),
  uses: z
    .string()
    .regex(/^[\w-]+\/[\w/-]+@(?:v\d|[0-9a-f]{40}$)/)
    .optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  'working-directory': z.string().optional(),
  'continue-on-error': z.boolean().optional(),
});

const Action = z.strictObject({
  name: z.string(),
  description: z.string().max(125),
  author: z.string(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: z.record(z.string(), z.strictObject({ description: z.string(), default: z.string() })),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({ using: z.literal('composite'), steps: z.array(Step) }),
});

describe('the action of GitHub', () => {
  const text = read('action.yml');
  const action = Action.parse(parse(text));
  const { steps } = action.runs;

  it('uses every input it has, and has every one it uses', () => {
    const used = [...text.matchAll(/\binputs\.([\w-]+)/g)].map(([, name = '']) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(action.inputs).sort());
  });

  it('refers to steps and files that are there', () => {
    const named = [...text.matchAll(/\bsteps\.([\w-]+)/g)].map(([, id]) => id);
    const ids = steps.map(({ id }) => id);
    for (const id of named) expect(ids).toContain(id);
    for (const [, path = ''] of text.matchAll(/\$GITHUB_ACTION_PATH\/([\w./-]+)/g)) {
      expect(existsSync(join(projectFolder, path)), path).toBe(true);
    }
  });

  it('has scripts that bash can read, and no expression inside one', () => {
    const scripts = steps.flatMap(({ run, shell }) => (run === undefined ? [] : [{ run, shell }]));
    expect(scripts.length).toBeGreaterThan(3);
    for (const { run, shell } of scripts) {
      expect(shell).toBe('bash');
      expect(bashErrors(run)).toBe('');
      // What a pull request says must never become a command.
      expect(run).not.toContain('${{');
    }
  });
});

/** https://pre-commit.com/#creating-new-hooks */
const Hooks = z.array(
  z.strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    entry: z.string(),
    args: z.array(z.string()),
    language: z.literal('script'),
    pass_filenames: z.boolean(),
    files: z.string(),
  }),
);

describe('the hooks of pre-commit', () => {
  const hooks = Hooks.parse(parse(read('.pre-commit-hooks.yaml')));

  it('start a script that is there and may be run', () => {
    for (const { entry } of hooks) {
      const [script = ''] = entry.split(' ');
      expect(statSync(join(projectFolder, script)).mode & 0o111).toBeGreaterThan(0);
      expect(bashErrors(read(script))).toBe('');
    }
  });

  it('run for templates whatever they are called', () => {
    for (const { files } of hooks) {
      for (const name of ['template.yaml', 'a/b.yml', 'x.json', 'y.template'])
        expect(name).toMatch(new RegExp(files));
      expect('readme.md').not.toMatch(new RegExp(files));
    }
  });
});

describe('the template of GitLab', () => {
  const text = read('pipelines/gitlab.yml');
  const [header, job, ...others] = parseAllDocuments(text).map((document) => {
    expect('errors' in document ? document.errors : []).toEqual([]);
    return 'toJS' in document ? document.toJS() : undefined;
  });

  it('is a header and a job', () => {
    expect(others).toEqual([]);
    expect(Object.keys(header)).toEqual(['spec']);
    expect(Object.keys(job)).toEqual(['idp-fix']);
  });

  it('uses every input it has, and has every one it uses', () => {
    const used = [...text.matchAll(/\$\[\[ inputs\.([\w-]+) \]\]/g)].map(([, name = '']) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(header.spec.inputs).sort());
  });

  it('installs this version, and has a script that bash can read', () => {
    expect(header.spec.inputs.package.default).toBe(`idp-fix@${packageJson.version}`);
    expect(bashErrors(job['idp-fix'].script.join('\n'))).toBe('');
    for (const [, path = ''] of text.matchAll(/\$scripts\/([\w./-]+)/g)) {
      expect(existsSync(join(projectFolder, 'pipelines', path)), path).toBe(true);
    }
    expect(packageJson.files).toContain('pipelines');
  });
});

describe('the scripts', () => {
  it('are scripts that bash can read, with formats there are', () => {
    const script = read('pipelines/check.sh');
    expect(bashErrors(script)).toBe('');
    const named = [...script.matchAll(/--format (\w+)/g)].map(([, format]) => format);
    expect(named.length).toBeGreaterThan(4);
    for (const format of named) expect(formats).toContain(format);
  });
});

describe('the examples', () => {
  const folder = join(projectFolder, 'examples/pipelines');
  const files = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
  const action = Action.parse(parse(read('action.yml')));
  const hooks = Hooks.parse(parse(read('.pre-commit-hooks.yaml')));

  it.each(files.filter((name) => name.startsWith('github')))('%s gives the action what it takes', (name) => {
    const workflow = parse(readFileSync(join(folder, name), 'utf8'));
    const uses = Object.values<{ steps: { uses?: string; with?: object }[] }>(workflow.jobs)
      .flatMap(({ steps }) => steps)
      .filter((step) => step.uses?.includes('/idp-fix@'));
    expect(uses).toHaveLength(1);
    expect(uses[0]?.uses).toContain(`@v${packageJson.version}`);
    for (const input of Object.keys(uses[0]?.with ?? {})) expect(action.inputs).toHaveProperty(input);
  });

  it('of pre-commit name hooks there are', () => {
    const { repos } = parse(readFileSync(join(folder, 'pre-commit-config.yaml'), 'utf8'));
    const ids = repos.flatMap(({ hooks: used }: { hooks: { id: string }[] }) => used.map(({ id }) => id));
    expect(hooks.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  });

  it('of GitLab gives the template what it takes', () => {
    const { include } = parse(readFileSync(join(folder, 'gitlab-ci.yml'), 'utf8'));
    const [header] = parseAllDocuments(read('pipelines/gitlab.yml'));
    const { spec } = header !== undefined && 'toJS' in header ? header.toJS() : expect.fail();
    for (const input of Object.keys(include[0].inputs)) expect(spec.inputs).toHaveProperty(input);
  });
});
