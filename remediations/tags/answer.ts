/** `CostCenter=4711, Environment=production`, as the AWS CLI has it. @returns what is wrong stays a text */
export function rulesFromAnswer(typed: string): unknown {
  const pairs = typed.split(',').map((pair) => pair.trim().split(/=(.*)/s));
  if (pairs.some(([key, value]) => !key?.trim() || value === undefined)) return typed;
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key.trim(), { value: value.trim() }]));
}
