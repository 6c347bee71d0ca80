import type { Queue } from '../aws-ports.js';
import { partitionOf } from '../changeset/physical.js';
import type { Value } from '../document/value.js';
import { isList, isMap } from '../document/value.js';
import { mentionsIn } from '../template/mentions.js';
import {
  attempt,
  type CheckContext,
  type DeployedResource,
  numberOf,
  ofType,
  type Proof,
  proof,
} from './proof.js';
import { admissionProof, keyProof, sendingProofs } from './topics.js';

/** Log groups that keep what they hold as long, and encrypt it with the key, as the template says. */
export async function logGroupProofs(context: CheckContext): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const of of ofType(context, 'AWS::Logs::LogGroup')) {
    const subject = { check: 'retention-as-deployed', item: null, of } as const;
    proofs.push(
      ...(await attempt(subject, async () => {
        const found = await context.aws.operations.logGroup(of.physicalId);
        if (found === undefined)
          return [proof(subject, 'dead', 'there is no such log group any more', 'deploy the stack again')];
        return [
          ...retentionProof(of, found.retentionDays, context),
          ...encryptionProof(of, found.key, context),
        ];
      })),
    );
  }
  return proofs;
}

function retentionProof(
  of: DeployedResource,
  live: number | undefined,
  context: CheckContext,
): readonly Proof[] {
  const subject = { check: 'retention-as-deployed', item: null, of } as const;
  const written = of.properties.RetentionInDays;
  const planned = numberOf(written, of, context);
  if (written !== undefined && planned === undefined) return [];
  const said = (days: number | undefined) => (days === undefined ? 'for ever' : `${days} days`);
  if (planned === live)
    return planned === undefined
      ? []
      : [proof(subject, 'alive', `it keeps events ${said(live)}, as the template says`)];
  return [
    proof(
      subject,
      'dead',
      `the template keeps events ${said(planned)}, and they are kept ${said(live)}`,
      'it was changed outside the stack; deploy again, or update the template',
    ),
  ];
}

function encryptionProof(
  of: DeployedResource,
  live: string | undefined,
  { physical }: CheckContext,
): readonly Proof[] {
  const subject = { check: 'encryption-as-deployed', item: 'customer-managed-keys', of } as const;
  const written = of.properties.KmsKeyId;
  if (written === undefined) return [];
  const planned = physical.text(written, of.stack) ?? keyId(written, of, physical);
  const idOf = (key: string | undefined) => key?.split('/').at(-1);
  if (live === undefined) {
    const hint = 'aws logs associate-kms-key, or deploy again';
    return [proof(subject, 'dead', 'the template encrypts it with a key, and it has none', hint)];
  }
  if (planned === undefined)
    return [proof(subject, 'unknown', `it has the key ${live}; which one the template names is not known`)];
  return [
    idOf(planned) === idOf(live)
      ? proof(subject, 'alive', `it is encrypted with ${live}, as the template says`)
      : proof(subject, 'dead', `the template names the key ${planned}, and it has ${live}`),
  ];
}

function keyId(
  value: Value,
  { stack }: DeployedResource,
  physical: CheckContext['physical'],
): string | undefined {
  const [mention] = isMap(value) ? mentionsIn(value) : [];
  return mention === undefined ? undefined : physical.id(stack, mention.name);
}

/** Properties that say where what failed goes. */
const deadLetterProperties = [
  'DeadLetterConfig',
  'DeadLetterQueue',
  'RedrivePolicy',
  'OnFailure',
  'DeadLetterArn',
];

/** Dead-letter queues: what lies in them has failed, and what may not arrive is lost. */
export async function deadLetterQueueProofs(context: CheckContext): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const of of ofType(context, 'AWS::SQS::Queue')) {
    const senders = context.resources.filter(
      ({ stack, properties }) => stack === of.stack && namesIn(properties).has(of.logicalId),
    );
    if (senders.length === 0) continue;
    const subject = { check: 'dead-letters', item: null, of } as const;
    proofs.push(
      ...(await attempt(subject, async () => {
        const queue = await context.aws.operations.queue(of.physicalId);
        if (queue === undefined) return [proof(subject, 'dead', 'there is no such queue any more')];
        return [contentProof(of, queue, senders), ...(await admittedProofs(of, queue, senders, context))];
      })),
    );
  }
  return proofs;
}

function contentProof(of: DeployedResource, queue: Queue, senders: readonly DeployedResource[]): Proof {
  const subject = { check: 'dead-letters', item: null, of } as const;
  const redriven = senders.filter(({ type }) => type === 'AWS::SQS::Queue').map(({ logicalId }) => logicalId);
  if (queue.allowsRedrive === 'denyAll' && redriven.length > 0) {
    const because = `it lets no queue send its dead letters (redrivePermission denyAll), so those of ${redriven.join(', ')} don't arrive`;
    return proof(subject, 'dead', because);
  }
  if (queue.messages > 0) {
    const because = `${queue.messages} messages lie in it: what ${senders.map(({ logicalId }) => logicalId).join(', ')} could not do`;
    return proof(subject, 'dead', because, 'look why, and redrive or delete them');
  }
  return proof(subject, 'unproven', 'it is empty: nothing has failed, or nothing has arrived');
}

