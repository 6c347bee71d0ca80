import type { Access, Companion, Publisher, ServiceUse } from '../contract/facts.js';
import { isList, type Path, type Value, type ValueMap } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { namesOf } from '../expressions/patterns.js';
import { resolve } from '../expressions/resolve.js';
import { freeId } from '../template/references.js';
import { kinOf } from '../template/stack-tree.js';
import type { Stack } from '../template/template.js';
import { type Admission, admitsService, type Policy, policyInTemplate } from './policies.js';
import { type KnownNames, plainText } from './policy-texts.js';

/** A policy of a resource, and where one more statement of it goes. */
export interface AttachedPolicy {
  readonly policy: Policy;
  readonly owner: Member;
  /** From the body of the owner to the `Statement` list. */
  readonly path: Path;
  /** What its statements call the resource. */
  readonly resource: Value;
  /** What holds as long as there is no document. */
  readonly otherwise: readonly ValueMap[];
}

/**
 * The policy of a key that gives none: it leaves everything to the account.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export const defaultKeyStatement: ValueMap = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } },
  Action: 'kms:*',
  Resource: '*',
};

const keyTypes: ReadonlySet<string> = new Set(['AWS::KMS::Key', 'AWS::KMS::ReplicaKey']);

/** The key a resource is, or is an alias of; `undefined` where it is neither, or its target is not in the templates. */
export function keyMeant({ stack, logicalId }: Member): Member | undefined {
  const resource = stack.template.resources.get(logicalId);
  if (resource === undefined) return undefined;
  if (keyTypes.has(resource.type)) return { stack, logicalId };
  if (resource.type !== 'AWS::KMS::Alias') return undefined;
  const [first, ...others] = resolve(resource.properties.TargetKeyId, stack).map(({ outcome }) => outcome);
  if (first?.kind !== 'resource' || others.length > 0) return undefined;
  const type = first.stack.template.resources.get(first.logicalId)?.type ?? '';
  return keyTypes.has(type) ? { stack: first.stack, logicalId: first.logicalId } : undefined;
}

const keyPolicies = new WeakMap<Stack, Map<string, AttachedPolicy>>();

export function keyPolicyOf(key: Member, known: KnownNames): AttachedPolicy {
  const perStack = keyPolicies.get(key.stack) ?? new Map<string, AttachedPolicy>();
  keyPolicies.set(key.stack, perStack);
  const name = `${key.logicalId} ${known.region} ${known.account}`;
  const policy = perStack.get(name) ?? readKeyPolicy(key, known);
  perStack.set(name, policy);
  return policy;
}

function readKeyPolicy(key: Member, known: KnownNames): AttachedPolicy {
  const document = key.stack.template.resources.get(key.logicalId)?.properties.KeyPolicy;
  const isDefault = document === undefined;
  const written = isDefault ? { Statement: [defaultKeyStatement] } : document;
  return {
    policy: policyInTemplate(`the policy of ${key.logicalId}`, written, key.stack, known),
    owner: key,
    path: ['Properties', 'KeyPolicy', 'Statement'],
    resource: '*',
    otherwise: isDefault ? [defaultKeyStatement] : [],
  };
}

/** How policies of their own resources name what they are for. */
const policyResources: Readonly<Record<string, { readonly list?: string; readonly single?: string }>> = {
  'AWS::SNS::TopicPolicy': { list: 'Topics' },
  'AWS::SNS::TopicInlinePolicy': { single: 'TopicArn' },
};

/** The resources of the tree that give a topic its policy. More than one take each other's place. */
export function topicPoliciesOf(topic: Member, known: KnownNames): readonly AttachedPolicy[] {
  return kinOf(topic.stack).flatMap((stack) =>
    [...stack.template.resources.values()].flatMap(({ type, logicalId, properties }) => {
      const { list, single } = policyResources[type] ?? {};
      const listed = list === undefined ? undefined : properties[list];
      const named = isList(listed) ? listed : [single === undefined ? listed : properties[single]];
      const resource = named.find((each) => isMember(each, stack, topic));
      if (resource === undefined) return [];
      return {
        policy: policyInTemplate(logicalId, properties.PolicyDocument, stack, known),
        owner: { stack, logicalId },
        path: ['Properties', 'PolicyDocument', 'Statement'],
        resource,
        otherwise: [],
      };
    }),
  );
}

