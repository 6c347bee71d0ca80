import { numberOf, type Outcome } from '../../src/remediation.js';

export interface RetentionRange {
  readonly minimumDays: number;
  readonly maximumDays: number;
}

/** @source https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const possibleDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** For logs that are kept too short a time, or do not exist yet: nothing is deleted by any value. */
export function smallestWithin(range: RetentionRange): number | undefined {
  return within(range)[0];
}

/** For logs that are kept too long a time: every shorter value deletes more of them. */
export function largestWithin(range: RetentionRange): number | undefined {
  return within(range).at(-1);
}

function within({ minimumDays, maximumDays }: RetentionRange): readonly number[] {
  return possibleDays.filter((days) => days >= minimumDays && days <= maximumDays);
}

/** Parameters give numbers as text. */
export function isWithin(outcome: Outcome, range: RetentionRange, neverExpire: 'fail' | 'allow'): boolean {
  if (outcome.kind === 'absent') return neverExpire === 'allow';
  const days = numberOf(outcome);
  if (days === undefined) return false;
  return possibleDays.includes(days) && days >= range.minimumDays && days <= range.maximumDays;
}
