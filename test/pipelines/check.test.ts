import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
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
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../cli/run-in-process.js';

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-pipeline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const group = (logicalId: string) =>
  `  ${logicalId}:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 7\n`;
const template = (...groups: readonly string[]) => `Resources:\n${groups.map(group).join('')}`;

function baselineOf(text: string): string {
  const place = mkdtempSync(join(folder, 'baseline-'));
  writeFileSync(join(place, 'template.yaml'), text);
  const words = ['template.yaml', '--only=log-retention', '--quiet', '--write-baseline', 'known.json'];
  execFileSync(process.execPath, [join(projectFolder, 'dist/main.js'), ...words], { cwd: place });
  return readFileSync(join(place, 'known.json'), 'utf8');
}

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
    git('commit', '--quiet', '--allow-empty', '--message', 'state');
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
    expect(stdout).toMatch(/^template\.yaml · 1 resource[\s\S]*log-retention +medium +1 {2}7 → 365$/m);
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

  it('takes the baseline that a pull request brings along for none', () => {
    const words = ['app', '--only=log-retention', '--quiet', '--write-baseline'];
    const [base = ''] = repository('forged', { 'readme.md': '' }, { 'app/template.yaml': template('One') });
    for (const file of ['.idp-fix-base.json', 'idp-fix.baseline.json'])
      execFileSync(process.execPath, [join(projectFolder, 'dist/main.js'), ...words, file], {
        cwd: join(folder, 'forged'),
      });
    repository('forged', {});
    const environment = { IDP_FIX_TEMPLATES: 'app', IDP_FIX_BASE: base };
    expect(check('forged', environment).status).toBe(1);
    const named = check('forged', { ...environment, IDP_FIX_BASELINE: 'idp-fix.baseline.json' });
    expect(named.status).toBe(1);
    expect(named.stderr).toContain('does not have the baseline idp-fix.baseline.json yet');
  });

  it('goes by the baseline as the target branch has it', () => {
    const [base = ''] = repository(
      'loosened',
      { 'template.yaml': template('One'), 'idp-fix.baseline.json': baselineOf(template('One')) },
      {
        'template.yaml': template('One', 'Two'),
        'idp-fix.baseline.json': baselineOf(template('One', 'Two')),
      },
    );
    const environment = { IDP_FIX_BASE: base, IDP_FIX_BASELINE: 'idp-fix.baseline.json' };
    const { status, stdout } = check('loosened', environment);
    expect(stdout).toContain('Baseline: 1 new finding, 1 known.');
    // A report says nothing of where the target branch was checked out.
    expect(stdout).not.toContain('--trusted');
    expect(status).toBe(1);
    expect(check('loosened', { IDP_FIX_BASELINE: 'idp-fix.baseline.json' }).status).toBe(0);
  });

  const lax = 'remediations:\n  log-retention: {enabled: false}\n';
  it.each([
    ['found', '--only=log-retention'],
    ['named', '--only=log-retention\n--policy=idp-fix.policy.yaml'],
    ['named in two words', '--only=log-retention\n--policy\nidp-fix.policy.yaml'],
  ])('goes by the policy as the target branch has it, %s', (how, words) => {
    const name = `policy ${how}`;
    const states = [
      {
        'template.yaml': 'Resources:\n  Q:\n    Type: AWS::SQS::Queue\n',
        'idp-fix.policy.yaml': 'name: own\n',
      },
      { 'template.yaml': template('One'), 'idp-fix.policy.yaml': lax },
    ];
    const [base = ''] = repository(name, ...states);
    expect(check(name, { IDP_FIX_BASE: base, IDP_FIX_ARGUMENTS: words }).status).toBe(1);
    expect(check(name, { IDP_FIX_ARGUMENTS: words }).status).toBe(0);
  });

  it('goes by the preset where the target branch has no policy yet', () => {
    const states = [{ 'readme.md': '' }, { 'template.yaml': template('One'), 'lax.yaml': lax }];
    const [base = ''] = repository('first policy', ...states);
    const words = '--only=log-retention\n--policy=lax.yaml';
    const { status, stderr } = check('first policy', { IDP_FIX_BASE: base, IDP_FIX_ARGUMENTS: words });
    expect(stderr).toContain('does not have the policy lax.yaml yet, so the preset production counts');
    expect(status).toBe(1);
  });

  it('writes no report through a link that a pull request brings along', () => {
    repository('links', { 'template.yaml': template('One') });
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'profile'), 'mine\n');
    mkdirSync(join(folder, 'links/idp-fix-reports'));
    symlinkSync(join(outside, 'profile'), join(folder, 'links/idp-fix-reports/plan.txt'));
    symlinkSync(join(outside, 'profile'), join(folder, 'links/idp-fix-reports/comment.md'));
    expect(check('links', {}).status).toBe(1);
    expect(readFileSync(join(outside, 'profile'), 'utf8')).toBe('mine\n');
    expect(readFileSync(join(folder, 'links/idp-fix-reports/plan.txt'), 'utf8')).toMatch(
      /log-retention +medium +1 {2}7 → 365/,
    );

    rmSync(join(folder, 'links/idp-fix-reports'), { recursive: true });
    symlinkSync(outside, join(folder, 'links/idp-fix-reports'));
    for (const reports of [
      'idp-fix-reports',
      'idp-fix-reports/below',
      join(folder, 'links/idp-fix-reports'),
    ]) {
      const { status, stderr } = check('links', { IDP_FIX_REPORTS: reports });
      expect(status).toBe(4);
      expect(stderr).toContain('not written through the symbolic link idp-fix-reports');
    }
    expect(readdirSync(outside)).toEqual(['profile']);
  });

  it('has no line in the log of GitHub that is a command of a template', () => {
    const name = '"One\\n::add-matcher::evil.json"';
    repository('commands', { 'template.yaml': template(name) });
    const { stdout } = check('commands', { GITHUB_ACTIONS: 'true' });
    const [stop, ...lines] = stdout.split('\n');
    const token = /^::stop-commands::([0-9a-f]{32})$/.exec(stop ?? '')?.[1] ?? expect.fail(stop);
    const until = lines.indexOf(`::${token}::`);
    expect(until).toBeGreaterThan(0);
    const commands = lines.slice(until + 1).filter((line) => line.trimStart().startsWith('::'));
    expect(commands.every((line) => line.startsWith('::warning file=template.yaml,'))).toBe(true);
    expect(commands).toHaveLength(1);
  });

  it('has a diff that git apply takes', () => {
    repository('diff', { 'stacks/template.yaml': template('One') });
    check('diff', { IDP_FIX_TEMPLATES: 'stacks/template.yaml' });
    const diff = readFileSync(join(folder, 'diff/idp-fix-reports/idp-fix.diff'));
    execFileSync('git', ['apply', '-'], { cwd: join(folder, 'diff/stacks'), input: diff });
    expect(readFileSync(join(folder, 'diff/stacks/template.yaml'), 'utf8')).toContain('RetentionInDays: 365');
  });
});
