import { isList, isMap, type Value, type ValueMap } from '../../src/document/value.js';

/**
 * A model of how CloudWatch evaluates an alarm: once a minute, over the last periods, with what has arrived by then.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export interface Sample {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Minute of its time stamp. */
  readonly minute: number;
  /** Minute in which CloudWatch has it. */
  readonly arrives: number;
  readonly value: number;
  /** How many of them. */
  readonly times?: number;
}

export type State = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export interface Transition {
  readonly minute: number;
  readonly state: State;
}

interface Variant {
  /** Whether periods end at the minute of the evaluation, or at multiples of their length. */
  readonly alignment: 'sliding' | 'aligned';
  /** Whether alarms on DynamoDB keep their state while data is missing, whatever they say, as the API reference has it. */
  readonly dynamoIgnores: boolean;
}

export const variants: readonly Variant[] = [
  { alignment: 'sliding', dynamoIgnores: true },
  { alignment: 'aligned', dynamoIgnores: false },
];

/** More points are looked at than are evaluated, so that late and missing ones do not matter at once. */
const furtherPoints = 2;

/** The state an alarm is in from each minute on, beginning with none known. */
export function play(
  alarm: ValueMap,
  samples: readonly Sample[],
  minutes: number,
  { alignment, dynamoIgnores }: Variant,
): readonly Transition[] {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods } = numbers(alarm);
  if (periods === undefined || needed === undefined) throw new Error('an alarm has periods');
  const queries = queriesOf(alarm);
  const seconds = queries.find(({ period }) => period !== undefined)?.period ?? 0;
  const length = seconds / 60;
  const watched = queries.flatMap(({ metric, insight }) => metric ?? insight ?? []);
  const isDynamo = watched.some(({ namespace }) => namespace === 'AWS/DynamoDB');
  const missing = dynamoIgnores && isDynamo ? 'ignore' : String(alarm.TreatMissingData ?? 'missing');
  const isBreaching = breaching(alarm);
  const own = byMinute(samples.filter((sample) => watched.some((each) => isOf(sample, each))));
  const span = (periods + furtherPoints) * length + length;
  const transitions: Transition[] = [];
  const contributors = new Map<string, State>();
  let state: State = 'INSUFFICIENT_DATA';
  for (let now = 1; now <= minutes; now++) {
    const end = alignment === 'sliding' ? now : Math.floor(now / length) * length;
    const known: Sample[] = [];
    for (let minute = Math.max(0, end - span); minute < end; minute++) {
      for (const sample of own[minute] ?? []) if (sample.arrives <= now) known.push(sample);
    }
    const points = pointsOf(queries, known, end, length, periods + furtherPoints);
    // A contributor that is not returned any more is in order.
    for (const id of contributors.keys()) if (!points.has(id)) contributors.set(id, 'OK');
    for (const [id, series] of points) {
      const marks = series.map((value) => (value === undefined ? undefined : isBreaching(value)));
      contributors.set(id, evaluatePoints(marks, periods, needed, missing, contributors.get(id) ?? state));
    }
    const next: State =
      points.size === 0
        ? evaluatePoints([], periods, needed, missing, state)
        : [...contributors.values()].includes('ALARM')
          ? 'ALARM'
          : ([...contributors.values()][0] ?? state);
    if (next !== state) transitions.push({ minute: now, state: next });
    state = next;
  }
  return transitions;
}

function byMinute(samples: readonly Sample[]): readonly (readonly Sample[] | undefined)[] {
  const minutes: Sample[][] = [];
  for (const sample of samples) {
    const there = minutes[sample.minute];
    if (there === undefined) minutes[sample.minute] = [sample];
    else there.push(sample);
  }
  return minutes;
}

/**
 * @param marks newest last: breaching or not, `undefined` where data is missing
 */
export function evaluatePoints(
  marks: readonly (boolean | undefined)[],
  periods: number,
  needed: number,
  missing: string,
  current: State,
): State {
  const real = marks.filter((mark) => mark !== undefined);
  const enough = real.length >= periods;
  const evaluated = enough ? real.slice(-periods) : real;
  const bad = evaluated.filter(Boolean).length;
  const absent = periods - evaluated.length;
  const verdict = (breaches: number): State => (breaches >= needed ? 'ALARM' : 'OK');
  if (enough || bad >= needed) return verdict(bad);
  switch (missing) {
    case 'notBreaching':
      return verdict(bad);
    case 'breaching':
      return verdict(bad + absent);
    default: {
      // What is in order shows that it is; what is bad counts as much as it is old.
      if (real.includes(false)) return verdict(bad);
      const first = marks.indexOf(true);
      if (first >= 0 && marks.length - first >= needed && missing === 'missing') return 'ALARM';
      return missing === 'ignore' ? current : 'INSUFFICIENT_DATA';
    }
  }
}

