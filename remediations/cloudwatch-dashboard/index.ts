import {
  compliant,
  type Facts,
  fixable,
  type Judgement,
  notApplicable,
  type ResourceView,
  type Stack,
  treeRemediation,
  type ValueMap,
  z,
} from '../../src/remediation.js';
import { usd } from '../kit/values.js';
import { type Body, bottomOf, readBody, withWidgets } from './body.js';
import { isShown } from './shown.js';
import { metricsToShow } from './wanted.js';
import { type Shown, widgetsFor } from './widgets.js';

const target = z.strictObject({
  columns: z.int().min(1).max(4).describe('graphs that stand side by side'),
  leaveOut: z
    .array(z.string().regex(/^\S+ \S+$/, 'a metric is named by its namespace and name: AWS/Lambda Duration'))
    .describe('metrics that are not shown, by namespace and name'),
});
type Target = z.infer<typeof target>;

const dashboardType = 'AWS::CloudWatch::Dashboard';

export const cloudwatchDashboard = treeRemediation({
  id: 'cloudwatch-dashboard',
  title: 'A dashboard shows what the alarms watch',
  why: 'an alarm says that something is wrong, and a dashboard shows since when and what else',
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
    return tree.stacks.flatMap((stack) => judgeStack(stack, policy, facts));
  },
});

interface Dashboard {
  readonly view: ResourceView;
  readonly body: ReturnType<typeof readBody>;
}

/** One dashboard per template, because that is where what it shows has names. */
function judgeStack(stack: Stack, policy: Target, facts: Facts): readonly Judgement[] {
  const wanted = metricsToShow(stack, policy.leaveOut, facts);
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
      wants: [],
      needs: [resource(view.logicalId, { DashboardBody: expression }, stack)],
      cost: { monthlyUsd: 0, formula: 'the dashboard is paid for already' },
    });
  }
  const price = facts.settings.prices['cloudwatch-dashboard-month'] ?? 0;
  const { widgets, variables } = widgetsFor(missing, columns, 0);
  const text = JSON.stringify({ widgets });
  const body = Object.keys(variables).length === 0 ? text : [text, variables];
  return fixable(`${because}${whyNotCompleted(dashboards)}`, {
    wants: [],
    needs: [resource(facts.freeId(stack, 'AlarmDashboard'), { DashboardBody: { 'Fn::Sub': body } }, stack)],
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
