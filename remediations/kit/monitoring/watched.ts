import {
  type Facts,
  isList,
  isMap,
  metricFact,
  namespaceMeant,
  type Outcome,
  type ResourceView,
  type Stack,
  type Value,
} from '../../../src/remediation.js';
import { outcomesAt } from '../values.js';
import type { Dimension, Metric } from './rule.js';

export const alarmType = 'AWS::CloudWatch::Alarm';

/** A metric an alarm of the templates looks at, as it says so. */
export interface Watched {
  readonly alarm: ResourceView;
  /** From the alarm's properties to what names the metric. */
  readonly path: readonly string[];
  readonly namespace: Value | undefined;
  readonly name: Value | undefined;
  /** `undefined` where an intrinsic function makes them up, or a query chooses from all there are. */
  readonly dimensions: readonly WatchedDimension[] | undefined;
  /** Of a query of Metrics Insights: what it takes from all metrics of the name. */
  readonly query?: Selection;
}

interface Selection {
  /** Names of dimensions: exactly these; any where there are none. */
  readonly by: readonly string[] | undefined;
  /** Dimensions and tags that have to have, or must not have, a value. */
  readonly where: readonly { readonly key: string; readonly isEqual: boolean; readonly value: string }[];
}

export interface WatchedDimension {
  readonly name: Value | undefined;
  readonly value: Value | undefined;
  readonly outcomes: readonly Outcome[];
}

/** All of them, so that each alarm is looked into once; misspelt metrics as what they are mended to. */
export function watchedBy(facts: Facts): readonly Watched[] {
  return facts.resources(alarmType).flatMap(metricsOf).map(mended);
}

function mended(watched: Watched): Watched {
  const { namespace, name } = watched;
  if (typeof namespace !== 'string' || typeof name !== 'string') return watched;
  const meant = namespaceMeant(namespace) ?? namespace;
  const fact = metricFact(meant, name);
  return { ...watched, namespace: meant, name: (fact.kind === 'missing' ? fact.meant : undefined) ?? name };
}

/** The metric of a plain alarm, those that a computing one computes with, or what a query asks for. */
export function metricsOf(alarm: ResourceView): readonly Watched[] {
  const queries = alarm.expression('Metrics');
  if (!isList(queries)) return [watchedAt(alarm, [])];
  return queries.flatMap((query, index) => {
    if (!isMap(query)) return [];
    const metric = isMap(query.MetricStat) ? query.MetricStat.Metric : undefined;
    if (isMap(metric)) return [watchedAt(alarm, ['Metrics', String(index), 'MetricStat', 'Metric'])];
    const asked = readQuery(query.Expression);
    return asked === undefined
      ? []
      : [{ alarm, path: ['Metrics', String(index), 'Expression'], dimensions: undefined, ...asked }];
  });
}

const clauseWord = /\b(SELECT|FROM|WHERE|GROUP\s+BY|ORDER\s+BY|LIMIT)\b/i;

/**
 * What a query of Metrics Insights asks for; `undefined` for any other expression, and for one that cannot be read. The
 * smallest of many values, or how many there are, is nothing an alarm on failures could go by.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
 */
function readQuery(
  expression: Value | undefined,
): (Pick<Watched, 'namespace' | 'name'> & { readonly query: Selection }) | undefined {
  const text = isMap(expression) ? expression['Fn::Sub'] : expression;
  if (typeof text !== 'string' || !/^\s*SELECT\b/i.test(text)) return undefined;
  const [, ...parts] = text.split(clauseWord).map((part) => part.trim());
  const clause = (wanted: string) => {
    const at = parts.findIndex((part, index) => index % 2 === 0 && part.toUpperCase() === wanted);
    return at < 0 ? undefined : parts[at + 1];
  };
  const name = /^(?:SUM|MAX|AVG)\(([^()]*)\)$/i.exec(clause('SELECT') ?? '')?.[1];
  const from = clause('FROM');
  if (name === undefined || from === undefined) return undefined;
  const schema = /^SCHEMA\(([^()]*)\)$/i.exec(from)?.[1]?.split(',');
  const [namespace = from, ...by] = schema ?? [];
  const where =
    clause('WHERE')
      ?.split(/\sAND\s/i)
      .map(readComparison) ?? [];
  if (!where.every((each) => each !== undefined)) return undefined;
  const query = { by: schema === undefined ? undefined : by.map(unquoted), where };
  return { namespace: unquoted(namespace), name: unquoted(name), query };
}

function readComparison(text: string): Selection['where'][number] | undefined {
  const [key = '', value] = text.split(/!?=/).map((side) => side.trim());
  if (value === undefined || !/^'[^']*'$/.test(value)) return undefined;
  return { key: unquoted(key), isEqual: !text.includes('!='), value: value.slice(1, -1) };
}

function unquoted(text: string): string {
  return text.replaceAll('"', '').trim();
}

function watchedAt(alarm: ResourceView, path: readonly string[]): Watched {
  const listed = alarm.expression(...path, 'Dimensions') ?? [];
  return {
    alarm,
    path,
    namespace: alarm.expression(...path, 'Namespace'),
    name: alarm.expression(...path, 'MetricName'),
    dimensions: isList(listed)
      ? listed.map((_, index) => {
          const at = [...path, 'Dimensions', String(index)];
          return {
            name: alarm.expression(...at, 'Name'),
            value: alarm.expression(...at, 'Value'),
            outcomes: outcomesAt(alarm, ...at, 'Value'),
          };
        })
      : undefined,
  };
}

