import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from './run-in-process.js';

const program = join(projectFolder, 'dist', 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-fleet-'));
afterAll(() => rmSync(folder, { recursive: true }));

const logs = (name: string) => `Resources:\n  ${name}: {Type: AWS::Logs::LogGroup}\n`;
const templates = {
  'a/template.yaml': logs('First'),
  'b/template.yaml': `${logs('Second')}  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested.yaml}}\n`,
  'b/nested.yaml': logs('Third'),
  'c/template.yaml': `${logs('Broken')}  Open: {Type: AWS::SNS::Topic\n`,
  'd/template.json': '{"Resources": {"Fourth": {"Type": "AWS::Logs::LogGroup"}}}',
};
for (const [path, text] of Object.entries(templates)) {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const only = ['--only', 'log-retention'];

function fleet(...words: readonly string[]) {
  return spawnSync(process.execPath, [program, 'fleet', ...only, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
}

const roots = ['a/template.yaml', 'b/template.yaml', 'c/template.yaml', 'd/template.json'];

describe.skipIf(!existsSync(program))('a fleet of templates', () => {
  it.each([1, 3])(
    'is planned in the order of its folders by %i workers; one that cannot be read stops no other',
    (jobs) => {
      const { status, stdout } = fleet('--format', 'ndjson', '--jobs', String(jobs), '.');
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.map(({ root }) => root)).toEqual(roots);
      expect(lines.map(({ plan }) => plan?.stacks.length)).toEqual([1, 2, undefined, 1]);
      expect(lines[2].errors).toMatchObject([{ code: 'template-unparseable', file: 'c/template.yaml' }]);
      expect(status).toBe(2);
    },
  );

  it('is summed up by remediation, by template and by what the policy would decide', () => {
    const { stdout } = fleet('--format', 'json', '.');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'idp-fix/fleet',
      version: 1,
      roots: { planned: 3, failed: 1 },
      remediations: [{ id: 'log-retention', roots: 3 }],
      worst: [{ root: 'b/template.yaml', open: 2 }, { root: 'a/template.yaml' }, { root: 'd/template.json' }],
      failures: [{ root: 'c/template.yaml', code: 'template-unparseable' }],
    });
    const text = fleet('.').stdout;
    expect(text).toContain('3 root templates planned, 1 could not be');
    expect(text).toMatch(/^ {2}log-retention +4 /m);
    const undecided = spawnSync(process.execPath, [program, 'fleet', '--only', 'cost-alerts', 'a'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(undecided.stdout).toMatch(/^ {2}remediations\.cost-alerts\.emails +1 +1$/m);
  });

  it('goes on after the last whole line of an interrupted run', () => {
    const whole = fleet('--format', 'ndjson', '--output', 'plans.ndjson', '.');
    const text = readFileSync(join(folder, 'plans.ndjson'), 'utf8');
    const [first = '', second = ''] = text.split('\n');
    writeFileSync(join(folder, 'plans.ndjson'), `${first}\n`);
    appendFileSync(join(folder, 'plans.ndjson'), second.slice(0, 100));
    const resumed = fleet('--format', 'ndjson', '--output', 'plans.ndjson', '--resume', '.');
    expect(readFileSync(join(folder, 'plans.ndjson'), 'utf8')).toBe(text);
    expect(resumed).toMatchObject({ status: whole.status, stderr: whole.stderr, stdout: '' });
  });

  it('gives the same bytes when it was killed on the way, and by any number of workers', async () => {
    const many = join(folder, 'many');
    for (let index = 0; index < 40; index++) {
      mkdirSync(join(many, String(index)), { recursive: true });
      writeFileSync(join(many, String(index), 'template.yaml'), logs(`Logs${index}`));
    }
    const words = (file: string) => ['--format', 'ndjson', '--output', file, many];
    fleet(...words('whole.ndjson'), '--jobs', '3');
    const killed = spawn(
      process.execPath,
      [program, 'fleet', ...only, ...words('killed.ndjson'), '--jobs', '1'],
      {
        cwd: folder,
        stdio: 'ignore',
      },
    );
    const text = (file: string) =>
      existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '';
    while (killed.exitCode === null && text('killed.ndjson') === '') await setTimeout(5);
    killed.kill('SIGKILL');
    await new Promise((resolve) => (killed.exitCode === null ? killed.once('exit', resolve) : resolve(0)));
    expect(text('whole.ndjson')).toContain(text('killed.ndjson'));
    fleet(...words('killed.ndjson'), '--jobs', '2', '--resume');
    expect(text('killed.ndjson')).toBe(text('whole.ndjson'));
  });

  it('goes on when a template ends its worker', () => {
    const plugin = join(folder, 'defect.mjs');
    writeFileSync(
      plugin,
      `import { resourceRemediation, z } from ${JSON.stringify(join(projectFolder, 'dist', 'index.js'))};
export const remediations = [resourceRemediation({
  id: 'defect', title: 'It fails', why: 'it has to', guideRisk: 'low', tryFirst: 'nothing',
  sources: ['https://docs.aws.amazon.com/'], equivalents: {}, appliesTo: ['AWS::Logs::LogGroup'],
  target: z.strictObject({}).prefault({}),
  judge({ logicalId }) { if (logicalId === 'First') throw new Error('no way'); return { verdict: { verdict: 'compliant', because: 'it is' } }; },
})];
`,
    );
    const { status, stdout } = fleet(
      '--format',
      'ndjson',
      '--jobs',
      '1',
      '--plugin',
      plugin,
      '--only',
      'defect',
      'a',
      'd',
    );
    const [first, last] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first.errors).toMatchObject([{ code: 'defect', message: expect.stringContaining('no way') }]);
    expect(last).toMatchObject({ root: 'd/template.json', plan: { format: 'idp-fix/plan' } });
    expect(status).toBe(70);
  });

  it.each([
    [['--output', 'x', '.'], '--output only has a meaning with --format ndjson'],
    [['--format', 'ndjson', '--resume', '.'], '--resume only has a meaning with --output'],
    [['--jobs', '0', '.'], 'it is a number from 1 to 256'],
    [['-'], 'fleet takes files and folders'],
  ])('%j is refused', (words, message) => {
    expect(fleet(...words)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  });
});
