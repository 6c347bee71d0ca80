import { type Amount, type Facts, type Measure, scalarText } from '../../src/remediation.js';
import { functionTypes } from '../kit/functions.js';
import { ownLogGroup } from '../kit/implicit-log-group.js';
import { wholeNumber } from '../kit/values.js';
import { classOf, type RetentionRanges } from './ranges.js';

/** The shortest time any log group of a class keeps its logs. */
export function retentionMeasure(ranges: RetentionRanges, facts: Facts): readonly Measure[] {
  const kept = new Map<keyof RetentionRanges, Amount['amount'][]>();
  const add = (name: keyof RetentionRanges, days: readonly Amount['amount'][]) =>
    kept.set(name, [...(kept.get(name) ?? []), ...days]);
  for (const view of facts.resources('AWS::Logs::LogGroup')) {
    if (view.read('LogGroupClass').some(({ outcome }) => scalarText(outcome) === 'DELIVERY')) continue;
    const days = view.read('RetentionInDays').flatMap(({ outcome }): readonly Amount['amount'][] => {
      if (outcome.kind === 'absent') return ['unbounded'];
      const number = wholeNumber(outcome);
      return number === undefined ? [] : [number];
    });
    // Of what nobody can read there is nothing to draw.
    if (days.length > 0) add(classOf(view, facts), [shortest(days)]);
  }
  for (const view of facts.resources(...functionTypes)) {
    if (ownLogGroup(view, facts) === undefined) add(classOf(view, facts), ['unbounded']);
  }
  if (kept.size === 0) return [];
  return [
    {
      title: 'Shortest retention of log groups by class',
      unit: 'days',
      amounts: [...kept]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([name, days]) => ({
          label: name,
          amount: shortest(days),
          wanted: { minimum: ranges[name].minimumDays, maximum: ranges[name].maximumDays },
          detail: `${days.length} log ${days.length === 1 ? 'group' : 'groups'}`,
        })),
    },
  ];
}

function shortest(days: readonly Amount['amount'][]): Amount['amount'] {
  const bounded = days.filter((each) => each !== 'unbounded');
  return bounded.length === 0 ? 'unbounded' : Math.min(...bounded);
}
