import type { AcceptedRisk, Finding, PlanDocument } from './document.js';

export type ChecklistPlan = Pick<PlanDocument, 'stacks' | 'deviations' | 'coverage'>;

/** What the findings of some remediations say about an item of the checklist. */
export interface Shown {
  /** For reading: how many there are of what, and by name what somebody has to look at. */
  readonly evidence: string;
  readonly open: readonly Finding[];
  /** Each has a reason, an owner and a last day. */
  readonly acceptedRisks: readonly AcceptedRisk[];
}

/** Names of as many resources as one line holds. */
const mostNames = 3;

export function checklistEvidence(ids: readonly string[], plan: ChecklistPlan): Shown {
  const findings = plan.stacks.flatMap((stack) =>
    stack.findings.filter(({ remediation }) => ids.includes(remediation)),
  );
  const by = (...verdicts: readonly string[]) => findings.filter(({ verdict }) => verdicts.includes(verdict));
  // A comment in a template says neither who answers for it nor for how long.
  const skipped = by('accepted').filter(({ suppression }) => suppression !== null);
  const fixable = by('fixable');
  const person = by('manual', 'unknown');
  const parts = [
    say(by('compliant'), 'in order'),
    say(fixable, 'to fix', true),
    say(person, 'for a person', true),
    say(skipped, 'skipped by comments only, without an owner or a last day', true),
    say(
      by('accepted').filter(({ suppression }) => suppression === null),
      'accepted',
      true,
    ),
    say(by('not-applicable'), 'not applicable'),
  ].filter((part) => part !== undefined);
  const counted = parts.length === 0 ? 'nothing it applies to' : parts.join(', ');
  const text = [`${ids.join(', ')}: ${counted}`, ...reopened(ids, plan), ...unseen(plan)].join('; ');
  return {
    evidence: text,
    open: [...fixable, ...person, ...skipped],
    acceptedRisks: acceptedRisks(ids, plan),
  };
}

function say(findings: readonly Finding[], what: string, byName = false): string | undefined {
  if (findings.length === 0) return undefined;
  const names = [
    ...new Set(findings.map(({ logicalId }) => (logicalId === '' ? 'the whole template' : logicalId))),
  ];
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  const listed = byName ? ` (${names.slice(0, mostNames).join(', ')}${more})` : '';
  return `${findings.length} ${what}${listed}`;
}

function acceptedRisks(ids: readonly string[], { deviations }: ChecklistPlan): readonly AcceptedRisk[] {
  return deviations
    .filter(({ remediation, state }) => ids.includes(remediation) && state === 'in-force')
    .map(({ remediation, template, logicalId, reason, owner, date, expires }) => ({
      remediation,
      template,
      logicalId,
      reason,
      owner,
      date,
      expires,
    }));
}

/** Risks that were accepted once, and no longer are. */
function reopened(ids: readonly string[], { deviations }: ChecklistPlan): readonly string[] {
  return deviations
    .filter(({ remediation }) => ids.includes(remediation))
    .flatMap(({ logicalId, owner, expires, state }) => {
      const what = logicalId ?? 'all of them';
      if (state === 'expired')
        return [`${owner} accepted the risk of ${what} until ${expires}, which has passed`];
      return state === 'changed' ? [`${what} has changed since ${owner} accepted its risk`] : [];
    });
}

function unseen({ coverage: { notEvaluated } }: ChecklistPlan): readonly string[] {
  if (notEvaluated.length === 0) return [];
  const names = notEvaluated.map(({ logicalId }) => logicalId);
  return [
    `not looked into: ${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ` and ${names.length - mostNames} more` : ''}`,
  ];
}
