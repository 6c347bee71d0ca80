import { isEqual, type ResourceView, type Value, type ValueMap } from '../../../src/remediation.js';
import { filled, type Metric, type Rule } from './rule.js';
import { alarmType } from './watched.js';

export interface Timing {
  /** How long what happens once is summed up, in seconds. */
  readonly periodSeconds: number;
  /** What has to go on: in how many of the last periods, and how long each is. */
  readonly sustained: { readonly periodSeconds: number; readonly periods: number; readonly alarming: number };
}

/** A rule with the resource it is about. */
export interface Subject {
  readonly view: ResourceView;
  readonly rule: Rule;
}

/** As many metrics as one alarm computes with. @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html */
export const mostMetrics = 10;

const comparisons = {
  '>=': 'GreaterThanOrEqualToThreshold',
  '>': 'GreaterThanThreshold',
  '<': 'LessThanThreshold',
} as const;

/** The alarm for one rule of one subject. It has no name of its own, since that could not be changed afterwards. */
export function alarmFor({ view, rule }: Subject, timing: Timing, topic: Value): ValueMap {
  const { metrics, value, description } = rule;
  const [only] = metrics;
  const period = periodOf(rule, timing);
  const what =
    value === undefined && only !== undefined
      ? {
          Namespace: only.namespace,
          MetricName: only.name,
          Dimensions: dimensionsOf(only),
          Statistic: only.statistic,
          Period: period,
        }
      : {
          Metrics: computed(
            value?.(...metrics.map((_, index) => idOf(index))) ?? idOf(0),
            `${view.logicalId}: ${description}`,
            metrics,
            period,
          ),
        };
  return resource(view.condition, {
    AlarmDescription: `${view.logicalId}: ${description}`,
    ...what,
    ...evaluated(rule, timing),
    Threshold: rule.threshold,
    ComparisonOperator: comparisons[rule.comparison],
    TreatMissingData: rule.alwaysComes ? 'missing' : 'notBreaching',
    AlarmActions: [topic],
  });
}

/** One alarm for the same rule of several subjects: it counts how many of them are past their threshold. */
export function alarmForAll(subjects: readonly Subject[], timing: Timing, topic: Value): ValueMap {
  const [first] = subjects;
  if (first === undefined) throw new Error('an alarm is about something');
  const terms: string[] = [];
  const metrics: Metric[] = [];
  for (const { rule } of subjects) {
    const ids = rule.metrics.map((_, index) => filled(idOf(metrics.length + index)));
    metrics.push(...rule.metrics);
    terms.push(`IF(${rule.value?.(...ids) ?? ids[0]} ${rule.comparison} ${rule.threshold}, 1, 0)`);
  }
  const names = subjects.map(({ view }) => view.logicalId).join(', ');
  const description = `${first.rule.description} (one of ${names})`;
  return resource(first.view.condition, {
    AlarmDescription: description,
    Metrics: computed(terms.join(' + '), first.rule.description, metrics, periodOf(first.rule, timing)),
    ...evaluated(first.rule, timing),
    Threshold: 1,
    ComparisonOperator: comparisons['>='],
    TreatMissingData: 'notBreaching',
    AlarmActions: [topic],
  });
}

/** Subjects whose rule fits into one alarm: the same rule, under the same condition, ten metrics together at most. */
export function groupSubjects(subjects: readonly Subject[]): readonly (readonly Subject[])[] {
  const groups: Subject[][] = [];
  for (const subject of subjects) {
    const room = (group: readonly Subject[]) =>
      mostMetrics - group.reduce((sum, { rule }) => sum + rule.metrics.length, 0);
    const fits = ([first, ...others]: readonly Subject[]) =>
      first !== undefined &&
      // What always comes and stays away would be filled up with zeros, which is past a lower bound.
      !subject.rule.alwaysComes &&
      first.view.stack === subject.view.stack &&
      first.view.type === subject.view.type &&
      first.view.condition === subject.view.condition &&
      first.rule.suffix === subject.rule.suffix &&
      isEqual(shapeOf(first.rule), shapeOf(subject.rule)) &&
      room([first, ...others]) >= subject.rule.metrics.length;
    const group = groups.find(fits);
    if (group === undefined) groups.push([subject]);
    else group.push(subject);
  }
  return groups;
}

/** What has to be alike; thresholds and dimensions may differ. */
function shapeOf({ metrics, comparison, timing }: Rule): Value {
  return [
    comparison,
    timing,
    ...metrics.map(({ namespace, name, statistic }) => [namespace, name, statistic]),
  ];
}

function resource(condition: string | undefined, properties: ValueMap): ValueMap {
  return {
    Type: alarmType,
    // What watches a resource that is not there would wait for data for ever.
    ...(condition !== undefined && { Condition: condition }),
    Properties: properties,
  };
}

function computed(expression: string, label: string, metrics: readonly Metric[], period: number): Value {
  return [
    { Id: 'value', Expression: expression, Label: label, ReturnData: true },
    ...metrics.map((metric, index) => ({
      Id: idOf(index),
      MetricStat: {
        Metric: {
          Namespace: metric.namespace,
          MetricName: metric.name,
          Dimensions: dimensionsOf(metric),
        },
        Period: period,
        Stat: metric.statistic,
      },
      ReturnData: false,
    })),
  ];
}

function idOf(index: number): string {
  return `m${index + 1}`;
}

function dimensionsOf({ dimensions }: Metric): Value {
  return dimensions.map(({ Name, Value: value }) => ({ Name, Value: value }));
}

function periodOf({ timing }: Rule, { periodSeconds, sustained }: Timing): number {
  return timing === 'once' ? periodSeconds : sustained.periodSeconds;
}

function evaluated({ timing }: Rule, { sustained }: Timing): ValueMap {
  return timing === 'once'
    ? { EvaluationPeriods: 1, DatapointsToAlarm: 1 }
    : { EvaluationPeriods: sustained.periods, DatapointsToAlarm: sustained.alarming };
}
