import type { Key } from '../../aws-ports.js';
import { type KeyUser, keyAdmits } from '../key-policy.js';
import { attempt, type Check, failed, type Prospect, passed, unchecked } from './check.js';
import { type KeyUse, keyUses } from './key-uses.js';

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
      ? 'the templates have it; mend it in the account first'
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
