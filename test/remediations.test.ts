import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { remediations } from '../remediations/index.js';
import { loadPolicy } from '../src/policy/load.js';
import type { Policy } from '../src/policy/policy.js';
import { formatCases, parseCases } from '../src/testing/cases.js';
import { checkCase } from '../src/testing/check-case.js';
import { memoryFiles } from './memory-files.js';

/**
 * Every unit against its case files, `remediations/<id>/cases.md`. `UPDATE_CASES=1 npx vitest run test/remediations.test.ts`
 * writes diffs and findings anew; they are to be read before they are committed.
 */
const folder = join(import.meta.dirname, '..', 'remediations');
const policiesFolder = join(import.meta.dirname, '..', 'policies');
const updates = process.env.UPDATE_CASES === '1';

const presets = Object.fromEntries(
  readdirSync(policiesFolder).map((name) => [
    `policies/${name}`,
    readFileSync(join(policiesFolder, name), 'utf8'),
  ]),
);

async function policyOf(text: string): Promise<Policy> {
  const files = memoryFiles({ ...presets, 'idp-fix.policy.yaml': text === '' ? '{}' : text });
  const product = { remediations, policiesFolder: 'policies' };
  return loadPolicy(files, product, { named: 'idp-fix.policy.yaml', folder: '.' });
}

const ids = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'cases.md')));

test('every remediation has its cases', () => {
  expect(ids.sort()).toEqual(remediations.map(({ id }) => id).sort());
});

describe.each(ids)('%s', (id) => {
  const path = join(folder, id, 'cases.md');
  const page = parseCases(readFileSync(path, 'utf8'));

  test.each(page.cases.map((each) => [each.name, each] as const))('%s', async (name, example) => {
    const { diff, findings, broken } = checkCase(example, id, await policyOf(example.policy), remediations);
    if (updates) {
      const fresh = parseCases(readFileSync(path, 'utf8'));
      const cases = fresh.cases.map((each) => (each.name === name ? { ...each, diff, findings } : each));
      writeFileSync(path, formatCases({ ...fresh, cases }));
    }
    expect({ diff, findings }).toEqual(
      updates ? { diff, findings } : { diff: example.diff, findings: example.findings },
    );
    expect(broken).toEqual([]);
  });
});
