import type { Storage, StoredObject } from '../aws-ports.js';
import { readDocument } from '../document/read.js';
import { decodeSource, withByteOrderMark } from '../document/source.js';
import { formatPointer, isMap } from '../document/value.js';
import type { Operation } from '../patch/json-patch.js';
import { applyEdits, editText, verifyEdit } from '../patch/verify.js';
import type { Stack } from '../template/template.js';
import type { ChangeSetRecord } from './record.js';

/** What CloudFormation takes in the request itself, and at all. In bytes. */
export const bodyLimitBytes = 51_200;
export const templateLimitBytes = 1_048_576;

export interface SubmittedTemplate {
  readonly path: string;
  readonly text: string;
  /** The stack has another one now. */
  readonly isChanged: boolean;
}

/**
 * The templates that have to lie in a bucket: nested ones that are not where their parents say, and the root where it
 * is too large to be sent.
 */
export function templatesToUpload(
  root: Stack,
  templates: ReadonlyMap<string, SubmittedTemplate>,
): ReadonlySet<string> {
  const paths = new Set<string>();
  const visit = (stack: Stack): boolean => {
    const below = [...stack.children.values()].map(visit).includes(true);
    const { path } = stack.template;
    const moves = below || templates.get(path)?.isChanged === true;
    if (moves && stack !== root) paths.add(path);
    return moves;
  };
  visit(root);
  // The URLs that are filled in are longer than what they replace, so a template near the limit goes the safe way.
  const text = templates.get(root.template.path)?.text ?? '';
  const growthBytes = paths.size * 512;
  if (bytesOf(text) + growthBytes > bodyLimitBytes) paths.add(root.template.path);
  return paths;
}

/**
 * Puts the templates where CloudFormation finds them, nested ones first, and fills in their URLs.
 * @param put uploads one template and says at which URL
 * @returns the text of the root template, and its URL where it was uploaded
 */
export async function placeTemplates(
  root: Stack,
  templates: ReadonlyMap<string, SubmittedTemplate>,
  put: (path: string, text: string) => Promise<string>,
): Promise<{ readonly text: string; readonly url: string | undefined }> {
  const toUpload = templatesToUpload(root, templates);
  const urls = new Map<string, string>();
  const place = async (stack: Stack): Promise<string> => {
    const operations: Operation[] = [];
    for (const [logicalId, child] of stack.children) {
      const { path } = child.template;
      if (!toUpload.has(path)) continue;
      if (!urls.has(path)) await place(child);
      operations.push(...locationOperations(stack, logicalId, urls.get(path) ?? ''));
    }
    const { path } = stack.template;
    const text = withOperations(path, templates.get(path)?.text ?? '', operations);
    if (toUpload.has(path)) urls.set(path, await put(path, text));
    return text;
  };
  const text = await place(root);
  return { text, url: urls.get(root.template.path) };
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function locationOperations(stack: Stack, logicalId: string, url: string): readonly Operation[] {
  const resource = stack.template.resources.get(logicalId);
  const property = resource?.type === 'AWS::Serverless::Application' ? 'Location' : 'TemplateURL';
  const current = resource?.properties[property];
  const path = formatPointer(['Resources', logicalId, 'Properties', property]);
  return [
    ...(current === undefined || isMap(current) ? [] : [{ op: 'test' as const, path, value: current }]),
    { op: current === undefined ? 'add' : 'replace', path, value: url },
  ];
}

/** The text with operations made in it, and nothing else moved. */
export function withOperations(path: string, text: string, operations: readonly Operation[]): string {
  if (operations.length === 0) return text;
  const document = readDocument(decodeSource(path, new TextEncoder().encode(text)));
  const edited = applyEdits(document.source.text, editText(document, operations));
  verifyEdit(document, operations, edited);
  return withByteOrderMark(edited, document.source);
}

/** Where a template of a change set lies: known before it is uploaded, so that it can be written down first. */
export function uploadKey(
  prefix: string,
  { stack, plan, creation }: { readonly stack: string; readonly plan: string; readonly creation: string },
  path: string,
): string {
  const safe = path
    .replaceAll('..', '_')
    .replaceAll(/[^A-Za-z0-9._/-]/g, '_')
    .replace(/^\/+/, '');
  return [prefix.replace(/\/+$/, ''), stack, plan, creation, safe].filter((part) => part !== '').join('/');
}

type Owner = Pick<ChangeSetRecord, 'creation' | 'stack'>;

/** What every upload carries, so that S3 itself says for which creation it was made. */
export function uploadMetadata({ creation, stack }: Owner): Readonly<Record<string, string>> {
  // A stack that the change set makes has no id when its templates are uploaded.
  return { 'idp-fix-creation': creation, 'idp-fix-stack': stack.isNew ? stack.name : stack.id };
}

interface Removal {
  readonly removed: readonly StoredObject[];
  /** Objects that were not made for this change set, whatever its record says. */
  readonly foreign: readonly StoredObject[];
}

/**
 * Takes the uploads of one creation away; those that are gone already don't matter. A record is a file that anybody may
 * have edited, so S3 is asked whom an object belongs to.
 */
export async function removeUploads(
  storage: Storage,
  record: Owner & Pick<ChangeSetRecord, 'uploads'>,
  account: string,
): Promise<Removal> {
  const removed: StoredObject[] = [];
  const foreign: StoredObject[] = [];
  const expected = Object.entries(uploadMetadata(record));
  for (const object of record.uploads) {
    const isInPlace = object.key.includes(`/${record.creation}/`);
    const found = isInPlace ? await storage.metadata(object, account) : {};
    if (found === undefined) continue;
    if (expected.every(([key, value]) => found[key] === value)) {
      await storage.remove(object, account);
      removed.push(object);
    } else foreign.push(object);
  }
  return { removed, foreign };
}
