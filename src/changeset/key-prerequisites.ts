import {
  type Admission,
  admitsRole,
  admitsService,
  delegatesToIam,
  deployedPolicy,
} from '../analysis/policies.js';
import { plainText } from '../analysis/policy-texts.js';
import type { Aws, Key } from '../aws-ports.js';
import { isMap, type Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { mentionsIn } from '../template/mentions.js';
import type { Stack, StackTree, TemplateResource } from '../template/template.js';
import type { AskedFor } from './asked-for.js';
import type { Deployment } from './deployed.js';
import { type Physical, partitionOf } from './physical.js';

/** Keys that changed resources use: there, enabled, symmetric, in this region, and open to who uses them. */
export async function keyChecks(prospect: Prospect): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const use of keyUses(prospect)) {
    const what = `key ${use.key}`;
    checks.push(...(await attempt(what, () => keyCheck(use, what, prospect))));
  }
  return checks;
}

async function keyCheck(use: KeyUse, what: string, { aws, account }: Prospect): Promise<readonly Check[]> {
  const key = await aws.account.key(use.key);
  const wrong =
    key === undefined ? 'there is no such key in this account and region' : faultOf(key, aws.region);
  if (wrong !== undefined || key === undefined) {
    const hint = use.isOfTemplate
      ? 'the templates have it; fix it in the account first'
      : 'name a symmetric, enabled customer key of this region in the policy';
    return [failed(what, wrong ?? '', hint)];
  }
  const ready = passed(what, 'it is there, enabled and symmetric');
  if (use.users.length === 0 || use.isOfTemplate) return [ready];
  const accesses = await attempt(`${what}: who may use it`, async () => {
    const policy = await aws.account.keyPolicy(key.arn);
    return use.users.map((user) => accessCheck(what, policy, user, { account, region: aws.region }));
  });
  return [ready, ...accesses];
}

function accessCheck(
  what: string,
  policy: string,
  user: KeyUser,
  place: { readonly account: string; readonly region: string },
): Check {
  const name = user.kind === 'role' ? user.arn : serviceName(user.service, place.region);
  const title = `${what}: ${name}`;
  const admission = keyAdmits(policy, user, place);
  if (admission.answer === 'unknown') return unchecked(title, `only AWS can weigh it: ${admission.because}`);
  if (user.kind === 'role') {
    return admission.answer === 'yes'
      ? passed(title, "its policy lets the role use it, or leaves that to the account's own policies")
      : failed(
          title,
          admission.isDenied
            ? admission.because
            : "its policy neither names the role nor leaves it to the account's own policies",
          `add a statement for ${user.arn} with kms:Decrypt, or one for the root of the account`,
        );
  }
  return admission.answer === 'yes'
    ? passed(title, 'its policy lets the service use it')
    : failed(
        title,
        admission.isDenied ? admission.because : 'its policy does not let the service use it',
        `add a statement for ${name} with kms:Encrypt*, kms:Decrypt*, kms:ReEncrypt*, kms:GenerateDataKey* and kms:Describe*`,
      );
}

/** CloudWatch Logs goes by the name it has in its Region. */
function serviceName(service: string, region: string): string {
  return service === 'logs' ? `logs.${region}.amazonaws.com` : `${service}.amazonaws.com`;
}

function faultOf(key: Key, region: string): string | undefined {
  if (key.state !== 'Enabled') return `it is ${key.state}`;
  if (key.usage !== 'ENCRYPT_DECRYPT' || (key.spec !== '' && key.spec !== 'SYMMETRIC_DEFAULT')) {
    return `it is a key for ${key.usage}, ${key.spec}; services take symmetric keys for encryption only`;
  }
  if (key.isAwsManaged) return 'it is a key of AWS, not of this account';
  const [, , , keyRegion = region] = key.arn.split(':');
  return keyRegion === region ? undefined : `it is in ${keyRegion}, the stack in ${region}`;
}

/** Properties that name a key. */
const keyProperties = ['KmsKeyId', 'KmsKeyArn', 'KmsMasterKeyId', 'KMSMasterKeyID', 'EncryptionKey'] as const;

interface KeyUse {
  /** As the templates name it, or the id of a key they have and that is deployed. */
  readonly key: string;
  /** The policy of such a key is part of the templates, where the plan has judged it. */
  readonly isOfTemplate: boolean;
  readonly users: readonly KeyUser[];
}

