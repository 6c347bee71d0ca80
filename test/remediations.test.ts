import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { remediations } from '../remediations/index.js';
import { buildPlan, type PlanResult } from '../src/plan/build.js';
import { loadPolicy } from '../src/policy/load.js';
import type { Policy } from '../src/policy/policy.js';
import { diffReport } from '../src/report/diff.js';
import { memoryFiles } from './memory-files.js';
import { formatCases, parseCases, type RemediationCase } from './remediation-cases.js';
import { treeOf } from './template/trees.js';

/**
 * Every unit against its case files, `test/remediations/<id>.md`. `UPDATE_CASES=1 npx vitest run test/remediations.test.ts`
 * writes diffs and findings anew; they are to be read before they are committed.
 */
const folder = join(import.meta.dirname, 'remediations');
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
  const product = { version: '0.0.0-test', remediations, policiesFolder: 'policies' };
  return loadPolicy(files, product, { named: 'idp-fix.policy.yaml', folder: '.' });
}

function planCase(
  { templates }: RemediationCase,
  id: string,
  policy: Policy,
  units = remediations,
): PlanResult {
  return buildPlan(treeOf(templates), policy, units, {
    version: '0.0.0-test',
    today: '2026-01-01',
    only: [id],
    includeReview: true,
  });
}

function findingsOf({ document }: PlanResult): string {
  return document.stacks
    .flatMap(({ findings }) => findings)
    .map(({ logicalId, verdict, because }) => `${logicalId}: ${verdict}: ${because}\n`)
    .join('');
}

const files = readdirSync(folder).filter((name) => name.endsWith('.md'));

test('every remediation has its cases', () => {
  expect(files.map((name) => name.slice(0, -'.md'.length)).sort()).toEqual(
    remediations.map(({ id }) => id).sort(),
  );
});

describe.each(files)('%s', (file) => {
  const id = file.slice(0, -'.md'.length);
  const path = join(folder, file);
  const page = parseCases(readFileSync(path, 'utf8'));

  test.each(page.cases.map((each) => [each.name, each] as const))('%s', async (name, example) => {
    const policy = await policyOf(example.policy);
    const result = planCase(example, id, policy);
    const diff = diffReport(result.files);
    const findings = findingsOf(result);
    if (updates) {
      const fresh = parseCases(readFileSync(path, 'utf8'));
      const cases = fresh.cases.map((each) => (each.name === name ? { ...each, diff, findings } : each));
      writeFileSync(path, formatCases({ ...fresh, cases }));
    }
    expect({ diff, findings }).toEqual(
      updates ? { diff, findings } : { diff: example.diff, findings: example.findings },
    );

    // What was patched is compliant, and a second run plans nothing.
    const patched = Object.fromEntries(result.files.map((each) => [each.path, each.text]));
    const parameters = result.document.stacks[0]?.parameterValues ?? {};
    const again = buildPlan(treeOf(patched, parameters), policy, remediations, {
      version: '0.0.0-test',
      today: '2026-01-01',
      only: [id],
      includeReview: true,
    });
    expect(again.document.summary.verdicts.fixable).toBe(0);
    expect(again.files.some(({ changed }) => changed)).toBe(false);

    // The order in which units are registered means nothing.
    expect(planCase(example, id, policy, [...remediations].reverse()).document).toEqual(result.document);

    // Neither do line breaks and a byte order mark.
    for (const variant of [
      (text: string) => text.replaceAll('\n', '\r\n'),
      (text: string) => `\uFEFF${text}`,
    ]) {
      const templates = Object.fromEntries(
        Object.entries(example.templates).map(([key, text]) => [key, variant(text)]),
      );
      const other = planCase({ ...example, templates }, id, policy);
      for (const [index, { text }] of other.files.entries()) {
        expect(text.replaceAll('\r\n', '\n')).toBe(result.files[index]?.text);
      }
    }
  });
});
