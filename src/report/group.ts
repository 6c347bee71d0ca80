import type { Remediation } from '../contract/remediation.js';
import type { Finding, Patch, PlanDocument } from '../plan/document.js';

/** A finding with the template it is in and the patch that fixes it. */
export interface PlacedFinding extends Finding {
  readonly template: string;
  readonly fixedBy: Patch | undefined;
}

export interface PlacedPatch extends Patch {
  readonly template: string;
}

/** What is to become of a finding. */
export type Fate =
  | 'written'
  | 'review'
  | 'blocked'
  | 'person'
  | 'unknown'
  | 'accepted'
  | 'not-applicable'
  | 'compliant';

export interface RemediationGroup {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly guideRisk: string;
  readonly findings: Readonly<Record<Fate, readonly PlacedFinding[]>>;
  readonly patches: readonly PlacedPatch[];
}

/** The findings of all stacks by remediation, in the order of the remediations. */
export function groupByRemediation(
  document: PlanDocument,
  options: {
    readonly remediations: readonly Pick<Remediation, 'id' | 'title' | 'why' | 'guideRisk'>[];
    readonly includeReview: boolean;
  },
): readonly RemediationGroup[] {
  const patches = document.stacks.flatMap(({ template, patches }) =>
    patches.map((patch) => ({ ...patch, template })),
  );
  const patchById = new Map(patches.map((patch) => [patch.id, patch]));
  const findings = document.stacks.flatMap(({ template, findings }) =>
    findings.map((finding) => ({ ...finding, template, fixedBy: patchById.get(finding.patch ?? '') })),
  );
  return options.remediations.map(({ id, title, why, guideRisk }) => {
    const byFate: Record<Fate, PlacedFinding[]> = {
      written: [],
      review: [],
      blocked: [],
      person: [],
      unknown: [],
      accepted: [],
      'not-applicable': [],
      compliant: [],
    };
    for (const finding of findings) {
      if (finding.remediation === id) byFate[fateOf(finding, options.includeReview)].push(finding);
    }
    return {
      id,
      title,
      why,
      guideRisk,
      findings: byFate,
      patches: patches.filter((patch) => patch.remediation === id),
    };
  });
}

export function fateOf(finding: Pick<PlacedFinding, 'verdict' | 'fixedBy'>, includeReview: boolean): Fate {
  if (finding.verdict === 'manual') return 'person';
  if (finding.verdict !== 'fixable') return finding.verdict;
  if (finding.fixedBy?.risk === 'blocked') return 'blocked';
  return finding.fixedBy?.risk === 'review' && !includeReview ? 'review' : 'written';
}
