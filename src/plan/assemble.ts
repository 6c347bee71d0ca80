import type { Facts } from '../contract/facts.js';
import type { Amount, Measure } from '../contract/remediation.js';
import { entryIn, lineOf, nodeAt } from '../document/locate.js';
import type { Policy } from '../policy/policy.js';
import { contextOf, mutabilityAt, strictest } from '../template/metadata.js';
import { resourcesAfterTransform } from '../template/sam.js';
import { ancestorsOf } from '../template/stack-tree.js';
import type { Stack, StackTree } from '../template/template.js';
import { unseenParts } from '../template/unseen.js';
import type { AcceptedFix, PlanAttempt } from './attempt.js';
import { authorsOf } from './contradictions.js';
import type {
  Coverage,
  Figure,
  FigureRow,
  Finding,
  Patch,
  PlanDocument,
  PlanStack,
  PlanVerdict,
  Summary,
  Suppression,
} from './document.js';
import { deviations } from './exceptions.js';
import { gatherFacts } from './facts.js';
import { findingFingerprint, type Judged, resourceFingerprint, severityOf, type Unit } from './finding.js';
import { isReview } from './patches.js';
import { writersOf } from './state.js';

interface AssembleOptions {
  readonly version: string;
  /** `YYYY-MM-DD`, for what expires. */
  readonly today: string;
  /** The patches that need approval are written, too. */
  readonly includeReview: boolean;
  /** By template. */
  readonly patches: ReadonlyMap<string, readonly Patch[]>;
  /** SHA-256 of what would be written, by template. */
  readonly patchedSha256: ReadonlyMap<string, string>;
}

const verdicts: readonly PlanVerdict[] = [
  'compliant',
  'fixable',
  'manual',
  'not-applicable',
  'accepted',
  'unknown',
];

/** The plan as everybody else sees it; steps and checklist are made of it afterwards. */
export function assemble(
  original: StackTree,
  attempt: PlanAttempt,
  policy: Policy,
  units: readonly Unit[],
  options: AssembleOptions,
): Omit<PlanDocument, 'checklist' | 'steps'> {
  const findings = findingsOf(original, attempt, policy);
  const facts = gatherFacts(original, policy);
  const patchedFacts = gatherFacts(attempt.tree, policy);
  const stacks = original.stacks.map((stack): PlanStack => {
    const { template } = stack;
    const patched = attempt.tree.stacks.find((each) => each.template.path === template.path) ?? stack;
    const [parent] = stack.parents;
    const isRoot = parent === undefined;
    return {
      template: template.path,
      sha256: template.document.source.sha256,
      parent: isRoot ? null : { template: parent.stack.template.path, logicalId: parent.logicalId },
      resources: template.resources.size,
      resourcesAfterTransform: resourcesAfterTransform(patched.template),
      functions: [...template.resources.keys()].flatMap((logicalId) => {
        const found = facts.functionClass(stack, logicalId);
        if (found === undefined) return [];
        return [{ logicalId, type: found.type, invocation: found.invocation, evidence: found.evidence }];
      }),
      logGroups: [...template.resources.keys()].flatMap((logicalId) => {
        const found = facts.logGroupClass(stack, logicalId);
        return found === undefined ? [] : [{ logicalId, class: found.class, owner: found.owner ?? null }];
      }),
      findings: findings.get(template.path) ?? [],
      patches: options.patches.get(template.path) ?? [],
      parameterValues: isRoot ? parameterValues(attempt, options.includeReview) : {},
      stackTags: isRoot ? stackTags(units) : {},
      patchedSha256: options.patchedSha256.get(template.path) ?? template.document.source.sha256,
    };
  });
  return {
    format: 'idp-fix/plan',
    version: 1,
    tool: { name: 'idp-fix', version: options.version },
    policy: { name: policy.name, source: policy.source, sha256: policy.sha256 },
    prices: policy.prices,
    stacks,
    baseline: null,
    foreignFindings: null,
    deviations: deviations(policy, original, attempt, options.today),
    figures: figures(units, facts, patchedFacts),
    coverage: coverageOf(original, stacks, policy, options.today),
    summary: summaryOf(stacks, [
      ...original.stacks.flatMap(readingNotes),
      ...notesOf(attempt.tree, patchedFacts, units),
    ]),
  };
}

