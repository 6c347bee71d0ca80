import {
  type Access,
  type Companion,
  compliant,
  type Facts,
  fixable,
  type Judgment,
  manual,
  type ResourceView,
  scalarText,
  treeRemediation,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { emailSubscription } from '../kit/companions.js';
import { judgeAccount } from '../kit/monitoring/account.js';
import { subjectsIn } from '../kit/monitoring/catalog.js';
import { judgeSubjects } from '../kit/monitoring/missing.js';
import { isSentTo, listeners, type TopicTarget, topicType } from '../kit/monitoring/topic.js';
import { alarmType, watchedBy } from '../kit/monitoring/watched.js';
import { outcomesAt, rulesAbout, says } from '../kit/values.js';
import { judgeExisting } from './existing.js';

const whole = z.int().min(1);
const percent = z.number().positive().max(100);
const seconds = z.int().min(60).multipleOf(60);
const secondsPerDay = 86_400;
const target = z.strictObject({
  emails: z
    .array(z.email())
    .default([])
    .describe('addresses that are notified, where the templates have no topic yet'),
  topicArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:/, 'a topic is named by its ARN')
    .optional()
    .describe('topic outside the templates that alarms are sent to'),
  grouping: z
    .enum(['each', 'together', 'fleet'])
    .describe(
      'an alarm for each resource; one for as many as ten metrics hold; or one Metrics Insights query for all resources of the account and Region, which is also what takes the place of the other two, with approval, where a template has no room for them (limits.headroomPercent); the price goes by metrics',
    ),
  periodSeconds: seconds.describe('how long what happens once is summed up, in seconds'),
  sustained: z
    .strictObject({
      periodSeconds: seconds.describe('length of a period, in seconds'),
      periods: whole.describe('how many periods are looked at'),
      alarming: whole.describe('how many of them have to be bad'),
    })
    .refine(
      ({ periodSeconds, periods }) => periodSeconds * periods <= secondsPerDay,
      'CloudWatch looks back one day at most',
    )
    .refine(({ periods, alarming }) => alarming <= periods, 'no more periods can be bad than are looked at')
    .describe('when what goes on for a while sets an alarm off'),
  leaveOut: z
    .array(z.string().regex(/^\S+ \S+$/, 'a metric is named by its namespace and name: AWS/Lambda Duration'))
    .describe('metrics that are not watched, by namespace and name'),
  thresholds: z
    .strictObject({
      functionErrors: whole.describe('failed invocations in one period, of functions that are called rarely'),
      functionErrorPercent: percent.describe(
        'failed invocations in percent, of functions that are called often',
      ),
      functionThrottles: whole.describe('throttled invocations of a function in one period'),
      functionDurationPercent: percent.describe('time a function takes, in percent of its timeout'),
      concurrencyPercent: percent.describe('executions at once, in percent of those reserved or left'),
      oldestMessageSeconds: whole.describe(
        'age of the oldest message in a queue or of the oldest record of a stream, in seconds',
      ),
      waitingMessages: whole.describe(
        'messages that wait in a queue for as long as its oldest one may be old',
      ),
      apiErrorPercent: percent.describe(
        'answers of an API or load balancer that are errors of its own, in percent',
      ),
      distributionErrorPercent: percent.describe(
        'answers of a distribution that are errors of the origin, in percent',
      ),
      modelLatencySeconds: z.number().positive().describe('time a model takes to answer, in seconds'),
      modelThrottles: whole.describe('throttled calls of a Bedrock model in one period of `sustained`'),
      modelErrors: whole.describe('failed calls of a Bedrock model in one period of `sustained`'),
      utilizationPercent: percent.describe('processors and memory in use, in percent'),
      freeStoragePercent: percent.describe('storage of a database that is free, in percent'),
      rateFromRequests: whole.describe(
        'requests in a period from which failures are counted as a share; of an API or load balancer fewer ones count as that many, of a function every failure counts then',
      ),
    })
    .describe('values at which an alarm goes off'),
});

