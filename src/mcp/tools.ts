import {
  type ChecklistRequest,
  type CompareRequest,
  type CreateChangeSetRequest,
  type ExplainRequest,
  type KnownChangeSetRequest,
  type PlanRequest,
  type ReadPolicyRequest,
  suppressionHandlings,
  type UndoRequest,
  type VerifyRequest,
} from '../cli/request.js';
import { IdpFixError } from '../errors.js';
import * as z from '../zod.js';

/** What an agent can ask for. `execute` and `reject` are in none of its tools, and no such request can be written here. */
export type AgentRequest =
  | PlanRequest
  | ExplainRequest
  | ChecklistRequest
  | CompareRequest
  | UndoRequest
  | VerifyRequest
  | ReadPolicyRequest
  | CreateChangeSetRequest
  | (KnownChangeSetRequest & { readonly action: 'show' });

/** What the person who starts the server has allowed beyond reading. */
export interface Allowed {
  readonly write: boolean;
  readonly changeSets: boolean;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly hints: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
  /** What has to be allowed for the tool to exist. */
  readonly needs?: keyof Allowed;
  /** Arguments as they came, checked against `input`. @param root stands for a folder that is not named. @throws IdpFixError `usage` */
  request(given: unknown, root: string): AgentRequest;
  /** Arguments that are paths; each has to lie within the roots. */
  paths(given: unknown): readonly string[];
}

/** As without a terminal, and without color. Code is read, never run; plugins are named when the server is started. */
const common = { plain: true, quiet: false, verbose: false, withoutCode: false, unasked: true, plugins: [] };

const reads = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const path = z.string().min(1).regex(/^[^-]/, 'a path that does not begin with -');
const templates = z
  .array(path)
  .min(1)
  .describe('root templates, or folders to search; nested templates come along');
const policy = path
  .optional()
  .describe('policy file or preset; default: the nearest idp-fix.policy.yaml, else production');
const ids = (which: string) =>
  z.array(z.string()).optional().describe(`ids of remediations ${which}; see explain`);
const parameters = z
  .record(z.string().regex(/^[A-Za-z0-9]+$/), z.string().regex(/^(?![\s\S]*\s[A-Za-z0-9]+=)/, 'one value'))
  .optional()
  .describe('values of the deployed root stack’s parameters, by name');

const planned = {
  templates,
  policy,
  only: ids('to plan; all without it'),
  skip: ids('to leave out'),
  include_review: z.boolean().optional().describe('take in the patches that need approval'),
  suppressions: z
    .enum(suppressionHandlings)
    .optional()
    .describe('what skips in the templates do; the policy’s without it'),
  parameters,
};

const stack = {
  stack: z.string().min(1).describe('name of the deployed root stack'),
  region: z.string().optional().describe('Region; default: that of the server’s environment'),
};

const verbose = z.boolean().optional().describe('nothing is folded: what a report says --verbose shows');

const planInput = z.strictObject({
  ...planned,
  verbose,
  only_open: z
    .boolean()
    .optional()
    .describe('with json: without the findings that leave nothing to do, which is far shorter'),
  format: z.enum(['text', 'json', 'markdown', 'sarif']).optional().describe('default: text'),
});
const diffInput = z.strictObject(planned);
const explainInput = z.strictObject({
  id: z.string().optional().describe('id of a remediation; without it all are listed'),
  templates: z.array(path).optional().describe('what it has found there'),
  finding: z.string().optional().describe('logical id or fingerprint of a finding in them'),
  verbose,
  policy,
  parameters,
});
const checklistInput = z.strictObject({
  templates,
  policy,
  format: z.enum(['text', 'markdown', 'json']).optional().describe('default: text'),
});
const policyCheckInput = z.strictObject({
  policy,
  templates: z.array(path).optional().describe('also say what of the policy matches nothing in them'),
});
const compareInput = z.strictObject({
  old: path.describe('root template of the release in use, or its folder'),
  new: path.describe('root template of the next release, or its folder'),
  policy,
  only: planned.only,
  skip: planned.skip,
  parameters,
  format: z.enum(['text', 'json']).optional().describe('default: text'),
});
const showInput = z.strictObject({
  change_set: z.string().min(1).describe('name or ARN'),
  folder: path
    .optional()
    .describe('folder of the root template, where the record is; default: the first root'),
  ...stack,
  format: z.enum(['text', 'json']).optional().describe('default: text'),
});
const verifyInput = z.strictObject({
  ...stack,
  policy,
  folder: path
    .optional()
    .describe('folder with the record of the change set that was executed; default: the first root'),
  days: z.int().min(1).max(30).optional().describe('how far back to look, in days; default: 14'),
  format: z.enum(['text', 'json']).optional().describe('default: text'),
});
const permissionsInput = z.strictObject({ ...stack, template: path.optional(), policy });
const undoInput = z.strictObject({ template: path.describe('root template, or its folder') });
const createInput = z.strictObject({
  ...stack,
  template: path.describe('root template, or its folder'),
  policy: path.describe('policy file; a preset is not enough to change a stack'),
  only: planned.only,
  skip: planned.skip,
  include_review: planned.include_review,
  parameters,
  bucket: z.string().optional().describe('S3 bucket of the account, for templates above 51,200 bytes'),
  name: z.string().optional().describe('name of the change set'),
});

