import {
  type Amount,
  type Basis,
  compliant,
  type Facts,
  type Fix,
  fixable,
  isEqual,
  isMap,
  type Measure,
  manual,
  notApplicable,
  numberOf,
  type Outcome,
  type ResourceView,
  resourceRemediation,
  unknown,
  type Value,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { outsideArn } from '../kit/companions.js';
import { declareLogGroup, newGroupId, ownLogGroup, selfLogging, verdictOnOwn } from '../kit/log-groups.js';
import { outcomesAt, refersTo, rulesAbout, says, variantWithout, wholeNumber } from '../kit/values.js';

const range = z
  .strictObject({
    minimumDays: z.int().min(1).max(3653).describe('shortest retention, in days'),
    maximumDays: z.int().min(1).max(3653).describe('longest retention, in days'),
  })
  .refine(
    ({ minimumDays, maximumDays }) => minimumDays <= maximumDays,
    'minimumDays must not be above maximumDays',
  );

const target = z.strictObject({
  ranges: z
    .strictObject({
      application: range.describe('log groups of the application'),
      'audit-security': range.describe('log groups that record access, sign-in or changes'),
      debug: range.describe('log groups of debugging and test tools'),
      development: range.describe('log groups of development and test stacks'),
    })
    .describe('retention by class of log group, in days'),
  neverExpire: z
    .enum(['fail', 'allow'])
    .describe('whether a log group without retention, which keeps logs for ever, passes'),
  implicitLogGroups: z
    .enum(['declare', 'report'])
    .describe(
      'what happens to the log group that is auto-created for a function or build outside the template',
    ),
  archive: z
    .strictObject({
      destinationArn: z
        .string()
        .regex(
          /^arn:aws[a-z-]*:(?:firehose|kinesis|logs):/,
          'a Firehose or Kinesis stream, or a destination of CloudWatch Logs, is named by its ARN',
        )
        .describe('stream that writes to the archive in Amazon S3, or destination in another account'),
      roleArn: z
        .string()
        .regex(/^arn:aws[a-z-]*:iam:/, 'a role is named by its ARN')
        .optional()
        .describe('role by which CloudWatch Logs writes to the stream; a destination needs none'),
    })
    .optional()
    .describe('where logs of class audit-security are copied to for the long term'),
});

export const logRetention = resourceRemediation({
  id: 'log-retention',
  title: 'Log retention is set',
  why: 'logs that expire early are missing from an investigation, and logs that never expire cost and expose for ever',
  guideRisk: 'medium',
  tryFirst: 'compare the stored bytes of the log groups after a few weeks with what the estimate says',
  checklist: 'kept-logs',
  sources: [
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_66', 'CKV_AWS_338'],
    cfnNag: ['W86'],
    cdkNag: ['CloudWatchLogGroupRetentionPeriod'],
    guard: ['CW_LOGGROUP_RETENTION_PERIOD_CHECK'],
    config: ['cw-loggroup-retention-period-check'],
    securityHub: ['CloudWatch.16'],
    prowler: ['cloudwatch_log_group_retention_policy_specific_days_enabled'],
  },
  ruleScopes: rulesAbout(
    { types: ['AWS::Logs::LogGroup'] },
    ...['CKV_AWS_66', 'CKV_AWS_338', 'W86', 'CloudWatchLogGroupRetentionPeriod'],
    'CW_LOGGROUP_RETENTION_PERIOD_CHECK',
  ),
  appliesTo: ['AWS::Logs::LogGroup', ...selfLogging],
  target,
  judge(view, target, facts) {
    if (view.type !== 'AWS::Logs::LogGroup') return judgeImplicit(view, target, facts);
    const current = view.expression('RetentionInDays') ?? null;
    const fixed = retentionOfClass(view);
    if (fixed !== undefined) return { current, verdict: fixed };
    const { name, basis } = classOf(view, facts);
    const range = target.ranges[name];
    const isRight = (outcome: Outcome) => isWithin(outcome, range, target.neverExpire);
    const outcomes = outcomesAt(view, 'RetentionInDays');
    const isTooLong = (outcome: Outcome) =>
      !isRight(outcome) && (outcome.kind === 'absent' || (numberOf(outcome) ?? 0) > range.maximumDays);
    const isShortened = outcomes.some(isTooLong);
    const days = isShortened ? largestWithin(range) : smallestWithin(range);
    if (days === undefined) {
      return {
        current,
        verdict: manual(`the policy allows ${describe(range)}, and CloudWatch Logs has no such retention`),
      };
    }
    const open = outcomes.find(({ kind }) => kind !== 'value' && kind !== 'absent');
    if (open !== undefined)
      return { current, verdict: unknown('the value of its RetentionInDays is not known') };
    const { usual, others } = facts.choicesOf(view, 'RetentionInDays');
    const isKept = outcomes.every(isRight) || usual.every(isRight);
    const copy = name === 'audit-security' ? archiveOf(view, target.archive, facts) : undefined;
    if (isKept && copy === undefined) {
      const short = others.flatMap(({ parameter, value, outcomes }) => {
        const outcome = outcomes.find((each) => !isRight(each) && !isRefused(each));
        return outcome === undefined ? [] : [{ choice: `${parameter}=${String(value)}`, outcome }];
      });
      const because = `a log group of class ${name} with ${describe(range)}${allowedToo(short)}`;
      return { current, basis, verdict: compliant(because) };
    }
    const lacks = isKept
      ? []
      : [`${shortfall(outcomes, range)}; ${name} log groups are kept ${describe(range)}`];
    const because = [...lacks, ...(copy === undefined ? [] : [copy.because])].join('; ');
    if (copy !== undefined && copy.fix === undefined) return { current, basis, verdict: manual(because) };
    if (copy?.fix !== undefined && isKept) {
      return { current, basis, severity: severities[name], verdict: fixable(because, copy.fix) };
    }
    const fix: Fix = {
      edits: [{ path: ['Properties', 'RetentionInDays'], value: days, isSatisfiedBy: isRight }],
      ...(isShortened && {
        risk: 'review',
        riskBecause: `it deletes events of ${view.logicalId} that are older than ${days} days, for ever and within days`,
      }),
      cost: storageCost(facts, isShortened ? 'less' : 'longer'),
    };
    return {
      current,
      basis,
      target: days,
      severity: severities[name],
      verdict: fixable(because, withArchive(fix, copy?.fix)),
    };
  },
  measure({ ranges }, facts) {
    return retentionMeasure(ranges, facts);
  },
});

const filterType = 'AWS::Logs::SubscriptionFilter';

/** How many a log group takes. @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const mostFilters = 2;

/** Why a log group is not copied to the archive, and the fix where there is one; `undefined` where nothing is to do. */
function archiveOf(
  view: ResourceView,
  archive: Target['archive'],
  facts: Facts,
): { readonly because: string; readonly fix?: Fix } | undefined {
  if (archive === undefined) return undefined;
  const filters = facts
    .usersOf(view, filterType)
    .filter((filter) => filter.stack === view.stack && refersTo(view, filter, 'LogGroupName'));
  const copies = filters.filter((filter) => says(archive.destinationArn, filter, 'DestinationArn'));
  if (facts.isAlwaysWith(copies, view)) return undefined;
  const because = 'its logs are not copied to the archive (archive)';
  if (view.expression('LogGroupClass') !== undefined) {
    return { because: `${because}; only the class STANDARD can be subscribed to` };
  }
  if (filters.length >= mostFilters) {
    return { because: `${because}, and it has ${filters.length} subscriptions, the most it can have` };
  }
  return { because, fix: copyToArchive(view, archive, facts) };
}

function copyToArchive(
  { stack, logicalId, condition }: Pick<ResourceView, 'stack' | 'logicalId' | 'condition'>,
  { destinationArn, roleArn }: NonNullable<Target['archive']>,
  facts: Facts,
): Fix {
  const price = facts.settings.prices['s3-storage-gb-month'] ?? 0;
  const outside = (name: string, what: string, arn: string) =>
    outsideArn(facts.tree, stack, name, `ARN of ${what}`, arn);
  const destination = outside(
    'LogArchiveArn',
    'the stream that writes audit logs to the archive',
    destinationArn,
  );
  const role =
    roleArn === undefined
      ? undefined
      : outside('LogArchiveRoleArn', 'the role by which CloudWatch Logs writes to the archive', roleArn);
  return {
    edits: [],
    companions: [
      ...destination.companions,
      ...(role?.companions ?? []),
      {
        kind: 'resource',
        logicalId: facts.freeId(stack, `${logicalId}Archive`),
        body: {
          Type: filterType,
          ...(condition !== undefined && { Condition: condition }),
          Properties: {
            LogGroupName: { Ref: logicalId },
            FilterPattern: '',
            DestinationArn: destination.value,
            ...(role !== undefined && { RoleArn: role.value }),
          },
        },
      },
    ],
    risk: 'review',
    riskBecause: 'a copy of its logs leaves the log group for the archive, and is paid for by the GB',
    cost: {
      monthlyUsd: null,
      formula: `GB in the archive x ${price.toFixed(3)} USD per GB and month, and what the stream takes for each GB`,
    },
    prerequisites: [
      {
        what: `${destinationArn} is in the Region of the log groups, writes to a bucket, and lets CloudWatch Logs in`,
        check:
          'manual: its policy, or the trust and permissions of roleArn (logs.amazonaws.com; firehose:PutRecord or kinesis:PutRecord)',
      },
    ],
    notes: ['what was logged before is not copied: export it once (aws logs create-export-task)'],
  };
}

/** Both at once, so that what is written needs no second run. */
function withArchive(fix: Fix, copy: Fix | undefined): Fix {
  if (copy === undefined) return fix;
  const cost = [fix, copy].flatMap((each) => each.cost?.formula ?? []).join('; ');
  return {
    ...fix,
    ...copy,
    edits: fix.edits,
    companions: [...(fix.companions ?? []), ...(copy.companions ?? [])],
    riskBecause: [fix, copy].flatMap((each) => each.riskBecause ?? []).join('; '),
    cost: { monthlyUsd: null, formula: cost },
    notes: [...(fix.notes ?? []), ...(copy.notes ?? [])],
  };
}

type Target = z.infer<typeof target>;

/** Evidence of an incident is lost for good; logs for debugging are seldom missed. */
const severities = {
  'audit-security': 'high',
  application: 'medium',
  development: 'low',
  debug: 'low',
} as const;

function judgeImplicit(view: ResourceView, { ranges, implicitLogGroups, archive }: Target, facts: Facts) {
  const own = ownLogGroup(view, facts);
  if (own !== undefined) return { verdict: verdictOnOwn(own, 'which never expires its logs') };
  const because = 'it logs to an auto-created log group, which never expires its logs';
  if (implicitLogGroups === 'report') return { verdict: manual(because) };
  const { name, basis } = classOf(view, facts);
  const range = ranges[name];
  const days = smallestWithin(range);
  if (days === undefined) return { verdict: manual('CloudWatch Logs has no retention the policy allows') };
  const { expression, isShort } = conventionOf(view, range, facts);
  const declared = declareLogGroup(view, { RetentionInDays: expression ?? days }, facts);
  if ('stays' in declared) return { verdict: manual(`${because}; ${declared.stays}`) };
  const { stack, condition } = view;
  const copy =
    name === 'audit-security' && archive !== undefined
      ? copyToArchive({ stack, condition, logicalId: newGroupId(view, facts) }, archive, facts)
      : undefined;
  const fix = withArchive({ ...declared, cost: storageCost(facts, 'longer') }, copy);
  return { target: days, basis, verdict: fixable(because, isShort ? { ...fix, followsOthers: true } : fix) };
}

interface Convention {
  readonly expression: Value | undefined;
  /** It falls short today, and may be raised with the groups that have it. */
  readonly isShort: boolean;
}

/** What the other log groups of the template say, where that is right for this one too. */
function conventionOf(view: ResourceView, range: RetentionRange, facts: Facts): Convention {
  const convention = facts.convention(view.stack, 'AWS::Logs::LogGroup', 'RetentionInDays');
  if (convention === undefined) return { expression: undefined, isShort: false };
  const outcomes = facts
    .resources('AWS::Logs::LogGroup')
    .find((each) => each.stack === view.stack && isEqual(each.expression('RetentionInDays'), convention))
    ?.read('RetentionInDays')
    .map(({ outcome }) => outcome);
  const isRight = outcomes?.every((outcome) => isWithin(outcome, range, 'fail')) === true;
  return { expression: isRight ? convention : undefined, isShort: !isRight && isMap(convention) };
}

/** Groups that only pass events on keep none. */
function retentionOfClass(view: ResourceView): Verdict | undefined {
  const variant = variantWithout(view, 'retention');
  if (variant === undefined) return undefined;
  return variant.isCertain
    ? notApplicable(`it is ${variant.because}`)
    : manual(`it may be ${variant.because}: set RetentionInDays where it is not`);
}

/** CloudWatch Logs takes certain numbers of days only, so that no log group is ever made with another one. */
function isRefused(outcome: Outcome): boolean {
  return outcome.kind !== 'absent' && !possibleDays.includes(numberOf(outcome) ?? 0);
}

/** What the template lets whoever deploys it choose instead. */
function allowedToo(short: readonly { readonly choice: string; readonly outcome: Outcome }[]): string {
  const [first, ...others] = short.map(({ choice, outcome }) => {
    const days = numberOf(outcome);
    const kept = days === undefined ? 'for ever' : `${days} ${days === 1 ? 'day' : 'days'}`;
    return { choice, kept };
  });
  if (first === undefined) return '';
  const said = `, as deployed by default; with ${first.choice} it would keep its logs ${first.kept}`;
  const [second, ...more] = others;
  if (second === undefined) return said;
  return more.length === 0
    ? `${said}, with ${second.choice} ${second.kept}`
    : `${said}, and ${others.length} other allowed values fall short too`;
}

function describe({ minimumDays, maximumDays }: RetentionRange): string {
  return minimumDays === maximumDays ? `${minimumDays} days` : `${minimumDays} to ${maximumDays} days`;
}

function shortfall(outcomes: readonly Outcome[], { minimumDays }: RetentionRange): string {
  if (outcomes.some(({ kind }) => kind === 'absent')) return 'it keeps its logs for ever';
  const days = outcomes.flatMap((outcome) => numberOf(outcome) ?? []);
  if (days.length < outcomes.length) return 'its RetentionInDays is no number';
  const shortest = Math.min(...days);
  return shortest < minimumDays
    ? `it keeps its logs ${shortest} days`
    : `it keeps its logs ${Math.max(...days)} days`;
}

function storageCost(facts: Facts, kept: 'longer' | 'less') {
  const price = facts.settings.prices['logs-storage-gb-month'] ?? 0;
  const gb = kept === 'longer' ? 'GB kept longer' : 'GB no longer kept, saved,';
  return { monthlyUsd: null, formula: `${gb} x ${price.toFixed(2)} USD per GB and month` };
}

interface RetentionRange {
  readonly minimumDays: number;
  readonly maximumDays: number;
}

/** @source https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const possibleDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** For logs that are kept too short a time, or do not exist yet: nothing is deleted by any value. */
export function smallestWithin(range: RetentionRange): number | undefined {
  return within(range)[0];
}

/** For logs that are kept too long a time: every shorter value deletes more of them. */
function largestWithin(range: RetentionRange): number | undefined {
  return within(range).at(-1);
}

function within({ minimumDays, maximumDays }: RetentionRange): readonly number[] {
  return possibleDays.filter((days) => days >= minimumDays && days <= maximumDays);
}

/** Parameters give numbers as text. */
function isWithin(outcome: Outcome, range: RetentionRange, neverExpire: 'fail' | 'allow'): boolean {
  if (outcome.kind === 'absent') return neverExpire === 'allow';
  const days = numberOf(outcome);
  if (days === undefined) return false;
  return possibleDays.includes(days) && days >= range.minimumDays && days <= range.maximumDays;
}

/** The shortest time any log group of a class keeps its logs. */
function retentionMeasure(ranges: RetentionRanges, facts: Facts): readonly Measure[] {
  const kept = new Map<keyof RetentionRanges, Amount['amount'][]>();
  const add = (name: keyof RetentionRanges, days: readonly Amount['amount'][]) =>
    kept.set(name, [...(kept.get(name) ?? []), ...days]);
  for (const view of facts.resources('AWS::Logs::LogGroup')) {
    if (variantWithout(view, 'retention') !== undefined) continue;
    const days = view.read('RetentionInDays').flatMap(({ outcome }): readonly Amount['amount'][] => {
      if (outcome.kind === 'absent') return ['unbounded'];
      const number = wholeNumber(outcome);
      return number === undefined ? [] : [number];
    });
    // Of what nobody can read there is nothing to draw.
    if (days.length > 0) add(classOf(view, facts).name, [shortest(days)]);
  }
  for (const view of facts.resources(...selfLogging)) {
    if (ownLogGroup(view, facts)?.isJudged !== true) add(classOf(view, facts).name, ['unbounded']);
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

/** By what a log group holds. */
type RetentionRanges = Readonly<
  Record<'application' | 'audit-security' | 'debug' | 'development', RetentionRange>
>;

/**
 * By what the group holds, or the one that a function makes for itself; outside production what an application logs is
 * development's.
 */
function classOf(
  view: ResourceView,
  facts: Facts,
): { readonly name: keyof RetentionRanges; readonly basis: Basis } {
  const { class: found, basis } =
    facts.logGroupClass(view.stack, view.logicalId) ?? facts.implicitLogGroupClass(view);
  const { environment } = facts.settings;
  const isDevelopment = found === 'application' && (environment === 'development' || environment === 'test');
  return { name: isDevelopment ? 'development' : found, basis };
}
