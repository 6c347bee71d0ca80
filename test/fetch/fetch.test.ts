import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sourcesFile } from '../../src/fetch/fetch-templates.js';
import type { Web } from '../../src/ports.js';
import { projectFolder, runInProcess } from '../cli/run-in-process.js';

const group = 'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n';
const root = (nested: string) => `Parameters:
  Bucket: {Type: String}
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ${nested}
`;
const base = 'https://assets.s3.us-east-1.amazonaws.com/app/v1';

/** Pages by address; what is not there is answered like S3 does. */
const webOf = (pages: Readonly<Record<string, string>>): Web & { readonly asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    get: async ({ href }) => {
      asked.push(href);
      const page = pages[href];
      return page === undefined
        ? { refused: 'the answer is 403' }
        : { bytes: new TextEncoder().encode(page) };
    },
  };
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-fetch-'));
  return () => rmSync(folder, { recursive: true });
});
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');
const fetchInto = (url: string, web: Web, ...more: readonly string[]) =>
  runInProcess(['fetch', url, '--out', folder, ...more], { web });

describe('idp-fix fetch', () => {
  it.each([
    ['a path beside it', 'nested/child.yaml'],
    ['its whole address', `${base}/nested/child.yaml`],
    [
      'an address whose bucket is a parameter',
      '!Sub https://${Bucket}.s3.amazonaws.com/app/v1/nested/child.yaml',
    ],
  ])('brings what it nests by %s, and the result is planned as one tree', async (_, written) => {
    const pages = { [`${base}/template.yaml`]: root(written), [`${base}/nested/child.yaml`]: group };
    const { exitCode, data } = await fetchInto(`${base}/template.yaml`, webOf(pages));
    expect(exitCode).toBe(0);
    expect(data).toMatch(/template\.yaml {2}sha256 [0-9a-f]{64}\n.*nested\/child\.yaml {2}sha256/);
    expect(textOf('nested/child.yaml')).toBe(group);
    const plan = await runInProcess([
      join(folder, 'template.yaml'),
      '--format',
      'json',
      '--only',
      'log-retention',
    ]);
    expect(plan.data).toMatch(/"template": ?"nested\/child\.yaml"/);
  });

  it('takes the address of a bucket', async () => {
    const web = webOf({ 'https://assets.s3.amazonaws.com/v1/template.yaml': group });
    expect((await fetchInto('s3://assets/v1/template.yaml', web)).exitCode).toBe(0);
    expect(textOf('template.yaml')).toBe(group);
  });

  it('names what it has not fetched, and never asks another host', async () => {
    const web = webOf({ [`${base}/template.yaml`]: root('https://elsewhere.example/child.yaml') });
    const { exitCode, notes } = await fetchInto(`${base}/template.yaml`, web);
    expect(exitCode).toBe(1);
    expect(notes).toContain('template.yaml: Child was not fetched');
    expect(web.asked.every((url) => url.startsWith('https://assets.'))).toBe(true);
  });

  it('says what has changed at its address, and takes it with --update', async () => {
    await fetchInto(`${base}/template.yaml`, webOf({ [`${base}/template.yaml`]: group }));
    const later = webOf({ [`${base}/template.yaml`]: `${group}# later\n` });
    const refused = await fetchInto(`${base}/template.yaml`, later);
    expect(refused.exitCode).toBe(3);
    expect(refused.notes).toContain('is another template than when it was fetched');
    expect(textOf('template.yaml')).toBe(group);
    expect((await fetchInto(`${base}/template.yaml`, later, '--update')).exitCode).toBe(0);
    expect(textOf('template.yaml')).toContain('# later');
  });

  it('replaces no file that was changed here, with --update neither', async () => {
    const web = webOf({ [`${base}/template.yaml`]: group });
    await fetchInto(`${base}/template.yaml`, web);
    writeFileSync(join(folder, 'template.yaml'), `${group}# mine\n`);
    const { exitCode, notes } = await fetchInto(`${base}/template.yaml`, web, '--update');
    expect(exitCode).toBe(3);
    expect(notes).toContain('was changed since it was fetched');
    expect(textOf('template.yaml')).toContain('# mine');
  });

  it.each([
    ['http://assets.s3.amazonaws.com/template.yaml', 'not an address'],
    ['file:///etc/passwd', 'not an address'],
    [`${base}/.bashrc`, 'no name a template can be kept under'],
    [`${base}/..%2f..%2fx.yaml`, 'no name a template can be kept under'],
  ])('refuses %s', async (url, why) => {
    const { exitCode, notes } = await fetchInto(url, webOf({}));
    expect(exitCode).toBe(2);
    expect(notes).toContain(why);
  });

  it('refuses a list of sources that is none', async () => {
    writeFileSync(join(folder, sourcesFile), '{"files": [{"path": "../x"}]}');
    const { exitCode } = await fetchInto(
      `${base}/template.yaml`,
      webOf({ [`${base}/template.yaml`]: group }),
    );
    expect(exitCode).toBe(2);
  });
});

/** The certificate of the server below is made by it. */
const hasOpenSsl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenSsl)('idp-fix fetch, over https (needs openssl)', () => {
  let server: Server;
  let keys = '';
  let address = '';
  beforeAll(async () => {
    keys = mkdtempSync(join(tmpdir(), 'idp-fix-tls-'));
    const words =
      'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
    execFileSync('openssl', [...words.split(' '), '-keyout', 'key.pem', '-out', 'cert.pem'], {
      cwd: keys,
      stdio: 'ignore',
    });
    const options = { key: readFileSync(join(keys, 'key.pem')), cert: readFileSync(join(keys, 'cert.pem')) };
    server = createServer(options, ({ url = '' }, answer) => {
      if (url === '/template.yaml') answer.end(group);
      else if (url === '/moved.yaml') answer.writeHead(302, { location: '/template.yaml' }).end();
      else if (url === '/away.yaml') answer.writeHead(302, { location: 'https://127.0.0.1/x.yaml' }).end();
      else if (url === '/huge.yaml') answer.end(Buffer.alloc(2_000_000, 'x'));
      else answer.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `https://localhost:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    rmSync(keys, { recursive: true });
  });

  const run = async (name: string) => {
    const words = [join(projectFolder, 'dist', 'main.js'), 'fetch', `${address}/${name}`, '--out', folder];
    const child = spawn(process.execPath, words, {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(keys, 'cert.pem'), NO_PROXY: 'localhost' },
    });
    let notes = '';
    child.stderr.on('data', (chunk) => {
      notes += chunk;
    });
    const exitCode = await new Promise((resolve) => child.on('close', resolve));
    return { exitCode, notes };
  };

  it('fetches a page, also one that has moved within its host', async () => {
    expect(await run('template.yaml')).toMatchObject({ exitCode: 0 });
    expect(await run('moved.yaml')).toMatchObject({ exitCode: 0 });
    expect(textOf('moved.yaml')).toBe(group);
  });

  it.each([
    ['away.yaml', 'it leads to another host, 127.0.0.1'],
    ['huge.yaml', 'it is larger than 1048576 bytes'],
    ['gone.yaml', 'the answer is 404'],
  ])('refuses %s', async (name, why) => {
    const { exitCode, notes } = await run(name);
    expect(exitCode).toBe(4);
    expect(notes).toContain(why);
  });
});
