import type { Finding, PlanDocument, PlanStack } from '../plan/document.js';
import type { BaselineFinding } from './baseline-file.js';

/** What a person or a patch still has to deal with. */
export function isOpen({ verdict }: Pick<Finding, 'verdict'>): boolean {
  return verdict === 'fixable' || verdict === 'manual' || verdict === 'unknown';
}

/** What can be in a baseline: what is open, unless somebody has accepted it for a time that has passed. */
function mayBeKnown(finding: Finding): boolean {
  return isOpen(finding) && finding.expiredDeviation === null;
}

/** The open findings of a plan, as a baseline keeps them. */
export function baselineFindings({ stacks }: Pick<PlanDocument, 'stacks'>): readonly BaselineFinding[] {
  return stacks.flatMap(({ template, findings }) =>
    findings.filter(mayBeKnown).map(({ logicalId, remediation, fingerprint, resourceFingerprint }) => ({
      template,
      logicalId,
      remediation,
      fingerprint,
      resourceFingerprint,
    })),
  );
}

/**
 * The plan with every finding marked that a baseline has. Known is what was found in the same place with the same
 * evidence; and what has moved, unchanged, to another template of the tree, as long as only one can be meant.
 * @param isInScope whether this run has looked for what a remediation finds
 */
export function compareWithBaseline(
  document: PlanDocument,
  baseline: readonly BaselineFinding[],
  isInScope: (remediation: string) => boolean,
): PlanDocument {
  const entries = baseline.filter(({ remediation }) => isInScope(remediation));
  const found = baselineFindings(document);
  const inPlace = new Set(found.map(({ fingerprint }) => fingerprint));
  const expected = new Set(entries.map(({ fingerprint }) => fingerprint));
  const missing = entries.filter(({ fingerprint }) => !inPlace.has(fingerprint));
  const unexpected = found.filter(({ fingerprint }) => !expected.has(fingerprint));
  const present = new Set(
    document.stacks.flatMap(({ template, findings }) =>
      findings.map(({ logicalId }) => `${template} ${logicalId}`),
    ),
  );
  const vanished = missing.filter(({ template, logicalId }) => !present.has(`${template} ${logicalId}`));
  const moved = movesBetween(vanished, unexpected);
  const isKnown = (finding: Finding) =>
    mayBeKnown(finding) && (expected.has(finding.fingerprint) || moved.arrived.has(finding.fingerprint));
  const stacks = document.stacks.map(
    (stack): PlanStack => ({
      ...stack,
      findings: stack.findings.map((finding) => ({ ...finding, known: isKnown(finding) })),
    }),
  );
  const open = stacks.flatMap(({ findings }) => findings.filter(isOpen));
  const known = open.filter((finding) => finding.known).length;
  const gone = missing
    .filter(({ fingerprint }) => !moved.left.has(fingerprint))
    .map(({ template, logicalId, remediation }) => ({ template, logicalId, remediation }));
  return { ...document, stacks, baseline: { known, new: open.length - known, gone } };
}

/** Pairs what has vanished with what has come where the resource is the same and neither side has a second candidate. */
function movesBetween(missing: readonly BaselineFinding[], unexpected: readonly BaselineFinding[]) {
  const gone = grouped(missing);
  const come = grouped(unexpected);
  const arrived = new Set<string>();
  const left = new Set<string>();
  for (const [key, [to, ...otherTo]] of come) {
    const [from, ...otherFrom] = gone.get(key) ?? [];
    if (from === undefined || to === undefined || otherTo.length + otherFrom.length > 0) continue;
    arrived.add(to.fingerprint);
    left.add(from.fingerprint);
  }
  return { arrived, left };
}

function grouped(findings: readonly BaselineFinding[]): ReadonlyMap<string, readonly BaselineFinding[]> {
  const groups = new Map<string, BaselineFinding[]>();
  for (const finding of findings) {
    const { remediation, logicalId, resourceFingerprint } = finding;
    const key = `${remediation} ${logicalId} ${resourceFingerprint}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return groups;
}
