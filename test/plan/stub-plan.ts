import { remediations } from '../../remediations/index.js';
import { type Fix, type Remediation, treeRemediation } from '../../src/contract/remediation.js';
import { buildPlan, type PlanResult } from '../../src/plan/build.js';
import { type Fixable, keyOf } from '../../src/plan/finding.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { Policy } from '../../src/policy/policy.js';
import type { Stack } from '../../src/template/template.js';
import * as z from '../../src/zod.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

/** What every remediation has to say of itself and none of these tests looks at. */
export const described = {
  title: 'a remediation of the tests',
  why: 'it shows what the engine does with it',
  guideRisk: 'medium',
  tryFirst: 'nothing',
  sources: [],
  equivalents: {},
} as const;

/** The production preset with every remediation of the test switched on. */
export async function testPolicy(policyText = '{}'): Promise<Policy> {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  return { ...policy, target: () => ({}) };
}

export function planWith(
  texts: Readonly<Record<string, string>>,
  units: readonly Remediation[],
  policy: Policy,
): PlanResult {
  return buildPlan(treeOf(texts), policy, units, { version: '0', today: '2026-01-01', includeReview: true });
}

/** `remediation of ID: verdict: because`, one line each. */
export function verdictsOf({ document }: PlanResult): readonly string[] {
  return document.stacks.flatMap(({ findings }) =>
    findings.map(
      ({ remediation, logicalId, verdict, because }) =>
        `${remediation} of ${logicalId}: ${verdict}: ${because}`,
    ),
  );
}

const stub = treeRemediation<unknown>({ ...described, id: 'stub', target: z.unknown(), judge: () => [] });

/** A finding as the engine passes it on, for tests of one of its parts. */
export function findingOf(
  stack: Stack,
  logicalId: string | null,
  fix: Partial<Fix>,
  more: Partial<Fixable> = {},
): Fixable {
  const { remediation = stub } = more;
  return {
    key: keyOf(remediation.id, stack.template.path, logicalId),
    remediation,
    stack,
    logicalId,
    verdict: { verdict: 'fixable', because: 'it is old', edits: [], ...fix },
    current: null,
    target: null,
    priority: 0,
    basis: 'stated',
    suppressions: [],
    evidence: { current: null, lacks: [] },
    concerns: undefined,
    severity: undefined,
    expiredDeviation: null,
    ...more,
  };
}
