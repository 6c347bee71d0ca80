import { sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { jsonText } from '../escape.js';
import { questions } from '../plan/checklist.js';
import * as z from '../zod.js';
import { evidence, statuses } from './report.js';
import type { Verification } from './verify.js';

const Text = z.string();
const ChecklistItemName = z.enum(questions.map(({ id }) => id));
const Status = z.enum(statuses);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const VerificationFile = z.strictObject({
  format: z.literal('idp-fix/verification'),
  version: z.literal(1),
  stack: z.strictObject({ name: Text, id: Text, status: Text }),
  account: z.string().regex(/^\d{12}$/),
  region: Text,
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  policy: z.strictObject({ name: Text, sha256: Sha256 }),
  promised: z
    .strictObject({ changeSet: Text, planSha256: Sha256, toldBy: z.enum(['change set', 'events']) })
    .nullable(),
  resources: z.array(z.strictObject({ stack: Text, logicalId: Text, type: Text })),
  evidence: z.array(z.strictObject({ item: ChecklistItemName, title: Text, status: Status, summary: Text })),
  proofs: z.array(
    z.strictObject({
      check: Text,
      item: ChecklistItemName.nullable(),
      stack: Text,
      logicalId: Text.nullable(),
      physicalId: Text.nullable(),
      status: Status,
      because: Text,
      hint: Text.optional(),
    }),
  ),
  sha256: Sha256,
});
export type VerificationFile = z.infer<typeof VerificationFile>;

/** For programs, with the evidence for the checklist, and a hash of it all: what was edited afterwards is told. */
export function verificationJson({ proofs, ...rest }: Verification): string {
  const content = {
    format: 'idp-fix/verification',
    version: 1,
    ...rest,
    evidence: evidence(proofs),
    proofs,
  };
  return `${jsonText({ ...content, sha256: hashOf(content) })}\n`;
}

/**
 * What `idp-fix verify --format json` has written. The hash tells an edited file from an untouched one; it is no
 * signature.
 * @throws IdpFixError `file-unreadable`
 */
export function readVerification(path: string, bytes: Uint8Array): VerificationFile {
  const refuse = (because: string) =>
    new IdpFixError('file-unreadable', `this is no verification to count on: ${because}`, {
      place: { file: path },
      hint: 'write it anew with idp-fix verify --stack NAME --format json',
    });
  const content = parsed(bytes);
  const { data, error } = VerificationFile.safeParse(content);
  if (data === undefined) {
    const [issue] = error.issues;
    throw refuse([issue?.path.join('.') ?? '', issue?.message ?? ''].filter((part) => part !== '').join(' '));
  }
  const { sha256, ...rest } = content as { readonly sha256: string };
  if (hashOf(rest) !== sha256) throw refuse('it was changed after it was written');
  const { stack, region, account } = data;
  if (!stack.id.includes(`:cloudformation:${region}:${account}:stack/${stack.name}/`))
    throw refuse('its stack id is of another stack, account or Region');
  return data;
}

/** Of the text that JSON makes of it, so that line breaks and indentation do not count. */
function hashOf(content: object): string {
  return sha256Of(new TextEncoder().encode(JSON.stringify(content)));
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
