import type { Document } from '../document/syntax.js';
import type { Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { applyEdits, editText } from '../patch/verify.js';
import type { StackTree } from '../template/template.js';
import type { PlanAttempt } from './attempt.js';
import type { PlannedOperation } from './state.js';

/** One template before and after the fix of one finding. */
export interface FindingEdit {
  /** From the folder of the root template. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** What the template says as read: whoever shows the texts masks the credentials in it. */
  readonly value: Value;
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
    return edit === undefined ? [] : [{ path, ...edit, value: document.value }];
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
