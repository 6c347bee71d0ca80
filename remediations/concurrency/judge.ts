import {
  compliant,
  type Facts,
  type FunctionClass,
  type FunctionType,
  fixable,
  type Judgement,
  manual,
  notApplicable,
  type Outcome,
  type ResourceView,
  unknown,
  type Verdict,
} from '../../src/remediation.js';
import { allot, availableFor, type Claim } from './budget.js';

export interface ConcurrencyRange {
  readonly minimum: number;
  readonly maximum: number;
}

export interface ConcurrencyTarget {
  readonly ranges: Readonly<Record<FunctionType, ConcurrencyRange>>;
  readonly priority: readonly FunctionType[];
  readonly aboveMinimum: 'never' | 'known-limit' | 'always';
  readonly outOfRange: 'report' | 'change';
}

/** @source https://docs.aws.amazon.com/general/latest/gr/lambda-service.html */
const concurrencyQuota = 'L-B99A9384';

/**
 * AWS asks for five at least behind a queue.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const fewestBehindQueue = 5;

interface Candidate extends Claim {
  readonly view: ResourceView;
  readonly found: FunctionClass;
  readonly range: ConcurrencyRange;
  readonly because: string;
}

/** Judges all functions at once, since they share one budget. */
export function judgeConcurrency(
  views: readonly ResourceView[],
  target: ConcurrencyTarget,
  facts: Facts,
): readonly Judgement[] {
  const candidates: Candidate[] = [];
  const settled = new Map<ResourceView, Verdict>();
  const reserved = new Map<number, number>();
  for (const [member, view] of views.entries()) {
    const found = facts.functionClass(view.stack, view.logicalId);
    const outcomes = view.read('ReservedConcurrentExecutions').map(({ outcome }) => outcome);
    reserved.set(member, Math.max(0, ...outcomes.map(executionsOf)));
    const range = found === undefined ? undefined : rangeOf(found, target);
    const verdict = settle(view, outcomes, range, target, facts);
    if (verdict !== undefined) settled.set(view, verdict);
    else if (found !== undefined && range !== undefined) {
      reserved.set(member, 0);
      const because = shortfall(outcomes, range);
      candidates.push({
        member,
        view,
        found,
        range,
        minimum: range.minimum,
        maximum: range.maximum,
        because,
      });
    } else settled.set(view, unknown('what kind of function it is is not known'));
  }
  const ordered = inOrder(candidates, target, facts);
  const { aboveMinimum } = target;
  const raises =
    aboveMinimum === 'always' || (aboveMinimum === 'known-limit' && facts.settings.concurrencyLimitIsKnown);
  const { granted, wanted } = allot(ordered, reserved, facts.coexisting(views), availableFor(facts), raises);
  const byView = new Map(candidates.map((candidate) => [candidate.view, candidate]));
  return views.map((view): Judgement => {
    const { stack, logicalId } = view;
    const current = view.expression('ReservedConcurrentExecutions') ?? null;
    const candidate = byView.get(view);
    const verdict = settled.get(view);
    if (verdict !== undefined) return { stack, logicalId, verdict, current };
    if (candidate === undefined) throw new Error(`${logicalId} has neither verdict nor claim`);
    const executions = granted.get(candidate);
    return {
      stack,
      logicalId,
      current,
      target: executions ?? candidate.minimum,
      verdict:
        executions === undefined ? tooMany(candidate, wanted, facts) : reserve(candidate, executions, facts),
    };
  });
}

function rangeOf({ type, triggers }: FunctionClass, { ranges }: ConcurrencyTarget): ConcurrencyRange {
  const { minimum, maximum } = ranges[type];
  const isPolled = triggers.some(({ source }) => source === 'queue');
  const least = isPolled ? Math.max(minimum, fewestBehindQueue) : minimum;
  return { minimum: least, maximum: Math.max(least, maximum) };
}

function executionsOf(outcome: Outcome): number {
  const executions = outcome.kind === 'value' ? Number(outcome.value) : 0;
  return Number.isInteger(executions) ? executions : 0;
}

