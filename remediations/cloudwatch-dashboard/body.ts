import { isList, isMap, type ResourceView, type Value, type ValueMap } from '../../src/remediation.js';
import type { Metric } from '../kit/monitoring/rule.js';
import { namedBy } from '../kit/monitoring/watched.js';

/** The body of a dashboard as the template writes it, and where a widget can be put into its text. */
export interface Body {
  readonly text: string;
  readonly form: 'text' | 'sub' | 'sub-with-variables';
  /** Of `Fn::Sub`, beside what the template has. */
  readonly variables: ValueMap;
  readonly widgets: readonly Value[];
  /** Just behind the last widget, or behind the bracket that opens the list. */
  readonly end: number;
  /** Of the lines widgets stand on; `undefined` where all is on one line. */
  readonly indentation: string | undefined;
  /** The last widget is on one line of its own. */
  readonly isOneLineEach: boolean;
}

/** Reads a body; or says why its text cannot be looked into. */
export function readBody(expression: Value | undefined): ReadBody {
  if (!isMap(expression)) return parseBody(expression);
  const known = bodies.get(expression) ?? parseBody(expression);
  bodies.set(expression, known);
  return known;
}

type ReadBody = Body | { readonly because: string };

/** A body is read once, however many rounds of a plan leave it as it is. */
const bodies = new WeakMap<ValueMap, ReadBody>();

function parseBody(expression: Value | undefined): ReadBody {
  const written = textOf(expression);
  if (written === undefined) return { because: 'its body is put together by a function other than Fn::Sub' };
  const readable = written.form === 'text' ? written.text : withoutPlaceholders(written.text);
  const parsed = parse(readable);
  const widgets = isMap(parsed) ? parsed.widgets : undefined;
  if (!isList(widgets)) return { because: 'its body is not JSON with a list of widgets' };
  const close = closeOf(readable, 'widgets');
  if (close === undefined) return { because: 'its body has no list of widgets of its own' };
  const end = readable.slice(0, close).trimEnd().length;
  const isSpread = readable.slice(end, close).includes('\n');
  const lineStart = readable.lastIndexOf('\n', end - 1) + 1;
  const own = /^ */.exec(readable.slice(lineStart, end))?.[0] ?? '';
  return {
    ...written,
    widgets,
    end,
    isOneLineEach: isMap(parse(readable.slice(lineStart, end))),
    indentation: isSpread ? own + (widgets.length === 0 ? '  ' : '') : undefined,
  };
}

function textOf(expression: Value | undefined): Pick<Body, 'text' | 'form' | 'variables'> | undefined {
  if (typeof expression === 'string') return { text: expression, form: 'text', variables: {} };
  const sub = isMap(expression) ? expression['Fn::Sub'] : undefined;
  if (typeof sub === 'string') return { text: sub, form: 'sub', variables: {} };
  const [text, variables] = isList(sub) ? sub : [];
  return typeof text === 'string' && isMap(variables)
    ? { text, form: 'sub-with-variables', variables }
    : undefined;
}

/**
 * The same text with what `Fn::Sub` fills in as something JSON can be read with: a placeholder inside quotes as it
 * stands, though it may be broken over lines, and one outside as a number. Nothing moves, so that places stay places.
 */
function withoutPlaceholders(text: string): string {
  let result = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; ) {
    const placeholder = text.startsWith('${', at) ? text.slice(at, text.indexOf('}', at) + 1) : '';
    if (placeholder !== '') {
      result += isQuoted ? placeholder.replaceAll(/\s/g, ' ') : `0${' '.repeat(placeholder.length - 1)}`;
      at += placeholder.length;
      continue;
    }
    const character = text[at] ?? '';
    const isEscape = isQuoted && character === '\\';
    if (character === '"') isQuoted = !isQuoted;
    result += isEscape ? text.slice(at, at + 2) : character;
    at += isEscape ? 2 : 1;
  }
  return result;
}

function parse(text: string): Value | undefined {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Where the list under a key of the outermost map is closed. */
function closeOf(json: string, key: string): number | undefined {
  let depth = 0;
  let isList = false;
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (depth === 1 && token === `"${key}"` && /^\s*:\s*\[/.test(json.slice(index + token.length)))
      isList = true;
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (isList && depth === 1 && token === ']') return index;
  }
  return undefined;
}

/** One widget a line, so that a diff of it can be read. */
export function newBody(widgets: readonly ValueMap[]): string {
  const lines = widgets.map((widget) => `  ${JSON.stringify(widget)}`);
  return `{"widgets": [\n${lines.join(',\n')}\n]}`;
}

/** The expression of a body with more widgets in it, below all others. */
export function withWidgets(body: Body, added: readonly ValueMap[], variables: ValueMap): Value {
  const { text, end, indentation, isOneLineEach, widgets, form } = body;
  const printed = added.map((widget) =>
    indentation === undefined
      ? JSON.stringify(widget)
      : `\n${indentation}${isOneLineEach ? JSON.stringify(widget) : spread(widget).replaceAll('\n', `\n${indentation}`)}`,
  );
  const comma = widgets.length === 0 ? '' : ',';
  const whole = `${text.slice(0, end)}${comma}${printed.join(',')}${text.slice(end)}`;
  const all = { ...body.variables, ...variables };
  if (form === 'sub-with-variables') return { 'Fn::Sub': [whole, all] };
  return Object.keys(all).length === 0 ? { 'Fn::Sub': whole } : { 'Fn::Sub': [whole, all] };
}

/** JSON as people write it: a list of words on one line. */
function spread(widget: ValueMap): string {
  const words = /\[\s+("(?:[^"\\]|\\.)*"(?:,\s+"(?:[^"\\]|\\.)*")*)\s+\]/g;
  return JSON.stringify(widget, null, 2).replaceAll(
    words,
    (_, inner: string) => `[${inner.replaceAll(/,\s+"/g, ', "')}]`,
  );
}

/** Below the lowest widget, in the units of the grid. */
export function bottomOf({ widgets }: Pick<Body, 'widgets'>): number {
  const bottoms = widgets.map((widget) =>
    isMap(widget) ? Number(widget.y ?? 0) + Number(widget.height ?? 6) : 0,
  );
  return Math.max(0, ...bottoms.filter(Number.isFinite));
}

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

interface Widgets {
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
