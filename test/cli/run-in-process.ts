import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { remediations } from '../../remediations/index.js';
import { lineFile } from '../../src/adapters/line-file.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { nodeModules } from '../../src/adapters/process.js';
import type { Live } from '../../src/aws-ports.js';
import type { FileStore, Prompt, Terminal, Web, Workers } from '../../src/ports.js';
import { runCommandLine } from '../../src/run.js';
import type { Wire } from '../../src/wire.js';

export const projectFolder = join(import.meta.dirname, '..', '..');

export interface Ran {
  readonly exitCode: number;
  /** What went to the standard output. */
  readonly data: string;
  /** What went to the standard error. */
  readonly notes: string;
}

/** Runs a command line on the files of the machine, without a process of its own. */
export async function runInProcess(
  words: readonly string[],
  {
    input = '',
    today = '2026-01-01',
    terminal = {},
    live = nothingLive,
    prompt = nobodyThere,
    web = nothingThere,
    wire,
    files = nodeFiles(),
  }: {
    input?: string;
    today?: string;
    terminal?: Partial<Terminal>;
    live?: Live;
    prompt?: Prompt;
    web?: Web;
    wire?: Wire;
    files?: FileStore;
  } = {},
): Promise<Ran> {
  const told = { data: '', notes: '' };
  const stream: Terminal = { isTerminal: false, columns: 80, color: false, ...terminal };
  const exitCode = await runCommandLine(
    words,
    {
      files,
      input: { read: async () => new TextEncoder().encode(input) },
      output: {
        data: (text) => {
          told.data += text;
        },
        note: (text) => {
          told.notes += text;
        },
        taken: async () => {},
        progress: () => {},
        dataTerminal: stream,
        noteTerminal: stream,
      },
      wire: () => {
        if (wire === undefined) throw new Error('this command must not serve');
        return wire;
      },
      clock: { today: () => today },
      workers: noWorkers,
      editorWorkers: noWorkers,
      lines: lineFile,
      modules: nodeModules(process.cwd()),
      web,
      prompt,
      live,
    },
    { version: '0.0.0-test', remediations, policiesFolder: join(projectFolder, 'policies') },
  );
  return { exitCode, ...told };
}

const nobodyThere: Prompt = {
  isPossible: false,
  ask: async () => {
    throw new Error('this command must not ask');
  },
};

/** Threads run the built program alone. */
const noWorkers: Workers = {
  cores: 1,
  start: () => {
    throw new Error('this command must not start workers');
  },
};

/** For commands that fetch nothing. */
const nothingThere: Web = {
  get: async () => {
    throw new Error('this command must not fetch anything');
  },
};

/** For commands that have nothing to do with AWS. */
const nothingLive: Live = {
  environment: {},
  connect: async () => {
    throw new Error('this command must not connect to AWS');
  },
  ask: async () => undefined,
  pause: async () => {},
  now: () => 0,
  creationToken: () => '0'.repeat(32),
  whenInterrupted: () => {},
};

/** Every file below a folder, by path. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );
}
