import { resourceRemediation, z } from '../../src/remediation.js';
import { functionTypes } from '../kit/functions.js';
import { existingTarget } from './existing.js';
import { deadLetterFix } from './fix.js';
import { withoutNeed } from './need.js';

const target = z.strictObject({
  acceptDestination: z
    .boolean()
    .describe('an on-failure destination for asynchronous invocation counts as a dead-letter queue'),
  customResources: z
    .enum(['exempt', 'require'])
    .describe('whether functions that only CloudFormation calls as custom resources need one too'),
  encryption: z
    .enum(['customer-managed-key', 'sqs-managed'])
    .describe(
      'key of a new queue: the one of the template or policy, where there is one; or the one Amazon SQS manages',
    ),
  messageRetentionDays: z.int().min(1).max(14).describe('how long a new queue keeps failed events, in days'),
});

export const lambdaDeadLetterQueue = resourceRemediation({
  id: 'lambda-dead-letter-queue',
  title: 'Functions invoked asynchronously keep their failed events',
  why: 'an event that fails its retries is deleted without a trace unless the function has a dead-letter queue',
  guideRisk: 'medium',
  tryFirst: 'send an event that fails, and see that it arrives in the queue after the retries',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html#invocation-dlq'],
  equivalents: {
    checkov: ['CKV_AWS_116'],
    guard: ['LAMBDA_DLQ_CHECK'],
    config: ['lambda-dlq-check'],
    kics: ['c2eae442-d3ba-4cb1-84ca-1db4f80eae3d', 'cb2f612b-ed42-4ff5-9fb9-255c73d39a18'],
  },
  appliesTo: functionTypes,
  target,
  judge(view, target, facts) {
    const settled =
      withoutNeed(view, target.customResources, facts) ??
      existingTarget(view, target.acceptDestination, facts);
    if (settled !== undefined) return { verdict: settled };
    return deadLetterFix(view, target, facts);
  },
});
