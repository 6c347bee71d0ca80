import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { CodeNote } from './code/facts.js';
import { languageOf, readModule } from './code/modules.js';
import type { Module } from './code/program.js';
import { folderOf } from './code/reading.js';
import { withQuotedSubstitutions } from './code/state-machine.js';
import { readDocument } from './document/read.js';
import { decodeSource } from './document/source.js';
import type { Document, Source } from './document/syntax.js';
import { IdpFixError } from './errors.js';
import type { FileKind, FileStore } from './ports.js';

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

export async function openSourceFiles(files: FileStore, folder: string): Promise<SourceFiles> {
  const boundary = await repositoryAround(files, folder);
  const notes = new Map<string, CodeNote>();
  const modules = new Map<string, Promise<Module | 'refused' | undefined>>();
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

  async function loadModule(path: string): Promise<Module | 'refused' | undefined> {
    const language = languageOf(path);
    const bytes = language === undefined ? undefined : await bytesOf(path);
    if (language === undefined || bytes === undefined || bytes === 'refused')
      return bytes === 'refused' ? bytes : undefined;
    if (bytes.includes(0)) {
      tell(path, 'it is no text');
      return 'refused';
    }
    const module = readModule(path, language, new TextDecoder().decode(bytes));
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
