import { notApplicable, resourceRemediation, z } from '../src/remediation.js';

const target = z.strictObject({
  implicitLogGroups: z
    .enum(['declare', 'report'])
    .describe('what happens to the log group a function makes for itself outside the template'),
});

export const logGroupEncryption = resourceRemediation({
  id: 'log-group-encryption',
  title: 'Log groups are encrypted with a customer-managed key',
  why: 'logs repeat the data of the application and would be readable without any key of its owner',
  guideRisk: 'medium',
  sources: ['https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html'],
  equivalents: {
    checkov: ['CKV_AWS_158'],
    cfnNag: ['W84'],
    guard: ['CLOUDWATCH_LOG_GROUP_ENCRYPTED'],
    config: ['cloudwatch-log-group-encrypted'],
  },
  appliesTo: ['AWS::Logs::LogGroup', 'AWS::Lambda::Function', 'AWS::Serverless::Function'],
  target,
  judge: () => ({ verdict: notApplicable('') }),
});
