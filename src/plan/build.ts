import type { Remediation } from '../contract/remediation.js';
import { encodeTemplate, sha256Of } from '../document/source.js';
import type { Document } from '../document/syntax.js';
import { deepFreeze, sharing } from '../document/value.js';
import { renewBudgets } from '../expressions/conditions.js';
import type { Policy } from '../policy/policy.js';
import { limitProblems, limits } from '../template/limits.js';
import { openTemplate } from '../template/open.js';
import type { StackTree } from '../template/template.js';
import { assemble } from './assemble.js';
import { joinLike, type Lessons, noLessons, type PlanAttempt } from './attempt.js';
import { checklist } from './checklist.js';
import { addersOf, type Contradiction, contradictionsIn, isAdded, saidOf } from './contradictions.js';
import type { PlanDocument } from './document.js';
import { keyOf, type Unit } from './finding.js';
import { type FixpointOptions, judgeWithExceptions, learn, planToFixpoint, tryPlan } from './fixpoint.js';
import { editsOf, type FindingEdit, isReview, patchesOf, runsOf } from './patches.js';
import { steps } from './steps.js';
import {
  edited,
  editedAndRead,
  isEditRefusal,
  type PatchedFile,
  readOnlyFixes,
  uneditable,
  type Written,
  writtenFile,
} from './written.js';

export interface PlanOptions {
  /** Of idp-fix. */
  readonly version: string;
  /** `YYYY-MM-DD`, for what expires. */
  readonly today: string;
  /** Ids; all that the policy switches on when absent. */
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** Instead of what the policy says about skips in the templates. */
  readonly suppressions?: Policy['suppressions'];
  /** The files have the patches that need approval, too. */
  readonly includeReview?: boolean;
}

export interface PlanResult {
  readonly document: PlanDocument;
  /** Every template of the tree, changed or not, in tree order. */
  readonly files: readonly PatchedFile[];
  /** What is written for one finding, for a person to look at; nothing for one that is not fixed. */
  editsOf(finding: FindingId): readonly FindingEdit[];
}

export interface FindingId {
  readonly remediation: string;
  readonly template: string;
  readonly logicalId: string;
}

/**
 * Judges a stack tree by a policy and plans what brings it there. Pure: the same bytes and the same policy give the
 * same plan. Every file has been read again, says what the patches say, and has been planned again from nothing.
 * @throws IdpFixError `verification-failed` rather than a file that differs from its patches.
 */
export function buildPlan(
  tree: StackTree,
  given: Policy,
  remediations: readonly Remediation[],
  options: PlanOptions,
): PlanResult {
  const policy = { ...given, suppressions: options.suppressions ?? given.suppressions };
  const units = unitsOf(policy, remediations, options);
  const lessons = noLessons();
  renewBudgets(tree.root);
  let headroomPercent = policy.limits.headroomPercent;
  for (;;) {
    const isAsked = headroomPercent === policy.limits.headroomPercent;
    const within = isAsked ? policy : { ...policy, limits: { headroomPercent } };
    const attempt = planToFixpoint(tree, within, units, options, lessons);
    if (withdraw(lessons, readOnlyFixes(tree, attempt))) continue;
    const refused = tree.stacks.flatMap((stack) => [...uneditable(stack, attempt, edited)]);
    if (withdraw(lessons, refused)) continue;
    const written = write(tree, attempt, lessons, options.includeReview === true);
    if (written === undefined) continue;
    const documents = new Map(written.map(({ file, reread }) => [file.path, reread]));
    // Room is reserved by estimate; what is written is counted.
    if (headroomPercent < mostHeadroomPercent && tooLarge(tree, attempt, documents)) {
      headroomPercent = Math.min(mostHeadroomPercent, headroomPercent + 10);
      continue;
    }
    const includesReview = options.includeReview === true;
    const contradictions = freshContradictions(
      tree,
      { documents, includesReview },
      within,
      units,
      options,
      attempt,
    );
    if (contradictions.length === 0) {
      const files = written.map(({ file }) => file);
      return finish(tree, policy, units, options, attempt, files);
    }
    learn(lessons, contradictions);
  }
}

/** With this much left free nothing is added that a template could become too large by. */
const mostHeadroomPercent = 100;

function tooLarge(tree: StackTree, attempt: PlanAttempt, documents: ReadonlyMap<string, Document>): boolean {
  const patched = new Map(attempt.tree.stacks.map(({ template }) => [template.path, template]));
  return tree.stacks.some(({ template }) => {
    const known = new Set(limitProblems(template));
    const document = documents.get(template.path) ?? template.document;
    const written = document === template.document ? template : openTemplate(document);
    return [patched.get(template.path) ?? template, written]
      .filter((each) => each !== template)
      .some((each) => limitProblems(each).some((problem) => !known.has(problem)));
  });
}

