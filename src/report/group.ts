import type { Remediation, Severity } from '../contract/remediation.js';
import { isReplacement } from '../data/updates.js';
import { pathFromWorkingFolder } from '../paths.js';
import type { Finding, Patch, PlanDocument } from '../plan/document.js';
import { type FindingStatus, openStatuses } from './report.js';
import { keyQuestion, say } from './words.js';

/**
 * The one model that text, HTML, Markdown and the wizard show: findings by remediation and by what becomes of them, and
 * what a person sees first of them, the worst first and the same reason once.
 */

/** A finding with the template it is in and the patch that fixes it. */
export interface PlacedFinding extends Finding {
  readonly template: string;
  /** The same from the folder idp-fix was started in. */
  readonly path: string;
  readonly fixedBy: Patch | undefined;
}

export interface PlacedPatch extends Patch {
  readonly template: string;
}

export interface RemediationGroup {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly guideRisk: string;
  readonly findings: Readonly<Record<FindingStatus, readonly PlacedFinding[]>>;
  readonly patches: readonly PlacedPatch[];
}

export interface GroupOptions {
  readonly remediations: readonly Pick<Remediation, 'id' | 'title' | 'why' | 'guideRisk' | 'questions'>[];
  readonly includeReview: boolean;
  /** The root template as the user would name it. */
  readonly root: string;
}

/** The findings of all stacks by remediation, in the order of the remediations. */
export function groupByRemediation(
  document: PlanDocument,
  options: GroupOptions,
): readonly RemediationGroup[] {
  const patches = document.stacks.flatMap(({ template, patches }) =>
    patches.map((patch) => ({ ...patch, template })),
  );
  const patchById = new Map(patches.map((patch) => [patch.id, patch]));
  const findings = document.stacks.flatMap(({ template, findings }) => {
    const path = pathFromWorkingFolder(options.root, template);
    return findings.map((finding) => ({
      ...finding,
      template,
      path,
      fixedBy: patchById.get(finding.patch ?? ''),
    }));
  });
  return options.remediations.map(({ id, title, why, guideRisk }) => {
    const byStatus: Record<FindingStatus, PlacedFinding[]> = {
      written: [],
      review: [],
      blocked: [],
      input: [],
      manual: [],
      unknown: [],
      accepted: [],
      'not-applicable': [],
      compliant: [],
    };
    for (const finding of findings) {
      if (finding.remediation === id) byStatus[statusOf(finding, options.includeReview)].push(finding);
    }
    return {
      id,
      title,
      why,
      guideRisk,
      findings: byStatus,
      patches: patches.filter((patch) => patch.remediation === id),
    };
  });
}

export function statusOf(
  { verdict, fixedBy, decidedBy }: Pick<PlacedFinding, 'verdict' | 'fixedBy' | 'decidedBy'>,
  includeReview: boolean,
): FindingStatus {
  if (verdict === 'manual') return decidedBy.length > 0 ? 'input' : 'manual';
  if (verdict !== 'fixable') return verdict;
  if (fixedBy?.risk === 'blocked') return 'blocked';
  return fixedBy?.risk === 'review' && !includeReview ? 'review' : 'written';
}

/** Findings that say the same, or that the same patch or answer settles. */
interface Bundle {
  readonly remediation: string;
  readonly title: string;
  /** Of the worst of them. */
  readonly severity: Severity;
  readonly findings: readonly PlacedFinding[];
}

/** What the patches of one remediation fix. */
export interface FixBundle extends Bundle {
  readonly patches: readonly PlacedPatch[];
  /** `30 → 365`, where it is the same for all of them; else empty. */
  readonly change: string;
}

/** What one answer (or several that belong together) in the policy settles. */
export interface AnswerBundle extends Bundle {
  /** Paths of the policy: `remediations.<id>.emails`, `encryption.key`. */
  readonly keys: readonly string[];
  readonly ask: string;
}

/** One reason, and all that it holds for. */
export interface ReasonBundle extends Bundle {
  readonly because: string;
}

/** A plan as a person sees it first; the worst first everywhere, then what concerns most findings. */
export interface Overview {
  readonly groups: readonly RemediationGroup[];
  readonly totals: Readonly<Record<FindingStatus, number>>;
  /** What does not work today, whatever becomes of it. */
  readonly broken: readonly (PlacedFinding & { readonly status: FindingStatus })[];
  readonly written: readonly FixBundle[];
  readonly review: readonly FixBundle[];
  readonly blocked: readonly FixBundle[];
  readonly input: readonly AnswerBundle[];
  readonly manual: readonly ReasonBundle[];
  readonly unknown: readonly ReasonBundle[];
  /** Of what is written. */
  readonly cost: { readonly monthlyUsd: number; readonly dependsOnUse: boolean };
  /** How many written patches replace, or may replace, a resource. */
  readonly replacements: number;
}

