import { dirname, join, normalize } from 'node:path';
import type { Connection } from '../aws-ports.js';
import { createChangeSet } from '../changeset/create.js';
import {
  approvalMessage,
  exitCodeOf,
  markdownChangeSets,
  type Outcome,
  outcomesJson,
  outcomesText,
} from '../changeset/outcomes.js';
import { type PermissionScope, permissionPolicy } from '../changeset/permissions.js';
import type { CreateRequest } from '../changeset/prepare.js';
import { type ChangeSetRecord, recordFile } from '../changeset/record.js';
import { rehearse } from '../changeset/rehearse.js';
import { changeSetText, nameOfChange, openLosses } from '../changeset/review.js';
import { type ContextFlags, openSession, type StackContext, stackContext } from '../changeset/session.js';
import { type ListedStack, readStacksFile } from '../changeset/stacks-file.js';
import { writeAll } from '../deliver/write-template.js';
import { IdpFixError } from '../errors.js';
import { jsonText, shellWord, terminalLine, terminalValues } from '../escape.js';
import { findTemplates } from '../load/find-templates.js';
import { loadTree } from '../load/load.js';
import type { FileStore, Ports } from '../ports.js';
import type { Product } from '../product.js';
import { paint } from '../report/paint.js';
import { findRemediation } from './common-options.js';
import { readParameters } from './parameters.js';
import type {
  ChangeSetFormat,
  CreateChangeSetRequest,
  KnownChangeSetRequest,
  StackFlags,
} from './request.js';

/** `idp-fix change-set create`, for one stack or for all that a file lists. @returns the exit code */
export async function createCommand(
  request: CreateChangeSetRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  const listed = request.stacks === undefined ? undefined : await readStacksFile(ports.files, request.stacks);
  const requests = listed?.map((each) => requestOf(each, request)) ?? [request];
  if (request.showPermissions) return showPermissions(requests, listed !== undefined, ports, product);
  // A misspelled id is the file's, not one stack's.
  for (const each of requests) refuseUnknown(each, product);
  const outcomes: Outcome[] = [];
  for (const each of requests) {
    outcomes.push(
      listed === undefined
        ? await createOne(each, ports, product)
        : await createOne(each, ports, product).catch((error: unknown) => failed(each, error, ports)),
    );
  }
  if (request.report !== undefined) await writeReports(ports, request.report, outcomes);
  await tellOutcomes(outcomes, listed !== undefined, request, ports);
  for (const each of outcomes) sayWhatNext(each, request.quiet, ports);
  return exitCodeOf(outcomes);
}

/** One of a list, as if it had been asked for by itself: what the file leaves open is as on the command line. */
function requestOf(listed: ListedStack, request: CreateChangeSetRequest): CreateChangeSetRequest {
  const { template, include, parameterFiles = [], parameters, allowReplacement = [] } = listed;
  return {
    ...request,
    stack: listed.stack,
    region: listed.region ?? request.region,
    profile: listed.profile ?? request.profile,
    endpointUrl: listed.endpointUrl ?? request.endpointUrl,
    template,
    policy: listed.policy ?? request.policy,
    only: listed.only ?? request.only,
    skip: listed.skip ?? request.skip,
    includeReview: include === undefined ? request.includeReview : true,
    parameters: parameterFiles,
    values: parameters,
    bucket: listed.bucket ?? request.bucket,
    bucketPrefix: listed.bucketPrefix ?? request.bucketPrefix,
    roleArn: listed.roleArn ?? request.roleArn,
    capabilities: listed.capabilities ?? request.capabilities,
    strict: listed.strict ?? request.strict,
    adoptLogGroups: listed.adoptLogGroups ?? request.adoptLogGroups,
    allowed: allowReplacement,
  };
}

/** What keeps one stack from its change set keeps no other from it, a defect included. */
function failed({ stack = '', region }: StackFlags, error: unknown, { output }: Ports): Outcome {
  const isExpected = error instanceof IdpFixError;
  const message = error instanceof Error ? error.message : String(error);
  const place = isExpected ? error.details.place : undefined;
  const at =
    place === undefined ? '' : `${[place.file, place.line, place.column].filter(Boolean).join(':')}: `;
  output.note(`failed ${terminalLine(`${stack}: ${at}${message}`)}\n`);
  return {
    stack,
    region,
    outcome: 'failed',
    error: {
      code: isExpected ? error.code : 'defect',
      exitCode: isExpected ? error.exitCode : 70,
      message: `${at}${message}`,
      hint: (isExpected ? error.details.hint : 'please report it as CONTRIBUTING.md says') ?? null,
    },
  };
}

