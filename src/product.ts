import type { Remediation } from './contract/remediation.js';

/** What a run needs that is part of idp-fix, not of the world: handed in by `main`. */
export interface Product {
  readonly version: string;
  readonly remediations: readonly Remediation[];
  /** Where the presets are. */
  readonly policiesFolder: string;
}