/** All tools there can be, in the order an agent needs them. */
export const tools: readonly Tool[] = [
  tool({
    name: 'plan',
    title: 'Plan',
    description:
      'Compares CloudFormation or SAM templates with a policy: findings, what would be fixed, what needs approval or input. Writes nothing. exit_code 0: nothing is left to do, 1: findings remain.',
    input: planInput,
    hints: reads,
    request: (given) => ({
      ...planOf(given),
      ...{ format: given.format ?? 'text', verbose: given.verbose ?? false },
      onlyOpen: given.only_open ?? false,
    }),
    paths: (given) => [...given.templates, ...files(given.policy)],
  }),
  tool({
    name: 'diff',
    title: 'Diff',
    description: 'The exact unified diff that apply would write. Writes nothing.',
    input: diffInput,
    hints: reads,
    request: (given) => ({ ...planOf(given), apply: true, dryRun: true, format: 'diff' }),
    paths: (given) => [...given.templates, ...files(given.policy)],
  }),
  tool({
    name: 'explain',
    title: 'Explain',
    description:
      'Lists the remediations; with an id, what it asks for and why; with templates, what it has found there; with a finding, why it applies, the exact edit, its risk and how to undo it.',
    input: explainInput,
    hints: reads,
    request: ({ id, templates: named = [], finding, verbose: isFull = false, policy: from, ...rest }) => {
      if (named.length > 0 && id === undefined)
        throw usage('explain looks into templates for one id', 'give id too');
      if (finding !== undefined && named.length === 0)
        throw usage('a finding is one of templates', 'give templates too');
      return {
        ...{ command: 'explain', ...common, verbose: isFull, id, templates: named, finding, policy: from },
        ...{ parameters: words(rest.parameters), allowOutside: false },
      };
    },
    paths: (given) => [...(given.templates ?? []), ...files(given.policy)],
  }),
  tool({
    name: 'checklist',
    title: 'Checklist',
    description: 'The production checklist of the templates: what is done, open, accepted.',
    input: checklistInput,
    hints: reads,
    request: ({ templates: named, policy: from, format = 'text' }) => ({
      ...{ command: 'checklist', ...common, templates: named, policy: from, format },
      ...{ verification: undefined, stack: undefined },
    }),
    paths: (given) => [...given.templates, ...files(given.policy)],
  }),
  tool({
    name: 'policy_check',
    title: 'Check the policy',
    description:
      'Whether a policy is valid, whether anything in it has expired, and what in it matches nothing.',
    input: policyCheckInput,
    hints: reads,
    request: ({ policy: from, templates: named = [] }) => ({
      ...{ command: 'policy', action: 'check', ...common, policy: from, templates: named },
    }),
    paths: (given) => [...(given.templates ?? []), ...files(given.policy)],
  }),
  tool({
    name: 'compare',
    title: 'Compare releases',
    description: 'What becomes of findings, patches and policy between two releases of a template.',
    input: compareInput,
    hints: reads,
    request: (given) => ({
      ...{ command: 'compare', ...common, old: given.old, new: given.new, policy: given.policy },
      ...{ only: given.only ?? [], skip: given.skip ?? [], parameters: words(given.parameters) },
      ...{ suppressions: undefined, allowOutside: false, format: given.format ?? 'text', output: undefined },
    }),
    paths: (given) => [given.old, given.new, ...files(given.policy)],
  }),
  tool({
    name: 'change_set_show',
    title: 'Show a change set',
    description:
      'A change set of a deployed stack as it was reviewed, and what has become of it. Reads from AWS.',
    input: showInput,
    hints: { ...reads, openWorldHint: true },
    request: (given, root) => ({
      ...{
        command: 'change-set',
        action: 'show',
        ...common,
        ...stackOf(given),
        format: given.format ?? 'text',
      },
      ...{ changeSet: given.change_set, folder: given.folder ?? root, confirm: undefined, allowed: [] },
    }),
    paths: folderIn,
  }),
  tool({
    name: 'verify',
    title: 'Verify what is deployed',
    description:
      'Whether what is deployed works: alarms that arrive, keys, limits, logs, dead letters, budgets. Only reads from AWS, with the credentials of the server’s environment. exit_code 1: something is dead or could not be looked at.',
    input: verifyInput,
    hints: { ...reads, openWorldHint: true },
    request: (given, root) => ({
      ...{ command: 'verify', ...common, ...stackOf(given), policy: given.policy },
      ...{
        folder: given.folder ?? root,
        days: given.days ?? 14,
        format: given.format ?? 'text',
        showPermissions: false,
      },
    }),
    paths: (given) => [...folderIn(given), ...files(given.policy)],
  }),
  tool({
    name: 'permissions',
    title: 'Permissions',
    description:
      'The IAM policy for creating, showing and executing a change set of a stack. Asks AWS nothing.',
    input: permissionsInput,
    hints: reads,
    request: (given) => ({ ...createOf(given), showPermissions: true }),
    paths: (given) => [...(given.template === undefined ? [] : [given.template]), ...files(given.policy)],
  }),
  tool({
    name: 'apply',
    title: 'Apply',
    description:
      'Writes the planned patches into the template files, all files or none; undo takes it back. Show the diff to the user and have their consent first.',
    input: diffInput,
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    needs: 'write',
    request: (given) => ({ ...planOf(given), apply: true, format: 'text' }),
    paths: (given) => [...given.templates, ...files(given.policy)],
  }),
  tool({
    name: 'undo',
    title: 'Undo',
    description: 'Takes the last apply back, all files or none, as long as none of them has changed since.',
    input: undoInput,
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    needs: 'write',
    request: (given) => ({ command: 'undo', ...common, template: given.template, allowOutside: false }),
    paths: (given) => [given.template],
  }),
  tool({
    name: 'change_set_create',
    title: 'Create a change set',
    description:
      'Puts the patches into a CloudFormation change set of a deployed stack, which a person then reviews and executes, by idp-fix or the CloudFormation page of AWS. No tool executes one.',
    input: createInput,
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    needs: 'changeSets',
    request: (given) => createOf(given),
    paths: (given) => [given.template, given.policy],
  }),
];

