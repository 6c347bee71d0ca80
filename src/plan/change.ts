import type { Judgment, PropertyEdit, Verdict } from '../contract/remediation.js';
import { isReplacement, isStateful, type Update, updateOf } from '../data/updates.js';
import { isIntrinsic } from '../document/intrinsics.js';
import type { Span } from '../document/syntax.js';
import { formatPointer, isEqual, isList, isMap, type Path, type Value } from '../document/value.js';
import type { Operation } from '../patch/json-patch.js';
import { isLoop } from '../template/loops.js';
import type { Stack } from '../template/template.js';
import type { Placement } from './document.js';

/** One thing the planner has decided to do to one template. Parents that are missing come into being with it. */
export type Change =
  | {
      readonly kind: 'set';
      readonly template: string;
      readonly path: Path;
      readonly value: Value;
      readonly placement: Placement;
    }
  | {
      readonly kind: 'append';
      readonly template: string;
      /** To the list. */
      readonly path: Path;
      readonly value: Value;
      readonly placement: Placement;
      /** Position to insert at, instead of the end. */
      readonly index?: number;
    }
  /** Takes an item out of a list, and whatever above it is empty then, but nothing above `keep`. */
  | {
      readonly kind: 'remove-item';
      readonly template: string;
      /** To the list. */
      readonly path: Path;
      readonly item: Value;
      /** Tokens of `path` that stay whatever happens. */
      readonly keep: number;
    }
  /** Takes an id out of a suppression comment, and the comment with the last id. */
  | {
      readonly kind: 'comment';
      readonly template: string;
      readonly span: Span;
      readonly id: string;
      readonly line: number;
    }
  /** A value the deployed root stack must be given; changes no template. */
  | {
      readonly kind: 'parameter-value';
      readonly template: string;
      readonly name: string;
      readonly value: string;
    };

export type TreeChange = Extract<Change, { kind: 'set' | 'append' | 'remove-item' }>;

/** The operations a change comes to on the tree as it stands; none when the tree already says so. */
type Translated = { readonly operations: readonly Operation[] } | { readonly refused: string };

export function valueAt(root: Value | undefined, path: Path): Value | undefined {
  let value = root;
  for (const token of path) {
    if (isMap(value)) value = Object.hasOwn(value, token) ? value[token] : undefined;
    else if (isList(value)) value = value[Number(token)];
    else return undefined;
  }
  return value;
}

export function translate(root: Value, change: TreeChange): Translated {
  switch (change.kind) {
    case 'set':
      return set(root, change.path, change.value);
    case 'append':
      return append(root, change.path, change.value, change.index);
    case 'remove-item':
      return removeItem(root, change.path, change.item, change.keep);
  }
}

function set(root: Value, path: Path, value: Value): Translated {
  const pointer = formatPointer(path);
  const existing = valueAt(root, path);
  if (existing !== undefined) {
    if (isEqual(existing, value)) return { operations: [] };
    return {
      operations: [
        { op: 'test', path: pointer, value: existing },
        { op: 'replace', path: pointer, value },
      ],
    };
  }
  let depth = path.length;
  while (valueAt(root, path.slice(0, depth)) === undefined) depth--;
  const parent = valueAt(root, path.slice(0, depth));
  const parentPointer = formatPointer(path.slice(0, depth));
  if (parent === null) {
    return {
      operations: [
        { op: 'test', path: parentPointer, value: null },
        { op: 'replace', path: parentPointer, value: nested(path.slice(depth), value) },
      ],
    };
  }
  const loop = isMap(parent) && depth > 1 ? Object.keys(parent).find(isLoop) : undefined;
  if (loop !== undefined) {
    return { refused: `${loop} in ${parentPointer} makes what is there, and may make ${pointer}` };
  }
  if (!isMap(parent) || isIntrinsic(parent)) {
    return {
      refused: `${parentPointer || 'the template'} is not a plain map, so ${pointer} cannot be added`,
    };
  }
  const added = nested(path.slice(depth + 1), value);
  return { operations: [{ op: 'add', path: formatPointer(path.slice(0, depth + 1)), value: added }] };
}

function nested(path: Path, value: Value): Value {
  return path.reduceRight<Value>((inner, token) => ({ [token]: inner }), value);
}

function append(root: Value, path: Path, value: Value, index: number | undefined): Translated {
  const list = valueAt(root, path);
  if (list === undefined || list === null) return set(root, path, [value]);
  if (!isList(list)) return { refused: `${formatPointer(path)} is not a list` };
  if (list.some((item) => isEqual(item, value))) return { operations: [] };
  const position = index === undefined || index >= list.length ? '-' : String(index);
  return { operations: [{ op: 'add', path: formatPointer([...path, position]), value }] };
}

