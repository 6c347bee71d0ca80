import {
  formatPointer,
  isEqual,
  isList,
  isMap,
  type Path,
  parsePointer,
  type Value,
  type ValueMap,
} from '../document/value.js';
import { IdpFixError } from '../errors.js';

export type Operation =
  | { readonly op: 'add'; readonly path: string; readonly value: Value }
  | { readonly op: 'replace'; readonly path: string; readonly value: Value }
  | { readonly op: 'test'; readonly path: string; readonly value: Value }
  | { readonly op: 'remove'; readonly path: string };

/** What a plan makes, and the two operations of RFC 6902 it never needs. */
export type JsonPatchOperation =
  | Operation
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

/**
 * RFC 6902 on a value tree. What is not on the way to a change is shared with the tree given, which stays as it is.
 * @param own where several patches follow each other and only the last value counts, so that each part is copied once
 * @throws IdpFixError `edit-refused` when an operation does not fit the tree.
 */
export function applyPatch(
  root: Value,
  operations: readonly JsonPatchOperation[],
  own: Own = new WeakSet(),
): Value {
  return operations.reduce((value, operation) => applyOperation(value, operation, own), root);
}

/** Containers that have been copied for this patch, or for the ones before it, and may be changed in place. */
export type Own = WeakSet<object>;

/**
 * The operations that undo others, to be applied to what those lead to. Where a key has been taken out of a map it comes
 * back as its last one.
 */
export function invert(root: Value, operations: readonly Operation[]): readonly Operation[] {
  const inverse: Operation[] = [];
  const own: Own = new WeakSet();
  let value = root;
  for (const operation of operations) {
    // What it refers to is out of the tree once the operation has been applied, so nothing changes it any more.
    const undoing = inverseOf(value, operation);
    if (undoing !== undefined) inverse.push(undoing);
    value = applyOperation(value, operation, own);
  }
  return inverse.reverse();
}

function applyOperation(root: Value, operation: JsonPatchOperation, own: Own): Value {
  const path = tokensOf(operation.path, 'path');
  if ('from' in operation && (operation.op === 'move' || operation.op === 'copy'))
    return transfer(root, operation, path, own);
  if (operation.op !== 'remove' && !('value' in operation && operation.value !== undefined))
    throw refuse(path, 'the operation has no value');
  switch (operation.op) {
    case 'test': {
      const found = read(root, path);
      if (found !== undefined && isEqual(found, operation.value)) return root;
      throw refuse(path, 'the template says something else there');
    }
    case 'add':
      return path.length === 0
        ? operation.value
        : change(root, path, 0, { how: 'add', value: operation.value, own });
    case 'replace':
      return path.length === 0
        ? operation.value
        : change(root, path, 0, { how: 'replace', value: operation.value, own });
    case 'remove':
      if (path.length === 0) throw refuse(path, 'the whole template cannot be removed');
      return change(root, path, 0, { how: 'remove', value: null, own });
    default:
      throw refuse(path, `${String((operation as { op: unknown }).op)} is not supported`);
  }
}

function transfer(
  root: Value,
  { op, from: source }: { op: 'move' | 'copy'; from: string },
  path: Path,
  own: Own,
): Value {
  const from = tokensOf(source, 'from');
  const value = read(root, from);
  if (value === undefined) throw refuse(from, 'there is nothing there');
  const isInside = path.length > from.length && from.every((token, index) => token === path[index]);
  if (op === 'move' && isInside) throw refuse(from, 'it cannot be moved into itself');
  if (path.length === 0) return value;
  // Two places must not share what may be changed in place later.
  if (op === 'copy') return change(root, path, 0, { how: 'add', value: structuredClone(value), own });
  const without = change(root, from, 0, { how: 'remove', value: null, own });
  return change(without, path, 0, { how: 'add', value, own });
}

/** @param member as a patch from outside may have anything there */
function tokensOf(pointer: unknown, member: 'path' | 'from'): Path {
  if (typeof pointer !== 'string') throw refuse([], `an operation has no ${member}`);
  const tokens = pathFrom(pointer);
  // A prototype is no part of a template.
  if (tokens.some((token) => token === '__proto__')) throw refuse(tokens, 'the key __proto__ is not allowed');
  return tokens;
}

