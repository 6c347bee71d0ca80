import {
  compliant,
  type Facts,
  fixable,
  isList,
  manual,
  type Need,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  scalarText,
  z,
} from '../src/remediation.js';
import { knownMetrics, subjects } from './alarms/catalogue.js';
import { judgeSubject } from './alarms/subject.js';
import { alarmsMayUse, hasSubscription } from './alarms/topic.js';

const executions = z.int().min(1);
const target = z.strictObject({
  emails: z
    .array(z.email())
    .default([])
    .describe('addresses that are told, where the templates have no topic yet'),
  topicArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:/, 'a topic is named by its ARN')
    .optional()
    .describe('topic outside the templates that alarms are sent to'),
  periodSeconds: z.int().min(60).multipleOf(60).describe('how long a metric is summed up, in seconds'),
  thresholds: z
    .strictObject({
      functionErrors: executions.describe('failed invocations of a function in one period'),
      functionThrottles: executions.describe('throttled invocations of a function in one period'),
      oldestMessageSeconds: executions.describe('age of the oldest message in a queue, in seconds'),
    })
    .describe('values at which an alarm goes off'),
});
type Target = z.infer<typeof target>;

const alarmType = 'AWS::CloudWatch::Alarm';
const topicType = 'AWS::SNS::Topic';

export const cloudwatchAlarms = resourceRemediation({
  id: 'cloudwatch-alarms',
  title: 'Somebody is told when something fails',
  why: 'a failure nobody hears of lasts until a user complains',
  guideRisk: 'medium',
  tryFirst:
    'make one function fail and one message wait, and see that the message reaches whoever should hear it',
  checklist: 'alarms',
  sources: [
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html',
  ],
  equivalents: {
    config: ['cloudwatch-alarm-action-check', 'cloudwatch-alarm-resource-check'],
    securityHub: ['CloudWatch.15'],
  },
  appliesTo: [...Object.keys(subjects), alarmType, topicType],
  target,
  questions: [{ path: ['emails'], ask: 'Who is told when an alarm goes off?', example: 'team@example.com' }],
  judge(view, policy, facts) {
    if (view.type === alarmType) return judgeAlarm(view);
    if (view.type === topicType) return judgeTopic(view, policy, facts);
    return judgeSubject(view, policy, facts);
  },
});

/** An alarm on a metric that does not exist never goes off. */
function judgeAlarm(view: ResourceView) {
  const namespace = view.expression('Namespace');
  const metric = view.expression('MetricName');
  const known = typeof namespace === 'string' ? knownMetrics[namespace] : undefined;
  if (known !== undefined && typeof metric === 'string' && !known.includes(metric)) {
    const because = `${String(namespace)} has no metric ${metric}, so the alarm never goes off`;
    const meant = known.filter((name) => metric.startsWith(name) || name.startsWith(metric));
    const [only] = meant;
    if (only === undefined || meant.length > 1) return { current: metric, verdict: manual(because) };
    return {
      current: metric,
      target: only,
      verdict: fixable(because, {
        wants: [{ path: ['Properties', 'MetricName'], value: only, individual: true }],
        cost: { monthlyUsd: 0, formula: 'the alarm is paid for already' },
      }),
    };
  }
  const actions = view.expression('AlarmActions');
  if (actions === undefined || (isList(actions) && actions.length === 0)) {
    return { verdict: manual('it has no AlarmActions, so it tells nobody') };
  }
  return { verdict: compliant('its metric exists, and it tells somebody') };
}

/** A topic that alarms are sent to: can they reach it, and does anybody listen? */
function judgeTopic(view: ResourceView, { emails }: Target, facts: Facts) {
  const isUsed = facts
    .resources(alarmType)
    .some((alarm) =>
      alarm
        .read('AlarmActions', '0')
        .some(
          ({ outcome }) =>
            outcome.kind === 'resource' &&
            outcome.stack === view.stack &&
            outcome.logicalId === view.logicalId,
        ),
    );
  if (!isUsed) return { verdict: notApplicable('no alarm of the templates is sent to it') };
  const outcomes = view.read('KmsMasterKeyId').map(({ outcome }) => outcome);
  const key = outcomes.find(({ kind }) => kind === 'resource');
  const needs: Need[] = key?.kind === 'resource' ? [...alarmsMayUse({ resource: key }, facts)] : [];
  const isManaged = outcomes.some((outcome) => scalarText(outcome)?.includes('alias/aws/'));
  if (isManaged)
    return { verdict: manual('its key is the one AWS manages, which cannot be opened to CloudWatch') };
  const isHeard = hasSubscription(view, facts);
  if (isHeard && needs.length === 0) return { verdict: compliant('alarms reach it, and somebody listens') };
  const faults = [
    ...(needs.length > 0 ? ['its key does not admit CloudWatch'] : []),
    ...(isHeard ? [] : ['nobody has subscribed to it']),
  ];
  const because = `alarms sent to it are lost: ${faults.join(', and ')}`;
  if (!isHeard && emails.length === 0) {
    return {
      verdict: manual(`${because}; set remediations.cloudwatch-alarms.emails, or subscribe to it by hand`, [
        'emails',
      ]),
    };
  }
  for (const [index, address] of isHeard ? [] : emails.entries()) {
    const logicalId = facts.freeId(
      view.stack,
      `${view.logicalId}Subscription${index === 0 ? '' : index + 1}`,
    );
    const properties = { TopicArn: { Ref: view.logicalId }, Protocol: 'email', Endpoint: address };
    needs.push({
      kind: 'resource',
      logicalId,
      body: { Type: 'AWS::SNS::Subscription', Properties: properties },
    });
  }
  return {
    verdict: fixable(because, {
      wants: [],
      needs,
      cost: { monthlyUsd: 0, formula: 'the first thousand e-mails of a month are free' },
      leaves: isHeard ? [] : ['whoever gets an e-mail has to confirm the subscription once'],
    }),
  };
}
