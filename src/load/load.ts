import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { codeSourceOf, definitionPathOf } from '../analysis/code-sources.js';
import { mayInvoke } from '../analysis/invocations.js';
import { functionsOf } from '../analysis/references.js';
import { viewResource, viewResources } from '../analysis/view.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import { isMap, type Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { isInside } from '../paths.js';
import type { FileStore } from '../ports.js';
import { acknowledgedIn } from '../template/metadata.js';
import { type ChildLocation, childLocations, openTemplate } from '../template/open.js';
import { joinStackTree, type Locate } from '../template/stack-tree.js';
import type { Acknowledged, StackTree, Template } from '../template/template.js';

export interface LoadOptions {
  /** Parameter values of the deployed root stack. */
  readonly parameters?: ReadonlyMap<string, Value>;
  /** Where nested templates lie, by the logical id of their resource, from the policy. */
  readonly locations?: Readonly<Record<string, string>>;
  /** The folder that may be written to; the root template's own when absent. */
  readonly boundary?: string;
  /** Nested templates outside that folder are written too, and read wherever they lie. */
  readonly allowOutside?: boolean;
  /** What lies beside the templates is read too: the code of functions, and definitions. */
  readonly code?: boolean;
}

export interface Loaded {
  readonly tree: StackTree;
  /** Of the root template: what the paths of the templates are relative to. */
  readonly folder: string;
}

/** Far more than a stack can have; what nests more is not made by hand. */
const mostTemplates = 1000;

/** What is known while a tree is being read. */
interface Reading {
  readonly files: FileStore;
  readonly folder: string;
  readonly options: LoadOptions;
  /** By their path from the folder of the root template. */
  readonly templates: Map<string, Template>;
  /** Resolved, as the two folders below: nested templates in the first are written, those in the second are read. */
  readonly writable: string;
  readonly readable: string;
}

/**
 * Reads a root template and every nested template it names, each once: those in its folder, and to look at those in its
 * repository. What lies further out, or is not there, is named in the tree as missing.
 * @throws IdpFixError `file-not-found`, `file-unreadable`, `template-unparseable`, `template-invalid`
 */
export async function loadTree(
  files: FileStore,
  rootPath: string,
  options: LoadOptions = {},
): Promise<Loaded> {
  const folder = dirname(rootPath);
  const root = basename(rootPath);
  const templates = new Map([[root, await parseFile(files, root, rootPath)]]);
  const writable = await files.realPath(options.boundary ?? folder);
  const readable = await repositoryOf(files, folder, writable);
  const reading: Reading = { files, folder, options, templates, writable, readable };
  const readOnly = new Map<string, string>();
  const places = new Map<string, Awaited<ReturnType<typeof findChild>>>();
  for (const [path, template] of templates) {
    for (const child of childLocations(template)) {
      const place = await findChild(child, template, reading);
      places.set(`${path} ${child.logicalId}`, place);
      if (!('path' in place)) continue;
      if (place.readOnly !== undefined) readOnly.set(place.path, place.readOnly);
      if (templates.has(place.path)) continue;
      if (templates.size === mostTemplates) throw tooMany(rootPath);
      templates.set(place.path, await parseFile(files, place.path, inFolder(place.path, folder)));
    }
  }
  const locate: Locate = ({ path }, logicalId) => {
    const place = places.get(`${path} ${logicalId}`);
    return place !== undefined && 'path' in place ? place.path : place;
  };
  const joined = joinStackTree(root, templates, { ...parametersOf(options), locate, readOnly });
  const acknowledged = await acknowledgedBeside(files, folder, root);
  const tree = acknowledged === undefined ? joined : { ...joined, acknowledged };
  return { folder, tree: options.code === true ? await withCode(tree, folder, files) : tree };
}

/** How `cdk synth` ends the names of templates of its own making. */
const synthesized = '.template.json';

/** What the CDK says of a stack of its own: in a file by the name of the stack, or in the manifest of older releases. */
async function acknowledgedBeside(
  files: FileStore,
  folder: string,
  template: string,
): Promise<Acknowledged | undefined> {
  if (!template.endsWith(synthesized)) return undefined;
  const stack = template.slice(0, -synthesized.length);
  const metadata = await jsonBeside(files, join(folder, `${stack}.metadata.json`));
  if (metadata !== undefined) return acknowledgedIn(metadata, template);
  const manifest = await jsonBeside(files, join(folder, 'manifest.json'));
  const artifacts = isMap(manifest) ? manifest.artifacts : undefined;
  const artifact = isMap(artifacts) ? artifacts[stack] : undefined;
  return isMap(artifact) ? acknowledgedIn(artifact.metadata ?? {}, template) : undefined;
}

/** @returns undefined where there is no such file */
async function jsonBeside(files: FileStore, file: string): Promise<Value | undefined> {
  if ((await files.kindOf(file)) !== 'file') return undefined;
  try {
    return readDocument(decodeSource(file, await files.read(file))).value;
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    throw new IdpFixError(error.code, error.message, {
      ...error.details,
      hint: 'run cdk synth again, which writes it',
    });
  }
}

/** With what lies beside the templates; the parsers are loaded for that alone. Who may call others comes first. */
async function withCode(tree: StackTree, folder: string, files: FileStore): Promise<StackTree> {
  const all = functionsOf(tree)
    .map(({ stack, logicalId }) => viewResource(stack, logicalId))
    .filter((view) => codeSourceOf(view).kind !== 'elsewhere');
  const functions = [...all.filter(mayInvoke), ...all.filter((view) => !mayInvoke(view))];
  const definitions = viewResources(tree).filter((view) => definitionPathOf(view) !== undefined);
  if (functions.length + definitions.length === 0) return tree;
  const { loadCode } = await import('./load-code.js');
  return { ...tree, code: await loadCode(files, folder, { functions, definitions }) };
}

