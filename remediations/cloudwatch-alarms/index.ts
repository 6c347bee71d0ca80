import { type ResourceView, treeRemediation, z } from '../../src/remediation.js';
import { judgeAccount } from '../kit/monitoring/account.js';
import { judgeSubjects } from '../kit/monitoring/missing.js';
import { subjectsIn } from '../kit/monitoring/subjects.js';
import { isSentTo, topicType } from '../kit/monitoring/topic.js';
import { alarmType, watchedBy } from '../kit/monitoring/watched.js';
import { judgeExisting } from './existing.js';
import { judgeReachable } from './reachable.js';

const whole = z.int().min(1);
const percent = z.number().positive().max(100);
const seconds = z.int().min(60).multipleOf(60);
const secondsPerDay = 86_400;
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
  grouping: z
    .enum(['each', 'together'])
    .describe('an alarm for each resource, or one for as many as ten metrics hold; the price is the same'),
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
      oldestMessageSeconds: whole.describe('age of the oldest message in a queue, in seconds'),
      apiErrorPercent: percent.describe(
        'answers of an API or load balancer that are errors of its own, in percent',
      ),
      distributionErrorPercent: percent.describe(
        'answers of a distribution that are errors of the origin, in percent',
      ),
      modelLatencySeconds: z.number().positive().describe('time a model takes to answer, in seconds'),
      utilizationPercent: percent.describe('processors and memory in use, in percent'),
      freeStoragePercent: percent.describe('storage of a database that is free, in percent'),
      rateFromRequests: whole.describe(
        'requests in a period that fewer ones count as, where failures are a share',
      ),
    })
    .describe('values at which an alarm goes off'),
});

export const cloudwatchAlarms = treeRemediation({
  id: 'cloudwatch-alarms',
  title: 'Somebody is told when something fails',
  why: 'a failure nobody hears of lasts until a user complains',
  guideRisk: 'medium',
  tryFirst:
    'make one function fail and one message wait, and see that the message reaches whoever should hear it',
  checklist: 'alarms',
  comesAfterOthers: true,
  sources: [
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html',
  ],
  equivalents: {
    guard: ['CLOUDWATCH_ALARM_ACTION_CHECK'],
    config: [
      'cloudwatch-alarm-action-check',
      'cloudwatch-alarm-resource-check',
      'cloudwatch-alarm-settings-check',
      'cloudwatch-alarm-action-enabled-check',
    ],
    securityHub: ['CloudWatch.15', 'CloudWatch.17'],
  },
  target,
  questions: [{ path: ['emails'], ask: 'Who is told when an alarm goes off?', example: 'team@example.com' }],
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
