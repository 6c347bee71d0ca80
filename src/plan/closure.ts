import type { Document } from '../document/syntax.js';
import type { Policy } from '../policy/policy.js';
import { openTemplate } from '../template/open.js';
import type { StackTree } from '../template/template.js';
import { joinLike, noLessons, type PlanAttempt } from './attempt.js';
import { addersOf, type Contradiction, contradictionsIn, isAdded, saidOf } from './contradictions.js';
import type { Unit } from './finding.js';
import { type FixpointOptions, judgeWithExceptions, tryPlan } from './fixpoint.js';
import { isReview } from './patches.js';

/** What is written, read again. */
export interface WrittenTree {
  /** By template. */
  readonly documents: ReadonlyMap<string, Document>;
  /** With the patches that need approval. */
  readonly includesReview: boolean;
}

/**
 * Plans the written texts from nothing, with the values the plan gives the parameters: judges every resource, those the
 * run has added like all others, and tries to fix what can be fixed.
 * @returns what there is against the fixes that are written; nothing when the next run would leave the texts alone
 */
export function freshContradictions(
  original: StackTree,
  { documents, includesReview }: WrittenTree,
  policy: Policy,
  units: readonly Unit[],
  options: FixpointOptions,
  attempt: PlanAttempt,
): readonly Contradiction[] {
  const tree = treeOf(original, documents, includesReview, attempt);
  const accepted = includesReview
    ? attempt.accepted
    : new Map([...attempt.accepted].filter(([, { patch }]) => !isReview(patch)));
  const judged = judgeWithExceptions(tree, original, policy, units, options);
  const said = contradictionsIn(judged, attempt, original, accepted);
  if (said.length > 0) return said;
  // What this plan gives up, and what waits for consent, the next one does not take up.
  const withdrawn = new Map(attempt.lessons.withdrawn);
  for (const key of attempt.accepted.keys()) {
    if (!accepted.has(key)) withdrawn.set(key, 'it needs approval');
  }
  const phases = includesReview ? (['safe', 'review'] as const) : (['safe'] as const);
  const lessons = { ...noLessons(), withdrawn };
  const next = tryPlan(tree, policy, units, options, lessons, phases).attempt;
  return [...next.accepted.values()].flatMap(({ finding }): readonly Contradiction[] => {
    const because = saidOf(finding);
    const authors = isAdded(finding, original) ? addersOf(finding, attempt, accepted) : [];
    // A fix that is only possible once the others are written is tried last, then left out.
    const blamed = authors.length > 0 ? authors.map((author) => author.finding.key) : [finding.key];
    return blamed.map((fix) => ({ fix, because }));
  });
}

function treeOf(
  original: StackTree,
  documents: ReadonlyMap<string, Document>,
  includesReview: boolean,
  { state }: PlanAttempt,
): StackTree {
  const templates = new Map(
    original.stacks.map(({ template }) => {
      const document = documents.get(template.path) ?? template.document;
      return [template.path, openTemplate(document)] as const;
    }),
  );
  const parameters = new Map(original.root.knownParameters);
  for (const [name, { value, patch }] of state.parameterValues) {
    if (includesReview || !isReview(patch)) parameters.set(name, value);
  }
  return joinLike(original, templates, parameters);
}
