import type { Path } from '../document/pointer.js';
import type { Policy } from './policy.js';

/** What a policy sets for a remediation, a line each, with where: `ranges.debug.minimumDays: 7 (preset production:120)`. */
export function settingsOf(policy: Policy, remediation: string): readonly string[] {
  const lines: string[] = [];
  const visit = (value: unknown, path: Path): void => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isMap && Object.keys(value).length > 0) {
      for (const [key, child] of Object.entries(value)) visit(child, [...path, key]);
      return;
    }
    const place = policy.origin(['remediations', remediation, ...path]);
    const where = place === undefined ? 'by default' : `${place.file}:${place.line ?? 1}`;
    lines.push(`${path.join('.') || 'everything'}: ${JSON.stringify(value)} (${where})`);
  };
  const target = policy.target(remediation);
  if (target !== undefined && !isEmpty(target)) visit(target, []);
  return lines;
}

function isEmpty(target: unknown): boolean {
  return typeof target === 'object' && target !== null && Object.keys(target).length === 0;
}
