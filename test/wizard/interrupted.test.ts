import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keys } from '../../src/dev/terminal/session.js';
import { contentsOf } from '../cli/run-in-process.js';
import {
  type Answer,
  everything,
  folderWith,
  give,
  later,
  missing,
  openWizard,
  picked,
  policyFile,
  program,
  runPlain,
  runWizard,
  start,
  ticked,
  typed,
} from './sessions.js';

/** A way that comes past every question. */
const way: readonly Answer[] = [
  ...everything.slice(0, -2),
  picked('Which changes?', 'tick them in a list'),
  ticked('Which changes should be written?', 'log-retention'),
  picked('Which changes?', 'look at a change'),
  picked('Which change?', 'multi-az'),
  picked('Which changes?', 'accept a risk'),
  ticked('Which risks do you accept?', 'multi-az'),
  typed('Why is the risk accepted?', 'nobody works at night'),
  typed('Who accepts it?', 'me'),
  typed('Until which day'),
  picked('Which changes?', 'go on'),
  picked('What now?', 'create a change set'),
  typed('Name of the stack', 'orders'),
  picked('Which templates?', 'those here'),
];

const goesOn = 'interrupted: nothing has been written; idp-fix wizard goes on from here (.idp-fi';

/** Beside the answers so far. */
function filesOf(folder: string) {
  const { '.idp-fix-wizard.json': progress, ...files } = contentsOf(folder);
  return { progress, files };
}

describe.skipIf(missing !== undefined || !existsSync(program))(
  `an interrupted wizard (passed over without ${missing ?? 'a build'})`,
  () => {
    // One question of each kind and of each step; every one of them is asked by the same code.
    it.each(
      way.flatMap(([message], index) =>
        [1, 2, 4, 8, 19, 21, 24, 28, 30].includes(index + 1) ? [[index + 1, message] as const] : [],
      ),
    )('writes nothing: Ctrl-C at question %i, %s', async (number, message) => {
      const folder = folderWith();
      const before = contentsOf(folder);
      const session = openWizard(folder);
      await give(session, way.slice(0, number - 1));
      await session.waitForLine(`? ${message}`);
      session.type(keys.interrupt);
      expect(await session.waitForEnd()).toBe(130);
      const lines = session.lines();
      const said = number === 1 ? 'interrupted: nothing has been written' : goesOn;
      expect(lines.filter((line) => line.includes('interrupted'))).toEqual([said]);
      const { progress, files } = filesOf(folder);
      expect(files).toEqual(before);
      expect(progress === undefined).toBe(number === 1);
    });

    it('ends the same way when the input ends', async () => {
      const folder = folderWith();
      const session = openWizard(folder);
      await session.waitForLine('? What is the stack for?');
      session.type(keys.end);
      expect(await session.waitForEnd()).toBe(130);
      expect(session.lines().at(-1)).toBe('interrupted: nothing has been written');
      expect(contentsOf(folder)[policyFile]).toBeUndefined();
    });

    it('ends at once while it is working', async () => {
      const folder = folderWith();
      const before = contentsOf(folder);
      const session = openWizard(folder);
      await give(session, [
        picked('What is the stack for?', 'production'),
        picked('Which policy', 'production'),
      ]);
      // The templates are being looked at. What arrives in the moment between question and work is lost.
      const impatience = setInterval(() => session.type(keys.interrupt), 200);
      session.type(keys.interrupt);
      expect(await session.waitForEnd()).toBe(130);
      clearInterval(impatience);
      // The signal's default action comes through in the middle of a computation, where no message could.
      expect(filesOf(folder).files).toEqual(before);
    });

    it('goes on where it was', async () => {
      const folder = folderWith();
      const first = openWizard(folder);
      await give(first, [...later.slice(0, 3), typed('How many executions', '3000')]);
      await first.waitForLine('? Answer');
      first.type(keys.interrupt);
      expect(await first.waitForEnd()).toBe(130);
      const run = await runWizard(folder, [
        picked('Go on from there?', 'yes'),
        picked('Answer', 'later'),
        picked('Which changes?', 'go on'),
        picked('What now?', 'only save'),
      ]);
      expect(run.exitCode).toBe(0);
      expect(run.lines).toContain('An interrupted wizard has 4 answers:');
      expect(run.lines.filter((line) => line.startsWith('✔ What is the stack for?'))).toEqual([]);
      expect(run.files[policyFile]).toContain('concurrencyLimit: 3000\n');
      expect(Object.keys(run.files)).toEqual([policyFile, 'template.yaml']);
    });

    it('asks again where the templates have changed since', async () => {
      const folder = folderWith();
      const first = openWizard(folder);
      await give(first, [...later.slice(0, 3), typed('How many executions', '3000')]);
      await first.waitForLine('? Answer');
      first.type(keys.interrupt);
      await first.waitForEnd();
      appendFileSync(join(folder, 'template.yaml'), '# another day\n');
      const session = openWizard(folder);
      await give(session, [picked('Go on from there?', 'yes')]);
      await session.waitForLine('The templates have changed since; the answers are offered again.');
      await session.choose('Which KMS key', 'none yet');
      await session.waitForLine(
        '? How many executions at once does the account allow? (Enter: not known) (3000)',
      );
      session.type(keys.interrupt);
      expect(await session.waitForEnd()).toBe(130);
    });

    it('takes no answer from a file that does not fit the questions', async () => {
      const folder = folderWith();
      const first = openWizard(folder);
      await give(first, start);
      await first.waitForLine('? Which KMS key');
      first.type(keys.interrupt);
      await first.waitForEnd();
      const path = join(folder, '.idp-fix-wizard.json');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replaceAll('"answer":"production"', '"answer":"\\u001b[2Jnowhere"'),
      );
      const session = openWizard(folder);
      await give(session, [picked('Go on from there?', 'yes')]);
      await session.waitForLine('? What is the stack for?');
      expect(session.lines().join('\n')).toContain('nowhere');
      session.type(keys.interrupt);
      expect(await session.waitForEnd()).toBe(130);
    });
  },
);

describe.skipIf(!existsSync(program))('the wizard without a terminal', () => {
  it('refuses, and names the flags', () => {
    const { status, stdout, stderr } = runPlain(folderWith(), ['wizard']);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/no terminal/);
    for (const flag of ['--policy', '--include review', '--skip', '--apply', 'policy init'])
      expect(stderr).toContain(flag);
  });

  it('is nothing an empty command line comes to', () => {
    const { status, stderr } = runPlain(folderWith(), []);
    expect(status).toBe(2);
    expect(stderr).toContain('no template was named');
  });
});
