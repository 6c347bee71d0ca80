import type { Value } from '../document/value.js';
import { isList, isMap } from '../document/value.js';
import { mentionsIn } from '../template/mentions.js';
import { attempt, type DeployedResource, numberOf, ofType, type Proof, proof, type Scene } from './proof.js';

/** Log groups that keep what they hold as long, and encrypt it with the key, as the template says. */
export async function logGroupProofs(scene: Scene): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const of of ofType(scene, 'AWS::Logs::LogGroup')) {
    const subject = { check: 'retention-as-deployed', item: null, of } as const;
    proofs.push(
      ...(await attempt(subject, async () => {
        const found = await scene.aws.operations.logGroup(of.physicalId);
        if (found === undefined)
          return [proof(subject, 'dead', 'there is no such log group any more', 'deploy the stack again')];
        return [...retentionProof(of, found.retentionDays, scene), ...encryptionProof(of, found.key, scene)];
      })),
    );
  }
  return proofs;
}

function retentionProof(of: DeployedResource, live: number | undefined, scene: Scene): readonly Proof[] {
  const subject = { check: 'retention-as-deployed', item: null, of } as const;
  const written = of.properties.RetentionInDays;
  const planned = numberOf(written, of, scene);
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
  { physical }: Scene,
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

function keyId(value: Value, { stack }: DeployedResource, physical: Scene['physical']): string | undefined {
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
export async function deadLetterQueueProofs(scene: Scene): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const of of ofType(scene, 'AWS::SQS::Queue')) {
    const senders = scene.resources.filter(
      ({ stack, properties }) => stack === of.stack && namesIn(properties).has(of.logicalId),
    );
    if (senders.length === 0) continue;
    const subject = { check: 'dead-letters', item: null, of } as const;
    proofs.push(
      ...(await attempt(subject, async () => {
        const queue = await scene.aws.operations.queue(of.physicalId);
        if (queue === undefined) return [proof(subject, 'dead', 'there is no such queue any more')];
        const redriven = senders
          .filter(({ type }) => type === 'AWS::SQS::Queue')
          .map(({ logicalId }) => logicalId);
        if (queue.allowsRedrive === 'denyAll' && redriven.length > 0) {
          const because = `it lets no queue send its dead letters (redrivePermission denyAll), so those of ${redriven.join(', ')} don't arrive`;
          return [proof(subject, 'dead', because)];
        }
        if (queue.messages > 0) {
          const because = `${queue.messages} messages lie in it: what ${senders.map(({ logicalId }) => logicalId).join(', ')} could not do`;
          return [proof(subject, 'dead', because, 'look why, and redrive or delete them')];
        }
        return [proof(subject, 'unproven', 'it is empty: nothing has failed, or nothing has arrived')];
      })),
    );
  }
  return proofs;
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
export async function budgetProofs(scene: Scene): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const of of ofType(scene, 'AWS::Budgets::Budget')) {
    const subject = { check: 'budget-told', item: 'cost-control', of } as const;
    proofs.push(
      ...(await attempt(subject, async () => {
        const counts = await scene.aws.operations.budgetSubscribers(scene.account, of.physicalId);
        if (counts === undefined) return [proof(subject, 'dead', 'there is no such budget any more')];
        if (counts.length === 0)
          return [proof(subject, 'dead', 'it has no notification, so no one is notified')];
        const deaf = counts.filter((count) => count === 0).length;
        if (deaf > 0)
          return [
            proof(
              subject,
              'dead',
              `${deaf} of ${counts.length} notifications have no subscriber, so no one is notified`,
            ),
          ];
        return [proof(subject, 'alive', `${counts.length} notifications, each with subscribers`)];
      })),
    );
  }
  return proofs;
}
