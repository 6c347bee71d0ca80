import type { PlanDocument } from '../plan/document.js';
import type { PatchedFile } from '../plan/written.js';
import type { TextOptions } from './options.js';

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

export type ReportOptions = Omit<TextOptions, 'root' | 'includeReview'>;

/** A form of report: a pure function of the plans, in the order the roots were named. */
export type Report = (plans: readonly ReportedPlan[], options: ReportOptions) => string;
