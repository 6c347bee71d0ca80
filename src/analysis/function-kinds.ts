import type { FunctionKind } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import { isList, isMap, type Value } from '../document/value.js';
import { kinOf } from '../template/stack-kin.js';
import type { Stack } from '../template/template.js';
import { functionFinder, type Member } from './function-references.js';
import { executionRole } from './roles.js';

const known = new WeakMap<ResourceView, FunctionKind>();

/** @param view a function, of SAM or plain */
export function kindOf(view: ResourceView): FunctionKind {
  const kind = known.get(view) ?? findKind(view);
  known.set(view, kind);
  return kind;
}

function findKind(view: ResourceView): FunctionKind {
  const has = (property: string): boolean =>
    view.expression(property) !== undefined &&
    view.read(property).some(({ outcome }) => outcome.kind !== 'absent');
  const packageType = packageTypeOf(view, has);
  return {
    packageType,
    runtime: packageType === 'image' ? undefined : onlyText(view, 'Runtime'),
    isEdge: isAtEdge(view),
    isDurable: has('DurableConfig'),
    isTenantIsolated: has('TenancyConfig'),
    hasCapacityProvider: has('CapacityProviderConfig'),
    isVersioned: has('AutoPublishAlias') || isMember(versionedFunctions(view.stack), view),
  };
}

function packageTypeOf(view: ResourceView, has: (property: string) => boolean): FunctionKind['packageType'] {
  const isImage = onlyText(view, 'PackageType') === 'Image' || has('ImageUri');
  if (isImage || view.expression('Code', 'ImageUri') !== undefined) return 'image';
  return has('InlineCode') || view.expression('Code', 'ZipFile') !== undefined ? 'inline' : 'zip';
}

function onlyText(view: ResourceView, property: string): string | undefined {
  const [first, ...others] = view.read(property);
  const value = first?.outcome.kind === 'value' && others.length === 0 ? first.outcome.value : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Named by a distribution, or run with a role that the edge may assume. */
function isAtEdge(view: ResourceView): boolean {
  if (isMember(edgeFunctions(view.stack), view)) return true;
  const role = executionRole(view);
  const trust =
    role.kind === 'resource'
      ? role.stack.template.resources.get(role.logicalId)?.properties.AssumeRolePolicyDocument
      : view.expression('AssumeRolePolicyDocument');
  return JSON.stringify(trust ?? null).includes('edgelambda.');
}

function isMember(members: readonly Member[], view: Member): boolean {
  return members.some(({ stack, logicalId }) => stack === view.stack && logicalId === view.logicalId);
}

/** What a whole tree says about its functions is asked for one function after the other, so it is kept. */
function perTree(
  collect: (stacks: readonly Stack[]) => readonly Member[],
): (stack: Stack) => readonly Member[] {
  const known = new WeakMap<Stack, readonly Member[]>();
  return (stack) => {
    const stacks = kinOf(stack);
    const root = stacks[0] ?? stack;
    const members = known.get(root) ?? collect(stacks);
    known.set(root, members);
    return members;
  };
}

const edgeFunctions = perTree((stacks) =>
  referred(stacks, 'AWS::CloudFront::Distribution', (properties) =>
    valuesOf(properties, 'LambdaFunctionARN'),
  ),
);

const versionedFunctions = perTree((stacks) => [
  ...referred(stacks, 'AWS::Lambda::Version', (properties) => valuesOf(properties, 'FunctionName')),
  ...referred(stacks, 'AWS::Lambda::Alias', (properties) => valuesOf(properties, 'FunctionName')),
]);

function referred(
  stacks: readonly Stack[],
  type: string,
  expressions: (properties: Value) => readonly Value[],
): readonly Member[] {
  const [root] = stacks;
  if (root === undefined) return [];
  const find = functionFinder({ root, stacks, missing: [], readOnly: new Map() });
  return stacks.flatMap((stack) =>
    [...stack.template.resources.values()]
      .filter((resource) => resource.type === type)
      .flatMap(({ properties }) => expressions(properties).flatMap((expression) => find(expression, stack))),
  );
}

/** Every value under a key, at any depth. */
function valuesOf(value: Value | undefined, wanted: string): readonly Value[] {
  if (isList(value)) return value.flatMap((item) => valuesOf(item, wanted));
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === wanted ? [inner] : valuesOf(inner, wanted),
  );
}
