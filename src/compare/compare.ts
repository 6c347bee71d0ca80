import type { Finding, PlanDocument, PlanVerdict } from '../plan/document.js';
import type { Policy } from '../policy/policy.js';
import { matchesWildcard } from '../template/mentions.js';

interface Placed extends Finding {
  readonly template: string;
  /** What it is fixed by may be written. */
  readonly isFixed: boolean;
}

/** The findings of both releases side by side. */
export function compareFindings(before: PlanDocument, after: PlanDocument): readonly ComparedFinding[] {
  // The root template is the same one, whatever the vendor calls the file.
  const [oldRoot, root] = [before.stacks[0]?.template, after.stacks[0]?.template ?? ''];
  const old = placed(before).map((finding) =>
    finding.template === oldRoot ? { ...finding, template: root } : finding,
  );
  const current = placed(after);
  const moves = movesBetween(old, current);
  const oldByKey = new Map(old.map((finding) => [keyOf(finding, moves.get(keyOf(finding))), finding]));
  const currentKeys = new Set(current.map((finding) => keyOf(finding)));
  const remaining = new Set(current.map(resourceKey));
  const compared = [
    ...current.map((finding) => entryOf(oldByKey.get(keyOf(finding)), finding)),
    ...[...oldByKey]
      .filter(([key]) => !currentKeys.has(key))
      .map(([, finding]) => endedEntry(finding, remaining.has(resourceKey(finding)))),
  ];
  return compared.filter((entry) => entry !== undefined).sort(byChange);
}

export function countChanges(entries: readonly ComparedFinding[]): Readonly<Record<Change, number>> {
  return Object.fromEntries(
    changes.map((change) => [change, entries.filter((entry) => entry.change === change).length]),
  ) as Record<Change, number>;
}

function placed({ stacks }: PlanDocument): readonly Placed[] {
  return stacks.flatMap(({ template, findings, patches }) => {
    const blocked = new Set(patches.filter(({ risk }) => risk === 'blocked').map(({ id }) => id));
    return findings.map((finding) => ({
      ...finding,
      template,
      isFixed: finding.verdict === 'fixable' && !blocked.has(finding.patch ?? ''),
    }));
  });
}

function keyOf({ remediation, template, logicalId }: Placed, movedTo = template): string {
  return `${remediation} ${movedTo} ${logicalId}`;
}

function resourceKey({ template, logicalId }: Placed): string {
  return `${template} ${logicalId}`;
}

/**
 * Where findings of the old release are now, by their key: a resource counts as moved to another template when it keeps
 * its logical id and type, and on neither side another one could be meant.
 */
function movesBetween(old: readonly Placed[], current: readonly Placed[]): ReadonlyMap<string, string> {
  const [oldPlaces, currentPlaces] = [placesOf(old), placesOf(current)];
  const moves = new Map<string, string>();
  for (const finding of old) {
    const name = nameOf(finding);
    const [from, ...otherFrom] = [...(oldPlaces.get(name) ?? [])].filter(
      (each) => !currentPlaces.get(name)?.has(each),
    );
    const [to, ...otherTo] = [...(currentPlaces.get(name) ?? [])].filter(
      (each) => !oldPlaces.get(name)?.has(each),
    );
    if (from !== finding.template || to === undefined || otherFrom.length + otherTo.length > 0) continue;
    moves.set(keyOf(finding), to);
  }
  return moves;
}

/** The templates each resource is in, by logical id and type; a whole template does not move. */
function placesOf(findings: readonly Placed[]): ReadonlyMap<string, ReadonlySet<string>> {
  const places = new Map<string, Set<string>>();
  for (const finding of findings) {
    if (finding.logicalId === '') continue;
    const name = nameOf(finding);
    places.set(name, (places.get(name) ?? new Set()).add(finding.template));
  }
  return places;
}

function nameOf({ logicalId, resourceType }: Placed): string {
  return `${logicalId} ${resourceType}`;
}