function removeItem(root: Value, path: Path, item: Value, keep: number): Translated {
  const list = valueAt(root, path);
  const index = isList(list) ? list.findIndex((candidate) => isEqual(candidate, item)) : -1;
  if (index < 0) return { operations: [] };
  let target: Path = [...path, String(index)];
  for (let depth = path.length; depth > keep && sizeOf(valueAt(root, path.slice(0, depth))) === 1; depth--) {
    target = path.slice(0, depth);
  }
  const pointer = formatPointer(target);
  return {
    operations: [
      { op: 'test', path: pointer, value: valueAt(root, target) ?? null },
      { op: 'remove', path: pointer },
    ],
  };
}

function sizeOf(value: Value | undefined): number {
  if (isList(value)) return value.length;
  return isMap(value) ? Object.keys(value).length : 0;
}

type Fixable = Extract<Verdict, { verdict: 'fixable' }>;

/** How much an update takes, least first. */
const updates: readonly Update[] = ['none', 'some-interruption', 'may-replace', 'replace'];

export function heavierUpdate(left: Update, right: Update): Update {
  return updates.indexOf(left) >= updates.indexOf(right) ? left : right;
}

/**
 * What the tables say an update would do decides how a fix is classed, whatever the remediation thinks of it: what
 * interrupts needs approval, and what would replace something that holds data is not made at all.
 */
export function classed(judgment: Judgment): Judgment {
  const { stack, logicalId, basis } = judgment;
  const verdict = basis === 'assumed' ? withDoubt(judgment.verdict) : judgment.verdict;
  if (verdict.verdict !== 'fixable') return judgment;
  const changes = verdict.edits.map((want) => changeOf(want, stack, logicalId));
  const loss = changes.find(({ type, update }) => isStateful(type) && isReplacement(update));
  if (loss !== undefined) {
    const because = `${verdict.because}; to change ${loss.property} ${consequences[loss.update]} the resource and lose what it holds`;
    return { ...judgment, verdict: { verdict: 'manual', because } };
  }
  const update = changes.map((change) => change.update).reduce(heavierUpdate, verdict.update ?? 'none');
  return { ...judgment, verdict: withCompanionRisk(withUpdate(verdict, update)) };
}

/** What a companion needs approval for, the fix does that brings it. */
function withCompanionRisk(verdict: Fixable): Fixable {
  const reasons = (verdict.companions ?? []).flatMap((companion) =>
    companion.kind === 'resource' ? (companion.riskBecause ?? []) : [],
  );
  const [first] = reasons;
  if (first === undefined) return verdict;
  const riskBecause = verdict.riskBecause === undefined ? first : `${verdict.riskBecause}; ${first}`;
  return { ...verdict, risk: 'review', riskBecause };
}

/** What rests on an assumption may be wrong, so a person looks first. */
function withDoubt(verdict: Verdict): Verdict {
  if (verdict.verdict !== 'fixable' || verdict.risk === 'review') return verdict;
  return { ...verdict, risk: 'review', riskBecause: verdict.riskBecause ?? assumption };
}

const assumption =
  'its class is assumed from its name, or because nothing says otherwise: set it in the policy (functions, logGroups)';

const consequences: Readonly<Record<Update, string>> = {
  none: 'would not touch',
  'some-interruption': 'would interrupt',
  'may-replace': 'could replace',
  replace: 'would replace',
};

function withUpdate(verdict: Fixable, update: Update): Fixable {
  if (update === 'none') return verdict;
  const riskBecause = verdict.riskBecause ?? `the update ${consequences[update]} the resource`;
  return { ...verdict, update, risk: 'review', riskBecause };
}

interface PropertyChange {
  readonly type: string;
  readonly property: string;
  readonly update: Update;
}

function changeOf(
  { logicalId, path, value }: PropertyEdit,
  stack: Stack,
  judged: string | null,
): PropertyChange {
  const resource = stack.template.resources.get(logicalId ?? judged ?? '');
  const type = resource?.type ?? '';
  const [section, ...rest] = path;
  const paths = section === 'Properties' ? differences(rest, valueAt(resource?.body, path), value) : [];
  const update = paths.map((leaf) => updateOf(type, leaf) ?? 'none').reduce(heavierUpdate, 'none');
  return { type, property: rest[0] ?? '', update };
}

/** Every property that is set, changed or dropped, down to the last one: some replace a resource only from inside another. */
function differences(path: Path, before: Value | undefined, after: Value | undefined): readonly Path[] {
  if (isEqual(before, after)) return [];
  if (!isMap(before) || !isMap(after)) return [...leavesOf(path, before), ...leavesOf(path, after)];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences([...path, key], before[key], after[key]));
}

/** The branches of intrinsic functions too: any of them may be what is deployed. */
function leavesOf(path: Path, value: Value | undefined): readonly Path[] {
  const inner = isList(value)
    ? value.flatMap((item) => leavesOf(path, item))
    : isMap(value)
      ? Object.entries(value).flatMap(([key, each]) => leavesOf([...path, key], each))
      : [];
  return inner.length === 0 ? [path] : inner;
}