/** Keys that changed resources use, and who will use them there. */
function keyUses(prospect: Prospect): readonly KeyUse[] {
  const uses = new Map<string, { isOfTemplate: boolean; users: Map<string, KeyUser> }>();
  for (const stack of prospect.tree.stacks) {
    for (const resource of stack.template.resources.values()) {
      if (!prospect.asked.get(stack.template.path)?.resources.has(resource.logicalId)) continue;
      for (const property of keyProperties) {
        const value = resource.properties[property];
        if (value === undefined) continue;
        const own = keyOfTemplate(value, stack);
        const key =
          own === undefined ? prospect.physical.text(value, stack) : prospect.physical.id(stack, own);
        if (key === undefined || key === '') continue;
        const use = uses.get(key) ?? { isOfTemplate: own !== undefined, users: new Map() };
        for (const user of usersOf(resource, stack, prospect)) {
          const name = user.kind === 'role' ? user.arn : user.service;
          use.users.set(name, together(use.users.get(name), user));
        }
        uses.set(key, use);
      }
    }
  }
  return [...uses]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, { isOfTemplate, users }]) => ({ key, isOfTemplate, users: [...users.values()] }));
}

/** A service that encrypts several log groups is asked about once. */
function together(known: KeyUser | undefined, user: KeyUser): KeyUser {
  if (known?.kind !== 'service' || user.kind !== 'service') return user;
  return { ...user, logGroups: [...known.logGroups, ...user.logGroups] };
}

function keyOfTemplate(value: Value, { template }: Stack): string | undefined {
  if (!isMap(value)) return undefined;
  return mentionsIn(value).find(({ name }) => template.resources.get(name)?.type === 'AWS::KMS::Key')?.name;
}

function usersOf(resource: TemplateResource, stack: Stack, prospect: Prospect): readonly KeyUser[] {
  switch (resource.type) {
    case 'AWS::Logs::LogGroup':
      return [{ kind: 'service', service: 'logs', logGroups: [groupArn(resource, stack, prospect)] }];
    case 'AWS::SNS::Topic':
    case 'AWS::SQS::Queue':
      return sendersTo(resource.logicalId, stack);
    case 'AWS::Lambda::Function':
    case 'AWS::Serverless::Function':
    case 'AWS::CodeBuild::Project':
      return roleOf(resource, stack, prospect);
    default:
      return [];
  }
}

/** A group that is not deployed and has no name of its own gets one that begins with the name of the stack. */
function groupArn(
  { logicalId, properties }: TemplateResource,
  stack: Stack,
  { physical, account, aws }: Prospect,
): string {
  const name = physical.text(properties.LogGroupName, stack) ?? physical.id(stack, logicalId) ?? '${name}';
  return `arn:${partitionOf(aws.region)}:logs:${aws.region}:${account}:log-group:${name}`;
}

/**
 * Services that send to an encrypted topic or queue in their own name, by the type of resource that has them do it.
 * @source https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
const senders: Readonly<Record<string, string>> = {
  'AWS::Budgets::Budget': 'budgets',
  'AWS::CE::AnomalySubscription': 'costalerts',
  'AWS::CloudWatch::Alarm': 'cloudwatch',
  'AWS::CloudWatch::CompositeAlarm': 'cloudwatch',
  'AWS::Events::Rule': 'events',
  'AWS::S3::Bucket': 's3',
  'AWS::SNS::Subscription': 'sns',
};

function sendersTo(logicalId: string, { template }: Stack): readonly KeyUser[] {
  const names = [...template.resources.values()].flatMap(({ type, body }) => {
    const sender = senders[type];
    const isTarget = sender !== undefined && mentionsIn(body).some(({ name }) => name === logicalId);
    // A subscription names the topic it hears; only the queue it sends to is written by SNS.
    const isSource = type === 'AWS::SNS::Subscription' && !mentionsEndpoint(body, logicalId);
    return isTarget && !isSource ? [sender] : [];
  });
  return [...new Set(names)].map((service) => ({ kind: 'service', service, logGroups: [] }));
}

function mentionsEndpoint(body: Value, logicalId: string): boolean {
  const properties = isMap(body) && isMap(body.Properties) ? body.Properties : {};
  const { Endpoint: endpoint, RedrivePolicy: redrive } = properties;
  return [endpoint, redrive].some(
    (value) => value !== undefined && mentionsIn(value).some(({ name }) => name === logicalId),
  );
}

/** Undeployed roles have no ARN yet; what they may do is part of the plan. */
function roleOf(
  { logicalId, properties }: TemplateResource,
  stack: Stack,
  { physical, account, aws }: Prospect,
): readonly KeyUser[] {
  const { Role: role, ServiceRole: serviceRole = role } = properties;
  const generated = serviceRole === undefined ? physical.id(stack, `${logicalId}Role`) : undefined;
  const named =
    serviceRole === undefined ? generated : (physical.text(serviceRole, stack) ?? idOf(serviceRole));
  if (named === undefined || named === '') return [];
  return [
    {
      kind: 'role',
      arn: named.startsWith('arn:') ? named : `arn:${partitionOf(aws.region)}:iam::${account}:role/${named}`,
    },
  ];

  function idOf(value: Value): string | undefined {
    const [mention] = mentionsIn(value);
    return mention === undefined ? undefined : physical.id(stack, mention.name);
  }
}

