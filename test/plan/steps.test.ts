import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Patch, PlanDocument, PlanStack, Step } from '../../src/plan/document.js';
import { steps } from '../../src/plan/steps.js';
import { runInProcess } from '../cli/run-in-process.js';
import { planFile } from '../whole-runs/plan-file.js';

const template = 'examples/document-pipeline/template.yaml';
const filled = 'examples/filled.policy.yaml';

describe('the steps of a plan', () => {
  let document: PlanDocument;
  beforeAll(async () => {
    ({ document } = await planFile(template, { policy: filled }));
  });

  test('hold every patch once, and every finding that is open', () => {
    const patches = document.stacks.flatMap((stack) => stack.patches.map(({ id }) => id));
    expect(document.steps.flatMap((step) => step.patches).sort()).toEqual(patches.sort());
    const { fixable, manual, unknown } = document.summary.verdicts;
    const findings = document.steps.reduce((sum, step) => sum + step.findings, 0);
    expect(findings).toBe(fixable + manual + unknown);
  });

  test('come after what they build on, and by risk otherwise', () => {
    const order = ['high', 'medium', 'low'];
    for (const [index, { step, after, guideRisk }] of document.steps.entries()) {
      expect(step).toBe(index + 1);
      expect(after.every((earlier) => earlier < step)).toBe(true);
      const earlier = document.steps.slice(0, index);
      // What is less at risk goes first only where something at more risk, here or later, works on what it adds.
      const lighter = earlier.filter((other) => order.indexOf(other.guideRisk) > order.indexOf(guideRisk));
      for (const other of lighter) {
        expect(document.steps.slice(index).some((later) => later.after.includes(other.step))).toBe(true);
      }
    }
  });

  test('are tagged last, since tags go on what the others add', () => {
    const at = (id: string) => document.steps.find(({ remediations }) => remediations.includes(id));
    expect(at('resource-tags')?.after).toContain(at('cloudwatch-alarms')?.step);
    expect(at('cloudwatch-dashboard')?.after).toContain(at('lambda-dead-letter-queue')?.step);
  });

  test('done one after the other as printed, leave nothing to do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'idp-fix-steps-'));
    cpSync('examples', folder, { recursive: true });
    const place = (words: string) =>
      words
        .replace(/template\.yaml$/, join(folder, 'document-pipeline', 'template.yaml'))
        .replace('../filled.policy.yaml', join(folder, 'filled.policy.yaml'))
        .split(' ')
        .slice(1);
    for (const { apply, changeSet, patches } of document.steps) {
      if (apply === null) {
        expect({ changeSet, patches }).toEqual({ changeSet: null, patches: [] });
        continue;
      }
      const { data, exitCode } = await runInProcess([...place(apply), '--format', 'json']);
      expect(exitCode).toBe(0);
      expect(JSON.parse(data).summary.patches).toBeGreaterThan(0);
    }
    const rest = await runInProcess(
      place('idp-fix --format json --include review --policy ../filled.policy.yaml template.yaml'),
    );
    rmSync(folder, { recursive: true });
    expect(JSON.parse(rest.data).stacks.flatMap((stack: PlanStack) => stack.patches)).toEqual([]);
  });
});

const unit = (id: string, guideRisk: 'high' | 'medium' | 'low') => ({
  id,
  guideRisk,
  title: id,
  why: 'why',
  tryFirst: 'try',
});

const patchOf = (remediation: string, rest: Partial<Patch>): Patch => ({
  id: `${remediation}@t.yaml`,
  remediation,
  title: remediation,
  placement: [],
  fixes: [],
  operations: [],
  inverse: [],
  removedComments: [],
  update: 'none',
  risk: 'safe',
  riskBecause: [],
  cost: { monthlyUsd: 0, formula: 'free' },
  prerequisites: [],
  companions: [],
  requires: [],
  leaves: [],
  ...rest,
});

function stepsOf(patches: readonly Patch[], units: readonly ReturnType<typeof unit>[]): readonly Step[] {
  const stack = { template: 't.yaml', parent: null, findings: [], patches } as unknown;
  const plan = { stacks: [stack], policy: { name: 'p', source: 'preset p', sha256: '' } };
  return steps(plan as Pick<PlanDocument, 'stacks' | 'policy'>, units);
}

const add = (path: string, value: object = {}) => ({ op: 'add', path, value: value as never }) as const;

describe('their order', () => {
  test('puts what adds a resource before what refers to it, whatever the risk', () => {
    const found = stepsOf(
      [
        patchOf('a', { operations: [add('/Resources/Q/Properties/K', { Ref: 'New' })] }),
        patchOf('b', { operations: [add('/Resources/New')] }),
      ],
      [unit('a', 'high'), unit('b', 'low')],
    );
    expect(found.map(({ remediations, after }) => [remediations, after])).toEqual([
      [['b'], []],
      [['a'], [1]],
    ]);
  });

  test('comes to an end where two build on each other', () => {
    const found = stepsOf(
      [
        patchOf('a', { operations: [add('/Resources/A', { X: { Ref: 'B' } })] }),
        patchOf('b', { operations: [add('/Resources/B', { X: { 'Fn::GetAtt': ['A', 'Arn'] } })] }),
      ],
      [unit('a', 'low'), unit('b', 'high')],
    );
    expect(found.map(({ remediations }) => remediations[0])).toEqual(['b', 'a']);
  });

  test('keeps interruptions back, and says what to watch', () => {
    const found = stepsOf(
      [
        patchOf('a', { update: 'some-interruption', risk: 'review' }),
        patchOf('b', {}),
        patchOf('c', { update: 'may-replace', risk: 'review', cost: { monthlyUsd: null, formula: 'use' } }),
      ],
      [unit('a', 'high'), unit('b', 'high'), unit('c', 'high')],
    );
    expect(found.map(({ remediations, kind }) => `${remediations[0]} ${kind}`)).toEqual([
      'b safe',
      'a review',
      'c review',
    ]);
    expect(found[1]?.tryFirst).toContain('measure how long the update interrupts what runs');
    expect(found[2]?.cost).toEqual({ monthlyUsd: null, formula: 'use' });
    expect(found[2]?.apply).toBe('idp-fix --apply --only c --include review --policy p t.yaml');
    expect(found[2]?.changeSet).toBe(
      'idp-fix change-set create t.yaml --stack STACK --only c --include review --policy p',
    );
  });
});