export function overviewOf(document: PlanDocument, options: GroupOptions): Overview {
  const groups = groupByRemediation(document, options);
  const of = (status: FindingStatus) => groups.flatMap(({ findings }) => findings[status]);
  const titles = new Map(groups.map(({ id, title }) => [id, title]));
  const fixes = (status: FindingStatus) => sorted(groups.flatMap((group) => fixBundle(group, status)));
  const reasons = (status: FindingStatus) => sorted(reasonBundles(of(status), titles));
  const written = fixes('written');
  const patches = written.flatMap((bundle) => bundle.patches);
  const costs = patches.map(({ cost }) => cost.monthlyUsd);
  const broken = openStatuses.flatMap((status) =>
    of(status)
      .filter(({ severity }) => severity === 'critical')
      .map((finding) => ({ ...finding, status })),
  );
  return {
    groups,
    totals: totalsOf(groups),
    broken,
    written,
    review: fixes('review'),
    blocked: fixes('blocked'),
    input: sorted(answerBundles(of('input'), options)),
    manual: reasons('manual'),
    unknown: reasons('unknown'),
    cost: {
      monthlyUsd: costs.reduce<number>((sum, usd) => sum + (usd ?? 0), 0),
      dependsOnUse: costs.includes(null),
    },
    replacements: patches.filter(({ update }) => isReplacement(update)).length,
  };
}

export function totalsOf(groups: readonly RemediationGroup[]): Readonly<Record<FindingStatus, number>> {
  const of = (status: FindingStatus) =>
    groups.reduce((sum, { findings }) => sum + findings[status].length, 0);
  return {
    written: of('written'),
    review: of('review'),
    blocked: of('blocked'),
    input: of('input'),
    manual: of('manual'),
    unknown: of('unknown'),
    accepted: of('accepted'),
    'not-applicable': of('not-applicable'),
    compliant: of('compliant'),
  };
}

/** The worst first. */
export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

export function severityOf(findings: readonly Pick<Finding, 'severity'>[]): Severity {
  return severities.find((each) => findings.some(({ severity }) => severity === each)) ?? 'low';
}

function sorted<Each extends Bundle>(bundles: readonly Each[]): readonly Each[] {
  return [...bundles].sort(
    (left, right) =>
      severities.indexOf(left.severity) - severities.indexOf(right.severity) ||
      right.findings.length - left.findings.length ||
      (left.remediation < right.remediation ? -1 : 1),
  );
}

function fixBundle(
  { id, title, findings, patches }: RemediationGroup,
  status: FindingStatus,
): readonly FixBundle[] {
  const found = findings[status];
  if (found.length === 0) return [];
  const changes = new Set(found.map(({ current, target }) => `${say(current)} → ${say(target)}`));
  const [change = ''] = changes;
  const ids = new Set(found.map(({ patch }) => patch));
  return [
    {
      remediation: id,
      title,
      severity: severityOf(found),
      findings: found,
      patches: patches.filter((patch) => ids.has(patch.id)),
      change: changes.size === 1 && change !== 'none → none' ? change : '',
    },
  ];
}

function answerBundles(
  findings: readonly PlacedFinding[],
  { remediations }: GroupOptions,
): readonly AnswerBundle[] {
  const byKeys = bundled(findings, ({ decidedBy }) => decidedBy.join(' '));
  return byKeys.map((found) => {
    const [first] = found;
    const { remediation = '', decidedBy = [], because = '' } = first ?? {};
    const unit = remediations.find(({ id }) => id === remediation);
    const fields = decidedBy.map((key) => key.replace(/^remediations\.[^.]+\./, ''));
    const questions = (unit?.questions ?? []).filter(({ path: [field = ''] }) => fields.includes(field));
    const ask = decidedBy.includes('encryption.key')
      ? keyQuestion
      : questions.map((each) => each.ask).join(' ');
    // The key of the policy settles findings of several remediations.
    const titles = remediations.filter(({ id }) => found.some((finding) => finding.remediation === id));
    return {
      remediation,
      title: titles.map(({ title }) => title).join('; '),
      severity: severityOf(found),
      findings: found,
      keys: decidedBy,
      ask: ask || because,
    };
  });
}

/** What stands in parentheses tells findings apart that are the same to a reader. */
function reasonBundles(
  findings: readonly PlacedFinding[],
  titles: ReadonlyMap<string, string>,
): readonly ReasonBundle[] {
  const shape = (because: string) => because.replaceAll(/ \([^()]*\)/g, '');
  const byReason = bundled(findings, ({ remediation, because }) => `${remediation} ${shape(because)}`);
  return byReason.map((found) => {
    const [{ remediation, because }] = found as readonly [PlacedFinding];
    const isSame = found.every((each) => each.because === because);
    return {
      remediation,
      title: titles.get(remediation) ?? '',
      severity: severityOf(found),
      findings: found,
      because: isSame ? because : shape(because),
    };
  });
}

function bundled(
  findings: readonly PlacedFinding[],
  keyOf: (finding: PlacedFinding) => string,
): readonly (readonly PlacedFinding[])[] {
  const bundles = new Map<string, PlacedFinding[]>();
  for (const finding of findings) {
    const key = keyOf(finding);
    const known = bundles.get(key);
    if (known === undefined) bundles.set(key, [finding]);
    else known.push(finding);
  }
  return [...bundles.values()];
}
