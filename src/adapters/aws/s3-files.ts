import { posix, resolve } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { IdpFixError } from '../../errors.js';
import { isInside } from '../../paths.js';
import type { DirectoryEntry, FileStore } from '../../ports.js';
import { isNamed } from './clients.js';

const mostBytesRead = 64 * 1024 * 1024;

/**
 * Objects of S3 as files that are read: `/BUCKET/KEY`, with a folder for every `/` of a key. A folder is listed once, so
 * that looking for what is not there costs nothing.
 * @param local folder of this machine that is read as it is, for the presets
 * @param working what paths are relative to; beyond it no nested template is looked for
 */
export function s3Files(client: S3Client, own: FileStore, local: string, working: string): FileStore {
  const listed = new Map<string, Promise<readonly DirectoryEntry[]>>();
  const isLocal = (path: string) => isInside(path, resolve(local));
  const absolute = (path: string) => posix.resolve('/', working, path);

  function list(directory: string): Promise<readonly DirectoryEntry[]> {
    if (isLocal(directory)) return own.list(directory);
    const path = absolute(directory);
    const known = listed.get(path) ?? entriesOf(path);
    listed.set(path, known);
    return known;
  }

  async function entriesOf(path: string): Promise<readonly DirectoryEntry[]> {
    const { Bucket, Key } = addressOf(path);
    if (Bucket === '') return [];
    const Prefix = Key === '' ? '' : `${Key}/`;
    const entries = new Map<string, DirectoryEntry>();
    for (let token: string | undefined, more = true; more; ) {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix, Delimiter: '/', ContinuationToken: token }),
      );
      for (const { Key: key = '' } of page.Contents ?? []) add(key.slice(Prefix.length), 'file');
      for (const { Prefix: folder = '' } of page.CommonPrefixes ?? [])
        add(folder.slice(Prefix.length, -1), 'directory');
      token = page.NextContinuationToken;
      more = token !== undefined;
    }
    return [...entries.values()].sort((left, right) => (left.name < right.name ? -1 : 1));

    function add(name: string, kind: 'file' | 'directory'): void {
      // Keys such as `a//b` and `a/../b` name nothing that a path could.
      if (name !== '' && name !== '.' && name !== '..') entries.set(name, { name, kind });
    }
  }

  return {
    async read(path, mostBytes = mostBytesRead) {
      if (isLocal(path)) return own.read(path, mostBytes);
      const address = addressOf(absolute(path));
      const place = { place: { file: path } };
      try {
        const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand(address));
        if (ContentLength > mostBytes) {
          Body?.transformToWebStream().cancel();
          throw new IdpFixError('file-too-large', `it has more than ${mostBytes} bytes`, place);
        }
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      } catch (error) {
        if (error instanceof IdpFixError) throw error;
        const isMissing = isNamed(error, 'NoSuchKey', 'NotFound', 'NoSuchBucket');
        throw new IdpFixError(
          isMissing ? 'file-not-found' : 'file-unreadable',
          isMissing ? 'there is no such object' : `S3 does not give it: ${error}`,
          place,
        );
      }
    },
    async kindOf(path) {
      if (isLocal(path)) return own.kindOf(path);
      const name = absolute(path);
      const { Bucket, Key } = addressOf(name);
      // Names of buckets start so; `.git`, say, is none.
      if (Key === '') return /^(?:$|[a-z0-9])/.test(Bucket) ? 'directory' : 'missing';
      const entries = await list(posix.dirname(name));
      return entries.find((entry) => entry.name === posix.basename(name))?.kind ?? 'missing';
    },
    isLink: async () => false,
    list,
    realPath: async (path) => (isLocal(path) ? own.realPath(path) : absolute(path)),
    exclusively: refuse,
    prepare: refuse,
    remove: refuse,
  };
}

function addressOf(path: string): { readonly Bucket: string; readonly Key: string } {
  const [, Bucket = '', ...key] = path.split('/');
  return { Bucket, Key: key.join('/') };
}

async function refuse(): Promise<never> {
  throw new IdpFixError('write-failed', 'templates in S3 are read, never written');
}
