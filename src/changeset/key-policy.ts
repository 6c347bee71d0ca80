import {
  type Admission,
  admitsRole,
  admitsService,
  delegatesToIam,
  deployedPolicy,
} from '../analysis/policies.js';
import { plainText } from '../analysis/policy-texts.js';

/** Who wants to use a key. */
export type KeyUser =
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

interface Place {
  readonly region: string;
  readonly account: string;
}

/**
 * Whether the policy of a deployed key lets somebody use it; a role also through the account's own policies, if the key
 * leaves it to them. A service writes with the key, a role reads at least what was written.
 */
export function keyAdmits(policy: string, user: KeyUser, place: Place): Admission {
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
