import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Transport } from '../../src/adapters/aws/clients.js';
import { connectAws } from '../../src/adapters/aws/connect.js';
import { type FileSystem, fileSystem } from '../../src/adapters/file-system.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import type { Live } from '../../src/aws-ports.js';
import type { FileStore } from '../../src/ports.js';
import { region } from './account.js';

/** What becomes of one call, to AWS or to the operating system. */
export const faults = [
  /** AWS refuses it, or the disk fails. */
  'error',
  /** No answer, and none when it is repeated; the call never arrives. */
  'timeout',
  /** Refused for its rate, over and over. */
  'throttling',
  /** It is carried out, and the answer gets lost. */
  'lost answer',
  /** The process is killed before the call. */
  'kill before',
  /** The process is killed after it. */
  'kill after',
] as const;
export type Fault = (typeof faults)[number];

export class Killed extends Error {}

export interface FaultyWorld {
  readonly live: Live;
  readonly files: FileStore;
  /** Rejects when the process is killed; whatever it still tries then neither happens nor ends. */
  readonly killed: Promise<never>;
  /** Of those that can have the fault. */
  readonly calls: () => number;
  /** The fault was made: not every call can fail in every way. */
  readonly isMade: () => boolean;
  /** Names of the calls that have arrived at AWS: `ExecuteChangeSet`. */
  readonly arrived: readonly string[];
}

/** No call to the file system can have them. */
export const ofAwsOnly: ReadonlySet<Fault> = new Set(['timeout', 'throttling', 'lost answer']);

/**
 * The world of a command whose n-th call fails, counted over AWS and the file system together, or over AWS alone for a
 * fault that no file has. The stand-in, the files
 * and the locks are real; only the faults are made.
 * @param at counted from 1; 0 for no fault
 */
export function faultyWorld(endpoint: string, at: number, fault: Fault): FaultyWorld {
  let calls = 0;
  let isMade = false;
  let isDead = false;
  let kill = () => {};
  const arrived: string[] = [];
  const never = new Promise<never>(() => {});
  const killed = new Promise<never>((_, reject) => {
    kill = () => {
      isDead = true;
      reject(new Killed());
    };
  });
  killed.catch(() => {});

  const strikes = (isOfAws: boolean) => {
    if (!isOfAws && ofAwsOnly.has(fault)) return false;
    calls += 1;
    const isStruck = calls === at;
    isMade ||= isStruck;
    return isStruck;
  };

  const network = new NodeHttpHandler();
  /** Repetitions of the call that fails for good. */
  let failing: { readonly name: string; left: number } | undefined;
  const handle = async (request: HttpRequest) => {
    if (isDead) return never;
    const name = nameOf(request);
    if (failing !== undefined && failing.name === name && failing.left > 0) {
      failing.left -= 1;
      return failed(request);
    }
    const isStruck = strikes(true);
    if (!isStruck) return forward(name, request);
    switch (fault) {
      case 'error':
        return refusal(request, 'AccessDenied', 403);
      case 'timeout':
      case 'throttling':
        failing = { name, left: attempts - 1 };
        return failed(request);
      case 'lost answer':
        await forward(name, request);
        throw lost();
      case 'kill before':
        kill();
        return never;
      case 'kill after':
        await forward(name, request);
        kill();
        return never;
    }
  };
  const failed = (request: HttpRequest) => {
    if (fault === 'throttling') return refusal(request, 'Throttling', 400);
    throw lost();
  };
  const forward = (name: string, request: HttpRequest) => {
    arrived.push(name);
    return network.handle(name === 'CreateChangeSet' ? byName(request) : request);
  };

  const system = Object.fromEntries(
    Object.entries(fileSystem).map(([name, call]) => {
      const run = (...words: never[]) => (call as (...given: never[]) => unknown)(...words);
      if (name.endsWith('Now')) {
        return [
          name,
          (...words: never[]) => {
            if (isDead) throw new Killed();
            const isStruck = strikes(false);
            if (isStruck && fault === 'error') throw diskError(name);
            if (isStruck && fault === 'kill before') {
              kill();
              throw new Killed();
            }
            const result = run(...words);
            if (isStruck) {
              kill();
              throw new Killed();
            }
            return result;
          },
        ];
      }
      return [
        name,
        async (...words: never[]) => {
          if (isDead) return never;
          const isStruck = strikes(false);
          if (isStruck && fault === 'error') throw diskError(name);
          if (isStruck && fault === 'kill before') {
            kill();
            return never;
          }
          const result = name === 'write' ? await writeQuickly(...words) : await run(...words);
          if (!isStruck) return result;
          kill();
          return never;
        },
      ];
    }),
  ) as unknown as FileSystem;

  const requestHandler = { handle } as unknown as NonNullable<Transport['requestHandler']>;
  return {
    live: liveWith(endpoint, {
      requestHandler,
      retryStrategy: new ConfiguredRetryStrategy(attempts, () => 0),
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
    files: nodeFiles({ system, times: { leaseMs: 4, patienceMs: 2_000 } }),
    killed,
    calls: () => calls,
    isMade: () => isMade,
    arrived,
  };
}

const attempts = 3;

/** Without waiting for the disk, which only a power cut would tell apart. */
async function writeQuickly(...[path, bytes]: readonly unknown[]): Promise<void> {
  await writeFile(path as string, bytes as Uint8Array, { flag: 'wx' });
}

function diskError(name: string): Error {
  return Object.assign(new Error(`injected into ${name}`), { code: 'EIO' });
}

function lost(): Error {
  return Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
}

function refusal({ headers }: HttpRequest, code: string, statusCode: number) {
  const isJson = headers['x-amz-target'] !== undefined;
  const text = isJson
    ? JSON.stringify({ __type: code, message: 'injected' })
    : `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>injected</Message></Error></ErrorResponse>`;
  const response = new HttpResponse({
    statusCode,
    headers: { 'content-type': isJson ? 'application/x-amz-json-1.1' : 'text/xml' },
    body: new Blob([text]).stream(),
  });
  return { response };
}

/** The stand-in tells two change sets of one name apart from one by the name of the stack alone, not by its id. */
function byName(request: HttpRequest): HttpRequest {
  const body = String(request.body).replace(
    /StackName=arn%3A[^&]*?%3Astack%2F([^%&]+)%2F[^&]*/,
    'StackName=$1',
  );
  return new HttpRequest({
    ...request,
    headers: { ...request.headers, 'content-length': String(body.length) },
    body,
  });
}

function nameOf({ headers, body, method, path }: HttpRequest): string {
  const form = typeof body === 'string' ? new URLSearchParams(body).get('Action') : null;
  return form ?? headers['x-amz-target']?.split('.').at(-1) ?? `${method} ${path}`;
}

function liveWith(endpoint: string, transport: Transport): Live {
  return {
    environment: {},
    connect: () => connectAws({ region, endpointUrl: endpoint }, transport),
    ask: async () => undefined,
    // A minute of looking for what a lost answer has made becomes a quarter of a second.
    pause: async (milliseconds) => {
      await setTimeout(milliseconds / 250);
    },
    now: () => Date.now(),
    creationToken: () => randomBytes(16).toString('hex'),
    whenInterrupted: () => {},
  };
}
