import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { getProxyForUrl } from 'proxy-from-env';
import type { Web } from '../ports.js';

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
