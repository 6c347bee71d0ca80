import {
  type Facts,
  fixable,
  manual,
  type ResourceView,
  resourceRemediation,
  z,
} from '../../src/remediation.js';
import { encryptWith, keyFor, withReason } from '../kit/encrypt-with.js';
import { declareLogGroup, newGroupId, ownLogGroup, selfLogging, verdictOnOwn } from '../kit/log-groups.js';
import { rulesAbout, usd } from '../kit/values.js';

const groupType = 'AWS::Logs::LogGroup';

const target = z.strictObject({
  implicitLogGroups: z
    .enum(['declare', 'report'])
    .describe(
      'what happens to the log group that is auto-created for a function or build outside the template',
    ),
});

export const logGroupEncryption = resourceRemediation({
  id: 'log-group-encryption',
  title: 'Log groups are encrypted with a customer-managed key',
  why: 'logs repeat the data of the application and would be readable without any key of its owner',
  guideRisk: 'medium',
  isSecurity: true,
  tryFirst: 'see that new events still arrive in every log group within five minutes',
  checklist: 'customer-managed-keys',
  sources: ['https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html'],
  equivalents: {
    checkov: ['CKV_AWS_158'],
    cfnNag: ['W84'],
    cdkNag: ['CloudWatchLogGroupEncrypted'],
    guard: ['CLOUDWATCH_LOG_GROUP_ENCRYPTED'],
    config: ['cloudwatch-log-group-encrypted'],
    prowler: ['cloudwatch_log_group_kms_encryption_enabled'],
  },
  ruleScopes: rulesAbout(
    { types: [groupType] },
    ...['CKV_AWS_158', 'W84', 'CloudWatchLogGroupEncrypted', 'CLOUDWATCH_LOG_GROUP_ENCRYPTED'],
  ),
  appliesTo: [groupType, ...selfLogging],
  target,
  judge(view, target, facts) {
    if (view.type !== groupType) return judgeImplicit(view, target.implicitLogGroups, facts);
    const encryption = {
      view,
      path: ['KmsKeyId'],
      without: 'it is encrypted with the key of the service',
      use: { by: 'logs', group: view },
    } as const;
    return encryptWith(encryption, facts, () => aftermath(facts));
  },
});

/** A function or build that logs into a group of its own making, which no template can encrypt. */
function judgeImplicit(view: ResourceView, implicit: 'declare' | 'report', facts: Facts) {
  const own = ownLogGroup(view, facts);
  if (own !== undefined) return { verdict: verdictOnOwn(own, 'which is unencrypted and unmanaged') };
  const because = 'it logs to an auto-created log group: unencrypted and unmanaged';
  if (implicit === 'report') return { verdict: manual(because) };
  const group = { stack: view.stack, logicalId: newGroupId(view, facts) };
  const key = keyFor(view, { type: groupType, use: { by: 'logs', group } }, facts);
  if ('because' in key) return { verdict: manual(`${because}; ${key.because}`, key.decidedBy) };
  const declared = declareLogGroup(view, { KmsKeyId: key.inPlace }, facts);
  if ('stays' in declared) return { verdict: manual(`${because}; ${declared.stays}`) };
  return {
    target: key.inPlace,
    verdict: fixable(withReason(because, key), {
      ...aftermath(facts),
      ...declared,
      companions: [...key.companions, ...declared.companions],
    }),
  };
}

function aftermath(facts: Facts) {
  return {
    cost: {
      monthlyUsd: null,
      formula: `key requests of CloudWatch Logs x ${usd('kms-10000-requests', facts)} USD per 10,000`,
    },
    notes: ['what is in a log group already stays encrypted as it is; only what comes in later uses the key'],
  };
}
