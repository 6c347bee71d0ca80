import { isAbsolute, join, normalize } from 'node:path';
import { encodeTemplate, sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { isInside } from '../paths.js';
import type { PatchedFile } from '../plan/written.js';
import type { FilePlace, FileStore, PreparedFile, PrepareOptions } from '../ports.js';
import { recordOf, recordPath, unfinishedFiles } from './record.js';

/** Missing folders come into being; mode and owner of a file that is replaced are kept where that is possible. */
export interface FileToWrite extends FilePlace, PrepareOptions {
  readonly bytes: Uint8Array;
}

/**
 * Writes all of the files or none of them, while no other idp-fix writes there. An error or an interruption before the
 * last step leaves every original as it was; the last step of all files is synchronous, so no signal splits it.
 * @returns what the new files could not take over from the old ones, a sentence each
 * @throws IdpFixError `write-failed`, `stale` when a file does not hold what is expected
 */
export function writeAll(
  files: Pick<FileStore, 'exclusively' | 'prepare'>,
  toWrite: readonly FileToWrite[],
): Promise<readonly string[]> {
  return files.exclusively(toWrite, () => replaceAll(files, toWrite));
}

/** The same where the folders of the files are locked already. */
export async function replaceAll(
  files: Pick<FileStore, 'prepare'>,
  toWrite: readonly FileToWrite[],
): Promise<readonly string[]> {
  const prepared: PreparedFile[] = [];
  try {
    for (const { path, bytes, ...options } of toWrite) {
      prepared.push(await files.prepare(path, bytes, options));
    }
    commitAll(prepared);
    return prepared.flatMap(({ notes }) => notes);
  } finally {
    for (const file of prepared) file.discard();
  }
}

function commitAll(prepared: PreparedFile[]): void {
  const committed: PreparedFile[] = [];
  try {
    for (const file of prepared) {
      file.commit();
      committed.push(file);
    }
    for (const file of committed) file.confirm();
  } catch (error) {
    const stuck = committed.reverse().filter((file) => !revert(file));
    if (stuck.length === 0) throw error;
    for (const file of stuck) prepared.splice(prepared.indexOf(file), 1);
    const paths = stuck.map((file) => `${file.path} (it is in ${file.keepOriginal()})`).join(', ');
    throw new IdpFixError(
      'write-failed',
      `a write failed half-way, and the original could not be put back: ${paths}`,
      { hint: 'restore it yourself; idp-fix undo does so for templates', cause: error },
    );
  }
}

function revert(file: PreparedFile): boolean {
  try {
    file.revert();
    return true;
  } catch (error) {
    if (error instanceof IdpFixError) return false;
    throw error;
  }
}

/** The templates of one stack tree. */
interface Delivery {
  /** Of the root template; the paths of the templates are relative to it. */
  readonly folder: string;
  readonly templates: readonly PatchedFile[];
}

interface Target {
  readonly path: string;
  readonly folder: string;
  /** The folder it must not leave through a symbolic link; none for a template that lies outside its root's folder. */
  readonly within?: string;
  readonly template: PatchedFile;
}

export interface Written {
  /** Records excluded. */
  readonly paths: readonly string[];
  /** Those with a record, which `undo` takes. */
  readonly folders: readonly string[];
  /** What the new files could not take over from the old ones, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes the patched templates in place, all or none, with a record beside each root template for `undo`.
 * @throws IdpFixError `stale` when a template is no longer what was read, `edit-refused` when two roots want different
 * texts of one template, `write-failed`
 */
export async function writeInPlace(files: FileStore, deliveries: readonly Delivery[]): Promise<Written> {
  const targets = targetsOf(deliveries, ({ folder }) => folder).filter(({ template }) => template.changed);
  if (targets.length === 0) return { paths: [], folders: [], notes: [] };
  const folders = [...new Set(targets.map(({ folder }) => folder))];
  const places = [...folders.map((folder) => ({ path: recordPath(folder), within: folder })), ...targets];
  const notes = await files.exclusively(places, async () => {
    for (const target of targets) await refuseStale(files, target);
    const records: FileToWrite[] = [];
    for (const folder of folders) {
      const own = targets.filter((target) => target.folder === folder).map(({ template }) => template);
      const unfinished = await unfinishedFiles(files, folder);
      records.push({ path: recordPath(folder), within: folder, bytes: recordOf(own, unfinished) });
    }
    // The records come first: should the process be killed between two files, `undo` knows what to put back.
    return replaceAll(files, [...records, ...targets.map(inPlace)]);
  });
  return { paths: targets.map(({ path }) => path), folders, notes };
}

function inPlace(target: Target): FileToWrite {
  return { ...toWrite(target), expected: target.template.document.source.sha256 };
}

/**
 * Writes all templates of the trees, patched or not, below another folder, so that nested templates are still found.
 * @param out the folder for each delivery
 * @throws IdpFixError `usage` when a template lies outside its root's folder, `edit-refused`, `write-failed`
 */
export async function writeBelow(
  files: FileStore,
  deliveries: readonly (Delivery & { readonly out: string })[],
): Promise<Written> {
  for (const path of deliveries.flatMap(({ templates }) => templates.map(({ path }) => path))) {
    if (!isAbsolute(path) && !normalize(path).startsWith('..')) continue;
    throw new IdpFixError('usage', `--out has no place for ${path}, outside the root template's folder`, {
      hint: 'leave --out away to write it in place',
    });
  }
  const targets = targetsOf(deliveries, ({ out }) => out);
  const notes = await writeAll(files, targets.map(toWrite));
  return { paths: targets.map(({ path }) => path), folders: [], notes };
}

/** Where each template goes; one that several roots nest goes there once. */
function targetsOf<Each extends Delivery>(
  deliveries: readonly Each[],
  placeOf: (delivery: Each) => string,
): readonly Target[] {
  const targets = new Map<string, Target>();
  for (const delivery of deliveries) {
    for (const template of delivery.templates) {
      const place = placeOf(delivery);
      const path = isAbsolute(template.path) ? template.path : join(place, template.path);
      const within = isInside(path, place) ? { within: place } : {};
      const earlier = targets.get(path);
      if (earlier === undefined) targets.set(path, { path, folder: delivery.folder, ...within, template });
      else if (earlier.template.text !== template.text) throw contradiction(path);
    }
  }
  return [...targets.values()];
}

function contradiction(path: string): IdpFixError {
  return new IdpFixError('edit-refused', 'two root templates want different texts of this file', {
    place: { file: path },
    hint: 'nothing has been written; run idp-fix for one root template at a time',
  });
}

function toWrite({ path, within, template: { text, document } }: Target): FileToWrite {
  const bytes = encodeTemplate(text, document.source);
  return { path, bytes, ...(within !== undefined && { within }) };
}

async function refuseStale(files: FileStore, { path, template }: Target): Promise<void> {
  const sha256 = sha256Of(await files.read(path));
  if (sha256 === template.document.source.sha256) return;
  throw new IdpFixError('stale', 'the template has changed since it was read', {
    place: { file: path },
    hint: 'nothing has been written; run the command again',
  });
}
