import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import type { Transport } from '../../src/adapters/aws/clients.js';
import { connectAws } from '../../src/adapters/aws/connect.js';
import type { Live } from '../../src/aws-ports.js';

/** One call as it went over the wire. */
export interface Call {
  /** `cloudformation:CreateChangeSet`. */
  readonly name: string;
  /** Fields of the form, of a service that takes forms. */
  readonly fields: URLSearchParams;
  readonly body: string;
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status?: number;
  readonly body: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The request arrives, and no answer comes back. */
  readonly lost?: true;
  /** What comes back is no HTTP: the code of the parser's error. */
  readonly broken?: string;
}

/** Goes on by itself only where a command waits; a script may put it forward, as an answer that takes long does. */
export interface Clock {
  /** Milliseconds since 1970. */
  now: number;
}

export type Script = (call: Call, count: number) => Reply | undefined;

export interface Wire {
  readonly calls: Call[];
  /** Calls that were not allowed, or that nobody has an answer to. */
  readonly forbidden: readonly string[];
  /** Names in order, each once. */
  names(): readonly string[];
  readonly live: Live;
  readonly pauses: number[];
  /** What a person was told who interrupts now. */
  readonly notices: (string | undefined)[];
}

/**
 * AWS as a script: every request is recorded, and answered by hand-written replies.
 * @param allowed names of calls a command may make; any other fails the test
 */
export function wire(
  script: Script,
  {
    typed,
    allowed,
    clock = { now: Date.parse('2026-02-01T00:00:00Z') },
  }: { typed?: string; allowed?: readonly string[]; clock?: Clock } = {},
): Wire {
  const calls: Call[] = [];
  const forbidden: string[] = [];
  const pauses: number[] = [];
  const notices: (string | undefined)[] = [];
  const requestHandler = {
    async handle(request: unknown) {
      if (!HttpRequest.isInstance(request)) throw new Error('not a request');
      const call = readCall(request);
      calls.push(call);
      // Told apart from a failure of AWS, which a command may take in its stride.
      if (allowed !== undefined && !allowed.includes(call.name)) forbidden.push(call.name);
      const reply = script(call, calls.filter(({ name }) => name === call.name).length);
      if (reply === undefined) {
        forbidden.push(`${call.name}, for which no reply was written`);
        throw new Error(`no reply was written for ${call.name}`);
      }
      if (reply.broken !== undefined)
        throw Object.assign(new Error('Parse Error: Expected HTTP/'), { code: reply.broken });
      if (reply.lost)
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
      return {
        response: new HttpResponse({
          statusCode: reply.status ?? 200,
          headers: { 'content-type': reply.type ?? 'text/xml', 'x-amzn-requestid': 'test', ...reply.headers },
          body: Readable.from([Buffer.from(reply.body)]),
        }),
      };
    },
  };
  const transport: Transport = {
    requestHandler: requestHandler as unknown as NonNullable<Transport['requestHandler']>,
    retryStrategy: new ConfiguredRetryStrategy(3, () => 0),
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
  };
  return {
    calls,
    forbidden,
    names: () => [...new Set(calls.map(({ name }) => name))],
    pauses,
    notices,
    live: {
      environment: {},
      connect: (connection) =>
        connectAws({ ...connection, region: connection.region ?? 'eu-west-1' }, transport),
      ask: async () => typed,
      pause: async (milliseconds) => {
        pauses.push(milliseconds);
        clock.now += milliseconds;
      },
      now: () => clock.now,
      creationToken: () => randomBytes(16).toString('hex'),
      whenInterrupted: (notice) => {
        notices.push(notice);
      },
    },
  };
}

function readCall({ headers, body, path, method, hostname }: HttpRequest): Call {
  const text =
    typeof body === 'string' ? body : body instanceof Uint8Array ? new TextDecoder().decode(body) : '';
  const fields = new URLSearchParams(headers['content-type']?.includes('x-www-form-urlencoded') ? text : '');
  return {
    name: nameOf(hostname, headers, fields, path, method),
    fields,
    body: text,
    path,
    host: hostname,
    headers,
  };
}

function nameOf(
  host: string,
  headers: Readonly<Record<string, string>>,
  fields: URLSearchParams,
  path: string,
  method: string,
): string {
  const service = host.includes('s3.') ? 's3' : (host.split('.')[0] ?? '');
  const target = headers['x-amz-target']?.split('.').at(-1);
  const operation = /\/operation\/(\w+)/.exec(path)?.[1];
  const rest: Readonly<Record<string, string>> = {
    'GET lambda': lambdaCall(path),
    'GET signer': 'GetSigningProfile',
    'HEAD s3': path === '/' ? 'HeadBucket' : 'HeadObject',
    'PUT s3': 'PutObject',
    'DELETE s3': 'DeleteObject',
  };
  return `${service}:${fields.get('Action') ?? target ?? operation ?? rest[`${method} ${service}`] ?? `${method} ${path}`}`;
}

/** Lambda names its calls by their paths alone. */
function lambdaCall(path: string): string {
  if (path.endsWith('/concurrency')) return 'GetFunctionConcurrency';
  if (path.endsWith('/code-signing-config')) return 'GetFunctionCodeSigningConfig';
  if (path.includes('/code-signing-configs/')) return 'GetCodeSigningConfig';
  if (path.includes('/event-source-mappings/')) return 'GetEventSourceMapping';
  return path.endsWith('/configuration') ? 'GetFunctionConfiguration' : 'GetAccountSettings';
}

/** The answer of a service that speaks XML. */
export function xml(action: string, result: string): Reply {
  return { body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>` };
}

export function failure(code: string, message: string, status = 400): Reply {
  const escaped = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return {
    status,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped}</Message></Error></ErrorResponse>`,
  };
}

export function json(value: unknown, status = 200): Reply {
  return { status, type: 'application/x-amz-json-1.1', body: JSON.stringify(value) };
}