/** Who wants to use a key. */
type KeyUser =
  /** In its own name. */
  | {
      readonly kind: 'service';
      /** In any Region: `logs`. */
      readonly service: string;
      /** Log groups it encrypts, by ARN, with `${…}` for what is not known before the deployment. */
      readonly logGroups: readonly string[];
    }
  /** What the function or the build project under it does. */
  | { readonly kind: 'role'; readonly arn: string };

interface AccountAndRegion {
  readonly region: string;
  readonly account: string;
}

/**
 * Whether the policy of a deployed key lets somebody use it; a role also through the account's own policies, if the key
 * leaves it to them. A service writes with the key, a role reads at least what was written.
 */
export function keyAdmits(policy: string, user: KeyUser, place: AccountAndRegion): Admission {
  const read = deployedPolicy('its policy', policy, place);
  const context = { 'aws:securetransport': 'true', 'kms:calleraccount': place.account };
  if (user.kind === 'role') {
    const arn = plainText(user.arn, place);
    const own = { ...context, 'aws:principalaccount': place.account, 'aws:principalarn': arn };
    const request = { actions: ['kms:Decrypt'], context: { ...own, 'aws:principalisawsservice': 'false' } };
    const direct = admitsRole(read, [arn], request);
    if (direct.answer === 'yes' || direct.isDenied) return direct;
    const delegated = delegatesToIam(read, request);
    return delegated.answer === 'no' && direct.answer === 'unknown' ? direct : delegated;
  }
  const sent = {
    'aws:securetransport': 'true',
    'aws:principalisawsservice': 'true',
    'aws:principalarn': null,
    'aws:sourceaccount': place.account,
  };
  const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
  const groups = user.logGroups.length === 0 ? [undefined] : user.logGroups;
  const answers = groups.map((group): Admission => {
    const arn = group === undefined ? {} : { 'kms:encryptioncontext:aws:logs:arn': plainText(group, place) };
    return admitsService(read, user.service, { actions, context: { ...sent, ...arn } });
  });
  return (
    answers.find(({ answer }) => answer === 'no') ??
    answers.find(({ answer }) => answer !== 'yes') ?? { answer: 'yes' }
  );
}

/** What was looked at before a change set is made, and what came of it. */
export interface Check {
  readonly what: string;
  readonly status: 'passed' | 'failed' | 'unchecked';
  readonly because: string;
  readonly hint?: string;
}

/** What the checks look at. */
export interface Prospect {
  readonly aws: Aws;
  readonly account: string;
  readonly deployment: Deployment;
  /** The templates as they will be submitted. */
  readonly tree: StackTree;
  readonly asked: ReadonlyMap<string, AskedFor>;
  readonly physical: Physical;
  /** Log groups that exist already may be taken over. */
  readonly adoptsLogGroups: boolean;
}

export function passed(what: string, because: string): Check {
  return { what, status: 'passed', because };
}

export function failed(what: string, because: string, hint?: string): Check {
  return { what, status: 'failed', because, ...(hint !== undefined && { hint }) };
}

export function unchecked(what: string, because: string): Check {
  return { what, status: 'unchecked', because };
}

/**
 * Runs a check. What AWS does not answer leaves it open, and says so; without credentials nothing can go on.
 * @throws IdpFixError `aws-credentials`
 */
export async function attempt(
  what: string,
  look: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code === 'aws-credentials') throw error;
    return [unchecked(what, error.message)];
  }
}
