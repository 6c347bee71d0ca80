const exitCodes = { SIGINT: 130, SIGTERM: 143 };

export interface Interrupts {
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
