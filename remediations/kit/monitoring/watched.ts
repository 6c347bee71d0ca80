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
import type { Dimension, Metric } from './rule.js';

export const alarmType = 'AWS::CloudWatch::Alarm';

/** A metric an alarm of the templates looks at, as it says so. */
export interface Watched {
  readonly alarm: ResourceView;
  /** From the alarm's properties to what names the metric. */
  readonly path: readonly string[];
  readonly namespace: Value | undefined;
  readonly name: Value | undefined;
  /** `undefined` where an intrinsic function makes them up. */
  readonly dimensions: readonly WatchedDimension[] | undefined;
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

/** The metric of a plain alarm, or those that a computing one computes with. */
export function metricsOf(alarm: ResourceView): readonly Watched[] {
  const queries = alarm.expression('Metrics');
  if (!isList(queries)) return [watchedAt(alarm, [])];
  return queries.flatMap((query, index) => {
    const metric = isMap(query) && isMap(query.MetricStat) ? query.MetricStat.Metric : undefined;
    return isMap(metric) ? [watchedAt(alarm, ['Metrics', String(index), 'MetricStat', 'Metric'])] : [];
  });
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
            outcomes: alarm.read(...at, 'Value').map(({ outcome }) => outcome),
          };
        })
      : undefined,
  };
}

/** Whether some alarm looks at the metric, by these dimensions or more (one stage of an API, one alias). */
export function isWatched(
  { namespace, name, dimensions }: Metric,
  stack: Stack,
  all: readonly Watched[],
): boolean {
  return all.some(
    (watched) =>
      watched.namespace === namespace &&
      watched.name === name &&
      dimensions.every((wanted) =>
        watched.dimensions?.some((each) => isSame(each, wanted, stack, watched.alarm)),
      ),
  );
}

function isSame(
  found: WatchedDimension,
  { Name, Value: wanted }: Dimension,
  stack: Stack,
  alarm: ResourceView,
): boolean {
  if (found.name !== Name) return false;
  if (alarm.stack === stack && spelled(found.value) === spelled(wanted)) return true;
  const [logicalId] = namedBy(wanted);
  return found.outcomes.some(
    (outcome) => outcome.kind === 'resource' && outcome.stack === stack && outcome.logicalId === logicalId,
  );
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
