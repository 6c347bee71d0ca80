import { isMap, type Value } from '../document/value.js';
import type { ParentLink, Stack, StackTree, Template } from './template.js';

export interface ChildLocation {
  readonly logicalId: string;
  /** Relative to the folder of the root template, with `/`; `undefined` when it is no file at hand. */
  readonly location: string | undefined;
  /** Why there is no location. */
  readonly because?: string;
  /** Where the template is if it is not at `location`: the same file with another extension. */
  readonly alternatives?: readonly string[];
}

export interface JoinOptions {
  /** Values known from outside for the parameters of the root. */
  readonly parameters?: ReadonlyMap<string, Value>;
  /** Where the template of a nested stack is, by its logical id, instead of what its resource says. */
  readonly locations?: Readonly<Record<string, string>>;
  /** The same where a logical id alone does not tell, as in a deployed stack: its templates have no paths. */
  readonly locate?: (parent: Template, logicalId: string) => string | undefined;
}

const locationProperty: Readonly<Record<string, string>> = {
  'AWS::CloudFormation::Stack': 'TemplateURL',
  'AWS::Serverless::Application': 'Location',
};

const found = new WeakMap<Template, readonly ChildLocation[]>();

/** The nested stacks of a template and the files they come from, in the order of the text. */
export function childLocations(template: Template): readonly ChildLocation[] {
  const known = found.get(template);
  if (known !== undefined) return known;
  const children: ChildLocation[] = [];
  for (const { logicalId, type, properties } of template.resources.values()) {
    const property = Object.hasOwn(locationProperty, type) ? locationProperty[type] : undefined;
    if (property !== undefined)
      children.push({ logicalId, ...locate(template.path, property, properties[property]) });
  }
  found.set(template, children);
  return children;
}

function locate(
  parent: string,
  property: string,
  written: Value | undefined,
): Omit<ChildLocation, 'logicalId'> {
  if (written === undefined) return { location: undefined, because: `it has no ${property}` };
  if (typeof written !== 'string') {
    const what =
      isMap(written) && 'ApplicationId' in written ? 'an application of the repository' : 'an expression';
    return { location: undefined, because: `its ${property} is ${what}, not a file` };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) {
    return { location: undefined, because: `its ${property} ${written} is not a local file` };
  }
  const folder = parent.slice(0, parent.lastIndexOf('/') + 1);
  const path = normalise(written.startsWith('/') ? written : folder + written);
  return sourceOf(path, property);
}

/** The names a template made by hand has; a build names its product after none of them. */
const sourceNames = ['template.yaml', 'template.yml', 'template.json'];

/**
 * The source of a path that a build writes: `x/.aws-sam/packaged.yaml` is made of `x/template.yaml`, and so is
 * `x/.aws-sam/build/template.yaml`. `x/.aws-sam/build/Child/template.yaml` does not say what it is made of.
 */
function sourceOf(path: string, property: string): Omit<ChildLocation, 'logicalId'> {
  const [, folder = '', file = ''] = /^((?:.*\/)?)\.aws-sam\/(.+)$/.exec(path) ?? [];
  if (file === '') return { location: path };
  if (file.replace(/^build\//, '').includes('/')) {
    return {
      location: undefined,
      because: `its ${property} ${path} was built from a template it does not name`,
    };
  }
  const [location, ...alternatives] = sourceNames.map((name) => folder + name);
  return { location, alternatives };
}

/** `.` and `..` folded; a leading `..` stays, so that the loader can refuse what is outside. */
function normalise(path: string): string {
  const tokens: string[] = [];
  for (const token of path.replaceAll('\\', '/').split('/')) {
    if (token === '.' || (token === '' && tokens.length > 0)) continue;
    if (token === '..' && tokens.length > 0 && tokens.at(-1) !== '..' && tokens.at(-1) !== '') tokens.pop();
    else tokens.push(token);
  }
  return tokens.join('/');
}

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
      const paths = [told ?? location, ...alternatives].filter((path) => path !== undefined);
      const path = paths.find((candidate) => templates.has(candidate)) ?? paths[0];
      const template = path === undefined ? undefined : templates.get(path);
      if (path === undefined || template === undefined) {
        missing.push({ stack, logicalId, because: because ?? `${path ?? 'its template'} is not at hand` });
        continue;
      }
      const child = byPath.get(path) ?? openStack(template);
      if (child === stack || isBelow(stack, child)) {
        missing.push({ stack, logicalId, because: `${path} would contain itself` });
        continue;
      }
      if (!byPath.has(path)) stacks.push(child);
      byPath.set(path, child);
      stack.children.set(logicalId, child);
      child.parents.push({ stack, logicalId });
    }
  }
  return { root, stacks, missing };
}

function openStack(template: Template, knownParameters: ReadonlyMap<string, Value> = new Map()): OpenStack {
  return { template, parents: [], children: new Map(), knownParameters };
}

function isBelow(stack: Stack, ancestor: Stack): boolean {
  return stack.parents.some((parent) => parent.stack === ancestor || isBelow(parent.stack, ancestor));
}