/**
 * Rules and subscriptions send what failed in the name of their service, which the policy of the queue and that of its key
 * have to let in; functions send with their roles.
 */
async function admittedProofs(
  of: DeployedResource,
  { arn, policy, key }: Queue,
  senders: readonly DeployedResource[],
  context: CheckContext,
): Promise<readonly Proof[]> {
  const subject = { check: 'dead-letters-admitted', item: null, of } as const;
  const services = [
    { service: 'events', sources: sourcesOf(senders, 'AWS::Events::Rule', (id) => ruleArn(id, context)) },
    {
      service: 'sns',
      sources: sourcesOf(senders, 'AWS::SNS::Subscription', (id) => id.replace(/:[^:]*$/, '')),
    },
  ];
  const proofs: Proof[] = [];
  for (const sender of services) {
    if (sender.sources.length === 0) continue;
    const what = `the policy of ${arn}`;
    proofs.push(
      policy === undefined
        ? proof(
            subject,
            'dead',
            `${arn} has no policy that lets ${sender.service}.amazonaws.com send, so what failed is lost`,
            `add a policy with sqs:SendMessage for ${sender.service}.amazonaws.com`,
          )
        : admissionProof(subject, { what, text: policy, action: 'sqs:SendMessage' }, sender, context),
      ...(key === undefined
        ? []
        : await keyProof(subject, { arn, key, own: 'alias/aws/sqs' }, sender, context)),
    );
  }
  return proofs;
}

function sourcesOf(
  senders: readonly DeployedResource[],
  ofService: string,
  arnOf: (physicalId: string) => string,
): readonly string[] {
  return senders.filter(({ type }) => type === ofService).map(({ physicalId }) => arnOf(physicalId));
}

/** `NAME`, or `BUS|NAME` on another bus than the default one. */
function ruleArn(physicalId: string, { aws, account }: CheckContext): string {
  return `arn:${partitionOf(aws.region)}:events:${aws.region}:${account}:rule/${physicalId.replace('|', '/')}`;
}

/** Logical ids that are named as places for dead letters. */
function namesIn(value: Value): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (each: Value): void => {
    if (isList(each)) each.forEach(visit);
    if (!isMap(each)) return;
    for (const [key, inner] of Object.entries(each)) {
      if (deadLetterProperties.includes(key)) for (const { name } of mentionsIn(inner)) names.add(name);
      else visit(inner);
    }
  };
  visit(value);
  return names;
}

/** Budgets that tell somebody. */
export async function budgetProofs(context: CheckContext): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const of of ofType(context, 'AWS::Budgets::Budget')) {
    const subject = { check: 'budget-told', item: 'cost-control', of } as const;
    proofs.push(
      ...(await attempt(subject, async () => {
        const notified = await context.aws.operations.budgetSubscribers(context.account, of.physicalId);
        if (notified === undefined) return [proof(subject, 'dead', 'there is no such budget any more')];
        if (notified.length === 0)
          return [proof(subject, 'dead', 'it has no notification, so no one is notified')];
        const deaf = notified.filter((addresses) => addresses.length === 0).length;
        if (deaf > 0)
          return [
            proof(
              subject,
              'dead',
              `${deaf} of ${notified.length} notifications have no subscriber, so no one is notified`,
            ),
          ];
        return [
          proof(subject, 'alive', `${notified.length} notifications, each with subscribers`),
          ...(await budgetTopicProofs(of, notified.flat(), context)),
        ];
      })),
    );
  }
  return proofs;
}

/** A budget tells a topic only where the topic lets AWS Budgets send. */
async function budgetTopicProofs(
  of: DeployedResource,
  addresses: readonly string[],
  context: CheckContext,
): Promise<readonly Proof[]> {
  const subject = { check: 'budget-told', item: 'cost-control', of } as const;
  const source = `arn:${partitionOf(context.aws.region)}:budgets::${context.account}:budget/${of.physicalId}`;
  const proofs: Proof[] = [];
  for (const arn of new Set(addresses.filter((address) => /^arn:[^:]+:sns:/.test(address)))) {
    proofs.push(
      ...(await attempt(subject, async () => {
        const topic = await context.aws.operations.topic(arn);
        if (topic === undefined) return [proof(subject, 'dead', `there is no topic ${arn}`)];
        return sendingProofs(topic, { service: 'budgets', sources: [source] }, subject, context);
      })),
    );
  }
  return proofs;
}
