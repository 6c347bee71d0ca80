import { dirname, join, normalize } from 'node:path';
import { IdpFixError } from '../errors.js';
import { findTemplates } from '../find-templates.js';
import { loadTree } from '../load.js';
import type { FileStore } from '../ports.js';

/**
 * The one root template among those named: a folder is searched, and what another one nests counts with it.
 * @returns undefined when none is named
 * @throws IdpFixError `usage` when there are several roots; what reading them throws
 */
export async function rootTemplate(
  files: FileStore,
  named: readonly string[],
  allowOutside: boolean,
): Promise<string | undefined> {
  const paths: string[] = [];
  for (const each of named) {
    const isFolder = (await files.kindOf(each)) === 'directory';
    paths.push(...(isFolder ? (await findTemplates(files, each)).templates : [each]));
  }
  const distinct = [...new Set(paths.map((path) => normalize(path)))];
  if (distinct.length < 2) return distinct[0];
  const nested = new Set<string>();
  for (const path of distinct) {
    const { tree } = await loadTree(files, path, { allowOutside });
    for (const { template } of tree.stacks.slice(1)) nested.add(join(dirname(path), template.path));
  }
  const roots = distinct.filter((path) => !nested.has(path));
  if (roots.length === 1) return roots[0];
  throw new IdpFixError(
    'usage',
    `a stack has one root template, and these are several: ${roots.join(', ')}`,
    {
      hint: 'name the one the stack is made of; what it nests is found from there',
    },
  );
}
