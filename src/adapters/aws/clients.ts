import { Readable } from 'node:stream';
import type { CloudFormationClientConfig } from '@aws-sdk/client-cloudformation';
import type { HttpHandler, HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { getProxyForUrl } from 'proxy-from-env';
import type { Connection } from '../../aws-ports.js';
import { type Attempt, asFailure, noAnswer } from './failure.js';

type Logger = NonNullable<CloudFormationClientConfig['logger']>;

/** What the tests put in the place of the network. */
export type Transport = Pick<CloudFormationClientConfig, 'retryStrategy' | 'credentials'> & {
  readonly requestHandler?: Parameters<typeof wayToAws>[0];
};

/** The settings every client is made with. */
export interface ClientSettings extends Transport {
  readonly requestHandler: ReturnType<typeof wayToAws>;
  readonly logger?: Logger;
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
}

function say(): void {}
const silent: Logger = { trace: say, debug: say, info: say, warn: say, error: say };

export function clientSettings(
  { region, profile, endpointUrl }: Connection,
  transport: Transport = {},
): ClientSettings {
  return {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(endpointUrl !== undefined && { endpoint: endpointUrl }),
    // What the SDK has to say beside errors is for developers.
    logger: silent,
    ...transport,
    requestHandler: wayToAws(transport.requestHandler),
  };
}

/** Makes something when it is first asked for. */
export function once<Thing>(make: () => Promise<Thing>): () => Promise<Thing> {
  let made: Promise<Thing> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Runs a call and tells its failure in words. */
export async function told<Answer>(attempt: Attempt, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw asFailure(error, attempt);
  }
}

/**
 * Puts an end to what has no time limit of its own: a program that credentials come from may wait for ever.
 * @throws an error in the form of the SDK's for a request without an answer
 */
export async function within<Answer>(
  limitMs: number,
  waitingFor: string,
  call: () => Promise<Answer>,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const message = `${waitingFor} took longer than ${limitMs / 1000} s`;
    timer = setTimeout(() => reject(Object.assign(new Error(message), { name: 'TimeoutError' })), limitMs);
  });
  try {
    return await Promise.race([call(), limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether an error of the SDK has one of these names. */
export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

const connectTimeoutMs = 5_000;
const answerTimeoutMs = 30_000;

/** @param answerMs how long an answer may take to begin, and how long it may pause before it is whole */
export function timeLimits(answerMs: number): NodeHttpHandlerOptions {
  return {
    connectionTimeout: connectTimeoutMs,
    requestTimeout: answerMs,
    // The limit of a request ends with the first byte of the answer.
    socketTimeout: answerMs,
    // Without it the SDK warns and goes on waiting for ever.
    throwOnRequestTimeout: true,
  };
}

const options = timeLimits(answerTimeoutMs);

type Handler = Pick<HttpHandler, 'handle'>;

/**
 * The way to AWS: through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for an address, as the AWS CLI goes,
 * and with answers that are none refused.
 * @param given what the tests put in the place of the network
 */
function wayToAws(given?: HttpHandler | NodeHttpHandlerOptions): HttpHandler {
  return answersOnly(given === undefined ? byProxy() : NodeHttpHandler.create(given));
}

function byProxy(): Handler {
  const handlers = new Map<string, Promise<Handler>>();
  return {
    async handle(request, more) {
      const proxy = getProxyForUrl(addressOf(request));
      const handler = handlers.get(proxy) ?? through(proxy);
      handlers.set(proxy, handler);
      return (await handler).handle(request, more);
    },
  };
}

/** @param proxy empty for the direct way */
async function through(proxy: string): Promise<Handler> {
  if (proxy === '') return new NodeHttpHandler(options);
  const { HttpProxyAgent } = await import('http-proxy-agent');
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new NodeHttpHandler({
    ...options,
    httpAgent: new HttpProxyAgent(proxy),
    httpsAgent: new HttpsProxyAgent(proxy),
  });
}

/**
 * Refuses a page that is no answer of AWS: portals and proxies put one, with HTTP 200, in the place of the answer, and
 * read as an answer it is one in which every field is missing.
 */
function answersOnly(handler: Handler): HttpHandler {
  return {
    async handle(request, more) {
      const answer = await handler.handle(request, more);
      if (isPage(request, answer.response)) {
        // A page that nobody reads keeps its connection open, and that the process.
        if (answer.response.body instanceof Readable) answer.response.body.destroy();
        throw noAnswer('a web page came instead of an answer of AWS', answer.response.statusCode);
      }
      return answer;
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}

function isPage({ method }: HttpRequest, { statusCode, headers }: HttpResponse): boolean {
  // HEAD tells the type of an object, which may well be a page.
  return method !== 'HEAD' && statusCode < 300 && /^text\/html\b/i.test(headers['content-type'] ?? '');
}

function addressOf({ protocol, hostname, port, path }: HttpRequest): string {
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`;
}
