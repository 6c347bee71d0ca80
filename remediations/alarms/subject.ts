import {
  compliant,
  type Facts,
  fixable,
  manual,
  type Need,
  notApplicable,
  type ResourceView,
  type Value,
} from '../../src/remediation.js';
import type { Thresholds, WatchedMetric } from './catalogue.js';
import { watchedMetrics } from './catalogue.js';
import { type TopicTarget, topicFor } from './topic.js';

export interface AlarmTarget extends TopicTarget {
  readonly periodSeconds: number;
  readonly thresholds: Thresholds;
}

/** Whether the metrics of a resource that matter are watched, and the alarms that are missing. */
export function judgeSubject(view: ResourceView, target: AlarmTarget, facts: Facts) {
  if (view.type.endsWith('Function') && facts.functionKind(view).isEdge) {
    return { verdict: notApplicable('it runs at the edge, and its metrics lie in other Regions') };
  }
  const metrics = watchedMetrics(view, target.thresholds, isDeadLetterQueue(view, facts));
  const missing = metrics.filter((metric) => !isWatched(view, metric, facts));
  const names = (list: readonly WatchedMetric[]) => list.map(({ metric }) => metric).join(' and ');
  if (missing.length === 0) return { verdict: compliant(`an alarm watches ${names(metrics)}`) };
  const because = `no alarm watches its ${names(missing)}`;
  const topic = topicFor(view.stack, target, facts);
  if ('because' in topic) return { verdict: manual(`${because}; ${topic.because}`, ['emails']) };
  const price = facts.settings.prices['cloudwatch-alarm-month'] ?? 0;
  return {
    target: names(missing),
    verdict: fixable(because, {
      wants: [],
      needs: [
        ...topic.needs,
        ...missing.map((metric): Need => {
          const logicalId = facts.freeId(view.stack, `${view.logicalId}${metric.suffix}`);
          return {
            kind: 'resource',
            logicalId,
            body: alarm(view, metric, target.periodSeconds, topic.value),
          };
        }),
      ],
      cost: {
        monthlyUsd: Math.round(missing.length * price * 100) / 100,
        formula: `alarms x ${price.toFixed(2)} USD a month`,
      },
      ...(target.emails.length > 0 && {
        leaves: ['whoever gets an e-mail has to confirm the subscription once'],
      }),
    }),
  };
}

function alarm(view: ResourceView, metric: WatchedMetric, period: number, topic: Value) {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    ...(view.condition !== undefined && { Condition: view.condition }),
    Properties: {
      AlarmDescription: `${view.logicalId}: ${metric.description}`,
      Namespace: metric.namespace,
      MetricName: metric.metric,
      Dimensions: metric.dimensions.map(({ Name, Value }) => ({ Name, Value })),
      Statistic: metric.statistic,
      Period: period,
      EvaluationPeriods: metric.periods,
      DatapointsToAlarm: metric.alarming,
      Threshold: metric.threshold,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [topic],
    },
  };
}

/** By an alarm on the metric itself, or by one that computes with it. */
function isWatched(view: ResourceView, { metric }: WatchedMetric, facts: Facts): boolean {
  return facts
    .resources('AWS::CloudWatch::Alarm')
    .filter((alarm) => alarm.stack === view.stack)
    .some((alarm) => {
      const text = JSON.stringify(alarm.properties);
      const isAboutIt = text.includes(`"${view.logicalId}"`) || text.includes(`\${${view.logicalId}`);
      return isAboutIt && text.includes(`"MetricName":"${metric}"`);
    });
}

/** Something sends its failures there: a redrive policy, a function, a rule. */
function isDeadLetterQueue(queue: ResourceView, facts: Facts): boolean {
  const arn = `"Fn::GetAtt":["${queue.logicalId}","Arn"]`;
  const mentions = (value: Value | undefined) => value !== undefined && JSON.stringify(value).includes(arn);
  const isRedrive = facts
    .resources('AWS::SQS::Queue')
    .some((other) => other.stack === queue.stack && mentions(other.expression('RedrivePolicy')));
  const isFunctions = facts
    .resources('AWS::Lambda::Function', 'AWS::Serverless::Function')
    .some(
      (each) =>
        each.stack === queue.stack &&
        (mentions(each.expression('DeadLetterConfig')) || mentions(each.expression('DeadLetterQueue'))),
    );
  return isRedrive || isFunctions;
}
