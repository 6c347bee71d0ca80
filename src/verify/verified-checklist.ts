import { sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { jsonText } from '../escape.js';
import { questions } from '../plan/checklist.js';
import type { ChecklistItem } from '../plan/document.js';
import type { StackTree } from '../template/template.js';
import * as z from '../zod.js';
import { evidence, nameOfProof, statuses, tally } from './report.js';
import type { Verification } from './verify.js';

/** A list whose items are done only where what is deployed shows it as well. */
interface VerifiedItem extends ChecklistItem {
  readonly verification: {
    /** The worst of what was found; `null` where nothing is looked at for the item. */
    readonly status: VerificationFile['proofs'][number]['status'] | null;
    /** `2 dead, 5 alive`. */
    readonly summary: string;
    /** What stands in the way, one line each. */
    readonly open: readonly string[];
  };
}

/** What a verification has to be of. */
interface Expected {
  /** Name or ARN; undefined where nothing says. */
  readonly stack: string | undefined;
  readonly policySha256: string;
  readonly tree: StackTree;
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

const longestAgeDays = 30;

/**
 * Sees to it that a verification is of this stack, of this template, by this policy, and not of long ago.
 * @throws IdpFixError `usage`, `stale`
 */
export function refuseForeign(file: VerificationFile, path: string, expected: Expected): void {
  const { stack, account, region, policy, to } = file;
  const refuse = (because: string, hint: string, code: 'usage' | 'stale' = 'usage') =>
    new IdpFixError(code, `the verification is not of this: ${because}`, { place: { file: path }, hint });
  const asked = expected.stack;
  if (asked !== undefined && asked !== stack.name && asked !== stack.id) {
    const whose = `${stack.name} in account ${account}, ${region}`;
    throw refuse(`it is of the stack ${whose}, and ${asked} was asked for`, 'name the file of that stack');
  }
  const other = differentTemplate(file, expected.tree);
  if (other !== undefined) throw refuse(other, 'name the template that the stack was made from');
  if (policy.sha256 !== expected.policySha256) {
    throw refuse(
      `the deployed templates were measured by another policy (${policy.name})`,
      'verify and checklist need the same --policy',
    );
  }
  const ageDays = (Date.parse(expected.today) - Date.parse(to.slice(0, 10))) / 86_400_000;
  // A day, for the places on earth where it is one day later.
  if (ageDays > longestAgeDays || ageDays < -1) {
    const when = ageDays < 0 ? 'which is to come' : `${ageDays} days ago`;
    throw refuse(`it was made on ${to.slice(0, 10)}, ${when}`, 'verify the stack again', 'stale');
  }
}

/** The deployed root template and this one have the same resources, but for what one of them does not have yet. */
function differentTemplate({ resources }: VerificationFile, { root }: StackTree): string | undefined {
  const deployed = resources.filter(({ stack }) => stack === '');
  const known = deployed.filter(({ logicalId }) => root.template.resources.has(logicalId));
  if (known.length === 0) return `the deployed template and ${root.template.path} have no resource in common`;
  const other = known.find(({ logicalId, type }) => root.template.resources.get(logicalId)?.type !== type);
  return other && `${other.logicalId} is ${other.type} there, and another type in ${root.template.path}`;
}

/** An item is done only where nothing in its scope is open, unseen or found dead. */
export function verifiedChecklist(
  items: readonly ChecklistItem[],
  file: VerificationFile,
  tree: StackTree,
): readonly VerifiedItem[] {
  const { stack, account, region, to, proofs } = file;
  const missing = undeployed(file, tree);
  return items.map((item) => {
    const own = proofs.filter((proof) => proof.item === item.id);
    const bad = own.filter(
      ({ status, check }) =>
        status === 'dead' || status === 'unknown' || (status === 'unproven' && check.startsWith('plan: ')),
    );
    const unseen = missing.filter(({ type }) => item.covers.includes(type));
    const open = [
      ...bad.map((proof) => {
        const name = nameOfProof(proof);
        return `${proof.status}: ${name === '' ? '' : `${name}: `}${proof.check}: ${proof.because}`;
      }),
      ...(unseen.length === 0
        ? []
        : [`not deployed, so not looked at: ${unseen.map(({ logicalId }) => logicalId).join(', ')}`]),
    ];
    const summary = own.length === 0 ? 'nothing is looked at for it' : tally(own);
    const where = `${stack.name} in ${account}, ${region}, as of ${to.slice(0, 10)}`;
    return {
      ...item,
      status: open.length > 0 ? 'open' : item.status,
      evidence: [`${item.evidence}; deployed (${where}): ${summary}`, ...shortened(open)].join('; '),
      verification: {
        status: statuses.find((status) => own.some((proof) => proof.status === status)) ?? null,
        summary,
        open,
      },
    };
  });
}

const mostLines = 3;

function shortened(lines: readonly string[]): readonly string[] {
  const more = lines.length - mostLines;
  return more > 0 ? [...lines.slice(0, mostLines), `and ${more} more`] : lines;
}

/** Resources of the templates that are in none of the deployed ones. */
function undeployed(
  { resources }: VerificationFile,
  { stacks }: StackTree,
): readonly { readonly logicalId: string; readonly type: string }[] {
  const deployed = new Set(resources.map(({ logicalId, type }) => `${logicalId} ${type}`));
  return stacks.flatMap(({ template }) =>
    [...template.resources.values()].filter(({ logicalId, type }) => !deployed.has(`${logicalId} ${type}`)),
  );
}

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
