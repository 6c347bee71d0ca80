import { mentionsIn } from '../../template/mentions.js';
import type { Stack } from '../../template/template.js';
import { isMap, type Value } from '../../template/value.js';
import { admits } from '../key-policy.js';
import type { Key } from '../ports.js';
import { attempt, type Check, failed, type Prospect, passed, unchecked } from './check.js';

/** Properties that name a key. */
const keyProperties = ['KmsKeyId', 'KmsKeyArn', 'KmsMasterKeyId', 'KMSMasterKeyID', 'EncryptionKey'] as const;

interface KeyUse {
  readonly key: string;
  /** Services that use the key in their own name: `logs.eu-west-1.amazonaws.com`. */
  readonly services: ReadonlySet<string>;
}

/** Keys that changed resources use: there, enabled, symmetric, in this region, and open to who uses them. */
export async function keyChecks(prospect: Prospect): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const use of keyUses(prospect)) {
    const what = `key ${use.key}`;
    checks.push(...(await attempt(what, () => keyCheck(use, what, prospect))));
  }
  return checks;
}

function keyUses({ tree, asked, physical, aws }: Prospect): readonly KeyUse[] {
  const uses = new Map<string, Set<string>>();
  for (const stack of tree.stacks) {
    for (const [logicalId, { type, properties }] of stack.template.resources) {
      if (!asked.get(stack.template.path)?.resources.has(logicalId)) continue;
      for (const property of keyProperties) {
        const value = properties[property];
        if (value === undefined || isKeyOfTemplate(value, stack)) continue;
        const key = physical.text(value, stack);
        if (key === undefined || key === '') continue;
        const services = uses.get(key) ?? new Set();
        for (const service of servicesOf(type, aws.region)) services.add(service);
        uses.set(key, services);
      }
    }
  }
  return [...uses]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, services]) => ({ key, services }));
}

/** Its policy is part of the templates, where the plan has judged it. */
function isKeyOfTemplate(value: Value, { template }: Stack): boolean {
  return (
    isMap(value) &&
    mentionsIn(value).some(({ name }) => template.resources.get(name)?.type === 'AWS::KMS::Key')
  );
}

function servicesOf(type: string, region: string): readonly string[] {
  if (type === 'AWS::Logs::LogGroup') return [`logs.${region}.amazonaws.com`];
  // An alarm publishes to the topic in the name of CloudWatch.
  if (type === 'AWS::SNS::Topic') return ['cloudwatch.amazonaws.com'];
  return [];
}

async function keyCheck(use: KeyUse, what: string, { aws, account }: Prospect): Promise<readonly Check[]> {
  const key = await aws.account.key(use.key);
  const wrong =
    key === undefined ? 'there is no such key in this account and region' : faultOf(key, aws.region);
  if (wrong !== undefined || key === undefined) {
    return [failed(what, wrong ?? '', 'name a symmetric, enabled customer key of this region in the policy')];
  }
  const ready = passed(what, 'it is there, enabled and symmetric');
  if (use.services.size === 0) return [ready];
  const accesses = await attempt(`${what}: who may use it`, async () => {
    const policy = await aws.account.keyPolicy(key.arn);
    return [...use.services].map((service): Check => {
      const verdict = admits(policy, service, account);
      const title = `${what}: ${service}`;
      if (verdict === 'yes') return passed(title, 'its policy lets the service use it');
      if (verdict === 'unknown')
        return unchecked(title, 'its policy has conditions or denials that only AWS can weigh');
      return failed(
        title,
        'its policy does not let the service use it',
        `add a statement for ${service} with kms:Encrypt*, kms:Decrypt*, kms:ReEncrypt*, kms:GenerateDataKey* and kms:Describe*`,
      );
    });
  });
  return [ready, ...accesses];
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
