import {
  compliant,
  type Facts,
  fixable,
  manual,
  notApplicable,
  treeRemediation,
  type Value,
  type Verdict,
  z,
} from '../src/remediation.js';

const target = z.strictObject({
  budgetUsdPerMonth: z
    .number()
    .positive()
    .optional()
    .describe('what the account is expected to cost, in US dollars a month'),
  thresholdsPercent: z
    .array(z.number().min(0.1).max(1000))
    .min(1)
    .describe('percentages of the budget at which somebody is told'),
  emails: z.array(z.email()).default([]).describe('addresses that are told'),
  ownedElsewhere: z
    .string()
    .min(1)
    .optional()
    .describe('who watches the bill instead, where a central team does; shown as the reason'),
});
type Target = z.infer<typeof target>;

/** @source https://docs.aws.amazon.com/general/latest/gr/billing.html */
const regionsWithout = /^(us-gov|cn|eu-north-1|us-iso)/;

export const costAlerts = treeRemediation({
  id: 'cost-alerts',
  title: 'Somebody is told before the bill is a surprise',
  why: 'a loop or an attack multiplies the bill within hours, and the invoice comes a month later',
  guideRisk: 'medium',
  tryFirst: 'give it an amount that is exceeded already and see that the message arrives',
  checklist: 'cost-control',
  sources: ['https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html'],
  equivalents: {},
  target,
  questions: [
    { path: ['budgetUsdPerMonth'], ask: 'How much may the account cost a month, in USD?', example: '500' },
    {
      path: ['emails'],
      ask: 'Who is told when it costs more?',
      example: 'finance@example.com, team@example.com',
      follows: ({ budgetUsdPerMonth }) => budgetUsdPerMonth !== undefined,
    },
  ],
  judge(tree, policy, facts) {
    return [{ stack: tree.root, logicalId: null, verdict: verdictOn(policy, facts) }];
  },
});

function verdictOn(policy: Target, facts: Facts): Verdict {
  if (policy.ownedElsewhere !== undefined) return notApplicable(`${policy.ownedElsewhere} watches the bill`);
  const watching = facts
    .resources('AWS::Budgets::Budget')
    .find((budget) => (budget.expression('NotificationsWithSubscribers') ?? null) !== null);
  if (watching !== undefined) return compliant(`${watching.logicalId} tells somebody`);
  const { budgetUsdPerMonth: amount, emails } = policy;
  if (amount === undefined || emails.length === 0) {
    return manual(
      'nobody is told what it costs: set remediations.cost-alerts.budgetUsdPerMonth and .emails, or .ownedElsewhere',
      ['budgetUsdPerMonth', 'emails'],
    );
  }
  const { region } = facts.settings;
  if (region !== undefined && regionsWithout.test(region)) {
    return manual(`CloudFormation has no budgets in ${region}; make it in a stack in us-east-1`);
  }
  const logicalId = facts.freeId(facts.tree.root, 'CostBudget');
  return fixable(`nothing tells anybody when ${amount} USD a month are exceeded`, {
    wants: [],
    needs: [
      {
        kind: 'resource',
        logicalId,
        body: { Type: 'AWS::Budgets::Budget', Properties: budget(amount, policy) },
        in: facts.tree.root,
      },
    ],
    cost: { monthlyUsd: 0, formula: 'budgets that only tell are free' },
    leaves: [
      'the budget counts everything in the account; a cost allocation tag, activated in the management account, would narrow it',
      'a member account sees its own costs only',
    ],
  });
}

function budget(amount: number, { thresholdsPercent, emails }: Target): Record<string, Value> {
  return {
    Budget: { BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: amount, Unit: 'USD' } },
    NotificationsWithSubscribers: thresholdsPercent.map((threshold) => ({
      Notification: {
        NotificationType: 'ACTUAL',
        ComparisonOperator: 'GREATER_THAN',
        Threshold: threshold,
        ThresholdType: 'PERCENTAGE',
      },
      Subscribers: emails.map((address) => ({ SubscriptionType: 'EMAIL', Address: address })),
    })),
  };
}
