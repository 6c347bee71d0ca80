import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectFolder } from '../cli/run-in-process.js';
import { FakeHost } from './fake-host.js';

interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}

const action: {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
} = parse(readFileSync(join(projectFolder, 'action.yml'), 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-action-'));
afterAll(() => rmSync(folder, { recursive: true }));
const template = (...groups: readonly string[]) =>
  `Resources:\n${groups.map((id) => `  ${id}:\n    Type: AWS::Logs::LogGroup\n`).join('')}`;

/** Runs the steps of the action that are scripts as a runner does, with the expressions of `env` filled in. */
async function runAction(root: string, values: Readonly<Record<string, string>>, url: string) {
  const files = { output: join(folder, 'output'), summary: join(folder, 'summary') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  let log = '';
  let status: number | null = 0;
  for (const { name, env = {}, run } of action.runs.steps) {
    // What was built as this project stands in for what the action would build.
    if (run === undefined || name === 'Build idp-fix') continue;
    const outputs = [...readFileSync(files.output, 'utf8').matchAll(/^([\w-]+)=(.*)$/gm)].map(
      ([, output, value]) => [`steps.check.outputs.${output}`, value ?? ''] as const,
    );
    const known: Readonly<Record<string, string>> = { ...values, ...Object.fromEntries(outputs) };
    const filledIn = (text: string) =>
      text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, path: string) => known[path] ?? expect.fail(path));
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        GITHUB_ACTIONS: 'true',
        RUNNER_TEMP: join(root, '..', 'runner'),
        GITHUB_ACTION_PATH: projectFolder,
        GITHUB_API_URL: url,
        GITHUB_REPOSITORY: 'owner/name',
        GITHUB_OUTPUT: files.output,
        GITHUB_STEP_SUMMARY: files.summary,
        ...Object.fromEntries(Object.entries(env).map(([key, text]) => [key, filledIn(text)])),
      },
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += String(text)));
    [status] = await once(child, 'close');
    if (status !== 0) break;
  }
  return { status, log, summary: readFileSync(files.summary, 'utf8') };
}

describe('the action on a pull request', () => {
  let host = new FakeHost();
  let url = '';
  beforeEach(async () => {
    host = new FakeHost();
    url = await host.start();
  });
  afterEach(() => host.stop());

  it('comments the plan, marks what is new, and brings the comment up to date when it is pushed to', async () => {
    const root = mkdtempSync(join(folder, 'repository-'));
    const git = (...words: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
        cwd: root,
        encoding: 'utf8',
      }).trim();
    const commit = (text: string) => {
      writeFileSync(join(root, 'template.yaml'), text);
      git('add', 'template.yaml');
      git('commit', '--quiet', '--message', 'state');
      return git('rev-parse', 'HEAD');
    };
    git('init', '--quiet');
    const base = commit(template('One'));
    const defaults = Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, input.default]);
    const values: Readonly<Record<string, string>> = {
      ...Object.fromEntries(defaults),
      'inputs.templates': 'template.yaml',
      'inputs.arguments': '--only=log-retention',
      'inputs.token': 'secret',
      'github.action_path': projectFolder,
      'github.event.pull_request.base.sha': base,
      'github.event.pull_request.number': '7',
    };

    commit(template('Zero', 'One'));
    const first = await runAction(root, values, url);
    expect(first.status).toBe(1);
    expect(first.log.match(/^::\w+ .*$/gm)).toEqual([expect.stringContaining('line=2,')]);
    expect(first.log).toContain('commented\n');
    expect(host.comments).toHaveLength(1);
    expect(host.comments[0]?.body).toContain('Zero');
    expect(first.summary).toBe(host.comments[0]?.body);
    expect(git('status', '--porcelain')).toBe('');

    commit(template('One'));
    const second = await runAction(root, values, url);
    expect(second.status).toBe(0);
    expect(second.log).not.toMatch(/^::\w+ /m);
    expect(second.log).toContain('brought the comment up to date\n');
    expect(host.comments).toHaveLength(1);
    expect(host.comments[0]?.body).not.toContain('Zero');
  });
});
