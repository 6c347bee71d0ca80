import { basename, dirname, isAbsolute, join } from 'node:path';
import { definitionPathOf } from './analysis/code-sources.js';
import { mayInvoke } from './analysis/direct-invocations.js';
import { functionsOf } from './analysis/function-references.js';
import { viewResource, viewResources } from './analysis/view.js';
import { nearestNode, placeOf } from './document/locate.js';
import { readDocument } from './document/read.js';
import { decodeSource } from './document/source.js';
import type { Value } from './document/value.js';
import { type ErrorPlace, IdpFixError } from './errors.js';
import { isInside } from './paths.js';
import type { FileStore } from './ports.js';
import { openTemplate } from './template/open.js';
import { childLocations, joinStackTree } from './template/stack-tree.js';
import type { StackTree, Template } from './template/template.js';

export interface LoadOptions {
  /** Parameter values of the deployed root stack. */
  readonly parameters?: ReadonlyMap<string, Value>;
  /** Where nested templates lie, by the logical id of their resource, from the policy. */
  readonly locations?: Readonly<Record<string, string>>;
  /** The folder no template may lie outside of; the root template's own when absent. */
  readonly boundary?: string;
  readonly allowOutside?: boolean;
  /** What lies beside the templates is read too: the code of functions that call others, and definitions. */
  readonly code?: boolean;
}

export interface Loaded {
  readonly tree: StackTree;
  /** Of the root template: what the paths of the templates are relative to. */
  readonly folder: string;
}

/**
 * Reads a root template and every nested template it names, each once.
 * @throws IdpFixError `file-not-found`, `file-unreadable`, `template-unparseable`, `template-invalid`,
 * `template-outside-root`
 */
export async function loadTree(
  files: FileStore,
  rootPath: string,
  options: LoadOptions = {},
): Promise<Loaded> {
  const folder = dirname(rootPath);
  const root = basename(rootPath);
  const templates = new Map<string, Template>();
  const queue = [root];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (templates.has(path)) continue;
    const file = isAbsolute(path) ? path : join(folder, path);
    const template = parseTemplate(path, await files.read(file), file);
    templates.set(path, template);
    for (const { logicalId, location: written } of childLocations(template)) {
      const location = options.locations?.[logicalId] ?? written;
      if (location === undefined) continue;
      const target = isAbsolute(location) ? location : join(folder, location);
      if (!options.allowOutside) {
        await refuseOutside(files, target, options.boundary ?? folder, () =>
          placeOfResource(template, logicalId, file),
        );
      }
      // What is not there is no error: the stack tree says that it is missing.
      if ((await files.kindOf(target)) === 'file') queue.push(location);
    }
  }
  const tree = joinStackTree(root, templates, treeOptions(options));
  return { folder, tree: options.code === true ? await withCode(tree, folder, files) : tree };
}

/** With what lies beside the templates, as far as it can matter; the parsers are loaded for that alone. */
async function withCode(tree: StackTree, folder: string, files: FileStore): Promise<StackTree> {
  const functions = functionsOf(tree)
    .map(({ stack, logicalId }) => viewResource(stack, logicalId))
    .filter(mayInvoke);
  const definitions = viewResources(tree).filter((view) => definitionPathOf(view) !== undefined);
  if (functions.length + definitions.length === 0) return tree;
  const { loadCode } = await import('./load-code.js');
  return { ...tree, code: await loadCode(files, folder, { functions, definitions }) };
}

/** A template that came on the standard input; what it nests is not looked for. */
export function loadText(path: string, bytes: Uint8Array, options: LoadOptions = {}): Loaded {
  const templates = new Map([[path, parseTemplate(path, bytes, path)]]);
  return { folder: '.', tree: joinStackTree(path, templates, treeOptions(options)) };
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

function treeOptions({ parameters, locations }: LoadOptions) {
  return { ...(parameters !== undefined && { parameters }), ...(locations !== undefined && { locations }) };
}

function placeOfResource({ document }: Template, logicalId: string, file: string): ErrorPlace {
  return { ...placeOf(document.source, nearestNode(document, ['Resources', logicalId]).span.start), file };
}

/** By the path as written, and by where it really leads when symbolic links are followed. */
async function refuseOutside(
  files: FileStore,
  target: string,
  boundary: string,
  place: () => ErrorPlace,
): Promise<void> {
  const exists = (await files.kindOf(target)) !== 'missing';
  const isOutside =
    !isInside(target, boundary) ||
    (exists && !isInside(await files.realPath(target), await files.realPath(boundary)));
  if (!isOutside) return;
  throw new IdpFixError(
    'template-outside-root',
    `the nested template ${target} lies outside the folder ${boundary}`,
    {
      place: place(),
      hint: '--allow-outside follows it, and --apply then writes it too',
    },
  );
}
