import type { Facts, ResourceView } from '../../src/remediation.js';
import type { RetentionRange } from './retention.js';

/** By what a log group holds. */
export type RetentionRanges = Readonly<
  Record<'application' | 'audit-security' | 'debug' | 'development', RetentionRange>
>;

/** By what the group holds; outside production what an application logs is development's. */
export function classOf({ stack, logicalId }: ResourceView, facts: Facts): keyof RetentionRanges {
  const found = facts.logGroupClass(stack, logicalId)?.class ?? 'application';
  const { environment } = facts.settings;
  const isDevelopment = found === 'application' && (environment === 'development' || environment === 'test');
  return isDevelopment ? 'development' : found;
}
