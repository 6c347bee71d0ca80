import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  type Judgment,
  manual,
  numberOf,
  type Outcome,
  type Prerequisite,
  type PropertyEdit,
  type ResourceView,
  scalarText,
  treeRemediation,
  unknown,
  z,
} from '../../src/remediation.js';
import { notifiedTopic, topicNamed } from '../kit/monitoring/topic.js';
import { outcomesAt, rulesAbout, says } from '../kit/values.js';

const target = z.strictObject({
  rotationDays: z
    .int()
    .min(90)
    .max(2560)
    .describe('longest time between two rotations of a key, in days; AWS KMS rotates every 365 by itself'),
  deletionWindowDays: z
    .int()
    .min(7)
    .max(30)
    .describe('shortest time in which the deletion of a key can be taken back, in days'),
  topicArn: topicNamed
    .optional()
    .describe(
      'topic that is notified when a key is disabled or scheduled for deletion: its ARN, or from-template for the one that alarms are sent to',
    ),
});

type Target = z.infer<typeof target>;

const keyType = 'AWS::KMS::Key';
const replicaType = 'AWS::KMS::ReplicaKey';

export const kmsKeyHygiene = treeRemediation({
  id: 'kms-key-hygiene',
  title: 'Customer-managed keys rotate, admit no outside principal, and have a deletion window',
  why: 'everything encrypted with a key is as safe as the key: an open policy shares it with every AWS account',
  guideRisk: 'high',
  isSecurity: true,
  tryFirst:
    'look in CloudTrail who uses each key whose policy is narrowed, and see that those outside are meant to stay there',
  checklist: 'customer-managed-keys',
  sources: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_7', 'CKV_AWS_33'],
    cfnNag: ['F19', 'F76'],
    cdkNag: ['AwsSolutions-KMS5', 'KMSBackingKeyRotationEnabled'],
    guard: ['CMK_BACKING_KEY_ROTATION_ENABLED'],
    config: ['cmk-backing-key-rotation-enabled', 'kms-key-policy-no-public-access'],
    securityHub: ['KMS.4', 'KMS.5'],
    prowler: ['kms_cmk_rotation_enabled', 'kms_key_not_publicly_accessible'],
  },
  ruleScopes: {
    // How often a key rotates is nothing to ask of one that may do without rotation.
    ...rulesAbout(
      { types: [keyType], properties: ['EnableKeyRotation', 'RotationPeriodInDays'] },
      ...['CKV_AWS_7', 'F19', 'AwsSolutions-KMS5', 'KMSBackingKeyRotationEnabled'],
      'CMK_BACKING_KEY_ROTATION_ENABLED',
    ),
    ...rulesAbout({ types: [keyType], properties: ['KeyPolicy'] }, 'CKV_AWS_33', 'F76'),
  },
  target,
  judge({ stacks }, target, facts) {
    const keys = facts.resources(keyType, replicaType);
    return [
      ...keys.map((view) => ({
        stack: view.stack,
        logicalId: view.logicalId,
        ...judgeKey(view, target, facts),
      })),
      ...stacks.flatMap((stack) => {
        const own = keys.filter((view) => view.stack === stack).flatMap((view) => forReview(view, facts));
        const because = `key policies that must be narrowed manually: ${own.join('; ')}`;
        return own.length === 0 ? [] : [{ stack, logicalId: null, verdict: manual(because) }];
      }),
    ];
  },
});

/** One thing that is wrong with a key, and what mends it. */
interface Fault {
  readonly because: string;
  readonly edits: readonly PropertyEdit[];
  readonly companions?: readonly Companion[];
  readonly prerequisites?: readonly Prerequisite[];
  /** Why it needs approval. */
  readonly riskBecause?: string;
  /** What it is about, where no edit says it. */
  readonly concerns?: readonly string[];
}

