import { join } from 'node:path';
import { IdpFixError } from '../errors.js';
import { invertEdits } from '../patch/edit.js';
import type { PatchedFile } from '../plan/build.js';
import { encodeTemplate } from '../template/encode.js';
import { sha256Of } from '../template/sha256.js';
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

export function recordOf(templates: readonly PatchedFile[]): Uint8Array {
  const record: ApplyRecord = {
    format: 'idp-fix/applied',
    version: 1,
    files: templates.map(({ path, document, text, edits }) => ({
      path,
      sha256Before: document.source.sha256,
      sha256After: sha256Of(encodeTemplate(text, document.source)),
      edits: [...invertEdits(document.source.text, edits)],
    })),
  };
  return new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
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
