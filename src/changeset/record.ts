import { isAbsolute, join } from 'node:path';
import { writeAll } from '../deliver/write-template.js';
import { sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { isInside } from '../paths.js';
import type { FileStore } from '../ports.js';
import * as z from '../zod.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Text = z.string();

// A record is a file, and a file may come with somebody else's repository: every name in it that leads anywhere, to a
// file, to a stack or to an object, is held to the grammar AWS has for it.
const ChangeSetName = z.string().refine(isChangeSetName, 'this is no name of a change set');
/** @source https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const StackName = z.string().regex(/^[A-Za-z][-A-Za-z0-9]{0,127}$/, 'this is no name of a stack');
const Arn = z.string().regex(/^arn:[-\w]+:cloudformation:[-\w]+:\d{12}:(?:stack|changeSet)\/[-\w]+\/[-\w]+$/);
/** @source https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BucketName = z.string().regex(/^[a-z0-9][-.a-z0-9]{1,61}[a-z0-9]$/, 'this is no name of a bucket');
const InnerPath = z.string().refine(isWithin, 'this leads out of the folder');

const PropertyChange = z.strictObject({
  path: Text.describe('JSON pointer from the resource'),
  before: Text.nullable(),
  after: Text.nullable(),
  cause: Text.nullable().describe('the parameter or the attribute of a resource behind it'),
  remediations: z.array(Text).default([]).describe('ids of those that asked for it'),
  surprise: Text.nullable().default(null).describe('why it changes, where no patch asks for it'),
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
  surprise: Text.nullable().describe(
    'why it, or a part of it, is in the change set where no patch asks for that',
  ),
  loses: z.boolean().describe('it holds data that cannot be recreated and is, or may be, lost'),
});
export type ReviewedChange = Readonly<z.infer<typeof ReviewedChange>>;

/** A pinned plan: what was reviewed, so that nothing else is executed. Holds no secret. */
export const ChangeSetRecord = z.strictObject({
  format: z.literal('idp-fix/change-set'),
  version: z.literal(1),
  state: z.enum(['creating', 'created', 'empty', 'executing', 'executed', 'failed', 'rejected']),
  name: ChangeSetName,
  creation: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe('the run that made the change set; its uploads carry it'),
  maker: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable()
    .default(null)
    .describe('who made it, as its description says it: a part of the hash of the ARN of the caller'),
  arn: Arn.nullable().describe('none while it is being created'),
  planSha256: Sha256,
  source: z.enum(['local', 'deployed', 'parameters']),
  stack: z.strictObject({
    name: StackName,
    id: z.union([Arn, StackName]).describe('its name until it is there'),
    updatedAt: Text.describe('ISO 8601; empty until it is there'),
    isNew: z.boolean().default(false).describe('the change set makes the stack'),
  }),
  account: z.string().regex(/^\d{12}$/),
  region: z.string().regex(/^[a-z]{2,}(?:-[a-z0-9]+)+$/),
  templates: z.array(
    z.strictObject({
      path: Text,
      file: InnerPath.nullable().describe('path of the local template from the folder, where it is in there'),
      localSha256: Sha256.nullable().describe('as read'),
      submittedSha256: Sha256.describe('patched, before the places of nested templates are filled in'),
    }),
  ),
  deployed: z
    .array(z.strictObject({ stack: Text, sha256: Sha256 }))
    .describe('templates of the stack and its nested stacks'),
  parameters: z.record(Text, Text).describe('values of the stack when it was reviewed; NoEcho ones left out'),
  values: z.record(Text, Text).describe('values the change set sets; NoEcho ones left out'),
  tags: z
    .array(z.strictObject({ key: Text, before: Text.nullable(), after: Text.nullable() }))
    .default([])
    .describe('of the stack, that the change set gives it or takes away'),
  uploads: z.array(z.strictObject({ bucket: BucketName, key: Text })),
  changes: z.array(ReviewedChange),
  warnings: z.array(Text).describe('what validation and hooks warned of'),
  checks: z
    .array(z.strictObject({ what: Text, status: z.enum(['passed', 'failed', 'unchecked']), because: Text }))
    .describe('what was looked at before'),
  prerequisites: z
    .array(z.strictObject({ what: Text, check: Text.describe('a command, or manual: …') }))
    .describe('what the patches assume and has not been checked'),
  allowed: z.array(Text).describe('stateful resources whose loss was agreed to'),
  options: z
    .strictObject({ capabilities: z.array(Text), roleArn: Text.nullable(), imports: z.boolean() })
    .nullable()
    .default(null)
    .describe('what else the change set was asked for with; none in records of older versions'),
});
export type ChangeSetRecord = z.infer<typeof ChangeSetRecord>;

/** Where the records of a folder lie. */
const recordsFolder = '.idp-fix';

/** @throws IdpFixError `usage` for a name that no change set can have, so that no path leads out of the folder */
export function recordFile(folder: string, name: string): string {
  return join(folder, recordsFolder, `${validName(name)}.json`);
}

/** The root template as it was deployed, to go back to. */
export function previousTemplateFile(folder: string, name: string): string {
  return join(folder, recordsFolder, `${validName(name)}.previous.template`);
}

/**
 * Writes a record for its owner alone, in a folder that git passes over: what CloudFormation tells of a stack may be
 * secret.
 * @param previous the root template as it was deployed
 * @throws IdpFixError `write-failed`
 */
export async function writeRecord(
  files: FileStore,
  folder: string,
  record: ChangeSetRecord,
  previous?: string,
): Promise<void> {
  const texts = new Map([[recordFile(folder, record.name), `${JSON.stringify(record, null, 2)}\n`]]);
  if (previous !== undefined) texts.set(previousTemplateFile(folder, record.name), previous);
  const ignore = join(folder, recordsFolder, '.gitignore');
  if ((await files.kindOf(ignore)) === 'missing') texts.set(ignore, '*\n');
  const encoder = new TextEncoder();
  const toWrite = [...texts].map(([path, text]) => ({ path, bytes: encoder.encode(text), isPrivate: true }));
  for (const { path } of toWrite) await refuseLinks(files, folder, path, 'write-failed');
  await writeAll(files, toWrite);
}

/** Names of the change sets that a folder has records of. */
export async function recordNames(files: FileStore, folder: string): Promise<readonly string[]> {
  const path = join(folder, recordsFolder);
  if ((await files.kindOf(path)) !== 'directory') return [];
  return (await files.list(path)).flatMap(({ name, kind }) => {
    const named = name.replace(/\.json$/, '');
    return kind === 'file' && name.endsWith('.json') && isChangeSetName(named) ? [named] : [];
  });
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
  await refuseLinks(files, folder, path, 'file-unreadable');
  if ((await files.kindOf(path)) !== 'file') return undefined;
  const parsed = ChangeSetRecord.safeParse(parseJson(new TextDecoder().decode(await files.read(path))));
  const problem = parsed.success ? contradiction(parsed.data, name) : firstProblem(parsed.error);
  if (parsed.success && problem === undefined) return parsed.data;
  throw new IdpFixError('file-unreadable', `this is not a record of a change set: ${problem}`, {
    place: { file: path },
    hint: 'create the change set again',
  });
}

function firstProblem({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
}

/** What a record says twice has to be the same: its name, and whose account and region it is of. */
function contradiction(
  { name, arn, stack, account, region }: ChangeSetRecord,
  asked: string,
): string | undefined {
  if (name !== asked) return `it is of ${name}`;
  const place = `:cloudformation:${region}:${account}:`;
  const isThere = !stack.isNew || stack.id !== stack.name;
  if (isThere && !stack.id.includes(`${place}stack/${stack.name}/`)) return 'stack.id is of another stack';
  return arn === null || arn.includes(`${place}changeSet/${name}/`)
    ? undefined
    : 'arn is of another change set';
}

/** A repository can bring a link as well as a file, and where it leads is nobody's record. */
async function refuseLinks(
  files: FileStore,
  folder: string,
  path: string,
  code: 'file-unreadable' | 'write-failed',
): Promise<void> {
  const records = join(folder, recordsFolder);
  const kind = await files.kindOf(records);
  if (kind !== 'directory' && kind !== 'missing' && !(await files.isLink(records))) {
    throw new IdpFixError(code, 'this is no folder, and records are kept in one', {
      place: { file: records },
      hint: 'move it out of the way',
    });
  }
  for (const each of [records, path]) {
    if (!(await files.isLink(each))) continue;
    throw new IdpFixError(code, 'this is a symbolic link, and records are kept in files of their own', {
      place: { file: each },
      hint: 'remove the link',
    });
  }
}

function validName(name: string): string {
  if (isChangeSetName(name)) return name;
  throw new IdpFixError('usage', `'${name}' is no name for a change set`, {
    hint: 'letters, digits and hyphens, beginning with a letter, 128 at most; or its ARN',
  });
}

/** Whether a path stays below the folder it starts from. */
export function isWithin(path: string): boolean {
  return !isAbsolute(path) && isInside(path, '.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What a plan is, as far as a change set goes: equal plans have equal hashes, and so equal change sets. */
export interface PlanIdentity {
  readonly stackId: string;
  /** A stack that was updated since makes another change set. */
  readonly stackUpdatedAt: string;
  readonly source: 'local' | 'deployed' | 'parameters';
  /** SHA-256 of each template as submitted, before the places of nested ones are filled in. */
  readonly templates: ReadonlyMap<string, string>;
  /** Without secret values. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What else the change set is asked for with. */
  readonly options: {
    readonly capabilities: readonly string[];
    readonly roleArn: string | undefined;
    readonly imports: boolean;
    /** Stateful resources whose loss is agreed to. */
    readonly allowed: readonly string[];
    /** That the stack gets, or loses where there is no value afterwards. */
    readonly tags: readonly { readonly key: string; readonly after: string | null }[];
  };
}

/** Lower-case hex. */
export function planHash(identity: PlanIdentity): string {
  const { templates, parameters, options, ...rest } = identity;
  const sorted = (map: ReadonlyMap<string, string>) =>
    [...map].sort(([left], [right]) => (left < right ? -1 : 1));
  const text = JSON.stringify([
    Object.entries(rest).sort(([left], [right]) => (left < right ? -1 : 1)),
    sorted(templates),
    sorted(parameters),
    [
      options.capabilities,
      options.roleArn ?? null,
      options.imports,
      agreed(options.allowed),
      options.tags.map(({ key, after }) => [key, after]),
    ],
  ]);
  return textHash(text);
}

/** The plan as a record says it; undefined for a record of an older version, which does not say all of it. */
export function planOf(record: ChangeSetRecord): PlanIdentity | undefined {
  const { stack, source, templates, values, options, allowed, tags } = record;
  if (options === null) return undefined;
  return {
    stackId: stack.isNew ? stack.name : stack.id,
    stackUpdatedAt: stack.isNew ? '' : stack.updatedAt,
    source,
    templates: new Map(templates.map(({ path, submittedSha256 }) => [path, submittedSha256])),
    parameters: new Map(Object.entries(values)),
    options: {
      capabilities: options.capabilities,
      roleArn: options.roleArn ?? undefined,
      imports: options.imports,
      allowed,
      tags,
    },
  };
}

/** Letters, digits and hyphens, at most 128: what CloudFormation takes for names and tokens alike. */
export function changeSetName(hash: string): string {
  return `idp-fix-${hash.slice(0, 16)}`;
}

export function isChangeSetName(name: string): boolean {
  return /^[A-Za-z][-A-Za-z0-9]{0,127}$/.test(name);
}

/** Where a change set comes from, as CloudFormation keeps it in the description: the only thing there nobody can edit. */
interface Origin {
  /** SHA-256. */
  readonly plan: string;
  /** The run that made it: 32 hexadecimal digits, different for everybody who creates the same plan. */
  readonly creation: string;
  /** As `makerOf` says it; `null` for what an older version has made. */
  readonly maker: string | null;
  /** Stateful resources whose loss was agreed to. */
  readonly allowed: readonly string[];
}

const mark = 'made by idp-fix, plan ';

/**
 * Whom a caller is told from others by, without saying who it is: the user, or the role and the name of its session. Session
 * names that a program makes up are different at every sign-in and name nobody, so the role alone counts with them.
 */
export function makerOf(arn: string): string {
  const [, role, session = ''] = /^(arn:[^:]*:sts::\d*:assumed-role\/[^/]+)\/(.*)$/.exec(arn) ?? [];
  return textHash(role !== undefined && madeUpSession.test(session) ? role : arn).slice(0, 16);
}

/**
 * What the SDKs and the AWS CLI (a word and the time), CodeBuild (an UUID), EC2 (the instance), ECS (the task), and CodePipeline
 * (the time) call a session. Anything else may be a person.
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_rolesessionname
 */
const madeUpSession =
  /^(?:(?:aws-(?:go-)?sdk[a-z-]*|botocore-session)-\d{10,}|AWSCodeBuild-[\da-f-]{36}|i-[\da-f]{8,17}|[\da-f]{32}|\d{13,})$/;

export function description({ plan, creation, maker, allowed }: Origin): string {
  const losses =
    allowed.length === 0 ? '' : `, losses agreed to ${textHash(JSON.stringify(agreed(allowed)))}`;
  const by = maker === null ? '' : `, by ${maker}`;
  return `${mark}${plan}, creation ${creation}${by}${losses}`;
}

export function isOurs(text: string): boolean {
  return text.startsWith(mark);
}

/** The creation that a description names, when it is of this plan. */
export function creationOf(text: string, plan: string): string | undefined {
  const [, ofPlan, creation] = /^(.*), creation ([0-9a-f]{32})(?:,|$)/.exec(text) ?? [];
  return ofPlan === mark + plan ? creation : undefined;
}

/** Who made the change set that a description is of. */
export function makerIn(text: string): string | null {
  return /^.*, creation [0-9a-f]{32}, by ([0-9a-f]{16})(?:,|$)/.exec(text)?.[1] ?? null;
}

function agreed(allowed: readonly string[]): readonly string[] {
  return [...new Set(allowed)].sort();
}

function textHash(text: string): string {
  return sha256Of(new TextEncoder().encode(text));
}
