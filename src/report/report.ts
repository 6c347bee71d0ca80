import type { Remediation } from '../contract/remediation.js';
import type { PlanDocument } from '../plan/document.js';
import type { PatchedFile } from '../plan/written.js';

/** What becomes of a finding. `input`: an answer in the policy settles it. `manual`: work outside the template. */
export type FindingStatus =
  | 'written'
  | 'review'
  | 'blocked'
  | 'input'
  | 'manual'
  | 'unknown'
  | 'accepted'
  | 'not-applicable'
  | 'compliant';

/** Those that leave something to do, in the order a reader should see them. */
export const openStatuses = ['blocked', 'review', 'input', 'manual', 'unknown', 'written'] as const;

const statusWords: Readonly<Record<FindingStatus, string>> = {
  written: 'auto-fix',
  review: 'needs approval',
  blocked: 'never written',
  input: 'needs input',
  manual: 'manual',
  unknown: 'unknown',
  accepted: 'accepted',
  'not-applicable': 'n/a',
  compliant: 'pass',
};

/** What becomes of a finding, in the one word for it. */
export function nameOfStatus(status: FindingStatus, isWritten = false): string {
  return status === 'written' && isWritten ? 'fixed' : statusWords[status];
}

/** `1 needs approval`, `34 need approval`. */
export function countOfStatus(number: number, status: FindingStatus, isWritten = false): string {
  const name = nameOfStatus(status, isWritten);
  return `${number} ${number === 1 ? name : name.replace(/^needs /, 'need ')}`;
}

/** One planned root: what every report is made of. */
export interface ReportedPlan {
  readonly document: PlanDocument;
  /** Every template of the tree as it would be written, changed or not, in tree order. */
  readonly files: readonly PatchedFile[];
  /** The root template as the user would name it. */
  readonly root: string;
  /** `review` patches are in `files` as well. */
  readonly includeReview: boolean;
}

export interface ReportOptions extends Omit<TextOptions, 'root' | 'includeReview'> {
  /** The day what expires was judged by, `YYYY-MM-DD`. */
  readonly today: string;
}

/** A form of report: a pure function of the plans, in the order the roots were named. */
export type Report = (plans: readonly ReportedPlan[], options: ReportOptions) => string;

/** How a plan is to be shown to a person. */
export interface TextOptions {
  /** The root template as the user would name it. */
  readonly root: string;
  readonly remediations: readonly Pick<
    Remediation,
    'id' | 'title' | 'why' | 'guideRisk' | 'sources' | 'equivalents' | 'questions' | 'isSecurity' | 'helpUri'
  >[];
  /** `cdk synth` has made the templates, so a fix belongs into the app. */
  readonly isSynthesized?: boolean;
  readonly columns: number;
  readonly color: boolean;
  /** It is for the eyes of a person at a terminal, not for a file or a program. */
  readonly isScreen?: boolean;
  /** Nothing is folded, and what is in order is listed too. */
  readonly verbose: boolean;
  /** A report for programs leaves out the findings that leave nothing to do. */
  readonly onlyOpen?: boolean;
  /** JSON in one line, for a program; indented when absent. */
  readonly isCompact?: boolean;
  /** Of a review, instead of the path of the root template. */
  readonly title?: string;
  /** Where the working folder is on a code host, at a commit: `https://host/owner/name/blob/<commit>`. */
  readonly sourceUrl?: string;
  /** `review` patches are written as well. */
  readonly includeReview: boolean;
  /** The files have been written, or would be by the command that is named here. */
  readonly outcome: { readonly written: true } | { readonly written: false; readonly command: string };
}