/** What looks at the metric, by these dimensions or more (one stage of an API, one alias). */
export function watching(metric: Metric, stack: Stack, all: readonly Watched[]): readonly Watched[] {
  const byMetric = metricsKnown.get(all) ?? sortedByMetric(all);
  metricsKnown.set(all, byMetric);
  const own = byMetric.get(`${metric.namespace}\n${metric.name}`) ?? [];
  return own.filter((watched) =>
    watched.query === undefined
      ? metric.dimensions.every((wanted) =>
          watched.dimensions?.some((each) => isSame(each, wanted, stack, watched.alarm)),
        )
      : isSelected(metric, stack, watched.query, watched.alarm),
  );
}

type ByMetric = ReadonlyMap<string, readonly Watched[]>;

const metricsKnown = new WeakMap<readonly Watched[], ByMetric>();

/** By namespace and name, where both are written out. */
function sortedByMetric(all: readonly Watched[]): ByMetric {
  const sorted = new Map<string, Watched[]>();
  for (const watched of all) {
    const { namespace, name } = watched;
    if (typeof namespace !== 'string' || typeof name !== 'string') continue;
    const metric = `${namespace}\n${name}`;
    const known = sorted.get(metric);
    if (known === undefined) sorted.set(metric, [watched]);
    else known.push(watched);
  }
  return sorted;
}

const stackNameTag = 'tag.aws:cloudformation:stack-name';

function isSelected(
  { dimensions }: Metric,
  stack: Stack,
  { by, where }: Selection,
  alarm: ResourceView,
): boolean {
  const names = dimensions.map(({ Name }) => Name);
  const isOfSchema =
    by === undefined || (by.length === names.length && by.every((each) => names.includes(each)));
  return (
    isOfSchema &&
    where.every(({ key, isEqual, value }) => {
      if (key === stackNameTag)
        return isEqual && value === placeholderOf({ Ref: 'AWS::StackName' }) && alarm.stack === stack;
      const own = dimensions.find(({ Name }) => Name === key)?.Value;
      // Nobody can tell what other tags the resource will have, or whether a name is the one that is left out.
      const isIt = own === value || (alarm.stack === stack && placeholderOf(own) === value);
      return isEqual && isIt;
    })
  );
}

/** How `Fn::Sub` writes a reference. */
function placeholderOf(value: Value | undefined): string | undefined {
  const [logicalId, attribute] = namedBy(value);
  if (logicalId === undefined) return undefined;
  return attribute === 'Ref' ? `\${${logicalId}}` : `\${${logicalId}.${attribute}}`;
}

function isSame(
  found: WatchedDimension,
  { Name, Value: wanted }: Dimension,
  stack: Stack,
  alarm: ResourceView,
): boolean {
  if (found.name !== Name) return false;
  const isWrittenOut = typeof wanted === 'string';
  if ((isWrittenOut || alarm.stack === stack) && spelled(found.value) === spelled(wanted)) return true;
  const [logicalId] = namedBy(wanted);
  if (alarm.stack === stack && spelled(whereThere(found.value, logicalId, stack)) === spelled(wanted))
    return true;
  return found.outcomes.some(
    (outcome) => outcome.kind === 'resource' && outcome.stack === stack && outcome.logicalId === logicalId,
  );
}

/** What an expression comes to where a resource is there: the condition may be one that today's parameters do not meet. */
function whereThere(
  value: Value | undefined,
  logicalId: string | undefined,
  stack: Stack,
): Value | undefined {
  const chosen = isMap(value) ? value['Fn::If'] : undefined;
  if (!isList(chosen) || logicalId === undefined) return value;
  const [condition, then] = chosen;
  return condition === stack.template.resources.get(logicalId)?.condition ? then : value;
}

/** One spelling for all that mean the same: `!Sub ${Queue.Name}`, `!GetAtt Queue.Name`, `!GetAtt [Queue, Name]`. */
export function spelled(value: Value | undefined): string {
  const [logicalId, attribute] = namedBy(value);
  return logicalId === undefined ? JSON.stringify(value ?? null) : `${logicalId}.${attribute}`;
}

/** The resource and attribute a reference names; `Ref` for the attribute of a `Ref`. */
export function namedBy(value: Value | undefined): readonly [logicalId?: string, attribute?: string] {
  if (!isMap(value)) return [];
  const { Ref: reference, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = value;
  if (typeof reference === 'string') return [reference, 'Ref'];
  const named = isList(attribute) ? attribute.join('.') : attribute;
  const inText = typeof text === 'string' ? /^\$\{([A-Za-z0-9.]+)\}$/.exec(text)?.[1] : undefined;
  const whole = typeof named === 'string' ? named : inText;
  if (whole === undefined) return [];
  const dot = whole.indexOf('.');
  return dot < 0 ? [whole, 'Ref'] : [whole.slice(0, dot), whole.slice(dot + 1)];
}
