import type { ResourceView } from '../contract/facts.js';
import { isList, isMap, type Path, type Value } from '../document/value.js';
import { type Resolution, resolveAt } from '../expressions/resolve.js';
import { mergedProperties } from '../template/globals.js';
import type { Stack, StackTree } from '../template/template.js';

const views = new WeakMap<Stack, Map<string, ResourceView>>();

/** @throws Error when the template has no such resource: ask `stack.template.resources` first. */
export function viewResource(stack: Stack, logicalId: string): ResourceView {
  const known = views.get(stack) ?? new Map<string, ResourceView>();
  views.set(stack, known);
  const view = known.get(logicalId) ?? makeView(stack, logicalId);
  known.set(logicalId, view);
  return view;
}

const selections = new WeakMap<StackTree, Map<string, readonly ResourceView[]>>();

/** All resources, or those of the types, in tree order. */
export function viewResources(tree: StackTree, types?: readonly string[]): readonly ResourceView[] {
  const known = selections.get(tree) ?? new Map<string, readonly ResourceView[]>();
  selections.set(tree, known);
  const key = types === undefined ? '*' : types.join('\n');
  const selected =
    known.get(key) ??
    (types === undefined
      ? tree.stacks.flatMap((stack) =>
          [...stack.template.resources.keys()].map((logicalId) => viewResource(stack, logicalId)),
        )
      : viewResources(tree).filter(({ type }) => types.includes(type)));
  known.set(key, selected);
  return selected;
}

function makeView(stack: Stack, logicalId: string): ResourceView {
  const resource = stack.template.resources.get(logicalId);
  if (resource === undefined) throw new Error(`${stack.template.path} has no resource ${logicalId}`);
  const { type, condition, body } = resource;
  const properties = mergedProperties(stack.template, resource);
  const known = new Map<string, Resolution>();
  return {
    stack,
    logicalId,
    type,
    condition,
    properties,
    body,
    expression: (...path) => expressionAt(properties, path),
    read(...path) {
      const key = path.join('\n');
      const resolution = known.get(key) ?? resolveAt(properties, path, stack, condition);
      known.set(key, resolution);
      return resolution;
    },
  };
}

function expressionAt(root: Value, path: Path): Value | undefined {
  let value: Value | undefined = root;
  for (const token of path) {
    if (isMap(value)) value = Object.hasOwn(value, token) ? value[token] : undefined;
    else if (isList(value)) value = value[Number(token)];
    else return undefined;
  }
  return value;
}
