import type { Typed } from '../../src/remediation.js';

/** `CostCenter=4711, Environment=production`, as the AWS CLI has tags. */
export function rulesFromAnswer(typed: string): Typed {
  const pairs = typed.split(',').map((pair) => pair.trim().split(/=(.*)/s));
  if (pairs.some(([key, value]) => !key?.trim() || value === undefined)) {
    return { problem: 'tags are written Key=Value, with commas between them' };
  }
  const rules = pairs.map(([key = '', value = '']) => [key.trim(), { value: value.trim() }]);
  return { value: Object.fromEntries(rules) };
}
