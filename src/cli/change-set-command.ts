import { dirname, join, normalize } from 'node:path';
import { afterwards } from '../changeset/afterwards.js';
import { createChangeSet } from '../changeset/create.js';
import { executeChangeSet } from '../changeset/execute.js';
import { permissionPolicy } from '../changeset/permissions.js';
import type { CreateRequest } from '../changeset/prepare.js';
import { type ChangeSetRecord, recordFile } from '../changeset/record.js';
import { rehearse } from '../changeset/rehearse.js';
import { rejectChangeSet } from '../changeset/reject.js';
import { changeSetText, nameOfChange, openLosses } from '../changeset/review.js';
import { type ContextFlags, openSession, type StackContext, stackContext } from '../changeset/session.js';
import { showChangeSet } from '../changeset/show.js';
import { IdpFixError } from '../errors.js';
import { jsonText, shellWord, terminalLine, terminalValues } from '../escape.js';
import { findTemplates } from '../find-templates.js';
import { loadTree } from '../load.js';
import type { FileStore, Ports } from '../ports.js';
import type { Product } from '../product.js';
import { paint } from '../report/paint.js';
import { findRemediation } from './find-remediation.js';
import { readParameters } from './parameters.js';
import type { ChangeSetRequest, CreateChangeSetRequest, KnownChangeSetRequest } from './request.js';

/** `idp-fix change-set create|show|execute|reject`. @returns the exit code */
export async function changeSetCommand(
  request: ChangeSetRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  if (request.action === 'create') return create(request, ports, product);
  const { folder, changeSet } = request;
  const context = await contextOf(request, folder, ports);
  const open = () => openSession(context, folder, ports, request.quiet);
  switch (request.action) {
    case 'show': {
      const { record, now } = await showChangeSet(changeSet, context.stack, folder, ports.files, open);
      await tell(record, request, ports, now);
      if (!request.quiet) ports.output.note(now.map((line) => `${terminalLine(line)}\n`).join(''));
      return 0;
    }
    case 'execute': {
      const session = await open();
      const record = await executeChangeSet(
        { changeSet, stack: context.stack, folder, confirm: request.confirm, allowed: request.allowed },
        session,
      );
      if (request.format === 'json') await tell(record, request, ports);
      session.note(`${record.stack.name} is updated
${afterwards(record, folder, session.where)}`);
      return 0;
    }
    case 'reject': {
      const session = await open();
      const gone = await rejectChangeSet(changeSet, context.stack, folder, session);
      if (request.format === 'json') ports.output.data(json({ gone }));
      session.note(gone.map((line) => `${terminalLine(line)}\n`).join(''));
      return 0;
    }
  }
}

const refusedExitCode = 3;

async function create(request: CreateChangeSetRequest, ports: Ports, product: Product): Promise<number> {
  for (const id of [...request.only, ...request.skip]) findRemediation(id, product.remediations);
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
    parameters: await readParameters(ports.files, request.parameters),
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
  if (request.showPermissions) return showPermissions(asked, request.quiet, ports, product);
  const session = await openSession(context, folder, ports, request.quiet);
  const creation = await createChangeSet(asked, session, product, ports.clock.today());
  if (creation.outcome === 'nothing') {
    session.note(`nothing to do: ${terminalLine(creation.because)}\n`);
    if (request.format === 'json') ports.output.data(json({ nothing: creation.because }));
    return 0;
  }
  const { record } = creation;
  await tell(record, request, ports);
  const { where } = session;
  session.note(
    `recorded in ${terminalLine(recordFile(folder, record.name))}\nexecute it: idp-fix change-set execute ${shellWord(record.name)} ${where}\nor not:     idp-fix change-set reject ${shellWord(record.name)} ${where}\n`,
  );
  const open = openLosses(record.changes, record.allowed);
  if (open.length === 0) return 0;
  const flags = open.map((change) => `--allow-replacement ${shellWord(nameOfChange(change))}`).join(' ');
  session.alert(
    `execute will refuse, because something stateful would be lost; if that is what you want: ${flags}\n`,
  );
  return refusedExitCode;
}

async function contextOf(
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

/** Offline: a run is rehearsed, and what it would ask is what it needs. */
async function showPermissions(
  asked: CreateRequest,
  isQuiet: boolean,
  { files, live, clock, output }: Ports,
  product: Product,
): Promise<number> {
  const { template, allowOutside, context } = asked;
  const { AWS_REGION, AWS_DEFAULT_REGION } = live.environment;
  const region = context.connection.region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? '*';
  const tree = template === undefined ? undefined : (await loadTree(files, template, { allowOutside })).tree;
  output.data(permissionPolicy(await rehearse(asked, tree, region, files, product, clock.today())));
  if (isQuiet) return 0;
  if (tree === undefined)
    output.note(
      'the templates of the stack are not known here, so this is all that a run may ask; with a local template it is what the run asks\n',
    );
  output.note(
    'the executing role also needs what the changes themselves require, unless the stack has a role of its own for that\n',
  );
  if (tree !== undefined)
    output.note(
      'for a first deployment, reject also takes cloudformation:ListChangeSets and cloudformation:DeleteStack on this stack, to remove the empty stack that CloudFormation leaves; without them that stays, and is said\n',
    );
  return 0;
}

/** @param now how things stand, one line each */
async function tell(
  record: ChangeSetRecord,
  { format, plain }: ChangeSetRequest,
  { output }: Ports,
  now: readonly string[] = [],
): Promise<void> {
  const { columns, colour } = output.dataTerminal;
  switch (format) {
    case 'json':
      return output.data(json(record));
    case 'html': {
      const { htmlChangeSet } = await import('../changeset/review-page.js');
      return output.data(htmlChangeSet(record, now));
    }
    case 'text':
      return output.data(changeSetText(terminalValues(record), paint(colour && !plain), columns));
  }
}

function json(value: unknown): string {
  return `${jsonText(value)}\n`;
}

/**
 * The one root template among those named: a folder is searched, and what another one nests counts with it.
 * @returns undefined when none is named
 * @throws IdpFixError `usage` when there are several roots; what reading them throws
 */
export async function rootTemplate(
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