/** Of the patches that are written: a value is as much in need of consent as the edit it belongs to. */
function parameterValues({ state }: PlanAttempt, includeReview: boolean): Readonly<Record<string, string>> {
  const sorted = [...state.parameterValues]
    .filter(([, { patch }]) => includeReview || !isReview(patch))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, { value }]) => [name, value]));
}

function stackTags(units: readonly Unit[]): Readonly<Record<string, string>> {
  const given = units.flatMap(({ remediation, target }) =>
    Object.entries(remediation.stackTags?.(target) ?? {}),
  );
  return Object.fromEntries(given.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function findingsOf(
  original: StackTree,
  attempt: PlanAttempt,
  policy: Policy,
): ReadonlyMap<string, readonly Finding[]> {
  const found = new Map<string, Finding[]>();
  for (const judged of attempt.judged.values()) {
    const path = judged.stack.template.path;
    const stack = original.stacks.find(({ template }) => template.path === path);
    const isOwn = judged.logicalId === null || stack?.template.resources.has(judged.logicalId);
    // What a fix brings into being is part of that fix, not a finding about the template.
    if (stack === undefined || !isOwn) continue;
    const list = found.get(path) ?? [];
    list.push(findingOf(judged, stack, attempt, policy));
    found.set(path, list);
  }
  for (const list of found.values()) list.sort(byRemediationAndLine);
  return found;
}

function byRemediationAndLine(left: Finding, right: Finding): number {
  if (left.remediation !== right.remediation) return left.remediation < right.remediation ? -1 : 1;
  return left.line - right.line || (left.logicalId < right.logicalId ? -1 : 1);
}

function findingOf(judged: Judged, stack: Stack, attempt: PlanAttempt, policy: Policy): Finding {
  const { remediation, logicalId, verdict, current, target, basis, suppressions, evidence } = judged;
  const patch = verdict.verdict === 'fixable' ? patchFor(judged, attempt) : null;
  const isLeft = verdict.verdict === 'fixable' && patch === null;
  const [suppression] = suppressions;
  return {
    remediation: remediation.id,
    logicalId: logicalId ?? '',
    resourceType: logicalId === null ? '' : (stack.template.resources.get(logicalId)?.type ?? ''),
    line: lineOfResource(stack, logicalId),
    verdict: isLeft ? 'manual' : verdict.verdict,
    severity: severityOf(judged, isLeft ? 'manual' : verdict.verdict),
    because: isLeft ? `${verdict.because}; not fixed: ${reasonFor(judged, attempt)}` : verdict.because,
    current,
    target,
    basis,
    patch,
    decidedBy: decidingKeys(judged),
    suppression: suppression === undefined ? null : suppressionOf(suppression, policy),
    ...contextOfFinding(judged, stack),
    fingerprint: findingFingerprint({
      remediation: remediation.id,
      template: stack.template.path,
      logicalId: logicalId ?? '',
      ...evidence,
    }),
    resourceFingerprint: resourceFingerprint(stack, logicalId),
    known: false,
    expiredDeviation: expiredOf(judged),
  };
}

/** Its own fix, or the one of another finding that has fixed it along with its own. */
function patchFor(judged: Judged, attempt: PlanAttempt): string | null {
  const own = attempt.accepted.get(judged.key);
  if (own !== undefined) return patchWith(own, attempt);
  if (attempt.lessons.withdrawn.has(judged.key) || attempt.refused.has(judged.key)) return null;
  if (attempt.patchedJudged.get(judged.key)?.verdict.verdict !== 'compliant') return null;
  const others = authorsOf(judged, attempt, attempt.accepted);
  return others.find(({ finding }) => finding.remediation === judged.remediation)?.patch ?? null;
}

/** A fix can be in a template further up alone, which passes the value, or be all that another finding wants too. */
function patchWith({ patch, finding }: AcceptedFix, { state, accepted }: PlanAttempt): string {
  const phase = isReview(patch) ? '#review' : '';
  const ids = [finding.stack, ...ancestorsOf(finding.stack)].map(({ template }) => ({
    path: template.path,
    id: `${finding.remediation.id}@${template.path}${phase}`,
  }));
  const isWritten = ({ path, id }: { readonly path: string; readonly id: string }) =>
    state.templates.get(path)?.entries.some((each) => each.patch === id) === true;
  const found = ids.find(isWritten);
  const isValue = [...state.parameterValues.values()].some((each) => each.patch === patch);
  if (found !== undefined || isValue || finding.logicalId === null) return found?.id ?? patch;
  const { path } = finding.stack.template;
  const others = [...writersOf(state, path, finding.logicalId)].flatMap(
    (key) => accepted.get(key)?.patch ?? [],
  );
  return others.find((id) => isWritten({ path, id })) ?? patch;
}

function reasonFor({ key, verdict }: Judged, attempt: PlanAttempt): string {
  const known = attempt.lessons.withdrawn.get(key) ?? attempt.refused.get(key)?.because;
  if (known !== undefined) return known;
  const now = attempt.patchedJudged.get(key)?.verdict;
  return now === undefined || now.because === verdict.because
    ? 'the other fixes leave nothing to write it to'
    : `with the other fixes ${now.because}`;
}

/** Only of what is open: nobody changes what is in order. */
function contextOfFinding({ logicalId, verdict }: Judged, stack: Stack): Pick<Finding, 'context'> {
  if (verdict.verdict === 'compliant' || verdict.verdict === 'not-applicable') return {};
  const whole = contextOf(stack.template);
  const own = logicalId === null ? undefined : contextOf(stack.template, logicalId);
  const edits = verdict.verdict === 'fixable' ? verdict.edits : [];
  const places = edits.map((edit) => ['Resources', edit.logicalId ?? logicalId ?? '', ...edit.path]);
  if (places.length === 0 && logicalId !== null) places.push(['Resources', logicalId]);
  const level = strictest(places.map((place) => mutabilityAt(stack, place)))?.level;
  const must = [...whole.must, ...(own?.must ?? [])];
  const why = own?.why ?? whole.why ?? null;
  return level === undefined && must.length === 0 && why === null
    ? {}
    : { context: { level: level ?? null, must, why } };
}

function expiredOf({ expiredDeviation }: Judged): Finding['expiredDeviation'] {
  if (expiredDeviation === null) return null;
  const { reason, owner, expires } = expiredDeviation;
  return { reason, owner, expires };
}

function decidingKeys({ remediation, verdict }: Judged): readonly string[] {
  const fields = verdict.verdict === 'manual' ? (verdict.decidedBy ?? []) : [];
  return fields.map((field) => (field.includes('.') ? field : `remediations.${remediation.id}.${field}`));
}

function suppressionOf(found: Judged['suppressions'][number], policy: Policy): Suppression {
  const handling = { override: 'overridden', honour: 'honored', report: 'reported' } as const;
  const { tool, id, reason = '', line } = found;
  return { tool, id, reason, line: line ?? 1, handling: handling[policy.suppressions] };
}

/** Of the resource's key, which stands a line above what the resource says. */
function lineOfResource({ template: { document, resources } }: Stack, logicalId: string | null): number {
  if (logicalId === null) return 1;
  const path = resources.get(logicalId)?.origin?.path ?? ['Resources', logicalId];
  const section = nodeAt(document, path.slice(0, -1));
  const entry = section?.kind === 'map' ? entryIn(section, path.at(-1) ?? '') : undefined;
  return entry === undefined ? 1 : lineOf(document.source, entry.keySpan.start);
}

function coverageOf(
  tree: StackTree,
  stacks: readonly PlanStack[],
  { unchecked }: Policy,
  today: string,
): Coverage {
  const evaluated = stacks.map(({ findings }) => new Set(findings.map(({ logicalId }) => logicalId)));
  return {
    files: stacks.length,
    resources: stacks.reduce((sum, { resources }) => sum + resources, 0),
    evaluated: evaluated.reduce((sum, ids) => sum + [...ids].filter((id) => id !== '').length, 0),
    notEvaluated: tree.stacks.flatMap((stack) => {
      const missing = tree.missing.filter((each) => each.stack === stack);
      return [...missing, ...unseenParts(stack.template)].map(({ logicalId, because }) => {
        const { path } = stack.template;
        const found = unchecked.find(
          (each) => each.logicalId === logicalId && (each.template ?? path) === path && each.expires >= today,
        );
        if (found === undefined) return { template: path, logicalId, because };
        const { reason, owner, expires } = found;
        const said = `${because}; accepted: ${reason} (${owner}, until ${expires})`;
        return { template: path, logicalId, because: said, accepted: { reason, owner, expires } };
      });
    }),
    ...codeCoverage(tree),
  };
}

function codeCoverage({ code }: StackTree): Pick<Coverage, 'code'> {
  if (code === undefined || code.files + code.notes.length === 0) return {};
  return { code: { files: code.files, notes: code.notes } };
}

function summaryOf(stacks: readonly PlanStack[], notes: readonly string[]): Summary {
  const findings = stacks.flatMap((stack) => stack.findings);
  const ids = [...new Set(findings.map(({ remediation }) => remediation))].sort();
  return {
    verdicts: countsOf(findings),
    patches: stacks.reduce((sum, { patches }) => sum + patches.length, 0),
    byRemediation: Object.fromEntries(
      ids.map((id) => [id, countsOf(findings.filter(({ remediation }) => remediation === id))]),
    ),
    notes,
  };
}

function countsOf(findings: readonly Finding[]): Readonly<Record<PlanVerdict, number>> {
  const count = (wanted: PlanVerdict) => findings.filter(({ verdict }) => verdict === wanted).length;
  return Object.fromEntries(verdicts.map((verdict) => [verdict, count(verdict)])) as Record<
    PlanVerdict,
    number
  >;
}

/** What a template has that is without effect. */
function readingNotes({ template }: Stack): readonly string[] {
  const { path, document } = template;
  return document.repeatedKeys.map(({ key, keySpan }) => {
    const place = `${path}:${lineOf(document.source, keySpan.start)}`;
    return `${place}: the key ${key} comes again further down in the same map; CloudFormation takes the last one, so this value is without effect`;
  });
}

/** What remediations have to say about the whole, of the templates as they will be. */
function notesOf(tree: StackTree, facts: Facts, units: readonly Unit[]): readonly string[] {
  return units.flatMap(({ remediation, target }) => remediation.summarize?.(tree, target, facts) ?? []);
}

/** What remediations measure of the templates as they stand and as they will be, side by side. */
function figures(units: readonly Unit[], before: Facts, after: Facts): readonly Figure[] {
  return units.flatMap(({ remediation, target }) => {
    const now = remediation.measure?.(target, before) ?? [];
    const then = remediation.measure?.(target, after) ?? [];
    const titles = [...new Set([...now, ...then].map(({ title }) => title))];
    return titles.flatMap((title) => {
      const isOwn = (measure: Measure) => measure.title === title;
      const [old, patched] = [now.find(isOwn), then.find(isOwn)];
      const known = patched ?? old;
      const rows = rowsOf(old?.amounts ?? [], patched?.amounts ?? []);
      if (known === undefined || rows.length === 0) return [];
      return [{ remediation: remediation.id, title, unit: known.unit, limit: known.limit ?? null, rows }];
    });
  });
}

function rowsOf(before: readonly Amount[], after: readonly Amount[]): readonly FigureRow[] {
  const labels = [...new Set([...before, ...after].map(({ label }) => label))];
  return labels.map((label) => {
    const isOwn = (amount: Amount) => amount.label === label;
    const [old, patched] = [before.find(isOwn), after.find(isOwn)];
    const { wanted, detail } = patched ?? old ?? {};
    return {
      label,
      before: old?.amount ?? null,
      after: patched?.amount ?? null,
      wanted: wanted ?? null,
      detail: detail ?? '',
    };
  });
}
