import { join } from 'node:path';
import { writeAll } from '../deliver/write-all.js';
import { IdpFixError } from '../errors.js';
import type { FileStore } from '../ports.js';
import * as z from '../zod.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Text = z.string();

const PropertyChange = z.strictObject({
  path: Text.describe('JSON pointer from the resource'),
  before: Text.nullable(),
  after: Text.nullable(),
  cause: Text.nullable().describe('the parameter or the attribute of a resource behind it'),
});

const ReviewedChange = z.strictObject({
  stack: Text.describe('logical ids of nested stacks from the root down; empty for the root'),
  logicalId: Text,
  type: Text,
  physicalId: Text.nullable(),
  action: Text,
  replacement: z.enum(['will', 'may', 'wont']),
  because: z.array(Text),
  properties: z.array(PropertyChange).readonly(),
  remediations: z.array(Text).describe('ids of those that asked for it'),
  surprise: Text.nullable().describe('why it is in the change set, where no patch asks for it'),
  loses: z.boolean().describe('it holds what nobody can make again, and that is, or may be, lost'),
});
export type ReviewedChange = Readonly<z.infer<typeof ReviewedChange>>;

/** A pinned plan: what was reviewed, so that nothing else is executed. Holds no secret. */
export const ChangeSetRecord = z.strictObject({
  format: z.literal('idp-fix/change-set'),
  version: z.literal(1),
  state: z.enum(['creating', 'created', 'empty', 'executing', 'executed', 'failed', 'rejected']),
  name: Text,
  arn: Text.nullable().describe('none while it is being created'),
  planSha256: Sha256,
  source: z.enum(['local', 'deployed', 'parameters']),
  stack: z.strictObject({ name: Text, id: Text, updatedAt: Text.describe('ISO 8601') }),
  account: Text,
  region: Text,
  templates: z.array(
    z.strictObject({
      path: Text,
      file: Text.nullable().describe('path of the local template from the record, where there is one'),
      localSha256: Sha256.nullable().describe('as read'),
      submittedSha256: Sha256.describe('patched, before the places of nested templates are filled in'),
    }),
  ),
  deployed: z
    .array(z.strictObject({ stack: Text, sha256: Sha256 }))
    .describe('templates of the stack and its nested stacks'),
  parameters: z.record(Text, Text).describe('values of the stack when it was reviewed; NoEcho ones left out'),
  values: z.record(Text, Text).describe('values the change set sets; NoEcho ones left out'),
  uploads: z.array(z.strictObject({ bucket: Text, key: Text })),
  changes: z.array(ReviewedChange),
  warnings: z.array(Text).describe('what validation and hooks warned of'),
  checks: z
    .array(z.strictObject({ what: Text, status: z.enum(['passed', 'failed', 'unchecked']), because: Text }))
    .describe('what was looked at before'),
  prerequisites: z
    .array(z.strictObject({ what: Text, check: Text.describe('a command, or by hand: …') }))
    .describe('what the patches take for granted and nobody has looked at'),
  allowed: z.array(Text).describe('stateful resources whose loss was agreed to'),
});
export type ChangeSetRecord = z.infer<typeof ChangeSetRecord>;

/** Where the records of a folder lie. */
export const recordsFolder = '.idp-fix';

export function recordFile(folder: string, name: string): string {
  return join(folder, recordsFolder, `${name}.json`);
}

/** The root template as it was deployed, to go back to. */
export function previousTemplateFile(folder: string, name: string): string {
  return join(folder, recordsFolder, `${name}.previous.template`);
}

export async function writeRecord(files: FileStore, folder: string, record: ChangeSetRecord): Promise<void> {
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await writeAll(files, [{ path: recordFile(folder, record.name), bytes: new TextEncoder().encode(text) }]);
}

/**
 * @returns undefined when there is none
 * @throws IdpFixError `file-unreadable`
 */
export async function readRecord(
  files: FileStore,
  folder: string,
  name: string,
): Promise<ChangeSetRecord | undefined> {
  const path = recordFile(folder, name);
  if ((await files.kindOf(path)) !== 'file') return undefined;
  const parsed = ChangeSetRecord.safeParse(parseJson(new TextDecoder().decode(await files.read(path))));
  if (parsed.success) return parsed.data;
  const [problem] = parsed.error.issues;
  throw new IdpFixError(
    'file-unreadable',
    `this is not a record of a change set: ${problem?.path.join('.') ?? ''} ${problem?.message ?? ''}`,
    {
      place: { file: path },
      hint: 'create the change set again',
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