function refuseUnknown({ only, skip }: CreateChangeSetRequest, { remediations }: Product): void {
  for (const id of [...only, ...skip]) findRemediation(id, remediations);
}

interface Asked {
  readonly asked: CreateRequest;
  /** Of the root template, where records are. */
  readonly folder: string;
}

async function askedOf(request: CreateChangeSetRequest, ports: Ports, product: Product): Promise<Asked> {
  refuseUnknown(request, product);
  if ([request.template, ...(request.alongside ?? [])].includes('-')) {
    throw new IdpFixError('usage', 'change-set create takes no template from the standard input', {
      hint: 'name a file',
    });
  }
  if (request.asIs && (request.template === undefined || request.only.length > 0)) {
    throw new IdpFixError('usage', '--as-is submits a template without any patch', {
      hint: 'name the template, and no --only',
    });
  }
  const named = request.template === undefined ? [] : [request.template, ...(request.alongside ?? [])];
  const template = await rootTemplate(ports.files, named, request.allowOutside);
  const folder = template === undefined ? '.' : dirname(template);
  const context = await contextOf(request, folder, ports);
  const asked: CreateRequest = {
    context,
    template,
    policy: request.policy,
    allowOutside: request.allowOutside,
    removedTags: request.removedTags,
    withoutCode: request.withoutCode,
    parameters: new Map([
      ...(await readParameters(ports.files, request.parameters)),
      ...(request.values ?? []),
    ]),
    configured: await readParameters(ports.files, context.parameters),
    plan: {
      ...(request.only.length > 0 && { only: request.only }),
      ...(request.asIs && { only: [] }),
      skip: request.skip,
      ...(request.includeReview && { includeReview: true }),
      ...(request.suppressions !== undefined && { suppressions: request.suppressions }),
    },
    name: request.name,
    strict: request.strict,
    allowed: request.allowed,
    adoptLogGroups: request.adoptLogGroups,
  };
  return { asked, folder };
}

async function createOne(request: CreateChangeSetRequest, ports: Ports, product: Product): Promise<Outcome> {
  const { asked, folder } = await askedOf(request, ports, product);
  const session = await openSession(asked.context, folder, ports, request.quiet);
  const creation = await createChangeSet(asked, session, product, ports.clock.today());
  const place = { stack: asked.context.stack, region: session.aws.region };
  if (creation.outcome === 'nothing') return { ...place, outcome: 'nothing', because: creation.because };
  return {
    ...place,
    outcome: 'created',
    record: creation.record,
    recordedIn: recordFile(folder, creation.record.name),
    where: session.where,
  };
}

/** The commands that come next, after what was made is shown. */
function sayWhatNext(each: Outcome, isQuiet: boolean, { output }: Ports): void {
  if (each.outcome === 'failed') return;
  const note = (text: string) => {
    if (!isQuiet) output.note(text);
  };
  if (each.outcome === 'nothing') {
    note(`nothing to do: ${terminalLine(each.because)}\n`);
    return;
  }
  const { record, recordedIn, where } = each;
  note(
    `recorded in ${terminalLine(recordedIn)}\nexecute it: idp-fix change-set execute ${shellWord(record.name)} ${where}\nor not:     idp-fix change-set reject ${shellWord(record.name)} ${where}\n`,
  );
  const open = openLosses(record.changes, record.allowed);
  if (open.length === 0) return;
  const flags = open.map((change) => `--allow-replacement ${shellWord(nameOfChange(change))}`).join(' ');
  output.note(
    `execute will refuse, because something stateful would be lost; if that is what you want: ${flags}\n`,
  );
}

