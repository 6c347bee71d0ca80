import { formatPointer } from '../document/value.js';
import type { StackTree } from '../template/template.js';
import type { AcceptedFix, PlanAttempt } from './attempt.js';
import { isFixable, type Judged } from './finding.js';
import { writersOf } from './state.js';

/** A fix that the patched templates speak against. */
export interface Contradiction {
  /** Key of its finding. */
  readonly fix: string;
  /** What they say. */
  readonly because: string;
}

/** Fixes whose own finding is back. */
export function returnedIn(judged: readonly Judged[], { accepted }: PlanAttempt): readonly Contradiction[] {
  return judged.filter(isFixable).flatMap((finding) => {
    const fix = accepted.get(finding.key);
    return fix === undefined ? [] : [ownContradiction(finding, fix)];
  });
}

/**
 * What patched templates say against the fixes in them: a patched finding is open again, a resource that a fix adds is
 * not what the same remediation wants, what was compliant is not any more, two fixes want different values.
 */
export function contradictionsIn(
  judged: readonly Judged[],
  attempt: PlanAttempt,
  original: StackTree,
  accepted: ReadonlyMap<string, AcceptedFix> = attempt.accepted,
): readonly Contradiction[] {
  return judged.filter(isOpen).flatMap((finding): readonly Contradiction[] => {
    const own = accepted.get(finding.key);
    if (own !== undefined) return [ownContradiction(finding, own)];
    const refusal = attempt.refused.get(finding.key);
    if (isFixable(finding) && refusal?.conflictsWith !== undefined && accepted.has(refusal.conflictsWith)) {
      const other = { fix: refusal.conflictsWith, because: saidOf(finding) };
      // What two findings of the template want differently is written by neither.
      return isAdded(finding, original) ? [other] : [other, { fix: finding.key, because: refusal.because }];
    }
    if (isAdded(finding, original)) {
      const own = addersOf(finding, attempt, accepted).filter(
        (fix) => fix.finding.remediation === finding.remediation,
      );
      return isFixable(finding) ? [] : own.map((fix) => against(fix, finding));
    }
    const wasCompliant = attempt.judged.get(finding.key)?.verdict.verdict === 'compliant';
    return wasCompliant ? authorsOf(finding, attempt, accepted).map((fix) => against(fix, finding)) : [];
  });
}

function against({ finding: { key } }: AcceptedFix, said: Judged): Contradiction {
  return { fix: key, because: saidOf(said) };
}

/** A resource the template as read does not have. */
export function isAdded({ stack, logicalId }: Judged, original: StackTree): boolean {
  if (logicalId === null) return false;
  const before = original.stacks.find(({ template }) => template.path === stack.template.path);
  return before?.template.resources.has(logicalId) !== true;
}

/** Fixes of other findings that write to the resource a finding is about, or rely on what stands there. */
export function authorsOf(
  { key, stack, logicalId }: Judged,
  { state }: PlanAttempt,
  accepted: ReadonlyMap<string, AcceptedFix>,
): readonly AcceptedFix[] {
  if (logicalId === null) return [];
  return [...writersOf(state, stack.template.path, logicalId)]
    .filter((writer) => writer !== key)
    .flatMap((writer) => accepted.get(writer) ?? []);
}

/** Fixes of findings about other resources that bring along the one a finding is about. */
export function addersOf(
  judged: Judged,
  attempt: PlanAttempt,
  accepted: ReadonlyMap<string, AcceptedFix>,
): readonly AcceptedFix[] {
  const { stack, logicalId } = judged;
  return authorsOf(judged, attempt, accepted).filter(
    ({ finding }) => finding.logicalId !== logicalId || finding.stack.template.path !== stack.template.path,
  );
}

export function saidOf({ logicalId, remediation, stack, verdict }: Judged): string {
  return `${logicalId ?? stack.template.path} would not pass ${remediation.id} with it: ${verdict.because}`;
}

function isOpen({ verdict: { verdict } }: Judged): boolean {
  return verdict === 'fixable' || verdict === 'manual' || verdict === 'unknown';
}

function ownContradiction(finding: Judged, fix: AcceptedFix): Contradiction {
  const { verdict, logicalId } = fix.finding;
  const places = verdict.edits.map(
    ({ logicalId: id, path }) => `${formatPointer(path).slice(1)} of ${id ?? logicalId ?? 'the template'}`,
  );
  const written = places.length === 0 ? 'what it would write' : `writing ${[...new Set(places)].join(', ')}`;
  const because =
    finding.verdict.because === verdict.because
      ? `${written} would not change that`
      : `${written} would leave it so: ${finding.verdict.because}`;
  return { fix: finding.key, because };
}
