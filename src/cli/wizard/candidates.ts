import { join } from 'node:path';
import { IdpFixError } from '../../errors.js';
import { findTemplates } from '../../load/find-templates.js';
import { loadTree } from '../../load/load.js';
import type { FileStore } from '../../ports.js';

/**
 * Root templates by name: those named, and those of folders that no other template there nests. Only templates that nest
 * others are read, and nothing is planned, so that the first question comes at once.
 * @throws IdpFixError `file-not-found` for a folder without templates, `file-unreadable`
 */
export async function candidateRoots(files: FileStore, named: readonly string[]): Promise<readonly string[]> {
  const roots: string[] = [];
  for (const name of named) {
    if ((await files.kindOf(name)) === 'directory') roots.push(...(await rootsBelow(files, name)));
    else roots.push(name);
  }
  return [...new Set(roots)];
}

async function rootsBelow(files: FileStore, folder: string): Promise<readonly string[]> {
  const { templates, nesting } = await findTemplates(files, folder);
  const nested = new Set<string>();
  for (const path of nesting) {
    if (nested.has(path)) continue;
    for (const child of await templatesNestedBy(files, path, folder)) nested.add(child);
  }
  return templates.filter((path) => !nested.has(path));
}

/** A template that cannot be read nests nothing; why it cannot is said when it is chosen. */
async function templatesNestedBy(
  files: FileStore,
  path: string,
  boundary: string,
): Promise<readonly string[]> {
  try {
    const { folder, tree } = await loadTree(files, path, { boundary });
    return tree.stacks.slice(1).map(({ template }) => join(folder, template.path));
  } catch (error) {
    if (error instanceof IdpFixError) return [];
    throw error;
  }
}
