import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  manual,
  notApplicable,
  type ResourceView,
  shellWord,
  stagesOf,
  treeRemediation,
  type Value,
  type ValueMap,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { notifiedTopic, topicNamed } from '../kit/monitoring/topic.js';
import { outcomesAt } from '../kit/values.js';

/** @source https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html */
const mostNotifications = 5;
const mostAddresses = 10;

const target = z.strictObject({
  budgetUsdPerMonth: z
    .number()
    .positive()
    .optional()
    .describe('what the account is expected to cost, in US dollars a month'),
  thresholdsPercent: z
    .array(z.number().min(0.1).max(1000))
    .min(1)
    .max(mostNotifications - 1)
    .describe('percentages of the budget that sends a notification'),
  forecastPercent: z
    .number()
    .min(0.1)
    .max(1000)
    .optional()
    .describe('percentage of the budget that the month is forecast to end with, that sends a notification'),
  emails: z.array(z.email()).max(mostAddresses).default([]).describe('addresses that are notified'),
  costTag: z
    .strictObject({
      key: z
        .string()
        .min(1)
        .describe('key of a cost allocation tag that is activated in the management account'),
      value: z.string().min(1).describe('its value on what is watched'),
    })
    .optional()
    .describe('what is watched, by its tag; the whole account when left out'),
  anomalies: z
    .strictObject({
      aboveUsd: z.number().positive().describe('how much more than usual it costs, in US dollars'),
      monitorArn: z
        .string()
        .regex(/^arn:aws[a-z-]*:ce:/, 'a monitor is named by its ARN')
        .optional()
        .describe('ARN of the monitor the account has; one for the tag is made when left out'),
    })
    .optional()
    .describe('when a notification is sent that it costs more than usual'),
  topicArn: topicNamed
    .optional()
    .describe(
      'topic that the budget notifies, beside the addresses: its ARN, or from-template for the one that alarms are sent to',
    ),
  ownedElsewhere: z
    .string()
    .min(1)
    .optional()
    .describe('who watches the bill instead, where a central team does; shown as the reason'),
});
type Target = z.infer<typeof target>;

export const costAlerts = treeRemediation({
  id: 'cost-alerts',
  title: 'Budget alerts are configured',
  why: 'a loop or an attack multiplies the bill within hours, and the invoice comes a month later',
  guideRisk: 'medium',
  tryFirst: 'give it an amount that is exceeded already and see that the message arrives',
  checklist: 'cost-control',
  sources: [
    'https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html',
    'https://docs.aws.amazon.com/cost-management/latest/userguide/manage-ad.html',
  ],
  equivalents: {},
  target,
  questions: [
    { path: ['budgetUsdPerMonth'], ask: 'How much may the account cost a month, in USD?', example: '500' },
    {
      path: ['emails'],
      ask: 'Who is notified when it costs more?',
      example: 'finance@example.com, team@example.com',
      follows: ({ budgetUsdPerMonth }) => budgetUsdPerMonth !== undefined,
    },
    {
      path: ['anomalies', 'aboveUsd'],
      ask: 'How much more than usual is reported, in USD?',
      example: '100',
      follows: ({ anomalies }) => isRecord(anomalies) && anomalies.aboveUsd === undefined,
    },
    {
      path: ['anomalies', 'monitorArn'],
      ask: 'Which cost anomaly monitor does the account have?',
      example: 'arn:aws:ce::111122223333:anomalymonitor/abcdef12-1234-4ea0-84cc-918a97d736ef',
      follows: ({ anomalies }) => isRecord(anomalies) && anomalies.monitorArn === undefined,
    },
  ],
  judge(tree, policy, facts) {
    const verdict = verdictOn(policy, facts);
    const isFixed = verdict.verdict === 'fixable';
    return [
      { stack: tree.root, logicalId: null, verdict, ...(isFixed && { target: 'a notification is sent' }) },
    ];
  },
});

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function verdictOn(policy: Target, facts: Facts): Verdict {
  if (policy.ownedElsewhere !== undefined) return notApplicable(`${policy.ownedElsewhere} watches the bill`);
  const stackItself = { stack: facts.tree.root, logicalId: null };
  const budgets = facts.resources('AWS::Budgets::Budget').filter(tellsSomebody);
  const telling = facts.isAlwaysWith(budgets, stackItself) ? budgets[0] : undefined;
  const [partly] = budgets;
  const without =
    partly === undefined ? 'no budget alert' : `${partly.logicalId} is there in some deployments only`;
  const { region } = facts.settings;
  const { budgetUsdPerMonth: amountUsd, emails, topicArn, costTag, anomalies } = policy;
  const needsAnomalies =
    anomalies !== undefined &&
    !facts.isAlwaysWith(facts.resources('AWS::CE::AnomalySubscription'), stackItself);
  if (telling !== undefined && !needsAnomalies) return compliant(`${telling.logicalId} notifies someone`);
  const isHeard = emails.length > 0 || (topicArn !== undefined && !needsAnomalies);
  if (!isHeard || (telling === undefined && amountUsd === undefined)) {
    return manual(
      `${without}: set remediations.cost-alerts.budgetUsdPerMonth and .emails, or .ownedElsewhere`,
      ['budgetUsdPerMonth', 'emails'],
    );
  }
  const topic = topicArn === undefined ? undefined : budgetTopic(topicArn, facts);
  if (topic !== undefined && 'because' in topic) return manual(`${without}: ${topic.because}`);
  const stages = stagesOf(facts.tree.root);
  const companions: Companion[] = [];
  const lacks: string[] = [];
  if (telling === undefined && amountUsd !== undefined) {
    if (!hasBudgets(region)) {
      return manual(`CloudFormation has no budgets in ${region}; make it in a stack in us-east-1`);
    }
    const { thresholdsPercent, forecastPercent } = policy;
    companions.push(
      inRoot(
        'CostBudget',
        budget({ amountUsd, thresholdsPercent, forecastPercent, emails, topic: topic?.value, tag: costTag }),
        facts,
      ),
      ...(topic?.companions ?? []),
    );
    const beside = partly === undefined ? '' : `, since ${without}`;
    lacks.push(`nothing tells anybody when ${amountUsd} USD a month are exceeded${beside}`);
  }
  if (needsAnomalies) {
    const made = anomalyCompanions(policy, facts);
    if (typeof made === 'string') {
      return manual(made, ['anomalies']);
    }
    companions.push(...made);
    lacks.push(`nothing tells anybody when it costs ${anomalies.aboveUsd} USD more than usual`);
  }
  return fixable(lacks.join('; '), {
    edits: [],
    companions,
    ...(stages !== undefined && {
      risk: 'review',
      riskBecause: `the template serves several stages (${stages.because}), and each stack of it would have the same amounts`,
    }),
    cost: { monthlyUsd: 0, formula: 'budgets that only tell and anomaly detection are free' },
    prerequisites: [
      ...(costTag === undefined ? [] : [activated(costTag.key)]),
      ...(telling === undefined ? (topic?.prerequisites ?? []) : []),
    ],
    notes: [
      ...(costTag === undefined
        ? ['it counts everything in the account; a cost allocation tag (costTag) would narrow it']
        : ['what has no such tag, or had none at the time, is not counted']),
      'a member account sees its own costs only',
    ],
  });
}

