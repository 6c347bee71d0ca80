import { type Overview, overviewOf, type PlacedFinding, type RemediationGroup } from '../group.js';
import type { ReportedPlan, ReportOptions } from '../report.js';

/** Of the guide, the highest first. */
export const riskLevels: readonly string[] = ['high', 'medium', 'low'];

/** One plan on the page, with what its sections share. */
export interface Chapter {
  readonly plan: ReportedPlan;
  readonly options: ReportOptions;
  readonly overview: Overview;
  /** The highest risk first. */
  readonly groups: readonly RemediationGroup[];
  /** Before the ids of everything in it, so that several plans do not meet. */
  readonly prefix: string;
  /** Of the headings of its sections. */
  readonly level: number;
  readonly isWritten: boolean;
}

export function chapterOf(
  plan: ReportedPlan,
  options: ReportOptions,
  prefix: string,
  level: number,
): Chapter {
  const { document, includeReview, root } = plan;
  const overview = overviewOf(document, { remediations: options.remediations, includeReview, root });
  const groups = overview.groups
    .filter(({ findings }) => Object.values(findings).some(({ length }) => length > 0))
    .sort((left, right) => riskLevels.indexOf(left.guideRisk) - riskLevels.indexOf(right.guideRisk));
  return { plan, options, overview, groups, prefix, level, isWritten: options.outcome.written };
}

export function findingsOf(group: RemediationGroup): readonly PlacedFinding[] {
  return Object.values(group.findings).flat();
}

/** Anchor of a stack: stacks keep their order, whatever they are called. */
export function stackAnchor({ plan, prefix }: Chapter, template: string): string {
  const index = plan.document.stacks.findIndex((stack) => stack.template === template);
  return `${prefix}stack-${index + 1}`;
}
