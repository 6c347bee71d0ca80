import { dirname, isAbsolute, join } from 'node:path';
import { readDocument } from '../document/read.js';
import { decodeSource, encodeTemplate, sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { applyEdits } from '../patch/verify.js';
import { isInside } from '../paths.js';
import type { FileStore } from '../ports.js';
import { openTemplate } from '../template/open.js';
import { type ApplyRecord, readRecord, recordPath } from './record.js';
import { type FileToWrite, replaceAll } from './write-template.js';

export interface UndoOptions {
  /** What `--apply` wrote with the same option: templates outside the folder of the root template. */
  readonly allowOutside?: boolean;
}

/**
 * Takes back the last `--apply`, all files or none. The record may come from anybody, with a repository, so it only
 * ever changes templates, in the folder it lies in.
 * @param template the root template, or its folder
 * @returns the paths restored
 * @throws IdpFixError `file-not-found` when nothing was applied, `template-outside-root` for a path that leads out,
 * `file-unreadable` for what is no template, `stale` when a file has changed since, `write-failed`
 */
export async function undo(
  files: FileStore,
  template: string,
  { allowOutside = false }: UndoOptions = {},
): Promise<readonly string[]> {
  const kind = await files.kindOf(template);
  if (kind === 'missing') {
    throw new IdpFixError('file-not-found', 'there is no such file', { place: { file: template } });
  }
  const folder = kind === 'directory' ? template : dirname(template);
  const record = recordPath(folder);
  if ((await files.kindOf(record)) === 'missing') {
    throw new IdpFixError('file-not-found', `there is no --apply to take back in ${folder}`, {
      hint: 'name the root template that was given to --apply, or its folder',
    });
  }
  const within = allowOutside ? {} : { within: folder };
  const places = [{ path: record, within: folder }];
  for (const applied of readRecord(record, await files.read(record)).files) {
    const path = isAbsolute(applied.path) ? applied.path : join(folder, applied.path);
    await files.realPath(path);
    if (!allowOutside) await refuseOutside(files, path, folder, record);
    places.push({ path, within: allowOutside ? dirname(path) : folder });
  }
  return files.exclusively(places, async () => {
    const toWrite: FileToWrite[] = [];
    // Read again, because another run may have been at work until now.
    for (const applied of readRecord(record, await files.read(record)).files) {
      const path = isAbsolute(applied.path) ? applied.path : join(folder, applied.path);
      if (!places.some((place) => place.path === path)) throw stale(record);
      const before = restore(path, await files.read(path), applied);
      if (before === undefined) continue;
      toWrite.push({ path, bytes: before, ...within, expected: applied.sha256After });
    }
    await replaceAll(files, toWrite);
    await removeRecord(files, record);
    return toWrite.map(({ path }) => path);
  });
}

/** A record that cannot be removed does no harm: it describes files that are already as they were. */
async function removeRecord(files: FileStore, record: string): Promise<void> {
  try {
    await files.remove(record);
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
  }
}

/** The bytes as they were; undefined when they are so already. */
function restore(
  path: string,
  bytes: Uint8Array,
  applied: ApplyRecord['files'][number],
): Uint8Array | undefined {
  const sha256 = sha256Of(bytes);
  if (sha256 === applied.sha256Before) return undefined;
  if (sha256 === applied.sha256After) {
    const source = decodeSource(path, bytes);
    const before = encodeTemplate(applyEdits(source.text, applied.edits), source);
    if (sha256Of(before) === applied.sha256Before) {
      for (const each of [bytes, before]) refuseOther(path, each);
      return before;
    }
  }
  throw stale(path);
}

function stale(path: string): IdpFixError {
  return new IdpFixError('stale', 'the file has changed since --apply, so it cannot be taken back', {
    place: { file: path },
    hint: 'nothing has been changed; restore it from version control',
  });
}

async function refuseOutside(files: FileStore, path: string, folder: string, record: string): Promise<void> {
  const leadsOut =
    !isInside(path, folder) || !isInside(await files.realPath(path), await files.realPath(folder));
  if (!leadsOut) return;
  throw new IdpFixError('template-outside-root', `the record names ${path}, outside the folder ${folder}`, {
    place: { file: record },
    hint: 'nothing has been changed; if idp-fix --apply --allow-outside wrote it, say undo --allow-outside',
  });
}

/** `--apply` writes templates and nothing else, so another file in a record is none of its own. */
function refuseOther(path: string, bytes: Uint8Array): void {
  try {
    if (openTemplate(readDocument(decodeSource(path, bytes))).resources.size > 0) return;
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
  }
  throw new IdpFixError('file-unreadable', 'this is no template, so --apply has not written it', {
    place: { file: path },
    hint: 'nothing has been changed; remove the record, which idp-fix has not made',
  });
}
