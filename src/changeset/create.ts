import { IdpFixError } from '../errors.js';
import type { Product } from '../product.js';
import type { StackContext } from './context.js';
import { type Deployment, readDeployment } from './deployed.js';
import { changeSetName, isChangeSetName, planHash } from './name.js';
import { newRecord } from './new-record.js';
import { openValues } from './parameters.js';
import { physicalNames } from './physical.js';
import { hashOfText, type Prepared, type PrepareRequest, prepare } from './prepare.js';
import { checkAll, refuseFailed } from './prerequisites/all.js';
import { bucketCheck } from './prerequisites/bucket.js';
import { type Check, passed } from './prerequisites/check.js';
import { readyStack } from './prerequisites/stack-state.js';
import type { ChangeSetRecord } from './record.js';
import type { Session } from './session.js';
import { templatesToUpload } from './submission.js';
import { submit } from './submit.js';
import { uploadKey } from './uploads.js';

export interface CreateRequest extends PrepareRequest {
  readonly context: StackContext;
  /** Instead of the name made from the plan. */
  readonly name: string | undefined;
  /** What could not be checked counts as failed. */
  readonly strict: boolean;
  /** Stateful resources that may be replaced or removed. */
  readonly allowed: readonly string[];
  readonly adoptLogGroups: boolean;
}

export type Creation =
  /** There is nothing to change, and nothing was made. */
  | { readonly outcome: 'nothing'; readonly because: string }
  | { readonly outcome: 'created'; readonly record: ChangeSetRecord };

/**
 * Plans against a deployed stack and has CloudFormation work out what the plan would change. The stack stays as it is.
 * @throws IdpFixError `stack-not-ready`, `prerequisite-failed`, `change-set-failed`, and what planning and AWS throw
 */
export async function createChangeSet(
  request: CreateRequest,
  session: Session,
  product: Product,
  today: string,
): Promise<Creation> {
  const { aws, files } = session;
  const { context } = request;
  const stack = readyStack(await aws.stacks.stack(context.stack), context.stack, aws.region);
  const deployment = await readDeployment(aws.stacks, stack);
  const prepared = await prepare(request, deployment, files, product, today);
  const deployedValues = openValues(stack, deployment.tree.root.template);
  const sets = [...prepared.values].some(([name, value]) => deployedValues.get(name) !== value);
  if (prepared.source === 'parameters' && !sets) {
    return { outcome: 'nothing', because: 'no patch changes the deployed templates or their parameters' };
  }
  await check(request, session, deployment, prepared);

  const hash = hashOf(prepared, deployment);
  const name = request.name ?? changeSetName(hash);
  if (!isChangeSetName(name)) {
    throw new IdpFixError('usage', `${name} is no name for a change set`, {
      hint: 'letters, digits and hyphens, beginning with a letter, 128 at most',
    });
  }
  const uploads = [...templatesToUpload(prepared.submitted.root, prepared.templates)].map((path) => ({
    bucket: context.bucket ?? '',
    key: uploadKey(context.bucketPrefix, stack.name, name, path),
    path,
  }));
  const draft = newRecord({ request, session, deployment, prepared, hash, name, uploads });
  return submit({ request, session, deployment, prepared, draft, hash, uploads });
}

async function check(
  request: CreateRequest,
  session: Session,
  deployment: Deployment,
  prepared: Prepared,
): Promise<void> {
  const { aws, caller } = session;
  const toUpload = templatesToUpload(prepared.submitted.root, prepared.templates);
  const why =
    toUpload.size === 1
      ? `${[...toUpload].join('')} has to be read from one`
      : `${toUpload.size} templates have to be read from one`;
  const checks: readonly Check[] = [
    passed('caller', caller.arn),
    passed(`stack ${deployment.stack.name}`, `${deployment.stack.status}, can be updated`),
    ...(toUpload.size > 0 ? await bucketCheck(request.context.bucket, aws, caller.account, why) : []),
    ...(await checkAll({
      aws,
      account: caller.account,
      deployment,
      tree: prepared.submitted,
      asked: prepared.asked,
      physical: physicalNames(deployment, { account: caller.account, region: aws.region }),
      adoptsLogGroups: request.adoptLogGroups,
    })),
  ];
  for (const { what, status, because } of checks) session.note(`${status} ${what}: ${because}\n`);
  refuseFailed(checks, request.strict);
}

function hashOf({ source, templates, values, submitted }: Prepared, { stack }: Deployment): string {
  const isOpen = ([name]: readonly [string, string]) =>
    submitted.root.template.parameters.get(name)?.noEcho !== true;
  return planHash({
    stackId: stack.id,
    stackUpdatedAt: stack.updatedAt,
    source,
    templates: new Map([...templates].map(([path, { text }]) => [path, hashOfText(text)])),
    parameters: new Map([...values].filter(isOpen)),
  });
}
