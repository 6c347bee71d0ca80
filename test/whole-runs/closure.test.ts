import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { loadTree } from '../../src/load/load.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { openAgain } from '../../src/testing/check-case.js';
import { policies, roots } from './roots.js';

/** Promise 2 on whole stacks: what is written is planned again from nothing, and there is nothing to do. */
const files = nodeFiles();
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-closure-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const released = ['../shared/data/idp-v0.6.4/template.yaml'].filter(existsSync);
const product = { remediations, policiesFolder: 'policies' };
const options = { version: '0.0.0-test', today: '2026-01-01', includeReview: true };

describe.each(policies)('with %s', (named) => {
  test.each([...roots, ...released])('%s', async (root) => {
    const policy = await loadPolicy(files, product, { named, folder: dirname(root) });
    const { tree } = await loadTree(files, root, { locations: policy.nested });
    const first = buildPlan(tree, policy, remediations, options);
    const written = mkdtempSync(join(folder, 'stack-'));
    for (const { path, text } of first.files) {
      mkdirSync(dirname(join(written, path)), { recursive: true });
      writeFileSync(join(written, path), text);
    }
    const [{ path = '' } = {}] = first.files;
    const next = await loadTree(files, join(written, path), {
      locations: policy.nested,
      parameters: new Map(Object.entries(first.document.stacks[0]?.parameterValues ?? {})),
    });
    expect(openAgain(first, buildPlan(next.tree, policy, remediations, options))).toEqual([]);
  });
});
