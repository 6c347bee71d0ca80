import { isIntrinsic } from '../document/intrinsics.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Template, TemplateResource } from './template.js';

const typePrefix = 'AWS::Serverless::';

/** Lists and maps that do not merge: the resource's own value stands alone, or its keys do. */
const replaced: ReadonlySet<string> = new Set([
  'Function.Architectures',
  'CapacityProvider.InstanceRequirements.Architectures',
]);
const pruned: ReadonlySet<string> = new Set(['CapacityProvider.ManagedResourceTags']);

const merged = new WeakMap<ValueMap, WeakMap<ValueMap, ValueMap>>();

/**
 * The properties of a resource with `Globals` merged in the way SAM does: its own scalars and intrinsics win, maps
 * are merged key by key, lists are joined, the global items first.
 */
export function mergedProperties(template: Template, resource: TemplateResource): ValueMap {
  const section = resource.type.startsWith(typePrefix) ? resource.type.slice(typePrefix.length) : '';
  const globals = Object.hasOwn(template.globals, section) ? template.globals[section] : undefined;
  if (!isMap(globals) || Object.keys(globals).length === 0) return resource.properties;
  const perBody = merged.get(globals) ?? new WeakMap<ValueMap, ValueMap>();
  merged.set(globals, perBody);
  const known = perBody.get(resource.body);
  if (known !== undefined) return known;
  const properties = mergeMaps(
    withoutIgnored(globals, resource.body.IgnoreGlobals),
    resource.properties,
    section,
  );
  perBody.set(resource.body, properties);
  return properties;
}

/** Whether a resource stays without what `Globals` say about a property. */
export function ignoresGlobal({ body }: TemplateResource, property: string): boolean {
  const ignored = body.IgnoreGlobals;
  return ignored === '*' || (isList(ignored) && ignored.includes(property));
}

function withoutIgnored(globals: ValueMap, ignored: Value | undefined): ValueMap {
  if (ignored === '*') return {};
  if (!isList(ignored)) return globals;
  return Object.fromEntries(Object.entries(globals).filter(([property]) => !ignored.includes(property)));
}

function merge(global: Value, own: Value, path: string): Value {
  if (isList(global) && isList(own)) return replaced.has(path) ? own : Object.freeze([...global, ...own]);
  if (isMap(global) && isMap(own) && !isIntrinsic(global) && !isIntrinsic(own))
    return mergeMaps(global, own, path);
  return own;
}

function mergeMaps(global: ValueMap, own: ValueMap, path: string): ValueMap {
  const isPruned = pruned.has(path) && Object.keys(own).length > 0;
  const result: Record<string, Value> = isPruned ? {} : { ...global };
  for (const [key, value] of Object.entries(own)) {
    const inherited = Object.hasOwn(global, key) ? global[key] : undefined;
    define(result, key, inherited === undefined ? value : merge(inherited, value, `${path}.${key}`));
  }
  return Object.freeze(result);
}

/** Assignment would take `__proto__` for something else than a key. */
function define(target: Record<string, Value>, key: string, value: Value): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
