import type { Remediation, Verdict } from '../contract/remediation.js';
import type { Value } from '../document/value.js';
import type { Deviation } from '../policy/policy.js';
import type { FoundSuppression } from '../template/suppressions.js';
import type { Stack } from '../template/template.js';

/** A remediation that is switched on, with the target the policy sets for it. */
export interface Unit {
  readonly remediation: Remediation;
  readonly target: unknown;
}

/** A verdict on one resource (or on a whole template), with what excuses it. */
export interface Judged {
  /** Names the finding across rounds: remediation, template, logical id. */
  readonly key: string;
  readonly remediation: Remediation;
  readonly stack: Stack;
  readonly logicalId: string | null;
  readonly verdict: Verdict | Accepted;
  readonly current: Value;
  readonly target: Value;
  /** Suppressions in the file that are addressed to this remediation. */
  readonly suppressions: readonly FoundSuppression[];
  /** Of the template as read, before any fix and any excuse. */
  readonly evidence: { readonly because: string; readonly current: Value };
  /** A deviation of the policy that would excuse it, had its last day not passed. */
  readonly expiredDeviation: Deviation | null;
}

export interface Accepted {
  readonly verdict: 'accepted';
  readonly because: string;
}

/** A finding that can be fixed, as the planner passes it on. */
export interface Fixable extends Judged {
  readonly verdict: Extract<Verdict, { verdict: 'fixable' }>;
}

export function isFixable(finding: Judged): finding is Fixable {
  return finding.verdict.verdict === 'fixable';
}

export function keyOf(remediation: string, template: string, logicalId: string | null): string {
  return `${remediation} ${template} ${logicalId ?? ''}`;
}
