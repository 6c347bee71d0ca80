import type { Deviation, Policy } from '../policy/policy.js';
import type { StackTree } from '../template/template.js';
import type { PlanAttempt } from './attempt.js';
import type { PlanDeviation } from './document.js';
import { covers, isAbout } from './excuse.js';
import type { Judged } from './finding.js';

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
