import type { Facts, ResourceView } from '../../src/remediation.js';
import type { RetentionRange } from './retention.js';

/** By what a log group holds. */
export type RetentionRanges = Readonly<
  Record<'application' | 'audit-security' | 'debug' | 'development', RetentionRange>
>;

/**
 * By what the group holds, or the one that a function makes for itself; outside production what an application logs is
 * development's.
 */
export function classOf(view: ResourceView, facts: Facts): keyof RetentionRanges {
  const { class: found } =
    facts.logGroupClass(view.stack, view.logicalId) ?? facts.implicitLogGroupClass(view);
  const { environment } = facts.settings;
  const isDevelopment = found === 'application' && (environment === 'development' || environment === 'test');
  return isDevelopment ? 'development' : found;
}
