import {
  type Facts,
  isList,
  isMap,
  numberOf,
  type Outcome,
  type ResourceView,
  type RuleScope,
  scalarText,
} from '../../src/remediation.js';

/** What a template says at a place, over all branches the place can have: the one set of readers of the units. */
type PropertyOf = readonly [view: ResourceView, ...path: readonly string[]];

export function outcomesAt(...[view, ...path]: PropertyOf): readonly Outcome[] {
  return view.read(...path).map(({ outcome }) => outcome);
}

/** Absent, empty text or a map without entries. */
export function isNothing(outcome: Outcome): boolean {
  if (outcome.kind === 'absent') return true;
  if (outcome.kind !== 'value') return false;
  return isMap(outcome.value)
    ? Object.keys(outcome.value).length === 0
    : outcome.value === '' || outcome.value === null;
}

/** Something is there in some branch. */
export function isGiven(...place: PropertyOf): boolean {
  return outcomesAt(...place).some(({ kind }) => kind !== 'absent');
}

/** The text in some branch, numbers and booleans as text. */
export function says(wanted: string, ...place: PropertyOf): boolean {
  return outcomesAt(...place).some((outcome) => scalarText(outcome) === wanted);
}

/** The text in every branch. */
export function alwaysSays(wanted: string, ...place: PropertyOf): boolean {
  return outcomesAt(...place).every((outcome) => scalarText(outcome) === wanted);
}

/** The text where there is one only. */
export function textAt(...place: PropertyOf): string | undefined {
  const [first, ...others] = outcomesAt(...place).map(scalarText);
  return others.length === 0 ? first : undefined;
}