function pathFrom(pointer: string): Path {
  try {
    return parsePointer(pointer);
  } catch (cause) {
    throw new IdpFixError('edit-refused', `${pointer} is not a JSON pointer`, { cause });
  }
}

interface Wish {
  readonly how: 'add' | 'replace' | 'remove';
  readonly value: Value;
  readonly own: Own;
}

function change(container: Value, path: Path, depth: number, wish: Wish): Value {
  if (isList(container)) return changeList(container, path, depth, wish);
  if (isMap(container)) return changeMap(container, path, depth, wish);
  throw refuse(path.slice(0, depth), 'it is neither a map nor a list');
}

function changeList(list: readonly Value[], path: Path, depth: number, wish: Wish): Value {
  const { how, value, own } = wish;
  const token = path[depth] ?? '';
  const isLast = depth === path.length - 1;
  const index = token === '-' ? list.length : indexOf(token);
  const isInside = index !== undefined && index < list.length + Number(how === 'add' && isLast);
  if (!isInside) throw refuse(path.slice(0, depth + 1), 'the list has no such position');
  const inner = isLast ? value : change(list[index] ?? null, path, depth + 1, wish);
  const copy = owned(list as Value[], own, (each) => [...each]);
  if (isLast && how === 'add') copy.splice(index, 0, inner);
  else if (isLast && how === 'remove') copy.splice(index, 1);
  else copy[index] = inner;
  return copy;
}

function changeMap(map: ValueMap, path: Path, depth: number, wish: Wish): Value {
  const { how, value, own } = wish;
  const token = path[depth] ?? '';
  const isLast = depth === path.length - 1;
  if (!Object.hasOwn(map, token) && !(isLast && how === 'add')) {
    throw refuse(path.slice(0, depth + 1), 'there is nothing there');
  }
  const inner = isLast ? value : change(map[token] ?? null, path, depth + 1, wish);
  const copy = owned(map as Record<string, Value>, own, (each) => ({ ...each }));
  if (isLast && how === 'remove') delete copy[token];
  else copy[token] = inner;
  return copy;
}

function owned<Container extends object>(
  container: Container,
  own: Own,
  copy: (container: Container) => Container,
): Container {
  if (own.has(container)) return container;
  const copied = copy(container);
  own.add(copied);
  return copied;
}

function indexOf(token: string): number | undefined {
  return /^(0|[1-9][0-9]*)$/.test(token) ? Number(token) : undefined;
}

function read(root: Value, path: Path): Value | undefined {
  let value: Value | undefined = root;
  for (const token of path) {
    if (isMap(value)) value = Object.hasOwn(value, token) ? value[token] : undefined;
    else if (isList(value)) value = value[indexOf(token) ?? -1];
    else return undefined;
  }
  return value;
}

function inverseOf(root: Value, operation: Operation): Operation | undefined {
  const path = tokensOf(operation.path, 'path');
  const existing = read(root, path);
  switch (operation.op) {
    case 'test':
      return undefined;
    case 'remove':
      return { op: 'add', path: operation.path, value: existing ?? null };
    case 'replace':
      return { op: 'replace', path: operation.path, value: existing ?? null };
    case 'add': {
      const parent = read(root, path.slice(0, -1));
      if (path.length === 0 || (isMap(parent) && existing !== undefined)) {
        return { op: 'replace', path: operation.path, value: existing ?? null };
      }
      const isEnd = isList(parent) && path.at(-1) === '-';
      const at = isEnd ? formatPointer([...path.slice(0, -1), String(parent.length)]) : operation.path;
      return { op: 'remove', path: at };
    }
  }
}

function refuse(path: Path, reason: string): IdpFixError {
  return new IdpFixError(
    'edit-refused',
    `${formatPointer(path) || 'the template'} cannot be patched: ${reason}`,
  );
}
