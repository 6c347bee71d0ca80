import type { Remediation } from '../contract/remediation.js';

/** How every other tool calls what a remediation looks for, each id once. */
export function equivalentIds({ equivalents }: Pick<Remediation, 'equivalents'>): readonly string[] {
  return [...new Set(Object.values(equivalents).flat())];
}
