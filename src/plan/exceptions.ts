import type { Remediation } from '../contract/remediation.js';
import type { Deviation, Policy } from '../policy/policy.js';
import { type FoundSuppression, ruleOfCdkNag, suppressionsOf } from '../template/metadata.js';
import type { StackTree } from '../template/template.js';
import type { PlanAttempt } from './attempt.js';
import type { PlanDeviation } from './document.js';
import { type Judged, resourceFingerprint } from './finding.js';
import { deletingTransform } from './transforms.js';

export interface ExceptionOptions {
  /** As read: an accepted risk is not reopened by what other fixes add to the resource in this plan. */
  readonly original: StackTree;
  /** `YYYY-MM-DD`; a deviation counts up to and with the day it expires. */
  readonly today: string;
}

/**
 * What somebody has already said about a finding: a deviation of the policy, or a suppression in the file, which the
 * policy lets count or not.
 */
export function withExceptions(
  finding: Judged,
  policy: Policy,
  { original, today }: ExceptionOptions,
): Judged {
  const { verdict } = finding.verdict;
  const transform = deletingTransform(policy.transforms, finding.stack, finding.logicalId ?? '');
  if (transform !== undefined) {
    const because = `the transform ${transform} deletes it afterwards (transforms)`;
    return { ...finding, verdict: { verdict: 'not-applicable', because } };
  }
  if (verdict !== 'fixable' && verdict !== 'manual' && verdict !== 'unknown') return finding;
  const covering = policy.deviations.filter((deviation) => covers(deviation, finding, original));
  const deviation = covering.find(({ expires }) => expires >= today);
  if (deviation !== undefined) {
    const because = `${deviation.reason} (accepted by ${deviation.owner}, ${deviation.date}, until ${deviation.expires})`;
    return { ...finding, verdict: { verdict: 'accepted', because } };
  }
  const suppressions = addressedTo(finding);
  const [expiredDeviation = null] = covering;
  const open = { ...finding, suppressions, expiredDeviation };
  if (verdict === 'fixable' && policy.postponed.some((postponement) => isAbout(postponement, finding))) {
    const because = `${finding.verdict.because}; the policy leaves it for later (postponed)`;
    return { ...open, verdict: { verdict: 'manual', because } };
  }
  const [first] = suppressions;
  if (first === undefined || policy.suppressions === 'override') return open;
  const said = `${first.tool} has a skip of ${first.id}: ${first.reason || 'no reason given'}`;
  return policy.suppressions === 'honour'
    ? { ...open, verdict: { verdict: 'accepted', because: said } }
    : {
        ...open,
        verdict: { verdict: 'manual', because: `${said}; the policy reports it (suppressions)` },
      };
}

function addressedTo({ stack, logicalId, remediation }: Judged): readonly FoundSuppression[] {
  if (logicalId === null) return [];
  return suppressionsOf(stack, logicalId).filter(({ tool, id }) =>
    idsFor(remediation, tool).includes(tool === 'cdk_nag' ? ruleOfCdkNag(id) : id),
  );
}

function idsFor(remediation: Remediation, tool: FoundSuppression['tool']): readonly string[] {
  const { checkov, cfnNag, cdkNag, guard } = remediation.equivalents;
  switch (tool) {
    case 'checkov':
      return checkov ?? [];
    case 'cfn_nag':
      return cfnNag ?? [];
    case 'cdk_nag':
      return cdkNag ?? [];
    case 'guard':
      return guard ?? [];
    case 'idp-fix':
      return [remediation.id];
  }
}

/** Whether a deviation (or a postponement) is about a finding, in force or not. */
export function isAbout(
  deviation: Pick<Deviation, 'remediation' | 'template' | 'logicalId'>,
  finding: Judged,
): boolean {
  return (
    deviation.remediation === finding.remediation.id &&
    (deviation.template === undefined || deviation.template === finding.stack.template.path) &&
    (deviation.logicalId === undefined || deviation.logicalId === (finding.logicalId ?? ''))
  );
}

/** Whether a deviation is about a finding and about the resource as it stands; its last day is another question. */
export function covers(deviation: Deviation, finding: Judged, original: StackTree): boolean {
  if (!isAbout(deviation, finding)) return false;
  if (deviation.fingerprint === undefined) return true;
  const { path } = finding.stack.template;
  const stack = original.stacks.find(({ template }) => template.path === path) ?? finding.stack;
  return deviation.fingerprint === resourceFingerprint(stack, finding.logicalId);
}

/**
 * What has become of the risks the policy accepts, in its order.
 * @param today `YYYY-MM-DD`
 */
export function deviations(
  policy: Policy,
  original: StackTree,
  { judged }: PlanAttempt,
  today: string,
): readonly PlanDeviation[] {
  const findings = [...judged.values()];
  const accepted = findings.filter(({ verdict }) => verdict.verdict === 'accepted');
  const coversToday = (deviation: Deviation, finding: Judged) =>
    deviation.expires >= today && covers(deviation, finding, original);
  return policy.deviations.map((deviation) => {
    const { remediation, template = null, logicalId = null, reason, owner, date, expires } = deviation;
    const own = accepted.filter(
      (finding) => policy.deviations.find((each) => coversToday(each, finding)) === deviation,
    );
    const state = own.length > 0 ? 'in-force' : stateOfIdle(deviation, findings, today);
    return {
      remediation,
      template,
      logicalId,
      reason,
      owner,
      date,
      expires,
      state,
      findings: own.length,
    };
  });
}

/** Why a deviation accepts nothing. */
function stateOfIdle(
  deviation: Deviation,
  findings: readonly Judged[],
  today: string,
): PlanDeviation['state'] {
  if (deviation.expires < today) return 'expired';
  const isOpen = findings.some(
    (finding) =>
      isAbout(deviation, finding) && ['fixable', 'manual', 'unknown'].includes(finding.verdict.verdict),
  );
  return isOpen && deviation.fingerprint !== undefined ? 'changed' : 'unused';
}