function unitsOf(
  policy: Policy,
  remediations: readonly Remediation[],
  options: PlanOptions,
): readonly Unit[] {
  return [...remediations]
    .sort((left, right) => (left.id < right.id ? -1 : 1))
    .filter(({ id }) => options.only === undefined || options.only.includes(id))
    .filter(({ id }) => !options.skip?.includes(id))
    .map((remediation) => ({ remediation, target: policy.target(remediation.id) }))
    .filter(({ target }) => target !== undefined);
}

/** @returns whether there is another reason to plan without a fix */
function withdraw({ withdrawn }: Lessons, reasons: Iterable<readonly [string, string]>): boolean {
  const known = withdrawn.size;
  for (const [key, because] of reasons) withdrawn.set(key, because);
  return withdrawn.size > known;
}

/** @returns nothing where a fix has to be left out first, since its place cannot be edited */
function write(
  tree: StackTree,
  attempt: PlanAttempt,
  lessons: Lessons,
  includesReview: boolean,
): readonly Written[] | undefined {
  try {
    return tree.stacks.map((stack) => {
      const { path, value } = stack.template;
      const all = runsOf(attempt, path, value);
      const runs = all.filter(({ id }) => includesReview || !isReview(id));
      return writtenFile(stack, attempt, runs, all);
    });
  } catch (error) {
    if (!isEditRefusal(error)) throw error;
    // Some layout that the editor takes for another one: whose edit it is has to be found by reading again.
    const refused = tree.stacks.flatMap((stack) => [...uneditable(stack, attempt, editedAndRead)]);
    if (!withdraw(lessons, refused)) throw error;
    return undefined;
  }
}

function finish(
  tree: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: PlanOptions,
  attempt: PlanAttempt,
  files: readonly PatchedFile[],
): PlanResult {
  const patches = new Map(
    tree.stacks.map(({ template: { path, value } }) => [
      path,
      patchesOf(attempt, path, value, runsOf(attempt, path, value)),
    ]),
  );
  const patchedSha256 = new Map(
    files.map(({ path, text, document }) => [path, sha256Of(encodeTemplate(text, document.source))] as const),
  );
  const { baseline, coverage, summary, ...document } = assemble(tree, attempt, policy, units, {
    version: options.version,
    today: options.today,
    includeReview: options.includeReview === true,
    patches,
    patchedSha256,
  });
  const notes = [...summary.notes, ...outgrown(tree, files)];
  const asked = units.map(({ remediation }) => remediation);
  const answers = {
    steps: steps(document, asked),
    checklist: checklist(
      { ...document, coverage, resourceTypes: typesIn(tree) },
      policy,
      asked,
      options.today,
    ),
  };
  return {
    document: { ...document, ...answers, baseline, coverage, summary: { ...summary, notes } },
    files,
    editsOf: ({ remediation, template, logicalId }) =>
      editsOf(tree, attempt, keyOf(remediation, template, logicalId)),
  };
}

function typesIn(tree: StackTree): readonly string[] {
  const types = tree.stacks.flatMap(({ template }) =>
    [...template.resources.values()].map(({ type }) => type),
  );
  return [...new Set(types)].sort();
}

/** What could be sent inline and no longer can. */
function outgrown(tree: StackTree, files: readonly PatchedFile[]): readonly string[] {
  const before = new Map(
    tree.stacks.map(({ template: { path, document } }) => [path, Buffer.byteLength(document.source.text)]),
  );
  return files
    .filter(
      ({ path, text }) =>
        (before.get(path) ?? 0) <= limits.inlineBytes && Buffer.byteLength(text) > limits.inlineBytes,
    )
    .map(
      ({ path }) =>
        `${path} grows past ${limits.inlineBytes} bytes, so that CloudFormation takes it from S3 only: aws cloudformation deploy --s3-bucket`,
    );
}

/** What is written, read again. */
interface WrittenTree {
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
function freshContradictions(
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
  { state, tree }: PlanAttempt,
): StackTree {
  const planned = new Map(tree.stacks.map(({ template }) => [template.path, template.value]));
  const templates = new Map(
    original.stacks.map(({ template }) => {
      const document = documents.get(template.path) ?? template.document;
      if (document === template.document) return [template.path, template] as const;
      const value = deepFreeze(sharing(document.value, planned.get(template.path)));
      return [template.path, openTemplate({ ...document, value })] as const;
    }),
  );
  const parameters = new Map(original.root.knownParameters);
  for (const [name, { value, patch }] of state.parameterValues) {
    if (includesReview || !isReview(patch)) parameters.set(name, value);
  }
  return joinLike(original, templates, parameters);
}
