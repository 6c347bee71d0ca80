import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  type Judgement,
  manual,
  type ResourceView,
  type StackTree,
} from '../../../src/remediation.js';
import { functionTypes, largestAt } from '../values.js';
import { alarmFor } from './alarm.js';
import { type AlarmTarget, costOf, notesOf } from './missing.js';
import { type Metric, type Rule, share } from './rule.js';
import { topicFor } from './topic.js';
import type { Watched } from './watched.js';

const namespace = 'AWS/Lambda';
const name = 'UnreservedConcurrentExecutions';

export const accountMetric: Metric = { namespace, name, statistic: 'Maximum', dimensions: [] };

/** What all functions without a reservation of their own share, in this account and Region; once per stack. */
export function judgeAccount(
  { root }: StackTree,
  target: AlarmTarget,
  facts: Facts,
  all: readonly Watched[],
): readonly Judgement[] {
  const functions = facts.resources(...functionTypes);
  const [first] = functions;
  if (first === undefined || target.leaveOut.includes(`${namespace} ${name}`)) return [];
  const judged = { stack: root, logicalId: null, target: '1 alarm' };
  const isCovered = all.some((watched) => watched.namespace === namespace && watched.name === name);
  if (isCovered) return [{ ...judged, verdict: compliant(`an alarm watches ${name}`) }];
  const because = `no alarm watches the ${name} of the account`;
  const topic = topicFor(root, target, facts);
  if ('because' in topic) return [{ ...judged, verdict: manual(`${because}; ${topic.because}`, ['emails']) }];
  const left = unreserved(functions, facts);
  const rule: Rule = {
    suffix: 'ConcurrencyAlarm',
    description: `functions without a reservation nearly use up the ${left} executions they share`,
    metrics: [accountMetric],
    comparison: '>',
    threshold: share(target.thresholds.concurrencyPercent, left),
    timing: 'sustained',
  };
  const subject = { ...first, stack: root, logicalId: 'Account', condition: undefined } as ResourceView;
  const logicalId = facts.freeId(root, 'AccountConcurrencyAlarm');
  const alarm: Companion = {
    kind: 'resource',
    logicalId,
    body: alarmFor({ view: subject, rule }, target, topic.value),
    in: root,
  };
  const assumed = facts.settings.concurrencyLimitIsKnown
    ? []
    : [
        `its threshold goes by the assumed limit of ${facts.settings.concurrencyLimit} executions (account.concurrencyLimit)`,
      ];
  return [
    {
      ...judged,
      verdict: fixable(because, {
        edits: [],
        companions: [...topic.companions, alarm],
        prerequisites: topic.prerequisites,
        cost: costOf(1, facts),
        notes: [...notesOf(target), ...assumed],
      }),
    },
  ];
}

/** What the largest set of functions that exist at once leaves of the account's limit. */
function unreserved(functions: readonly ResourceView[], facts: Facts): number {
  const { concurrencyLimit, concurrencyReservedElsewhere } = facts.settings;
  const numbers = functions.map((view) => largestAt(view, 'ReservedConcurrentExecutions') ?? 0);
  const sums = facts
    .coexisting(functions)
    .map((members) => members.reduce((sum, index) => sum + (numbers[index] ?? 0), 0));
  return Math.max(concurrencyLimit - concurrencyReservedElsewhere - Math.max(0, ...sums), 1);
}
