import type { Value } from '../document/value.js';
import { childLocations } from './open.js';
import type { ParentLink, Stack, StackTree, Template } from './template.js';

export interface JoinOptions {
  /** Values known from outside for the parameters of the root. */
  readonly parameters?: ReadonlyMap<string, Value>;
  /** Where the template of a nested stack is, by its logical id, instead of what its resource says. */
  readonly locations?: Readonly<Record<string, string>>;
  /** The same where a logical id alone does not tell, as in a deployed stack: its templates have no paths. */
  readonly locate?: Locate;
  /** Templates that are read only, by path, with the reason. */
  readonly readOnly?: ReadonlyMap<string, string>;
}

/** The path of the template of a nested stack, or why it is not at hand. */
export type Locate = (
  parent: Template,
  logicalId: string,
) => string | { readonly because: string } | undefined;

interface OpenStack extends Stack {
  readonly parents: ParentLink[];
  readonly children: Map<string, Stack>;
}

/**
 * Joins templates to the tree their nested stacks span, each file once however often it is used.
 * @param templates by path; a template that is not reached from the root is left out.
 */
export function joinStackTree(
  rootPath: string,
  templates: ReadonlyMap<string, Template>,
  options: JoinOptions = {},
): StackTree {
  const rootTemplate = templates.get(rootPath);
  if (rootTemplate === undefined) throw new Error(`no template for the root ${rootPath}`);
  const root = openStack(rootTemplate, options.parameters);
  const byPath = new Map<string, OpenStack>([[rootPath, root]]);
  const stacks: OpenStack[] = [root];
  const missing: { stack: Stack; logicalId: string; because: string }[] = [];
  for (const stack of stacks) {
    for (const { logicalId, location, because, alternatives = [] } of childLocations(stack.template)) {
      const told = options.locate?.(stack.template, logicalId) ?? options.locations?.[logicalId];
      const named = typeof told === 'string' ? told : undefined;
      const paths = [named ?? location, ...alternatives].filter((path) => path !== undefined);
      const path = paths.find((candidate) => templates.has(candidate)) ?? paths[0];
      const template = path === undefined ? undefined : templates.get(path);
      if (path === undefined || template === undefined) {
        const why = typeof told === 'object' ? told.because : because;
        missing.push({ stack, logicalId, because: why ?? `${path ?? 'its template'} is not at hand` });
        continue;
      }
      const child = byPath.get(path) ?? openStack(template);
      if (isWithin(stack, child)) {
        missing.push({ stack, logicalId, because: `${path} would contain itself` });
        continue;
      }
      if (!byPath.has(path)) stacks.push(child);
      byPath.set(path, child);
      stack.children.set(logicalId, child);
      child.parents.push({ stack, logicalId });
    }
  }
  return { root, stacks, missing, readOnly: options.readOnly ?? new Map() };
}

function openStack(template: Template, knownParameters: ReadonlyMap<string, Value> = new Map()): OpenStack {
  return { template, parents: [], children: new Map(), knownParameters };
}

/** A stack is one of those it lies in, or the ancestor itself. */
function isWithin(stack: Stack, ancestor: Stack): boolean {
  return stack === ancestor || ancestorsOf(stack).has(ancestor);
}

/** The stacks that a stack is nested in, nearest first; each once, however many ways lead down from it. */
export function ancestorsOf(stack: Stack): ReadonlySet<Stack> {
  const above = new Set(stack.parents.map((parent) => parent.stack));
  for (const each of above) for (const parent of each.parents) above.add(parent.stack);
  return above;
}

/** Where the templates of a tree lie, to join it again after they have changed. */
export function locationsIn({ stacks, missing }: StackTree): Locate {
  const byPath = new Map(stacks.map((stack) => [stack.template.path, stack]));
  const reasons = new Map(
    missing.map(({ stack, logicalId, because }) => [`${stack.template.path} ${logicalId}`, because]),
  );
  return ({ path }, logicalId) => {
    const because = reasons.get(`${path} ${logicalId}`);
    return (
      byPath.get(path)?.children.get(logicalId)?.template.path ??
      (because === undefined ? undefined : { because })
    );
  };
}

const known = new WeakMap<Stack, readonly Stack[]>();

/** All stacks of the tree a stack belongs to, from its root down, each once. */
export function kinOf(stack: Stack): readonly Stack[] {
  const kept = known.get(stack);
  if (kept !== undefined) return kept;
  let root = stack;
  for (let [parent] = root.parents; parent !== undefined; [parent] = root.parents) root = parent.stack;
  const found = new Set([root]);
  for (const member of found) for (const child of member.children.values()) found.add(child);
  const relatedStacks = [...found];
  for (const member of relatedStacks) known.set(member, relatedStacks);
  return relatedStacks;
}
