import type { ResourceView, Trigger } from '../contract/facts.js';
import { isList, isMap, type Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { namesOf, textPatternsOf } from '../expressions/patterns.js';
import { resolveName, resourcesNamed } from '../expressions/resolve.js';
import { matchesWildcard, mentionsIn } from '../template/mentions.js';
import type { Stack, StackTree } from '../template/template.js';
import { permissionsOf } from './roles.js';
import type { FoundTrigger } from './trigger-places.js';
import { viewResource, viewResources } from './view.js';

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
      for (const named of resourcesNamed(view.properties, stack)) {
        const perStack = users.get(named.stack) ?? new Map<string, ResourceView[]>();
        users.set(named.stack, perStack);
        const found = perStack.get(named.logicalId) ?? [];
        perStack.set(named.logicalId, found);
        const isItself = named.stack === stack && named.logicalId === logicalId;
        if (!isItself) found.push(view);
      }
    }
  }
  return users;
}

/** A function that another one can find the name of in data. */
interface NamedInData extends Member {
  /** For reading: `SSM parameter FieldMap`. */
  readonly where: string;
}

/**
 * The functions named in SSM parameters that a caller reads: their names come by its environment, or its role may
 * read them one by one. Such a parameter is a table by which the caller passes requests on.
 */
export function functionsInDataOf(
  view: ResourceView,
  tree: StackTree,
  find: FindFunctions,
): readonly NamedInData[] {
  const tables = knownTables.get(tree) ?? tablesOf(tree, find);
  knownTables.set(tree, tables);
  if (tables.length === 0) return [];
  const texts = textsRead(view);
  return tables.flatMap(({ named, isNamedBy }) => (texts.some(isNamedBy) ? named : []));
}

/** A parameter that names functions. */
interface Table {
  readonly named: readonly NamedInData[];
  /** Whether a text is its name, or ends an ARN with it. */
  isNamedBy(text: string): boolean;
}

const knownTables = new WeakMap<StackTree, readonly Table[]>();

function tablesOf(tree: StackTree, find: FindFunctions): readonly Table[] {
  return viewResources(tree, ['AWS::SSM::Parameter']).flatMap(({ stack, logicalId, properties }) => {
    const members = find(properties.Value, stack);
    if (members.length === 0) return [];
    const names = [{ Ref: logicalId }, properties.Name].flatMap((name) => textPatternsOf(name, stack));
    const endings = names.map((name) => `:parameter/${name.replace(/^\//, '')}`);
    return [
      {
        named: members.map((member) => ({ ...member, where: `SSM parameter ${logicalId}` })),
        isNamedBy: (text) => names.includes(text) || endings.some((ending) => text.endsWith(ending)),
      },
    ];
  });
}

/**
 * Functions that are published for other stacks to call: by an SSM parameter or an export. Who calls them, and how,
 * nothing here says; it counts only where nothing else explains the function.
 */
export function publishedTriggers(
  tree: StackTree,
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  const byParameter = viewResources(tree, ['AWS::SSM::Parameter']).flatMap((view) =>
    find(view.properties.Value, view.stack).map((member) => ({
      member,
      where: `SSM parameter ${view.logicalId}`,
    })),
  );
  const byExport = tree.stacks.flatMap((stack) =>
    Object.entries(stack.template.outputs).flatMap(([name, output]) =>
      isMap(output) && output.Export !== undefined
        ? find(output.Value, stack).map((member) => ({ member, where: `export ${name}` }))
        : [],
    ),
  );
  return [...byParameter, ...byExport]
    .filter(({ member }) => triggers(member).length === 0)
    .map(({ member, where }) => ({
      member,
      trigger: {
        invocation: 'unknown',
        source: 'published',
        description: `published for other stacks by ${where}`,
      },
    }));
}

/** What a caller has in its environment, and the parameters its role may read. */
function textsRead(view: ResourceView): readonly string[] {
  const variables = view.expression('Environment', 'Variables');
  const values: readonly Value[] = isMap(variables) ? Object.values(variables) : [];
  const readable = permissionsOf(view).statements.filter(
    ({ effect, actions = [] }) =>
      effect === 'Allow' &&
      actions.some((action) => matchesWildcard(action.toLowerCase(), 'ssm:getparameter')),
  );
  return [
    ...values.flatMap((value) => textPatternsOf(value, view.stack)),
    ...readable.flatMap(({ resources = [], stack }) =>
      resources.flatMap((resource) => textPatternsOf(resource, stack)),
    ),
  ];
}
