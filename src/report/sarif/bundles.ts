import { lineOf } from '../../document/locate.js';
import { IdpFixError } from '../../errors.js';
import type { TextEdit } from '../../patch/layout.js';
import { applyEdits, editText } from '../../patch/verify.js';
import type { Patch } from '../../plan/document.js';
import type { PatchedFile } from '../../plan/written.js';
import type { ReportedPlan } from '../report.js';

/** Edits of one file that are made together, in the order of the text; no two of them touch. */
interface FileEdits {
  readonly file: PatchedFile;
  readonly edits: readonly TextEdit[];
}

/** Patches that can only be applied together, because they need each other or write at the same place. */
export interface Bundle {
  /** Ids, in the order of the plan. */
  readonly patches: readonly string[];
  readonly files: readonly FileEdits[];
}

/**
 * The edits of a plan in the smallest sets that may be applied alone. All sets together are what `--apply` writes, and no
 * edit is in two of them.
 */
export function bundlesOf({ document, files, includeReview }: ReportedPlan): readonly Bundle[] {
  const owned: { readonly file: PatchedFile; readonly edit: TextEdit; readonly owners: readonly string[] }[] =
    [];
  const groups = new Groups();
  for (const { template, patches } of document.stacks) {
    const file = files.find(({ path }) => path === template);
    const written = patches.filter(({ risk }) => risk === 'safe' || (risk === 'review' && includeReview));
    for (const { id, requires } of written) {
      groups.join([id, ...requires.filter((other) => includeReview || !other.includes('#review'))]);
    }
    if (file === undefined) continue;
    for (const { edit, owners } of ownersOf(file, written)) {
      groups.join(owners);
      owned.push({ file, edit, owners });
    }
  }
  const ids = document.stacks.flatMap(({ patches }) => patches.map(({ id }) => id));
  return groups.all().map((members) => {
    const own = owned.filter(({ owners }) => owners.some((owner) => members.has(owner)));
    return {
      patches: ids.filter((id) => members.has(id)),
      files: [...new Set(own.map(({ file }) => file))].map((file) => ({
        file,
        edits: own.filter((each) => each.file === file).map(({ edit }) => edit),
      })),
    };
  });
}

interface OwnedEdit {
  readonly edit: TextEdit;
  /** Ids of the patches that have a part in it. */
  readonly owners: readonly string[];
}

/** Which patch has made which edit: seen from what each adds to the text when they are applied one after the other. */
function ownersOf(file: PatchedFile, patches: readonly Patch[]): readonly OwnedEdit[] {
  const { document } = file;
  const edits = withoutTouching(file.edits);
  const owners = new Map(edits.map((edit) => [edit, new Set<string>()]));
  const said = new Map(edits.map((edit) => [edit, document.source.text.slice(edit.start, edit.end)]));
  let operations: Patch['operations'] = [];
  for (const { id, operations: added, removedComments } of patches) {
    operations = [...operations, ...added];
    const soFar = editsOrNothing(file, operations);
    for (const edit of edits) {
      const now = soFar === undefined ? undefined : textWithin(edit, soFar, document.source.text);
      if (now === undefined || now !== said.get(edit)) owners.get(edit)?.add(id);
      if (now !== undefined) said.set(edit, now);
      if (removedComments.some(({ line }) => standsIn(edit, line, file))) owners.get(edit)?.add(id);
    }
  }
  const all = patches.map(({ id }) => id);
  return edits.map((edit) => {
    const own = [...(owners.get(edit) ?? [])];
    return { edit, owners: own.length > 0 ? own : all };
  });
}

/** `undefined` where the first patches cannot be written without those that follow: then all belong together. */
function editsOrNothing(
  { document }: PatchedFile,
  operations: Patch['operations'],
): readonly TextEdit[] | undefined {
  try {
    return editText(document, operations);
  } catch (error) {
    if (error instanceof IdpFixError && error.code === 'edit-refused') return undefined;
    throw error;
  }
}

function textWithin({ start, end }: TextEdit, edits: readonly TextEdit[], text: string): string {
  const inner = edits
    .filter((edit) => start <= edit.start && edit.end <= end)
    .map((edit) => ({ start: edit.start - start, end: edit.end - start, text: edit.text }));
  return applyEdits(text.slice(start, end), inner);
}

function standsIn(edit: TextEdit, line: number, { document: { source } }: PatchedFile): boolean {
  return lineOf(source, edit.start) <= line && line <= lineOf(source, edit.end);
}

/** Edits that touch become one, so that nobody has to know in which order to insert at one place. */
function withoutTouching(edits: readonly TextEdit[]): readonly TextEdit[] {
  const merged: TextEdit[] = [];
  for (const edit of edits) {
    const last = merged.at(-1);
    if (last === undefined || last.end < edit.start) merged.push(edit);
    else merged[merged.length - 1] = { start: last.start, end: edit.end, text: last.text + edit.text };
  }
  return merged;
}

/** Sets of names that are joined where they share one. */
class Groups {
  private sets: Set<string>[] = [];

  join(names: readonly string[]): void {
    if (names.length === 0) return;
    const touched = this.sets.filter((set) => names.some((name) => set.has(name)));
    const joined = new Set([...touched.flatMap((set) => [...set]), ...names]);
    const at = touched[0] === undefined ? this.sets.length : this.sets.indexOf(touched[0]);
    this.sets = [...this.sets.slice(0, at), joined, ...this.sets.slice(at)].filter(
      (set) => !touched.includes(set),
    );
  }

  all(): readonly ReadonlySet<string>[] {
    return this.sets;
  }
}
