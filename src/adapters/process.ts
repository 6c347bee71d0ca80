import { setFlagsFromString } from 'node:v8';
import type { Clock } from '../ports.js';
import type { NodeFiles } from './node-files.js';

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

/** From this much text on, code that V8 has optimised pays for what optimising costs; seven templates have 400 kB. */
const worthOptimisingBytes = 800_000;

/**
 * Most runs are over before the code that V8 optimises has paid for itself: it takes two fifths of their processor time.
 * So V8 only compiles, until a run turns out to be a long one.
 */
export function shortRun(files: NodeFiles): NodeFiles {
  setFlagsFromString('--no-opt');
  let bytes = 0;
  return {
    ...files,
    async read(path) {
      const content = await files.read(path);
      bytes += content.length;
      if (bytes > worthOptimisingBytes) setFlagsFromString('--opt');
      return content;
    },
  };
}

export const systemClock: Clock = {
  today: () => new Date().toISOString().slice(0, 10),
};
