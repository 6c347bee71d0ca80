import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { type CodeSource, codeSourceOf, definitionPathOf } from '../analysis/code-sources.js';
import { findFacts, findInvocations } from '../code/find-facts.js';
import { candidatesOf, importsLike, languageOf, mayHoldFacts, readModule } from '../code/modules.js';
import type { CodeEvidence, CodeNote, FunctionCode, Module } from '../code/program.js';
import { folderOf, type Roots } from '../code/reading.js';
import { withQuotedSubstitutions } from '../code/state-machine.js';
import type { ResourceView } from '../contract/facts.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import type { Document, Source } from '../document/syntax.js';
import { IdpFixError } from '../errors.js';
import type { FileKind, FileStore } from '../ports.js';

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
    const source = codeSourceOf(view);
    const key = keyOf(view.stack.template.path, view.logicalId);
    const silent = source.kind === 'folder' ? await silentCode(source, disk) : undefined;
    const program = silent === undefined ? await loadProgram(source, disk) : undefined;
    if (silent !== undefined) code.set(key, () => silent);
    else if (program !== undefined)
      code.set(
        key,
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

/**
 * Code without a word that facts need (a client, a variable, a host) is not parsed: what it can import is followed by what
 * looks like an import, and nothing of it is said to be there.
 */
async function silentCode(
  { roots, entries }: Extract<CodeSource, { kind: 'folder' }>,
  disk: SourceFiles,
): Promise<FunctionCode | undefined> {
  if (!(await disk.isFolder(roots.own))) return undefined;
  const entry = await firstText(entries, disk);
  const paths = entry === undefined ? await disk.sourcesBelow(roots.own, mostFiles) : [entry];
  const found = new Set(paths);
  const texts: string[] = [];
  const foreign = new Set<string>();
  for (const path of found) {
    const language = languageOf(path);
    const text = await disk.textAt(path);
    if (language === undefined || typeof text !== 'string' || mayHoldFacts(text)) return undefined;
    texts.push(text.toLowerCase());
    const here = new Set<string>();
    for (const specifier of importsLike(language, text)) {
      const next = await firstText(candidatesOf(language, path, specifier, roots), disk);
      if (next !== undefined) {
        here.add(specifier);
        found.add(next);
      } else if (!here.has(moduleAround(specifier))) foreign.add(specifier);
    }
    if (found.size > mostFiles) return undefined;
  }
  if (found.size === 0) return undefined;
  return {
    facts: [],
    invocations: [],
    isComplete: true,
    files: [...found].sort(),
    foreignModules: [...foreign].sort(),
    mentions: (text) => texts.some((each) => each.includes(text.toLowerCase())),
  };
}

/** The first of the paths that has a file, be it one that is refused. */
async function firstText(paths: readonly string[], disk: SourceFiles): Promise<string | undefined> {
  for (const path of paths) if ((await disk.textAt(path)) !== undefined) return path;
  return undefined;
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

/** Larger source files are made by machines. */
const mostBytes = 1024 * 1024;
/** Of all files together. */
const mostBytesInAll = 8 * mostBytes;
/** Folders that hold what is not a function's own. */
const foreignFolder = /^(?:\..*|node_modules|__pycache__|venv|tests?)$/;

/**
 * The files beside the templates of one tree, each looked at once. Paths are from the folder of the root template.
 * Nothing is read outside the repository around that folder, or outside the folder where there is no repository.
 */
export interface SourceFiles {
  isFolder(path: string): Promise<boolean>;
  /** `undefined` for what is not there; `refused` for what is noted. */
  moduleAt(path: string): Promise<Module | 'refused' | undefined>;
  /** The same before it is parsed. */
  textAt(path: string): Promise<string | typeof refused | undefined>;
  /** `undefined` for what is not there, and for what is noted. */
  documentAt(path: string): Promise<Document | undefined>;
  /** The source files of a folder and of the folders in it. */
  sourcesBelow(path: string, most: number): Promise<readonly string[]>;
  tell(file: string, because: string): void;
  tellBroken(module: Module): void;
  /** In the order of the files. */
  notes(): readonly CodeNote[];
  filesRead(): number;
}

/** Beside a text, which may be any. */
const refused = Symbol('refused');

export async function openSourceFiles(files: FileStore, folder: string): Promise<SourceFiles> {
  const boundary = await repositoryAround(files, folder);
  const notes = new Map<string, CodeNote>();
  const modules = new Map<string, Promise<Module | 'refused' | undefined>>();
  const texts = new Map<string, Promise<string | typeof refused | undefined>>();
  const folders = new Map<string, Promise<ReadonlyMap<string, FileKind> | undefined>>();
  let bytesRead = 0;
  let filesRead = 0;

  const placeOf = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  const tell = (file: string, because: string): void => {
    notes.set(`${file}\n${because}`, { file, because });
  };

  /** The entries of a folder; `undefined` where there is none, or none that may be looked into. */
  function entriesOf(path: string): Promise<ReadonlyMap<string, FileKind> | undefined> {
    const known = folders.get(path) ?? listFolder(path);
    folders.set(path, known);
    return known;
  }

  async function listFolder(path: string): Promise<ReadonlyMap<string, FileKind> | undefined> {
    try {
      if ((await files.kindOf(placeOf(path))) !== 'directory') return undefined;
      if (!(await isWithin(path))) {
        tell(path, 'it is outside the repository and is not read');
        return undefined;
      }
      return new Map((await files.list(placeOf(path))).map(({ name, kind }) => [name, kind]));
    } catch (error) {
      tellProblem(path, error);
      return undefined;
    }
  }

  async function isWithin(path: string): Promise<boolean> {
    const way = relative(boundary, await files.realPath(placeOf(path)));
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  }

  function tellProblem(path: string, error: unknown): void {
    if (!(error instanceof IdpFixError)) throw error;
    tell(path, error.message);
  }

  /** The bytes of a file that is there and may be read. */
  async function bytesOf(path: string): Promise<Uint8Array | 'refused' | undefined> {
    const kind = (await entriesOf(folderOf(path)))?.get(path.slice(path.lastIndexOf('/') + 1));
    if (kind === undefined || kind === 'directory') return undefined;
    try {
      // What is no plain file may be a link to one.
      if (kind !== 'file' && (await files.kindOf(placeOf(path))) !== 'file') return undefined;
      if (kind !== 'file' && !(await isWithin(path))) {
        tell(path, 'it is a link that leads outside the repository');
        return 'refused';
      }
      if (bytesRead > mostBytesInAll) {
        tell(path, `it is not read: more than ${mostBytesInAll / mostBytes} MiB of code have been`);
        return 'refused';
      }
      const bytes = await files.read(placeOf(path), mostBytes);
      bytesRead += bytes.length;
      filesRead++;
      return bytes;
    } catch (error) {
      tellProblem(path, error);
      return 'refused';
    }
  }

  async function loadText(path: string): Promise<string | typeof refused | undefined> {
    const bytes = languageOf(path) === undefined ? undefined : await bytesOf(path);
    if (bytes === undefined) return undefined;
    if (bytes === 'refused') return refused;
    if (!bytes.includes(0)) return new TextDecoder().decode(bytes);
    tell(path, 'it is no text');
    return refused;
  }

  function textAt(path: string): Promise<string | typeof refused | undefined> {
    const known = texts.get(path) ?? loadText(path);
    texts.set(path, known);
    return known;
  }

  async function loadModule(path: string): Promise<Module | 'refused' | undefined> {
    const language = languageOf(path);
    const text = await textAt(path);
    if (language === undefined || text === undefined) return undefined;
    if (text === refused) return 'refused';
    const module = readModule(path, language, text);
    tellBroken(module);
    return module;
  }

  function tellBroken({ path, broken, isTooDeep }: Module): void {
    if (isTooDeep) tell(path, 'it nests too deep to be read');
    const [line, ...more] = broken;
    if (line === undefined) return;
    tell(
      path,
      `line ${line} does not parse${more.length > 0 ? `, nor do ${more.length} others` : ''}; what is there is not known`,
    );
  }

  async function sourcesBelow(path: string, most: number): Promise<readonly string[]> {
    const found: string[] = [];
    const queue = [path];
    for (let next = queue.shift(); next !== undefined && found.length <= most; next = queue.shift()) {
      for (const [name, kind] of (await entriesOf(next)) ?? []) {
        const inside = next === '' ? name : `${next}/${name}`;
        if (kind === 'directory' && !foreignFolder.test(name)) queue.push(inside);
        if (kind === 'file' && languageOf(name) !== undefined && !name.endsWith('.d.ts')) found.push(inside);
      }
    }
    if (found.length <= most) return found;
    tell(path, `it holds more than ${most} source files, and which of them is called is not known`);
    return [];
  }

  return {
    isFolder: async (path) => (await entriesOf(path)) !== undefined,
    moduleAt(path) {
      const known = modules.get(path) ?? loadModule(path);
      modules.set(path, known);
      return known;
    },
    textAt,
    async documentAt(path) {
      const bytes = await bytesOf(path);
      if (bytes === undefined || bytes === 'refused') return undefined;
      try {
        return readDefinition(decodeSource(path, bytes));
      } catch (error) {
        tellProblem(path, error);
        return undefined;
      }
    },
    sourcesBelow,
    tell,
    tellBroken,
    notes: () => [...notes].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, note]) => note),
    filesRead: () => filesRead,
  };
}

/**
 * What is substituted may be a number, and stands without quotes until it is. State machines and APIs may be defined in YAML,
 * which takes a comma too many as well.
 */
function readDefinition(source: Source): Document {
  if (source.format !== 'json') return readDocument(source);
  const text = withQuotedSubstitutions(source.text);
  try {
    return readDocument({ ...source, text });
  } catch (error) {
    try {
      return readDocument({ ...source, text, format: 'yaml' });
    } catch {
      throw error;
    }
  }
}

/** The nearest folder upwards that is a repository, with links resolved. */
async function repositoryAround(files: FileStore, folder: string): Promise<string> {
  const start = await files.realPath(folder);
  for (let path = start; ; path = dirname(path)) {
    if ((await files.kindOf(join(path, '.git'))) !== 'missing') return path;
    if (dirname(path) === path) return start;
  }
}
