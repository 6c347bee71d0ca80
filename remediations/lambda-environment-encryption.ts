import { notApplicable, resourceRemediation, z } from '../src/remediation.js';

const target = z.strictObject({});

export const lambdaEnvironmentEncryption = resourceRemediation({
  id: 'lambda-environment-encryption',
  title: 'Environment variables of functions are encrypted with a customer-managed key',
  why: 'the key AWS manages can be neither audited, restricted nor revoked by its user',
  guideRisk: 'high',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html'],
  equivalents: { checkov: ['CKV_AWS_173'] },
  appliesTo: ['AWS::Lambda::Function', 'AWS::Serverless::Function'],
  target,
  judge: () => ({ verdict: notApplicable('') }),
});
