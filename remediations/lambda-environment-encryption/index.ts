import {
  compliant,
  fixable,
  manual,
  notApplicable,
  resourceRemediation,
  unknown,
  z,
} from '../../src/remediation.js';
import { isNothing, isOwnKey } from '../kit/encryption-outcomes.js';
import { functionTypes, nextVersion } from '../kit/functions.js';
import { deployerMayGrant, keyLetsAccountIn } from '../kit/key-prerequisites.js';
import { unusableKey } from './unusable-key.js';

const target = z.strictObject({});

export const lambdaEnvironmentEncryption = resourceRemediation({
  id: 'lambda-environment-encryption',
  title: 'Environment variables of functions are encrypted with a customer-managed key',
  why: 'the key AWS manages can be neither audited, restricted nor revoked by its user',
  guideRisk: 'high',
  tryFirst: 'call every function once from cold: a role or key that is not right shows as KMSAccessDenied',
  checklist: 'customer-managed-keys',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html'],
  equivalents: { checkov: ['CKV_AWS_173'], kics: ['a7f8ac28-eed1-483d-87c8-4c325f022572'] },
  appliesTo: functionTypes,
  target,
  judge(view, _target, facts) {
    const kind = facts.functionKind(view);
    if (kind.isEdge) return { verdict: notApplicable('it runs at the edge, without variables') };
    const variables = view.read('Environment', 'Variables').map(({ outcome }) => outcome);
    if (variables.every(isNothing)) return { verdict: notApplicable('it has no environment variables') };
    const existing = view.expression('KmsKeyArn');
    const answer = facts.isCustomerManagedKey(existing, view.stack);
    const unusable = unusableKey(view, facts);
    if (unusable !== undefined) return { verdict: manual(unusable), current: existing ?? null };
    if (answer === 'yes')
      return { verdict: compliant('its key is a customer-managed one'), current: existing ?? null };
    if (answer === 'unknown') {
      return { verdict: unknown('what its KmsKeyArn comes to is not known'), current: existing ?? null };
    }
    const key = facts.encryptionKey(view.stack);
    if ('because' in key) return { verdict: manual(key.because), current: existing ?? null };
    // Where the key is there only sometimes, so would the encryption be.
    if (key.needs.length === 0 && facts.isCustomerManagedKey(key.arn, view.stack) === 'no') {
      const verdict = manual(
        `${key.description} is there in some deployments only, and whoever wrote the condition knows what the others should use`,
      );
      return { verdict, current: existing ?? null };
    }
    const price = facts.settings.prices['kms-10000-requests'] ?? 0;
    return {
      current: existing ?? null,
      target: key.arn,
      verdict: fixable('its environment variables are encrypted with the key AWS manages', {
        wants: [{ path: ['Properties', 'KmsKeyArn'], value: key.arn, accepts: isOwnKey }],
        needs: [
          ...key.needs,
          { kind: 'permission', logicalId: view.logicalId, actions: ['kms:Decrypt'], resource: key.arn },
        ],
        cost: {
          monthlyUsd: null,
          formula: `cold starts x 1 key request x ${price.toFixed(2)} USD per 10,000, the first 20,000 of a month free`,
        },
        prerequisites: [deployerMayGrant(key), keyLetsAccountIn(key)],
        ...(kind.isVersioned && { leaves: [nextVersion] }),
      }),
    };
  },
});
