import type { Remediation } from '../contract/remediation.js';
import { encodeTemplate } from '../document/encode.js';
import { sha256Of } from '../document/sha256.js';
import type { Document } from '../document/syntax.js';
import { IdpFixError } from '../errors.js';
import { applyEdits, editText } from '../patch/edit.js';
import type { TextEdit } from '../patch/editing.js';
import type { Operation } from '../patch/json-patch.js';
import { verifyEdit } from '../patch/verify.js';
import type { Policy } from '../policy/policy.js';
import type { Stack, StackTree } from '../template/template.js';
import { assemble } from './assemble.js';
import type { Attempt } from './attempt.js';
import { checklist } from './checklist.js';
import { commentEdits } from './comments.js';
import type { PlanDocument } from './document.js';
import { keyOf, type Unit } from './finding.js';
import { editsOf, type FindingEdit } from './finding-edits.js';
import type { Entry } from './ledger.js';
import { isReview, patchesOf, type Run, runsOf } from './patches.js';
import { planRounds } from './rounds.js';
import { steps } from './steps.js';

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
  /** The files have the patches that need consent, too. */
  readonly includeReview?: boolean;
}

/** One template as it would be written. */
export interface PatchedFile {
  /** From the folder of the root template. */
  readonly path: string;
  /** As read. */
  readonly document: Document;
  /** On the text as read, in order. */
  readonly edits: readonly TextEdit[];
  readonly text: string;
  readonly changed: boolean;
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
 * same plan. Every file has been read again and says what the patches say.
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
  const rejected = new Map<string, string>();
  for (;;) {
    const attempt = planRounds(tree, policy, units, { today: options.today }, rejected);
    const known = rejected.size;
    rejectReadOnly(tree, attempt);
    if (rejected.size > known) continue;
    for (const stack of tree.stacks) rejectUneditable(stack, attempt, edited);
    if (rejected.size > known) continue;
    try {
      return finish(tree, policy, units, options, attempt);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Some layout that the editor takes for another one: whose edit it is has to be found by reading again.
      for (const stack of tree.stacks) rejectUneditable(stack, attempt, editedAndRead);
      if (rejected.size === known) throw error;
    }
  }
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

function finish(
  tree: StackTree,
  policy: Policy,
  units: readonly Unit[],
  options: PlanOptions,
  attempt: Attempt,
): PlanResult {
  const patches = new Map<string, ReturnType<typeof patchesOf>>();
  const files: PatchedFile[] = [];
  for (const stack of tree.stacks) {
    const { path, value } = stack.template;
    const runs = runsOf(attempt, path, value);
    patches.set(path, patchesOf(attempt, path, value, runs));
    files.push(
      writtenFile(
        stack,
        attempt,
        runs.filter(({ id }) => options.includeReview || !isReview(id)),
      ),
    );
  }
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
  const asked = units.map(({ remediation }) => remediation);
  const answers = {
    steps: steps(document, asked),
    checklist: checklist({ ...document, coverage }, policy, asked, options.today),
  };
  return {
    document: { ...document, ...answers, baseline, coverage, summary },
    files,
    editsOf: ({ remediation, template, logicalId }) =>
      editsOf(tree, attempt, keyOf(remediation, template, logicalId)),
  };
}

function writtenFile(stack: Stack, attempt: Attempt, runs: readonly Run[]): PatchedFile {
  const { document, path } = stack.template;
  const entries = runs.flatMap((run) => run.entries);
  const included = new Set(runs.map(({ id }) => id.replace(/#\d+$/, '')));
  const removed = (attempt.ledger.templates.get(path)?.comments ?? []).filter(({ patch }) =>
    included.has(patch),
  );
  const comments = commentEdits(stack, removed);
  const structural = editText(document, operationsOf(entries), comments.removals);
  const edits = [...structural, ...comments.edits].sort((left, right) => left.start - right.start);
  const text = applyEdits(document.source.text, edits);
  verifyEdit(document, operationsOf(entries), text);
  return { path, document, edits, text, changed: edits.length > 0 };
}

function operationsOf(entries: readonly Entry[]): readonly Operation[] {
  return entries.map(({ operation }) => operation);
}

/** What would write to a template that is read only is left to whoever may write there. */
function rejectReadOnly({ readOnly }: StackTree, attempt: Attempt): void {
  for (const [path, because] of readOnly) {
    for (const { finding } of attempt.ledger.templates.get(path)?.entries ?? []) {
      attempt.rejected.set(finding, because);
    }
  }
}

function edited(document: Document, operations: readonly Operation[]): string {
  return applyEdits(document.source.text, editText(document, operations));
}

function editedAndRead(document: Document, operations: readonly Operation[]): void {
  verifyEdit(document, operations, edited(document, operations));
}

function isRefusal(error: unknown): error is IdpFixError {
  return (
    error instanceof IdpFixError && (error.code === 'edit-refused' || error.code === 'verification-failed')
  );
}

/** A place that cannot be edited as it stands makes its finding one for a person; the others are planned without it. */
function rejectUneditable(
  stack: Stack,
  attempt: Attempt,
  edit: (document: Document, operations: readonly Operation[]) => void,
): void {
  const { document, path, value } = stack.template;
  const entries = runsOf(attempt, path, value).flatMap((run) => run.entries);
  const refusal = (count: number): IdpFixError | undefined => {
    try {
      edit(document, operationsOf(entries.slice(0, count)));
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  };
  if (refusal(entries.length) === undefined) return;
  let editable = 0;
  let refused = entries.length;
  while (refused - editable > 1) {
    const middle = (editable + refused) >>> 1;
    if (refusal(middle) === undefined) editable = middle;
    else refused = middle;
  }
  const culprit = entries[refused - 1]?.finding;
  if (culprit === undefined) throw new Error(`${path} cannot be edited, but no edit is to blame`);
  attempt.rejected.set(culprit, refusal(refused)?.message ?? 'the text cannot be edited there');
}
