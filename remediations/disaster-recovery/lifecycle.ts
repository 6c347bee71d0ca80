import { type Facts, isList, isMap, type ResourceView, type Value } from '../../src/remediation.js';

/** What becomes of a bucket's lifecycle when the bucket begins to keep versions. */
export interface UnderVersions {
  /** Why it takes approval. */
  readonly because: string;
  /** The lifecycle that deletes all the same; `undefined` where none can be written. */
  readonly lifecycle?: Value;
}

/** The shortest Amazon S3 knows: what expired was gone at once before. */
const fewestDays = 1;

/**
 * With versions an expired object only becomes noncurrent, and stays for ever unless the lifecycle deletes noncurrent
 * versions too. Each rule that expires objects gets that, of as short a time as can be, so that what the bucket promises
 * of deletion stays true; delete markers with nothing behind them go by a rule of their own, since they cannot stand in
 * one with days or tags. It is approved in any case: how long an old version is worth keeping is nothing a template says.
 * @returns undefined where nothing expires, or whoever wrote the lifecycle has thought of versions
 * @source https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
export function underVersions(view: ResourceView, facts: Facts): UnderVersions | undefined {
  const { logicalId } = view;
  // Object Lock comes with versions, so that nothing changes.
  if (isTrue(view.expression('ObjectLockEnabled'))) return undefined;
  const elsewhere = facts
    .usersOf(view)
    .find(({ type, body }) => type !== view.type && /lifecycle/i.test(JSON.stringify(body)));
  const written = view.expression('LifecycleConfiguration');
  const found = written === undefined ? nothing : ofConfiguration(written);
  if (found.isUnclear) {
    return {
      because: `the lifecycle of ${logicalId} cannot be read: if it expires objects, versions keep them for ever; add NoncurrentVersionExpiration first`,
    };
  }
  if (found.keeps) {
    return {
      because: `the lifecycle of ${logicalId} expires objects but keeps the newest noncurrent versions (NewerNoncurrentVersions): with versions, no expired object is ever deleted`,
    };
  }
  if (found.days !== undefined) {
    const days = found.days === 1 ? '1 day' : `${found.days} days`;
    return {
      because: `the lifecycle of ${logicalId} expires objects: with versions they are deleted ${days} later (NoncurrentVersionExpiration, which the patch adds), and so is everything overwritten or deleted`,
      lifecycle: found.value,
    };
  }
  if (elsewhere === undefined) return undefined;
  return {
    because: `${elsewhere.logicalId} may set the lifecycle of ${logicalId}: if that expires objects, versions keep them for ever unless it has NoncurrentVersionExpiration`,
  };
}

/** A part of a lifecycle as it has to be with versions. */
interface Part {
  readonly value: Value;
  /** The longest time that was added; `undefined` where nothing was. */
  readonly days?: number;
  /** Something that cannot be looked into. */
  readonly isUnclear?: true;
  /** Expired objects, by a number of newer versions. */
  readonly keeps?: true;
}

const nothing: Part = { value: null };
const noValue: Value = { Ref: 'AWS::NoValue' };

function ofConfiguration(written: Value): Part {
  return throughChoices(written, (configuration) => {
    const { Rules: rules } = configuration;
    if (rules === undefined) return { value: configuration };
    return within(configuration, 'Rules', throughChoices(rules, undefined, ofRules));
  });
}

function ofRules(rules: readonly Value[]): Part {
  const parts = rules.map((rule) => throughChoices(rule, (each) => ofRule(each, rules)));
  const days = longest(parts);
  const value = parts.map((part) => part.value);
  const hasMarkers = rules.some((rule) => isMap(rule) && rule.ExpiredObjectDeleteMarker !== undefined);
  if (days !== undefined && !hasMarkers) value.push({ Status: 'Enabled', ExpiredObjectDeleteMarker: true });
  return { ...flagsOf(parts), value, ...(days !== undefined && { days }) };
}

function ofRule(rule: Readonly<Record<string, Value>>, rules: readonly Value[]): Part {
  const expiry = rule.ExpirationInDays ?? rule.ExpirationDate;
  const same: Part = { value: rule };
  if (rule.Status === 'Disabled' || expiry === undefined || isNoValue(expiry)) return same;
  const own = deletesVersions(rule);
  if (own !== 'no') return own === 'yes' ? same : { ...same, keeps: true };
  if (rules.some((each) => isForAll(each) && deletesVersions(each) === 'yes')) return same;
  const moved = movedAfter(rule);
  if (moved === undefined) return { ...same, isUnclear: true };
  const days = Math.max(fewestDays, moved + 1);
  return { value: { ...rule, NoncurrentVersionExpiration: underSame(expiry, days) }, days };
}

