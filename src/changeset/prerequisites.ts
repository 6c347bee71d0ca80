import type { Aws, DeployedStack } from '../aws-ports.js';
import { isList, isMap, type Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { resolve } from '../expressions/resolve.js';
import type { StackTree } from '../template/template.js';
import {
  attempt,
  type Check,
  failed,
  keyChecks,
  type Prospect,
  passed,
  unchecked,
} from './key-prerequisites.js';
import type { Prepared } from './prepare.js';

/** What the change set takes for granted of the account, log groups aside. */
export async function checkAll(prospect: Prospect): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const look of [keyChecks, concurrencyCheck, subnetChecks, signingChecks, alarmCheck]) {
    checks.push(...(await look(prospect)));
  }
  return checks;
}

/** @throws IdpFixError `prerequisite-failed`; with `isStrict` also for what could not be checked */
export function refuseFailed(checks: readonly Check[], isStrict: boolean): void {
  const wrong = checks.filter(({ status }) => status === 'failed' || (isStrict && status === 'unchecked'));
  if (wrong.length > 0) throw prerequisiteFailed(wrong);
}

/** @param wrong not empty */
export function prerequisiteFailed([first, ...others]: readonly Check[]): IdpFixError {
  const more = others.length > 0 ? ` (and ${others.length} more, above)` : '';
  const hint =
    first?.status === 'unchecked' ? 'without --strict it would only be noted' : 'fix it and run again';
  return new IdpFixError(
    'prerequisite-failed',
    `nothing was created: ${first?.what}: ${first?.because}${more}`,
    { hint: first?.hint ?? hint },
  );
}

/**
 * Nested stacks of local templates that no plan has looked into, as those whose template lies in a bucket. Of the deployed
 * templates only those are not at hand that are not deployed.
 */
export function nestedChecks({ source, tree }: Pick<Prepared, 'source' | 'tree'>): readonly Check[] {
  if (source !== 'local') return [];
  return tree.missing.map(({ stack: { template }, logicalId, because }) =>
    unchecked(
      `nested stack ${logicalId}`,
      `nothing in it is looked at, because ${because} (${template.path}); name its template under nested in the policy, or no template at all: then the deployed ones are patched, nested ones included`,
    ),
  );
}

/**
 * Alarms an account may have in a region unless AWS has raised it.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
 */
const defaultQuota = 5_000;

/** Whether the alarms the templates add fit beside those that exist. */
async function alarmCheck({ tree, physical, aws }: Prospect): Promise<readonly Check[]> {
  const added = tree.stacks.flatMap((stack) =>
    [...stack.template.resources.values()].filter(
      ({ type, logicalId }) =>
        type === 'AWS::CloudWatch::Alarm' && physical.id(stack, logicalId) === undefined,
    ),
  ).length;
  if (added === 0) return [];
  const what = 'quota of alarms';
  return attempt(what, async () => {
    const existing = await aws.account.alarmCount();
    const sum = `${existing} there and ${added} new of ${defaultQuota}`;
    if (existing + added <= defaultQuota) return [passed(what, sum)];
    return [unchecked(what, `${sum}, which AWS may have raised: look at Service Quotas, Amazon CloudWatch`)];
  });
}

/** The bucket for templates: named, of this account, and in the stack's region. */
export async function bucketCheck(
  bucket: string | undefined,
  aws: Aws,
  account: string,
  why: string,
): Promise<readonly Check[]> {
  if (bucket === undefined) {
    return [
      failed(
        'bucket for templates',
        `none was named, and ${why}`,
        'name a bucket of this account and region with --bucket, IDP_FIX_BUCKET or s3_bucket in samconfig.toml',
      ),
    ];
  }
  const what = `bucket ${bucket}`;
  return attempt(what, async () => {
    const region = await aws.storage.bucketRegion(bucket, account);
    if (region === undefined) return [failed(what, 'there is no such bucket in this account')];
    if (region !== aws.region)
      return [failed(what, `it is in ${region}, and CloudFormation reads templates in ${aws.region}`)];
    return [passed(what, 'it can be reached')];
  });
}

/** Signing profiles that the templates name by ARN are there and active. */
async function signingChecks({ tree, physical, aws }: Prospect): Promise<readonly Check[]> {
  const names = new Set<string>();
  for (const stack of tree.stacks) {
    for (const { type, properties } of stack.template.resources.values()) {
      if (type !== 'AWS::Lambda::CodeSigningConfig') continue;
      const publishers = isMap(properties.AllowedPublishers) ? properties.AllowedPublishers : {};
      const arns = publishers.SigningProfileVersionArns;
      for (const arn of isList(arns) ? arns : []) {
        const [, name] = /signing-profiles\/([^/]+)/.exec(physical.text(arn, stack) ?? '') ?? [];
        if (name !== undefined) names.add(name);
      }
    }
  }
  const checks: Check[] = [];
  for (const name of [...names].sort()) {
    const what = `signing profile ${name}`;
    checks.push(
      ...(await attempt(what, async () => {
        const status = await aws.account.signingProfileStatus(name);
        if (status === 'Active') return [passed(what, 'it is active')];
        return [
          failed(
            what,
            status === undefined ? 'there is no such profile' : `it is ${status}`,
            'aws signer put-signing-profile makes one',
          ),
        ];
      })),
    );
  }
  return checks;
}

