/**
 * The types of the library in `dist/types`: by tsc, less what no entry refers to, with the declarations of other packages
 * that they do refer to copied beside them (`dist/types/packages/`). So types work where nothing but idp-fix is
 * installed, and the zod that a plugin is checked against is the one it runs with.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

const { exports: entries } = JSON.parse(readFileSync('package.json', 'utf8'));
const types = resolve('dist/types');
const reference = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\2/g;

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
// What is required as CommonJS has declarations of that kind; tsc makes them of `.cts` alone.
for (const { types: path } of Object.values(entries)) {
  if (path?.endsWith('.d.cts')) renameSync(path.replace(/\.d\.cts$/, '.d.ts'), path);
}
const reached = new Set();
for (const entry of Object.values(entries)) if (entry.types !== undefined) reach(resolve(entry.types));
for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
  if (/\.d\.c?ts$/.test(name) && !reached.has(join(types, name))) rmSync(join(types, name));
}

/** Follows the references of a declaration file; those to packages are pointed to copies. */
function reach(file) {
  if (reached.has(file)) return;
  reached.add(file);
  const text = readFileSync(file, 'utf8');
  const adopted = text.replace(reference, (whole, before, quote, specifier) => {
    if (isBuiltin(specifier)) return whole;
    const target = specifier.startsWith('.') ? declarationBeside(file, specifier) : copyOf(specifier);
    // A comment may show an import.
    if (target === undefined) return whole;
    reach(target);
    if (specifier.startsWith('.')) return whole;
    const way = relative(dirname(file), target).replaceAll('\\', '/').replace(/\.d\.ts$/, '.js');
    return `${before}${quote}${way.startsWith('.') ? way : `./${way}`}${quote}`;
  });
  if (adopted !== text) writeFileSync(file, adopted);
}

function declarationBeside(file, specifier) {
  const target = resolve(dirname(file), specifier.replace(/\.js$/, '.d.ts'));
  return target.endsWith('.d.ts') && existsSync(target) ? target : undefined;
}

/** The declaration file that a specifier of a package means for an ES module, in the copy of that package's declarations. */
function copyOf(specifier) {
  const [, name, way] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(specifier);
  const folder = resolve('node_modules', name);
  if (!existsSync(folder)) return undefined;
  const copy = join(types, 'packages', name);
  if (!existsSync(copy)) {
    cpSync(folder, copy, {
      recursive: true,
      filter: (path) => !/[\\/](?:src|node_modules)$/.test(path.slice(folder.length)) && !/\.[^.\\/]+$/.test(path.replace(/\.d\.ts$/, '')),
    });
  }
  const { exports, types: main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entry = exports?.[`.${way ?? ''}`];
  const file = [entry?.import, entry?.types, main]
    .filter((path) => typeof path === 'string')
    .map((path) => join(copy, path.replace(/\.js$/, '.d.ts')))
    .find(existsSync);
  if (file === undefined) throw new Error(`no declarations of ${specifier}, which the types of the library refer to`);
  return file;
}
