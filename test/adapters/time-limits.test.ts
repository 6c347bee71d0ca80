import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { timeLimits } from '../../src/adapters/aws/clients.js';
import { connectAws } from '../../src/adapters/aws/connect.js';
import { projectFolder } from '../cli/run-in-process.js';

const program = join(projectFolder, 'dist', 'main.js');
const credentials = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };

/** Answers as it is told to, and never closes a connection by itself. */
let answer = (_: ServerResponse) => {};
const server = createServer((request, response) => {
  request.resume().once('end', () => answer(response));
});
server.keepAliveTimeout = 0;

let endpointUrl = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  endpointUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => vi.unstubAllEnvs());

describe('what does not end by itself', () => {
  it.skipIf(!existsSync(program))('does not keep the program: a page that nobody reads', async () => {
    answer = (response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>');
    const words = ['change-set', 'create', '--stack', 'app', '--region', 'eu-west-1'];
    const child = spawn(process.execPath, [program, ...words, '--endpoint-url', endpointUrl], {
      env: { ...process.env, ...credentials },
      timeout: 120_000,
    });
    const [[exitCode], notes] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect([exitCode, notes]).toEqual([4, expect.stringContaining('a web page came instead of an answer')]);
  });

  it('is given up: an answer that stops in the middle', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/xml', 'content-length': '1000' }).write('<Get');
    };
    for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
    const aws = await connectAws({ region: 'eu-west-1', endpointUrl }, { requestHandler: timeLimits(200) });
    await expect(aws.account.caller()).rejects.toMatchObject({ code: 'aws-timeout' });
  });

  it('is given up: a program that credentials should come from', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'idp-fix-credentials-'));
    writeFileSync(join(folder, 'config'), '[profile slow]\ncredential_process = sleep 3\n');
    for (const name of Object.keys(credentials)) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
    const aws = await connectAws({ region: 'eu-west-1', profile: 'slow', endpointUrl }, undefined, 200);
    await expect(aws.account.caller()).rejects.toMatchObject({
      code: 'aws-timeout',
      message: expect.stringContaining('credentials and answer together took longer than 0.2 s'),
    });
    rmSync(folder, { recursive: true });
  });
});
