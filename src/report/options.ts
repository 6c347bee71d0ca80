import type { Remediation } from '../contract/remediation.js';

/** How a plan is to be shown to a person. */
export interface TextOptions {
  /** The root template as the user would name it. */
  readonly root: string;
  readonly remediations: readonly Pick<
    Remediation,
    'id' | 'title' | 'why' | 'guideRisk' | 'sources' | 'equivalents' | 'questions'
  >[];
  readonly columns: number;
  readonly colour: boolean;
  /** Nothing is folded, and what is in order is listed too. */
  readonly verbose: boolean;
  /** A report for programs leaves out the findings that leave nothing to do. */
  readonly onlyOpen?: boolean;
  /** `review` patches are written as well. */
  readonly includeReview: boolean;
  /** The files have been written, or would be by the command that is named here. */
  readonly outcome: { readonly written: true } | { readonly written: false; readonly command: string };
}
