import {
  compliant,
  type Facts,
  fixable,
  type Judgment,
  type Measure,
  manual,
  notApplicable,
  type Outcome,
  type ResourceView,
  treeRemediation,
  unknown,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { functionTypes, largestAt, outcomesAt, wholeNumber } from '../kit/values.js';
import {
  availableFor,
  type Candidate,
  type Member,
  membersOf,
  reservedBy,
  type Shared,
  share,
  whenThrottled,
} from './budget.js';
import { type ConcurrencyTarget, limitsOfQueues, type Range, rangeOf } from './range.js';

const executions = z.int().min(1).max(100_000);
const range = z
  .strictObject({
    minimum: executions.describe(
      'smallest reserved concurrency of a function of this type, in executions at once',
    ),
    maximum: executions.describe(
      'largest reserved concurrency of a function of this type, in executions at once',
    ),
  })
  .refine(({ minimum, maximum }) => minimum <= maximum, 'minimum must not be above maximum');
const functionType = z.enum(['high-volume', 'api-handler', 'background', 'administrative']);

const target = z.strictObject({
  ranges: z
    .strictObject({
      'high-volume': range.describe('functions that work once per document, message or record'),
      'api-handler': range.describe('functions with a waiting caller'),
      background: range.describe('functions on a schedule or behind events'),
      administrative: range.describe('functions of deployments and operators'),
    })
    .describe('reserved concurrency by type of function, in executions at once'),
  priority: z
    .array(functionType)
    .min(1)
    .describe('types of functions in the order they are served when the account limit is too small for all'),
  whenShort: z
    .enum(['nothing', 'keep-pool', 'by-priority'])
    .describe(
      'what happens when the account limit is too small for all: nothing is reserved; or functions are served by priority, with `pool` executions or with the least Lambda insists on left for all others (both need approval)',
    ),
  pool: executions.describe(
    'executions at once that stay unreserved with whenShort keep-pool, for functions without a reservation, those of other stacks among them',
  ),
  aboveMinimum: z
    .enum(['never', 'known-limit', 'always'])
    .describe(
      'when what the budget leaves is used to raise functions above their minimum, evenly; `known-limit`: only where the account limit is known',
    ),
  outOfRange: z
    .enum(['report', 'change'])
    .describe('what happens to a value in the template that is outside the range of its type'),
});

export const lambdaReservedConcurrency = treeRemediation({
  id: 'lambda-reserved-concurrency',
  title: 'Functions have reserved concurrency within the account limit',
  why: 'without a limit one busy function takes the concurrency of the whole account, and a runaway one its money',
  guideRisk: 'medium',
  tryFirst:
    'run the load of a busy day and watch Throttles, and the retries of the state machines that call the functions',
  checklist: 'concurrency-limits',
  sources: [
    'https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html',
    'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_115'],
    cfnNag: ['W92'],
    cdkNag: ['LambdaConcurrency'],
    guard: ['LAMBDA_CONCURRENCY_CHECK'],
    config: ['lambda-concurrency-check'],
  },
  target,
  questions: [
    {
      path: ['whenShort'],
      ask: 'The account limit is too low for all functions: what then?',
      choices: {
        nothing: 'reserve nothing',
        'keep-pool': 'reserve by priority, and leave a pool for all others',
        'by-priority': 'reserve by priority, down to the least Lambda leaves unreserved',
      },
    },
  ],
  judge(_tree, target, facts) {
    return judgeConcurrency(facts.resources(...functionTypes), target, facts);
  },
  summarize(_tree, target, facts) {
    return budgetNotes(facts.resources(...functionTypes), target, facts);
  },
  measure(_target, facts) {
    return budgetMeasures(facts.resources(...functionTypes), facts);
  },
});

/** @source https://docs.aws.amazon.com/general/latest/gr/lambda-service.html */
const concurrencyQuota = 'L-B99A9384';

