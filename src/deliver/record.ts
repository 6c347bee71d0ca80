import { isAbsolute, join } from 'node:path';
import { encodeTemplate, sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { applyEdits, invertEdits } from '../patch/verify.js';
import type { PatchedFile } from '../plan/written.js';
import type { FileStore } from '../ports.js';
import * as z from '../zod.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What the last `--apply` has done to the templates of one folder, and how to take it back. */
export const ApplyRecord = z.strictObject({
  format: z.literal('idp-fix/applied'),
  version: z.literal(1),
  files: z.array(
    z.strictObject({
      path: z.string().describe('relative to the folder of the root template'),
      sha256Before: Sha256,
      sha256After: Sha256,
      edits: z
        .array(z.strictObject({ start: z.int().min(0), end: z.int().min(0), text: z.string() }))
        .describe('on the text as written, in UTF-16 units without the byte order mark'),
    }),
  ),
});
export type ApplyRecord = z.infer<typeof ApplyRecord>;

export function recordPath(folder: string): string {
  return join(folder, '.idp-fix-undo.json');
}

type AppliedFile = ApplyRecord['files'][number];

/** @param unfinished what an earlier run has left written, and only this record brings back from now on */
export function recordOf(
  templates: readonly PatchedFile[],
  unfinished: readonly AppliedFile[] = [],
): Uint8Array {
  const own = templates.map((template) => {
    const earlier = unfinished.find(({ path }) => path === template.path);
    return fileOf(template, earlier);
  });
  const others = unfinished.filter(({ path }) => !own.some((each) => each.path === path));
  const record: ApplyRecord = { format: 'idp-fix/applied', version: 1, files: [...own, ...others] };
  return new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
}

/** The way back from the patched text, past what an unfinished run has written where there was one. */
function fileOf({ path, document, text, edits }: PatchedFile, earlier: AppliedFile | undefined): AppliedFile {
  const { source } = document;
  const sha256After = sha256Of(encodeTemplate(text, source));
  if (earlier === undefined || earlier.sha256After !== source.sha256) {
    const back = [...invertEdits(source.text, edits)];
    return { path, sha256Before: source.sha256, sha256After, edits: back };
  }
  const before = applyEdits(source.text, earlier.edits);
  return { path, sha256Before: earlier.sha256Before, sha256After, edits: [replacement(text, before)] };
}

/** One edit that makes one text of another: what lies between their common beginning and their common end. */
function replacement(from: string, to: string): AppliedFile['edits'][number] {
  const shorter = Math.min(from.length, to.length);
  let start = 0;
  while (start < shorter && from[start] === to[start]) start++;
  let tail = 0;
  while (tail < shorter - start && from.at(-1 - tail) === to.at(-1 - tail)) tail++;
  return { start, end: from.length - tail, text: to.slice(start, to.length - tail) };
}

/**
 * What an earlier `--apply` or `undo` in a folder has left written when it was killed between two files: some are as they
 * were before, some as they were after. Nothing where the last run came to its end.
 */
export async function unfinishedFiles(files: FileStore, folder: string): Promise<readonly AppliedFile[]> {
  const path = recordPath(folder);
  if ((await files.kindOf(path)) !== 'file') return [];
  const states = new Map<AppliedFile, 'before' | 'after' | 'other'>();
  try {
    for (const file of readRecord(path, await files.read(path)).files) {
      const sha256 = sha256Of(await files.read(isAbsolute(file.path) ? file.path : join(folder, file.path)));
      states.set(
        file,
        sha256 === file.sha256After ? 'after' : sha256 === file.sha256Before ? 'before' : 'other',
      );
    }
  } catch (error) {
    // No record of this tool, or of files that are gone: nothing that could be brought back.
    if (error instanceof IdpFixError) return [];
    throw error;
  }
  const isMixed = [...states.values()].includes('before');
  return isMixed ? [...states.keys()].filter((file) => states.get(file) === 'after') : [];
}

/** @throws IdpFixError `file-unreadable` */
export function readRecord(path: string, bytes: Uint8Array): ApplyRecord {
  const parsed = ApplyRecord.safeParse(parseJson(new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  throw new IdpFixError('file-unreadable', 'this is not a record of idp-fix --apply', {
    place: { file: path },
    hint: 'restore the templates from version control',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
