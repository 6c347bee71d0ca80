import { createHash } from 'node:crypto';
import type { Deviation, Policy } from '../policy/policy.js';
import type { Remediation } from '../remediation.js';
import { type FoundSuppression, suppressionsOf } from '../template/suppressions.js';
import type { Stack } from '../template/template.js';
import { isList, isMap, type Value } from '../template/value.js';
import type { Judged } from './finding.js';

/**
 * What somebody has already said about a finding: a deviation of the policy, or a suppression in the file, which the
 * policy lets count or not.
 * @param today `YYYY-MM-DD`; a deviation counts up to and with the day it expires.
 */
export function excuse(finding: Judged, policy: Policy, today: string): Judged {
  const { verdict } = finding.verdict;
  if (verdict !== 'fixable' && verdict !== 'manual' && verdict !== 'unknown') return finding;
  const deviation = policy.deviations.find((candidate) => covers(candidate, finding, today));
  if (deviation !== undefined) {
    const because = `${deviation.reason} (accepted by ${deviation.owner}, ${deviation.date}, until ${deviation.expires})`;
    return { ...finding, verdict: { verdict: 'accepted', because } };
  }
  const suppressions = addressedTo(finding);
  const [first] = suppressions;
  if (first === undefined || policy.suppressions === 'override') return { ...finding, suppressions };
  const said = `${first.tool} is told to skip ${first.id}: ${first.reason || 'no reason given'}`;
  return policy.suppressions === 'honour'
    ? { ...finding, suppressions, verdict: { verdict: 'accepted', because: said } }
    : {
        ...finding,
        suppressions,
        verdict: { verdict: 'manual', because: `${said}; the policy leaves it to a person` },
      };
}

function addressedTo({ stack, logicalId, remediation }: Judged): readonly FoundSuppression[] {
  if (logicalId === null) return [];
  return suppressionsOf(stack, logicalId).filter(({ tool, id }) => idsFor(remediation, tool).includes(id));
}

function idsFor(remediation: Remediation, tool: FoundSuppression['tool']): readonly string[] {
  const { checkov, cfnNag, guard } = remediation.equivalents;
  switch (tool) {
    case 'checkov':
      return checkov ?? [];
    case 'cfn_nag':
      return cfnNag ?? [];
    case 'guard':
      return guard ?? [];
    case 'idp-fix':
      return [remediation.id];
  }
}

function covers(deviation: Deviation, finding: Judged, today: string): boolean {
  return (
    deviation.remediation === finding.remediation.id &&
    (deviation.template === undefined || deviation.template === finding.stack.template.path) &&
    (deviation.logicalId === undefined || deviation.logicalId === (finding.logicalId ?? '')) &&
    deviation.expires >= today &&
    (deviation.fingerprint === undefined ||
      deviation.fingerprint === fingerprint(finding.stack, finding.logicalId))
  );
}

/** Twelve hex digits that change when the resource changes, so that an accepted risk is looked at again then. */
export function fingerprint(stack: Stack, logicalId: string | null): string {
  const body = logicalId === null ? stack.template.value : stack.template.resources.get(logicalId)?.body;
  return createHash('sha256')
    .update(canonical(body ?? null))
    .digest('hex')
    .slice(0, 12);
}

function canonical(value: Value): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
}
