import type { Topic } from '../aws-ports.js';
import { keyAdmits } from '../changeset/key-prerequisites.js';
import { attempt, type DeployedResource, ofType, type Proof, proof, type Scene } from './proof.js';

/** Topics of the stack, and those that its alarms send to: somebody hears them, and CloudWatch can use their keys. */
export async function topicProofs(scene: Scene): Promise<readonly Proof[]> {
  const alarms = ofType(scene, 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm');
  const own = ofType(scene, 'AWS::SNS::Topic');
  const alarmed = await alarmTopics(alarms, scene);
  const arns = new Set([...own.map(({ physicalId }) => physicalId), ...alarmed]);
  const proofs: Proof[] = [];
  for (const arn of arns) {
    const of = own.find(({ physicalId }) => physicalId === arn);
    proofs.push(...(await topicProof(arn, of, alarmed.has(arn), scene)));
  }
  return proofs;
}

/** What alarms as deployed send to, which may be outside the stack. */
async function alarmTopics(
  alarms: readonly DeployedResource[],
  { aws }: Scene,
): Promise<ReadonlySet<string>> {
  const arns = new Set<string>();
  await attempt({ check: 'topic-heard', item: 'alarms', of: undefined }, async () => {
    const found = await aws.operations.alarms(alarms.map(({ physicalId }) => physicalId));
    for (const arn of found.flatMap(({ actions }) => actions)) if (/^arn:[^:]+:sns:/.test(arn)) arns.add(arn);
    return [];
  });
  return arns;
}

async function topicProof(
  arn: string,
  of: DeployedResource | undefined,
  hasAlarms: boolean,
  scene: Scene,
): Promise<readonly Proof[]> {
  const item = hasAlarms ? 'alarms' : null;
  const subject = { check: 'topic-heard', item, of } as const;
  return attempt(subject, async () => {
    const topic = await scene.aws.operations.topic(arn);
    if (topic === undefined) return [proof(subject, 'dead', `there is no topic ${arn}`)];
    const heard = hearing(topic);
    return [
      proof(subject, heard.status, heard.because, heard.hint),
      ...(topic.key === undefined || !hasAlarms ? [] : await keyProof(topic, topic.key, of, scene)),
    ];
  });
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

/** What CloudWatch cannot encrypt it does not send. */
async function keyProof(
  { arn }: Topic,
  key: string,
  of: DeployedResource | undefined,
  { aws, account }: Scene,
): Promise<readonly Proof[]> {
  const subject = { check: 'topic-key', item: 'alarms', of } as const;
  return attempt(subject, async () => {
    if (key === 'alias/aws/sns') {
      const because = `${arn} has the key alias/aws/sns, which lets no service but SNS in, so no alarm arrives`;
      return [proof(subject, 'dead', because, 'give the topic a customer-managed key')];
    }
    const known = await aws.account.key(key);
    if (known === undefined) return [proof(subject, 'dead', `the key ${key} of ${arn} is not there`)];
    const policy = await aws.account.keyPolicy(known.arn);
    const user = { kind: 'service', service: 'cloudwatch', logGroups: [] } as const;
    const admission = keyAdmits(policy, user, { account, region: aws.region });
    if (admission.answer === 'yes')
      return [proof(subject, 'alive', `the key of ${arn} lets CloudWatch use it`)];
    if (admission.answer === 'unknown') return [proof(subject, 'unknown', admission.because)];
    return [
      proof(
        subject,
        'dead',
        `the key of ${arn} does not let CloudWatch use it, so no alarm arrives`,
        'add a statement for cloudwatch.amazonaws.com with kms:Decrypt and kms:GenerateDataKey*',
      ),
    ];
  });
}