/** Of a rule: `all-but-some` keeps a number of the newest. */
function deletesVersions(rule: Value): 'yes' | 'no' | 'all-but-some' {
  if (!isMap(rule)) return 'no';
  const { NoncurrentVersionExpiration: expiry, NoncurrentVersionExpirationInDays: inDays } = rule;
  if (inDays !== undefined && !isNoValue(inDays)) return 'yes';
  if (expiry === undefined || isNoValue(expiry)) return 'no';
  return JSON.stringify(expiry).includes('NewerNoncurrentVersions') ? 'all-but-some' : 'yes';
}

function isForAll(rule: Value): boolean {
  if (!isMap(rule) || rule.Status !== 'Enabled') return false;
  const { Prefix: prefix = '', TagFilters, ObjectSizeGreaterThan, ObjectSizeLessThan } = rule;
  return (
    [TagFilters, ObjectSizeGreaterThan, ObjectSizeLessThan].every((each) => each === undefined) &&
    prefix === ''
  );
}

/** The last day versions are moved to another storage class, which has to be before they are deleted. */
function movedAfter(rule: Readonly<Record<string, Value>>): number | undefined {
  const { NoncurrentVersionTransition: one, NoncurrentVersionTransitions: several = [] } = rule;
  if (!isList(several)) return undefined;
  const days = [...(one === undefined ? [] : [one]), ...several].map((each) =>
    isMap(each) ? Number(each.TransitionInDays) : Number.NaN,
  );
  return days.some(Number.isNaN) ? undefined : Math.max(0, ...days);
}

/** Only where the rule expires anything: its `Fn::If` is taken over. */
function underSame(expiry: Value, days: number): Value {
  const choice = isMap(expiry) ? expiry['Fn::If'] : undefined;
  if (!isList(choice)) return isNoValue(expiry) ? noValue : { NoncurrentDays: days };
  const [condition = null, then = null, otherwise = null] = choice;
  const [left, right] = [underSame(then, days), underSame(otherwise, days)];
  const isSame = !isNoValue(left) && !isNoValue(right);
  return isSame ? { NoncurrentDays: days } : { 'Fn::If': [condition, left, right] };
}

/** What is written on each branch of `Fn::If`; any other function hides what it comes to. */
function throughChoices(
  value: Value,
  ofMap: ((map: Readonly<Record<string, Value>>) => Part) | undefined,
  ofList?: (list: readonly Value[]) => Part,
): Part {
  if (isNoValue(value)) return { value };
  if (isList(value)) return ofList?.(value) ?? { value, isUnclear: true };
  if (!isMap(value)) return { value, isUnclear: true };
  const choice = value['Fn::If'];
  if (isList(choice)) {
    const [condition = null, ...branches] = choice;
    const parts = branches.map((branch) => throughChoices(branch, ofMap, ofList));
    const days = longest(parts);
    const chosen = { 'Fn::If': [condition, ...parts.map((part) => part.value)] };
    return { ...flagsOf(parts), value: chosen, ...(days !== undefined && { days }) };
  }
  const isFunction = Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));
  return isFunction || ofMap === undefined ? { value, isUnclear: true } : ofMap(value);
}

function within(map: Readonly<Record<string, Value>>, key: string, part: Part): Part {
  return { ...part, value: { ...map, [key]: part.value } };
}

function longest(parts: readonly Part[]): number | undefined {
  const days = parts.flatMap((part) => part.days ?? []);
  return days.length === 0 ? undefined : Math.max(...days);
}

function flagsOf(parts: readonly Part[]): Pick<Part, 'isUnclear' | 'keeps'> {
  return {
    ...(parts.some(({ isUnclear }) => isUnclear) && { isUnclear: true }),
    ...(parts.some(({ keeps }) => keeps) && { keeps: true }),
  };
}

function isNoValue(value: Value): boolean {
  return isMap(value) && value.Ref === 'AWS::NoValue';
}

function isTrue(value: Value | undefined): boolean {
  return value === true || value === 'true';
}