/** Judges all functions at once, since they share one budget. */
function judgeConcurrency(
  views: readonly ResourceView[],
  target: ConcurrencyTarget,
  facts: Facts,
): readonly Judgment[] {
  const shared = shareOf(views, target, facts);
  return views.flatMap((view, index): Judgment[] => {
    const outcome = shared.settled[index];
    if (outcome === undefined) return [];
    const { stack, logicalId } = view;
    const current = view.expression('ReservedConcurrentExecutions') ?? null;
    const basis = facts.functionClass(stack, logicalId)?.basis ?? 'stated';
    if ('verdict' in outcome) return [{ stack, logicalId, verdict: outcome, current, basis }];
    const executions = shared.granted.get(outcome);
    const verdict =
      executions === undefined
        ? beyond(outcome, shared, facts)
        : reserve(outcome, executions, shared.consent, facts);
    return [{ stack, logicalId, current, target: executions ?? outcome.minimum, verdict, basis }];
  });
}

/** The functions that the budget does not reach, and what the account would have to allow; none in most accounts. */
function beyondBudget(
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
  const outcomes = outcomesAt(view, 'ReservedConcurrentExecutions');
  const isMissing = outcomes.some((outcome) => outcome.kind === 'absent');
  const unclear = outcomes.find((outcome) => outcome.kind !== 'absent' && wholeNumber(outcome) === undefined);
  if (!isMissing && unclear !== undefined) return unknown(whyUnclear(unclear));
  const numbers = numbersOf(outcomes);
  if (numbers.includes(0)) return manual(switchedOff);
  const kept = target.outOfRange === 'report' ? numbers : numbers.filter((each) => isWithin(each, range));
  if (!isMissing && kept.length === numbers.length) return judgeNumbers(view, numbers, range);
  const { minimum, maximum } = range;
  const because = shortfall(numbers, isMissing, range);
  const before = Math.max(0, ...numbers.filter((each) => !kept.includes(each)));
  return { member, minimum, maximum, view, found, range, kept, before, because };
}

function whyUnclear(outcome: Outcome): string {
  const why = outcome.kind === 'unknown' ? `: ${outcome.because}` : '';
  return `the value of its ReservedConcurrentExecutions is not known${why}`;
}

/** Somebody switched it off, and nobody but them knows whether it may run again. */
const switchedOff =
  'it reserves 0 executions, which switches the function off: its callers fail, its events expire';

