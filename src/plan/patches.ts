import type { Prerequisite } from '../contract/remediation.js';
import type { Document } from '../document/syntax.js';
import { isEqual, type Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { applyPatch, invert, type Operation } from '../patch/json-patch.js';
import { applyEdits, editText } from '../patch/verify.js';
import type { StackTree } from '../template/template.js';
import type { AcceptedFix, PlanAttempt } from './attempt.js';
import { heavierUpdate } from './change.js';
import { addersOf, isAdded } from './contradictions.js';
import type { Patch, Placement } from './document.js';
import type { PlannedOperation } from './state.js';

/** One template before and after the fix of one finding; whoever shows the texts masks the credentials in them. */
export interface FindingEdit {
  /** From the folder of the root template. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/**
 * What the plan writes for one finding, companions in other templates included. Where an edit serves several findings
 * (a value in `Globals`, the default of a parameter) each of them shows it.
 * @param key of the finding; nothing is written for one that is not fixed
 */
export function editsOf(tree: StackTree, attempt: PlanAttempt, key: string): readonly FindingEdit[] {
  const patch = attempt.accepted.get(key)?.patch;
  if (patch === undefined) return [];
  const own = editsOfEntries(tree, attempt, ({ finding }) => finding === key);
  return own.length > 0
    ? own
    : editsOfEntries(tree, attempt, (entry) => entry.patch === patch && isShared(entry));
}

function isShared({ placement }: PlannedOperation): boolean {
  return placement !== 'resource' && placement !== 'new-resource';
}

function editsOfEntries(
  tree: StackTree,
  { state }: PlanAttempt,
  isOwn: (entry: PlannedOperation) => boolean,
): readonly FindingEdit[] {
  return tree.stacks.flatMap(({ template: { path, document } }) => {
    const entries = state.templates.get(path)?.entries ?? [];
    const own = entries.filter(isOwn);
    if (own.length === 0) return [];
    const last = entries.lastIndexOf(own.at(-1) as PlannedOperation);
    const others = entries.slice(0, last + 1).filter((entry) => !isOwn(entry));
    // Alone, if that can be; some stand on what other findings have written.
    const edit = edited(document, [], own) ?? edited(document, others, own);
    return edit === undefined ? [] : [{ path, ...edit }];
  });
}

function edited(
  document: Document,
  earlier: readonly PlannedOperation[],
  own: readonly PlannedOperation[],
): Pick<FindingEdit, 'before' | 'after'> | undefined {
  try {
    return { before: textWith(document, earlier), after: textWith(document, [...earlier, ...own]) };
  } catch (error) {
    if (error instanceof IdpFixError && error.code === 'edit-refused') return undefined;
    throw error;
  }
}

function textWith(document: Document, entries: readonly PlannedOperation[]): string {
  const operations = entries.map(({ operation }) => operation);
  return applyEdits(document.source.text, editText(document, operations));
}

/** The operations of one template, in the runs the plan shows: by patch, safe ones first. */
export interface Run {
  readonly id: string;
  readonly operations: readonly Operation[];
  readonly entries: readonly PlannedOperation[];
}

/**
 * Groups what was accepted by patch. Where the patches would not do one after the other (two of them took turns at the
 * same place), the turns stay apart, numbered.
 */
export function runsOf(attempt: PlanAttempt, template: string, original: Value): readonly Run[] {
  const page = attempt.state.templates.get(template);
  if (page === undefined) return [];
  const comments = page.comments.map(({ patch }) => patch);
  const ids = [...new Set([...page.entries.map(({ patch }) => patch), ...comments])].sort(byPhase);
  const grouped = ids.map((id) =>
    runOf(
      id,
      page.entries.filter(({ patch }) => patch === id),
    ),
  );
  if (leadsTo(original, grouped, page.value)) return grouped;
  const turns: Run[] = [];
  const counts = new Map<string, number>();
  for (const entry of page.entries) {
    const last = turns.at(-1);
    const isSame = last !== undefined && last.entries[0]?.patch === entry.patch;
    if (isSame) {
      turns[turns.length - 1] = runOf(last.id, [...last.entries, entry]);
      continue;
    }
    const count = (counts.get(entry.patch) ?? 0) + 1;
    counts.set(entry.patch, count);
    turns.push(runOf(count === 1 ? entry.patch : `${entry.patch}#${count}`, [entry]));
  }
  return turns;
}

function runOf(id: string, entries: readonly PlannedOperation[]): Run {
  return { id, entries, operations: entries.map(({ operation }) => operation) };
}

export function isReview(id: string): boolean {
  return /#review(#|$)/.test(id);
}

function byPhase(left: string, right: string): number {
  return Number(isReview(left)) - Number(isReview(right)) || (left < right ? -1 : 1);
}

function leadsTo(original: Value, runs: readonly Run[], wanted: Value): boolean {
  try {
    let value = original;
    for (const { operations } of runs) value = applyPatch(value, operations);
    return isEqual(value, wanted);
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return false;
  }
}

/** The patches of one template as the plan document has them. */
export function patchesOf(
  attempt: PlanAttempt,
  template: string,
  original: Value,
  runs: readonly Run[],
): readonly Patch[] {
  let value = original;
  return runs.map((run) => {
    const inverse = invert(value, run.operations);
    value = applyPatch(value, run.operations);
    return patchOf(attempt, template, run, inverse);
  });
}

function patchOf(attempt: PlanAttempt, template: string, run: Run, inverse: readonly Operation[]): Patch {
  const { state } = attempt;
  const page = state.templates.get(template);
  const base = run.id.replace(/#\d+$/, '');
  const asked = new Set(run.entries.map(({ finding }) => finding));
  const fixes = [...attempt.accepted.values()].filter(
    ({ finding, patch }) => patch === base || asked.has(finding.key),
  );
  const own = fixes.filter(({ finding }) => finding.stack.template.path === template);
  const verdicts = fixes.map(({ finding }) => finding.verdict);
  const remediation = fixes[0]?.finding.remediation;
  const placements = new Set<Placement>(run.entries.map(({ placement }) => placement));
  if ([...state.parameterValues.values()].some(({ patch }) => patch === base))
    placements.add('parameter-value');
  return {
    id: run.id,
    remediation: remediation?.id ?? base.slice(0, base.indexOf('@')),
    title: remediation?.title ?? '',
    placement: [...placements].sort(),
    fixes: own.flatMap(({ finding: { logicalId } }) => (logicalId === null ? [] : [logicalId])),
    operations: run.operations,
    inverse,
    removedComments: (page?.comments ?? [])
      .filter(({ patch }) => patch === base)
      .map(({ change }) => ({ line: change.line, text: change.id })),
    update: verdicts.map(({ update = 'none' }) => update).reduce(heavierUpdate, 'none'),
    risk: isReview(run.id) ? 'review' : 'safe',
    riskBecause: riskBecause(attempt, base, fixes),
    cost: costOf(fixes, template),
    prerequisites: latest(
      fixes.flatMap(({ finding, prerequisites }) => [
        ...(finding.verdict.prerequisites ?? []),
        ...prerequisites,
      ]),
    ),
    companions: distinct(fixes.flatMap(({ companions }) => companions)),
    requires: [...(state.requires.get(base) ?? [])].sort(),
    leaves: distinct([...fixes.flatMap(({ leaves }) => leaves), ...openOnAdded(attempt, fixes)]),
  };
}

/** What is left to do on resources that fixes bring along: they are judged like all others. */
function openOnAdded(attempt: PlanAttempt, fixes: readonly AcceptedFix[]): readonly string[] {
  const keys = new Set(fixes.map(({ finding }) => finding.key));
  return [...attempt.patchedJudged.values()].flatMap((finding) => {
    const { key, verdict, logicalId, remediation } = finding;
    if (!isAdded(finding, attempt.original)) return [];
    if (!['fixable', 'manual', 'unknown'].includes(verdict.verdict)) return [];
    const [author] = addersOf(finding, attempt, attempt.accepted);
    if (author === undefined || !keys.has(author.finding.key)) return [];
    const refusal = attempt.lessons.withdrawn.get(key) ?? attempt.refused.get(key)?.because;
    const because = refusal === undefined ? verdict.because : `${verdict.because}; not fixed: ${refusal}`;
    return [`${logicalId ?? ''} is new and does not pass ${remediation.id}: ${because}`];
  });
}

function riskBecause(
  { costly }: PlanAttempt,
  patch: string,
  fixes: readonly AcceptedFix[],
): readonly string[] {
  if (!isReview(patch)) return [];
  const said = fixes.flatMap(({ finding: { verdict }, consent }) => [
    ...(verdict.riskBecause === undefined ? [] : [verdict.riskBecause]),
    ...consent,
  ]);
  const reasons = [...said, ...(costly.get(patch.replace(/#review$/, '')) ?? '').split('\n')].filter(Boolean);
  // What only another fix has made necessary comes with that one.
  return reasons.length > 0 ? distinct(reasons) : ['it serves a fix that needs approval'];
}

/** A figure that nobody knows makes no sum, but what is known is still said. */
function costOf(fixes: readonly AcceptedFix[], template: string): Patch['cost'] {
  const costs = fixes.flatMap(({ finding: { verdict }, costs: brought }) => [
    ...(verdict.cost === undefined ? [] : [verdict.cost]),
    ...brought.filter((each) => each.template === template).map(({ cost }) => cost),
  ]);
  if (costs.length === 0) return { monthlyUsd: 0, formula: 'no cost' };
  const known = costs.flatMap(({ monthlyUsd }) => (monthlyUsd === null ? [] : [monthlyUsd]));
  const sum = known.reduce((left, right) => left + right, 0);
  return {
    monthlyUsd: known.length === 0 ? null : Math.round(sum * 100) / 100,
    formula: distinct(costs.map(({ formula }) => formula)).join('; '),
  };
}

/** Each once, with the check of the last round, which has seen what the others brought. */
function latest(prerequisites: readonly Prerequisite[]): readonly Prerequisite[] {
  return [...new Map(prerequisites.map((each) => [each.what, each])).values()];
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