/** Which stack, where, and with what. */
export async function contextOf(
  request: CreateChangeSetRequest | KnownChangeSetRequest,
  folder: string,
  { files, live }: Ports,
): Promise<StackContext> {
  const create: Pick<ContextFlags, 'bucket' | 'bucketPrefix' | 'roleArn' | 'capabilities'> =
    request.action === 'create' ? request : { capabilities: [] };
  const flags: ContextFlags = {
    stack: request.stack,
    region: request.region,
    profile: request.profile,
    endpointUrl: request.endpointUrl,
    configEnvironment: request.configEnvironment,
    readSamConfig: request.readSamConfig,
    bucket: create.bucket,
    bucketPrefix: create.bucketPrefix,
    roleArn: create.roleArn,
    capabilities: create.capabilities,
  };
  return stackContext(files, folder, flags, live.environment);
}

interface Rehearsal {
  readonly scope: PermissionScope;
  readonly connection: Connection;
  /** The templates are at hand, so that more is known than what any run may ask. */
  readonly isExact: boolean;
}

/**
 * Offline: runs are rehearsed, and what they would ask is what they need. For one stack its policy; for the stacks of a
 * file one policy for each profile, which is who asks.
 */
async function showPermissions(
  requests: readonly CreateChangeSetRequest[],
  areListed: boolean,
  ports: Ports,
  product: Product,
): Promise<number> {
  const rehearsals: Rehearsal[] = [];
  for (const request of requests) rehearsals.push(await rehearsalOf(request, ports, product));
  const callers = new Map<string, Rehearsal[]>();
  for (const each of rehearsals) {
    const { profile, endpointUrl } = each.connection;
    const caller = JSON.stringify([profile, endpointUrl]);
    callers.set(caller, [...(callers.get(caller) ?? []), each]);
  }
  const policies = [...callers.values()].map((ofOne) => ({
    profile: ofOne[0]?.connection.profile ?? null,
    stacks: ofOne.map(({ scope }) => ({ stack: scope.stack, region: scope.region })),
    policy: permissionPolicy(ofOne.map(({ scope }) => scope)),
  }));
  ports.output.data(`${jsonText(areListed ? { policies } : policies[0]?.policy)}\n`);
  for (const { profile, policy } of policies) {
    const size = JSON.stringify(policy).length;
    if (size > managedPolicyCharacters)
      ports.output.note(
        `the policy${profile === null ? '' : ` for profile ${terminalLine(profile)}`} has ${size} characters, and IAM takes ${managedPolicyCharacters} in a managed policy: make one for each part of the stacks\n`,
      );
  }
  if (!requests.some(({ quiet }) => quiet)) tellOfPermissions(rehearsals, ports.output);
  return 0;
}

/**
 * White space does not count.
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const managedPolicyCharacters = 6144;

async function rehearsalOf(
  request: CreateChangeSetRequest,
  ports: Ports,
  product: Product,
): Promise<Rehearsal> {
  const { asked } = await askedOf(request, ports, product);
  const { template, allowOutside, context } = asked;
  const { files, live, clock } = ports;
  const { AWS_REGION, AWS_DEFAULT_REGION } = live.environment;
  const region = context.connection.region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? '*';
  const tree = template === undefined ? undefined : (await loadTree(files, template, { allowOutside })).tree;
  const scope = await rehearse(asked, tree, region, files, product, clock.today());
  return { scope, connection: context.connection, isExact: tree !== undefined };
}

function tellOfPermissions(rehearsals: readonly Rehearsal[], output: Ports['output']): void {
  const open = rehearsals.filter(({ isExact }) => !isExact);
  if (open.length > 0) {
    const of =
      rehearsals.length === 1
        ? 'the stack'
        : terminalLine([...new Set(open.map(({ scope }) => scope.stack))].join(', '));
    output.note(
      `the templates of ${of} are not known here, so this is all that a run may ask; with a local template it is what the run asks\n`,
    );
  }
  output.note(
    'the executing role also needs what the changes themselves require, unless the stack has a role of its own for that\n',
  );
  if (open.length < rehearsals.length)
    output.note(
      'for a first deployment, reject also takes cloudformation:DeleteStack on this stack, to remove the empty stack that CloudFormation leaves; without it that stays, and is said\n',
    );
}

/**
 * The one root template among those named: a folder is searched, and what another one nests counts with it.
 * @returns undefined when none is named
 * @throws IdpFixError `usage` when there are several roots; what reading them throws
 */
