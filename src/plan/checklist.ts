import { createHash } from 'node:crypto';
import type { Remediation } from '../contract/remediation.js';
import type { Attestation, Policy } from '../policy/policy.js';
import type { ChecklistItemId } from '../policy/sections.js';
import type { AcceptedRisk, ChecklistItem, Finding, PlanDocument } from './document.js';

interface Question {
  readonly id: ChecklistItemId;
  readonly title: string;
  /** What templates can show is not all there is: somebody has to answer as well. */
  readonly needsAttestation?: true;
}

/**
 * The production checklist of the guide, in its order, and what its practices ask for that none of its ten items names. What
 * answers an item is for each remediation to say.
 */
export const questions: readonly Question[] = [
  { id: 'concurrency-limits', title: 'Concurrency limits are configured' },
  { id: 'customer-managed-keys', title: 'Customer-managed keys are configured' },
  { id: 'alarms', title: 'Alarms notify someone' },
  { id: 'tagging', title: 'Resources are tagged' },
  { id: 'availability', title: 'What matters outlives the loss of a zone' },
  { id: 'security-review', title: 'A security review is completed', needsAttestation: true },
  { id: 'load-testing', title: 'A load test is performed', needsAttestation: true },
  { id: 'recovery-plan', title: 'A plan for disaster recovery is documented', needsAttestation: true },
  { id: 'dashboards', title: 'Dashboards show how it does' },
  { id: 'cost-control', title: 'Budget alerts are configured' },
  { id: 'failed-events', title: 'Failed events are kept' },
  { id: 'kept-logs', title: 'Logs are kept as long as they have to be' },
  { id: 'function-code-and-network', title: 'Functions run signed code, in the network they need' },
  { id: 'distributions', title: 'Distributions have a second origin and the countries meant' },
];

/**
 * Answers the production checklist from a plan and from what people attest in the policy. What was accepted for a time
 * only, or for a resource that has changed since, is open again.
 * @param today `YYYY-MM-DD`
 */
export function checklist(
  plan: ChecklistPlan,
  policy: Policy,
  remediations: readonly Remediation[],
  today: string,
): readonly ChecklistItem[] {
  return questions.map((question) => {
    const ids = remediations.filter((each) => each.checklist === question.id).map(({ id }) => id);
    const shown = ids.length === 0 ? undefined : checklistEvidence(ids, plan);
    const attestation = policy.attestations.find(({ item }) => item === question.id);
    return answer(question, ids, shown, attestation, today);
  });
}

type Answer = Pick<ChecklistItem, 'status' | 'evidence'>;

function answer(
  question: Question,
  remediations: readonly string[],
  shown: Shown | undefined,
  attestation: Attestation | undefined,
  today: string,
): ChecklistItem {
  const fingerprint = fingerprintOf(shown?.open ?? []);
  const said =
    attestation === undefined
      ? unattested(question, shown)
      : attested(attestation, shown, fingerprint, today);
  const { acceptedRisks = [] } = shown ?? {};
  const isAccepted = said.status === 'accepted-risk' && attestation?.status !== 'accepted-risk';
  return {
    id: question.id,
    title: question.title,
    ...said,
    ...(isAccepted
      ? {
          owner: distinct(acceptedRisks.map(({ owner }) => owner)),
          date:
            acceptedRisks
              .map(({ date }) => date)
              .sort()
              .at(-1) ?? null,
          reason: distinct(acceptedRisks.map(({ reason }) => reason)),
          document: null,
          // What ends first opens the item again.
          expires: acceptedRisks.map(({ expires }) => expires).sort()[0] ?? null,
        }
      : {
          owner: attestation?.who ?? null,
          date: attestation?.when ?? null,
          reason: attestation?.reason ?? null,
          document: attestation?.document ?? null,
          expires: attestation?.expires ?? null,
        }),
    remediations,
    covers: shown?.covers ?? [],
    doesNotCover: shown?.doesNotCover ?? [],
    open: shown?.open.length ?? 0,
    acceptedRisks,
    fingerprint,
  };
}

