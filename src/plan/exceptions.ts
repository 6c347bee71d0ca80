import type { PropertyEdit, Remediation, RuleScope } from '../contract/remediation.js';
import type { Deviation, Policy } from '../policy/policy.js';
import { type FoundSuppression, ruleOfCdkNag, suppressionsOf } from '../template/metadata.js';
import type { StackTree } from '../template/template.js';
import type { PlanAttempt } from './attempt.js';
import { deletingTransform } from './dangling-references.js';
import type { PlanDeviation } from './document.js';
import { type Judged, resourceFingerprint } from './finding.js';

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
  const suppressions = addressedTo(finding, original);
  const [expiredDeviation = null] = covering;
  const open = { ...finding, suppressions, expiredDeviation };
  if (verdict === 'fixable' && policy.postponed.some((postponement) => isAbout(postponement, finding))) {
    const because = `${finding.verdict.because}; the policy leaves it for later (postponed)`;
    return { ...open, verdict: { verdict: 'manual', because } };
  }
  const [first] = suppressions;
  if (first === undefined || policy.suppressions === 'override') return open;
  const said = suppressionSaid(first);
  return policy.suppressions === 'honour'
    ? honored(open, said)
    : {
        ...open,
        verdict: { verdict: 'manual', because: `${said}; the policy reports it (suppressions)` },
      };
}

function suppressionSaid({ tool, id, reason = 'no reason given' }: FoundSuppression): string {
  return tool === 'cdk'
    ? `the CDK app acknowledges ${id}: ${reason || 'no reason given'}`
    : `${tool} has a skip of ${id}: ${reason || 'no reason given'}`;
}

/**
 * A rule of another tool often looks at one property where the remediation looks at several: what the rules that are
 * skipped do not look at stays open.
 */
function honored(finding: Judged, said: string): Judged {
  const { verdict, suppressions } = finding;
  const scopes = suppressions.map((suppression) => scopeOf(finding.remediation, suppression));
  const isWhole = scopes.some(({ properties }) => properties === undefined);
  const covered = new Set(scopes.flatMap(({ properties = [] }) => properties));
  const concerns = concernsOf(finding);
  const left = [...new Set(concerns?.filter((name) => !covered.has(name)))];
  if (isWhole || (concerns !== undefined && left.length === 0))
    return { ...finding, verdict: { verdict: 'accepted', because: said } };
  const about = `${said} (about ${[...covered].join(', ')} alone)`;
  if (verdict.verdict === 'manual' || verdict.verdict === 'unknown')
    return { ...finding, verdict: { ...verdict, because: `${verdict.because}; ${about}` } };
  const because = `${verdict.because}; ${about}: ${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} open`;
  // Edits go without each other; what they bring along does not say which of them it is for.
  if (verdict.verdict === 'fixable' && (verdict.companions ?? []).length === 0) {
    const edits = verdict.edits.filter((edit) => !covered.has(nameOf(edit)));
    return { ...finding, suppressions: [], verdict: { ...verdict, because, edits } };
  }
  return { ...finding, verdict: { verdict: 'manual', because } };
}

/** What a finding is about, as far as it says. */
function concernsOf({ concerns, verdict }: Judged): readonly string[] | undefined {
  return concerns ?? (verdict.verdict === 'fixable' ? verdict.edits.map(nameOf) : undefined);
}

/** `KeyPolicy`, `DeletionPolicy`; of another resource with its logical id before it. */
function nameOf({ logicalId, path: [section = '', name = ''] }: PropertyEdit): string {
  const own = section === 'Properties' ? name : section;
  return logicalId === undefined ? own : `${logicalId}.${own}`;
}

/** Suppressions by rules that look at the resource, and at something of what the finding is about. */
function addressedTo(finding: Judged, original: StackTree): readonly FoundSuppression[] {
  const { stack, logicalId, remediation } = finding;
  const said = logicalId === null ? [] : suppressionsOf(stack, logicalId);
  const concerns = concernsOf(finding);
  const type = stack.template.resources.get(logicalId ?? '')?.type;
  return [...said, ...acknowledgementsOf(finding, original)].filter((suppression) => {
    if (!means(suppression, ruleOf(suppression), remediation)) return false;
    const { types, properties } = scopeOf(remediation, suppression);
    if (types !== undefined && !types.includes(type ?? '')) return false;
    return properties === undefined || !concerns?.every((name) => !properties.includes(name));
  });
}

function acknowledgementsOf({ stack, logicalId }: Judged, original: StackTree): readonly FoundSuppression[] {
  const said = original.acknowledged?.get(stack.template.path)?.get(logicalId ?? '') ?? [];
  return said.map(({ id, reason }) => ({
    tool: 'cdk',
    id,
    reason,
    line: undefined,
    place: { kind: 'beside' },
  }));
}

function scopeOf({ ruleScopes = {} }: Remediation, suppression: FoundSuppression): RuleScope {
  return ruleScopes[ruleOf(suppression) ?? ''] ?? {};
}

/** The rule as remediations know it; `undefined` for a finding of idp-fix itself, which is all of the question. */
function ruleOf({ tool, id }: FoundSuppression): string | undefined {
  if (tool === 'idp-fix' || id.startsWith(ownPlugin)) return undefined;
  if (tool === 'cdk_nag') return ruleOfCdkNag(id);
  return tool === 'cdk' ? ruleOfCdkNag(id.slice(id.indexOf('::') + 2)) : id;
}

/** How the CDK begins the ids of what the plug-in finds. */
const ownPlugin = 'idp-fix::';

function means({ tool, id }: FoundSuppression, rule: string | undefined, remediation: Remediation): boolean {
  if (rule === undefined) return id === remediation.id || id === `${ownPlugin}${remediation.id}`;
  return idsFor(remediation, tool).includes(rule);
}

function idsFor({ equivalents }: Remediation, tool: FoundSuppression['tool']): readonly string[] {
  const { checkov = [], cfnNag = [], cdkNag = [], guard = [] } = equivalents;
  switch (tool) {
    case 'checkov':
      return checkov;
    case 'cfn_nag':
      return cfnNag;
    case 'cdk_nag':
      return cdkNag;
    case 'guard':
      return guard;
    case 'cdk':
      return [...cdkNag, ...checkov, ...guard];
    case 'idp-fix':
      return [];
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
