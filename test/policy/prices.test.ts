import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

/** A name that is not in the table would be a price of nothing. */
test('every price a remediation reckons with is in the table, with its unit and date', () => {
  const { prices } = parse(readFileSync('policies/production.yaml', 'utf8')) as {
    prices: Record<string, { usd: number; unit: string; asOf: unknown }>;
  };
  const used = readdirSync('remediations', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const text = readFileSync(join('remediations', name), 'utf8');
      return [...text.matchAll(/(?:prices\[|usd\(|perGb\(|price\()'([a-z0-9-]+)'/g)].map(
        ([, price = '']) => price,
      );
    });
  expect(used.length).toBeGreaterThan(5);
  expect([...new Set(used)].filter((name) => !Object.hasOwn(prices, name))).toEqual([]);
  for (const [name, { usd, unit, asOf }] of Object.entries(prices)) {
    expect(usd, name).toBeGreaterThan(0);
    expect(unit, name).not.toBe('');
    expect(String(asOf), name).toMatch(/^\d{4}-\d{2}-\d{2}/);
  }
});
