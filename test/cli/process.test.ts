import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
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

  it('colours by the rules of the terminal', () => {
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

  it('ends in 130 when it is interrupted', async () => {
    const waiting = spawn(process.execPath, [program, '-']);
    // It has taken over the signal once it has answered; until then the system's answer is the same by other means.
    await new Promise((resolve) => setTimeout(resolve, 500));
    waiting.kill('SIGINT');
    const [code, signal] = await once(waiting, 'exit');
    expect(code === 130 || signal === 'SIGINT').toBe(true);
  });
});