function judgeKey(view: ResourceView, target: Target, facts: Facts): Omit<Judgment, 'stack' | 'logicalId'> {
  const variant = variantOf(view);
  const rotation = variant === 'symmetric' ? rotationFault(view, target) : undefined;
  const watch = watchFault(view, target, facts);
  const faults = [rotation, windowFault(view, target), policyFault(view, facts), watch].flatMap((fault) =>
    fault === undefined || typeof fault === 'string' ? [] : [fault],
  );
  const without = typeof watch === 'string' ? watch : undefined;
  const current = {
    EnableKeyRotation: view.expression('EnableKeyRotation') ?? null,
    PendingWindowInDays: view.expression('PendingWindowInDays') ?? null,
  };
  const rotated = variant === 'symmetric' ? 'it rotates' : rotationOf[variant];
  if (faults.length === 0) {
    if (typeof rotation === 'string')
      return { current, concerns: ['EnableKeyRotation'], verdict: unknown(rotation) };
    if (variant === 'unclear') return { current, verdict: unknown(rotated) };
    const { unread } = facts.openStatements(view);
    if (unread !== undefined) return { current, verdict: unknown(`its policy ${unread}`) };
    if (without !== undefined) return { current, concerns: ['notification'], verdict: manual(without) };
    const policy =
      forReview(view, facts).length > 0
        ? 'what its policy has too much is a finding of the template'
        : 'its policy admits only those it names, or who meet its conditions';
    return { current, verdict: compliant(`${rotated}, and ${policy}`) };
  }
  const risks = faults.flatMap(({ riskBecause }) => riskBecause ?? []);
  const costs = rotation !== undefined && typeof rotation !== 'string';
  return {
    current,
    concerns: faults.flatMap(
      ({ concerns, edits }) => concerns ?? edits.map(({ path: [, name = ''] }) => name),
    ),
    target: { rotationDays: target.rotationDays, deletionWindowDays: target.deletionWindowDays },
    verdict: fixable(faults.map(({ because }) => because).join('; '), {
      edits: faults.flatMap(({ edits }) => edits),
      companions: faults.flatMap(({ companions = [] }) => companions),
      prerequisites: faults.flatMap(({ prerequisites = [] }) => prerequisites),
      ...(risks.length > 0 && { risk: 'review', riskBecause: risks.join('; ') }),
      ...(costs && {
        cost: {
          monthlyUsd: null,
          formula: 'the first two rotations add 1 USD a month each to the price of the key',
        },
      }),
      notes: [
        ...(without === undefined ? [] : [without]),
        ...(variant === 'symmetric' ? [] : [rotated]),
        ...(risks.length > 0
          ? ['services that use the key in their own name need a statement of their own from then on']
          : []),
      ],
    }),
  };
}

/**
 * What AWS KMS rotates by itself: only symmetric encryption keys with material of its own. A replica rotates with its primary key.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kms-key.html
 */
const rotationOf = {
  replica: 'it rotates with its primary key',
  imported: 'its material is imported, and rotates when new material is',
  hmac: 'it is an HMAC key, which AWS KMS does not rotate: a new key must replace it manually',
  asymmetric: 'it is asymmetric, and AWS KMS does not rotate it: a new key must replace it manually',
  disabled: 'it is disabled, which AWS KMS does not rotate: set EnableKeyRotation when it is enabled',
  unclear: 'whether AWS KMS can rotate it depends on values that are not known',
} as const;

type Variant = keyof typeof rotationOf | 'symmetric';

function variantOf(view: ResourceView): Variant {
  if (view.type === replicaType) return 'replica';
  const origins = outcomesAt(view, 'Origin').map((outcome) => textOr(outcome, 'AWS_KMS'));
  const specs = outcomesAt(view, 'KeySpec').map((outcome) => textOr(outcome, 'SYMMETRIC_DEFAULT'));
  if ([...origins, ...specs].includes(undefined)) return 'unclear';
  if (origins.some((origin) => origin !== 'AWS_KMS')) return 'imported';
  const [special] = specs.filter((spec) => spec !== 'SYMMETRIC_DEFAULT');
  if (special !== undefined) return special.startsWith('HMAC') ? 'hmac' : 'asymmetric';
  return says('false', view, 'Enabled') ? 'disabled' : 'symmetric';
}

/** @returns undefined where it is not known */
function textOr(outcome: Outcome, usual: string): string | undefined {
  return outcome.kind === 'absent' ? usual : scalarText(outcome);
}

const everyYear = 365;

/** @returns what is not known, as text */
function rotationFault(view: ResourceView, { rotationDays }: Target): Fault | string | undefined {
  const switches = outcomesAt(view, 'EnableKeyRotation');
  const periods = outcomesAt(view, 'RotationPeriodInDays');
  const isOn = (outcome: Outcome) => scalarText(outcome) === 'true';
  const isOften = (outcome: Outcome) =>
    (outcome.kind === 'absent' ? everyYear : (numberOf(outcome) ?? 0)) <= rotationDays;
  if ([...switches, ...periods].some(({ kind }) => kind === 'unknown')) {
    return 'whether it rotates, and how often, is not known';
  }
  const edits: PropertyEdit[] = [];
  const because: string[] = [];
  if (!switches.every(isOn)) {
    because.push('its material is never replaced (EnableKeyRotation)');
    edits.push({ path: ['Properties', 'EnableKeyRotation'], value: true, isSatisfiedBy: isOn });
  }
  if (!periods.every(isOften)) {
    because.push(`it rotates less often than every ${rotationDays} days`);
    const path = ['Properties', 'RotationPeriodInDays'];
    edits.push({ path, value: rotationDays, isSatisfiedBy: isOften });
  }
  return edits.length === 0 ? undefined : { because: because.join('; '), edits };
}

/** A key that is scheduled for deletion waits 30 days where nothing else is said. */
const longestWindow = 30;

