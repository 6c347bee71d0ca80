import { join } from 'node:path';
import { type Written, writeBelow, writeInPlace } from './deliver/write-template.js';
import { IdpFixError } from './errors.js';
import type { PlannedRoots } from './plan-roots.js';
import type { FileStore } from './ports.js';

/**
 * Writes the patched templates, all files or none.
 * @param out folder that takes them instead of their own places
 * @throws IdpFixError `edit-refused` when not all roots could be planned, `stale` when a template is no longer what was
 * read, `usage` when `out` has no place for a template, `write-failed`
 */
export async function applyRoots(
  { roots, failures }: Pick<PlannedRoots, 'roots' | 'failures'>,
  files: FileStore,
  out?: string,
): Promise<Written> {
  if (failures.length > 0) {
    throw new IdpFixError(
      'edit-refused',
      'nothing has been written, because not all templates could be planned',
      { hint: 'name the templates that can be planned, or fix the others first' },
    );
  }
  const deliveries = roots.map(({ folder, foundIn, result }) => ({
    folder,
    foundIn,
    templates: result.files,
  }));
  if (out === undefined) {
    for (const { folder } of roots) await refuseAssembly(files, folder);
    return writeInPlace(files, deliveries);
  }
  return writeBelow(
    files,
    deliveries.map((delivery) => ({ ...delivery, out: join(out, delivery.foundIn) })),
  );
}

/** The next synth would write over it. */
async function refuseAssembly(files: FileStore, folder: string): Promise<void> {
  if ((await files.kindOf(join(folder, 'cdk.out'))) !== 'file') return;
  throw new IdpFixError(
    'edit-refused',
    'cdk synth has made these templates, and the next one writes over them',
    {
      place: { file: folder },
      hint: '--format cdk-mixin --output idp-fix.ts writes the fix for the app, --out DIR patched copies',
    },
  );
}
