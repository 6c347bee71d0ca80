import { IdpFixError } from '../errors.js';
import { readFindings, withForeignFindings } from '../findings/foreign-findings.js';
import type { PlannedRoots } from '../plan-roots.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import type { PlanRequest } from './request.js';

/**
 * The plans with what they do about the findings of other tools; `-` is the standard input.
 * @throws IdpFixError `usage`, `findings-invalid`, `file-not-found`, `file-unreadable`
 */
export async function withFindingsOf(
  planned: PlannedRoots,
  { findings, templates }: Pick<PlanRequest, 'findings' | 'templates'>,
  { files, input }: Pick<Ports, 'files' | 'input'>,
  { remediations, version }: Pick<Product, 'remediations' | 'version'>,
): Promise<PlannedRoots> {
  refuseSecondInput([...templates, ...findings]);
  const sources = [];
  for (const path of findings) {
    const [name, bytes] = path === '-' ? [inputName, await input.read()] : [path, await files.read(path)];
    sources.push([name, readFindings(name, bytes)] as const);
  }
  const { today } = planned;
  const trees = planned.roots.map(({ rootPath, result, tree, policy }) => ({
    ...{ root: rootPath, ...result },
    setting: { tree, policy, version, today },
  }));
  const documents = withForeignFindings(trees, sources, remediations);
  const roots = planned.roots.map((root, index) => ({
    ...root,
    result: { ...root.result, document: documents[index] ?? root.result.document },
  }));
  return { ...planned, roots };
}

/** How findings from the standard input are called. */
const inputName = 'stdin.json';

function refuseSecondInput(words: readonly string[]): void {
  if (words.filter((word) => word === '-').length < 2) return;
  throw new IdpFixError('usage', 'the standard input can be read once, and - is given twice', {
    hint: 'name a file for one of them',
  });
}
