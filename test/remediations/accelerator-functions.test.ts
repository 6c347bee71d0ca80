import { describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { gatherFacts } from '../../src/plan/facts.js';
import type { Judged } from '../../src/plan/finding.js';
import { judgeTree } from '../../src/plan/fixpoint.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { Policy } from '../../src/policy/policy.js';
import { acceleratorTree, hasAccelerator } from '../template/trees.js';

/** The functions of the GenAI IDP accelerator v0.3.4, judged by the production preset. */
describe.skipIf(!hasAccelerator)('functions of the accelerator', () => {
  const judgeWith = async (
    id: string,
    change: Partial<Policy> = {},
    wanted: object = {},
  ): Promise<readonly Judged[]> => {
    const product = { remediations, policiesFolder: 'policies' };
    const production = await loadPolicy(nodeFiles(), product, { named: 'production', folder: '.' });
    const policy = { ...production, ...change };
    const tree = acceleratorTree();
    const units = remediations
      .filter((each) => each.id === id)
      .map((remediation) => ({ remediation, target: Object.assign({}, policy.target(id), wanted) }));
    return judgeTree(tree, units, gatherFacts(tree, policy));
  };
  const withVerdict = (judged: readonly Judged[], wanted: string) =>
    judged.filter(({ verdict }) => verdict.verdict === wanted).map(({ logicalId }) => logicalId);
  const account = { concurrencyLimit: undefined, unreservedMinimum: 100, reservedElsewhere: 0 };

  it('all reserve a number of their range, within 900 in every combination', async () => {
    const judged = await judgeWith('lambda-reserved-concurrency');
    expect(withVerdict(judged, 'fixable')).toHaveLength(45);
    expect(new Set(judged.map(({ target }) => target))).toEqual(new Set([5, 10, 20, 50]));
    expect(sumOfLargest(judged)).toBe(685);
  });

  it('reserve nothing where the limit is too small for all', async () => {
    const small = { account: { ...account, concurrencyLimit: 400 } };
    const judged = await judgeWith('lambda-reserved-concurrency', small);
    expect(withVerdict(judged, 'manual')).toHaveLength(45);
  });

  it('share a smaller limit by priority, with approval, and say which would fit', async () => {
    const small = { account: { ...account, concurrencyLimit: 400 } };
    const judged = await judgeWith('lambda-reserved-concurrency', small, { whenShort: 'by-priority' });
    const left = judged.filter(({ verdict }) => verdict.verdict === 'manual');
    const given = judged.filter(({ verdict }) => verdict.verdict === 'fixable');
    expect(left.length + given.length).toBe(45);
    expect(sumOfLargest(given)).toBeLessThanOrEqual(300);
    for (const { verdict } of left) expect(verdict.because).toContain('--desired-value 785');
    expect(given.filter(({ verdict }) => verdict.because.includes('api-handler'))).toHaveLength(9);
  });

  it('rise above their minima only where the limit is known', async () => {
    const known = { account: { ...account, concurrencyLimit: 1000 } };
    const judged = await judgeWith('lambda-reserved-concurrency', known);
    const sum = sumOfLargest(judged);
    expect(sum).toBeGreaterThan(685);
    expect(sum).toBeLessThanOrEqual(900);
  });

  it('need two dead-letter queues', async () => {
    const judged = await judgeWith('lambda-dead-letter-queue');
    expect(withVerdict(judged, 'fixable')).toEqual([
      'IPSetUpdaterFunction',
      'CopyToBaselineResolverFunction',
    ]);
    expect(withVerdict(judged, 'compliant')).toEqual([
      'QueueSender',
      'WorkflowTracker',
      'EvaluationFunction',
      'BDACompletionFunction',
    ]);
    expect(withVerdict(judged, 'not-applicable')).toHaveLength(38);
    // Whether its callers wait stands in their code, which is not beside these templates.
    expect(withVerdict(judged, 'unknown')).toEqual(['SaveReportingDataFunction']);
  });

  it('encrypt their variables where they have any', async () => {
    const judged = await judgeWith('lambda-environment-encryption');
    expect(withVerdict(judged, 'fixable')).toHaveLength(41);
    expect(withVerdict(judged, 'not-applicable')).toEqual([
      'UpdateSettingsFunction',
      'GetDomainLambda',
      'GetFileContentsResolverFunction',
      'StartUICodeBuild',
    ]);
  });

  function sumOfLargest(judged: readonly Judged[]): number {
    const sums = new Map<string, number>();
    for (const { stack, target } of judged) {
      const { path } = stack.template;
      sums.set(path, (sums.get(path) ?? 0) + Number(target));
    }
    // One of the three patterns is deployed at a time; the options go with the first and with the knowledge base.
    const isPattern = (path: string) => path.startsWith('patterns/');
    const sumOf = (keeps: (path: string) => boolean) =>
      [...sums].reduce((sum, [path, each]) => (keeps(path) ? sum + each : sum), 0);
    const always = sumOf((path) => !isPattern(path) && !path.includes('lending'));
    const lending = sumOf((path) => path.includes('lending'));
    const patterns = [...sums].filter(([path]) => isPattern(path));
    return Math.max(
      always,
      ...patterns.map(([path, sum]) => always + sum + (path.includes('pattern-1') ? lending : 0)),
    );
  }
});
