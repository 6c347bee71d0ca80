import type { Module } from './program.js';
import { readJavaScript } from './read-javascript.js';
import { readPython } from './read-python.js';
import { folderOf, join, type Roots } from './reading.js';
import { sourceText } from './syntax-text.js';

export type Language = Module['language'];

const known = new Map<string, { readonly text: string; readonly module: Module }>();

/**
 * Reads a source file, or takes what was read of the same text before: a wizard plans again and again.
 * @param path as the plan calls files
 * @param firstLine where the text begins, when it is part of another file
 */
export function readModule(path: string, language: Language, text: string, firstLine = 1): Module {
  const key = `${path}:${firstLine}`;
  const before = known.get(key);
  if (before?.text === text) return before.module;
  const source = sourceText(text, firstLine);
  const module = language === 'python' ? readPython(path, source) : readJavaScript(path, source);
  if (known.size >= mostKept) known.clear();
  known.set(key, { text, module });
  return module;
}

const mostKept = 5_000;

export function languageOf(path: string): Language | undefined {
  if (path.endsWith('.py')) return 'python';
  return /\.[cm]?[jt]sx?$/.test(path) ? 'javascript' : undefined;
}

/**
 * Whether a text has a word without which no fact can be found in it: of the packages that make clients or call hosts, of
 * the environment, and of what imports by a name that is worked out.
 */
export function mayHoldFacts(text: string): boolean {
  return holders.test(text);
}

const holders =
  /boto|aws-sdk|powertools|environ|getenv|process|fetch|http|urllib|requests|axios|\bgot\b|undici|superagent|\bky\b|importlib|__import__|\b(?:exec|eval)\b/;

/** What looks like an import, of a text that is not parsed: all that a parser finds, and what comments and strings hold. */
export function importsLike(language: Language, text: string): readonly string[] {
  return [...new Set(language === 'python' ? pythonImports(text) : javaScriptImports(text))];
}

function pythonImports(text: string): readonly string[] {
  const found: string[] = [];
  const plain = text.replace(/\\\r?\n/g, ' ').replace(fromImport, (_, module: string, names: string) => {
    const inside = module.endsWith('.') ? module : `${module}.`;
    found.push(module, ...(names.match(/\w+/g) ?? []).map((name) => inside + name));
    return '';
  });
  for (const [, names = ''] of plain.matchAll(/\bimport\s+([^\n;(]+)/g))
    found.push(...(names.match(/[\w.]+/g) ?? []));
  return found;
}

const fromImport = /\bfrom\s+([.\w]+)\s+import\s*(\([^)]*\)|[^\n;]*)/g;

function javaScriptImports(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:from|import|require)\s*\(?\s*(["'`])([^"'`\n]+)\1/g)].map(
    ([, , specifier = '']) => specifier,
  );
}

/**
 * Where a module that is imported can be, best first; empty for a package that is nobody's own.
 * @param from path of the importing file
 */
export function candidatesOf(
  language: Language,
  from: string,
  specifier: string,
  roots: Roots,
): readonly string[] {
  return language === 'python'
    ? pythonCandidates(from, specifier, roots)
    : javaScriptCandidates(from, specifier, roots);
}

function pythonCandidates(from: string, specifier: string, { own, layers }: Roots): readonly string[] {
  const [, dots = '', rest = ''] = /^(\.*)(.*)$/.exec(specifier) ?? [];
  const names = rest === '' ? [] : rest.split('.');
  if (dots !== '') {
    let folder = folderOf(from);
    for (let up = 1; up < dots.length; up++) folder = folderOf(folder);
    return pythonFiles(folder, names);
  }
  const folders = [own, ...layers.flatMap((layer) => [join(layer, 'python'), layer])];
  return folders.flatMap((folder) => pythonFiles(folder, names));
}

function pythonFiles(folder: string, names: readonly string[]): readonly string[] {
  const path = names.reduce(join, folder);
  return names.length === 0 ? [join(path, '__init__.py')] : [`${path}.py`, join(path, '__init__.py')];
}

const extensions = ['.js', '.ts', '.mjs', '.mts', '.cjs', '.cts', '.tsx', '.jsx'];

function javaScriptCandidates(from: string, specifier: string, { layers }: Roots): readonly string[] {
  if (/^\.{1,2}(?:\/|$)/.test(specifier)) return javaScriptFiles(join(folderOf(from), specifier));
  if (specifier.startsWith('/opt/'))
    return layers.flatMap((layer) => javaScriptFiles(join(layer, specifier.slice('/opt/'.length))));
  if (specifier.startsWith('node:')) return [];
  return layers.flatMap((layer) =>
    ['nodejs/node_modules', 'nodejs', '.'].flatMap((folder) =>
      javaScriptFiles(join(join(layer, folder), specifier)),
    ),
  );
}

function javaScriptFiles(path: string): readonly string[] {
  const [, base] = /^(.+)\.([cm]?)jsx?$/.exec(path) ?? [];
  // TypeScript is imported by the name of what it is compiled to.
  const sources = base === undefined ? [] : [`${base}.ts`, `${base}.mts`, `${base}.tsx`];
  const written = languageOf(path) === undefined ? [] : [path, ...sources];
  return [
    ...written,
    ...extensions.map((extension) => path + extension),
    ...extensions.map((extension) => join(path, `index${extension}`)),
  ];
}
