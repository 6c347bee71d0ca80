import type { Storage, StoredObject } from './ports.js';

/** Where a template of a change set lies: known before it is uploaded, so that it can be written down first. */
export function uploadKey(prefix: string, stack: string, plan: string, path: string): string {
  const safe = path
    .replaceAll('..', '_')
    .replaceAll(/[^A-Za-z0-9._/-]/g, '_')
    .replace(/^\/+/, '');
  return [prefix.replace(/\/+$/, ''), stack, plan, safe].filter((part) => part !== '').join('/');
}

/** Takes the uploads of a change set away; the ones that are gone already don't matter. */
export async function removeUploads(
  storage: Storage,
  uploads: readonly StoredObject[],
  account: string,
): Promise<void> {
  for (const { bucket, key } of uploads) await storage.remove({ bucket, key }, account);
}
