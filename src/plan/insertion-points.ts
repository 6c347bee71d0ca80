import type { PropertyEdit } from '../contract/remediation.js';
import { isIntrinsic } from '../document/intrinsics.js';
import { formatPointer, isEqual, isList, isMap, type Path, type Value } from '../document/value.js';
import { type Outcome, resolve, scalarText } from '../expressions/resolve.js';
import type { Stack } from '../template/template.js';
import type { Fixable } from './finding.js';

/** A place in a resource as written where a wanted value can go. */
export interface InsertionPoint {
  /** From the root of the template. */
  readonly path: Path;
  /** What of the wanted path has still to be made below `path`. */
  readonly rest: Path;
  /** What stands there; `undefined` when nothing does. */
  readonly expression: Value | undefined;
}

export interface Refusal {
  readonly refused: string;
}

/** The places a path leads to, through every `Fn::If` on the way whose branch can be reached. */
export function insertionPoints(
  raw: Value | undefined,
  path: Path,
  rest: Path,
  stack: Stack,
): readonly InsertionPoint[] | Refusal {
  const [token, ...deeper] = rest;
  if (raw === undefined || raw === null || isNoValue(raw) || token === undefined) {
    return [{ path, rest, expression: raw === null ? undefined : raw }];
  }
  const choice = isMap(raw) ? raw['Fn::If'] : undefined;
  if (isList(choice)) return insertionPointsOfChoice(choice, path, rest, stack);
  if (isIntrinsic(raw))
    return { refused: `${formatPointer(path)} is ${JSON.stringify(raw)}, which cannot be looked into` };
  if (isList(raw)) return insertionPoints(raw[Number(token)], [...path, token], deeper, stack);
  if (!isMap(raw)) return { refused: `${formatPointer(path)} is not a map` };
  return insertionPoints(Object.hasOwn(raw, token) ? raw[token] : undefined, [...path, token], deeper, stack);
}

function insertionPointsOfChoice(
  choice: readonly Value[],
  path: Path,
  rest: Path,
  stack: Stack,
): readonly InsertionPoint[] | Refusal {
  const [condition = null] = choice;
  const reachable = resolve({ 'Fn::If': [condition, '1', '2'] }, stack).map(({ outcome }) =>
    scalarText(outcome),
  );
  const found: InsertionPoint[] = [];
  for (const branch of ['1', '2']) {
    if (!reachable.includes(branch)) continue;
    const leaves = insertionPoints(choice[Number(branch)], [...path, 'Fn::If', branch], rest, stack);
    if ('refused' in leaves) return leaves;
    found.push(...leaves);
  }
  return found;
}

export function isNoValue(value: Value | undefined): boolean {
  return isEqual(value, { Ref: 'AWS::NoValue' });
}

export interface Wanted {
  readonly value: Value;
  readonly isSatisfiedBy?: (outcome: Outcome) => boolean;
}

/** Whether an outcome will do; without a say of the remediation only the wanted value itself. */
export function isAccepted(want: Wanted, outcome: Outcome): boolean {
  if (want.isSatisfiedBy !== undefined) return want.isSatisfiedBy(outcome);
  return outcome.kind === 'value' && isEqual(outcome.value, want.value);
}

/**
 * Whether some branch of an expression is right as it stands: the template may be deployed with other values than this
 * once, so branches count that these values do not reach.
 */
export function isPartlyRight(expression: Value, want: Wanted, stack: Stack): boolean {
  if (resolve(expression, stack).some(({ outcome }) => isAccepted(want, outcome))) return true;
  const choice = isMap(expression) ? expression['Fn::If'] : undefined;
  return isList(choice) && choice.slice(1).some((branch) => isPartlyRight(branch, want, stack));
}

/** Where below an expression something other than the wanted value comes out. */
export function failingPaths(expression: Value, want: Wanted, stack: Stack): readonly Path[] {
  if (isEqual(expression, want.value)) return [];
  const seen = new Map<string, Path>();
  for (const branch of resolve(expression, stack)) {
    if (isAccepted(want, branch.outcome)) continue;
    seen.set(formatPointer(branch.path), branch.path);
  }
  return [...seen.values()];
}

/** One wanted value at one place of one resource, on the way to its depth. */
export interface WantedEdit {
  readonly finding: Fixable;
  readonly want: PropertyEdit;
  readonly logicalId: string;
  readonly type: string;
  readonly leaf: InsertionPoint;
}
