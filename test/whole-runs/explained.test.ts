import { beforeAll, describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { readDocument } from '../../src/document/read.js';
import { copyGraph, type Graph } from '../../src/plan/attempt.js';
import type { PlanResult } from '../../src/plan/build.js';
import type { Finding } from '../../src/plan/document.js';
import { openTemplate } from '../../src/template/open.js';
import { dependencies } from '../../src/template/references.js';
import { planFile } from './plan-file.js';
import { policies, roots } from './roots.js';

const runs = roots.flatMap((root) => policies.map((policy) => [root, policy] as const));

describe.each(runs)('%s under %s', (root, policy) => {
  let result: PlanResult;
  beforeAll(async () => {
    result = await planFile(root, { includeReview: true, policy });
  });

  test('every remediation fixes or explains every resource it looks at', () => {
    const resources = result.files.flatMap(({ path, document }) =>
      [...openTemplate(document).resources.values()].map(({ logicalId, type }) => ({
        path,
        logicalId,
        type,
      })),
    );
    const said: ReadonlyMap<string, Finding> = new Map(
      result.document.stacks.flatMap(({ template, findings }) =>
        findings.map((each) => [`${each.remediation} ${template} ${each.logicalId}`, each] as const),
      ),
    );
    const isUndecided = (id: string) =>
      result.document.stacks.some(({ findings }) =>
        findings.some(
          (each) => each.remediation === id && each.logicalId === '' && each.verdict === 'manual',
        ),
      );
    const silent = remediations.flatMap((unit) =>
      unit.kind === 'tree' || isUndecided(unit.id)
        ? []
        : resources
            .filter(({ type }) => unit.appliesTo.includes(type))
            .map(({ path, logicalId }) => `${unit.id} ${path} ${logicalId}`)
            .filter((key) => !said.has(key)),
    );
    expect(silent).toEqual([]);
    expect([...said.values()].filter(({ because }) => because.trim() === '')).toEqual([]);
    // What is to be fixed has its patch, and what is not says why.
    const open = [...said.values()].filter(
      ({ verdict, patch }) => (verdict === 'fixable') !== (patch !== null),
    );
    expect(open).toEqual([]);
  });

  test('every patch says what it does to a running stack, what it costs and what it asks for first', () => {
    const patches = result.document.stacks.flatMap((stack) => stack.patches);
    expect(patches.length).toBeGreaterThan(0);
    for (const { id, update, risk, riskBecause, cost, prerequisites, leaves } of patches) {
      expect(['none', 'some-interruption', 'may-replace', 'replace'], id).toContain(update);
      expect(['safe', 'review'], id).toContain(risk);
      expect(riskBecause.length > 0, `${id} says why it needs approval`).toBe(risk === 'review');
      expect(update === 'none' || risk === 'review', `${id} interrupts without consent`).toBe(true);
      expect(cost.formula, id).not.toBe('');
      expect(cost.formula, id).not.toMatch(/\b(NaN|undefined|null)\b|(^|[^0-9.])0\.0+ USD/);
      for (const { what, check } of prerequisites) {
        expect(what, id).not.toBe('');
        expect(check, `${id}: ${what}`).toMatch(/^(aws|manual:|sam) ?\S/);
      }
      for (const sentence of leaves) expect(sentence, id).not.toMatch(/undefined|\[object/);
    }
  });

  test('no template depends on itself, and none is too large', () => {
    for (const { path, text, document } of result.files) {
      const template = openTemplate(readDocument({ ...document.source, text }));
      expect(circleIn(copyGraph(dependencies(template))), path).toBeUndefined();
    }
    for (const { template, resourcesAfterTransform } of result.document.stacks) {
      expect(resourcesAfterTransform, template).toBeLessThanOrEqual(500);
    }
  });
});

/** The resources on a circle. */
function circleIn(graph: Graph): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): readonly string[] | undefined => {
    const start = trail.indexOf(id);
    if (start >= 0) return [...trail.slice(start), id];
    if (done.has(id)) return undefined;
    for (const next of graph.get(id) ?? []) {
      const circle = visit(next, [...trail, id]);
      if (circle !== undefined) return circle;
    }
    done.add(id);
    return undefined;
  };
  for (const id of graph.keys()) {
    const circle = visit(id, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