function windowFault(view: ResourceView, { deletionWindowDays }: Target): Fault | undefined {
  const path = ['PendingWindowInDays'];
  const isLong = (outcome: Outcome) =>
    outcome.kind === 'absent' ||
    outcome.kind === 'unknown' ||
    (numberOf(outcome) ?? longestWindow) >= deletionWindowDays;
  const outcomes = outcomesAt(view, ...path);
  if (outcomes.every(isLong)) return undefined;
  return {
    because: `its deletion can be taken back for less than ${deletionWindowDays} days`,
    edits: [{ path: ['Properties', ...path], value: deletionWindowDays, isSatisfiedBy: isLong }],
  };
}

const ruleType = 'AWS::Events::Rule';
const unwatched = 'no one is notified when it is disabled or scheduled for deletion';
const endings = ['DisableKey', 'ScheduleKeyDeletion'];

/**
 * A rule that tells a topic while a deletion can still be taken back; or why there is no topic it could tell.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-creating-cloudwatch-alarm.html
 */
function watchFault(view: ResourceView, { topicArn }: Target, facts: Facts): Fault | string | undefined {
  if (topicArn === undefined) return undefined;
  const rules = facts.resources(ruleType).filter((rule) => watches(rule, view));
  if (facts.isAlwaysWith(rules, view)) return undefined;
  const description = 'ARN of the topic that is notified when a key is disabled or scheduled for deletion';
  const parameter = { name: 'KeyWatchTopicArn', description };
  const topic = notifiedTopic(view.stack, topicArn, 'events', parameter, facts);
  if ('because' in topic) return `${unwatched}: ${topic.because}`;
  const names = [{ Ref: view.logicalId }, { 'Fn::GetAtt': [view.logicalId, 'Arn'] }];
  return {
    because: unwatched,
    concerns: ['notification'],
    edits: [],
    companions: [
      ...topic.companions,
      {
        kind: 'resource',
        logicalId: facts.freeId(view.stack, `${view.logicalId}Watch`),
        body: {
          Type: ruleType,
          ...(view.condition !== undefined && { Condition: view.condition }),
          Properties: {
            Description: `Notifies when ${view.logicalId} is disabled or scheduled for deletion`,
            EventPattern: {
              source: ['aws.kms'],
              'detail-type': ['AWS API Call via CloudTrail'],
              detail: {
                eventSource: ['kms.amazonaws.com'],
                eventName: endings,
                requestParameters: { keyId: names },
              },
            },
            Targets: [{ Id: 'Topic', Arn: topic.value }],
          },
        },
      },
    ],
    prerequisites: [
      ...topic.prerequisites,
      {
        what: 'a trail of the account logs management events that write, in this Region',
        check: 'aws cloudtrail describe-trails; aws cloudtrail get-event-selectors --trail-name TRAIL',
      },
    ],
  };
}

/** A rule on both calls, for this key or for all. */
function watches(rule: ResourceView, key: ResourceView): boolean {
  const pattern = JSON.stringify(rule.expression('EventPattern') ?? '');
  if (!endings.every((name) => pattern.includes(name)) || !pattern.includes('aws.kms')) return false;
  if (rule.expression('State') === 'DISABLED') return false;
  return !pattern.includes('keyId') || (rule.stack === key.stack && pattern.includes(`"${key.logicalId}"`));
}

/**
 * A statement for everybody is kept to the account's own users and roles; those it may have let in from elsewhere are
 * known to nobody but whoever wrote it.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
 */
function policyFault(view: ResourceView, facts: Facts): Fault | undefined {
  const open = facts.openStatements(view).statements.filter(({ opens }) => opens === 'everybody');
  const placed = open.flatMap(({ path, name }) => (path === undefined ? [] : [{ path, name }]));
  if (placed.length === 0) return undefined;
  const names = placed.map(({ name }) => name).join(', ');
  return {
    because: `its policy lets every AWS account in (statement ${names})`,
    edits: placed.map(({ path }) => ({
      path: ['Properties', ...path, 'Condition'],
      value: { StringEquals: { 'kms:CallerAccount': { Ref: 'AWS::AccountId' } } },
      isSatisfiedBy: () => false,
      individual: true,
    })),
    riskBecause: `other accounts and services that use ${view.logicalId} by statement ${names} are shut out`,
  };
}

/** What only whoever wrote a statement can narrow, for reading. */
function forReview(view: ResourceView, facts: Facts): readonly string[] {
  return facts.openStatements(view).statements.flatMap(({ name, opens, path }) => {
    if (opens === 'everybody' && path !== undefined) return [];
    return [`statement ${name} of ${view.logicalId} ${opened[opens]}`];
  });
}

const opened = {
  everybody: 'lets every AWS account in, and is not written out where a condition could be added',
  'everybody-conditionally':
    'is for everyone, under a condition that says nothing of the account (kms:CallerAccount would)',
  'all-but-some': 'lets in all but those it names (NotPrincipal)',
  'service-administration': 'lets a service administer the key (kms:*): name what it needs',
  grants:
    'lets grants be made for anybody: kms:CreateGrant belongs in a statement of its own with kms:GrantIsForAWSResource',
} as const;
