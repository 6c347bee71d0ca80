import type { Facts, Stack } from '../../src/remediation.js';
import { functionTypes } from '../kit/functions.js';
import { accountMetric } from '../kit/monitoring/account.js';
import { rulesFor } from '../kit/monitoring/missing.js';
import type { Metric, Thresholds } from '../kit/monitoring/rule.js';
import { subjectsIn } from '../kit/monitoring/subjects.js';
import { isWatched, type Watched, watchedBy } from '../kit/monitoring/watched.js';
import type { Shown } from './widgets.js';

/** A metric, and the alarms of the template that watch it. */
export interface Wanted extends Shown {
  readonly alarms: readonly string[];
}

/** Where a line is drawn is for alarms to say; what is looked at is the same wherever it is. */
const anywhere: Thresholds = {
  functionErrors: 1,
  functionErrorPercent: 1,
  functionThrottles: 1,
  functionDurationPercent: 1,
  concurrencyPercent: 1,
  oldestMessageSeconds: 1,
  apiErrorPercent: 1,
  distributionErrorPercent: 1,
  modelLatencySeconds: 1,
  utilizationPercent: 1,
  freeStoragePercent: 1,
  rateFromRequests: 1,
};

/** The metrics somebody is told of, whether or not there are alarms yet. */
export function metricsToShow(stack: Stack, leaveOut: readonly string[], facts: Facts): readonly Wanted[] {
  const all = watchedBy(facts).filter(({ alarm }) => alarm.stack === stack);
  const views = subjectsIn(facts).filter((view) => view.stack === stack);
  const shown = views.flatMap((view): readonly Shown[] => {
    const rules = rulesFor(view, { leaveOut, thresholds: anywhere }, facts);
    return 'because' in rules
      ? []
      : rules.flatMap(({ metrics }) => metrics.map((metric) => ({ view, metric })));
  });
  const isRoot = stack.parents.length === 0;
  const hasFunctions = isRoot && facts.resources(...functionTypes).length > 0;
  const account: readonly Shown[] = hasFunctions ? [{ view: undefined, metric: accountMetric }] : [];
  const isLeftOut = ({ namespace, name }: Metric) => leaveOut.includes(`${namespace} ${name}`);
  return [...shown, ...account]
    .filter(({ metric }) => !isLeftOut(metric))
    .map((each) => ({ ...each, alarms: alarmsOn(each.metric, stack, all) }));
}

function alarmsOn(metric: Metric, stack: Stack, all: readonly Watched[]): readonly string[] {
  return all.filter((watched) => isWatched(metric, stack, [watched])).map(({ alarm }) => alarm.logicalId);
}
