import type { Finding, Patch, PlanDocument } from '../../src/plan/document.js';

/**
 * A plan with everything in it that a report can have to show and that the examples have not: a replacement, an
 * interruption, a skip, accepted risks in every state, a baseline, findings of other tools, budgets that are broken.
 * @param document a plan that has a finding that is fixed
 */
export function richPlan(document: PlanDocument): PlanDocument {
  const [root, ...nested] = document.stacks;
  const fixed = root?.findings.find(({ patch }) => patch !== null);
  const patch = root?.patches.find(({ id }) => id === fixed?.patch);
  if (root === undefined || fixed === undefined || patch === undefined) throw new Error('nothing is fixed');
  const blocked: Patch = {
    ...patch,
    id: `${patch.id}#blocked`,
    risk: 'blocked',
    riskBecause: ['the table and its data would be lost'],
    update: 'replace',
    cost: { monthlyUsd: 12.5, formula: '1 table x 12.50 USD' },
  };
  const waiting: Patch = {
    ...blocked,
    id: `${patch.id}#consent`,
    risk: 'review',
    riskBecause: ['users are signed out'],
    update: 'some-interruption',
  };
  const findings: readonly Finding[] = [
    {
      ...fixed,
      logicalId: 'KeptTable',
      fingerprint: '1'.repeat(16),
      patch: blocked.id,
      suppression: { tool: 'checkov', id: 'CKV_AWS_1', reason: 'not yet', line: 3, handling: 'reported' },
    },
    {
      ...fixed,
      logicalId: 'SignIn',
      fingerprint: '2'.repeat(16),
      patch: waiting.id,
      known: true,
      expiredDeviation: { reason: 'until the move', owner: 'Ada', expires: '2025-12-31' },
    },
    { ...fixed, logicalId: 'Unread', fingerprint: '3'.repeat(16), verdict: 'unknown', patch: null },
    { ...fixed, logicalId: 'Agreed', fingerprint: '4'.repeat(16), verdict: 'accepted', patch: null },
  ];
  const deviation = {
    remediation: fixed.remediation,
    template: root.template,
    logicalId: 'Agreed',
    reason: 'kept elsewhere',
    owner: 'Grace',
    date: '2025-01-01',
    expires: '2026-06-30',
    findings: 1,
  };
  const foreign = {
    source: 'checkov.json',
    tool: 'Checkov',
    rule: 'CKV_AWS_158',
    title: 'log groups have a key',
    said: 'template.yaml:3',
    template: root.template,
    logicalId: 'KeptTable',
    line: 3,
    because: 'patch by patch',
    remediation: fixed.remediation,
  };
  const row = { label: 'all functions', wanted: null, detail: '9 functions' };
  return {
    ...document,
    stacks: [
      { ...root, findings: [...root.findings, ...findings], patches: [...root.patches, blocked, waiting] },
      ...nested,
    ],
    checklist: document.checklist.map((item, index) =>
      index > 0
        ? item
        : {
            ...item,
            status: 'accepted-risk',
            owner: 'Grace',
            date: '2025-01-01',
            expires: '2026-06-30',
            reason: 'one stack alone in its account',
            document: 'risks.md',
          },
    ),
    baseline: { new: 2, known: 1, gone: [] },
    foreignFindings: [
      { ...foreign, outcome: 'fixed', patch: patch.id },
      { ...foreign, outcome: 'not-covered', patch: null, logicalId: null },
    ],
    deviations: [
      { ...deviation, state: 'in-force' },
      { ...deviation, state: 'expired', findings: 0, logicalId: null },
      { ...deviation, state: 'changed', findings: 0, logicalId: null, template: null },
      { ...deviation, state: 'unused', findings: 0 },
    ],
    figures: [
      {
        remediation: fixed.remediation,
        title: 'Budget',
        unit: 'executions',
        limit: { amount: 900, what: 'limit 1000' },
        rows: [
          { ...row, before: 1200, after: 950 },
          { ...row, label: 'fewer', before: 'unbounded', after: null },
        ],
      },
    ],
    coverage: {
      ...document.coverage,
      notEvaluated: [{ template: root.template, logicalId: 'Child', because: 'its template is not at hand' }],
    },
  };
}
