import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectAws } from '../../src/adapters/aws/connect.js';

const identity =
  '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:sts::111122223333:x</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>';
const noAliases = '<ListAccountAliasesResponse><ListAccountAliasesResult/></ListAccountAliasesResponse>';

/** A proxy that answers in the place of AWS, and writes down what it was asked for. */
const asked: string[] = [];
const proxy = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString('utf8');
  });
  request.on('end', () =>
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(body.includes('GetCallerIdentity') ? identity : noAliases),
  );
});
proxy.on('connect', (request, socket) => {
  asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
  socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
});

let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  proxy.closeAllConnections();
  proxy.close();
});
beforeEach(() => {
  asked.length = 0;
  for (const name of [
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'all_proxy',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
});
afterEach(() => vi.unstubAllEnvs());

const caller = async (endpointUrl: string) =>
  (await connectAws({ region: 'eu-west-1', endpointUrl })).account.caller();

describe('a proxy, as the AWS CLI has it', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])('is asked for addresses without encryption: %s', async (name) => {
    vi.stubEnv(name, `http://127.0.0.1:${port}`);
    expect(await caller('http://aws.invalid:4566')).toMatchObject({ account: '111122223333' });
    expect(asked).toContain('POST http://aws.invalid:4566/');
  });

  it('is asked for a tunnel to addresses with encryption, with its credentials', async () => {
    vi.stubEnv('HTTPS_PROXY', `http://me:secret@127.0.0.1:${port}`);
    await expect(caller('https://aws.invalid')).rejects.toThrow();
    expect(asked[0]).toBe(`CONNECT aws.invalid:443 Basic ${btoa('me:secret')}`);
  });

  it('is passed by for the hosts of NO_PROXY', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
    vi.stubEnv('NO_PROXY', 'localhost,127.0.0.1');
    expect(await caller(`http://127.0.0.1:${port}`)).toMatchObject({ account: '111122223333' });
    expect(asked).toContain('POST /');
  });

  it('that cannot be reached is told', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
    await expect(caller(`http://127.0.0.1:${port}`)).rejects.toThrow(/got no answer: .*ECONNREFUSED/);
    expect(asked).toEqual([]);
  });
});
