import { dirname, isAbsolute, join } from 'node:path';
import { policyError, problemsOf } from '../policy/problems.js';
import { asWritten, at, type FileKind, plain, readSourced } from '../policy/sourced.js';
import type { FileStore } from '../ports.js';
import * as z from '../zod.js';
import { isEndpoint, isRegion, isStack } from './session.js';

const kind: FileKind = { noun: 'list of stacks', code: 'stacks-invalid' };

const Text = z.string().min(1);
const Words = z.array(Text).min(1);
const StackName = z.string().refine(isStack, 'no name for a stack');
const Region = z.string().refine(isRegion, 'no name of a Region, as us-east-1');
const EndpointUrl = z.string().refine(isEndpoint, 'no address, as http://localhost:4566');

/** What a stack and the defaults can both say. */
const settings = {
  template: Text.optional().describe(
    'the root template, from the folder of this file; deployed templates are patched without one',
  ),
  policy: Text.optional().describe('a policy file, from the folder of this file, or preset'),
  profile: Text.optional().describe('a profile of the AWS CLI'),
  endpointUrl: EndpointUrl.optional().describe('an address, as the AWS CLI has it'),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('a map of values to set; all others stay'),
  parameterFiles: Words.optional().describe(
    'a list of files of parameter values, from the folder of this file',
  ),
  bucket: Text.optional().describe('a bucket for nested templates and for those over 51,200 bytes'),
  bucketPrefix: z.string().optional().describe('a prefix in the bucket'),
  roleArn: Text.optional().describe('the role CloudFormation works with'),
  capabilities: Words.optional().describe('a list of capabilities to acknowledge'),
  only: Words.optional().describe('a list of ids: the only remediations'),
  skip: Words.optional().describe('a list of ids: remediations to leave out'),
  include: z.enum(['review']).optional().describe('review, to take patches that need approval, too'),
  strict: z
    .boolean()
    .optional()
    .describe('true where a prerequisite that cannot be checked counts as failed'),
  adoptLogGroups: z
    .boolean()
    .optional()
    .describe('true to take over log groups that exist already under their names'),
};

const StackEntry = z.strictObject({
  stack: StackName.describe('the name of the stack'),
  region: Region.optional().describe('the region of the stack'),
  regions: z
    .array(Region)
    .min(1)
    .optional()
    .describe('a list of regions that each have a stack of this name'),
  ...settings,
  allowReplacement: Words.optional().describe('a list of stateful resources that may be replaced'),
});

const StacksFile = z.strictObject({
  defaults: z
    .strictObject({ region: Region.optional().describe('the region of the stacks'), ...settings })
    .optional()
    .describe('a map of what counts for every stack that says nothing else'),
  stacks: z.array(StackEntry).min(1).describe('a list of stacks'),
});

type Settings = Omit<z.infer<typeof StackEntry>, 'stack' | 'regions' | 'parameters'>;

/** One stack in one region, with the defaults filled in and every path from the working directory. */
export interface ListedStack extends Settings {
  readonly stack: string;
  /** As written: `007` stays `007`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The stacks that a file lists, YAML or JSON, each in each of its regions, in the order of the file.
 * @throws IdpFixError `stacks-invalid` with all that is wrong with it, by line; `file-not-found`, `file-unreadable`
 */
export async function readStacksFile(
  files: Pick<FileStore, 'read'>,
  path: string,
): Promise<readonly ListedStack[]> {
  const bytes = await files.read(path);
  const sourced = readSourced(path, bytes, kind);
  const read = StacksFile.safeParse(plain(sourced));
  if (!read.success) throw policyError(problemsOf(read.error.issues, StacksFile, sourced, kind), kind);
  const { defaults = {}, stacks } = read.data;
  const written = writtenValues(path, bytes);
  const folder = dirname(path);
  const listed = stacks.flatMap((entry, index): readonly (ListedStack & { readonly index: number })[] => {
    const { regions, ...own } = entry;
    const all = { ...defaults, ...own };
    const one: ListedStack = {
      ...all,
      template: from(folder, all.template),
      policy: isFile(all.policy) ? from(folder, all.policy) : all.policy,
      parameterFiles: all.parameterFiles?.map((file) => join(folder, file)),
      parameters: new Map([...written.defaults, ...(written.stacks[index] ?? [])]),
    };
    if (regions === undefined) return [{ ...one, index }];
    return regions.map((region) => ({ ...one, region, index }));
  });
  const problems = listed.flatMap(({ index, ...each }, position) => {
    const place = at(sourced, ['stacks', String(index)])?.place ?? { file: path };
    const entry = stacks[index];
    if (entry?.region !== undefined && entry.regions !== undefined)
      return [{ place, message: `${each.stack} has region and regions`, hint: 'leave out one of them' }];
    const isTwice = listed.slice(0, position).some((earlier) => placeOf(earlier) === placeOf(each));
    return isTwice ? [{ place, message: `${each.stack} is listed twice for the same place` }] : [];
  });
  if (problems.length > 0) throw policyError(problems, kind);
  return listed.map(({ index: _, ...each }) => each);
}

function placeOf({ stack, region, profile, endpointUrl }: ListedStack): string {
  return JSON.stringify([stack, region, profile, endpointUrl]);
}

function from(folder: string, path: string | undefined): string | undefined {
  return path === undefined || isAbsolute(path) ? path : join(folder, path);
}

/** Anything else is the name of a preset. */
function isFile(policy: string | undefined): boolean {
  return policy !== undefined && /[./\\]/.test(policy);
}

interface WrittenValues {
  readonly defaults: readonly (readonly [string, string])[];
  readonly stacks: readonly (readonly (readonly [string, string])[])[];
}

/** Parameter values as texts. To be asked once the schema has found the file to be right. */
function writtenValues(path: string, bytes: Uint8Array): WrittenValues {
  const read = plain(readSourced(path, bytes, kind, asWritten)) as {
    readonly defaults?: { readonly parameters?: Readonly<Record<string, string>> };
    readonly stacks: readonly { readonly parameters?: Readonly<Record<string, string>> }[];
  };
  return {
    defaults: Object.entries(read.defaults?.parameters ?? {}),
    stacks: read.stacks.map(({ parameters = {} }) => Object.entries(parameters)),
  };
}
