import type { Value, ValueMap } from '../../src/remediation.js';

export interface CostTag {
  readonly key: string;
  readonly value: string;
}

export interface BudgetWish {
  readonly amountUsd: number;
  readonly thresholdsPercent: readonly number[];
  readonly forecastPercent: number | undefined;
  readonly emails: readonly string[];
  readonly tag: CostTag | undefined;
}

/**
 * Without a name: notifications cannot be changed, and what takes the place of a named budget collides with it.
 * @source https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html
 */
export function budget({ amountUsd, thresholdsPercent, forecastPercent, emails, tag }: BudgetWish): ValueMap {
  const notification = (type: 'ACTUAL' | 'FORECASTED', threshold: number): Value => ({
    Notification: {
      NotificationType: type,
      ComparisonOperator: 'GREATER_THAN',
      Threshold: threshold,
      ThresholdType: 'PERCENTAGE',
    },
    Subscribers: emails.map((address) => ({ SubscriptionType: 'EMAIL', Address: address })),
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
export function anomalyMonitor({ key, value }: CostTag): ValueMap {
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
export function anomalySubscription(monitor: Value, aboveUsd: number, emails: readonly string[]): ValueMap {
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
