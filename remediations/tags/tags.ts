import { isList, isMap, type ResourceView, type TagForm, type Value } from '../../src/remediation.js';

/** Keys a resource lacks; `undefined` where its tags are behind a function. */
export function missingTags(
  view: ResourceView,
  form: TagForm,
  keys: readonly string[],
): readonly string[] | undefined {
  const tags = tagsOf(view, form);
  return tags && keys.filter((key) => !tags.has(key));
}

/** Tags with a value that is not allowed, one sentence each. */
export function wrongTags(
  view: ResourceView,
  form: TagForm,
  required: Readonly<
    Record<string, { readonly value: string; readonly allowed?: readonly string[] | undefined }>
  >,
): readonly string[] {
  const tags = tagsOf(view, form) ?? new Map<string, Value>();
  return Object.entries(required).flatMap(([key, { value, allowed }]) => {
    const found = tags.get(key);
    if (typeof found !== 'string' || allowed === undefined || [value, ...allowed].includes(found)) return [];
    return [`its tag ${key} is ${found}, and ${[value, ...allowed].join(', ')} are allowed`];
  });
}

function tagsOf(view: ResourceView, { property, form }: TagForm): ReadonlyMap<string, Value> | undefined {
  const written = view.expression(property);
  if (written === undefined) return new Map();
  if (form === 'map') {
    if (!isMap(written) || Object.keys(written).some((key) => key.startsWith('Fn::'))) return undefined;
    return new Map(Object.entries(written));
  }
  if (!isList(written)) return undefined;
  const found = new Map<string, Value>();
  for (const item of written) {
    const key = isMap(item) ? item.Key : undefined;
    if (!isMap(item) || typeof key !== 'string') return undefined;
    found.set(key, item.Value ?? null);
  }
  return found;
}

/** `CostCenter=4711, Environment=production`, as the AWS CLI has it. @returns what is wrong stays a text */
export function readTags(typed: string): unknown {
  const pairs = typed.split(',').map((pair) => pair.trim().split(/=(.*)/s));
  if (pairs.some(([key, value]) => !key?.trim() || value === undefined)) return typed;
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key.trim(), { value: value.trim() }]));
}