function entryOf(before: Placed | undefined, after: Placed): ComparedFinding | undefined {
  const change = changeOf(before, after);
  if (change === undefined) return undefined;
  const { remediation, template, logicalId, resourceType } = after;
  const movedFrom = before === undefined || before.template === template ? null : before.template;
  return {
    change,
    remediation,
    template,
    logicalId,
    resourceType,
    movedFrom,
    before: before === undefined ? null : verdictOf(before),
    after: verdictOf(after),
  };
}

function changeOf(before: Placed | undefined, after: Placed): Change | undefined {
  const wasOpen = before !== undefined && isForPerson(before);
  if (after.verdict === 'accepted') {
    const isSame =
      before === undefined ||
      after.logicalId === '' ||
      before.resourceFingerprint === after.resourceFingerprint;
    return isSame ? 'accepted' : 'accepted-changed';
  }
  if (after.isFixed) {
    if (before === undefined || before.verdict === 'not-applicable') return 'covered';
    if (before.isFixed || before.verdict === 'accepted') return 'again';
    return wasOpen ? 'now-fixable' : 'regressed';
  }
  if (isForPerson(after)) {
    if (before === undefined || before.verdict === 'not-applicable') return 'uncovered';
    if (before.isFixed) return 'conflict';
    return wasOpen || before.verdict === 'accepted' ? 'open' : 'regressed';
  }
  if (before === undefined || !(before.isFixed || wasOpen || before.verdict === 'accepted')) return undefined;
  return after.verdict === 'compliant' ? 'upstream' : 'ceased';
}

function isForPerson({ verdict, isFixed }: Placed): boolean {
  return verdict === 'manual' || verdict === 'unknown' || (verdict === 'fixable' && !isFixed);
}

/** What was to do or accepted in the old release, and is not spoken of in the new one. */
function endedEntry(before: Placed, isThere: boolean): ComparedFinding | undefined {
  const { remediation, template, logicalId, resourceType, verdict } = before;
  if (!before.isFixed && !isForPerson(before) && verdict !== 'accepted') return undefined;
  return {
    change: isThere ? 'ceased' : 'gone',
    remediation,
    template,
    logicalId,
    resourceType,
    movedFrom: null,
    before: verdictOf(before),
    after: null,
  };
}

function verdictOf({ verdict, because, line }: Placed): ComparedVerdict {
  return { verdict, because, line };
}

function byChange(left: ComparedFinding, right: ComparedFinding): number {
  const order = changes.indexOf(left.change) - changes.indexOf(right.change);
  return order || compareText(placeOf(left), placeOf(right));
}

