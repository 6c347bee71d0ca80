import type { Fix, ResourceRemediation, TreeRemediation, Verdict } from './remediation.js';

/** A remediation that looks at one resource at a time; the target's type comes from its schema. */
export function resourceRemediation<Target>(
  definition: Omit<ResourceRemediation<Target>, 'kind'>,
): ResourceRemediation<Target> {
  return { kind: 'resource', ...definition };
}

/** A remediation whose question is about the whole stack tree. */
export function treeRemediation<Target>(
  definition: Omit<TreeRemediation<Target>, 'kind'>,
): TreeRemediation<Target> {
  return { kind: 'tree', ...definition };
}

export function compliant(because: string): Verdict {
  return { verdict: 'compliant', because };
}

export function fixable(because: string, fix: Fix): Verdict {
  return { verdict: 'fixable', because, ...fix };
}

/** @param decidedBy fields of the target that would decide it, once the policy sets them */
export function manual(because: string, decidedBy: readonly string[] = []): Verdict {
  return { verdict: 'manual', because, ...(decidedBy.length > 0 && { decidedBy }) };
}

export function notApplicable(because: string): Verdict {
  return { verdict: 'not-applicable', because };
}

export function unknown(because: string): Verdict {
  return { verdict: 'unknown', because };
}
