import type { Value, ValueMap } from '../document/value.js';
import { namePropertyOf } from '../template/mentions.js';
import { kinOf } from '../template/stack-tree.js';
import type { Lookup, Parameter, Scope, ScopedResource, Stack } from '../template/template.js';

/**
 * The outline of a tree: what its expressions can see of it, and nothing else. Most fixes leave it as it is or add to
 * it, so that what expressions come to outlives them.
 */
interface Outline {
  /** By template. */
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly pages: ReadonlyMap<string, Page>;
  readonly nesting: string;
  /** The one that this one adds to, and the entries it adds. */
  readonly before: { readonly outline: Outline; readonly added: ReadonlySet<string> } | undefined;
  /** Entries that were looked up in vain for what others build on; of all outlines that add to each other. */
  readonly missed: Set<string>;
}

/** What an outline has of one template. */
interface Page {
  readonly mappings: ValueMap;
  readonly outputs: ValueMap;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly conditions: ReadonlyMap<string, Value>;
  readonly resources: ReadonlyMap<string, Entry>;
}

interface Entry extends ScopedResource {
  /** As written: what no patch has touched need not be compared. */
  readonly body: ValueMap;
}

/** The trees that are made of each other. */
export interface Family {
  readonly outlines: Outline[];
}

/** By the roots of the trees, and of their outlines. */
const families = new WeakMap<Scope, Family>();

export function familyOf(root: Scope): Family {
  const known = families.get(root) ?? { outlines: [] };
  families.set(root, known);
  return known;
}

/**
 * A tree that is made of another one may have the outline of that, or add to it, and has the same budgets.
 * @param root of the other tree
 */
export function joinFamily(root: Stack, made: Stack): void {
  families.set(made, familyOf(root));
}

const scopes = new WeakMap<Stack, Scope>();
const outlines = new WeakMap<Scope, Outline>();

/** A stack as expressions see it. */
export function scopeOf(stack: Stack): Scope {
  const known = scopes.get(stack);
  if (known !== undefined) return known;
  const kin = kinOf(stack);
  const outline = outlineOf(kin);
  for (const member of kin) {
    const scope = outline.scopes.get(member.template.path);
    if (scope !== undefined) scopes.set(member, scope);
  }
  return scopes.get(stack) ?? stack;
}

const members = new WeakMap<readonly Stack[], ReadonlyMap<string, Stack>>();

/** The stack of a tree that a scope is the outline of. @param kin any stack of the tree */
export function stackOf(scope: Scope, kin: Stack): Stack {
  const stacks = kinOf(kin);
  const byPath = members.get(stacks) ?? new Map(stacks.map((stack) => [stack.template.path, stack]));
  members.set(stacks, byPath);
  const stack = byPath.get(scope.template.path);
  if (stack === undefined) throw new Error(`no stack of ${scope.template.path}`);
  return stack;
}

function outlineOf(kin: readonly Stack[]): Outline {
  const [root] = kin;
  if (root === undefined) throw new Error('a tree has a root');
  const family = familyOf(root);
  const found = [...family.outlines].reverse().flatMap((outline) => {
    const added = addedTo(outline, kin);
    return added === undefined ? [] : [{ outline, added }];
  });
  const same = found.find(({ added }) => added.size === 0);
  if (same !== undefined) return same.outline;
  const outline = makeOutline(kin, found[0]);
  family.outlines.push(outline);
  const scope = outline.scopes.get(root.template.path);
  if (scope !== undefined) families.set(scope, family);
  return outline;
}

