import type { Facts, ResourceView } from '../../src/remediation.js';
import { largestAt } from '../kit/values.js';
import type { Member } from './budget.js';
import { copiesOf } from './copies.js';

/** The functions of the tree as the budget sees them; a number nobody can read counts as none. */
export function membersOf(views: readonly ResourceView[], facts: Facts): readonly Member[] {
  const copies = new Map<ResourceView['stack'], number>();
  return views.map((view) => {
    const known = copies.get(view.stack) ?? copiesOf(view.stack, facts);
    copies.set(view.stack, known);
    return { reserved: largestAt(view, 'ReservedConcurrentExecutions') ?? 0, copies: known };
  });
}
