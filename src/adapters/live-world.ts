import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { getProxyForUrl } from 'proxy-from-env';
import type { Live } from '../aws-ports.js';
import type { Web } from '../ports.js';

interface LiveWorld extends Live {
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
      const { createInterface } = await import('node:readline/promises');
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

const mostRedirects = 3;
const answerTimeoutMs = 30_000;

/** Public pages over https, with the certificates Node trusts. */
export const nodeWeb: Web = {
  async get(url, mostBytes) {
    let at = url;
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const answer = await request(at, mostBytes);
      if (!('location' in answer)) return answer;
      const next = new URL(answer.location, at);
      if (next.host !== url.host || next.protocol !== 'https:') {
        return { refused: `it leads to another host, ${next.host}` };
      }
      at = next;
    }
    return { refused: `it was redirected more than ${mostRedirects} times` };
  },
};

type Answer = Awaited<ReturnType<Web['get']>> | { readonly location: string };

async function request(url: URL, mostBytes: number): Promise<Answer> {
  const { get } = await import('node:https');
  const proxy = getProxyForUrl(url.href);
  const agent =
    proxy === '' ? undefined : new (await import('https-proxy-agent')).HttpsProxyAgent<string>(proxy);
  return new Promise((resolve) => {
    const refuse = (refused: string) => resolve({ refused });
    const sent = get(url, { ...(agent !== undefined && { agent }), timeout: answerTimeoutMs }, (answer) => {
      const { statusCode = 0, headers } = answer;
      if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
        answer.resume();
        resolve({ location: headers.location });
      } else if (statusCode !== 200) {
        answer.resume();
        refuse(`the answer is ${statusCode}`);
      } else collect(answer, mostBytes, resolve);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerTimeoutMs / 1000} s`)));
    sent.on('error', (error) => refuse(error.message));
  });
}

function collect(answer: IncomingMessage, mostBytes: number, resolve: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  answer.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= mostBytes) chunks.push(chunk);
    else {
      answer.destroy();
      resolve({ refused: `it is larger than ${mostBytes} bytes, the most CloudFormation takes` });
    }
  });
  answer.on('end', () => resolve({ bytes: new Uint8Array(Buffer.concat(chunks)) }));
  answer.on('error', (error) => resolve({ refused: error.message }));
}
