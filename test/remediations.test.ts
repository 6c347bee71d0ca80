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

const options = { version: '0.0.0-test', today: '2026-01-01', includeReview: true };

function planCase(
  { templates }: RemediationCase,
  id: string,
  policy: Policy,
  tree = treeOf(templates),
): PlanResult {
  return buildPlan(tree, policy, remediations, { ...options, only: [id] });
}

function findingsOf({ document }: PlanResult): string {
  return document.stacks
    .flatMap(({ findings }) => findings)
    .map(({ logicalId, verdict, because }) => `${logicalId}: ${verdict}: ${because}\n`)
    .join('');
}

/** A unit that wrote into what the policy sets would throw. */
function frozen(policy: Policy): Policy {
  return { ...policy, target: (id) => freeze(policy.target(id)) };
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

/** Other bytes for the same template: how they come about, how texts compare then, and what must not change. */
const variants = [
  {
    change: (text: string) => text.replaceAll('\n', '\r\n'),
    back: (text: string) => text.replaceAll('\r\n', '\n'),
    keeps: /^(?:[^\n]*\r\n)*$/,
  },
  { change: (text: string) => `\uFEFF${text}`, back: (text: string) => text, keeps: /^/ },
  {
    change: (text: string) => text.replace(/\n$/, ''),
    back: (text: string) => text.replace(/\n$/, ''),
    keeps: /[^\n]$/,
  },
];

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
    const tree = treeOf(example.templates);
    const before = tree.stacks.map(({ template }) => JSON.stringify(template.value));
    const result = planCase(example, id, frozen(policy), tree);
    expect(tree.stacks.map(({ template }) => JSON.stringify(template.value))).toEqual(before);
    expect(tree.stacks.every(({ template }) => isFrozen(template.value))).toBe(true);
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
    const again = planCase({ ...example, templates: patched }, id, policy, treeOf(patched, parameters));
    expect(again.document.summary.verdicts.fixable).toBe(0);
    expect(again.files.some(({ changed }) => changed)).toBe(false);

    // The order in which units are registered means nothing, whatever else they find here.
    const planAll = (units: typeof remediations) =>
      buildPlan(treeOf(example.templates), policy, units, options).document;
    expect(planAll([...remediations].reverse())).toEqual(planAll(remediations));

    // Neither do line breaks, a byte order mark and a missing last line break, and they stay as they are.
    for (const { change, back, keeps } of variants) {
      const templates = Object.fromEntries(
        Object.entries(example.templates).map(([key, text]) => [key, change(text)]),
      );
      const other = planCase({ ...example, templates }, id, policy);
      for (const [index, { text }] of other.files.entries()) {
        expect(back(text)).toBe(back(result.files[index]?.text ?? ''));
        expect(text).toMatch(keeps);
      }
    }
  });
});
