import type { ResourceView } from '../contract/facts.js';
import { isList, isMap, type Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { namesOf, textPatternsOf } from '../expressions/patterns.js';
import { resolveName } from '../expressions/resolve.js';
import { mentionsIn } from '../template/mentions.js';
import type { Stack, StackTree } from '../template/template.js';
import { viewResource } from './view.js';

/** A resource of the tree that a value mentions, and where in the value. */
interface ResourceReference {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly path: readonly string[];
}

/** The resources a value mentions at any depth, followed through parameters and outputs of nested stacks. */
export function resourcesIn(
  value: Value | undefined,
  stack: Stack,
  isWanted: (path: readonly string[]) => boolean = () => true,
): readonly ResourceReference[] {
  return mentionsIn(value).flatMap(({ name, attribute, path }) =>
    name.startsWith('AWS::') || !isWanted(path)
      ? []
      : resolveName(name, attribute, stack).flatMap(({ outcome }) =>
          outcome.kind === 'resource' ? { stack: outcome.stack, logicalId: outcome.logicalId, path } : [],
        ),
  );
}

/** The first of them that is in the same template. */
export function resourceIn(value: Value | undefined, stack: Stack): string | undefined {
  return resourcesIn(value, stack).find((found) => found.stack === stack)?.logicalId;
}

const functionTypes: readonly string[] = ['AWS::Serverless::Function', 'AWS::Lambda::Function'];

export function isFunction({ stack, logicalId }: Member): boolean {
  return functionTypes.includes(stack.template.resources.get(logicalId)?.type ?? '');
}

/** All functions of a tree, in tree order. */
export function functionsOf(tree: StackTree): readonly Member[] {
  return tree.stacks.flatMap((stack) =>
    [...stack.template.resources.keys()].map((logicalId) => ({ stack, logicalId })).filter(isFunction),
  );
}

/** The functions an expression refers to, each once. */
export type FindFunctions = (expression: Value | undefined, stack: Stack) => readonly Member[];

/**
 * Finds functions by `Ref`, `Fn::GetAtt` and `Fn::Sub`, through parameters and outputs of nested stacks, through
 * versions and aliases, and by the names the templates give them.
 */
export function functionFinder(tree: StackTree): FindFunctions {
  const byName = new Map<string, Member>();
  for (const member of functionsOf(tree)) {
    for (const name of namesOf(member.stack, member.logicalId)) byName.set(name, member);
  }
  const followed = new Map<Stack, Map<string, readonly Member[]>>();
  const followedOnce = (name: string, attribute: string, stack: Stack): readonly Member[] => {
    const perStack = followed.get(stack) ?? new Map<string, readonly Member[]>();
    followed.set(stack, perStack);
    const key = `${attribute}#${name}`;
    const members = perStack.get(key) ?? follow(name, attribute, stack, find);
    perStack.set(key, members);
    return members;
  };
  const find = (expression: Value | undefined, stack: Stack): readonly Member[] => {
    if (expression === undefined || expression === null) return [];
    const mentioned = mentionsIn(expression).flatMap(({ name, attribute }) =>
      followedOnce(name, attribute, stack),
    );
    const named = namesIn(expression, stack).flatMap((name) => byName.get(name) ?? []);
    return mentioned.length + named.length === 0 ? [] : unique([...mentioned, ...named]);
  };
  return find;
}

function follow(name: string, attribute: string, stack: Stack, find: FindFunctions): readonly Member[] {
  // SAM lets one refer to what it makes for a function: `Ref: Handler.Alias`.
  const base = name.split('.', 1)[0] ?? name;
  const logicalId = stack.template.resources.has(name) ? name : base;
  const isMade = logicalId !== name || /^(?:Alias|Version)\b/.test(attribute);
  const own = { stack, logicalId };
  if (isFunction(own) && (isMade || attribute === 'Ref' || attribute === 'Arn')) return [own];
  if (name.startsWith('AWS::')) return [];
  return resolveName(name, attribute, stack).flatMap(({ outcome }) => {
    if (outcome.kind !== 'resource')
      return outcome.kind === 'value' ? find(literal(outcome.value), stack) : [];
    if (isFunction(outcome)) return [{ stack: outcome.stack, logicalId: outcome.logicalId }];
    const target = outcome.stack.template.resources.get(outcome.logicalId);
    const isQualified = target?.type === 'AWS::Lambda::Alias' || target?.type === 'AWS::Lambda::Version';
    return isQualified ? find(target.properties.FunctionName, outcome.stack) : [];
  });
}

/** A parameter's value names functions only as an ARN; a bare word in it may be anything. */
function literal(value: Value): Value | undefined {
  return typeof value === 'string' && value.includes(':function:') ? value : undefined;
}

/** Names of functions written out: a whole text where a name is due, or what follows `:function:` in an ARN. */
function namesIn(value: Value, stack: Stack, isName = true): readonly string[] {
  if (isList(value)) return value.flatMap((item) => namesIn(item, stack, isName));
  if (isMap(value) && !('Fn::Sub' in value) && !('Fn::Join' in value)) {
    return Object.entries(value).flatMap(([key, item]) => namesIn(item, stack, key === 'FunctionName'));
  }
  if (!isMap(value) && typeof value !== 'string') return [];
  if (typeof value === 'string' && !isName && !value.includes(':function:')) return [];
  return textPatternsOf(value, stack).flatMap((text) => {
    const names = [...text.matchAll(/:function:((?:\$\{[^}]*\}|[\w-])+)/g)].map(([, name]) => name ?? '');
    return isName && names.length === 0 ? [text] : names;
  });
}

function unique(members: readonly Member[]): readonly Member[] {
  return members.filter(
    (member, index) =>
      members.findIndex(
        ({ stack, logicalId }) => stack === member.stack && logicalId === member.logicalId,
      ) === index,
  );
}

type Users = ReadonlyMap<Stack, ReadonlyMap<string, readonly ResourceView[]>>;

const known = new WeakMap<StackTree, Users>();

/** The resources of a tree that name a resource in their properties, through parameters and outputs as well. */
export function usersOf(tree: StackTree, { stack, logicalId }: Member): readonly ResourceView[] {
  const users = known.get(tree) ?? collectUsers(tree);
  known.set(tree, users);
  return users.get(stack)?.get(logicalId) ?? [];
}

/** One walk over the tree for all of them. */
function collectUsers(tree: StackTree): Users {
  const users = new Map<Stack, Map<string, ResourceView[]>>();
  for (const stack of tree.stacks) {
    for (const { logicalId } of stack.template.resources.values()) {
      const view = viewResource(stack, logicalId);
      for (const named of resourcesIn(view.properties, stack)) {
        const perStack = users.get(named.stack) ?? new Map<string, ResourceView[]>();
        users.set(named.stack, perStack);
        const found = perStack.get(named.logicalId) ?? [];
        perStack.set(named.logicalId, found);
        const isItself = named.stack === stack && named.logicalId === logicalId;
        if (found.at(-1) !== view && !isItself) found.push(view);
      }
    }
  }
  return users;
}
