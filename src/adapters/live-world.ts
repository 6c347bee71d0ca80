import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import type { Live } from '../aws-ports.js';

export interface LiveWorld extends Live {
  /** What a person who interrupts now has to be told. */
  interruptNotice(): string | undefined;
}

/**
 * The real world of a live command. AWS is loaded when a command connects to it.
 * @param hold is told when an interruption begins to leave something behind
 */
export function liveWorld(
  { env, stdin, stderr }: Pick<NodeJS.Process, 'env' | 'stdin' | 'stderr'>,
  hold: () => () => void,
): LiveWorld {
  let notice: string | undefined;
  let release: (() => void) | undefined;
  return {
    environment: env,
    async connect(connection) {
      // The SDK announces on every run which Node it will ask for one day.
      env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
      const { connectAws } = await import('./aws/connect.js');
      return connectAws(connection);
    },
    async ask(question) {
      if (stdin.isTTY !== true || stderr.isTTY !== true) return undefined;
      const terminal = createInterface({ input: stdin, output: stderr });
      try {
        return await new Promise<string>((resolve, reject) => {
          // The terminal hands ctrl-C to whoever reads a line, not to the process.
          terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
          // The end of the input, ctrl-D, answers nothing, and no question stays open for ever.
          terminal.once('close', () => resolve(''));
          terminal.question(question).then(resolve, reject);
        });
      } finally {
        terminal.close();
      }
    },
    async pause(milliseconds) {
      await setTimeout(milliseconds);
    },
    now: () => Date.now(),
    creationToken: () => randomBytes(16).toString('hex'),
    whenInterrupted(text) {
      notice = text;
      if (text !== undefined) release ??= hold();
      else {
        release?.();
        release = undefined;
      }
    },
    interruptNotice: () => notice,
  };
}