type Definition<Input extends z.ZodObject> = Omit<Tool, 'input' | 'request' | 'paths'> & {
  readonly input: Input;
  request(given: z.output<Input>, root: string): AgentRequest;
  paths(given: z.output<Input>): readonly string[];
};

/** Ties the arguments of a definition to its schema. */
function tool<Input extends z.ZodObject>({ request, paths, ...definition }: Definition<Input>): Tool {
  const parsed = (given: unknown): z.output<Input> => {
    const { data, error } = definition.input.safeParse(given);
    if (data !== undefined) return data;
    const [issue] = error?.issues ?? [];
    throw usage(
      `${issue?.path.join('.')}: ${issue?.message}`,
      `the arguments of ${definition.name} are in its schema`,
    );
  };
  return {
    ...definition,
    request: (given, root) => request(parsed(given), root),
    paths: (given) => paths(parsed(given)),
  };
}

function usage(message: string, hint: string): IdpFixError {
  return new IdpFixError('usage', message, { hint });
}

/** A policy that is named as a preset is no file. */
function files(named: string | undefined): readonly string[] {
  return named === undefined || /^[a-z]+$/.test(named) ? [] : [named];
}

function folderIn({ folder }: { readonly folder?: string | undefined }): readonly string[] {
  return folder === undefined ? [] : [folder];
}

function words(values: Readonly<Record<string, string>> = {}): readonly string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}

function planOf(given: z.output<typeof diffInput>) {
  return {
    ...{ command: 'plan' as const, ...common, templates: given.templates, policy: given.policy },
    ...{ apply: false, dryRun: false, out: undefined, only: given.only ?? [], skip: given.skip ?? [] },
    ...{ includeReview: given.include_review ?? false, suppressions: given.suppressions },
    ...{ parameters: words(given.parameters), output: undefined, allowOutside: false, trusted: undefined },
    ...{
      transformed: undefined,
      pretty: false,
      baseline: undefined,
      writeBaseline: undefined,
      onlyOpen: false,
      findings: [],
      slip: undefined,
    },
  };
}

type CreateArguments = { readonly stack: string } & {
  readonly [Key in Exclude<keyof z.output<typeof createInput>, 'stack'>]?:
    | z.output<typeof createInput>[Key]
    | undefined;
};

/** Profile and endpoint are those of the server's environment; an agent chooses neither. */
function stackOf({ stack: name, region }: { readonly stack: string; readonly region?: string | undefined }) {
  return {
    ...{ stack: name, region, profile: undefined, endpointUrl: undefined },
    ...{ configEnvironment: 'default', readSamConfig: false },
  };
}

function createOf(given: CreateArguments) {
  return {
    ...{ command: 'change-set' as const, action: 'create' as const, ...common, ...stackOf(given) },
    ...{ format: 'text' as const, template: given.template, policy: given.policy },
    ...{ only: given.only ?? [], skip: given.skip ?? [], includeReview: given.include_review ?? false },
    ...{ suppressions: undefined, parameters: words(given.parameters), allowOutside: false },
    ...{
      bucket: given.bucket,
      bucketPrefix: undefined,
      roleArn: undefined,
      capabilities: [],
      name: given.name,
    },
    ...{ strict: false, allowed: [], removedTags: [], adoptLogGroups: false, showPermissions: false },
  };
}
