import { isEqual, type ResourceView, type Value, type ValueMap } from '../../../src/remediation.js';
import { type Dimension, filled, type Metric, type Query, type Rule } from './rule.js';
import { alarmType, namedBy } from './watched.js';

export interface Timing {
  /** How long what happens once is summed up, in seconds. */
  readonly periodSeconds: number;
  /** What has to go on: in how many of the last periods, and how long each is. */
  readonly sustained: { readonly periodSeconds: number; readonly periods: number; readonly alarming: number };
  /** What may be so for a while, but not all the time: for how long, in seconds. */
  readonly thresholds: { readonly oldestMessageSeconds: number };
}

/** A rule with the resource it is about. */
export interface Subject {
  readonly view: ResourceView;
  readonly rule: Rule;
}

/** As many metrics as one alarm computes with. @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html */
export const mostMetrics = 10;

/** @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html */
const mostSecondsOfQuery = 3 * 3600;
const mostSeconds = 24 * 3600;

/** From the end of what is measured to the moment an alarm can see it; CloudWatch promises nothing, two minutes are usual. */
const deliverySeconds = 180;

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
          ...dimensionsOf(only.dimensions),
          Statistic: only.statistic,
          Period: period,
        }
      : {
          Metrics: computed(
            value?.(...allMetrics(rule).map((_, index) => idOf(index))) ?? idOf(0),
            `${view.logicalId}: ${description}`,
            allMetrics(rule),
            period,
          ),
        };
  return resource(view.condition, {
    AlarmDescription: `${view.logicalId}: ${description}`,
    ...what,
    ...evaluated([rule], timing, mostSeconds),
    Threshold: rule.threshold,
    ComparisonOperator: comparisons[rule.comparison],
    TreatMissingData: rule.alwaysComes ? 'missing' : 'notBreaching',
    ...actionsFor(rule, topic),
  });
}

/** One alarm for the same rule of several subjects: it counts how many of them are past their threshold. */
export function alarmForAll(subjects: readonly Subject[], timing: Timing, topic: Value): ValueMap {
  const [first] = subjects;
  if (first === undefined) throw new Error('an alarm is about something');
  const { condition } = first.view;
  const isShared = subjects.every(({ view }) => view.condition === condition);
  const terms: string[] = [];
  const metrics: Metric[] = [];
  for (const { rule, view } of subjects) {
    const ids = allMetrics(rule).map((_, index) => idOf(metrics.length + index));
    metrics.push(...allMetrics(rule).map((metric) => (isShared ? metric : whereThere(metric, view))));
    const value = rule.value?.(...ids) ?? filled(ids[0] ?? '');
    terms.push(`IF(${value} ${rule.comparison} ${rule.threshold}, 1, 0)`);
  }
  const names = subjects.map(({ view }) => view.logicalId).join(', ');
  const { rule } = first;
  return resource(isShared ? condition : undefined, {
    AlarmDescription: `${rule.description} (one of ${names})`,
    // `SUM` leaves out what has never been published, where `+` would give nothing at all.
    Metrics: computed(`SUM([${terms.join(', ')}])`, rule.description, metrics, periodOf(rule, timing)),
    ...evaluated(
      subjects.map((each) => each.rule),
      timing,
      mostSeconds,
    ),
    Threshold: 1,
    ComparisonOperator: comparisons['>='],
    TreatMissingData: 'notBreaching',
    ...actionsFor(rule, topic),
  });
}

/**
 * One alarm for all resources of the account and Region that publish the metric, each with a state of its own.
 * @param rule one of those it takes the place of
 */
export function alarmByQuery(
  { namespace, name, select, by, comparison, threshold, lateSeconds = 0 }: Query,
  rule: Rule,
  timing: Timing,
  topic: Value,
): ValueMap {
  const [group] = by;
  const dimensions = [...by].sort().join(', ');
  const expression = `SELECT ${select}(${name}) FROM SCHEMA("${namespace}", ${dimensions}) GROUP BY ${group} ORDER BY ${select}() DESC`;
  return resource(undefined, {
    AlarmDescription: `${rule.description} (the message names the ${group}; all of this account and Region are watched)`,
    Metrics: [{ Id: 'value', Expression: expression, Period: periodOf(rule, timing), ReturnData: true }],
    ...evaluated([{ ...rule, lateSeconds }], timing, mostSecondsOfQuery),
    Threshold: threshold,
    ComparisonOperator: comparisons[comparison],
    TreatMissingData: 'notBreaching',
    ...actionsFor(rule, topic),
  });
}

