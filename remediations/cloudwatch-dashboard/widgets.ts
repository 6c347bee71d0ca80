import { isMap, type ResourceView, type Value, type ValueMap } from '../../src/remediation.js';
import type { Metric } from '../kit/monitoring/rule.js';
import { namedBy } from '../kit/monitoring/watched.js';

/** A metric with the resource it is about; none for one of the whole account. */
export interface Shown {
  readonly view: ResourceView | undefined;
  readonly metric: Metric;
}

/** @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const gridColumns = 24;
const widgetHeight = 6;
/** More lines than anybody tells apart. */
const mostLines = 40;

export interface Widgets {
  readonly widgets: readonly ValueMap[];
  /** Of `Fn::Sub`: names that are there only under a condition, and those that are put together. */
  readonly variables: ValueMap;
}

/** A graph for each metric, with a line for each resource of a type. */
export function widgetsFor(shown: readonly Shown[], columns: number, top: number): Widgets {
  const variables: Record<string, Value> = {};
  const graphs = new Map<string, { title: string; statistic: string; lines: Value[] }[]>();
  for (const { view, metric } of shown) {
    const noun = view === undefined ? 'Account' : nounOf(view.type);
    const key = `${noun}: ${metric.name}`;
    const pages = graphs.get(key) ?? [{ title: key, statistic: metric.statistic, lines: [] }];
    graphs.set(key, pages);
    if ((pages.at(-1)?.lines.length ?? 0) >= mostLines) {
      pages.push({ title: `${key} (${pages.length + 1})`, statistic: metric.statistic, lines: [] });
    }
    pages.at(-1)?.lines.push(lineFor(metric, view, variables));
  }
  const width = gridColumns / columns;
  const widgets = [...graphs.values()].flat().map(({ title, statistic, lines }, index) => ({
    type: 'metric',
    x: (index % columns) * width,
    y: top + Math.floor(index / columns) * widgetHeight,
    width,
    height: widgetHeight,
    properties: {
      title,
      view: 'timeSeries',
      region: '${AWS::Region}',
      stat: statistic,
      period: 300,
      metrics: lines,
    },
  }));
  return { widgets, variables };
}

/** `AWS::SQS::Queue` → `Queue` */
function nounOf(type: string): string {
  return type.split('::').at(-1) ?? type;
}

function lineFor(
  { namespace, name, dimensions }: Metric,
  view: ResourceView | undefined,
  variables: Record<string, Value>,
): Value {
  const parts = dimensions.flatMap(({ Name, Value: value }) => [Name, textFor(value, Name, view, variables)]);
  return [namespace, name, ...parts];
}

/** A reference to what may not be there would keep the dashboard from being deployed. */
function textFor(
  value: Value,
  dimension: string,
  view: ResourceView | undefined,
  variables: Record<string, Value>,
): string {
  if (typeof value === 'string') return value.replaceAll('${', '${!');
  const condition = view?.condition;
  const placeholder = placeholderFor(value);
  const isOwn = namedBy(value)[0] === view?.logicalId;
  if (placeholder !== undefined && (condition === undefined || !isOwn)) return placeholder;
  const variable = `${view?.logicalId ?? 'Account'}${dimension}`;
  variables[variable] = condition === undefined ? value : { 'Fn::If': [condition, value, '-'] };
  return `\${${variable}}`;
}

/** `Ref` and `Fn::GetAtt` as `Fn::Sub` has them; `undefined` for what needs a variable. */
export function placeholderFor(value: Value): string | undefined {
  if (!isMap(value)) return undefined;
  const [logicalId, attribute] = namedBy(value);
  if (logicalId === undefined || typeof value['Fn::Sub'] === 'string') return undefined;
  return attribute === 'Ref' ? `\${${logicalId}}` : `\${${logicalId}.${attribute}}`;
}
