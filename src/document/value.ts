/**
 * The value tree every stage works on: plain JSON data, with CloudFormation's intrinsic functions always in
 * their long form (`{"Fn::GetAtt": ["Key", "Arn"]}`, `{"Ref": "Key"}`).
 */
export type Scalar = string | number | boolean | null;
export type Value = Scalar | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** Structural equality; the order of keys does not count, the order of items does. */
export function isEqual(left: Value | undefined, right: Value | undefined): boolean {
  if (left === right) return true;
  if (isList(left)) {
    return (
      isList(right) &&
      left.length === right.length &&
      left.every((item, index) => isEqual(item, right[index]))
    );
  }
  if (!isMap(left) || !isMap(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  );
}

/**
 * The same data in the same order, of the parts of another tree where those are the same: what is known of them holds.
 */
export function sharing(value: Value, other: Value | undefined): Value {
  if (value === other) return value;
  if (isList(value)) {
    if (!isList(other)) return value;
    const items = value.map((item, index) => sharing(item, other[index]));
    const isSame = items.length === other.length && items.every((item, index) => item === other[index]);
    return isSame ? other : items;
  }
  if (!isMap(value) || !isMap(other)) return value;
  const keys = Object.keys(value);
  const otherKeys = Object.keys(other);
  const parts = keys.map((key) =>
    sharing(value[key] ?? null, Object.hasOwn(other, key) ? other[key] : undefined),
  );
  const isSame =
    keys.length === otherKeys.length &&
    keys.every((key, index) => key === otherKeys[index] && parts[index] === other[key]);
  return isSame ? other : Object.fromEntries(keys.map((key, index) => [key, parts[index] ?? null]));
}

/** Freezes a tree in place and returns it, so that no stage can change what another one reads. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
  return value;
}

/** Tokens of a JSON pointer, unescaped. Sequence positions are decimal strings, `-` is one past the end. */
export type Path = readonly string[];

/** RFC 6901. @throws RangeError on a pointer that is neither empty nor starts with `/`. */
export function parsePointer(pointer: string): Path {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new RangeError(`not a JSON pointer: ${pointer}`);
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** RFC 6901. */
export function formatPointer(path: Path): string {
  return path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
