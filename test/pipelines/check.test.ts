import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../cli/run-in-process.js';

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-pipeline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const group = (logicalId: string) => `  ${logicalId}:\n    Type: AWS::Logs::LogGroup\n`;
const template = (...groups: readonly string[]) => `Resources:\n${groups.map(group).join('')}`;

const broken = `${template('One')}  Two: [\n`;

/** A repository with one commit per state of its files; the last is checked out. */
function repository(name: string, ...states: readonly Readonly<Record<string, string>>[]): readonly string[] {
  const root = join(folder, name);
  mkdirSync(root, { recursive: true });
  const git = (...words: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
      cwd: root,
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet');
  return states.map((files) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    git('add', '--all');
    git('commit', '--quiet', '--message', 'state');
    return git('rev-parse', 'HEAD');
  });
}

function check(name: string, environment: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync('bash', [join(projectFolder, 'pipelines/check.sh')], {
    cwd: join(folder, name),
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      IDP_FIX: `${process.execPath} ${join(projectFolder, 'dist/main.js')}`,
      IDP_FIX_ARGUMENTS: '--only=log-retention',
      ...environment,
    },
  });
  return { status, stdout, stderr };
}

const reportsIn = (name: string) => readdirSync(join(folder, name, 'idp-fix-reports')).sort();
const stateOf = (name: string) =>
  execFileSync('git', ['status', '--porcelain'], { cwd: join(folder, name), encoding: 'utf8' });

describe('the check of a pipeline', () => {
  it('fails on every finding when there is nothing to compare with, and leaves every report', () => {
    repository('plain', { 'template.yaml': template('One') });
    const { status, stdout, stderr } = check('plain', { GITHUB_ACTIONS: 'true' });
    expect(stderr).toBe('');
    expect(status).toBe(1);
    expect(stdout).toContain('template.yaml:2 One');
    expect(stdout).toContain('::warning file=template.yaml,line=2,');
    expect(reportsIn('plain')).toEqual([
      'comment.md',
      'gl-code-quality-report.json',
      'idp-fix.diff',
      'idp-fix.sarif',
      'junit.xml',
      'plan.json',
      'plan.txt',
      'review.html',
    ]);
    const comment = readFileSync(join(folder, 'plain/idp-fix-reports/comment.md'), 'utf8');
    expect(comment).toMatch(/^<!-- idp-fix -->\n<!-- idp-fix:review root=template\.yaml -->\n/);
    expect(comment).toContain('**One** `template.yaml:2`');
  });

  it('passes on what the target branch has, and leaves the working tree alone', () => {
    const [base = ''] = repository('known', { 'template.yaml': template('One') }, { 'readme.md': 'changed' });
    const { status, stdout, stderr } = check('known', { IDP_FIX_BASE: base, GITHUB_ACTIONS: 'true' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('Baseline: 0 new findings, 1 known.');
    expect(stdout).not.toContain('::warning');
    expect(stateOf('known')).toBe('?? idp-fix-reports/\n');
  });

  it('fails on what is new, and marks that alone', () => {
    const states = [{ 'a b/x.yaml': template('One') }, { 'a b/x.yaml': template('Zero', 'One') }];
    const [base = ''] = repository('new', ...states);
    const environment = { IDP_FIX_BASE: base, IDP_FIX_TEMPLATES: 'a b/x.yaml', GITHUB_ACTIONS: 'true' };
    const { status, stdout } = check('new', environment);
    expect(status).toBe(1);
    expect(stdout.match(/^::\w+ .*$/gm)).toEqual([
      expect.stringMatching(/^::warning file=a b\/x\.yaml,line=2,title=idp-fix%3A log-retention::Zero: /),
    ]);
  });

  it('knows nothing of a template the target branch does not have', () => {
    const [base = ''] = repository('added', { 'readme.md': '' }, { 'template.yaml': template('One') });
    expect(check('added', { IDP_FIX_BASE: base, IDP_FIX_TEMPLATES: 'template.yaml' }).status).toBe(1);
  });

  it('takes every finding for new when the target branch cannot be planned', () => {
    const states = [{ 'template.yaml': broken }, { 'template.yaml': template('One') }];
    const [base = ''] = repository('broken-base', ...states);
    const { status, stderr } = check('broken-base', { IDP_FIX_BASE: base });
    expect(status).toBe(1);
    expect(stderr).toContain('could not be planned, so every finding counts as new');
  });

  it('goes by the baseline of the repository when there is one', () => {
    repository('baseline', { 'template.yaml': template('One') });
    const words = ['template.yaml', '--only=log-retention', '--write-baseline', 'idp-fix.baseline.json'];
    execFileSync(process.execPath, [join(projectFolder, 'dist/main.js'), ...words], {
      cwd: join(folder, 'baseline'),
    });
    expect(check('baseline', { IDP_FIX_BASELINE: 'idp-fix.baseline.json' }).status).toBe(0);
  });

  it('says what could not be planned, once, and ends with its code', () => {
    repository('broken', { 'template.yaml': broken });
    const { status, stderr } = check('broken', {});
    expect(status).toBe(2);
    expect(stderr.match(/template\.yaml/g)).toHaveLength(1);
    expect(existsSync(join(folder, 'broken/idp-fix-reports/plan.json'))).toBe(false);
  });

  it('has a diff that git apply takes', () => {
    repository('diff', { 'stacks/template.yaml': template('One') });
    check('diff', { IDP_FIX_TEMPLATES: 'stacks/template.yaml' });
    const diff = readFileSync(join(folder, 'diff/idp-fix-reports/idp-fix.diff'));
    execFileSync('git', ['apply', '-'], { cwd: join(folder, 'diff/stacks'), input: diff });
    expect(readFileSync(join(folder, 'diff/stacks/template.yaml'), 'utf8')).toContain('RetentionInDays: 365');
  });
});
