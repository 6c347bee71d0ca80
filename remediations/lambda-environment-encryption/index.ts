import { notApplicable, resourceRemediation, z } from '../../src/remediation.js';
import { deployerMayGrant, encryptWith, keyLetsAccountIn } from '../kit/encrypt-with.js';
import { functionTypes, isNothing, nextVersion, outcomesAt, usd } from '../kit/values.js';

const target = z.strictObject({});

export const lambdaEnvironmentEncryption = resourceRemediation({
  id: 'lambda-environment-encryption',
  title: 'Environment variables of functions are encrypted with a customer-managed key',
  why: 'the key AWS manages can be neither audited, restricted nor revoked by its user',
  guideRisk: 'high',
  isSecurity: true,
  tryFirst: 'call every function once from cold: a role or key that is not right shows as KMSAccessDenied',
  checklist: 'customer-managed-keys',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html'],
  equivalents: {
    checkov: ['CKV_AWS_173'],
    kics: ['a7f8ac28-eed1-483d-87c8-4c325f022572'],
    prowler: ['awslambda_function_env_vars_not_encrypted_with_cmk'],
  },
  appliesTo: functionTypes,
  target,
  judge(view, _target, facts) {
    const kind = facts.functionKind(view);
    if (kind.isEdge) return { verdict: notApplicable('it runs at the edge, without variables') };
    const variables = outcomesAt(view, 'Environment', 'Variables');
    if (variables.every(isNothing)) return { verdict: notApplicable('it has no environment variables') };
    const encryption = {
      view,
      path: ['KmsKeyArn'],
      without: 'its environment variables are encrypted with the key AWS manages',
      actions: ['kms:Decrypt'],
    };
    return encryptWith(encryption, facts, (key) => ({
      cost: {
        monthlyUsd: null,
        formula: `cold starts x 1 key request x ${usd('kms-10000-requests', facts)} USD per 10,000, the first 20,000 of a month free`,
      },
      prerequisites: [deployerMayGrant(key), keyLetsAccountIn(key)],
      notes: kind.isVersioned ? [nextVersion] : [],
    }));
  },
});
