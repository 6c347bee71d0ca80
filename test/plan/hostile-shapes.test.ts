import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { hostileShapes } from '../../src/dev/shapes.js';
import { IdpFixError } from '../../src/errors.js';
import { spentBecause } from '../../src/expressions/conditions.js';
import { loadTree } from '../../src/load/load.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';

const product = { remediations, policiesFolder: 'policies' };
const options = { version: '0.0.0-test', today: '2026-01-01', includeReview: true };

async function planOf(files: Readonly<Record<string, string>>) {
  const policy = await loadPolicy(nodeFiles(), product, {
    named: 'examples/filled.policy.yaml',
    folder: '.',
  });
  const [root = ''] = Object.keys(files);
  const { tree } = await loadTree(memoryFiles(files), root);
  return { tree, policy, result: buildPlan(tree, policy, remediations, options) };
}

function shapesCalled(...names: readonly string[]) {
  return hostileShapes.filter(({ name }) => names.includes(name));
}

const tooDeep = hostileShapes.filter(({ name }) => name.includes('5000 deep'));
const tooEntangled = shapesCalled('parameters passed on through 40 templates');
const others = hostileShapes.filter((shape) => !tooDeep.includes(shape) && !tooEntangled.includes(shape));

/** Bounded by steps: what would go on for ever does not come back from here at all. */
describe('a small template that is hard to analyze', () => {
  test.each(tooDeep)('$name: is refused with one error', async ({ files }) => {
    await expect(planOf(files)).rejects.toMatchObject({
      constructor: IdpFixError,
      message: expect.stringContaining('nested deeper than 200 levels'),
    });
  });

  test.each(others)('$name: is judged within the steps of a plan', async ({ files }) => {
    const { tree, result } = await planOf(files);
    expect(spentBecause(tree.root)).toBeUndefined();
    expect(JSON.stringify(result.document)).not.toContain('depend on each other in too many ways');
  });

  test.each(tooEntangled)('$name: past the steps nothing is fixed, and it says why', async ({ files }) => {
    const { tree, result } = await planOf(files);
    const because = spentBecause(tree.root);
    expect(because).toContain('depend on each other in too many ways');
    const findings = result.document.stacks.flatMap((stack) => stack.findings);
    expect(findings.filter((each) => each.verdict === 'unknown' && each.because === because)).not.toEqual([]);
    expect(result.document.stacks.flatMap(({ patches }) => patches)).toEqual([]);
  });

  test('the same tree planned twice has all its steps again', async () => {
    const [shape] = shapesCalled('conditions in a lattice of 24');
    const { tree, policy, result } = await planOf(shape?.files ?? {});
    expect(buildPlan(tree, policy, remediations, options).document).toEqual(result.document);
  });
});
