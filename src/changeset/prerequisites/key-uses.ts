import { isMap, type Value } from '../../document/value.js';
import { mentionsIn } from '../../template/mentions.js';
import type { Stack, TemplateResource } from '../../template/template.js';
import type { KeyUser } from '../key-policy.js';
import { partitionOf } from '../partition.js';
import type { Prospect } from './check.js';

/** Properties that name a key. */
const keyProperties = ['KmsKeyId', 'KmsKeyArn', 'KmsMasterKeyId', 'KMSMasterKeyID', 'EncryptionKey'] as const;

export interface KeyUse {
  /** As the templates name it, or the id of a key they have and that is deployed. */
  readonly key: string;
  /** The policy of such a key is part of the templates, where the plan has judged it. */
  readonly isOfTemplate: boolean;
  readonly users: readonly KeyUser[];
}

/** Keys that changed resources use, and who will use them there. */
export function keyUses(prospect: Prospect): readonly KeyUse[] {
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