/** What a tree has beside what an outline has; `undefined` when something of that is not the same. */
function addedTo({ nesting, pages }: Outline, kin: readonly Stack[]): ReadonlySet<string> | undefined {
  if (nesting !== nestingOf(kin)) return undefined;
  const added = new Set<string>();
  for (const stack of kin) {
    const { template } = stack;
    const page = pages.get(template.path);
    if (page === undefined || !isSame(page.mappings, template.mappings)) return undefined;
    if (!isSame(page.outputs, template.outputs)) return undefined;
    for (const [name, parameter] of page.parameters)
      if (!isSame(parameter, template.parameters.get(name))) return undefined;
    for (const [name, condition] of page.conditions)
      if (!isSame(condition, template.conditions.get(name))) return undefined;
    for (const [logicalId, entry] of page.resources) {
      const body = template.resources.get(logicalId)?.body;
      if (body === undefined) return undefined;
      if (body !== entry.body && !isSameEntry(entry, entryOf(stack, logicalId))) return undefined;
    }
    for (const section of sections)
      for (const name of template[section].keys())
        if (!page[section].has(name)) added.add(keyOf(section, template.path, name));
  }
  return added;
}

const sections = ['parameters', 'conditions', 'resources'] as const;

function keyOf(section: (typeof sections)[number], path: string, name: string): string {
  return `${section} ${path} ${name}`;
}

