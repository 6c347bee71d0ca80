import type { PlanDeviation } from './document.js';

export interface ChecklistItem {
  readonly id: string;
  readonly title: string;
  readonly status: 'done' | 'open' | 'accepted-risk';
  /** For reading: what the plan shows, and what a person says. */
  readonly evidence: string;
  /** Who says so, or accepts the risk. */
  readonly owner: string | null;
  /** Since when, `YYYY-MM-DD`. */
  readonly date: string | null;
  /** Why a risk is accepted. */
  readonly reason: string | null;
  /** Where it is written down: a path or an address. */
  readonly document: string | null;
  /** Last day it counts, `YYYY-MM-DD`; the item is open again after it. */
  readonly expires: string | null;
  /** Whose findings answer it; none where only a person can. */
  readonly remediations: readonly string[];
  /** How many findings stand in the way. */
  readonly open: number;
  readonly acceptedRisks: readonly AcceptedRisk[];
  /** Twelve hex digits of what is open; an attestation that names them ends when something else is. */
  readonly fingerprint: string;
}

/** A deviation of the policy that is in force. */
export type AcceptedRisk = Omit<PlanDeviation, 'state' | 'findings'>;
