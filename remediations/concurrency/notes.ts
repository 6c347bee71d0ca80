import type { Facts, ResourceView } from '../../src/remediation.js';
import { availableFor } from './budget.js';

/** What the largest set of functions that can exist at once reserves. */
export function budgetNotes(views: readonly ResourceView[], facts: Facts): readonly string[] {
  if (views.length === 0) return [];
  const reserved = views.map((view) => {
    const values = view
      .read('ReservedConcurrentExecutions')
      .map(({ outcome }) => (outcome.kind === 'value' ? Number(outcome.value) : 0));
    return Math.max(0, ...values.filter(Number.isInteger));
  });
  const sums = facts.coexisting(views).map((set) => ({
    count: set.length,
    sum: set.reduce((sum, member) => sum + (reserved[member] ?? 0), 0),
  }));
  const largest = sums.reduce((left, right) => (right.sum > left.sum ? right : left), { count: 0, sum: 0 });
  const { concurrencyLimit, concurrencyLimitIsKnown } = facts.settings;
  const limit = `${concurrencyLimitIsKnown ? 'limit' : 'assumed limit'} ${concurrencyLimit}`;
  return [
    `concurrency: of ${views.length} functions at most ${largest.count} exist at once in the combination that reserves most, ${largest.sum} of ${availableFor(facts)} executions (${limit})`,
  ];
}
