import { isAbsolute, join, normalize } from 'node:path';
import { encodeTemplate } from '../document/encode.js';
import { sha256Of } from '../document/sha256.js';
import { IdpFixError } from '../errors.js';
import { isInside } from '../paths.js';
import type { PatchedFile } from '../plan/written.js';
import type { FileStore } from '../ports.js';
import { recordOf, recordPath, unfinishedFiles } from './record.js';
import { type FileToWrite, replaceAll, writeAll } from './write-all.js';

/** The templates of one stack tree. */
export interface Delivery {
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
  if (targets.length === 0) return { paths: [], notes: [] };
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
  return { paths: targets.map(({ path }) => path), notes };
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
  return { paths: targets.map(({ path }) => path), notes };
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
