import type { Facts, ResourceView } from '../../src/remediation.js';

type Stack = ResourceView['stack'];

/** How often a template exists in one deployment: once for each nested stack that can be there at the same time. */
export function copiesOf({ parents }: Stack, facts: Facts): number {
  if (parents.length === 0) return 1;
  const copies = parents.map(({ stack }) => copiesOf(stack, facts));
  const sums = facts
    .coexisting(parents)
    .map((set) => set.reduce((sum, index) => sum + (copies[index] ?? 1), 0));
  return Math.max(1, ...sums);
}