function judgeNumbers(view: ResourceView, numbers: readonly number[], range: Range): Verdict {
  const said = numbers.join(' or ');
  if (!numbers.every((each) => isWithin(each, range))) {
    return manual(
      `it reserves ${said}, outside ${range.text}; the number was chosen, so it is not overwritten (remediations.lambda-reserved-concurrency.outOfRange)`,
    );
  }
  const { asked } = range;
  const limits = limitsOfQueues(view, Math.min(...numbers), asked);
  if (limits.length === 0) return compliant(`it reserves ${said}, inside ${range.text}`);
  const queues = limits.length === 1 ? 'a queue' : `${limits.length} queues`;
  return fixable(
    `it reserves ${said}, inside ${range.text}, but ${queues} may ask for any number of executions at once: messages above are throttled, and count as received`,
    {
      edits: limits,
      cost: free,
      ...(asked.open.length + asked.limited > 1 && {
        risk: 'review',
        riskBecause: 'its queues share what it reserves, and each is held to its share',
      }),
    },
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

const free = { monthlyUsd: 0, formula: 'reserving concurrency is free; it caps what the function can cost' };

function reserve(
  { view, found, range, kept, before, because }: Candidate,
  executions: number,
  consent: string | undefined,
  facts: Facts,
): Verdict {
  const { concurrencyLimit, concurrencyLimitIsKnown } = facts.settings;
  const assumed = concurrencyLimitIsKnown ? '' : ', which is assumed';
  /** More than the budget has given is not there; what nobody can read is not overwritten. */
  const isSatisfiedBy = (outcome: Outcome): boolean => {
    if (outcome.kind === 'absent') return false;
    const number = wholeNumber(outcome);
    return number === undefined
      ? outcome.kind === 'unknown'
      : kept.includes(number) || (number >= range.minimum && number <= executions);
  };
  const throttled = whenThrottled(view, found, executions, range.asked, facts);
  const notes = [...new Set(throttled.map(({ says }) => says))];
  const slower = new Map(
    throttled.flatMap(({ visibility }) =>
      visibility === undefined ? [] : [[visibility.slower, visibility.edit]],
    ),
  );
  const reasons = [
    ...(consent === undefined ? [] : [consent]),
    ...(before > executions
      ? [`it may run ${before} times at once today, and ${executions} times then`]
      : []),
    ...throttled.filter(({ isLess }) => isLess).map(({ says }) => says),
    ...slower.keys(),
  ];
  return fixable(`${because}; ${found.type} functions get ${range.minimum} to ${range.maximum}`, {
    edits: [
      {
        path: ['Properties', 'ReservedConcurrentExecutions'],
        value: executions,
        isSatisfiedBy,
        individual: true,
      },
      ...limitsOfQueues(view, executions, range.asked),
      ...slower.values(),
    ],
    cost: free,
    prerequisites: [
      {
        what: `the account allows ${concurrencyLimit} concurrent executions${assumed}, and other stacks reserve no more than the policy says`,
        check: 'aws lambda get-account-settings --query AccountLimit',
      },
    ],
    ...(reasons.length > 0 && { risk: 'review', riskBecause: reasons.join('; ') }),
    ...(notes.length > 0 && { notes }),
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
  return manual(
    `${because}; ${short}; a limit of ${limit} would fit: ${increase(limit, facts)}`,
    consent === undefined ? ['whenShort'] : [],
  );
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

/** What every set of functions that can be deployed together reserves, beside what there is. */
function budgetMeasures(views: readonly ResourceView[], facts: Facts): readonly Measure[] {
  if (views.length === 0) return [];
  const sets = facts.coexisting(views);
  const sums = reservedBy(sets, membersOf(views, facts));
  const labels = labelsOf(sets, views);
  const { concurrencyLimit, concurrencyLimitIsKnown } = facts.settings;
  const limit = `${concurrencyLimitIsKnown ? 'limit' : 'assumed limit'} ${concurrencyLimit} of the account, less what stays unreserved and what others reserve`;
  return [
    {
      title: 'Reserved concurrency of what can be deployed together',
      unit: 'executions',
      limit: { amount: availableFor(facts), what: limit },
      amounts: sets.map((set, index) => ({
        label: labels[index] ?? '',
        amount: sums[index] ?? 0,
        detail: `${set.length} ${set.length === 1 ? 'function' : 'functions'}`,
      })),
    },
  ];
}

/** A combination is called by what it has and others have not: whole templates where that says it, functions otherwise. */
function labelsOf(sets: readonly (readonly number[])[], views: readonly ResourceView[]): readonly string[] {
  const isEverywhere = (member: number) => sets.every((set) => set.includes(member));
  const ofTemplate = new Map<string, number[]>();
  for (const [index, { stack }] of views.entries()) {
    const { path } = stack.template;
    ofTemplate.set(path, [...(ofTemplate.get(path) ?? []), index]);
  }
  const names = sets.map((set) => {
    const present = new Set(set);
    const own = set.filter((member) => !isEverywhere(member));
    const whole = [...ofTemplate].filter(
      ([, members]) =>
        members.every((each) => present.has(each)) && members.some((each) => own.includes(each)),
    );
    const covered = new Set(whole.flatMap(([, members]) => members));
    const single = own.filter((each) => !covered.has(each)).map((each) => views[each]?.logicalId ?? '');
    const parts = [...whole.map(([path]) => path), ...single.slice(0, mostNamed)];
    if (single.length > mostNamed) parts.push(`${single.length - mostNamed} more`);
    return parts.length === 0 ? 'all functions' : `with ${parts.join(', ')}`;
  });
  // Two sets may differ in what is not named any more.
  return names.map((name, index) => {
    const earlier = names.slice(0, index).filter((each) => each === name).length;
    return earlier === 0 ? name : `${name} (${earlier + 1})`;
  });
}

const mostNamed = 3;

const secondsPerMonth = 2_592_000;
const defaultMemoryMb = 128;

/** What the largest set of functions that can exist at once reserves, and what that can cost. */
function budgetNotes(
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
  const available = `${most} of ${availableFor(facts)} executions (${limit})`;
  return [
    largest.length === views.length
      ? `concurrency: ${views.length === 1 ? '1 function reserves' : `${views.length} functions reserve`} ${available}`
      : `concurrency: not all of ${views.length} functions exist at once; the ${largest.length} that reserve most take ${available}`,
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