/** What can be said without the budget. */
function settle(
  view: ResourceView,
  outcomes: readonly Outcome[],
  range: ConcurrencyRange | undefined,
  { outOfRange }: ConcurrencyTarget,
  facts: Facts,
): Verdict | undefined {
  const kind = facts.functionKind(view);
  if (kind.isEdge) return notApplicable('it runs at the edge, where concurrency cannot be reserved');
  if (kind.hasCapacityProvider)
    return unknown('it runs on managed instances, which scale by another setting');
  if (range === undefined || outcomes.some(({ kind: each }) => each === 'absent')) return undefined;
  if (outcomes.some(({ kind: each }) => each !== 'value')) {
    return unknown('what its ReservedConcurrentExecutions comes to is not known');
  }
  const said = `${range.minimum} to ${range.maximum}`;
  const values = outcomes.map(executionsOf);
  if (values.every((each) => each >= range.minimum && each <= range.maximum)) {
    return compliant(`it reserves ${values.join(' or ')}, inside ${said} for its type`);
  }
  if (outOfRange === 'change') return undefined;
  if (values.includes(0)) return manual('it reserves 0 executions, which switches the function off');
  return manual(
    `it reserves ${values.join(' or ')}, outside ${said} for its type; somebody chose the number, so it is theirs to change (remediations.lambda-reserved-concurrency.outOfRange)`,
  );
}

function shortfall(outcomes: readonly Outcome[], { minimum, maximum }: ConcurrencyRange): string {
  const values = outcomes.filter(({ kind }) => kind === 'value').map(executionsOf);
  if (values.length === 0) return 'it reserves no concurrency';
  return `it reserves ${values.join(' or ')}, outside ${minimum} to ${maximum} for its type`;
}

/** First what the policy puts first, then by type, then as the templates have them. */
function inOrder(
  candidates: readonly Candidate[],
  { priority }: ConcurrencyTarget,
  facts: Facts,
): readonly Candidate[] {
  const rank = ({ view, found }: Candidate): number => {
    const said = facts.functionPriority(view.stack, view.logicalId);
    const type = priority.indexOf(found.type);
    return (said === 'first' ? 0 : said === 'last' ? 2 : 1) * 100 + (type < 0 ? priority.length : type);
  };
  return [...candidates].sort((left, right) => rank(left) - rank(right) || left.member - right.member);
}

function reserve({ found, range, because }: Candidate, executions: number, { settings }: Facts): Verdict {
  const { concurrencyLimit, concurrencyLimitIsKnown } = settings;
  const isTask = found.triggers.some(({ source }) => source === 'state-machine');
  const assumed = concurrencyLimitIsKnown ? '' : ', which is assumed';
  return fixable(`${because}; ${found.type} functions get ${range.minimum} to ${range.maximum}`, {
    wants: [
      {
        path: ['Properties', 'ReservedConcurrentExecutions'],
        value: executions,
        accepts: (outcome) =>
          executionsOf(outcome) >= range.minimum && executionsOf(outcome) <= range.maximum,
        individual: true,
      },
    ],
    cost: { monthlyUsd: 0, formula: 'reserving concurrency is free; it caps what the function can cost' },
    prerequisites: [
      {
        what: `the account allows ${concurrencyLimit} concurrent executions${assumed}, and other stacks reserve no more than the policy says`,
        check: 'aws lambda get-account-settings --query AccountLimit',
      },
    ],
    ...(isTask && {
      leaves: [
        'a task of a state machine that is throttled fails unless it retries Lambda.TooManyRequestsException long enough',
      ],
    }),
  });
}

function tooMany({ because, minimum }: Candidate, wanted: number, facts: Facts): Verdict {
  const {
    concurrencyLimit,
    concurrencyUnreservedMinimum: unreserved,
    concurrencyReservedElsewhere: elsewhere,
  } = facts.settings;
  const limit = wanted + unreserved + elsewhere;
  return manual(
    `${because}, and ${minimum} more exceed the budget of ${availableFor(facts)} (limit ${concurrencyLimit}, ${unreserved} unreserved, ${elsewhere} reserved elsewhere); a limit of ${limit} would fit: aws service-quotas request-service-quota-increase --service-code lambda --quota-code ${concurrencyQuota} --desired-value ${limit}`,
  );
}
