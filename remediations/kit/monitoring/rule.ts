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

/** Something about a subject that somebody should be told of. */
export interface Rule {
  /** What the logical id of its alarm ends with. */
  readonly suffix: string;
  /** What is the case when the alarm goes off, after the name of the subject: `it is throttled`. */
  readonly description: string;
  /** One, or those that `value` computes with. */
  readonly metrics: readonly Metric[];
  /** In CloudWatch's metric math, of the ids of the metrics; the metric itself without it. */
  readonly value?: (...ids: readonly string[]) => string;
  readonly comparison: '>=' | '>' | '<';
  readonly threshold: number;
  /** Goes off at the first bad period, or when some of the last ones were bad. */
  readonly timing: 'once' | 'sustained';
  /** Missing data means that nothing bad has happened, unless the metric is one that always comes. */
  readonly alwaysComes?: true;
}

/** Rules for a subject, or why it cannot be watched from this template. */
export type Rules = readonly Rule[] | { readonly because: string };

export interface Thresholds {
  readonly functionErrors: number;
  readonly functionErrorPercent: number;
  readonly functionThrottles: number;
  readonly functionDurationPercent: number;
  readonly concurrencyPercent: number;
  readonly oldestMessageSeconds: number;
  readonly apiErrorPercent: number;
  readonly distributionErrorPercent: number;
  readonly modelLatencySeconds: number;
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
    metrics: [requests, ...failures],
    value: (all = '', ...failed) => {
      const sum = failed.map(filled).join(' + ');
      const share = `100 * ${failed.length === 1 ? sum : `(${sum})`}`;
      return `IF(${all} >= ${fromRequests}, ${share} / ${all}, ${share} / ${fromRequests})`;
    },
    comparison: '>',
    timing: 'sustained',
  };
}

/** Nothing for what has no data: some services count a kind of failure only when there is one. */
export function filled(id: string): string {
  return id.startsWith('FILL(') ? id : `FILL(${id}, 0)`;
}

/** Shares of limits as CloudWatch takes them, without the digits a division leaves. */
export function share(percent: number, of: number): number {
  return Math.round(percent * of) / 100;
}