/** To the order of keys, which is seen in a map that an expression comes to. */
function isSame(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

function isSameEntry(left: Entry, right: Entry): boolean {
  return (
    left.type === right.type &&
    left.condition === right.condition &&
    isSame(left.properties, right.properties)
  );
}

function entryOf({ template, children }: Stack, logicalId: string): Entry {
  const resource = template.resources.get(logicalId);
  if (resource === undefined) throw new Error(`${template.path} has no resource ${logicalId}`);
  const { type, condition, body, properties } = resource;
  const seen = [namePropertyOf(type), children.has(logicalId) ? 'Parameters' : undefined];
  const entries = Object.entries(properties).filter(([name]) => seen.includes(name));
  return { type, condition, body, properties: Object.fromEntries(entries) };
}

/** How the stacks lie in each other, and what the root is given. */
function nestingOf(kin: readonly Stack[]): string {
  return JSON.stringify(
    kin.map(({ template, parents, children, knownParameters }) => [
      template.path,
      parents.map(({ stack, logicalId }) => [stack.template.path, logicalId]),
      [...children].map(([logicalId, child]) => [logicalId, child.template.path]),
      [...knownParameters],
    ]),
  );
}

interface OpenScope extends Scope {
  readonly parents: { readonly stack: Scope; readonly logicalId: string }[];
  readonly children: Map<string, Scope>;
}

function makeOutline(kin: readonly Stack[], before: Outline['before']): Outline {
  const missed = before?.outline.missed ?? new Set<string>();
  const pages = new Map<string, Page>();
  const made = new Map<string, OpenScope>();
  for (const stack of kin) {
    const { path, mappings, outputs, parameters, conditions, resources } = stack.template;
    const known = before?.outline.pages.get(path)?.resources;
    const entries = [...resources].map(([logicalId, { body }]) => {
      const entry = known?.get(logicalId);
      return [logicalId, entry?.body === body ? entry : entryOf(stack, logicalId)] as const;
    });
    const page: Page = { mappings, outputs, parameters, conditions, resources: new Map(entries) };
    pages.set(path, page);
    const lookup = <Found>(section: (typeof sections)[number], found: ReadonlyMap<string, Found>) => {
      const ofSection = new Map<string, Miss>();
      return lookupIn(found, (name) => {
        const miss = ofSection.get(name) ?? { missed, key: keyOf(section, path, name) };
        ofSection.set(name, miss);
        noteMiss(miss);
      });
    };
    const template = {
      path,
      mappings,
      outputs,
      parameters: lookup('parameters', page.parameters),
      conditions: lookup('conditions', page.conditions),
      resources: lookup('resources', page.resources),
    };
    const { knownParameters } = stack;
    made.set(path, { template, parents: [], children: new Map(), knownParameters });
  }
  for (const { template, parents, children } of kin) {
    const scope = made.get(template.path);
    for (const [logicalId, child] of children) {
      const inner = made.get(child.template.path);
      if (inner !== undefined) scope?.children.set(logicalId, inner);
    }
    for (const { stack, logicalId } of parents) {
      const outer = made.get(stack.template.path);
      if (outer !== undefined) scope?.parents.push({ stack: outer, logicalId });
    }
  }
  const outline: Outline = { scopes: made, pages, nesting: nestingOf(kin), before, missed };
  for (const scope of made.values()) outlines.set(scope, outline);
  return outline;
}

function lookupIn<Found>(entries: ReadonlyMap<string, Found>, miss: (name: string) => void): Lookup<Found> {
  return {
    get(name) {
      const found = entries.get(name);
      if (found === undefined) miss(name);
      return found;
    },
    has(name) {
      const isThere = entries.has(name);
      if (!isThere) miss(name);
      return isThere;
    },
  };
}

/** A name that was looked up in vain; one object for a name of an outline. */
interface Miss {
  readonly missed: Set<string>;
  readonly key: string;
}

/** What was looked up in vain since the outermost of the computations that are under way began. */
const misses: Miss[] = [];
const none: readonly Miss[] = [];
let depth = 0;
let sharing = 0;

function noteMiss(miss: Miss): void {
  if (sharing > 0) miss.missed.add(miss.key);
  else if (depth > 0) misses.push(miss);
}

/** For what is worked out once and used by many: what it looks up in vain counts for all of them. */
export function whileSharing<Made>(make: () => Made): Made {
  sharing++;
  try {
    return make();
  } finally {
    sharing--;
  }
}

interface KeptValue<Made> {
  readonly made: Made;
  /** What it looked up in vain: with an entry of that name it may come to something else. */
  readonly misses: readonly Miss[];
}

/** What is worked out of a scope, by how it is looked at and by what is looked at: an expression, or a name. */
export type Kept<Made> = WeakMap<Scope, Map<string, Map<unknown, KeptValue<Made>>>>;

/** Works out something once for a scope and for those that add to it. */
export function kept<Made>(
  known: Kept<Made>,
  scope: Scope,
  how: string,
  what: unknown,
  make: () => Made,
): Made {
  const values = known.get(scope)?.get(how) ?? newValues(known, scope, how);
  const found = values.get(what);
  if (found !== undefined) {
    for (const miss of found.misses) noteMiss(miss);
    return found.made;
  }
  const value = carried(known, scope, how, what) ?? recorded(make);
  values.set(what, value);
  return value.made;
}

function newValues<Made>(known: Kept<Made>, scope: Scope, how: string): Map<unknown, KeptValue<Made>> {
  const ofScope = known.get(scope) ?? new Map<string, Map<unknown, KeptValue<Made>>>();
  known.set(scope, ofScope);
  const values = new Map<unknown, KeptValue<Made>>();
  ofScope.set(how, values);
  return values;
}

function recorded<Made>(make: () => Made): KeptValue<Made> {
  const before = misses.length;
  depth++;
  try {
    const made = make();
    if (misses.length === before) return { made, misses: none };
    // Each once: what is made of what shares its parts would have the misses of those once for every way to them.
    const own = [...new Set(misses.splice(before))];
    misses.push(...own);
    return { made, misses: own };
  } finally {
    depth--;
    if (depth === 0) misses.length = 0;
  }
}

function carried<Made>(
  known: Kept<Made>,
  scope: Scope,
  how: string,
  what: unknown,
): KeptValue<Made> | undefined {
  const added: ReadonlySet<string>[] = [];
  for (let { before } = outlines.get(scope) ?? {}; before !== undefined; { before } = before.outline) {
    const { missed, scopes: earlier } = before.outline;
    added.push(before.added);
    if (missed.size > 0 && [...before.added].some((each) => missed.has(each))) return undefined;
    const from = earlier.get(scope.template.path);
    const found = from && known.get(from)?.get(how)?.get(what);
    if (found === undefined) continue;
    return found.misses.some(({ key }) => added.some((each) => each.has(key))) ? undefined : found;
  }
  return undefined;
}
