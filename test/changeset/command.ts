import { join } from 'node:path';
import { expect } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { type Ran, runInProcess } from '../cli/run-in-process.js';
import { allowedCalls, type ChangeSetAction } from './allowed-calls.js';
import { type Script, type Wire, wire } from './wire.js';

/** Runs a command on the stack `app`, with the template `app.yaml` of a folder; no call that is not allowed is made. */
export async function run(
  folder: string,
  action: ChangeSetAction,
  words: readonly string[],
  script: Script,
): Promise<Ran & { readonly line: Wire }> {
  const line = wire(script, { allowed: allowedCalls[action] });
  const common = ['--stack', 'app', '--format', 'json'];
  const more =
    action === 'create'
      ? [join(folder, 'app.yaml'), '--only', 'log-retention', '--bucket', 'mine']
      : ['--folder', folder];
  const ran = await runInProcess(['change-set', action, ...words, ...more, ...common], { live: line.live });
  expect(line.forbidden).toEqual([]);
  return { ...ran, line };
}

export async function created(folder: string, script: Script, ...words: string[]): Promise<ChangeSetRecord> {
  const ran = await run(folder, 'create', words, script);
  expect(ran.exitCode, ran.notes).toBe(0);
  return JSON.parse(ran.data) as ChangeSetRecord;
}
