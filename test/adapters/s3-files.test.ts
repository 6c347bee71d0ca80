import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Files } from '../../src/adapters/aws/s3-files.js';
import type { FileStore } from '../../src/ports.js';
import { memoryFiles } from '../memory-files.js';

/** An endpoint that speaks as S3 does, with two entries on a page. */
const objects: Readonly<Record<string, string>> = {
  'app/a.yaml': 'a',
  'app/b.yaml': 'bb',
  'app/deep/c.yaml': 'c',
  'app/deep//d.yaml': 'd',
  'root.yaml': 'r',
};
const asked: string[] = [];
let server: Server;
let files: FileStore;

function listing(prefix: string, start: number): string {
  const names = Object.keys(objects).filter((key) => key.startsWith(prefix));
  const entries = [...new Set(names.map((key) => key.slice(prefix.length).replace(/\/.*/, '/')))].sort();
  const page = entries.slice(start, start + 2);
  const more = start + 2 < entries.length;
  const xml = page.map((name) =>
    name.endsWith('/')
      ? `<CommonPrefixes><Prefix>${prefix}${name}</Prefix></CommonPrefixes>`
      : `<Contents><Key>${prefix}${name}</Key></Contents>`,
  );
  return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${start + 2}</NextContinuationToken>` : ''}${xml.join('')}</ListBucketResult>`;
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
    asked.push(`${pathname}?${searchParams.get('prefix') ?? ''}`);
    const [, bucket, ...key] = pathname.split('/');
    if (bucket === 'denied')
      return void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    if (searchParams.has('list-type'))
      return void response.end(
        listing(searchParams.get('prefix') ?? '', Number(searchParams.get('continuation-token') ?? 0)),
      );
    const text = objects[key.join('/')];
    if (text === undefined) return void response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  files = s3Files(client, memoryFiles({ '/presets/production.yaml': 'p' }), '/presets/', '/bucket');
});
afterAll(() => server.close());

const text = async (path: string) => new TextDecoder().decode(await files.read(path));

describe('objects as files', () => {
  it('are read by bucket and key', async () => {
    expect(await text('/bucket/app/../app/b.yaml')).toBe('bb');
    await expect(files.read('/bucket/none.yaml')).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(files.read('/denied/a.yaml')).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(files.read('/bucket/app/b.yaml', 1)).rejects.toMatchObject({ code: 'file-too-large' });
  });

  it('are listed page by page, a folder for each slash, once', async () => {
    asked.length = 0;
    expect(await files.list('/bucket/app')).toEqual([
      { name: 'a.yaml', kind: 'file' },
      { name: 'b.yaml', kind: 'file' },
      { name: 'deep', kind: 'directory' },
    ]);
    expect(await files.list('/bucket/app/deep')).toEqual([{ name: 'c.yaml', kind: 'file' }]);
    const pages = asked.length;
    expect(
      await Promise.all(['a.yaml', 'deep', 'none'].map((name) => files.kindOf(`/bucket/app/${name}`))),
    ).toEqual([...['file', 'directory', 'missing']]);
    expect(asked).toHaveLength(pages);
  });

  it('have buckets as folders, and are relative to the working folder', async () => {
    expect(await Promise.all(['/', '/bucket', '/.git'].map((name) => files.kindOf(name)))).toEqual([
      ...['directory', 'directory', 'missing'],
    ]);
    expect(await files.realPath('.')).toBe('/bucket');
    expect(await text('app/b.yaml')).toBe('bb');
  });

  it('leave the presets on this machine, and are never written', async () => {
    expect(await text('/presets/production.yaml')).toBe('p');
    await expect(files.prepare('/bucket/app/a.yaml', new Uint8Array())).rejects.toMatchObject({
      code: 'write-failed',
    });
  });
});
