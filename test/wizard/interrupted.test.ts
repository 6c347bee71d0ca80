import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keys } from '../../src/dev/terminal/session.js';
import { contentsOf } from '../cli/run-in-process.js';
import {
  type Answer,
  everything,
  folderWith,
  give,
  missing,
  openWizard,
  picked,
  policyFile,
  program,
  runPlain,
  typed,
} from './sessions.js';

/** A way that comes past every question. */
const way: readonly Answer[] = [
  ...everything.slice(0, -1),
  picked('What about them?', 'go through'),
  picked('What about it?', 'look at'),
  picked('Write it?', 'accept the risk'),
  typed('Why is the risk accepted?', 'for now'),
  typed('Who accepts it?', 'me'),
  typed('Until which day'),
  picked('What about it?', 'take what is safe from here on'),
  picked('What now?', 'create a change set'),
  typed('Name of the stack', 'orders'),
  picked('Which templates?', 'those here'),
];

describe.skipIf(missing !== undefined || !existsSync(program))(
  `an interrupted wizard (passed over without ${missing ?? 'a build'})`,
  () => {
    it.each(way.map(([message], index) => [index + 1, message] as const))(
      'writes nothing: Ctrl-C at question %i, %s',
      async (number, message) => {
        const folder = folderWith();
        const before = contentsOf(folder);
        const session = openWizard(folder);
        await give(session, way.slice(0, number - 1));
        await session.waitForLine(`? ${message}`);
        session.type(keys.interrupt);
        expect(await session.waitForEnd()).toBe(130);
        const lines = session.lines();
        expect(lines.filter((line) => line.includes('interrupted'))).toEqual([
          'interrupted: nothing has been written',
        ]);
        expect(lines.at(-1)).toBe('interrupted: nothing has been written');
        expect(contentsOf(folder)).toEqual(before);
      },
    );

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
      expect(contentsOf(folder)).toEqual(before);
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
