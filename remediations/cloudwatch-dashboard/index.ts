import {
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  type Judgment,
  notApplicable,
  type ResourceView,
  type Stack,
  treeRemediation,
  type Value,
  type ValueMap,
  z,
} from '../../src/remediation.js';
import { accountMetric } from '../kit/monitoring/account.js';
import { allMetrics } from '../kit/monitoring/alarm.js';
import { subjectsIn } from '../kit/monitoring/catalog.js';
import { rulesFor } from '../kit/monitoring/missing.js';
import type { Metric, Thresholds } from '../kit/monitoring/rule.js';
import { spelled, type Watched, watchedBy, watching } from '../kit/monitoring/watched.js';
import { functionTypes, usd } from '../kit/values.js';
import {
  type Body,
  bottomOf,
  newBody,
  placeholderFor,
  readBody,
  type Shown,
  widgetsFor,
  withWidgets,
} from './body.js';

const target = z.strictObject({
  columns: z.int().min(1).max(4).describe('graphs side by side'),
  leaveOut: z
    .array(z.string().regex(/^\S+ \S+$/, 'a metric is named by its namespace and name: AWS/Lambda Duration'))
    .describe('metrics that are not shown, by namespace and name'),
});
type Target = z.infer<typeof target>;

const dashboardType = 'AWS::CloudWatch::Dashboard';

export const cloudwatchDashboard = treeRemediation({
  id: 'cloudwatch-dashboard',
  title: 'Dashboards cover the alarmed metrics',
  why: 'alarms say that something broke; a dashboard shows when and what else',
  guideRisk: 'low',
  tryFirst: 'open the dashboard and look for graphs without data',
  checklist: 'dashboards',
  comesAfterOthers: true,
  sources: [
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html',
  ],
  equivalents: {},
  target,
  judge(tree, policy, facts) {
    const watched = watchedBy(facts);
    return tree.stacks.flatMap((stack) => judgeStack(stack, watched, policy, facts));
  },
});

interface Dashboard {
  readonly view: ResourceView;
  readonly body: ReturnType<typeof readBody>;
}

/** One dashboard per template, because that is where what it shows has names. */
function judgeStack(
  stack: Stack,
  watched: readonly Watched[],
  policy: Target,
  facts: Facts,
): readonly Judgment[] {
  const wanted = metricsToShow(stack, watched, policy.leaveOut, facts);
  const dashboards = facts
    .resources(dashboardType)
    .filter((view) => view.stack === stack)
    .map((view): Dashboard => ({ view, body: readBody(view.expression('DashboardBody')) }));
  const names = dashboards.map(({ view }) => view.logicalId).join(', ');
  if (wanted.length === 0) {
    if (stack.parents.length > 0 && dashboards.length === 0) return [];
    const because = 'it has nothing whose metrics a dashboard could show';
    return [{ stack, logicalId: null, verdict: notApplicable(because) }];
  }
  const bodies = dashboards.flatMap(({ body }) => ('because' in body ? [] : [body]));
  const missing = wanted.filter(({ metric, alarms }) => !isShown(metric, alarms, bodies));
  if (missing.length === 0) {
    return [{ stack, logicalId: null, verdict: compliant(`${names} shows all that is watched`) }];
  }
  return [
    {
      stack,
      logicalId: null,
      target: `${missing.length} more metrics`,
      verdict: completed(stack, missing, dashboards, policy, facts),
    },
  ];
}

function completed(
  stack: Stack,
  missing: readonly Shown[],
  dashboards: readonly Dashboard[],
  { columns }: Target,
  facts: Facts,
) {
  const because = `no dashboard shows ${sayMetrics(missing)}`;
  for (const { view, body } of dashboards) {
    if ('because' in body || view.condition !== undefined) continue;
    const { widgets, variables } = widgetsFor(missing, columns, bottomOf(body));
    if (!canHold(body, widgets, variables)) continue;
    const expression = withWidgets(body, widgets, variables);
    return fixable(`${because}; ${view.logicalId} is completed`, {
      edits: [],
      companions: [resource(view.logicalId, { DashboardBody: expression }, stack)],
      cost: { monthlyUsd: 0, formula: 'the dashboard is paid for already' },
    });
  }
  const price = facts.settings.prices['cloudwatch-dashboard-month'] ?? 0;
  const { widgets, variables } = widgetsFor(missing, columns, 0);
  const text = newBody(widgets);
  const body = Object.keys(variables).length === 0 ? text : [text, variables];
  return fixable(`${because}${whyNotCompleted(dashboards)}`, {
    edits: [],
    companions: [
      resource(facts.freeId(stack, 'AlarmDashboard'), { DashboardBody: { 'Fn::Sub': body } }, stack),
    ],
    cost: {
      monthlyUsd: price,
      formula: `1 dashboard x ${usd('cloudwatch-dashboard-month', facts)} USD a month, beyond the free ones`,
    },
  });
}

