import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { allowedCalls, type ChangeSetAction } from '../changeset/allowed-calls.js';
import type { Ran } from '../cli/run-in-process.js';
import { type Circumstances, idpFix } from './account.js';
import { faultProxy } from './fault-proxy.js';

export const bucket = 'templates-for-tests';

/** Change sets against a stand-in, in a folder of their own. Every call is recorded, and has to be an allowed one. */
export interface Flow {
  readonly folder: string;
  /** Writes a template. @returns its path */
  local(name: string, text: string): string;
  run(action: ChangeSetAction, words: readonly string[], circumstances?: Circumstances): Promise<Ran>;
  create(stack: string, ...words: string[]): Promise<Ran>;
  /** Makes a change set, which has to come about. */
  created(stack: string, ...words: string[]): Promise<ChangeSetRecord>;
  execute(record: ChangeSetRecord, ...words: string[]): Promise<Ran>;
  close(): Promise<void>;
}

export async function startFlow(endpoint: string): Promise<Flow> {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-live-'));
  // Without a template, records lie in the folder one works in.
  process.chdir(folder);
  const proxy = await faultProxy(endpoint, () => undefined);
  const run: Flow['run'] = async (action, words, circumstances) => {
    const before = proxy.actions.length;
    const ran = await idpFix(proxy.url, ['change-set', action, ...words], circumstances);
    const allowed = allowedCalls[action].map((name) => name.split(':')[1]);
    expect(proxy.actions.slice(before).filter((call) => !allowed.includes(call))).toEqual([]);
    return ran;
  };
  const create: Flow['create'] = (stack, ...words) =>
    run('create', [...words, '--stack', stack, '--only', 'log-retention', '--format', 'json']);
  return {
    folder,
    local(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    run,
    create,
    async created(stack, ...words) {
      const made = await create(stack, ...words);
      expect(made.exitCode, made.notes).toBe(0);
      return JSON.parse(made.data) as ChangeSetRecord;
    },
    execute: ({ name, stack }, ...words) =>
      run('execute', [name, '--stack', stack.name, '--confirm', stack.name, ...words]),
    async close() {
      process.chdir(tmpdir());
      rmSync(folder, { recursive: true, force: true });
      await proxy.close();
    },
  };
}
