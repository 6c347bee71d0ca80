import { notApplicable, resourceRemediation, z } from '../src/remediation.js';

const range = z
  .strictObject({
    minimumDays: z.int().min(1).max(3653).describe('shortest retention, in days'),
    maximumDays: z.int().min(1).max(3653).describe('longest retention, in days'),
  })
  .refine(({ minimumDays, maximumDays }) => minimumDays <= maximumDays, 'minimumDays must not be above maximumDays');

const target = z.strictObject({
  ranges: z
    .strictObject({
      application: range.describe('log groups of the application'),
      'audit-security': range.describe('log groups that record access, sign-in or changes'),
      debug: range.describe('log groups of debugging and test tools'),
      development: range.describe('log groups of development and test stacks'),
    })
    .describe('retention by class of log group, in days'),
  neverExpire: z.enum(['fail', 'allow']).describe('whether a log group without retention, which keeps logs for ever, passes'),
  implicitLogGroups: z
    .enum(['declare', 'report'])
    .describe('what happens to the log group a function makes for itself outside the template'),
});

export const logRetention = resourceRemediation({
  id: 'log-retention',
  title: 'Log groups keep their logs for a defined time',
  why: 'logs that expire early are missing from an investigation, and logs that never expire cost and expose for ever',
  guideRisk: 'medium',
  sources: ['https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html'],
  equivalents: {
    checkov: ['CKV_AWS_66', 'CKV_AWS_338'],
    cfnNag: ['W86'],
    guard: ['CW_LOGGROUP_RETENTION_PERIOD_CHECK'],
    config: ['cw-loggroup-retention-period-check'],
    securityHub: ['CloudWatch.16'],
  },
  appliesTo: ['AWS::Logs::LogGroup', 'AWS::Lambda::Function', 'AWS::Serverless::Function'],
  target,
  judge: () => ({ verdict: notApplicable('') }),
});
