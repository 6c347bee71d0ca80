import { IdpFixError } from '../errors.js';
import type { FileStore } from '../ports.js';
import type { Product } from '../product.js';
import { type Deployment, openValues, readDeployment } from './deployed.js';
import { withAdoptions } from './find.js';
import { askedParameters, firstDeployment, isUndeployed } from './first-deployment.js';
import { type Check, passed } from './key-prerequisites.js';
import { logGroupChecks } from './log-group-checks.js';
import { newRecord } from './new-record.js';
import { physicalNames } from './physical.js';
import { type CreateRequest, hashOfText, type Prepared, prepare, refuseUnpackaged } from './prepare.js';
import { bucketCheck, checkAll, nestedChecks, readyStack, refuseFailed } from './prerequisites.js';
import {
  type ChangeSetRecord,
  changeSetName,
  type PlanIdentity,
  planHash,
  readRecord,
  recordFile,
} from './record.js';
import type { Session, StackContext } from './session.js';
import { tagChanges } from './stack-tags.js';
import { templatesToUpload, uploadKey } from './submission.js';
import { type Creation, submit } from './submit.js';

/**
 * Plans against a deployed stack and has CloudFormation work out what the plan would change. The stack stays as it is. A
 * stack that is not there is made by its change set, once that is executed.
 * @throws IdpFixError `stack-not-ready`, `prerequisite-failed`, `change-set-failed`, and what planning and AWS throw
 */
export async function createChangeSet(
  asked: CreateRequest,
  session: Session,
  product: Product,
  today: string,
): Promise<Creation> {
  const { files } = session;
  const { context } = asked;
  // Refused before anything is asked of AWS.
  if (asked.name !== undefined) recordFile('.', asked.name);
  const deployment = await present(asked, session);
  const { stack } = deployment;
  const request = deployment.isNew ? await withParameters(asked, session) : asked;
  const planned = await prepare(request, deployment, files, product, today);
  if (planned.source === 'local') refuseUnpackaged(planned.tree);
  const deployedValues = openValues(stack, deployment.tree.root.template);
  const sets = [...planned.values].some(([name, value]) => deployedValues.get(name) !== value);
  const tags = tagChanges(planned, stack.tags);
  if (planned.source === 'parameters' && !sets && tags.length === 0) {
    return {
      outcome: 'nothing',
      because: 'no patch changes the deployed templates, their parameters or the tags of the stack',
    };
  }
  const { prepared, checks } = await checked(request, session, deployment, planned);

  const capabilities = capabilitiesOf(context, deployment, prepared);
  const hash = hashOf(prepared, deployment, context, { capabilities, tags, allowed: request.allowed });
  const name = request.name ?? changeSetName(hash);
  const earlier = await earlierRecord(files, prepared.folder, name, hash);
  // Secret values are no part of a plan, so a run that has some can be no continuation of another.
  const creation =
    (prepared.secrets.length === 0 ? earlier?.creation : undefined) ?? session.live.creationToken();
  const uploads = [...uploadsOf(prepared)].map((path) => ({
    bucket: context.bucket ?? '',
    // By the creation, so that two who create the same plan don't share a place.
    key: uploadKey(context.bucketPrefix, { stack: stack.name, plan: changeSetName(hash), creation }, path),
    path,
  }));
  const draft = newRecord({
    request,
    session,
    deployment,
    prepared,
    hash,
    name,
    creation,
    uploads,
    checks,
    options: { capabilities: [...capabilities], roleArn: context.roleArn ?? null, imports: prepared.imports },
  });
  return submit({
    session,
    context,
    deployment,
    prepared,
    draft,
    earlier,
    uploads,
    capabilities,
    isStrict: request.strict,
  });
}

/** The stack as it stands; without a local template there has to be one. */
async function present({ template, context }: CreateRequest, session: Session): Promise<Deployment> {
  const { aws } = session;
  const found = await aws.stacks.stack(context.stack);
  // An ARN is of a stack that was there, and a new one would have another.
  const isFirst = template !== undefined && !context.stack.startsWith('arn:') && isUndeployed(found);
  if (isFirst) return firstDeployment(context.stack, found);
  return readDeployment(session, readyStack(found, context.stack, aws.region));
}

