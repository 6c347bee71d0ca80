import type { PlanVerdict } from '../plan/document.js';

/**
 * What becomes of a policy on the next release of a template (`--compare OLD --format json`). Relied on from outside:
 * extend, don't rename.
 */
export interface Comparison {
  readonly format: 'idp-fix/comparison';
  readonly version: 1;
  readonly policy: { readonly name: string; readonly source: string; readonly sha256: string };
  readonly old: ComparedRelease;
  readonly new: ComparedRelease;
  /** By change, then by remediation, template and logical id. */
  readonly entries: readonly ComparedFinding[];
  /** What the policy says of nothing that is in the new release, one sentence each. */
  readonly withoutEffect: readonly string[];
  readonly summary: Readonly<Record<Change, number>>;
}

export interface ComparedRelease {
  /** Root template, as it was named. */
  readonly template: string;
  readonly sha256: string;
  /** Of all its templates. */
  readonly resources: number;
}

/**
 * - `again`: the policy's fix applies as it did before
 * - `upstream`: the new release does it itself
 * - `gone`: what it was about is no longer there
 * - `ceased`: it is still there, and the remediation has nothing to say about it any more
 * - `conflict`: it was auto-fix, now needs input or manual work
 * - `regressed`: it passed, and no longer does
 * - `covered`: new, and the policy's fix applies
 * - `uncovered`: new, needs input or manual work
 * - `open`: needs input or manual work, as before
 * - `now-fixable`: it needed input, and now the policy's fix applies
 * - `accepted`: the policy accepts it
 * - `accepted-changed`: the policy accepts it, but the resource is no longer the one it was accepted for
 */
export const changes = [
  'conflict',
  'regressed',
  'uncovered',
  'accepted-changed',
  'open',
  'covered',
  'now-fixable',
  'again',
  'upstream',
  'gone',
  'ceased',
  'accepted',
] as const;
export type Change = (typeof changes)[number];

/** What somebody should look at before the new release goes out. */
export const needsPerson: ReadonlySet<Change> = new Set([
  'conflict',
  'regressed',
  'uncovered',
  'accepted-changed',
]);

export interface ComparedFinding {
  readonly change: Change;
  readonly remediation: string;
  /** In the new release; in the old one for what is gone. */
  readonly template: string;
  /** Empty for a finding about the whole template. */
  readonly logicalId: string;
  readonly resourceType: string;
  /** Template of the old release, where it was another one. */
  readonly movedFrom: string | null;
  readonly before: ComparedVerdict | null;
  readonly after: ComparedVerdict | null;
}

export interface ComparedVerdict {
  readonly verdict: PlanVerdict;
  readonly because: string;
  readonly line: number;
}