interface MetricKey {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

interface Insight {
  readonly namespace: string;
  readonly name: string;
  readonly select: string;
  readonly by: readonly string[];
  readonly group: string;
}

interface DataQuery {
  readonly id: string;
  readonly isReturned: boolean;
  readonly period?: number;
  readonly statistic?: string;
  readonly metric?: MetricKey;
  readonly insight?: Insight;
  readonly expression?: string;
}

function isOf(sample: Sample, watched: MetricKey | Insight): boolean {
  if (sample.namespace !== watched.namespace || sample.name !== watched.name) return false;
  const names = Object.keys(sample.dimensions).sort();
  if ('by' in watched) return names.join() === [...watched.by].sort().join();
  return (
    names.join() === Object.keys(watched.dimensions).sort().join() &&
    names.every((name) => sample.dimensions[name] === watched.dimensions[name])
  );
}

function numbers(map: ValueMap): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, Number(value)]));
}

/** `{Ref: X}` and `{'Fn::GetAtt': [X, …]}` are both the resource X. */
export function nameOf(value: Value | undefined): string {
  if (isMap(value)) {
    const { Ref: reference, 'Fn::GetAtt': attribute } = value;
    return String(reference ?? (isList(attribute) ? attribute[0] : attribute));
  }
  return String(value);
}

function keyOf(map: ValueMap): MetricKey {
  const listed = isList(map.Dimensions) ? map.Dimensions : [];
  return {
    namespace: String(map.Namespace),
    name: String(map.MetricName),
    dimensions: Object.fromEntries(
      listed.flatMap((each) => (isMap(each) ? [[String(each.Name), nameOf(each.Value)]] : [])),
    ),
  };
}

function queriesOf(alarm: ValueMap): readonly DataQuery[] {
  const { Metrics: listed } = alarm;
  if (!isList(listed)) {
    return [
      {
        id: 'only',
        isReturned: true,
        period: Number(alarm.Period),
        statistic: String(alarm.Statistic),
        metric: keyOf(alarm),
      },
    ];
  }
  return listed.flatMap((query): readonly DataQuery[] => {
    if (!isMap(query)) return [];
    const common = { id: String(query.Id), isReturned: query.ReturnData !== false };
    const { MetricStat: stat, Expression: expression } = query;
    if (isMap(stat) && isMap(stat.Metric)) {
      const period = Number(stat.Period);
      return [{ ...common, period, statistic: String(stat.Stat), metric: keyOf(stat.Metric) }];
    }
    const text = String(expression);
    const [, select = '', name = '', namespace = '', by = '', group = ''] =
      /^SELECT (\w+)\((\w+)\) FROM SCHEMA\("([^"]+)", ([^)]+)\) GROUP BY (\w+) ORDER BY \w+\(\) DESC$/.exec(
        text,
      ) ?? [];
    return select === ''
      ? [{ ...common, expression: text }]
      : [
          {
            ...common,
            period: Number(query.Period),
            insight: { namespace, name, select, by: by.split(', '), group },
          },
        ];
  });
}

type Series = readonly (number | undefined)[];

/** What is returned, by contributor; oldest first. */
function pointsOf(
  queries: readonly DataQuery[],
  samples: readonly Sample[],
  end: number,
  length: number,
  count: number,
): ReadonlyMap<string, Series> {
  const start = end - count * length;
  const aggregate = (own: readonly Sample[], statistic: string): Series => {
    const periods: Sample[][] = Array.from({ length: count }, () => []);
    for (const sample of own) periods[Math.floor((sample.minute - start) / length)]?.push(sample);
    return periods.map((samples) => aggregated(samples, statistic));
  };
  const returned = queries.find(({ isReturned }) => isReturned);
  if (returned === undefined) throw new Error('something is returned');
  const { insight } = returned;
  if (insight !== undefined) {
    const own = samples.filter((sample) => isOf(sample, insight));
    const names = new Set(own.map(({ dimensions }) => dimensions[insight.group] ?? ''));
    return new Map(
      [...names].map((name) => [
        name,
        aggregate(
          own.filter(({ dimensions }) => dimensions[insight.group] === name),
          insight.select,
        ),
      ]),
    );
  }
  const byId = new Map(
    queries.flatMap(({ id, metric, statistic = '' }) =>
      metric === undefined
        ? []
        : [
            [
              id,
              aggregate(
                samples.filter((sample) => isOf(sample, metric)),
                statistic,
              ),
            ],
          ],
    ),
  );
  const { expression } = returned;
  const series = expression === undefined ? byId.get(returned.id) : evaluateMath(expression, byId, count);
  return new Map([['', series ?? []]]);
}