async function withParameters(
  request: CreateRequest,
  { files, live, note, aws }: Session,
): Promise<CreateRequest> {
  const { template = '', configured, parameters, context } = request;
  note(`there is no stack ${context.stack} in ${aws.region} yet: this is its first deployment\n`);
  const given = new Map([...configured, ...parameters]);
  return {
    ...request,
    parameters: new Map([...parameters, ...(await askedParameters(template, given, files, live))]),
  };
}

/** Nothing is sent, and so nothing uploaded, where the stack keeps its templates. */
function uploadsOf({ source, submitted, templates }: Prepared): ReadonlySet<string> {
  return source === 'parameters' ? new Set() : templatesToUpload(submitted.root, templates);
}

/**
 * The record of a run that created the same plan from here and may have left its change set: this run goes on with that
 * creation. A record is kept for ever, so another plan of the same name does not take its place.
 */
async function earlierRecord(
  files: FileStore,
  folder: string,
  name: string,
  hash: string,
): Promise<ChangeSetRecord | undefined> {
  const record = await readRecord(files, folder, name);
  if (record === undefined) return undefined;
  const mayExist = ['creating', 'created', 'executing'].includes(record.state);
  if (record.planSha256 === hash) return mayExist ? record : undefined;
  if (record.changes.length === 0 || record.state === 'rejected') return undefined;
  throw new IdpFixError('change-set-foreign', `another plan for ${record.stack.name} has the name ${name}`, {
    place: { file: recordFile(folder, name) },
    hint: 'give this one another name with --name, or reject the other',
  });
}

/** Everything looked at and said; what exists already and is to be taken over is in the templates afterwards. */
async function checked(
  request: CreateRequest,
  session: Session,
  deployment: Deployment,
  planned: Prepared,
): Promise<{ readonly prepared: Prepared; readonly checks: readonly Check[] }> {
  const { aws, caller } = session;
  const prospect = {
    aws,
    account: caller.account,
    deployment,
    tree: planned.submitted,
    asked: planned.asked,
    physical: physicalNames(deployment, { account: caller.account, region: aws.region }),
    adoptsLogGroups: request.adoptLogGroups,
  };
  session.progress('looking at what the changes need\n');
  const logGroups = await logGroupChecks(prospect);
  const prepared = withAdoptions(planned, logGroups.adoptions);
  const toUpload = uploadsOf(prepared);
  const why =
    toUpload.size === 1
      ? `${[...toUpload].join('')} has to be read from one`
      : `${toUpload.size} templates have to be read from one`;
  const checks: readonly Check[] = [
    passed('caller', caller.arn),
    passed(
      `stack ${deployment.stack.name}`,
      deployment.isNew
        ? 'it has never been deployed: the change set makes it'
        : `${deployment.stack.status}, can be updated`,
    ),
    ...(toUpload.size > 0 ? await bucketCheck(request.context.bucket, aws, caller.account, why) : []),
    ...(await checkAll(prospect)),
    ...logGroups.checks,
    ...nestedChecks(planned),
  ];
  for (const { what, status, because } of checks) session.note(`${said[status]} ${what}: ${because}\n`);
  refuseFailed(checks, request.strict);
  return { prepared, checks };
}

const said = { passed: 'passed', failed: 'failed', unchecked: 'could not be checked:' } as const;

function hashOf(
  { source, templates, values, submitted, imports }: Prepared,
  { stack, isNew }: Deployment,
  { roleArn }: StackContext,
  options: Pick<PlanIdentity['options'], 'capabilities' | 'tags' | 'allowed'>,
): string {
  const isOpen = ([name]: readonly [string, string]) =>
    submitted.root.template.parameters.get(name)?.noEcho !== true;
  return planHash({
    // The shell of a first deployment is made with the change set, so it is no part of the plan.
    stackId: isNew ? stack.name : stack.id,
    stackUpdatedAt: isNew ? '' : stack.updatedAt,
    source,
    templates: new Map([...templates].map(([path, { text }]) => [path, hashOfText(text)])),
    parameters: new Map([...values].filter(isOpen)),
    options: { ...options, roleArn, imports },
  });
}

/** Those of the stack or of the user, and what transforms need in any case. */
function capabilitiesOf(
  context: StackContext,
  { stack }: Deployment,
  { submitted }: Prepared,
): readonly string[] {
  const given = context.capabilities.length > 0 ? context.capabilities : stack.capabilities;
  const transforms = submitted.stacks.some(({ template }) => template.transforms.length > 0);
  return [...new Set([...given, ...(transforms ? ['CAPABILITY_AUTO_EXPAND'] : [])])].sort();
}
