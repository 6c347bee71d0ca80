import { withForeignFindings } from '../findings/foreign-findings.js';
import { readFindings } from '../findings/read.js';
import type { PlannedRoots } from '../plan-roots.js';
import type { FileStore } from '../ports.js';
import type { Product } from '../product.js';

/**
 * The plans with what they do about the findings of other tools.
 * @throws IdpFixError `findings-invalid`, `file-not-found`, `file-unreadable`
 */
export async function withFindingsOf(
  planned: PlannedRoots,
  paths: readonly string[],
  files: Pick<FileStore, 'read'>,
  { remediations }: Pick<Product, 'remediations'>,
): Promise<PlannedRoots> {
  const sources = [];
  for (const path of paths) sources.push([path, readFindings(path, await files.read(path))] as const);
  const trees = planned.roots.map(({ rootPath, result }) => ({ root: rootPath, ...result }));
  const documents = withForeignFindings(trees, sources, remediations);
  const roots = planned.roots.map((root, index) => ({
    ...root,
    result: { ...root.result, document: documents[index] ?? root.result.document },
  }));
  return { ...planned, roots };
}
