import type { Attestation, Policy } from '../policy/policy.js';
import type { Remediation } from '../remediation.js';
import type { ChecklistItem, Finding, PlanDocument } from './document.js';

interface Question {
  readonly id: string;
  readonly title: string;
  /** What templates can show is not all there is: somebody has to answer as well. */
  readonly needsAttestation?: true;
}

/** The production checklist of the guide, in its order. What answers an item is for each remediation to say. */
const questions: readonly Question[] = [
  { id: 'concurrency-limits', title: 'Concurrency limits are configured' },
  { id: 'customer-managed-keys', title: 'Customer-managed keys encrypt what is stored' },
  { id: 'alarms', title: 'Alarms tell somebody' },
  { id: 'tagging', title: 'Resources are tagged' },
  { id: 'availability', title: 'What matters outlives the loss of a zone' },
  { id: 'security-review', title: 'A security review is completed', needsAttestation: true },
  { id: 'load-testing', title: 'A load test is performed', needsAttestation: true },
  { id: 'recovery-plan', title: 'A plan for disaster recovery is documented', needsAttestation: true },
  { id: 'dashboards', title: 'Dashboards show how it does' },
  { id: 'cost-control', title: 'Somebody is told what it costs' },
];

/**
 * Answers the production checklist from a plan and from what people attest in the policy. Risks that were accepted for
 * a time only are open again when it has passed, since their findings are.
 * @param today `YYYY-MM-DD`
 */
export function checklist(
  { stacks }: Pick<PlanDocument, 'stacks'>,
  policy: Policy,
  remediations: readonly Remediation[],
  today: string,
): readonly ChecklistItem[] {
  const findings = stacks.flatMap((stack) => stack.findings);
  return questions.map((question) => {
    const ids = remediations.filter((each) => each.checklist === question.id).map(({ id }) => id);
    const answered = findings.filter(({ remediation }) => ids.includes(remediation));
    const attestation = policy.attestations.find(({ item }) => item === question.id);
    return answer(question, ids, answered, attestation, today);
  });
}

function answer(
  { id, title, needsAttestation }: Question,
  ids: readonly string[],
  findings: readonly Finding[],
  attestation: Attestation | undefined,
  today: string,
): ChecklistItem {
  const item = (status: ChecklistItem['status'], evidence: string): ChecklistItem => {
    const { who: owner = null, when: date = null } = attestation ?? {};
    return { id, title, status, evidence, owner, date };
  };
  const shown = shownBy(ids, findings);
  if (attestation !== undefined) {
    const said = `${attestation.who} says so in ${attestation.document}, until ${attestation.expires}`;
    if (attestation.expires < today)
      return item('open', `attested by ${attestation.who}, but that ended ${attestation.expires}`);
    if (attestation.status === 'accepted-risk') return item('accepted-risk', said);
    if (shown?.isOpen) return item('open', `${shown.evidence}; ${said}`);
    return item('done', shown === undefined ? said : `${shown.evidence}; ${said}`);
  }
  if (shown?.isOpen) return item('open', shown.evidence);
  if (needsAttestation || shown === undefined) {
    const missing = `nobody has attested it: attestations in the policy, with item: ${id}`;
    return item('open', shown === undefined ? missing : `${shown.evidence}; ${missing}`);
  }
  return item(shown.hasAcceptedRisks ? 'accepted-risk' : 'done', shown.evidence);
}

/** What the findings of its remediations say of an item; `undefined` where no remediation has anything to say. */
function shownBy(ids: readonly string[], findings: readonly Finding[]) {
  if (ids.length === 0) return undefined;
  if (findings.length === 0) {
    return { isOpen: false, hasAcceptedRisks: false, evidence: `${ids.join(', ')}: nothing it applies to` };
  }
  const count = (...verdicts: readonly string[]) =>
    findings.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const open = count('fixable', 'manual', 'unknown');
  const accepted = count('accepted');
  const parts = [
    [count('compliant'), 'in order'],
    [count('fixable'), 'to fix'],
    [count('manual', 'unknown'), 'for a person'],
    [accepted, 'accepted'],
    [count('not-applicable'), 'not applicable'],
  ] as const;
  const counts = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return {
    isOpen: open > 0,
    hasAcceptedRisks: accepted > 0,
    evidence: `${ids.join(', ')}: ${counts.join(', ')}`,
  };
}
