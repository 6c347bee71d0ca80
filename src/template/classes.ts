export type FunctionType = 'high-volume' | 'api-handler' | 'background' | 'administrative';
export type Invocation = 'sync' | 'async' | 'both';
export type LogGroupKind = 'application' | 'audit-security' | 'debug' | 'development';

export interface FunctionClass {
  readonly type: FunctionType;
  readonly invocation: Invocation;
  /** One line per piece of evidence, strongest first; says so when there is none. */
  readonly evidence: readonly string[];
  readonly triggers: readonly Trigger[];
}

/** One way a function is invoked. */
export interface Trigger {
  readonly invocation: 'sync' | 'async' | 'polled';
  /**
   * `state-machine`, `queue`, `stream`, `records`, `api`, `identity` (sign-in and authorizers), `schedule`,
   * `event-rule`, `direct` (by another function), `self`, `custom-resource`, `operations`.
   */
  readonly source: string;
  /** For reading: `SQS event source DocumentQueue`. */
  readonly description: string;
  /** The resource that triggers it, where it is one of the same template. */
  readonly from?: string;
}

export interface LogGroupClass {
  readonly class: LogGroupKind;
  /** The resource that writes to it, where it is known. */
  readonly owner: string | undefined;
  readonly evidence: readonly string[];
}