function resource(logicalId: string, properties: ValueMap, stack: Stack) {
  return {
    kind: 'resource',
    logicalId,
    body: { Type: dashboardType, Properties: properties },
    in: stack,
  } as const;
}

/** @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
const mostWidgets = 500;

/** Variables can be added where there are some; a text without any would have to be written anew. */
function canHold(body: Body, widgets: readonly ValueMap[], variables: ValueMap): boolean {
  const isTextThatWouldBeFilledIn = body.form === 'text' && body.text.includes('${');
  const needsVariables = Object.keys(variables).length > 0 && body.form !== 'sub-with-variables';
  return !isTextThatWouldBeFilledIn && !needsVariables && body.widgets.length + widgets.length <= mostWidgets;
}

function whyNotCompleted(dashboards: readonly Dashboard[]): string {
  const [first] = dashboards;
  if (first === undefined) return '';
  const { view, body } = first;
  const because =
    'because' in body
      ? body.because
      : view.condition !== undefined
        ? 'it is there only under a condition'
        : 'its text cannot name what is there only under a condition';
  return `; a second one is added, since ${view.logicalId} cannot be completed: ${because}`;
}

function sayMetrics(missing: readonly Shown[]): string {
  const names = [...new Set(missing.map(({ metric }) => metric.name))];
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} other metrics` : shown;
}

/** A metric, and the alarms of the template that watch it. */
interface Wanted extends Shown {
  readonly alarms: readonly string[];
}

/** Where a line is drawn is for alarms to say; what is looked at is the same wherever it is. */
const anywhere: Thresholds = {
  functionErrors: 1,
  functionErrorPercent: 1,
  functionThrottles: 1,
  functionDurationPercent: 1,
  concurrencyPercent: 1,
  oldestMessageSeconds: 1,
  waitingMessages: 1,
  apiErrorPercent: 1,
  distributionErrorPercent: 1,
  modelLatencySeconds: 1,
  modelThrottles: 1,
  modelErrors: 1,
  utilizationPercent: 1,
  freeStoragePercent: 1,
  rateFromRequests: 1,
};

/** The metrics a notification is sent of, whether or not there are alarms yet. */
function metricsToShow(
  stack: Stack,
  watched: readonly Watched[],
  leaveOut: readonly string[],
  facts: Facts,
): readonly Wanted[] {
  const all = watched.filter(({ alarm }) => alarm.stack === stack);
  const views = subjectsIn(facts).filter((view) => view.stack === stack);
  const shown = views.flatMap((view): readonly Shown[] => {
    const rules = rulesFor(view, { leaveOut, thresholds: anywhere }, facts);
    return 'because' in rules
      ? []
      : rules.flatMap((rule) => allMetrics(rule).map((metric) => ({ view, metric })));
  });
  const isRoot = stack.parents.length === 0;
  const hasFunctions = isRoot && facts.resources(...functionTypes).length > 0;
  const account: readonly Shown[] = hasFunctions ? [{ view: undefined, metric: accountMetric }] : [];
  const isLeftOut = ({ namespace, name }: Metric) => leaveOut.includes(`${namespace} ${name}`);
  return [...shown, ...account]
    .filter(({ metric }) => !isLeftOut(metric))
    .map((each) => ({ ...each, alarms: alarmsOn(each.metric, stack, all) }));
}

function alarmsOn(metric: Metric, stack: Stack, all: readonly Watched[]): readonly string[] {
  return watching(metric, stack, all).map(({ alarm }) => alarm.logicalId);
}

/** Whether a dashboard shows a metric: as a line of a graph, by a search for all of them, or as what an alarm watches. */
function isShown(metric: Metric, alarms: readonly string[], bodies: readonly Body[]): boolean {
  return bodies.some(
    (body) =>
      hasLineOf(linesIn(body), metric, body.variables) ||
      alarms.some((alarm) => body.text.includes(`\${${alarm}.Arn}`)),
  );
}

/** Of all graphs of a body. */
interface Lines {
  /** Expressions that look for metrics. */
  readonly searches: readonly string[];
  /** The names and values of dimensions in turn, of each line by the namespace and name of its metric. */
  readonly dimensions: ReadonlyMap<string, readonly (readonly Value[])[]>;
}

const linesKnown = new WeakMap<Body, Lines>();

/** Each body is looked through once. */
function linesIn(body: Body): Lines {
  const known = linesKnown.get(body) ?? sortedLines(body.widgets.flatMap(linesOf));
  linesKnown.set(body, known);
  return known;
}

function sortedLines(lines: readonly (readonly Value[])[]): Lines {
  const searches: string[] = [];
  const dimensions = new Map<string, (readonly Value[])[]>();
  for (const line of lines) {
    const [first] = line;
    if (isMap(first) && typeof first.expression === 'string') {
      searches.push(first.expression);
      continue;
    }
    const [namespace, name, ...pairs] = named(line);
    const metric = `${namespace}\n${name}`;
    const known = dimensions.get(metric);
    if (known === undefined) dimensions.set(metric, [pairs]);
    else known.push(pairs);
  }
  return { searches, dimensions };
}

/** The lines of a graph, each written out: CloudWatch lets a line repeat what the one above says. */
function linesOf(widget: Value): readonly (readonly Value[])[] {
  const properties = isMap(widget) ? widget.properties : undefined;
  const listed = isMap(properties) ? properties.metrics : undefined;
  const lines: (readonly Value[])[] = [];
  for (const line of isList(listed) ? listed : []) {
    if (!isList(line)) continue;
    const above = (lines.at(-1) ?? []).filter((part) => typeof part === 'string');
    const dots = line.indexOf('...');
    // Three dots stand for as many parts as the line above has more.
    const spread =
      dots < 0
        ? line
        : [...above.slice(0, above.length - (named(line).length - 1 - dots)), ...line.slice(dots + 1)];
    lines.push(spread.map((part, index) => (part === '.' ? (above[index] ?? part) : part)));
  }
  return lines;
}

function named(line: readonly Value[]): readonly Value[] {
  return line.filter((part) => typeof part === 'string');
}

function hasLineOf(lines: Lines, { namespace, name, dimensions }: Metric, variables: ValueMap): boolean {
  const own = lines.dimensions.get(`${namespace}\n${name}`) ?? [];
  const isOwn = (pairs: readonly Value[]) =>
    dimensions.every(({ Name, Value: wanted }) =>
      pairs.some(
        (part, index) => index % 2 === 0 && part === Name && isSame(pairs[index + 1], wanted, variables),
      ),
    );
  return own.some(isOwn) || lines.searches.some((expression) => searches(expression, namespace, name));
}

function isSame(found: Value | undefined, wanted: Value, variables: ValueMap): boolean {
  if (typeof found !== 'string') return false;
  if (found === wanted || found === placeholderFor(wanted)) return true;
  const variable = /^\$\{(\w+)\}$/.exec(found)?.[1];
  const behind = variable === undefined ? undefined : variables[variable];
  return behind !== undefined && branchesOf(behind).some((branch) => spelled(branch) === spelled(wanted));
}

/** What stands behind a variable: itself, or what `Fn::If` chooses from. */
function branchesOf(value: Value): readonly Value[] {
  const choice = isMap(value) ? value['Fn::If'] : undefined;
  return isList(choice) ? choice.slice(1).flatMap(branchesOf) : [value];
}

/** `SEARCH('{AWS/Lambda,FunctionName} MetricName="Errors"', 'Sum')` finds those of every function. */
function searches(expression: string, namespace: string, name: string): boolean {
  return (
    expression.includes('SEARCH(') &&
    expression.includes(`{${namespace},`) &&
    expression.includes(`"${name}"`)
  );
}
