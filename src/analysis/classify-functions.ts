import type {
  Basis,
  FunctionClass,
  FunctionKind,
  FunctionType,
  Invocation,
  ResourceView,
  Trigger,
} from '../contract/facts.js';
import { isList, isMap, type Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { matchesWildcard } from '../template/mentions.js';
import { kinOf } from '../template/stack-tree.js';
import type { Stack, StackTree } from '../template/template.js';
import { demands, rankOf } from './invocations.js';
import { functionFinder } from './references.js';
import { executionRole, statementsOf } from './roles.js';
import { triggersOf } from './triggers.js';
import { viewResource } from './view.js';

/** What the policy says about functions, by name; the last one that fits counts. */
export interface FunctionOverride {
  /** Path of the template, with `*` and `?`; any template when left out. */
  readonly template?: string | undefined;
  /** Logical id, with `*` and `?`. */
  readonly logicalId: string;
  readonly type?: FunctionType | undefined;
  readonly invocation?: Invocation | undefined;
  readonly reason?: string | undefined;
}

/** Classifies every function of the tree by what invokes it; the most demanding trigger decides the type. */
export function classifyFunctions(
  tree: StackTree,
  overrides: readonly FunctionOverride[] = [],
): ReadonlyMap<Stack, ReadonlyMap<string, FunctionClass>> {
  return new Map(
    [...triggersOf(tree)].map(([stack, triggers]) => [
      stack,
      new Map(
        [...triggers].map(([logicalId, found]) => {
          const byEvidence = classOf(viewResource(stack, logicalId), found);
          return [logicalId, withOverrides(byEvidence, overridesFor(overrides, stack, logicalId))];
        }),
      ),
    ]),
  );
}

interface Demand {
  readonly rank: number;
  readonly basis: Basis;
  readonly evidence: string;
}

function classOf(view: ResourceView, triggers: readonly Trigger[]): FunctionClass {
  const callbacks = callbackEvidence(view).map((evidence) => ({
    rank: rankOf('callback'),
    basis: 'stated' as const,
    evidence,
  }));
  const found: readonly Demand[] = triggers.flatMap(({ source, description, seen }) =>
    [description, ...(seen === undefined ? [] : [seen])].map((evidence) => ({
      rank: rankOf(source),
      // Who calls a published function, and so what it is for, is not known.
      basis: source === 'published' ? 'assumed' : seen === undefined ? 'stated' : 'read',
      evidence,
    })),
  );
  const strongest = [...found, ...callbacks].sort((left, right) => left.rank - right.rank);
  const [, type = 'administrative'] = demands[strongest[0]?.rank ?? demands.length] ?? [];
  return {
    type,
    invocation: invocationOf(triggers),
    evidence: strongest.length > 0 ? [...new Set(strongest.map(({ evidence }) => evidence))] : [noEvidence],
    triggers,
    basis: strongest[0]?.basis ?? 'assumed',
  };
}

const noEvidence = 'no trigger found in the templates; assumed to be invoked manually';

/** Answering a waiting state machine is a step of its workflow, whatever started the function. */
function callbackEvidence(view: ResourceView): readonly string[] {
  const answers = statementsOf(view).some(
    ({ effect, actions = [] }) =>
      effect === 'Allow' && actions.some((action) => /^states:SendTask(\*|Success|Failure)$/i.test(action)),
  );
  return answers ? ['answers a waiting state machine (states:SendTaskSuccess)'] : [];
}

/** Polled sources are invoked by the Lambda service, which waits. */
function invocationOf(triggers: readonly Trigger[]): Invocation {
  const isAsync = triggers.some(({ invocation }) => invocation === 'async');
  const isSync = triggers.some(({ invocation }) => invocation === 'sync' || invocation === 'polled');
  if (isAsync) return isSync ? 'both' : 'async';
  return triggers.some(({ invocation }) => invocation === 'unknown') ? 'unknown' : 'sync';
}

/** The overrides that fit a resource, in their order. */
export function overridesFor<
  T extends { readonly template?: string | undefined; readonly logicalId: string },
>(overrides: readonly T[], stack: Stack, logicalId: string): readonly T[] {
  return overrides.filter(
    (override) =>
      matchesWildcard(override.logicalId, logicalId) &&
      matchesWildcard(override.template ?? '*', stack.template.path),
  );
}

function withOverrides(found: FunctionClass, overrides: readonly FunctionOverride[]): FunctionClass {
  if (overrides.length === 0) return found;
  const {
    type = found.type,
    invocation = found.invocation,
    reason,
  }: Partial<FunctionOverride> = Object.assign({}, ...overrides);
  const said = reason === undefined ? 'set by the policy' : `set by the policy: ${reason}`;
  return { ...found, type, invocation, basis: 'stated', evidence: [said, ...found.evidence] };
}

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