export const cloudwatchAlarms = treeRemediation({
  id: 'cloudwatch-alarms',
  title: 'CloudWatch alarms cover failures and notify someone',
  why: 'without an alarm you learn of a failure from a user',
  guideRisk: 'medium',
  tryFirst: 'make one function fail and one message wait, and check that the notification arrives',
  checklist: 'alarms',
  comesAfterOthers: true,
  sources: [
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html',
  ],
  equivalents: {
    cdkNag: ['CloudWatchAlarmAction'],
    guard: ['CLOUDWATCH_ALARM_ACTION_CHECK'],
    config: [
      'cloudwatch-alarm-action-check',
      'cloudwatch-alarm-resource-check',
      'cloudwatch-alarm-settings-check',
      'cloudwatch-alarm-action-enabled-check',
    ],
    securityHub: ['CloudWatch.15', 'CloudWatch.17'],
    prowler: ['cloudwatch_alarm_actions_alarm_state_configured', 'cloudwatch_alarm_actions_enabled'],
  },
  ruleScopes: rulesAbout(
    { types: [alarmType], properties: ['AlarmActions', 'OKActions', 'InsufficientDataActions'] },
    ...['CloudWatchAlarmAction', 'CLOUDWATCH_ALARM_ACTION_CHECK'],
  ),
  target,
  questions: [
    { path: ['emails'], ask: 'Who is notified when an alarm goes off?', example: 'team@example.com' },
  ],
  judge(tree, policy, facts) {
    const watched = watchedBy(facts);
    const topics = facts.resources(topicType);
    const sentTo = topics.filter((topic) => isSentTo(topic, facts));
    return [
      ...facts.resources(alarmType).map((view) => ({ ...at(view), ...judgeExisting(view, policy, facts) })),
      ...sentTo.map((view) => ({ ...at(view), ...judgeReachable(view, policy, facts) })),
      ...judgeSubjects(subjectsIn(facts), policy, facts, watched),
      ...judgeAccount(tree, policy, facts, watched),
    ];
  },
});

function at({ stack, logicalId }: ResourceView) {
  return { stack, logicalId };
}

/** A topic that alarms are sent to: can they reach it, and does anybody listen? */
function judgeReachable(
  view: ResourceView,
  { emails }: TopicTarget,
  facts: Facts,
): Pick<Judgment, 'verdict' | 'target' | 'severity' | 'basis'> {
  const obstacle = obstacleTo(view, facts);
  if (obstacle !== undefined)
    return { severity: 'critical', verdict: manual(`alarms sent to it are lost: ${obstacle}`) };
  const closed = accessesOf(view, facts).filter(({ answer }) => answer === 'no');
  const heard = listeners(view, facts);
  const isHeard = heard === 'always';
  if (isHeard && closed.length === 0)
    return { verdict: compliant('alarms reach it, and it has a subscription') };
  const unheard = {
    always: [],
    sometimes: ['it has a subscription in some deployments only'],
    none: ['it has no subscription'],
  };
  const faults = [...closed.map((each) => each.because), ...unheard[heard]];
  // A policy that keeps CloudWatch out is stated; a subscription may have been made outside the templates.
  const [basis, severity, lost] =
    closed.length > 0
      ? (['stated', 'critical', 'are lost'] as const)
      : (['assumed', 'high', 'reach no one as far as the templates say'] as const);
  const because = `alarms sent to it ${lost}: ${faults.join(', and ')}`;
  if (closed.some(({ companions }) => companions === undefined))
    return { severity, verdict: manual(because) };
  const locked = closed.flatMap(({ companions = [] }) => companions);
  if (!isHeard && emails.length === 0) {
    return {
      severity,
      basis,
      verdict: manual(`${because}; set remediations.cloudwatch-alarms.emails, or subscribe to it yourself`, [
        'emails',
      ]),
    };
  }
  return {
    severity,
    basis,
    target: 'a confirmed subscription',
    verdict: opened(because, [...locked, ...(isHeard ? [] : subscriptions(view, emails, facts))], isHeard),
  };
}

function opened(because: string, companions: readonly Companion[], isHeard: boolean): Verdict {
  return fixable(because, {
    edits: [],
    companions,
    cost: { monthlyUsd: 0, formula: 'the first thousand e-mails of a month are free' },
    notes: isHeard ? [] : ['each recipient must confirm the subscription once'],
  });
}

function obstacleTo(view: ResourceView, facts: Facts): string | undefined {
  const state = facts.keyState(view, ['KmsMasterKeyId']);
  if (state.kind === 'unusable') return state.because;
  const outcomes = outcomesAt(view, 'KmsMasterKeyId');
  if (outcomes.some((outcome) => scalarText(outcome)?.includes('alias/aws/'))) {
    return 'its key is the one AWS manages, which cannot be opened to CloudWatch';
  }
  return says('true', view, 'FifoTopic') ? 'it is a FIFO topic, which alarms cannot be sent to' : undefined;
}

/** Of the policies of the topic and of its key, itself or by an alias. */
function accessesOf(view: ResourceView, facts: Facts): readonly Access[] {
  const keys = view
    .read('KmsMasterKeyId')
    .flatMap(({ outcome }) => (outcome.kind === 'resource' ? [outcome] : []));
  return [...keys, view].map((each) => facts.access(each, { by: 'cloudwatch', to: view }));
}

function subscriptions(view: ResourceView, emails: readonly string[], facts: Facts): readonly Companion[] {
  return emails.map((address, index) => {
    const wanted = `${view.logicalId}Subscription${index === 0 ? '' : index + 1}`;
    const place = { logicalId: facts.freeId(view.stack, wanted), condition: view.condition };
    return emailSubscription(place, view.logicalId, address);
  });
}