/** What is there only under a condition has a name nobody publishes by where it is not. */
function whereThere(metric: Metric, { condition, logicalId }: ResourceView): Metric {
  if (condition === undefined) return metric;
  const dimensions = metric.dimensions.map(({ Name, Value: value }) => ({
    Name,
    Value: namedBy(value)[0] === logicalId ? { 'Fn::If': [condition, value, '-'] } : value,
  }));
  return { ...metric, dimensions };
}

/**
 * Subjects whose rule fits into one alarm: the same rule, ten metrics together at most.
 * @param isTight the conditions of the subjects need not be alike
 */
export function groupSubjects(
  subjects: readonly Subject[],
  isTight = false,
): readonly (readonly Subject[])[] {
  const groups: Subject[][] = [];
  for (const subject of subjects) {
    const room = (group: readonly Subject[]) =>
      mostMetrics - group.reduce((sum, { rule }) => sum + allMetrics(rule).length, 0);
    const fits = ([first, ...others]: readonly Subject[]) =>
      first !== undefined &&
      // What always comes and stays away would be filled up with zeros, which is past a lower bound.
      !subject.rule.alwaysComes &&
      first.view.stack === subject.view.stack &&
      first.view.type === subject.view.type &&
      (isTight || first.view.condition === subject.view.condition) &&
      first.rule.suffix === subject.rule.suffix &&
      isEqual(shapeOf(first.rule), shapeOf(subject.rule)) &&
      room([first, ...others]) >= allMetrics(subject.rule).length;
    const group = groups.find(fits);
    if (group === undefined) groups.push([subject]);
    else group.push(subject);
  }
  return groups;
}

/** What has to be alike; thresholds and dimensions may differ. */
function shapeOf(rule: Rule): Value {
  return [
    rule.comparison,
    rule.timing,
    ...allMetrics(rule).map(({ namespace, name, statistic }) => [namespace, name, statistic]),
  ];
}

/** What a rule computes with, in the order of its `value`. */
export function allMetrics({ per, metrics }: Rule): readonly Metric[] {
  return per === undefined ? metrics : [per, ...metrics];
}

function resource(condition: string | undefined, properties: ValueMap): ValueMap {
  return {
    Type: alarmType,
    // What watches a resource that is not there would wait for data for ever.
    ...(condition !== undefined && { Condition: condition }),
    Properties: properties,
  };
}

/** Topics are told once, when the state changes; that it is over is told where nothing else shows it. */
function actionsFor({ tellsRecovery }: Rule, topic: Value): ValueMap {
  return { AlarmActions: [topic], ...(tellsRecovery && { OKActions: [topic] }) };
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
          ...dimensionsOf(metric.dimensions),
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

function dimensionsOf(dimensions: readonly Dimension[]): ValueMap {
  return { Dimensions: dimensions.map(({ Name, Value: value }) => ({ Name, Value: value })) };
}

function periodOf({ timing }: Rule, { periodSeconds, sustained }: Timing): number {
  return timing === 'sustained' ? sustained.periodSeconds : periodSeconds;
}

/** How many of the last periods are looked at, and how many have to be bad: late values are waited for. */
function evaluated(rules: readonly Rule[], timing: Timing, longest: number): ValueMap {
  const [rule] = rules;
  if (rule === undefined) throw new Error('an alarm is about something');
  const late = Math.max(0, ...rules.map(({ lateSeconds = 0 }) => lateSeconds));
  const period = periodOf(rule, timing);
  const most = Math.max(1, Math.floor(longest / period));
  const of = (wanted: number) => Math.min(most, wanted);
  switch (rule.timing) {
    case 'once':
      return {
        EvaluationPeriods: of(Math.ceil((late + deliverySeconds) / period)),
        DatapointsToAlarm: 1,
      };
    case 'sustained': {
      const { periods, alarming } = timing.sustained;
      return {
        EvaluationPeriods: of(periods + Math.ceil(late / period)),
        DatapointsToAlarm: of(alarming),
      };
    }
    case 'lasting': {
      const periods = of(Math.max(1, Math.ceil(timing.thresholds.oldestMessageSeconds / period)));
      return { EvaluationPeriods: periods, DatapointsToAlarm: periods };
    }
  }
}
