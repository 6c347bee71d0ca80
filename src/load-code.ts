import { type CodeSource, codeSourceOf, definitionPathOf } from './analysis/code-sources.js';
import type { CodeEvidence, FunctionCode } from './code/facts.js';
import { findFacts, findInvocations } from './code/find-facts.js';
import { candidatesOf, readModule } from './code/modules.js';
import type { Module } from './code/program.js';
import type { Roots } from './code/reading.js';
import type { ResourceView } from './contract/facts.js';
import type { Document } from './document/syntax.js';
import type { FileStore } from './ports.js';
import { openSourceFiles, type SourceFiles } from './source-files.js';

/** Files of one function; more are not its own. */
const mostFiles = 400;

/** What is asked for beside the templates. */
export interface CodeAsked {
  /** Those that matter most first. */
  readonly functions: readonly ResourceView[];
  /** Resources that are defined in a file. */
  readonly definitions: readonly ResourceView[];
}

/**
 * Reads the code that lies beside the templates of a tree, as far as handlers import it. Nothing is run. What cannot be
 * read is noted and never an error.
 */
export async function loadCode(
  files: FileStore,
  /** Of the root template, which the paths of the templates start from. */
  folder: string,
  { functions, definitions }: CodeAsked,
): Promise<CodeEvidence> {
  const disk = await openSourceFiles(files, folder);
  const code = new Map<string, () => FunctionCode>();
  // One after the other, so that what a limit leaves out does not depend on which file is read first.
  for (const view of functions) {
    const program = await loadProgram(codeSourceOf(view), disk);
    if (program === undefined) continue;
    code.set(
      keyOf(view.stack.template.path, view.logicalId),
      once(() => codeOf(program)),
    );
  }
  const documents = new Map<string, Document>();
  for (const view of definitions) {
    const path = definitionPathOf(view);
    const document = path === undefined ? undefined : await disk.documentAt(path);
    if (document !== undefined) documents.set(keyOf(view.stack.template.path, view.logicalId), document);
  }
  return {
    codeOf: (template, logicalId) => code.get(keyOf(template, logicalId))?.(),
    definitionOf: (template, logicalId) => documents.get(keyOf(template, logicalId)),
    notes: disk.notes(),
    files: disk.filesRead(),
  };
}

function keyOf(template: string, logicalId: string): string {
  return `${template}#${logicalId}`;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

interface LoadedProgram {
  readonly modules: ReadonlyMap<string, Module>;
  readonly entry: Module;
  readonly handler: string | undefined;
  readonly roots: Roots;
  readonly isComplete: boolean;
  readonly foreignModules: readonly string[];
}

function codeOf({ modules, entry, handler, roots, isComplete, foreignModules }: LoadedProgram): FunctionCode {
  const find = (from: Module, specifier: string): Module | undefined => {
    for (const path of candidatesOf(from.language, from.path, specifier, roots)) {
      const module = modules.get(path);
      if (module !== undefined) return module;
    }
    return undefined;
  };
  const all = [...modules.values()];
  const program = { modules: all, find, entry, handler };
  const texts = once(() => all.map(({ text }) => text.toLowerCase()).join('\n'));
  const facts = once(() => findFacts(program));
  const invocations = once(() => findInvocations(program));
  return {
    get facts() {
      return facts();
    },
    get invocations() {
      return invocations();
    },
    isComplete: isComplete && all.every(({ broken, isTooDeep }) => broken.length === 0 && !isTooDeep),
    files: [...modules.keys()].sort(),
    foreignModules,
    mentions: (text) => texts().includes(text.toLowerCase()),
  };
}

async function loadProgram(source: CodeSource, disk: SourceFiles): Promise<LoadedProgram | undefined> {
  if (source.kind === 'elsewhere') return undefined;
  if (source.kind === 'inline') {
    const { language, text, file, line, handler } = source;
    const entry = readModule(file, language, text, line);
    disk.tellBroken(entry);
    const roots = { own: '', layers: [] };
    const foreignModules = [...new Set(entry.imports)].sort();
    return { modules: new Map([[file, entry]]), entry, handler, roots, isComplete: true, foreignModules };
  }
  const { roots, entries } = source;
  if (!(await disk.isFolder(roots.own))) return undefined;
  const entry = await firstOf(entries, disk);
  if (entry === 'refused') return undefined;
  if (entry !== undefined) return followImports([entry], source, disk);
  // A script or the wrapper of a vendor is the handler, or nothing says which file has it: every file may be called.
  const paths = await disk.sourcesBelow(roots.own, mostFiles);
  const found = await Promise.all(paths.map((path) => disk.moduleAt(path)));
  const modules = found.filter((module) => module !== undefined && module !== 'refused');
  return followImports(modules, { ...source, handler: undefined }, disk, modules.length === found.length);
}

async function followImports(
  own: readonly Module[],
  { roots, handler }: Extract<CodeSource, { kind: 'folder' }>,
  disk: SourceFiles,
  isWhole = true,
): Promise<LoadedProgram | undefined> {
  const [entry] = own;
  if (entry === undefined) return undefined;
  const modules = new Map(own.map((module) => [module.path, module]));
  const foreign = new Set<string>();
  let isComplete = isWhole;
  // What is found on the way is looked through like the rest.
  for (const module of modules.values()) {
    const found = new Set<string>();
    for (const specifier of new Set(module.imports)) {
      const next = await firstOf(candidatesOf(module.language, module.path, specifier, roots), disk);
      // `from names import value` is read as the module `names.value` as well.
      if (next !== undefined) found.add(specifier);
      else if (!found.has(moduleAround(specifier))) foreign.add(specifier);
      if (next === undefined || (next !== 'refused' && modules.has(next.path))) continue;
      if (next !== 'refused' && modules.size < mostFiles) {
        modules.set(next.path, next);
        continue;
      }
      if (next !== 'refused')
        disk.tell(roots.own, `more than ${mostFiles} files are imported; the rest is not read`);
      isComplete = false;
    }
  }
  return { modules, entry, handler, roots, isComplete, foreignModules: [...foreign].sort() };
}

/** `names.value` → `names`, `.value` → `.` */
function moduleAround(specifier: string): string {
  const around = specifier.slice(0, specifier.lastIndexOf('.'));
  return /^\.*$/.test(around) ? `${around}.` : around;
}

async function firstOf(paths: readonly string[], disk: SourceFiles): Promise<Module | 'refused' | undefined> {
  for (const path of paths) {
    const module = await disk.moduleAt(path);
    if (module !== undefined) return module;
  }
  return undefined;
}
