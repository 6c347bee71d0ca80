import { dirname, join } from 'node:path';
import { IdpFixError } from '../errors.js';
import { applyEdits } from '../patch/edit.js';
import type { FileStore } from '../ports.js';
import { encodeTemplate } from '../template/encode.js';
import { sha256Of } from '../template/sha256.js';
import { decodeSource } from '../template/source.js';
import { type ApplyRecord, readRecord, recordPath } from './record.js';
import { type FileToWrite, writeAll } from './write-all.js';

/**
 * Takes back the last `--apply`, all files or none.
 * @param template the root template, or its folder
 * @returns the paths restored
 * @throws IdpFixError `file-not-found` when nothing was applied, `stale` when a file has changed since, `write-failed`
 */
export async function undo(files: FileStore, template: string): Promise<readonly string[]> {
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
  const toWrite: FileToWrite[] = [];
  for (const applied of readRecord(record, await files.read(record)).files) {
    const path = join(folder, applied.path);
    const before = restore(path, await files.read(path), applied);
    if (before !== undefined) toWrite.push({ path, bytes: before });
  }
  await writeAll(files, toWrite);
  await files.remove(record);
  return toWrite.map(({ path }) => path);
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
    if (sha256Of(before) === applied.sha256Before) return before;
  }
  throw new IdpFixError('stale', 'the file has changed since --apply, so it cannot be taken back', {
    place: { file: path },
    hint: 'nothing has been changed; restore it from version control',
  });
}
