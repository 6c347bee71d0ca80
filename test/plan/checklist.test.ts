import { beforeAll, describe, expect, test } from 'vitest';
import type { ChecklistItem } from '../../src/plan/document.js';
import { runInProcess } from '../cli/run-in-process.js';
import { planFile } from '../whole-runs/plan-file.js';

const template = 'examples/document-pipeline/template.yaml';
const filled = 'examples/filled.policy.yaml';

describe('the production checklist', () => {
  let items: ReadonlyMap<string, ChecklistItem>;
  beforeAll(async () => {
    const { document } = await planFile(template, { policy: filled });
    items = new Map(document.checklist.map((item) => [item.id, item]));
  });

  test('has the ten items of the guide', () => {
    expect([...items.keys()]).toEqual([
      'concurrency-limits',
      'customer-managed-keys',
      'alarms',
      'tagging',
      'availability',
      'security-review',
      'load-testing',
      'recovery-plan',
      'dashboards',
      'cost-control',
    ]);
  });

  test('is open where something is left to fix', () => {
    expect(items.get('concurrency-limits')).toMatchObject({ status: 'open', owner: null });
    expect(items.get('concurrency-limits')?.evidence).toMatch(/to fix/);
  });

  test('believes an attestation, and says whose it is', () => {
    expect(items.get('security-review')).toMatchObject({
      status: 'done',
      owner: 'security@example.com',
      date: '2026-01-15',
    });
  });

  test('is open again when an attestation has ended', async () => {
    const { document } = await planFile(template, { policy: filled, today: '2031-01-01' });
    expect(document.checklist.find(({ id }) => id === 'security-review')).toMatchObject({
      status: 'open',
      evidence: 'attested by security@example.com, but that ended 2030-01-15',
    });
  });
});

describe('idp-fix checklist', () => {
  test('exits with 1 while items are open', async () => {
    const ran = await runInProcess(['checklist', template]);
    expect(ran).toMatchObject({ exitCode: 1, notes: '' });
    expect(ran.data).toMatch(/\[open\] A load test is performed\n {4}nobody has attested it/);
  });

  test('prints a table of Markdown', async () => {
    const { data } = await runInProcess(['checklist', template, '--format', 'markdown', '--policy', filled]);
    expect(data.split('\n')).toHaveLength(13);
    expect(data).toContain('| A security review is completed | done | security@example.com says so in');
  });

  test('prints JSON', async () => {
    const { data } = await runInProcess(['checklist', template, '--format', 'json']);
    const [list] = JSON.parse(data);
    expect(list.root).toBe(template);
    expect(list.items[0]).toMatchObject({ id: 'concurrency-limits', status: 'open' });
  });
});