function budgetTopic(named: string, facts: Facts) {
  const description = 'ARN of the topic that is notified when it costs more than planned';
  return notifiedTopic(facts.tree.root, named, 'budgets', { name: 'BudgetTopicArn', description }, facts);
}

function activated(key: string) {
  return {
    what: `the tag ${key} is activated for cost allocation in the management account; nothing is counted by it otherwise`,
    check: `aws ce list-cost-allocation-tags --tag-keys ${shellWord(key)} --status Active`,
  };
}

/** The monitor and who hears of it; or why there is none that could be made. */
function anomalyCompanions(
  { anomalies, costTag, emails }: Target,
  facts: Facts,
): readonly Companion[] | string {
  const { region } = facts.settings;
  if (anomalies === undefined) return [];
  if (!hasAnomalies(region)) {
    return `CloudFormation has no anomaly detection in ${region}; make it in a stack in us-east-1`;
  }
  const { aboveUsd, monitorArn } = anomalies;
  if (monitorArn !== undefined) {
    return [inRoot('CostAnomalies', anomalySubscription(monitorArn, aboveUsd, emails), facts)];
  }
  if (costTag === undefined) {
    return 'an account may have one monitor for all services, and most have it already: name it (remediations.cost-alerts.anomalies.monitorArn, aws ce get-anomaly-monitors), or set .costTag for one of its own';
  }
  const monitor = inRoot('CostMonitor', anomalyMonitor(costTag), facts);
  return [
    monitor,
    inRoot(
      'CostAnomalies',
      anomalySubscription({ 'Fn::GetAtt': [monitor.logicalId, 'MonitorArn'] }, aboveUsd, emails),
      facts,
    ),
  ];
}

function inRoot(
  wanted: string,
  body: Extract<Companion, { kind: 'resource' }>['body'],
  { tree, freeId }: Facts,
) {
  return { kind: 'resource', logicalId: freeId(tree.root, wanted), body, in: tree.root } as const;
}

/** A budget without notifications, or with some that go to nobody, tells nobody; what is there in one branch only is not. */
function tellsSomebody(view: ResourceView): boolean {
  return outcomesAt(view, 'NotificationsWithSubscribers').every((outcome) => {
    if (outcome.kind !== 'value') return outcome.kind !== 'absent';
    return !isList(outcome.value) || outcome.value.some((each) => isMap(each) && isSure(each.Subscribers));
  });
}

