import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolve as resolveFrom } from 'import-meta-resolve';
import { IdpFixError } from '../errors.js';
import type { Modules } from '../ports.js';

/** Modules as Node finds them from a folder: a file by its path, anything else as a package. */
export function nodeModules(folder: string): Modules {
  return {
    async load(specifier) {
      const url = locate(specifier, folder);
      try {
        return (await import(url)) as object;
      } catch (error) {
        throw notLoaded(specifier, error);
      }
    },
  };
}

function locate(specifier: string, folder: string): string {
  const file = resolve(folder, specifier);
  if (existsSync(file)) return pathToFileURL(file).href;
  try {
    return resolveFrom(specifier, pathToFileURL(join(folder, 'any.js')).href);
  } catch (error) {
    throw notLoaded(specifier, error);
  }
}

function notLoaded(specifier: string, cause: unknown): IdpFixError {
  const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return new IdpFixError('plugin-invalid', `plugin ${specifier} cannot be loaded: ${why}`, {
    hint: 'name a file (./my-remediations.js) or a package that is installed here',
    cause,
  });
}
