import type { Stack } from '../template/template.js';
import type { Need } from './companions.js';

/** What a service does in its own name with a key, or with a topic. */
export type ServiceUse =
  /** CloudWatch Logs encrypts a log group; a new one has its id only. */
  | { readonly by: 'logs'; readonly group: { readonly stack: Stack; readonly logicalId: string } }
  /** CloudWatch sends alarms to a topic, also to one under a key: `to` is the topic, where it is there already. */
  | { readonly by: 'cloudwatch'; readonly to?: { readonly stack: Stack; readonly logicalId: string } };

/** Whether a policy lets somebody in, and what to do where it does not. */
export interface Access {
  readonly answer: 'yes' | 'no' | 'unknown';
  /** For reading, one clause: `the policy of Key does not let logs.amazonaws.com use kms:Decrypt`. */
  readonly because: string;
  /** What opens it; absent where no statement would: something denies it, or the policy is not written out. */
  readonly needs?: readonly Need[];
}
