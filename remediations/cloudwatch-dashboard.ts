import {
  compliant,
  type Facts,
  fixable,
  type Judgement,
  manual,
  notApplicable,
  type ResourceView,
  type Stack,
  treeRemediation,
  z,
} from '../src/remediation.js';

const target = z.strictObject({
  columns: z.int().min(1).max(4).describe('alarms that stand side by side on a new dashboard'),
});

const gridColumns = 24;
const widgetHeight = 4;

export const cloudwatchDashboard = treeRemediation({
  id: 'cloudwatch-dashboard',
  title: 'A dashboard shows what the alarms watch',
  why: 'an alarm says that something is wrong, and a dashboard shows since when and what else',
  guideRisk: 'low',
  tryFirst: 'open the dashboard and look for widgets without data',
  checklist: 'dashboards',
  sources: ['https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html'],
  equivalents: {},
  target,
  judge(tree, { columns }, facts) {
    return tree.stacks.flatMap((stack) => judgeStack(stack, columns, facts));
  },
});

/** One dashboard per template, because that is where its alarms have names. */
function judgeStack(stack: Stack, columns: number, facts: Facts): readonly Judgement[] {
  const alarms = facts.resources('AWS::CloudWatch::Alarm').filter((alarm) => alarm.stack === stack);
  const dashboards = facts.resources('AWS::CloudWatch::Dashboard').filter((each) => each.stack === stack);
  if (alarms.length === 0) {
    const isRoot = stack.parents.length === 0;
    if (!isRoot && dashboards.length === 0) return [];
    const because =
      dashboards.length > 0
        ? 'it has a dashboard, and no alarms to cover'
        : 'it has no alarms whose metrics a dashboard could show';
    return [
      {
        stack,
        logicalId: null,
        verdict: dashboards.length > 0 ? compliant(because) : notApplicable(because),
      },
    ];
  }
  const bodies = dashboards.map((each) => JSON.stringify(each.expression('DashboardBody') ?? ''));
  const uncovered = alarms.filter((alarm) => !bodies.some((body) => covers(body, alarm)));
  if (uncovered.length === 0) {
    return [
      {
        stack,
        logicalId: null,
        verdict: compliant(`${dashboards.map(({ logicalId }) => logicalId).join(', ')} covers its alarms`),
      },
    ];
  }
  const missing = `no dashboard shows what ${list(uncovered)} ${uncovered.length === 1 ? 'watches' : 'watch'}`;
  if (dashboards.length > 0 && uncovered.length < alarms.length) {
    return [
      {
        stack,
        logicalId: null,
        verdict: manual(
          `${missing}; add them to ${dashboards.map(({ logicalId }) => logicalId).join(' or ')}`,
        ),
      },
    ];
  }
  const price = facts.settings.prices['cloudwatch-dashboard-month'] ?? 0;
  const logicalId = facts.freeId(stack, 'AlarmDashboard');
  const body = {
    'Fn::Sub': JSON.stringify({ widgets: alarms.map((alarm, index) => widget(alarm, index, columns)) }),
  };
  return [
    {
      stack,
      logicalId: null,
      verdict: fixable(missing, {
        wants: [],
        needs: [
          {
            kind: 'resource',
            logicalId,
            body: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: body } },
            in: stack,
          },
        ],
        cost: {
          monthlyUsd: price,
          formula: `1 dashboard x ${price.toFixed(2)} USD a month, beyond the free ones`,
        },
      }),
    },
  ];
}

/** By the alarm itself, or by its metric. */
function covers(body: string, alarm: ResourceView): boolean {
  const metric = alarm.expression('MetricName');
  return body.includes(`\${${alarm.logicalId}.Arn}`) || (typeof metric === 'string' && body.includes(metric));
}

function list(alarms: readonly ResourceView[]): string {
  const names = alarms.slice(0, 3).map(({ logicalId }) => logicalId);
  const more = alarms.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

function widget({ logicalId }: ResourceView, index: number, columns: number) {
  const width = gridColumns / columns;
  return {
    type: 'metric',
    x: (index % columns) * width,
    y: Math.floor(index / columns) * widgetHeight,
    width,
    height: widgetHeight,
    properties: { title: logicalId, annotations: { alarms: [`\${${logicalId}.Arn}`] } },
  };
}
