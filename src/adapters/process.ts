import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { IdpFixError } from '../errors.js';
import type { Clock, Modules, Workers } from '../ports.js';

const exitCodes = { SIGINT: 130, SIGTERM: 143 };

interface Interrupts {
  /** From now on a signal clears up first. @returns what ends that */
  hold(): () => void;
}

/**
 * A signal ends the process by the default action of the system, which comes through while a plan is computed and no
 * listener would run. Only while something is pending (a write, an update in AWS) it is listened to, and cleared up after.
 */
export function interrupts(
  process: Pick<NodeJS.Process, 'on' | 'off' | 'exit'>,
  clearUp: () => void,
): Interrupts {
  const holders = new Set<object>();
  const listeners = Object.entries(exitCodes).map(([signal, exitCode]) => {
    const listener = () => {
      clearUp();
      process.exit(exitCode);
    };
    return { signal, listener };
  });
  return {
    hold() {
      const holder = {};
      if (holders.size === 0) for (const { signal, listener } of listeners) process.on(signal, listener);
      holders.add(holder);
      return () => {
        const isLast = holders.delete(holder) && holders.size === 0;
        if (isLast) for (const { signal, listener } of listeners) process.off(signal, listener);
      };
    },
  };
}

/**
 * Most runs are over before the code that V8 optimizes has paid for itself: by default it takes half of a run's processor
 * time. So a function has to run some fifteen times as much before it is optimized; runs on thousands of templates still
 * get there.
 */
export function optimizeLate(): void {
  for (const flag of flagsForLate(process.versions.v8)) setFlagsFromString(flag);
}

/**
 * V8 complains on the standard error about flags it does not have, and they change from version to version: none for one
 * that was not tried. Counted in bytes of bytecode (V8's own is 132 kB) in Node 20, in calls (3,000) in Node 22 and 24.
 */
export function flagsForLate(v8: string): readonly string[] {
  const [, version] = /^(\d+\.\d+)\./.exec(v8) ?? [];
  if (version === '11.3') return ['--interrupt-budget=2000000'];
  const isByCalls = version === '12.4' || version === '13.6';
  return isByCalls ? ['--invocation-count-for-turbofan=45000', '--invocation-count-for-osr=12000'] : [];
}

export const systemClock: Clock = {
  today: () => new Date().toISOString().slice(0, 10),
};

/** Far above the largest plan. */
const mostBytes = 1_000_000_000;

/** Runs a program of Node.js to its end, for callers that cannot wait in any other way. */
export function runToEnd(program: string, words: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    maxBuffer: mostBytes,
    windowsHide: true,
  });
  if (error !== undefined) throw error;
  return { exitCode: status, stdout, stderr };
}

/** Modules as Node finds them from a folder: a file by its path, anything else as a package. */
export function nodeModules(folder: string): Modules {
  return {
    async load(specifier) {
      const url = await locate(specifier, folder);
      try {
        return (await import(url)) as object;
      } catch (error) {
        throw notLoaded(specifier, error);
      }
    },
  };
}

async function locate(specifier: string, folder: string): Promise<string> {
  const file = resolve(folder, specifier);
  if (existsSync(file)) return pathToFileURL(file).href;
  const { resolve: resolveFrom } = await import('import-meta-resolve');
  try {
    return resolveFrom(specifier, pathToFileURL(join(folder, 'any.js')).href);
  } catch (error) {
    throw notLoaded(specifier, error);
  }
}

function notLoaded(specifier: string, cause: unknown): IdpFixError {
  const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return new IdpFixError('plugin-invalid', `plugin ${specifier} cannot be loaded: ${why}`, {
    hint: 'name a file (./my-remediations.js) or a package that is installed here',
    cause,
  });
}

/**
 * Two workers with them plan thousands of templates in 226 MiB in place of 388, for some 6 per cent more processor time:
 * V8 clears up the sooner the less it may have. A template that needs more ends its worker, and is told as that.
 */
export const fleetMemory = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 1024 };

/**
 * Threads of this process.
 * @param entry module that answers each message with one of its own
 * @param memory how much each may have; as much as V8 gives when absent
 */
export function threadWorkers(entry: URL, memory?: typeof fleetMemory): Workers {
  return {
    cores: availableParallelism(),
    start<Task, Answer>(setup: unknown) {
      const thread = new Worker(entry, { workerData: setup, ...(memory && { resourceLimits: memory }) });
      return {
        ask(task: Task) {
          return new Promise<Answer>((resolve, reject) => {
            const settle = (end: () => void) => {
              thread.off('message', onAnswer).off('error', onError).off('exit', onExit);
              end();
            };
            const onAnswer = (answer: Answer) => settle(() => resolve(answer));
            const onError = (error: unknown) => settle(() => reject(error));
            const onExit = () => settle(() => reject(new Error('the worker has ended')));
            thread.on('message', onAnswer).on('error', onError).on('exit', onExit);
            thread.postMessage(task);
          });
        },
        async end() {
          await thread.terminate();
        },
      };
    },
  };
}