function isMember(expression: Value | undefined, stack: Stack, member: Member): boolean {
  return resolve(expression, stack).some(
    ({ outcome }) =>
      outcome.kind === 'resource' && outcome.stack === member.stack && outcome.logicalId === member.logicalId,
  );
}

/** What a service does with a key or a topic, what it sends along, and the statement that lets it. */
interface Rule {
  readonly service: string;
  readonly actions: readonly string[];
  /** One for each value that names may have. */
  contexts(known: KnownNames): readonly Readonly<Record<string, string | null>>[];
  statement(resource: Value): ValueMap;
}

/** What every request of a service in its own name has in common. */
const ofService = {
  'aws:securetransport': 'true',
  'aws:principalisawsservice': 'true',
  'aws:principalarn': null,
  'aws:principalaccount': null,
  'aws:principalorgid': null,
  'kms:calleraccount': null,
  // Of what a service does for a caller of its own.
  'kms:viaservice': null,
} as const;

/** @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
function logsRule({ stack, logicalId }: Member): Rule {
  return {
    service: 'logs',
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
    contexts: (known) =>
      groupNames(stack, logicalId).map((name) => ({
        ...ofService,
        'kms:encryptioncontext:aws:logs:arn': plainText(
          `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${name}`,
          known,
        ),
      })),
    statement: () => ({
      Sid: 'AllowCloudWatchLogs',
      Effect: 'Allow',
      Principal: { Service: { 'Fn::Sub': 'logs.${AWS::Region}.${AWS::URLSuffix}' } },
      Action: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      Resource: '*',
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': {
            'Fn::Sub': 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*',
          },
        },
      },
    }),
  };
}

/** A group that is yet to be written gets a name of CloudFormation's making. */
function groupNames(stack: Stack, logicalId: string): readonly string[] {
  const isThere = stack.template.resources.has(logicalId);
  return isThere
    ? namesOf(stack, logicalId)
    : [`\${AWS::StackName@${stack.template.path}}-${logicalId}-GENERATED`];
}

const byThisAccount: ValueMap = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };

/** How a service that sends to topics says whose request it is. */
interface Sender {
  readonly sid: string;
  /** What it sends from; `undefined` where its requests say nothing of it. */
  readonly from: string | undefined;
}

/**
 * EventBridge names neither account nor rule when it sends to a topic, so that a condition on them would keep it out.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 * @source https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
 * @source https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
 */
const senders: Readonly<Record<Publisher, Sender>> = {
  cloudwatch: {
    sid: 'AllowCloudWatchAlarms',
    from: 'arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${alarm}',
  },
  events: { sid: 'AllowEventBridge', from: undefined },
  budgets: { sid: 'AllowBudgets', from: 'arn:${AWS::Partition}:budgets::${AWS::AccountId}:budget/${budget}' },
};

function senderContexts({ from }: Sender, known: KnownNames): ReturnType<Rule['contexts']> {
  if (from === undefined) return [ofService];
  const account = plainText('${AWS::AccountId}', known);
  return [
    {
      ...ofService,
      'aws:sourceaccount': account,
      'aws:sourceowner': account,
      'aws:sourcearn': plainText(from, known),
    },
  ];
}

/** @source https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html */
function underKey(service: Publisher): Rule {
  const sender = senders[service];
  return {
    service,
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    contexts: (known) => senderContexts(sender, known),
    statement: () => ({
      Sid: sender.sid,
      Effect: 'Allow',
      Principal: { Service: `${service}.amazonaws.com` },
      Action: ['kms:GenerateDataKey*', 'kms:Decrypt'],
      Resource: '*',
      ...(sender.from !== undefined && { Condition: byThisAccount }),
    }),
  };
}

function toTopic(service: Publisher): Rule {
  const sender = senders[service];
  return {
    service,
    actions: ['sns:Publish'],
    contexts: (known) => senderContexts(sender, known),
    statement: (topic) => ({
      Sid: sender.sid,
      Effect: 'Allow',
      Principal: { Service: `${service}.amazonaws.com` },
      Action: 'sns:Publish',
      Resource: topic,
      ...(sender.from !== undefined && { Condition: byThisAccount }),
    }),
  };
}

/**
 * What a topic's own policy says as long as nobody gives it one; a policy takes its place.
 * @source https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
 */
