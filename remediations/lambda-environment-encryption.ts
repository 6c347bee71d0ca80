import {
  compliant,
  fixable,
  manual,
  notApplicable,
  resourceRemediation,
  unknown,
  z,
} from '../src/remediation.js';
import { isNothing, isOwnKey } from './encryption/outcomes.js';
import { functionTypes } from './lambda/functions.js';

const target = z.strictObject({});

export const lambdaEnvironmentEncryption = resourceRemediation({
  id: 'lambda-environment-encryption',
  title: 'Environment variables of functions are encrypted with a customer-managed key',
  why: 'the key AWS manages can be neither audited, restricted nor revoked by its user',
  guideRisk: 'high',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html'],
  equivalents: { checkov: ['CKV_AWS_173'] },
  appliesTo: functionTypes,
  target,
  judge(view, _target, facts) {
    if (facts.functionKind(view).isEdge)
      return { verdict: notApplicable('it runs at the edge, without variables') };
    const variables = view.read('Environment', 'Variables').map(({ outcome }) => outcome);
    if (variables.every(isNothing)) return { verdict: notApplicable('it has no environment variables') };
    const existing = view.expression('KmsKeyArn');
    const answer = facts.isCustomerManagedKey(existing, view.stack);
    if (answer === 'yes')
      return { verdict: compliant('its key is a customer-managed one'), current: existing ?? null };
    if (answer === 'unknown') {
      return { verdict: unknown('what its KmsKeyArn comes to is not known'), current: existing ?? null };
    }
    const key = facts.encryptionKey(view.stack);
    if ('because' in key) return { verdict: manual(key.because), current: existing ?? null };
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
          formula: `cold starts x ${price.toFixed(2)} USD per 10,000 key requests`,
        },
        prerequisites: [
          {
            what: `whoever deploys may call kms:CreateGrant and kms:Encrypt on ${key.description}`,
            check:
              'aws iam simulate-principal-policy --policy-source-arn ROLE --action-names kms:CreateGrant kms:Encrypt --resource-arns KEY',
          },
        ],
      }),
    };
  },
});
