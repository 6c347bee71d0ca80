import { isEqual, type Value } from '../document/value.js';

/** What becomes of a list, position by position of the old one. */
export type ListChange =
  | { readonly kind: 'keep'; readonly before: number }
  | { readonly kind: 'change'; readonly before: number; readonly after: number }
  | { readonly kind: 'remove'; readonly before: number }
  /** Stands behind the old position given, -1 for the start. */
  | { readonly kind: 'insert'; readonly behind: number; readonly after: number };

/** The fewest insertions and removals that lead from one list to another; what falls together is a change in place. */
export function listChanges(before: readonly Value[], after: readonly Value[]): readonly ListChange[] {
  const changes: ListChange[] = [];
  let gapBefore: number[] = [];
  let gapAfter: number[] = [];
  let last = -1;
  const closeGap = () => {
    gapBefore.forEach((index, position) => {
      const other = gapAfter[position];
      changes.push(
        other === undefined
          ? { kind: 'remove', before: index }
          : { kind: 'change', before: index, after: other },
      );
      last = index;
    });
    for (const index of gapAfter.slice(gapBefore.length))
      changes.push({ kind: 'insert', behind: last, after: index });
    gapBefore = [];
    gapAfter = [];
  };
  for (const [left, right] of alignment(before, after)) {
    if (left !== undefined && right !== undefined) {
      closeGap();
      changes.push({ kind: 'keep', before: left });
      last = left;
    } else if (left !== undefined) gapBefore.push(left);
    else if (right !== undefined) gapAfter.push(right);
  }
  closeGap();
  return changes;
}

type Pair = readonly [number | undefined, number | undefined];

/** The longest common subsequence, with what is in one list only between its members. */
function alignment(before: readonly Value[], after: readonly Value[]): readonly Pair[] {
  let start = 0;
  while (start < before.length && start < after.length && isEqual(before[start], after[start])) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    isEqual(before[before.length - 1 - end], after[after.length - 1 - end])
  ) {
    end++;
  }
  const pairs: Pair[] = Array.from({ length: start }, (_, index) => [index, index] as const);
  const left = before.slice(start, before.length - end);
  const right = after.slice(start, after.length - end);
  for (const [i, j] of middle(left, right)) {
    pairs.push([i === undefined ? undefined : i + start, j === undefined ? undefined : j + start]);
  }
  for (let index = end; index > 0; index--) pairs.push([before.length - index, after.length - index]);
  return pairs;
}

function middle(left: readonly Value[], right: readonly Value[]): readonly Pair[] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = isEqual(left[i], right[j]) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: Pair[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    if (isEqual(left[i], right[j])) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) pairs.push([i++, undefined]);
    else pairs.push([undefined, j++]);
  }
  while (i < left.length) pairs.push([i++, undefined]);
  while (j < right.length) pairs.push([undefined, j++]);
  return pairs;
}

/** What goes behind each old position, in order. */
export function insertions(
  changes: readonly ListChange[],
  after: readonly Value[],
): ReadonlyMap<number, Value[]> {
  const found = new Map<number, Value[]>();
  for (const change of changes) {
    if (change.kind !== 'insert') continue;
    found.set(change.behind, [...(found.get(change.behind) ?? []), after[change.after] ?? null]);
  }
  return found;
}
