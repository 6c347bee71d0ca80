import type { Facts, ResourceView, Value } from '../../../src/remediation.js';

/** A metric as CloudWatch tells it from others, and how it is summed up over a period. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly statistic: 'Sum' | 'Maximum' | 'Minimum' | 'Average';
  readonly dimensions: readonly Dimension[];
}

export interface Dimension {
  readonly Name: string;
  readonly Value: Value;
}

/** Something about a subject that has to be noticed. */
export interface Rule {
  /** What the logical id of its alarm ends with. */
  readonly suffix: string;
  /** What is the case when the alarm goes off, after the name of the subject: `it is throttled`. */
  readonly description: string;
  /** What it is about: one metric, or those that `value` computes with. */
  readonly metrics: readonly Metric[];
  /** What the metrics are a share of: requests. Comes first in `value`. */
  readonly per?: Metric;
  /** In CloudWatch's metric math, of the ids of the metrics; the metric itself without it. */
  readonly value?: (...ids: readonly string[]) => string;
  readonly comparison: '>=' | '>' | '<';
  readonly threshold: number;
  /** Goes off at the first bad period, when some of the last ones were bad, or when it has been bad all along. */
  readonly timing: 'once' | 'sustained' | 'lasting';
  /** Seconds from the time stamp of a value to its arrival: a call is counted when it began, and known when it is over. */
  readonly lateSeconds?: number;
  /** Missing data means that nothing bad has happened, unless the metric is one that always comes. */
  readonly alwaysComes?: true;
  /** What is wrong lasts until somebody mends it, so the end of it is news as well. */
  readonly tellsRecovery?: true;
  /** The same question to all resources of the type at once. */
  readonly query?: Query;
}

/**
 * A query of CloudWatch Metrics Insights: a time series for each resource that has published, whoever it belongs to.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
 */
export interface Query {
  readonly namespace: string;
  readonly name: string;
  readonly select: 'SUM' | 'MAX' | 'AVG';
  /** Names of all dimensions the metric is published by; the first one tells the resources. */
  readonly by: readonly [string, ...string[]];
  readonly comparison: '>=' | '>';
  readonly threshold: number;
  /** As of a rule, of the latest of all resources. */
  readonly lateSeconds?: number;
}

/** Rules for a subject, or why it cannot be watched from this template, or need not be. */
export type Rules = readonly Rule[] | { readonly because: string; readonly isNoMatter?: true };

export interface Thresholds {
  readonly functionErrors: number;
  readonly functionErrorPercent: number;
  readonly functionThrottles: number;
  readonly functionDurationPercent: number;
  readonly concurrencyPercent: number;
  readonly oldestMessageSeconds: number;
  readonly waitingMessages: number;
  readonly apiErrorPercent: number;
  readonly distributionErrorPercent: number;
  readonly modelLatencySeconds: number;
  readonly modelThrottles: number;
  readonly modelErrors: number;
  readonly utilizationPercent: number;
  readonly freeStoragePercent: number;
  readonly rateFromRequests: number;
}

/** What rules are made from, beside the subject. */
export interface Watch {
  readonly thresholds: Thresholds;
  readonly facts: Facts;
  /** Logical ids of the queues of the template that failures are sent to. */
  isForFailures(queue: ResourceView): boolean;
}

/** Of a resource that metrics tell by one dimension. */
export function metricsBy(
  namespace: string,
  dimensions: readonly Dimension[],
): (name: string, statistic: Metric['statistic']) => Metric {
  return (name, statistic) => ({ namespace, name, statistic, dimensions });
}

export function count(suffix: string, description: string, metric: Metric, threshold = 1): Rule {
  return { suffix, description, metrics: [metric], comparison: '>=', threshold, timing: 'once' };
}

/** One count of several metrics: any of them is what the alarm is about. */
export function countOfAll(
  suffix: string,
  description: string,
  metrics: readonly Metric[],
  threshold = 1,
): Rule {
  return {
    suffix,
    description,
    metrics,
    value: (...ids) => sumOf(ids),
    comparison: '>=',
    threshold,
    timing: 'once',
  };
}

/**
 * Failures in percent of requests. Few requests count as if there had been `fromRequests`, so that one failure of two
 * is not half of everything, and a service that fails for its few callers is noticed all the same.
 */
export function failureRate(
  rule: Pick<Rule, 'suffix' | 'description' | 'threshold'>,
  requests: Metric,
  failures: readonly Metric[],
  fromRequests: number,
): Rule {
  return {
    ...rule,
    metrics: failures,
    per: requests,
    value: (all = '', ...failed) => {
      const share = `100 * ${sumOf(failed)}`;
      return `IF(${all} >= ${fromRequests}, ${share} / ${all}, ${share} / ${fromRequests})`;
    },
    comparison: '>',
    timing: 'sustained',
  };
}

/**
 * What has no data counts as nothing: some services publish a kind of failure only when there is one. `SUM` leaves out a
 * metric that has never been published, where `+` would give nothing at all.
 */
function sumOf(ids: readonly string[]): string {
  return filled(ids.length === 1 ? ids.join('') : `SUM([${ids.join(', ')}])`);
}

export function filled(id: string): string {
  return id.startsWith('FILL(') ? id : `FILL(${id}, 0)`;
}

/** Shares of limits as CloudWatch takes them, without the digits a division leaves. */
export function share(percent: number, of: number): number {
  return Math.round(percent * of) / 100;
}
