import {
  compliant,
  type Facts,
  fixable,
  manual,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  type ServiceUse,
  unknown,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { isOwnKey } from '../kit/encryption-outcomes.js';
import { functionTypes } from '../kit/functions.js';
import { declareLogGroup, ownLogGroup } from '../kit/implicit-log-group.js';
import { openFor } from '../kit/key-access.js';

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
  tryFirst: 'see that new events still arrive in every log group within five minutes',
  checklist: 'customer-managed-keys',
  sources: ['https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html'],
  equivalents: {
    checkov: ['CKV_AWS_158'],
    cfnNag: ['W84'],
    guard: ['CLOUDWATCH_LOG_GROUP_ENCRYPTED'],
    config: ['cloudwatch-log-group-encrypted'],
  },
  appliesTo: ['AWS::Logs::LogGroup', ...functionTypes],
  target,
  judge(view, target, facts) {
    if (view.type !== 'AWS::Logs::LogGroup') return judgeImplicit(view, target.implicitLogGroups, facts);
    const existing = view.expression('KmsKeyId');
    const answer = facts.isCustomerManagedKey(existing, view.stack);
    const use = { by: 'logs', group: view } as const;
    if (answer === 'yes') return { verdict: judgeKey(view, use, facts), current: existing ?? null };
    if (answer === 'unknown') {
      return { verdict: unknown('what its KmsKeyId comes to is not known'), current: existing ?? null };
    }
    const key = facts.encryptionKey(view.stack);
    if ('because' in key) return { verdict: manual(key.because), current: existing ?? null };
    const opened = openFor(key.resource, use, facts);
    if ('because' in opened) return { verdict: manual(opened.because), current: existing ?? null };
    return {
      current: existing ?? null,
      target: key.arn,
      verdict: fixable('it is encrypted with the key of the service', {
        wants: [{ path: ['Properties', 'KmsKeyId'], value: key.arn, accepts: isOwnKey }],
        needs: [...key.needs, ...opened.needs],
        ...aftermath(facts),
      }),
    };
  },
});

/** A function that logs into a group of its own making, which no template can encrypt. */
function judgeImplicit(view: ResourceView, implicit: 'declare' | 'report', facts: Facts) {
  const own = ownLogGroup(view, facts);
  if (own !== undefined) return { verdict: notApplicable(own) };
  const because = 'it logs to a group it makes for itself, without a key and outside the template';
  if (implicit === 'report') return { verdict: manual(because) };
  const key = facts.encryptionKey(view.stack);
  if ('because' in key) return { verdict: manual(`${because}; ${key.because}`) };
  const declared = declareLogGroup(view, { KmsKeyId: key.arn }, facts);
  const group = { stack: view.stack, logicalId: declared.logicalId };
  const opened = openFor(key.resource, { by: 'logs', group }, facts);
  if ('because' in opened) return { verdict: manual(`${because}; ${opened.because}`) };
  return {
    target: key.arn,
    verdict: fixable(because, {
      ...declared,
      needs: [...key.needs, ...declared.needs, ...opened.needs],
      ...aftermath(facts),
    }),
  };
}

/** A group keeps its key, as long as the policy of the key lets CloudWatch Logs use it. */
function judgeKey(view: ResourceView, use: ServiceUse, facts: Facts): Verdict {
  const outcomes = view.read('KmsKeyId').map(({ outcome }) => outcome);
  for (const outcome of outcomes) {
    const { answer, because, needs } =
      outcome.kind === 'resource' ? facts.access(outcome, use) : { answer: 'yes', because: '', needs: [] };
    if (answer !== 'no') continue;
    const fault = `its key is a customer-managed one that CloudWatch Logs cannot use: ${because}`;
    return needs === undefined ? manual(fault) : fixable(fault, { wants: [], needs, ...aftermath(facts) });
  }
  return compliant('its key is a customer-managed one');
}

function aftermath(facts: Facts) {
  const price = facts.settings.prices['kms-10000-requests'] ?? 0;
  return {
    cost: {
      monthlyUsd: null,
      formula: `key requests of CloudWatch Logs x ${price.toFixed(2)} USD per 10,000`,
    },
    leaves: [
      'what is in a log group already stays encrypted as it is; only what comes in later uses the key',
    ],
  };
}