function placeOf({ remediation, template, logicalId }: ComparedFinding): string {
  return `${remediation} ${template} ${logicalId}`;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

interface Subject {
  readonly template?: string | undefined;
  readonly logicalId: string;
}

interface PlacedChange {
  readonly template: string;
  readonly logicalId: string;
}

/** A root template with its plan by the policy. */
interface PlannedTemplates {
  readonly document: PlanDocument;
  /** Of the root template. */
  readonly parameters: readonly string[];
}

/**
 * What a policy says of nothing that is in the templates, one sentence each: a misspelt name, or one that a new release
 * no longer has, would go unseen.
 */
export function withoutEffect(policy: Policy, roots: readonly PlannedTemplates[]): readonly string[] {
  const documents = roots.map(({ document }) => document);
  const parameters = new Set(roots.flatMap((root) => root.parameters));
  const stacks = documents.flatMap((document) => document.stacks);
  const placed = (kind: 'functions' | 'logGroups') =>
    stacks.flatMap((stack) => stack[kind].map(({ logicalId }) => ({ template: stack.template, logicalId })));
  return [
    ...unmatched('functions', policy.functions, placed('functions')),
    ...unmatched('logGroups', policy.logGroups, placed('logGroups')),
    ...unusedDeviations(documents),
    ...Object.keys(policy.parameters.values)
      .filter((name) => !parameters.has(name))
      .map((name) => `parameters.values has ${name}, which no root template has`),
  ];
}

function unmatched(
  section: string,
  rules: readonly Subject[],
  there: readonly PlacedChange[],
): readonly string[] {
  return rules.flatMap((rule, index) => {
    const isUsed = there.some(
      ({ template, logicalId }) =>
        (rule.template === undefined || matchesWildcard(rule.template, template)) &&
        matchesWildcard(rule.logicalId, logicalId),
    );
    return isUsed
      ? []
      : [`${section}[${index}] is about ${rule.logicalId}, which is nowhere in these templates`];
  });
}

/** In vain only where no root has a use for it; all have the deviations of the policy, in its order. */
function unusedDeviations(documents: readonly PlanDocument[]): readonly string[] {
  const [first] = documents;
  return (first?.deviations ?? []).flatMap(({ remediation, logicalId, state }, index) => {
    const isInVain =
      (state === 'unused' || state === 'changed') &&
      documents.every(({ deviations }) => deviations[index]?.state === state);
    if (!isInVain) return [];
    const subject = logicalId === null ? '' : ` for ${logicalId}`;
    const why = state === 'changed' ? 'its resource has changed' : 'there is nothing it accepts';
    return [`the exception from ${remediation}${subject} has no effect: ${why}`];
  });
}

/**
 * What becomes of a policy on the next release of a template (`--compare OLD --format json`). Relied on from outside:
 * extend, don't rename.
 */
export interface Comparison {
  readonly format: 'idp-fix/comparison';
  readonly version: 1;
  readonly policy: { readonly name: string; readonly source: string; readonly sha256: string };
  readonly old: ComparedRelease;
  readonly new: ComparedRelease;
  /** By change, then by remediation, template and logical id. */
  readonly entries: readonly ComparedFinding[];
  /** What the policy says of nothing that is in the new release, one sentence each. */
  readonly withoutEffect: readonly string[];
  readonly summary: Readonly<Record<Change, number>>;
}

interface ComparedRelease {
  /** Root template, as it was named. */
  readonly template: string;
  readonly sha256: string;
  /** Of all its templates. */
  readonly resources: number;
}

/**
 * - `again`: the policy's fix applies as it did before
 * - `upstream`: the new release does it itself
 * - `gone`: what it was about is no longer there
 * - `ceased`: it is still there, and the remediation has nothing to say about it any more
 * - `conflict`: it was auto-fix, now needs input or manual work
 * - `regressed`: it passed, and no longer does
 * - `covered`: new, and the policy's fix applies
 * - `uncovered`: new, needs input or manual work
 * - `open`: needs input or manual work, as before
 * - `now-fixable`: it needed input, and now the policy's fix applies
 * - `accepted`: the policy accepts it
 * - `accepted-changed`: the policy accepts it, but the resource is no longer the one it was accepted for
 */
export const changes = [
  'conflict',
  'regressed',
  'uncovered',
  'accepted-changed',
  'open',
  'covered',
  'now-fixable',
  'again',
  'upstream',
  'gone',
  'ceased',
  'accepted',
] as const;
export type Change = (typeof changes)[number];

/** What somebody should look at before the new release goes out. */
export const needsPerson: ReadonlySet<Change> = new Set([
  'conflict',
  'regressed',
  'uncovered',
  'accepted-changed',
]);

export interface ComparedFinding {
  readonly change: Change;
  readonly remediation: string;
  /** In the new release; in the old one for what is gone. */
  readonly template: string;
  /** Empty for a finding about the whole template. */
  readonly logicalId: string;
  readonly resourceType: string;
  /** Template of the old release, where it was another one. */
  readonly movedFrom: string | null;
  readonly before: ComparedVerdict | null;
  readonly after: ComparedVerdict | null;
}

interface ComparedVerdict {
  readonly verdict: PlanVerdict;
  readonly because: string;
  readonly line: number;
}