function attested(
  { status, who, document, expires, reason = '', fingerprint: known }: Attestation,
  shown: Shown | undefined,
  fingerprint: string,
  today: string,
): Answer {
  const evidence = (text: string) => (shown === undefined ? text : `${shown.evidence}; ${text}`);
  if (expires < today) return { status: 'open', evidence: `attested by ${who}, but that ended ${expires}` };
  if (status === 'accepted-risk') {
    if (known !== undefined && known !== fingerprint) {
      return {
        status: 'open',
        evidence: evidence(
          `${who} accepted the risk for something else than what is open now (${fingerprint})`,
        ),
      };
    }
    return {
      status,
      evidence: evidence(`${who} accepts the risk: ${reason} (${document}, until ${expires})`),
    };
  }
  const text = evidence(`${who} says so in ${document}, until ${expires}`);
  if (shown !== undefined && (shown.open.length > 0 || shown.isUnseen))
    return { status: 'open', evidence: text };
  return {
    status: shown !== undefined && shown.acceptedRisks.length > 0 ? 'accepted-risk' : 'done',
    evidence: text,
  };
}

/** What nobody could look into may be open as well. */
function unattested({ id, needsAttestation }: Question, shown: Shown | undefined): Answer {
  if (shown !== undefined && (shown.open.length > 0 || shown.isPartial)) {
    return { status: 'open', evidence: shown.evidence };
  }
  if (needsAttestation || shown === undefined) {
    const missing = `not attested: add attestations in the policy, with item: ${id}`;
    return { status: 'open', evidence: shown === undefined ? missing : `${shown.evidence}; ${missing}` };
  }
  return { status: shown.acceptedRisks.length > 0 ? 'accepted-risk' : 'done', evidence: shown.evidence };
}

function distinct(words: readonly string[]): string | null {
  return words.length === 0 ? null : [...new Set(words)].join(', ');
}

/** Changes with what is open, and with the resources it is open for. */
function fingerprintOf(open: Shown['open']): string {
  const each = open
    .map(({ fingerprint, resourceFingerprint }) => `${fingerprint} ${resourceFingerprint}`)
    .sort();
  return createHash('sha256').update(each.join('\n')).digest('hex').slice(0, 12);
}

export interface ChecklistPlan extends Pick<PlanDocument, 'stacks' | 'deviations' | 'coverage'> {
  /** Of all templates. */
  readonly resourceTypes: readonly string[];
}

/** What the findings of some remediations say about an item of the checklist. */
interface Shown {
  /** For reading: how many there are of what, and by name what somebody has to look at. */
  readonly evidence: string;
  readonly open: readonly Finding[];
  /** Each has a reason, an owner and a last day. */
  readonly acceptedRisks: readonly AcceptedRisk[];
  readonly covers: readonly string[];
  readonly doesNotCover: readonly string[];
  /** Parts of the templates could not be looked into. */
  readonly isPartial: boolean;
  /** Some of those nobody answers for. */
  readonly isUnseen: boolean;
}

/** Names of as many resources as one line holds. */
const mostNames = 3;

function checklistEvidence(ids: readonly string[], plan: ChecklistPlan): Shown {
  const findings = plan.stacks.flatMap((stack) =>
    stack.findings.filter(({ remediation }) => ids.includes(remediation)),
  );
  const by = (...verdicts: readonly string[]) => findings.filter(({ verdict }) => verdicts.includes(verdict));
  // A comment in a template says neither who answers for it nor for how long.
  const skipped = by('accepted').filter(({ suppression }) => suppression !== null);
  const fixable = by('fixable');
  const person = by('manual', 'unknown');
  const parts = [
    say(by('compliant'), 'pass'),
    say(fixable, 'auto-fix', true),
    say(person, 'need input or manual work', true),
    say(skipped, 'skipped by comments only, without an owner or a last day', true),
    say(
      by('accepted').filter(({ suppression }) => suppression === null),
      'accepted',
      true,
    ),
    say(by('not-applicable'), 'n/a'),
  ].filter((part) => part !== undefined);
  const counted = parts.length === 0 ? 'nothing it applies to' : parts.join(', ');
  const text = [`${ids.join(', ')}: ${counted}`, ...reopened(ids, plan), ...unseen(plan)].join('; ');
  return {
    evidence: text,
    open: [...fixable, ...person, ...skipped],
    acceptedRisks: acceptedRisks(ids, plan),
    ...scopeOf(findings, plan),
    isPartial: plan.coverage.notEvaluated.length > 0,
    isUnseen: plan.coverage.notEvaluated.some(({ accepted }) => accepted === undefined),
  };
}

/** A finding about a whole template covers no type by itself. */
function scopeOf(
  findings: readonly Finding[],
  { resourceTypes }: ChecklistPlan,
): Pick<Shown, 'covers' | 'doesNotCover'> {
  const judged = new Set(findings.map(({ resourceType }) => resourceType).filter((type) => type !== ''));
  return {
    covers: [...judged].sort(),
    doesNotCover: resourceTypes.filter((type) => !judged.has(type)),
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
