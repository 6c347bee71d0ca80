import { formatPointer, isEqual, type Path, parsePointer, type Value } from '../document/value.js';
import { applyPatch, type Operation, type Own } from '../patch/json-patch.js';
import { type Change, type TreeChange, translate, valueAt } from './change.js';
import type { Placement } from './document.js';

/** An operation with what the text edit and the patch document need to know about it. */
export interface PlannedOperation {
  readonly patch: string;
  /** Key of the finding that asked for it first. */
  readonly finding: string;
  readonly operation: Operation;
  readonly placement: Placement;
}

export interface CommentRemoval {
  readonly patch: string;
  readonly change: Extract<Change, { kind: 'comment' }>;
}

/** What has been decided for one template. Only `accept` changes it. */
interface TemplateState {
  value: Value;
  readonly entries: PlannedOperation[];
  readonly comments: CommentRemoval[];
  /** By pointer: who wrote there in this plan. */
  readonly written: Map<string, { readonly patch: string; readonly finding: string }>;
}

/**
 * The plan as it grows: the value tree of each template with everything accepted so far applied. A finding's
 * changes are accepted all or none.
 */
export interface PlanState {
  readonly templates: ReadonlyMap<string, TemplateState>;
  readonly parameterValues: Map<
    string,
    { readonly value: string; readonly patch: string; readonly finding: string }
  >;
  /** Keys of the findings whose fixes write to a resource or rely on what stands there, by template and logical id. */
  readonly writers: Map<string, Set<string>>;
  /** Pairs of patches, the second of which must be applied with the first. */
  readonly requires: Map<string, Set<string>>;
}

export type Acceptance =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly because: string }
  /** Another finding, whose key is `with`, wants something else at the same place. */
  | { readonly kind: 'conflict'; readonly with: string; readonly because: string };

export function openPlanState(values: ReadonlyMap<string, Value>): PlanState {
  const templates = new Map<string, TemplateState>();
  for (const [path, value] of values) {
    templates.set(path, { value, entries: [], comments: [], written: new Map() });
  }
  return { templates, parameterValues: new Map(), writers: new Map(), requires: new Map() };
}

export function valueIn(state: PlanState, template: string): Value {
  const found = state.templates.get(template);
  if (found === undefined) throw new Error(`no state for ${template}`);
  return found.value;
}

/** Whether the plan has another value already where a change would write one. */
export function isTaken({ templates, parameterValues }: PlanState, change: Change): boolean {
  if (change.kind === 'parameter-value') {
    const known = parameterValues.get(change.name);
    return known !== undefined && known.value !== change.value;
  }
  if (change.kind !== 'set') return false;
  const page = templates.get(change.template);
  const isWritten = page?.written.has(formatPointer(change.path)) === true;
  return isWritten && !isEqual(valueAt(page.value, change.path), change.value);
}