/** A template that came on the standard input; what it nests is not looked for. */
export function loadText(path: string, bytes: Uint8Array, options: LoadOptions = {}): Loaded {
  const templates = new Map([[path, parseTemplate(path, bytes, path)]]);
  const { locations } = options;
  const tree = joinStackTree(path, templates, {
    ...parametersOf(options),
    ...(locations !== undefined && { locations }),
  });
  return { folder: '.', tree };
}

function parametersOf({ parameters }: LoadOptions) {
  return parameters === undefined ? {} : { parameters };
}

export async function parseFile(files: FileStore, path: string, file: string): Promise<Template> {
  return parseTemplate(path, await files.read(file), file);
}

/** @param file what an error calls it: the path in the file system, not the one from the root template's folder */
function parseTemplate(path: string, bytes: Uint8Array, file: string): Template {
  try {
    return openTemplate(readDocument(decodeSource(path, bytes)));
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    throw new IdpFixError(error.code, error.message, {
      ...error.details,
      place: { ...error.details.place, file },
    });
  }
}

function tooMany(file: string): IdpFixError {
  return new IdpFixError('template-invalid', `it nests more than ${mostTemplates} templates`, {
    place: { file },
    hint: 'name the templates it nests one by one',
  });
}

/** Where the template of a nested stack lies, and why nothing is written there; or why it is not looked at. */
async function findChild(
  child: ChildLocation,
  parent: Template,
  reading: Reading,
): Promise<{ readonly path: string; readonly readOnly?: string } | { readonly because: string }> {
  const { logicalId, location, alternatives = [], because, urlEnd } = child;
  const told = reading.options.locations?.[logicalId];
  const paths = told !== undefined ? [told] : location !== undefined ? [location, ...alternatives] : [];
  for (const path of paths) {
    if ((await reading.files.kindOf(inFolder(path, reading.folder))) === 'file') return admit(path, reading);
  }
  if (paths[0] !== undefined) return { because: `${paths[0]} is not at hand` };
  const found = urlEnd === undefined ? [] : await filesEndingLike(urlEnd, child, parent, reading);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return admit(only, reading);
  const candidates = found.length === 0 ? '' : `, and ${found.join(' or ')} may be meant`;
  return { because: `${because ?? 'it names no template'}${candidates}; nested: in the policy can name one` };
}

/** By where a path really leads when symbolic links are followed. */
async function admit(
  path: string,
  { files, folder, options, writable, readable }: Reading,
): Promise<{ readonly path: string; readonly readOnly?: string } | { readonly because: string }> {
  const target = await files.realPath(inFolder(path, folder));
  if (options.allowOutside || isInside(target, writable)) return { path };
  const outside = (of: string) => `${path} is outside ${of}`;
  if (isInside(target, readable)) {
    return {
      path,
      readOnly: `${outside('the folder of the root template')}; --allow-outside writes there too`,
    };
  }
  return {
    because: `${outside('the repository')}; --allow-outside reads it, and --apply then writes it too`,
  };
}

/**
 * Files whose path ends as a URL does, beside the templates or in the folders around them: those that share the longest
 * end with it. What does not declare the parameters it would be passed is another template.
 */
async function filesEndingLike(
  urlEnd: readonly string[],
  { logicalId }: ChildLocation,
  parent: Template,
  reading: Reading,
): Promise<readonly string[]> {
  const { files, folder } = reading;
  const own = dirname(inFolder(parent.path, folder));
  const around = await foldersAround(own, reading);
  for (let start = Math.max(urlEnd.length - 6, 0); start < urlEnd.length; start++) {
    const end = urlEnd.slice(start);
    const found = new Map<string, string>();
    // A file's name alone says little, so it counts beside the template only.
    for (const base of end.length === 1 ? [own] : around) {
      const file = join(base, ...end);
      if ((await files.kindOf(file)) !== 'file') continue;
      const path = relative(folder, file).replaceAll(sep, '/');
      if (path !== parent.path && (await takesParameters(file, path, logicalId, parent, reading)))
        found.set(await files.realPath(file), path);
    }
    if (found.size > 0) return [...found.values()];
  }
  return [];
}

/** From a folder up to the outermost one that may be read. */
async function foldersAround(own: string, { files, readable }: Reading): Promise<readonly string[]> {
  const folders: string[] = [];
  let folder = own;
  for (;;) {
    const real = await files.realPath(folder);
    if (!isInside(real, readable)) return folders;
    folders.push(folder);
    if (real === readable) return folders;
    folder = join(folder, '..');
  }
}

async function takesParameters(
  file: string,
  path: string,
  logicalId: string,
  parent: Template,
  { files, templates }: Reading,
): Promise<boolean> {
  const passed = parent.resources.get(logicalId)?.properties.Parameters;
  try {
    const { parameters } = templates.get(path) ?? (await parseFile(files, path, file));
    return !isMap(passed) || Object.keys(passed).every((name) => parameters.has(name));
  } catch (error) {
    if (error instanceof IdpFixError) return false;
    throw error;
  }
}

/**
 * The nearest folder around that is a work tree of git; where there is none, the working folder. Resolved.
 * @param writable the folder that may be written to, resolved
 */
async function repositoryOf(files: FileStore, folder: string, writable: string): Promise<string> {
  let repository = await files.realPath('.');
  let last = '';
  for (let around = folder; ; around = join(around, '..')) {
    const real = await files.realPath(around);
    if (real === last) break;
    last = real;
    if ((await files.kindOf(join(around, '.git'))) === 'missing') continue;
    repository = real;
    break;
  }
  return isInside(writable, repository) ? repository : writable;
}

function inFolder(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