/** A whole number, which parameters give as text; `undefined` for anything else. */
export function wholeNumber(outcome: Outcome): number | undefined {
  const number = numberOf(outcome);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function numbersAt(...place: PropertyOf): readonly number[] {
  return outcomesAt(...place).flatMap((outcome) => wholeNumber(outcome) ?? []);
}

/** The largest number in any branch; `undefined` when none is known. */
export function largestAt(...place: PropertyOf): number | undefined {
  const numbers = numbersAt(...place);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/** The smallest number in any branch; `undefined` when none is known. */
export function smallestAt(...place: PropertyOf): number | undefined {
  const numbers = numbersAt(...place);
  return numbers.length === 0 ? undefined : Math.min(...numbers);
}

/**
 * The largest number of all branches; `undefined` where one of them is not known.
 * @param whenAbsent what the service takes where nothing is said
 */
export function largestOfAll(
  view: ResourceView,
  path: readonly string[],
  whenAbsent: number,
): number | undefined {
  const numbers = numbersOfAll(view, path, whenAbsent);
  return numbers && Math.max(...numbers);
}

/** The smallest number of all branches; `undefined` where one of them is not known. */
export function smallestOfAll(
  view: ResourceView,
  path: readonly string[],
  whenAbsent: number | undefined,
): number | undefined {
  const numbers = numbersOfAll(view, path, whenAbsent);
  return numbers && Math.min(...numbers);
}

function numbersOfAll(view: ResourceView, path: readonly string[], whenAbsent: number | undefined) {
  const numbers = outcomesAt(view, ...path).map((outcome) =>
    outcome.kind === 'absent' ? whenAbsent : wholeNumber(outcome),
  );
  return numbers.every((number) => number !== undefined) ? numbers : undefined;
}

/** The paths of the items of a list that is written out. */
export function itemsAt(...[view, ...path]: PropertyOf): readonly (readonly string[])[] {
  const listed = view.expression(...path);
  return isList(listed) ? listed.map((_, index) => [...path, String(index)]) : [];
}

type Named = Pick<ResourceView, 'stack' | 'logicalId'>;

/** Whether an outcome is a resource, by any attribute. */
function isResource(outcome: Outcome, { stack, logicalId }: Named): boolean {
  return outcome.kind === 'resource' && outcome.stack === stack && outcome.logicalId === logicalId;
}

/** The resource is named in some branch. */
export function refersTo(resource: Named, ...place: PropertyOf): boolean {
  return outcomesAt(...place).some((outcome) => isResource(outcome, resource));
}

/** The one resource every branch names. */
export function resourceAt(facts: Facts, ...place: PropertyOf): ResourceView | undefined {
  const [first, ...others] = outcomesAt(...place);
  if (first?.kind !== 'resource' || !others.every((each) => isResource(each, first))) return undefined;
  return facts.resource(first.stack, first.logicalId);
}

/** A price of the policy, for a formula. */
export function usd(name: string, { settings: { prices } }: Facts, digits = 2): string {
  return (prices[name] ?? 0).toFixed(digits);
}

/** The types of functions, of CloudFormation and of SAM. */
export const functionTypes = ['AWS::Lambda::Function', 'AWS::Serverless::Function'] as const;

/** Whether the `FunctionName` of a version, alias, mapping or configuration is this function in every branch. */
export function isOfFunction(resource: ResourceView, view: ResourceView): boolean {
  return outcomesAt(resource, 'FunctionName').every((outcome) => isResource(outcome, view));
}

/** Callers of versions and aliases meet a new setting of the code's environment only with the next version. */
export const nextVersion =
  'who calls a published version or an alias meets the change with the next version that is published';

/**
 * Whether an instance of RDS belongs to a cluster, or may: it says so, or its engine runs in clusters alone. Backups,
 * storage and standbys are the cluster's then.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbinstance.html
 */
export function isClusterMember(view: ResourceView): boolean {
  const isNamed = view.read('DBClusterIdentifier').some(({ outcome }) => outcome.kind !== 'absent');
  const isAurora = view
    .read('Engine')
    .some(({ outcome }) => scalarText(outcome)?.toLowerCase().startsWith('aurora') === true);
  return isNamed || isAurora;
}

/** What all resources of a run ask alike is worked out once per run; of one question, not of a closure. */
export function oncePerRun<Known>(work: (facts: Facts) => Known): (facts: Facts) => Known {
  const known = new WeakMap<Facts, { readonly value: Known }>();
  return (facts) => {
    const kept = known.get(facts) ?? { value: work(facts) };
    known.set(facts, kept);
    return kept.value;
  };
}

/** The same scope for several rules of other tools. */
export function rulesAbout(
  scope: RuleScope,
  ...rules: readonly string[]
): Readonly<Record<string, RuleScope>> {
  return Object.fromEntries(rules.map((rule) => [rule, scope]));
}

/** What a variant of a type can lack. */
type Capability = 'retention' | 'standby' | 'second-instance' | 'aborted-executions';

interface Variant {
  readonly type: string;
  readonly property: string;
  readonly value: string;
  readonly lacks: Capability;
  /** What a finding says of it. */
  readonly because: string;
}

/** Rules of AWS that hold for one variant of a type, each with its source. */
const variants: readonly Variant[] = [
  {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
    type: 'AWS::Logs::LogGroup',
    property: 'LogGroupClass',
    value: 'DELIVERY',
    lacks: 'retention',
    because: 'of class DELIVERY, whose retention cannot be set',
  },
  {
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_SQLServerMultiAZ.html
    type: 'AWS::RDS::DBInstance',
    property: 'Engine',
    value: 'sqlserver-ex',
    lacks: 'standby',
    because: 'SQL Server Express Edition, which has no Multi-AZ',
  },
  {
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless.how-it-works.html
    type: 'AWS::RDS::DBCluster',
    property: 'EngineMode',
    value: 'serverless',
    lacks: 'second-instance',
    because: 'Aurora Serverless v1, which moves to another zone by itself',
  },
  // https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
  ...[
    ['AWS::StepFunctions::StateMachine', 'StateMachineType'],
    ['AWS::Serverless::StateMachine', 'Type'],
  ].map(
    ([type = '', property = '']): Variant => ({
      type,
      property,
      value: 'EXPRESS',
      lacks: 'aborted-executions',
      because: 'an express workflow, whose executions cannot be stopped',
    }),
  ),
];

/** What a resource lacks because of the variant it is, and whether it may be another one under some condition. */
export function variantWithout(
  view: ResourceView,
  capability: Capability,
): { readonly because: string; readonly isCertain: boolean } | undefined {
  const variant = variants.find(({ type, lacks }) => type === view.type && lacks === capability);
  if (variant === undefined) return undefined;
  const values = view.read(variant.property).map(({ outcome }) => scalarText(outcome)?.toLowerCase());
  const own = values.filter((value) => value === variant.value.toLowerCase());
  if (own.length === 0) return undefined;
  return { because: variant.because, isCertain: own.length === values.length };
}
