import { dirname, join } from 'node:path';
import { remediations } from '../../remediations/index.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { loadTree } from '../../src/load/load.js';
import { buildPlan, type PlanOptions, type PlanResult } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';

const files = nodeFiles();
const product = {
  version: '0.0.0-test',
  remediations,
  policiesFolder: join(import.meta.dirname, '..', '..', 'policies'),
};

/** The plan for a root template and all it nests, as the command line makes it. */
export async function planFile(
  path: string,
  options: Partial<PlanOptions> & { readonly policy?: string } = {},
): Promise<PlanResult> {
  const { policy: named = 'production', ...plan } = options;
  const policy = await loadPolicy(files, product, { named, folder: dirname(path) });
  const { tree } = await loadTree(files, path, { locations: policy.nested });
  return buildPlan(tree, policy, remediations, { version: product.version, today: '2026-01-01', ...plan });
}
