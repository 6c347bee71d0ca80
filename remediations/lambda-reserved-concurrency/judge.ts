import {
  compliant,
  type Facts,
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
import { type ConcurrencyTarget, type Range, rangeOf } from './range.js';
import { type Candidate, type Shared, share } from './share.js';
import { whenThrottled } from './throttling.js';

/** @source https://docs.aws.amazon.com/general/latest/gr/lambda-service.html */
const concurrencyQuota = 'L-B99A9384';

/** Judges all functions at once, since they share one budget. */
export function judgeConcurrency(
  views: readonly ResourceView[],
  target: ConcurrencyTarget,
  facts: Facts,
): readonly Judgement[] {
  const shared = shareOf(views, target, facts);
  return views.flatMap((view, index): Judgement[] => {
    const outcome = shared.settled[index];
    if (outcome === undefined) return [];
    const { stack, logicalId } = view;
    const current = view.expression('ReservedConcurrentExecutions') ?? null;
    if ('verdict' in outcome) return [{ stack, logicalId, verdict: outcome, current }];
    const executions = shared.granted.get(outcome);
    const verdict =
      executions === undefined
        ? beyond(outcome, shared, facts)
        : reserve(outcome, executions, shared.consent, facts);
    return [{ stack, logicalId, current, target: executions ?? outcome.minimum, verdict }];
  });
}

/** The functions that the budget does not reach, and what the account would have to allow; none in most accounts. */
export function beyondBudget(
  views: readonly ResourceView[],
  target: ConcurrencyTarget,
  facts: Facts,
): { readonly functions: number; readonly limit: number; readonly command: string } | undefined {
  const { settled, granted, wanted } = shareOf(views, target, facts);
  const functions = settled.filter((each) => 'member' in each && !granted.has(each)).length;
  if (functions === 0) return undefined;
  const limit = limitFor(wanted, facts);
  return { functions, limit, command: increase(limit, facts) };
}

function shareOf(views: readonly ResourceView[], target: ConcurrencyTarget, facts: Facts): Shared {
  const settled = views.map((view, member) => settle(view, member, target, facts));
  return share(views, settled, target, facts);
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
  if (numbers.includes(0)) return manual(switchedOff);
  const kept = target.outOfRange === 'report' ? numbers : numbers.filter((each) => isWithin(each, range));
  if (!isMissing && kept.length === numbers.length) return judgeNumbers(numbers, range);
  const { minimum, maximum } = range;
  const because = shortfall(numbers, isMissing, range);
  const before = Math.max(0, ...numbers.filter((each) => !kept.includes(each)));
  return { member, minimum, maximum, view, found, range, kept, before, because };
}

function whyUnclear(outcome: Outcome): string {
  const why = outcome.kind === 'unknown' ? `: ${outcome.because}` : '';
  return `what its ReservedConcurrentExecutions comes to is not known${why}`;
}

/** Somebody switched it off, and nobody but them knows whether it may run again. */
const switchedOff =
  'it reserves 0 executions, which switches the function off: its callers fail, its events expire';

function judgeNumbers(numbers: readonly number[], range: Range): Verdict {
  const said = numbers.join(' or ');
  if (numbers.every((each) => isWithin(each, range)))
    return compliant(`it reserves ${said}, inside ${range.text}`);
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

function reserve(
  { view, found, range, kept, before, because }: Candidate,
  executions: number,
  consent: string | undefined,
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
  const throttled = whenThrottled(view, found, executions, range.askedByQueues, facts);
  const leaves = throttled.map(({ says }) => says);
  const reasons = [
    ...(consent === undefined ? [] : [consent]),
    ...(before > executions
      ? [`it may run ${before} times at once today, and ${executions} times then`]
      : []),
    ...throttled.filter(({ isLess }) => isLess).map(({ says }) => says),
  ];
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
    ...(reasons.length > 0 && { risk: 'review', riskBecause: reasons.join('; ') }),
    ...(leaves.length > 0 && { leaves }),
  });
}

function beyond(
  { because, minimum }: Candidate,
  { wanted, available, unreserved, asking, consent }: Shared,
  facts: Facts,
): Verdict {
  const {
    concurrencyLimit,
    concurrencyLimitIsKnown,
    concurrencyReservedElsewhere: elsewhere,
  } = facts.settings;
  const limit = limitFor(wanted, facts);
  const figures = `${concurrencyLimitIsKnown ? 'limit' : 'assumed limit'} ${concurrencyLimit}, ${unreserved} unreserved, ${elsewhere} reserved elsewhere`;
  const short =
    consent === undefined
      ? `${count(asking)} without a reservation bring${asking === 1 ? 's' : ''} the total to ${wanted}, and ${available} can be reserved (${figures}); reserving for some takes from the others, so it needs approval (remediations.lambda-reserved-concurrency.whenShort)`
      : `${minimum} more exceed the budget of ${available} (${figures})`;
  return manual(`${because}; ${short}; a limit of ${limit} would fit: ${increase(limit, facts)}`);
}

function count(functions: number): string {
  return functions === 1 ? '1 function' : `${functions} functions`;
}

function limitFor(wanted: number, { settings }: Facts): number {
  return wanted + settings.concurrencyUnreservedMinimum + settings.concurrencyReservedElsewhere;
}

function increase(limit: number, { settings: { region } }: Facts): string {
  const inRegion = region === undefined ? '' : ` --region ${region}`;
  return `aws service-quotas request-service-quota-increase --service-code lambda --quota-code ${concurrencyQuota} --desired-value ${limit}${inRegion}`;
}
