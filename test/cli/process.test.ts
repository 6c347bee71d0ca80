import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from './run-in-process.js';

const program = join(projectFolder, 'dist', 'main.js');
const example = join(projectFolder, 'examples', 'small', 'template.yaml');

function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  return spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    env: { ...inherited, ...environment },
  });
}

/** `npm test` builds first; a test run of its own may come before any build. */
describe.skipIf(!existsSync(program))('the program', () => {
  it('ends in the exit code and keeps data and notes apart', () => {
    expect(run(['--version'])).toMatchObject({ status: 0, stderr: '' });
    expect(run(['none.yaml'])).toMatchObject({ status: 2, stdout: '' });
    expect(run([example])).toMatchObject({ status: 1, stderr: '' });
  });

  it('colors by the rules of the terminal', () => {
    expect(run([example]).stdout).not.toContain('\u001b[');
    expect(run([example], { FORCE_COLOR: '1' }).stdout).toContain('\u001b[');
    expect(run([example, '--no-color'], { FORCE_COLOR: '1' }).stdout).not.toContain('\u001b[');
  });

  it('says nothing when its reader has gone', () => {
    const shell = `"${process.execPath}" "${program}" "${example}" --verbose --format json | head -c 1`;
    expect(spawnSync('sh', ['-c', shell], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: '{',
      stderr: '',
    });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is ended by %s while it waits', async (signal) => {
    const waiting = spawn(process.execPath, [program, '-']);
    await once(waiting, 'spawn');
    waiting.kill(signal);
    expect(await once(waiting, 'exit')).toEqual([null, signal]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is ended by %s while it plans', async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'idp-fix-interrupted-'));
    const template = join(folder, 'template.yaml');
    writeFileSync(template, readFileSync(example));
    // A plugin that never comes back stands for any plan that takes long.
    const plugin = join(folder, 'endless.mjs');
    writeFileSync(
      plugin,
      `import { writeSync } from 'node:fs';
import { resourceRemediation, z } from ${JSON.stringify(join(projectFolder, 'dist', 'index.js'))};
export const remediations = [resourceRemediation({
  id: 'endless', title: 'It ends', why: 'it has to', guideRisk: 'low', tryFirst: 'nothing',
  sources: ['https://docs.aws.amazon.com/'], equivalents: {}, appliesTo: ['AWS::Serverless::Function', 'AWS::Lambda::Function'],
  target: z.strictObject({}).prefault({}),
  judge() { writeSync(2, 'judging'); for (;;); },
})];
`,
    );
    const planning = spawn(process.execPath, [program, template, '--plugin', plugin]);
    const [said] = await once(planning.stderr, 'data');
    expect(String(said)).toBe('judging');
    planning.kill(signal);
    expect(await once(planning, 'exit')).toEqual([null, signal]);
    rmSync(folder, { recursive: true });
  });
});
