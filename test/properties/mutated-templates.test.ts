import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { readDocument } from '../../src/document/read.js';
import { IdpFixError } from '../../src/errors.js';
import { loadTree } from '../../src/load/load.js';
import { applyPatch } from '../../src/patch/json-patch.js';
import { buildPlan, type PlanResult } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { Policy } from '../../src/policy/policy.js';
import { textReport } from '../../src/report/text.js';
import { memoryFiles } from '../memory-files.js';
import { presetFiles } from '../whole-runs/presets.js';
import { mutatedTemplates, seedTemplates, type Texts } from './mutated-templates.js';

const product = { version: '0.0.0-test', remediations, policiesFolder: 'policies' };
/** Another policy has other remediations at work. */
const policyTexts = ['extends: production', readFileSync('examples/filled.policy.yaml', 'utf8')];
const policies: Policy[] = [];

beforeAll(async () => {
  for (const text of policyTexts) {
    const files = memoryFiles({ ...presetFiles, 'idp-fix.policy.yaml': text });
    policies.push(await loadPolicy(files, product, { named: 'idp-fix.policy.yaml', folder: '.' }));
  }
});

async function plan(texts: Texts, policy: Policy, parameters: Readonly<Record<string, string>> = {}) {
  const [root = ''] = Object.keys(texts);
  const options = { locations: policy.nested, parameters: new Map(Object.entries(parameters)) };
  const { tree } = await loadTree(memoryFiles(texts), root, options);
  return buildPlan(tree, policy, remediations, { version: '0', today: '2026-01-01', includeReview: true });
}

/** The error somebody else is to blame for; a defect is thrown on. */
async function planOrRefusal(texts: Texts, policy: Policy): Promise<PlanResult | IdpFixError> {
  try {
    return await plan(texts, policy);
  } catch (error) {
    if (error instanceof IdpFixError && error.exitCode === 2) return error;
    throw error;
  }
}

function expectPatchesToSayWhatTheFilesSay({ document, files }: PlanResult): void {
  for (const { path, document: before, text } of files) {
    const patches = document.stacks.find(({ template }) => template === path)?.patches ?? [];
    const patched = applyPatch(
      before.value,
      patches.flatMap(({ operations }) => operations),
    );
    expect(readDocument({ ...before.source, text }).value).toEqual(patched);
    const undone = patches.reduceRight<typeof patched>(
      (value, { inverse }) => applyPatch(value, inverse),
      patched,
    );
    expect(undone).toEqual(before.value);
  }
}

describe('a template with a few things wrong', () => {
  const [index, texts] = [fc.nat(policyTexts.length - 1), mutatedTemplates(seedTemplates())];

  test('is refused with a place and advice, or planned, patched and closed', async () => {
    await fc.assert(
      fc.asyncProperty(index, texts, async (which, templates) => {
        const policy = policies[which];
        if (policy === undefined) throw new Error('no such policy');
        const result = await planOrRefusal(templates, policy);
        if (result instanceof IdpFixError) {
          expect(result.details.place?.file).toBeDefined();
          expect(result.message).toMatch(/^[^\n]+[^.\n]$/);
          return;
        }
        expectPatchesToSayWhatTheFilesSay(result);
        const { document, files } = result;
        const report = textReport(document, {
          root: 'template.yaml',
          remediations,
          columns: 80,
          color: false,
          verbose: true,
          includeReview: true,
          outcome: { written: true },
        });
        expect(report).not.toMatch(/undefined|NaN|\[object/);
        const patched = Object.fromEntries(files.map(({ path, text }) => [path, text]));
        const values = document.stacks[0]?.parameterValues ?? {};
        const again = await plan({ ...templates, ...patched }, policy, values);
        expect(again.files.filter(({ changed }) => changed)).toEqual([]);
      }),
      { numRuns: Number(process.env.MUTATIONS ?? 250), seed: Number(process.env.SEED ?? 1) },
    );
  });
});
