import { admitsService, deployedPolicy } from '../analysis/policies.js';
import { plainText } from '../analysis/policy-texts.js';
import type { Topic } from '../aws-ports.js';
import { keyAdmits } from '../changeset/key-prerequisites.js';
import { partitionOf } from '../changeset/physical.js';
import {
  attempt,
  type CheckContext,
  type DeployedResource,
  ofType,
  type Proof,
  proof,
  type Subject,
} from './proof.js';

/** A service that sends in its own name, and what it does so for, by ARN. */
export interface Sender {
  /** In any Region: `cloudwatch`. */
  readonly service: string;
  readonly sources: readonly string[];
}

/** Topics of the stack, and those that its alarms send to: somebody hears them, and CloudWatch may send there. */
export async function topicProofs(context: CheckContext): Promise<readonly Proof[]> {
  const alarms = ofType(context, 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm');
  const own = ofType(context, 'AWS::SNS::Topic');
  const alarmed = await alarmTopics(alarms, context);
  const arns = new Set([...own.map(({ physicalId }) => physicalId), ...alarmed.keys()]);
  const proofs: Proof[] = [];
  for (const arn of arns) {
    const of = own.find(({ physicalId }) => physicalId === arn);
    proofs.push(...(await topicProof(arn, of, alarmed.get(arn), context)));
  }
  return proofs;
}

/** What alarms as deployed send to, which may be outside the stack. @returns alarms by topic, as ARNs */
async function alarmTopics(
  alarms: readonly DeployedResource[],
  { aws, account }: CheckContext,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const topics = new Map<string, readonly string[]>();
  await attempt({ check: 'topic-heard', item: 'alarms', of: undefined }, async () => {
    for (const { name, actions } of await aws.operations.alarms(alarms.map(({ physicalId }) => physicalId))) {
      const source = `arn:${partitionOf(aws.region)}:cloudwatch:${aws.region}:${account}:alarm:${name}`;
      for (const arn of actions)
        if (/^arn:[^:]+:sns:/.test(arn)) topics.set(arn, [...(topics.get(arn) ?? []), source]);
    }
    return [];
  });
  return topics;
}

async function topicProof(
  arn: string,
  of: DeployedResource | undefined,
  alarms: readonly string[] | undefined,
  context: CheckContext,
): Promise<readonly Proof[]> {
  const item = alarms === undefined ? null : 'alarms';
  const subject = { check: 'topic-heard', item, of } as const;
  return attempt(subject, async () => {
    const topic = await context.aws.operations.topic(arn);
    if (topic === undefined) return [proof(subject, 'dead', `there is no topic ${arn}`)];
    const heard = hearing(topic);
    const sender = alarms && { service: 'cloudwatch', sources: alarms };
    return [
      proof(subject, heard.status, heard.because, heard.hint),
      ...(sender === undefined ? [] : await sendingProofs(topic, sender, subject, context)),
    ];
  });
}

/** That a service may send to a topic, and encrypt what it sends. */
export async function sendingProofs(
  topic: Topic,
  sender: Sender,
  { item, of }: Subject,
  context: CheckContext,
): Promise<readonly Proof[]> {
  const { arn, policy, key } = topic;
  return [
    ...(policy === undefined
      ? []
      : [
          admissionProof(
            { check: 'topic-policy', item, of },
            { what: `the policy of ${arn}`, text: policy, action: 'sns:Publish' },
            sender,
            context,
          ),
        ]),
    ...(key === undefined
      ? []
      : await keyProof(
          { check: 'topic-key', item, of },
          { arn, key, own: 'alias/aws/sns' },
          sender,
          context,
        )),
  ];
}

/** That the policy of a topic or queue lets a service send there for all it sends for. */
export function admissionProof(
  subject: Subject,
  { what, text, action }: { readonly what: string; readonly text: string; readonly action: string },
  { service, sources }: Sender,
  { aws, account }: CheckContext,
): Proof {
  const place = { account, region: aws.region };
  const policy = deployedPolicy(what, text, place);
  const answers = sources.map((source) =>
    admitsService(policy, service, {
      actions: [action],
      context: {
        'aws:securetransport': 'true',
        'aws:principalisawsservice': 'true',
        'aws:principalarn': null,
        'aws:sourceaccount': account,
        'aws:sourceowner': account,
        'aws:sourcearn': plainText(source, place),
      },
    }),
  );
  const refused =
    answers.find(({ answer }) => answer === 'no') ?? answers.find(({ answer }) => answer === 'unknown');
  if (refused === undefined || refused.answer === 'yes')
    return proof(subject, 'alive', `${what} lets ${service}.amazonaws.com send`);
  if (refused.answer === 'unknown') return proof(subject, 'unknown', refused.because);
  const hint = `add a statement for ${service}.amazonaws.com with ${action}`;
  return proof(
    subject,
    'dead',
    `${refused.because}, so nothing arrives`,
    refused.isDenied ? undefined : hint,
  );
}

function hearing({ arn, subscriptions }: Topic): Pick<Proof, 'status' | 'because' | 'hint'> {
  const pending = subscriptions.filter(({ isConfirmed }) => !isConfirmed);
  const confirmed = subscriptions.length - pending.length;
  if (confirmed === 0 && pending.length === 0)
    return { status: 'dead', because: `no one is subscribed to ${arn}`, hint: 'aws sns subscribe' };
  const waiting = `${pending.length} of ${subscriptions.length} subscriptions to ${arn} (${[...new Set(pending.map(({ protocol }) => protocol))].join(', ')}) wait to be confirmed`;
  const hint = 'open the link that SNS has sent; it holds for three days, then subscribe again';
  if (pending.length > 0) return { status: 'dead', because: waiting, hint };
  return { status: 'alive', because: `${confirmed} confirmed subscriptions to ${arn}` };
}

/** What a service cannot encrypt it does not send. */
export async function keyProof(
  subject: Subject,
  { arn, key, own }: { readonly arn: string; readonly key: string; readonly own: string },
  { service }: Sender,
  { aws, account }: CheckContext,
): Promise<readonly Proof[]> {
  const name = serviceNames[service] ?? service;
  return attempt(subject, async () => {
    if (key === own) {
      const because = `${arn} has the key ${own}, which AWS manages and opens to no other service, so nothing that ${name} sends arrives`;
      return [proof(subject, 'dead', because, 'give it a customer-managed key')];
    }
    const known = await aws.account.key(key);
    if (known === undefined) return [proof(subject, 'dead', `the key ${key} of ${arn} is not there`)];
    const policy = await aws.account.keyPolicy(known.arn);
    const admission = keyAdmits(
      policy,
      { kind: 'service', service, logGroups: [] },
      { account, region: aws.region },
    );
    if (admission.answer === 'yes') return [proof(subject, 'alive', `the key of ${arn} lets ${name} use it`)];
    if (admission.answer === 'unknown') return [proof(subject, 'unknown', admission.because)];
    return [
      proof(
        subject,
        'dead',
        `the key of ${arn} does not let ${name} use it, so nothing that it sends arrives`,
        `add a statement for ${service}.amazonaws.com with kms:Decrypt and kms:GenerateDataKey*`,
      ),
    ];
  });
}

const serviceNames: Readonly<Record<string, string>> = {
  cloudwatch: 'CloudWatch',
  budgets: 'AWS Budgets',
  events: 'EventBridge',
  sns: 'SNS',
};
