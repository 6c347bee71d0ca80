import { join } from 'node:path';
import { type FileToWrite, writeAll } from '../deliver/write-template.js';
import { readDocument } from '../document/read.js';
import { decodeSource, sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import type { FileStore, Web } from '../ports.js';
import { childLocations, openTemplate } from '../template/open.js';
import type { Template } from '../template/template.js';
import * as z from '../zod.js';

/**
 * Brings a published template and all it nests into a folder, so that they can be planned and patched like any other.
 * What was fetched, from where and with which hash is kept beside them: the next fetch says what has changed.
 */

/**
 * The most CloudFormation takes of a template in S3.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const mostBytes = 1_048_576;
const mostTemplates = 100;

/** Where the hashes are kept, in the folder of the root template. */
export const sourcesFile = 'idp-fix.sources.json';

const Sources = z.strictObject({
  format: z.literal('idp-fix/sources'),
  files: z.array(
    z.strictObject({
      path: z.string().min(1),
      url: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
type Source = z.infer<typeof Sources>['files'][number];

export interface FetchRequest {
  /** `https://…` or `s3://bucket/key`. */
  readonly url: string;
  readonly folder: string;
  /** Files that have changed at their URL are replaced. */
  readonly update: boolean;
}

export interface Fetched {
  /** Root first. Paths are from the folder. */
  readonly files: readonly Source[];
  /** Nested stacks whose template was not fetched, with the reason. */
  readonly missing: readonly {
    readonly path: string;
    readonly logicalId: string;
    readonly because: string;
  }[];
}

interface Item {
  readonly url: URL;
  /** From the folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly template: Template;
}

/**
 * @throws IdpFixError `usage` for a URL that is neither https nor s3; `fetch-failed`; `template-invalid`; `stale` for
 * what has changed here or at its URL since it was fetched
 */
export async function fetchTemplates(
  { url, folder, update }: FetchRequest,
  { files, web }: { readonly files: FileStore; readonly web: Web },
): Promise<Fetched> {
  const known = await readSources(files, folder);
  const root = await fetchItem(webAddress(url), web, fileNameOf);
  const found: Item[] = [root];
  const missing: Fetched['missing'][number][] = [];
  for (const parent of found) {
    for (const child of childLocations(parent.template)) {
      const addresses = addressesOf(child, parent, root);
      const known = found.find((each) => addresses.some(({ href }) => href === each.url.href));
      if (known !== undefined) continue;
      const because = child.because ?? `${child.location} cannot be had`;
      const item = await firstThere(addresses, web, (address) => pathOf(address, root, found));
      if (item === undefined) missing.push({ path: parent.path, logicalId: child.logicalId, because });
      else if (found.push(item) > mostTemplates) throw tooMany(url);
    }
  }
  const sources = found.map(({ path, url: { href }, bytes }) => ({
    path,
    url: href,
    sha256: sha256Of(bytes),
  }));
  await refuseChanged(files, folder, sources, known, update);
  const pages: FileToWrite[] = found.map(({ path, bytes }) => ({
    path: join(folder, path),
    bytes,
    within: folder,
  }));
  const record = `${JSON.stringify({ format: 'idp-fix/sources', files: sources }, null, 2)}\n`;
  const recorded = {
    path: join(folder, sourcesFile),
    bytes: new TextEncoder().encode(record),
    within: folder,
  };
  await writeAll(files, [...pages, recorded]);
  return { files: sources, missing };
}

function webAddress(text: string): URL {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(text) ?? [];
  const address = bucket === undefined ? text : `https://${bucket}.s3.amazonaws.com/${key}`;
  if (URL.canParse(address) && new URL(address).protocol === 'https:') return new URL(address);
  throw new IdpFixError('usage', `${text} is not an address that templates are fetched from`, {
    hint: 'give https://… or s3://bucket/key',
  });
}

async function fetchItem(url: URL, web: Web, nameOf: (url: URL) => string): Promise<Item> {
  const path = nameOf(url);
  const answer = await web.get(url, mostBytes);
  if ('refused' in answer) {
    throw new IdpFixError('fetch-failed', `${url.href} cannot be fetched: ${answer.refused}`, {
      hint: 'try the address in a browser; what needs credentials is copied with aws s3 cp first',
    });
  }
  return { url, path, bytes: answer.bytes, template: openedFrom(answer.bytes, path) };
}

function openedFrom(bytes: Uint8Array, path: string): Template {
  return openTemplate(readDocument(decodeSource(path, bytes)));
}

/** Where the template of a nested stack may be: at the address written, or at the end of one below the root's folder. */
function addressesOf(
  { location, alternatives = [], urlEnd }: ReturnType<typeof childLocations>[number],
  parent: Item,
  root: Item,
): readonly URL[] {
  // Paths of nested templates are from the folder of the root.
  const paths = location === undefined ? [] : [location, ...alternatives];
  const relative = paths.map((path) => new URL(path, new URL('.', root.url)));
  const written = literalAddress(parent, urlEnd);
  const ends = (urlEnd ?? []).map((_, start) => (urlEnd ?? []).slice(start).join('/'));
  const below = ends.flatMap((end) => [
    new URL(end, new URL('.', parent.url)),
    new URL(end, new URL('.', root.url)),
  ]);
  return [...relative, ...(written === undefined ? [] : [written]), ...below].filter(
    ({ protocol, host }) => protocol === 'https:' && (host === root.url.host || isS3(host)),
  );
}

/** Of the addresses the template writes out, the one that ends so. */
function literalAddress({ template }: Item, urlEnd: readonly string[] | undefined): URL | undefined {
  if (urlEnd === undefined) return undefined;
  const texts = [...template.resources.values()].flatMap(({ properties }) => [
    properties.TemplateURL,
    properties.Location,
  ]);
  const written = texts.find(
    (text) =>
      typeof text === 'string' && text.split(/[?#]/, 1)[0]?.endsWith(urlEnd.join('/')) && URL.canParse(text),
  );
  return typeof written === 'string' ? new URL(written) : undefined;
}

function isS3(host: string): boolean {
  return /(?:^|\.)s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?$/.test(host) || host === 's3.amazonaws.com';
}

async function firstThere(
  addresses: readonly URL[],
  web: Web,
  pathFor: (url: URL) => string,
): Promise<Item | undefined> {
  for (const url of addresses) {
    const answer = await web.get(url, mostBytes);
    if ('refused' in answer) continue;
    const path = pathFor(url);
    return { url, path, bytes: answer.bytes, template: openedFrom(answer.bytes, path) };
  }
  return undefined;
}

/** Below the root's folder as it lies there; from elsewhere with as many folders of its address as tell it apart. */
function pathOf(url: URL, root: Item, taken: readonly Item[]): string {
  const base = new URL('.', root.url);
  if (url.host === base.host && url.pathname.startsWith(base.pathname)) {
    return safePath(url.pathname.slice(base.pathname.length).split('/'), url);
  }
  const names = url.pathname.split('/').filter((name) => name !== '');
  for (let length = 2; length <= names.length; length++) {
    const path = safePath(names.slice(-length), url);
    if (taken.every((each) => each.path !== path)) return path;
  }
  return safePath([url.host, ...names], url);
}

function fileNameOf(url: URL): string {
  return safePath([url.pathname.split('/').at(-1) ?? ''], url);
}

/** @throws IdpFixError for what would be hidden, or lie outside the folder */
function safePath(names: readonly string[], url: URL): string {
  const read = names.map((name) => decodeURIComponent(name));
  if (read.length > 0 && read.every((name) => /^[A-Za-z0-9_][A-Za-z0-9_. @+-]*$/.test(name)))
    return read.join('/');
  throw new IdpFixError('usage', `${url.href} ends in no name a template can be kept under`, {
    hint: 'letters, digits, and . - _ + @ in folders and file',
  });
}

async function readSources(files: FileStore, folder: string): Promise<readonly Source[]> {
  const path = join(folder, sourcesFile);
  if ((await files.kindOf(path)) !== 'file') return [];
  const text = new TextDecoder().decode(await files.read(path));
  const parsed = Sources.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.files;
  throw new IdpFixError('file-unreadable', 'this is not a list of fetched templates', {
    place: { file: path },
    hint: 'fetch into another folder, or remove the file',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nothing somebody has changed is replaced, and nothing that has changed at its URL comes in unseen. */
async function refuseChanged(
  files: FileStore,
  folder: string,
  sources: readonly Source[],
  known: readonly Source[],
  update: boolean,
): Promise<void> {
  for (const { path, url, sha256 } of sources) {
    const before = known.find((each) => each.path === path);
    const file = join(folder, path);
    const present = (await files.kindOf(file)) === 'file' ? sha256Of(await files.read(file)) : undefined;
    if (present !== undefined && present !== sha256 && present !== before?.sha256) {
      throw new IdpFixError('stale', 'the file was changed since it was fetched, or was never fetched', {
        place: { file },
        hint: 'fetch into another folder with --out, and compare: idp-fix --compare OLD NEW',
      });
    }
    if (before !== undefined && before.sha256 !== sha256 && !update) {
      throw new IdpFixError('stale', `${url} is another template than when it was fetched`, {
        place: { file },
        hint: 'look at what has changed, then fetch with --update',
      });
    }
  }
}

function tooMany(url: string): IdpFixError {
  return new IdpFixError('template-invalid', `${url} nests more than ${mostTemplates} templates`);
}
