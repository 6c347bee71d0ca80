import {
  compliant,
  type Facts,
  type FunctionClass,
  fixable,
  type Judgement,
  manual,
  notApplicable,
  type Outcome,
  type ResourceView,
  unknown,
  type Verdict,
} from '../../src/remediation.js';
import { wholeNumber } from '../kit/values.js';
import { allot, availableFor, type Claim } from './budget.js';
import { membersOf } from './members.js';
import { type ConcurrencyTarget, type Range, rangeOf } from './range.js';
import { whenThrottled } from './throttling.js';

/** @source https://docs.aws.amazon.com/general/latest/gr/lambda-service.html */
const concurrencyQuota = 'L-B99A9384';

interface Candidate extends Claim {
  readonly view: ResourceView;
  readonly found: FunctionClass;
  readonly range: Range;
  /** Numbers that stay where they stand: in range, or somebody's to change. */
  readonly kept: readonly number[];
  readonly because: string;
}

/** Judges all functions at once, since they share one budget. */
export function judgeConcurrency(
  views: readonly ResourceView[],
  target: ConcurrencyTarget,
  facts: Facts,
): readonly Judgement[] {
  const { settled, granted, wanted } = share(views, target, facts);
  return views.flatMap((view, index): Judgement[] => {
    const outcome = settled[index];
    if (outcome === undefined) return [];
    const { stack, logicalId } = view;
    const current = view.expression('ReservedConcurrentExecutions') ?? null;
    if ('verdict' in outcome) return [{ stack, logicalId, verdict: outcome, current }];
    const executions = granted.get(outcome);
    const verdict =
      executions === undefined ? tooMany(outcome, wanted, facts) : reserve(outcome, executions, facts);
    return [{ stack, logicalId, current, target: executions ?? outcome.minimum, verdict }];
  });
}

/** The functions that the budget does not reach, and what the account would have to allow; none in most accounts. */
export function beyondBudget(
  views: readonly ResourceView[],
  target: ConcurrencyTarget,
  facts: Facts,
): { readonly functions: number; readonly limit: number; readonly command: string } | undefined {
  const { settled, granted, wanted } = share(views, target, facts);
  const functions = settled.filter((each) => 'member' in each && !granted.has(each)).length;
  if (functions === 0) return undefined;
  const limit = limitFor(wanted, facts);
  return { functions, limit, command: increase(limit, facts) };
}

function share(views: readonly ResourceView[], target: ConcurrencyTarget, facts: Facts) {
  const settled = views.map((view, member) => settle(view, member, target, facts));
  const candidates = settled.filter((each): each is Candidate => 'member' in each);
  const keptBy = new Map(candidates.map(({ member, kept }) => [member, Math.max(0, ...kept)]));
  const members = membersOf(views, facts).map((each, index) => ({
    ...each,
    reserved: keptBy.get(index) ?? each.reserved,
  }));
  const { aboveMinimum } = target;
  const raises =
    aboveMinimum === 'always' || (aboveMinimum === 'known-limit' && facts.settings.concurrencyLimitIsKnown);
  const ordered = inOrder(candidates, target, facts);
  const sets = facts.coexisting(views);
  return { settled, ...allot(ordered, members, sets, availableFor(facts), raises) };
}

/** What can be said without the budget, or what is asked of it. */
function settle(
  view: ResourceView,
  member: number,
  target: ConcurrencyTarget,
  facts: Facts,
): Verdict | Candidate {
  const kind = facts.functionKind(view);
  if (kind.isEdge) return notApplicable('it runs at the edge, where concurrency cannot be reserved');
  if (kind.hasCapacityProvider) {
    return unknown('it runs on managed instances, which scale by another setting');
  }
  const found = facts.functionClass(view.stack, view.logicalId);
  if (found === undefined) return unknown('what kind of function it is is not known');
  const range = rangeOf(view, found, target, facts);
  if ('because' in range) return manual(range.because);
  const outcomes = view.read('ReservedConcurrentExecutions').map(({ outcome }) => outcome);
  const isMissing = outcomes.some((outcome) => outcome.kind === 'absent');
  const unclear = outcomes.find((outcome) => outcome.kind !== 'absent' && wholeNumber(outcome) === undefined);
  if (!isMissing && unclear !== undefined) return unknown(whyUnclear(unclear));
  const numbers = numbersOf(outcomes);
  const kept = target.outOfRange === 'report' ? numbers : numbers.filter((each) => isWithin(each, range));
  if (!isMissing && kept.length === numbers.length) return judgeNumbers(numbers, range);
  const { minimum, maximum } = range;
  const because = shortfall(numbers, isMissing, range);
  return { member, minimum, maximum, view, found, range, kept, because };
}