async function rootTemplate(
  files: FileStore,
  named: readonly string[],
  allowOutside: boolean,
): Promise<string | undefined> {
  const paths: string[] = [];
  for (const each of named) {
    const isFolder = (await files.kindOf(each)) === 'directory';
    paths.push(...(isFolder ? (await findTemplates(files, each)).templates : [each]));
  }
  const distinct = [...new Set(paths.map((path) => normalize(path)))];
  if (distinct.length < 2) return distinct[0];
  const nested = new Set<string>();
  for (const path of distinct) {
    const { tree } = await loadTree(files, path, { allowOutside });
    for (const { template } of tree.stacks.slice(1)) nested.add(join(dirname(path), template.path));
  }
  const roots = distinct.filter((path) => !nested.has(path));
  if (roots.length === 1) return roots[0];
  throw new IdpFixError(
    'usage',
    `a stack has one root template, and these are several: ${roots.join(', ')}`,
    {
      hint: 'name the one the stack is made of; what it nests is found from there',
    },
  );
}

interface Form {
  readonly format: ChangeSetFormat;
  readonly plain: boolean;
}

/**
 * One change set, as it was asked for.
 * @param where the flags that lead to it
 * @param now how things stand, one line each
 */
export async function tellChangeSet(
  record: ChangeSetRecord,
  where: string,
  { format, plain }: Form,
  { output }: Ports,
  now: readonly string[] = [],
): Promise<void> {
  const { columns, color } = output.dataTerminal;
  const outcome: Outcome = {
    stack: record.stack.name,
    region: record.region,
    outcome: 'created',
    record,
    recordedIn: '',
    where,
  };
  switch (format) {
    case 'json':
      return output.data(`${jsonText(record)}\n`);
    case 'html': {
      const { htmlChangeSet } = await import('../changeset/review-page.js');
      return output.data(htmlChangeSet(record, now));
    }
    case 'markdown':
      return output.data(markdownChangeSets([outcome]));
    case 'approval':
      return output.data(`${approvalMessage([outcome])}\n`);
    case 'text':
      return output.data(changeSetText(terminalValues(record), paint(color && !plain), columns));
  }
}

/** What came of a run. @param isMany it was asked for several stacks: the form is then the same however many they are */
async function tellOutcomes(
  outcomes: readonly Outcome[],
  isMany: boolean,
  form: Form,
  ports: Ports,
): Promise<void> {
  const [only] = outcomes;
  if (!isMany && only?.outcome === 'created') return tellChangeSet(only.record, only.where, form, ports);
  const { output } = ports;
  const { columns, color } = output.dataTerminal;
  switch (form.format) {
    case 'json':
      if (!isMany && only?.outcome === 'nothing')
        return output.data(`${jsonText({ nothing: only.because })}\n`);
      return output.data(outcomesJson(outcomes));
    case 'html': {
      if (!isMany) return;
      const { htmlChangeSets } = await import('../changeset/review-page.js');
      return output.data(htmlChangeSets(outcomes));
    }
    case 'markdown':
      return output.data(markdownChangeSets(outcomes));
    case 'approval':
      return output.data(`${approvalMessage(outcomes)}\n`);
    case 'text':
      if (isMany) output.data(outcomesText(outcomes, paint(color && !form.plain), columns));
  }
}

/**
 * The same in every form, for whoever approves: a page, Markdown for the summary of a job, a line for the message of an
 * approval step, and JSON.
 * @throws IdpFixError `write-failed`
 */
async function writeReports(
  { files, output }: Ports,
  folder: string,
  outcomes: readonly Outcome[],
): Promise<void> {
  const { htmlChangeSets } = await import('../changeset/review-page.js');
  const texts = {
    'review.html': htmlChangeSets(outcomes),
    'review.md': markdownChangeSets(outcomes),
    'approval.txt': `${approvalMessage(outcomes)}\n`,
    'review.json': outcomesJson(outcomes),
  };
  const encoder = new TextEncoder();
  await writeAll(
    files,
    Object.entries(texts).map(([name, text]) => ({ path: join(folder, name), bytes: encoder.encode(text) })),
  );
  output.note(`wrote ${Object.keys(texts).join(', ')} in ${terminalLine(folder)}\n`);
}