function ofTopicOwner(topic: Value): ValueMap {
  const actions = [
    ...['AddPermission', 'DeleteTopic', 'GetTopicAttributes', 'ListSubscriptionsByTopic', 'Publish'],
    ...['RemovePermission', 'SetTopicAttributes', 'Subscribe'],
  ];
  return {
    Sid: '__default_statement_ID',
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: actions.map((action) => `sns:${action}`),
    Resource: topic,
    Condition: { StringEquals: { 'AWS:SourceOwner': { Ref: 'AWS::AccountId' } } },
  };
}

/** Whether the policy of a key or a topic lets a service do what it has to, and the statement that would. */
export function accessFor(member: Member, use: ServiceUse, known: KnownNames): Access {
  const { type } = member.stack.template.resources.get(member.logicalId) ?? {};
  if (type === 'AWS::SNS::Topic')
    return topicAccess(member, use.by === 'logs' ? 'cloudwatch' : use.by, known);
  const key = keyMeant(member);
  if (key === undefined)
    return { answer: 'unknown', because: `the key of ${member.logicalId} is not at hand` };
  const rule = use.by === 'logs' ? logsRule(use.group) : underKey(use.by);
  const user = use.by === 'logs' ? use.group : use.to;
  const given = user === undefined ? undefined : conditionOf(user, key);
  return accessTo(keyPolicyOf(key, known), rule, known, given);
}

/** The statement of a new key that lets a service use it. */
export function keyStatement(use: ServiceUse, { stack, logicalId }: Member): Companion {
  const rule = use.by === 'logs' ? logsRule(use.group) : underKey(use.by);
  const path = ['Properties', 'KeyPolicy', 'Statement'];
  return { kind: 'statement', in: stack, logicalId, path, statement: rule.statement('*') };
}

function conditionOf({ stack, logicalId }: Member, key: Member): string | undefined {
  return stack === key.stack ? stack.template.resources.get(logicalId)?.condition : undefined;
}

/** A topic without a policy lets its account and its alarms publish; one with a policy only those it names. */
function topicAccess(topic: Member, service: Publisher, known: KnownNames): Access {
  const policies = topicPoliciesOf(topic, known);
  const [first, ...others] = policies;
  if (first === undefined) {
    if (service === 'cloudwatch') return { answer: 'yes', because: '' };
    const because = `${topic.logicalId} has no policy, which keeps ${service}.amazonaws.com out`;
    return { answer: 'no', because, companions: newTopicPolicy(topic, service) };
  }
  const closed = policies
    .map((each) => accessTo(each, toTopic(service), known, conditionOf(topic, each.owner)))
    .find(({ answer }) => answer !== 'yes');
  if (closed === undefined || others.length === 0) return closed ?? { answer: 'yes', because: '' };
  const names = policies.map(({ owner }) => owner.logicalId).join(' and ');
  return {
    answer: closed.answer,
    because: `${names} both set the policy of ${topic.logicalId}, and only the one deployed last counts; ${closed.because}`,
  };
}

/** Who may publish today still may. */
function newTopicPolicy({ stack, logicalId: topic }: Member, service: Publisher): readonly Companion[] {
  const logicalId = freeId(stack.template, `${topic}Policy`);
  const condition = stack.template.resources.get(topic)?.condition;
  const arn = { Ref: topic };
  const body = {
    Type: 'AWS::SNS::TopicPolicy',
    ...(condition !== undefined && { Condition: condition }),
    Properties: {
      Topics: [arn],
      PolicyDocument: { Version: '2012-10-17', Statement: [ofTopicOwner(arn)] },
    },
  };
  const statement = toTopic(service).statement(arn);
  const path = ['Properties', 'PolicyDocument', 'Statement'];
  return [
    { kind: 'resource', in: stack, logicalId, body, isShared: true },
    { kind: 'statement', in: stack, logicalId, path, statement },
  ];
}

function accessTo(attached: AttachedPolicy, rule: Rule, known: KnownNames, given?: string): Access {
  const { policy, owner, path, resource, otherwise } = attached;
  const denied = rule
    .contexts(known)
    .map(
      (context): Admission => admitsService(policy, rule.service, { actions: rule.actions, context, given }),
    )
    .find(({ answer }) => answer !== 'yes');
  if (denied === undefined || denied.answer === 'yes') return { answer: 'yes', because: '' };
  const { answer, because, isDenied } = denied;
  if (isDenied || policy.unread !== undefined) return { answer, because };
  return {
    answer,
    because,
    companions: [
      {
        kind: 'statement',
        in: owner.stack,
        logicalId: owner.logicalId,
        path,
        statement: rule.statement(resource),
        ...(otherwise.length > 0 && { otherwise }),
      },
    ],
  };
}