function whyUnclear(outcome: Outcome): string {
  const why = outcome.kind === 'unknown' ? `: ${outcome.because}` : '';
  return `what its ReservedConcurrentExecutions comes to is not known${why}`;
}

function judgeNumbers(numbers: readonly number[], range: Range): Verdict {
  const said = numbers.join(' or ');
  if (numbers.every((each) => isWithin(each, range)))
    return compliant(`it reserves ${said}, inside ${range.text}`);
  if (numbers.includes(0)) {
    return manual(
      'it reserves 0 executions, which switches the function off: its callers fail, its events expire',
    );
  }
  return manual(
    `it reserves ${said}, outside ${range.text}; somebody chose the number, so it is theirs to change (remediations.lambda-reserved-concurrency.outOfRange)`,
  );
}

function numbersOf(outcomes: readonly Outcome[]): readonly number[] {
  return outcomes.flatMap((outcome) => wholeNumber(outcome) ?? []);
}

function isWithin(executions: number, { minimum, maximum }: Range): boolean {
  return executions >= minimum && executions <= maximum;
}

function shortfall(numbers: readonly number[], isMissing: boolean, { text }: Range): string {
  if (numbers.length === 0) return 'it reserves no concurrency';
  const said = `it reserves ${numbers.join(' or ')}`;
  return isMissing ? `${said} in some deployments and nothing in others` : `${said}, outside ${text}`;
}

/** First what the policy puts first, then by type, then as the templates have them. */
function inOrder(
  candidates: readonly Candidate[],
  { priority }: ConcurrencyTarget,
  facts: Facts,
): readonly Candidate[] {
  const byPolicy = ({ view }: Candidate): number => {
    const said = facts.functionPriority(view.stack, view.logicalId);
    return said === 'first' ? 0 : said === 'last' ? 2 : 1;
  };
  const byType = ({ found }: Candidate): number => {
    const rank = priority.indexOf(found.type);
    return rank < 0 ? priority.length : rank;
  };
  return [...candidates].sort(
    (left, right) =>
      byPolicy(left) - byPolicy(right) || byType(left) - byType(right) || left.member - right.member,
  );
}

function reserve(
  { view, found, range, kept, because }: Candidate,
  executions: number,
  facts: Facts,
): Verdict {
  const { concurrencyLimit, concurrencyLimitIsKnown } = facts.settings;
  const assumed = concurrencyLimitIsKnown ? '' : ', which is assumed';
  /** More than the budget has given is not there; what nobody can read is not overwritten. */
  const accepts = (outcome: Outcome): boolean => {
    if (outcome.kind === 'absent') return false;
    const number = wholeNumber(outcome);
    return number === undefined
      ? outcome.kind === 'unknown'
      : kept.includes(number) || (number >= range.minimum && number <= executions);
  };
  const leaves = whenThrottled(view, found, executions, range.askedByQueues, facts);
  return fixable(`${because}; ${found.type} functions get ${range.minimum} to ${range.maximum}`, {
    wants: [
      { path: ['Properties', 'ReservedConcurrentExecutions'], value: executions, accepts, individual: true },
    ],
    cost: { monthlyUsd: 0, formula: 'reserving concurrency is free; it caps what the function can cost' },
    prerequisites: [
      {
        what: `the account allows ${concurrencyLimit} concurrent executions${assumed}, and other stacks reserve no more than the policy says`,
        check: 'aws lambda get-account-settings --query AccountLimit',
      },
    ],
    ...(leaves.length > 0 && { leaves }),
  });
}

function tooMany({ because, minimum }: Candidate, wanted: number, facts: Facts): Verdict {
  const {
    concurrencyLimit,
    concurrencyUnreservedMinimum: unreserved,
    concurrencyReservedElsewhere: elsewhere,
  } = facts.settings;
  const limit = limitFor(wanted, facts);
  return manual(
    `${because}; ${minimum} more exceed the budget of ${availableFor(facts)} (limit ${concurrencyLimit}, ${unreserved} unreserved, ${elsewhere} reserved elsewhere); a limit of ${limit} would fit: ${increase(limit, facts)}`,
  );
}

function limitFor(wanted: number, { settings }: Facts): number {
  return wanted + settings.concurrencyUnreservedMinimum + settings.concurrencyReservedElsewhere;
}

function increase(limit: number, { settings: { region } }: Facts): string {
  const inRegion = region === undefined ? '' : ` --region ${region}`;
  return `aws service-quotas request-service-quota-increase --service-code lambda --quota-code ${concurrencyQuota} --desired-value ${limit}${inRegion}`;
}
