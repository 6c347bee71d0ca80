import type { Prepared } from '../prepare.js';
import { type Check, unchecked } from './check.js';

/**
 * Nested stacks of local templates that no plan has looked into, as those whose template lies in a bucket. Of the deployed
 * templates only those are not at hand that are not deployed.
 */
export function nestedChecks({ source, tree }: Pick<Prepared, 'source' | 'tree'>): readonly Check[] {
  if (source !== 'local') return [];
  return tree.missing.map(({ stack: { template }, logicalId, because }) =>
    unchecked(
      `nested stack ${logicalId}`,
      `nothing in it is looked at, because ${because} (${template.path}); name its template under nested in the policy, or no template at all: then the deployed ones are patched, nested ones included`,
    ),
  );
}