function aggregated(samples: readonly Sample[], statistic: string): number | undefined {
  if (samples.length === 0) return undefined;
  const sum = samples.reduce((total, { value, times = 1 }) => total + value * times, 0);
  const number = samples.reduce((total, { times = 1 }) => total + times, 0);
  const values = samples.map(({ value }) => value);
  switch (statistic.toUpperCase()) {
    case 'SUM':
      return sum;
    case 'MAX':
    case 'MAXIMUM':
      return Math.max(...values);
    case 'MIN':
    case 'MINIMUM':
      return Math.min(...values);
    default:
      return sum / number;
  }
}

function breaching(alarm: ValueMap): (value: number) => boolean {
  const threshold = Number(alarm.Threshold);
  switch (alarm.ComparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return (value) => value >= threshold;
    case 'GreaterThanThreshold':
      return (value) => value > threshold;
    case 'LessThanThreshold':
      return (value) => value < threshold;
    default:
      throw new Error(`not modelled: ${String(alarm.ComparisonOperator)}`);
  }
}

/** Metric math as far as the alarms use it. A series without any data stays without data, whatever it is filled with. */
function evaluateMath(expression: string, byId: ReadonlyMap<string, Series>, count: number): Series {
  const tokens = expression.match(/[A-Za-z][A-Za-z0-9]*|\d+(?:\.\d+)?|>=|<=|[-+*/<>(),[\]]/g) ?? [];
  let at = 0;
  const take = (wanted?: string) => {
    const token = tokens[at++];
    if (token === undefined || (wanted !== undefined && token !== wanted))
      throw new Error(`${String(token)} instead of ${wanted ?? 'something'} in ${expression}`);
    return token;
  };
  const constant = (value: number): Series => Array.from({ length: count }, () => value);
  const zip = (left: Series, right: Series, of: (a: number, b: number) => number): Series =>
    left.map((a, index) => {
      const b = right[index];
      const value = a === undefined || b === undefined ? undefined : of(a, b);
      return value !== undefined && Number.isFinite(value) ? value : undefined;
    });
  const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '>=': (a, b) => Number(a >= b),
    '<=': (a, b) => Number(a <= b),
    '>': (a, b) => Number(a > b),
    '<': (a, b) => Number(a < b),
  };
  const levels = [
    ['>=', '<=', '>', '<'],
    ['+', '-'],
    ['*', '/'],
  ];
  const binary = (level: number): Series => {
    if (level === levels.length) return primary();
    let left = binary(level + 1);
    while (levels[level]?.includes(tokens[at] ?? '')) {
      const operator = operators[take()];
      const right = binary(level + 1);
      if (operator !== undefined) left = zip(left, right, operator);
    }
    return left;
  };
  const primary = (): Series => {
    const token = take();
    if (token === '(') {
      const inner = binary(0);
      take(')');
      return inner;
    }
    if (/^\d/.test(token)) return constant(Number(token));
    if (tokens[at] !== '(') return byId.get(token) ?? [];
    take('(');
    const result = call(token);
    take(')');
    return result;
  };
  const call = (name: string): Series => {
    if (name === 'SUM') {
      take('[');
      const list = [binary(0)];
      while (tokens[at] === ',') {
        take(',');
        list.push(binary(0));
      }
      take(']');
      return Array.from({ length: count }, (_, index) => {
        const present = list.flatMap((series) => series[index] ?? []);
        return present.length === 0 ? undefined : present.reduce((sum, value) => sum + value, 0);
      });
    }
    const first = binary(0);
    take(',');
    const second = binary(0);
    if (name === 'FILL') {
      const isEmpty = first.every((value) => value === undefined);
      return isEmpty ? first : first.map((value, index) => value ?? second[index]);
    }
    if (name !== 'IF') throw new Error(`not modelled: ${name}`);
    take(',');
    const third = binary(0);
    return first.map((condition, index) =>
      condition === undefined ? undefined : condition !== 0 ? second[index] : third[index],
    );
  };
  return binary(0);
}
