import type { Storage, StoredObject } from '../aws-ports.js';
import type { ChangeSetRecord } from './record.js';

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

export interface Removal {
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