/**
 * States from which a change set can be made.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-describing-stacks.html
 */
const updatable: ReadonlySet<string> = new Set([
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
]);

const waysOut: Readonly<Record<string, string>> = {
  ROLLBACK_COMPLETE: 'its creation failed, so it can only be deleted and created again',
  ROLLBACK_FAILED: 'its creation failed, so it can only be deleted and created again',
  CREATE_FAILED: 'its creation failed, so it can only be deleted and created again',
  REVIEW_IN_PROGRESS: 'it has never been deployed; name its template, and the change set makes it',
  UPDATE_ROLLBACK_FAILED: 'aws cloudformation continue-update-rollback recovers it',
  DELETE_FAILED: 'it is being deleted',
};

/** @throws IdpFixError `stack-not-ready` for a stack that is not there, busy, or cannot be updated */
export function readyStack(stack: DeployedStack | undefined, name: string, region: string): DeployedStack {
  if (stack === undefined) {
    throw new IdpFixError('stack-not-ready', `there is no stack ${name} in ${region}`, {
      hint: 'name the stack, the region and the account it is in: --stack, --region, --profile; or, for its first deployment, its template',
    });
  }
  if (updatable.has(stack.status)) return stack;
  const isBusy = stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS';
  const hint = isBusy ? 'another operation is running; wait until it is done' : waysOut[stack.status];
  const reason = stack.statusReason === undefined ? '' : `: ${stack.statusReason}`;
  throw new IdpFixError('stack-not-ready', `the stack ${stack.name} is in ${stack.status}${reason}`, {
    ...(hint !== undefined && { hint }),
  });
}

/** Subnets that changed functions are put in: they exist, and lie in more than one zone. */
async function subnetChecks({ tree, asked, physical, aws }: Prospect): Promise<readonly Check[]> {
  const groups = new Map<string, readonly string[]>();
  for (const stack of tree.stacks) {
    for (const [logicalId, { properties }] of stack.template.resources) {
      if (!asked.get(stack.template.path)?.resources.has(logicalId)) continue;
      for (const written of subnetLists(properties.VpcConfig)) {
        const ids = written.flatMap((each) => physical.text(each, stack)?.split(',') ?? []).filter(Boolean);
        if (ids.length > 0) groups.set([...ids].sort().join(','), ids);
      }
    }
  }
  const checks: Check[] = [];
  for (const ids of groups.values()) {
    const what = `subnets ${ids.join(', ')}`;
    checks.push(
      ...(await attempt(what, async () => {
        const zones = await aws.account.subnetZones(ids);
        const missing = ids.filter((id) => !zones.has(id));
        if (missing.length > 0)
          return [failed(what, `there is no ${missing.join(', ')} in this account and region`)];
        const distinct = [...new Set(zones.values())].sort();
        return distinct.length > 1
          ? [passed(what, `they are in ${distinct.join(', ')}`)]
          : [failed(what, `they are in one zone, ${distinct.join('')}`, 'name subnets in two zones')];
      })),
    );
  }
  return checks;
}

/** The subnets a `VpcConfig` names, in each branch of a choice. */
function subnetLists(config: Value | undefined): readonly (readonly Value[])[] {
  if (!isMap(config)) return [];
  const choice = config['Fn::If'];
  if (isList(choice)) return choice.slice(1).flatMap(subnetLists);
  const { SubnetIds: subnets } = config;
  if (subnets === undefined) return [];
  return [isList(subnets) ? subnets : [subnets]];
}

/** What Lambda keeps for functions without a reservation; no reservation may take it. */
const unreservedMinimum = 100;

/** The account's limit against what the stack will reserve beside what others have reserved. */
async function concurrencyCheck({ tree, deployment, aws }: Prospect): Promise<readonly Check[]> {
  const what = 'concurrency of the account';
  const wanted = reservedIn(tree, Math.max);
  const now = reservedIn(deployment.tree, Math.min);
  if (wanted === now) return [];
  return attempt(what, async () => {
    const { limit, unreserved } = await aws.account.concurrency();
    const elsewhere = Math.max(limit - unreserved - now, 0);
    const left = limit - elsewhere - wanted;
    const sum = `${wanted} here and ${elsewhere} elsewhere of ${limit} leave ${left}`;
    if (left >= unreservedMinimum) return [passed(what, sum)];
    return [
      failed(
        what,
        `${sum}, and Lambda keeps ${unreservedMinimum} back`,
        `say account: { concurrencyLimit: ${limit}, reservedElsewhere: ${elsewhere} } in the policy, so that the plan reckons with it, or ask AWS for a higher limit`,
      ),
    ];
  });
}

/** @param pick the largest that may be deployed, or the smallest that may be there now, as far as templates tell */
function reservedIn({ stacks }: StackTree, pick: (...numbers: number[]) => number): number {
  let sum = 0;
  for (const stack of stacks) {
    for (const { type, properties } of stack.template.resources.values()) {
      if (type !== 'AWS::Serverless::Function' && type !== 'AWS::Lambda::Function') continue;
      const reserved = resolve(properties.ReservedConcurrentExecutions, stack).map(({ outcome }) =>
        outcome.kind === 'value' ? Number(outcome.value) : 0,
      );
      const known = reserved.filter((number) => Number.isFinite(number));
      sum += known.length === 0 ? 0 : pick(...known);
    }
  }
  return sum;
}
