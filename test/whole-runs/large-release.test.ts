import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan, type PlanResult } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { functionsByType, largeRelease, minimumByType } from './large-release.js';
import { presetFiles } from './presets.js';

const product = { version: '0', remediations, policiesFolder: 'policies' };

async function plan(text: string, policyText = '{}'): Promise<PlanResult> {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const only = ['lambda-reserved-concurrency'];
  return buildPlan(treeOf({ 'template.yaml': text }), policy, remediations, {
    version: '0',
    today: '2026-01-01',
    only,
    includeReview: true,
  });
}

const byPriority = 'remediations: {lambda-reserved-concurrency: {whenShort: by-priority}}';

const [{ functions, findings }] = [
  (await plan(largeRelease(), byPriority)).document.stacks[0] ?? { functions: [], findings: [] },
];

describe('a stack whose functions want more than the account allows', () => {
  const served = (type: string) => {
    const ids = new Set(functions.filter((each) => each.type === type).map(({ logicalId }) => logicalId));
    return findings.filter(({ logicalId, verdict }) => ids.has(logicalId) && verdict === 'fixable');
  };

  test('has its functions classified by what calls them', () => {
    const counts = Object.fromEntries(
      Object.keys(functionsByType).map((type) => [
        type,
        functions.filter((each) => each.type === type).length,
      ]),
    );
    expect(counts).toEqual(functionsByType);
    expect(functions.every(({ evidence }) => evidence.length > 0)).toBe(true);
  });

  test('reserves nothing unless the policy says how to share', async () => {
    const { document, files } = await plan(largeRelease());
    expect(document.summary.verdicts).toMatchObject({ fixable: 0, manual: 87 });
    expect(files[0]?.changed).toBe(false);
  });

  test('spends the budget by the priority of the policy', () => {
    const granted = Object.entries(minimumByType).map(([type, minimum]) => [
      type,
      served(type).length,
      served(type).every(({ target }) => target === minimum),
    ]);
    // 900 = 23 x 20 for handlers, then 8 x 50 for steps, and 4 x 10 of what no step can use.
    expect(granted).toEqual([
      ['high-volume', 8, true],
      ['api-handler', 23, true],
      ['background', 4, true],
      ['administrative', 0, true],
    ]);
  });

  test('leaves the rest to a person, with the limit that would do and the command that asks for it', async () => {
    const left = findings.filter(({ verdict }) => verdict !== 'fixable');
    expect(left).toHaveLength(52);
    for (const { verdict, because } of left) {
      expect(verdict).toBe('manual');
      expect(because).toContain('a limit of 2765 would fit');
    }
    const { document } = await plan(largeRelease(), 'region: eu-west-1');
    expect(document.summary.notes).toContain(
      'concurrency: 87 functions are left without a reservation; an account limit of 2765 would serve all: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 2765 --region eu-west-1',
    );
  });

  test('serves all once the account allows it, and stays as it is once patched', async () => {
    const policy = 'account: {concurrencyLimit: 2765}';
    const { document, files } = await plan(largeRelease(), policy);
    expect(document.summary.verdicts).toMatchObject({ fixable: 87, manual: 0 });
    const again = await plan(files[0]?.text ?? '', policy);
    expect(again.document.summary.verdicts).toMatchObject({ compliant: 87, fixable: 0, manual: 0 });
    const small = await plan(largeRelease(), byPriority);
    const second = await plan(small.files[0]?.text ?? '', byPriority);
    expect(second.files[0]?.changed).toBe(false);
    expect(second.document.summary.verdicts).toMatchObject({ compliant: 35, manual: 52 });
  });

  test('has priorities of its own where the policy says so', async () => {
    const { document } = await plan(
      largeRelease(),
      'remediations: {lambda-reserved-concurrency: {whenShort: by-priority, priority: [administrative, background, high-volume, api-handler]}}',
    );
    const ids = document.stacks[0]?.findings
      .filter(({ verdict }) => verdict === 'fixable')
      .map(({ logicalId }) => logicalId);
    expect(ids?.filter((id) => id.startsWith('Resource'))).toHaveLength(15);
    expect(ids?.filter((id) => id.startsWith('Job'))).toHaveLength(8);
  });
});