function isSure(subscribers: Value | undefined): boolean {
  if (isList(subscribers)) return subscribers.some((each) => isMap(each) && !('Fn::If' in each));
  return isMap(subscribers) && !('Fn::If' in subscribers);
}

interface CostTag {
  readonly key: string;
  readonly value: string;
}

interface BudgetWish {
  readonly amountUsd: number;
  readonly thresholdsPercent: readonly number[];
  readonly forecastPercent: number | undefined;
  readonly emails: readonly string[];
  /** ARN of a topic, beside the addresses. */
  readonly topic: Value | undefined;
  readonly tag: CostTag | undefined;
}

/**
 * Without a name: notifications cannot be changed, and what takes the place of a named budget collides with it.
 * @source https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html
 */
function budget({ amountUsd, thresholdsPercent, forecastPercent, emails, topic, tag }: BudgetWish): ValueMap {
  const notification = (type: 'ACTUAL' | 'FORECASTED', threshold: number): Value => ({
    Notification: {
      NotificationType: type,
      ComparisonOperator: 'GREATER_THAN',
      Threshold: threshold,
      ThresholdType: 'PERCENTAGE',
    },
    Subscribers: [
      ...emails.map((address) => ({ SubscriptionType: 'EMAIL', Address: address })),
      ...(topic === undefined ? [] : [{ SubscriptionType: 'SNS', Address: topic }]),
    ],
  });
  return {
    Type: 'AWS::Budgets::Budget',
    Properties: {
      Budget: {
        BudgetType: 'COST',
        TimeUnit: 'MONTHLY',
        BudgetLimit: { Amount: amountUsd, Unit: 'USD' },
        ...(tag !== undefined && { CostFilters: { TagKeyValue: [`user:${tag.key}$${tag.value}`] } }),
      },
      NotificationsWithSubscribers: [
        ...thresholdsPercent.map((threshold) => notification('ACTUAL', threshold)),
        ...(forecastPercent === undefined ? [] : [notification('FORECASTED', forecastPercent)]),
      ],
    },
  };
}

/** What carries a tag; an account may have one monitor for all services, and most have it. */
function anomalyMonitor({ key, value }: CostTag): ValueMap {
  const specification = { Tags: { Key: key, Values: [value], MatchOptions: ['EQUALS'] } };
  return {
    Type: 'AWS::CE::AnomalyMonitor',
    Properties: {
      MonitorName: { 'Fn::Sub': '${AWS::StackName}-costs' },
      MonitorType: 'CUSTOM',
      MonitorSpecification: JSON.stringify(specification),
    },
  };
}

/**
 * Every day, which is as often as e-mail goes.
 * @source https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html
 */
function anomalySubscription(monitor: Value, aboveUsd: number, emails: readonly string[]): ValueMap {
  const threshold = {
    Dimensions: {
      Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
      MatchOptions: ['GREATER_THAN_OR_EQUAL'],
      Values: [String(aboveUsd)],
    },
  };
  return {
    Type: 'AWS::CE::AnomalySubscription',
    Properties: {
      SubscriptionName: { 'Fn::Sub': '${AWS::StackName}-cost-anomalies' },
      MonitorArnList: [monitor],
      Frequency: 'DAILY',
      ThresholdExpression: JSON.stringify(threshold),
      Subscribers: emails.map((address) => ({ Type: 'EMAIL', Address: address })),
    },
  };
}

/**
 * Regions whose CloudFormation has no budgets or no anomaly detection, though both watch the bill of all Regions.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-resource-specification.html (schemas by Region, October 2026)
 */
const withoutAnomalies = [
  ...['ap-east-2', 'ap-southeast-5', 'ap-southeast-6', 'ap-southeast-7', 'mx-central-1'],
  ...['us-gov-east-1', 'us-gov-west-1'],
];
const withoutBudgets = [
  ...withoutAnomalies,
  ...[
    'af-south-1',
    'ap-east-1',
    'ap-northeast-3',
    'ap-south-2',
    'ap-southeast-3',
    'ap-southeast-4',
    'ca-west-1',
  ],
  ...['eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'il-central-1', 'me-central-1'],
];

function hasBudgets(region: string | undefined): boolean {
  return region === undefined || !(withoutBudgets.includes(region) || isApart(region));
}

function hasAnomalies(region: string | undefined): boolean {
  return region === undefined || !(withoutAnomalies.includes(region) || isApart(region));
}

/** Partitions with bills of their own. */
function isApart(region: string): boolean {
  return /^(?:cn|us-iso|eu-isoe|us-isob)/.test(region);
}
