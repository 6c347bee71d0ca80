import { IdpFixError } from '../errors.js';
import { intrinsicName, longName, unpackArgument } from './intrinsics.js';
import { placeAt } from './positions.js';
import { readWithLibrary } from './read-with-library.js';
import type { Document, MapNode, Node, Source } from './syntax.js';
import { deepFreeze, isMap, type Value } from './value.js';

/** More values than this behind aliases is a bomb; the largest templates have some fifty thousand in all. */
const aliasedValueLimit = 100_000;

/** CloudFormation templates stay far below; a deeper text would exhaust the stack of every later stage. */
const depthLimit = 200;

/**
 * Reads a template: bytes once decoded become a tree of values and, over the same text, a tree of spans.
 * @throws IdpFixError `template-unparseable` with line and column.
 */
export function readDocument(source: Source): Document {
  const { root, comments } = readWithLibrary(source);
  if (root.kind === 'scalar' && root.style === 'empty') {
    throw new IdpFixError('template-unparseable', 'the file is empty', { place: { file: source.path } });
  }
  const reading: Reading = { source, usesShortForm: false, aliasedValues: 0, values: new Map() };
  const value = deepFreeze(valueOf(root, reading, 0));
  return { source, root, value, comments, usesShortForm: reading.usesShortForm };
}

interface Reading {
  readonly source: Source;
  usesShortForm: boolean;
  aliasedValues: number;
  readonly values: Map<Node, Value>;
}

function valueOf(node: Node, reading: Reading, depth: number): Value {
  if (depth > depthLimit) throw refuse(reading, node, `the template is nested more than ${depthLimit} levels deep`);
  const known = reading.values.get(node);
  if (known !== undefined) return known;
  const long = node.tag === undefined ? undefined : longName(node.tag);
  const bare = bareValue(node, reading, depth);
  const value = tagged(node, long, bare);
  if (long !== undefined) reading.usesShortForm = true;
  if (node.anchor !== undefined) reading.values.set(node, value);
  return value;
}

function tagged(node: Node, long: string | undefined, bare: Value): Value {
  if (long !== undefined) return { [long]: unpackArgument(long, bare) };
  const isForeign = node.tag !== undefined && node.tag !== '!' && !node.tag.startsWith('!!');
  // A tag of some other tool: kept apart, so that nothing takes it for a plain value.
  return isForeign && node.tag !== undefined ? { [node.tag]: bare } : bare;
}

function bareValue(node: Node, reading: Reading, depth: number): Value {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'alias': {
      const value = valueOf(node.target, reading, depth + 1);
      reading.aliasedValues += countValues(value, aliasedValueLimit);
      if (reading.aliasedValues > aliasedValueLimit) throw refuse(reading, node, 'the aliases expand to too many values');
      return value;
    }
    case 'sequence':
      return node.items.map((item) => valueOf(item.value, reading, depth + 1));
    case 'map':
      return mapValue(node, reading, depth);
  }
}

function mapValue(node: MapNode, reading: Reading, depth: number): Value {
  const merged: Record<string, Value> = {};
  const own = new Set<string>();
  for (const { key, keySpan, value } of node.entries) {
    if (own.has(key) && key !== '<<') {
      const message = `the key ${key} stands twice in the same map`;
      throw new IdpFixError('template-unparseable', message, {
        place: placeAt(reading.source, keySpan.start),
        hint: 'remove one of the two; parsers differ in which they take',
      });
    }
    own.add(key);
    if (key !== '<<') merged[key] = valueOf(value, reading, depth + 1);
  }
  for (const { key, value } of node.entries) if (key === '<<') mergeInto(merged, valueOf(value, reading, depth + 1));
  const name = intrinsicName(merged);
  const argument = name === undefined ? undefined : merged[name];
  return name === undefined || argument === undefined ? merged : { [name]: unpackArgument(name, argument) };
}

/** A merge key: keys the map has itself win, and of several maps the first. */
function mergeInto(target: Record<string, Value>, merged: Value): void {
  for (const source of Array.isArray(merged) ? merged : [merged]) {
    if (!isMap(source)) continue;
    for (const [key, value] of Object.entries(source)) if (!Object.hasOwn(target, key)) target[key] = value;
  }
}

function countValues(value: Value, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const inner of Object.values(value)) {
    count += countValues(inner, limit - count);
    if (count > limit) return count;
  }
  return count;
}

function refuse(reading: Reading, node: Node, message: string): IdpFixError {
  return new IdpFixError('template-unparseable', message, { place: placeAt(reading.source, node.span.start) });
}
