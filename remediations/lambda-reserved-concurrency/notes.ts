import type { Facts, ResourceView } from '../../src/remediation.js';
import { largestAt } from '../kit/values.js';
import { availableFor, type Member, reservedBy } from './budget.js';
import { beyondBudget } from './judge.js';
import { membersOf } from './members.js';
import type { ConcurrencyTarget } from './range.js';

const secondsPerMonth = 2_592_000;
const defaultMemoryMb = 128;

/** What the largest set of functions that can exist at once reserves, and what that can cost. */
export function budgetNotes(
  views: readonly ResourceView[],
  target: ConcurrencyTarget,
  facts: Facts,
): readonly string[] {
  if (views.length === 0) return [];
  const members = membersOf(views, facts);
  const sets = facts.coexisting(views);
  const sums = reservedBy(sets, members);
  const most = Math.max(0, ...sums);
  const largest = sets[sums.indexOf(most)] ?? [];
  const { concurrencyLimit, concurrencyLimitIsKnown } = facts.settings;
  const limit = `${concurrencyLimitIsKnown ? 'limit' : 'assumed limit'} ${concurrencyLimit}`;
  const unread = views.filter((view, index) => members[index]?.reserved === 0 && isUnclear(view));
  return [
    `concurrency: of ${views.length} functions at most ${largest.length} exist at once in the combination that reserves most, ${most} of ${availableFor(facts)} executions (${limit})`,
    ...limitNote(views, target, facts),
    ...costNote(views, members, largest, facts),
    ...(unread.length === 0
      ? []
      : [
          `concurrency: what ${unread.map(({ logicalId }) => logicalId).join(', ')} reserve${unread.length === 1 ? 's' : ''} is not known and not counted`,
        ]),
  ];
}

function isUnclear(view: ResourceView): boolean {
  return view.read('ReservedConcurrentExecutions').some(({ outcome }) => outcome.kind === 'unknown');
}

/** What to ask AWS for, where the account does not allow enough. */
function limitNote(
  views: readonly ResourceView[],
  target: ConcurrencyTarget,
  facts: Facts,
): readonly string[] {
  const beyond = beyondBudget(views, target, facts);
  if (beyond === undefined) return [];
  const { functions, limit, command } = beyond;
  return [
    `concurrency: ${functions} function${functions === 1 ? ' is' : 's are'} left without a reservation; an account limit of ${limit} would serve all: ${command}`,
  ];
}

/** The worst a month can cost, which is what reserving is for. */
function costNote(
  views: readonly ResourceView[],
  members: readonly Member[],
  set: readonly number[],
  { settings }: Facts,
): readonly string[] {
  const pricePerGbSecond = settings.prices['lambda-gb-second'];
  const memoryGb = set.reduce((sum, index) => {
    const [view, member] = [views[index], members[index]];
    if (view === undefined || member === undefined) return sum;
    const memoryMb = largestAt(view, 'MemorySize') ?? defaultMemoryMb;
    return sum + (member.reserved * member.copies * memoryMb) / 1024;
  }, 0);
  if (pricePerGbSecond === undefined || memoryGb === 0) return [];
  const usd = Math.round(memoryGb * secondsPerMonth * pricePerGbSecond);
  return [
    `concurrency: all of them busy for a whole month would cost ${usd} USD (${Math.round(memoryGb)} GB x ${secondsPerMonth} s x ${pricePerGbSecond} USD), and no more than that`,
  ];
}
