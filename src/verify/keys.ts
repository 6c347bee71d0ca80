import {
  attempt,
  type CheckContext,
  type DeployedResource,
  day,
  ofType,
  type Proof,
  proof,
} from './proof.js';

/** Properties that name a key. */
const keyProperties = [
  'KmsKeyId',
  'KmsKeyArn',
  'KmsMasterKeyId',
  'KMSMasterKeyID',
  'EncryptionKey',
  'KMSKeyArn',
];

/** Keys of the stack and keys that its resources use: enabled, and nobody is denied. */
export async function keyProofs(context: CheckContext): Promise<readonly Proof[]> {
  const uses = new Map<string, DeployedResource>();
  for (const key of ofType(context, 'AWS::KMS::Key')) uses.set(key.physicalId, key);
  for (const resource of context.resources) {
    for (const property of keyProperties) {
      const named = context.physical.text(resource.properties[property], resource.stack);
      const id = named?.replace(/^arn:[^:]+:kms:[^:]*:\d*:key\//, '');
      if (named !== undefined && id !== undefined && named !== '' && !uses.has(named) && !uses.has(id))
        uses.set(named, resource);
    }
  }
  const proofs: Proof[] = [];
  for (const [key, of] of uses) proofs.push(...(await keyProof(key, of, context)));
  return proofs;
}

async function keyProof(
  name: string,
  of: DeployedResource,
  context: CheckContext,
): Promise<readonly Proof[]> {
  const { aws, from } = context;
  const subject = { check: 'key-usable', item: 'customer-managed-keys', of } as const;
  return attempt(subject, async () => {
    const key = await aws.account.key(name);
    if (key === undefined)
      return [proof(subject, 'dead', `there is no key ${name}: what it has encrypted cannot be read`)];
    if (key.state !== 'Enabled') {
      const hint =
        key.state === 'PendingDeletion'
          ? `aws kms cancel-key-deletion --key-id ${key.arn}, then aws kms enable-key`
          : `aws kms enable-key --key-id ${key.arn}`;
      const because = `the key ${key.arn} is ${key.state}: nothing can be written with it or read`;
      return [proof(subject, 'dead', because, hint)];
    }
    return [
      proof(subject, 'alive', `the key ${key.arn} is enabled`),
      ...(await rotationProof(key.arn)),
      ...(await denialProof(key.arn)),
    ];
  });

  async function rotationProof(arn: string): Promise<readonly Proof[]> {
    const rotation = { ...subject, check: 'rotation-as-deployed' };
    if (of.type !== 'AWS::KMS::Key' || of.properties.EnableKeyRotation !== true) return [];
    return attempt(rotation, async () => [
      (await aws.operations.keyRotates(arn))
        ? proof(rotation, 'alive', `${arn} is rotated, as the template says`)
        : proof(
            rotation,
            'dead',
            `the template has the key rotated, and ${arn} is not`,
            `aws kms enable-key-rotation --key-id ${arn}`,
          ),
    ]);
  }

  function denialProof(arn: string): Promise<readonly Proof[]> {
    const denials = { ...subject, check: 'key-denials' };
    return attempt(denials, async () => {
      const [newest, ...more] = await aws.operations.keyDenials(arn, from);
      if (newest === undefined)
        return [
          proof(
            denials,
            'alive',
            `no access was denied ${arn} since ${day(from)}, as far as the newest events tell`,
          ),
        ];
      const others = more.length === 0 ? '' : `, and ${more.length} more`;
      return [
        proof(
          denials,
          'dead',
          `${newest.action} with ${arn} was denied to ${newest.by} on ${day(newest.at)}${others}`,
          'let it use the key, in the policy of the key or of the role',
        ),
      ];
    });
  }
}