/** Takes in the changes of one finding, under one patch id per template, or none of them. */
export function accept(
  state: PlanState,
  finding: string,
  patchOf: (template: string) => string,
  changes: readonly Change[],
): Acceptance {
  const draft = new Map<string, { value: Value; entries: PlannedOperation[]; written: [string, Path][] }>();
  const own: Own = new WeakSet();
  const touched = new Set<string>();
  const relied = new Set<string>();
  const values = new Map<string, string>();
  for (const change of changes) {
    if (change.kind === 'parameter-value') {
      const own = values.get(change.name) ?? change.value;
      if (own !== change.value)
        return { kind: 'refused', because: twoValues(change.name, own, change.value) };
      values.set(change.name, own);
      const known = state.parameterValues.get(change.name);
      if (known !== undefined && known.value !== change.value) {
        const because = twoValues(change.name, known.value, change.value);
        return { kind: 'conflict', with: known.finding, because };
      }
      continue;
    }
    if (change.kind === 'comment') continue;
    const page = state.templates.get(change.template);
    if (page === undefined) return { kind: 'refused', because: `${change.template} is not at hand` };
    const pending = draft.get(change.template) ?? { value: page.value, entries: [], written: [] };
    draft.set(change.template, pending);
    const outcome = translate(pending.value, change);
    if ('refused' in outcome) return { kind: 'refused', because: outcome.refused };
    const target = targetPath(change);
    const earlier = writerOf(page, target);
    if (outcome.operations.length === 0) {
      if (earlier !== undefined) relied.add(earlier.patch);
      continue;
    }
    if (change.kind === 'set' && valueAt(pending.value, target) !== undefined) {
      const before = pending.value;
      const after = applyPatch(before, outcome.operations);
      const because = `${formatPointer(target)} of ${change.template} is wanted with two different values`;
      const ofOwn = pending.written.map(([, path]) => formatPointer(path));
      if (!keepsWhatIsBelow(ofOwn, target, before, after)) return { kind: 'refused', because };
      if (earlier !== undefined && !keepsWhatIsBelow([...page.written.keys()], target, before, after))
        return { kind: 'conflict', with: earlier.finding, because };
    }
    if (earlier !== undefined) relied.add(earlier.patch);
    const patch = patchOf(change.template);
    touched.add(patch);
    pending.value = applyPatch(pending.value, outcome.operations, own);
    pending.written.push([patch, target]);
    for (const operation of outcome.operations) {
      pending.entries.push({
        patch,
        finding,
        operation,
        placement: 'placement' in change ? change.placement : 'resource',
      });
    }
  }
  for (const [template, pending] of draft) {
    const page = state.templates.get(template);
    if (page === undefined) continue;
    page.value = pending.value;
    page.entries.push(...pending.entries);
    for (const [patch, path] of pending.written) {
      const pointer = formatPointer(path);
      if (!page.written.has(pointer)) page.written.set(pointer, { patch, finding });
    }
  }
  for (const change of changes) {
    if (change.kind === 'comment') takeComment(state, change, patchOf(change.template));
    if (change.kind === 'parameter-value' && !state.parameterValues.has(change.name)) {
      state.parameterValues.set(change.name, {
        value: change.value,
        patch: patchOf(change.template),
        finding,
      });
    }
  }
  for (const change of changes) noteWriter(state, change, finding);
  linkPatches(state, touched, relied);
  return { kind: 'accepted' };
}

function twoValues(parameter: string, one: string, other: string): string {
  return `parameter ${parameter} is wanted both as ${one} and as ${other}`;
}

export function writersOf({ writers }: PlanState, template: string, logicalId: string): ReadonlySet<string> {
  return writers.get(`${template} ${logicalId}`) ?? new Set();
}

function noteWriter({ writers }: PlanState, change: Change, finding: string): void {
  if (change.kind !== 'set' && change.kind !== 'append') return;
  const [section, logicalId] = change.path;
  if (section !== 'Resources' || logicalId === undefined) return;
  const place = `${change.template} ${logicalId}`;
  writers.set(place, (writers.get(place) ?? new Set<string>()).add(finding));
}

function takeComment(state: PlanState, change: Extract<Change, { kind: 'comment' }>, patch: string): void {
  const comments = state.templates.get(change.template)?.comments;
  const isKnown = comments?.some(
    (known) => known.change.span.start === change.span.start && known.change.id === change.id,
  );
  if (!isKnown) comments?.push({ patch, change });
}

function linkPatches(state: PlanState, touched: ReadonlySet<string>, relied: ReadonlySet<string>): void {
  for (const patch of touched) {
    const needed = state.requires.get(patch) ?? new Set<string>();
    for (const other of [...touched, ...relied]) if (other !== patch) needed.add(other);
    state.requires.set(patch, needed);
  }
}

function targetPath(change: TreeChange): Path {
  return change.kind === 'set' ? change.path : [...change.path, '-'];
}

/** Whether all that was written at a place, above or below it is below it, and stays there. */
function keepsWhatIsBelow(written: readonly string[], path: Path, before: Value, after: Value): boolean {
  const pointer = formatPointer(path);
  return written
    .filter((each) => pointer === each || pointer.startsWith(`${each}/`) || each.startsWith(`${pointer}/`))
    .every((each) => {
      const place = parsePointer(each);
      return (
        place.length > path.length &&
        place.at(-1) !== '-' &&
        isEqual(valueAt(before, place), valueAt(after, place))
      );
    });
}

/** Who wrote at a place, above it, or (for a whole map) below it. */
function writerOf(page: TemplateState, path: Path): { patch: string; finding: string } | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const found = page.written.get(formatPointer(path.slice(0, depth)));
    if (found !== undefined) return found;
  }
  const prefix = `${formatPointer(path)}/`;
  for (const [pointer, writer] of page.written) if (pointer.startsWith(prefix)) return writer;
  return undefined;
}
