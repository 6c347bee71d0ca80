import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { questions } from '../../src/plan/checklist.js';
import type { ChecklistItem } from '../../src/plan/document.js';
import { checklistCsv, checklistMarkdown } from '../../src/report/checklist.js';
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

  test('has the ten items of the guide, and those of its practices that they leave out', () => {
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
      'failed-events',
      'kept-logs',
      'function-code-and-network',
      'distributions',
    ]);
  });

  test('names every remediation under one item', () => {
    const named = [...items.values()].flatMap((item) => item.remediations);
    expect([...named].sort()).toEqual(remediations.map(({ id }) => id).sort());
  });

  test('is open where something is left to fix', () => {
    expect(items.get('concurrency-limits')).toMatchObject({ status: 'open', owner: null });
    expect(items.get('concurrency-limits')?.evidence).toMatch(/auto-fix/);
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

/** A policy in JSON, which is YAML. */
const policyWith = (content: object) => JSON.stringify({ extends: 'production', ...content });

const attestation = (item: string, rest: object = {}) => ({
  item,
  who: 'owner@example.com',
  when: '2025-06-01',
  document: 'https://wiki.example.com/risks',
  expires: '2026-06-01',
  ...rest,
});

const queue = (kept = '') => `
Resources:
  Jobs:
    Type: AWS::SQS::Queue
${kept}`;

/** The item about alarms of a template with a queue that nobody watches. */
async function alarmsOf(policy: object, options: { today?: string; text?: string } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-checklist-'));
  writeFileSync(join(folder, 'policy.yaml'), policyWith(policy));
  writeFileSync(join(folder, 'template.yaml'), options.text ?? queue());
  const { document } = await planFile(join(folder, 'template.yaml'), {
    policy: join(folder, 'policy.yaml'),
    today: options.today ?? '2026-01-01',
  });
  rmSync(folder, { recursive: true });
  const item = document.checklist.find(({ id }) => id === 'alarms');
  const [finding] = document.stacks.flatMap(({ findings }) =>
    findings.filter(({ remediation }) => remediation === 'cloudwatch-alarms'),
  );
  return { item, finding };
}

describe('an accepted risk', () => {
  const deviation = {
    remediation: 'cloudwatch-alarms',
    logicalId: 'Jobs',
    reason: 'a queue for a trial',
    owner: 'owner@example.com',
    date: '2025-06-01',
    expires: '2026-06-01',
  };

  test('has a reason, an owner, a date and a last day', async () => {
    const { item } = await alarmsOf({ deviations: [deviation] });
    expect(item).toMatchObject({
      status: 'accepted-risk',
      owner: deviation.owner,
      date: deviation.date,
      reason: deviation.reason,
      expires: deviation.expires,
      open: 0,
      acceptedRisks: [{ ...deviation, template: null }],
    });
  });

  test('is open again when its last day has passed', async () => {
    const { item } = await alarmsOf({ deviations: [deviation] }, { today: '2026-06-02' });
    expect(item).toMatchObject({ status: 'open', owner: null, acceptedRisks: [] });
    expect(item?.evidence).toContain(
      'owner@example.com accepted the risk of Jobs until 2026-06-01, which has passed',
    );
  });

  test('is open again when the resource changes', async () => {
    const { finding } = await alarmsOf({});
    const accepted = { deviations: [{ ...deviation, fingerprint: finding?.resourceFingerprint }] };
    expect((await alarmsOf(accepted)).item?.status).toBe('accepted-risk');
    const { item } = await alarmsOf(accepted, { text: queue('    Properties: {DelaySeconds: 5}\n') });
    expect(item?.status).toBe('open');
    expect(item?.evidence).toContain('Jobs has changed since owner@example.com accepted its risk');
  });

  test('of a whole item is open again when something else is', async () => {
    const { item: before } = await alarmsOf({});
    const said = attestation('alarms', {
      status: 'accepted-risk',
      reason: 'a trial',
      fingerprint: before?.fingerprint,
    });
    expect((await alarmsOf({ attestations: [said] })).item).toMatchObject({
      status: 'accepted-risk',
      reason: 'a trial',
      document: said.document,
    });
    const { item } = await alarmsOf(
      { attestations: [said] },
      { text: queue('  More:\n    Type: AWS::SQS::Queue\n') },
    );
    expect(item?.status).toBe('open');
  });

  test('is not what a comment in the template says', async () => {
    const text = queue(
      '    Metadata: {"idp-fix": {"skip": [{"id": "cloudwatch-alarms", "reason": "later"}]}}\n',
    );
    const { item, finding } = await alarmsOf({ suppressions: 'honour' }, { text });
    expect(finding?.verdict).toBe('accepted');
    expect(item?.evidence).toContain('skipped by comments only');
    expect(item?.status).toBe('open');
  });
});

describe('every remediation', () => {
  test('answers an item that there is', () => {
    const known = questions.map(({ id }) => id as string);
    const named = remediations.flatMap(({ checklist }) => checklist ?? []);
    expect(named.filter((id) => !known.includes(id))).toEqual([]);
  });
});

describe('idp-fix checklist', () => {
  test('exits with 1 while items are open', async () => {
    const ran = await runInProcess(['checklist', template]);
    expect(ran).toMatchObject({ exitCode: 1, notes: '' });
    expect(ran.data).toMatch(/\[open\] 7\. A load test is performed\n {4}not attested/);
  });

  test('prints a table of Markdown', async () => {
    const { data } = await runInProcess(['checklist', template, '--format', 'markdown', '--policy', filled]);
    expect(data.split('\n')).toHaveLength(3 + questions.length);
    expect(data).toContain(
      '| A security review is completed | done | secrets-in-configuration, service-logging: 7 pass, 2 n/a; security@example.com says so in',
    );
  });

  test('lists several roots one after the other', async () => {
    const small = 'examples/small/template.yaml';
    const text = await runInProcess(['checklist', template, small]);
    expect(text.data.indexOf(template)).toBeLessThan(text.data.indexOf(small));
    const { data } = await runInProcess(['checklist', template, small, '--format', 'json']);
    expect(JSON.parse(data).map(({ root }: { root: string }) => root)).toEqual([template, small]);
  });

  test('exits with 0 once everything is done or accepted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'idp-fix-checklist-'));
    const attested = questions.map(({ id }) =>
      attestation(id, { status: 'accepted-risk', reason: 'a trial' }),
    );
    writeFileSync(join(folder, 'policy.yaml'), policyWith({ attestations: attested }));
    const ran = await runInProcess(['checklist', template, '--policy', join(folder, 'policy.yaml')]);
    rmSync(folder, { recursive: true });
    expect(ran.data).toContain('0 of 14 items are done, 14 accepted, 0 open.');
    expect(ran.exitCode).toBe(0);
  });

  test('says which item an attestation can be about', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'idp-fix-checklist-'));
    writeFileSync(join(folder, 'policy.yaml'), policyWith({ attestations: [attestation('load-test')] }));
    const ran = await runInProcess(['checklist', template, '--policy', join(folder, 'policy.yaml')]);
    rmSync(folder, { recursive: true });
    expect(ran.exitCode).toBe(2);
    expect(ran.notes).toContain('load-testing');
  });

  test('prints JSON', async () => {
    const { data } = await runInProcess(['checklist', template, '--format', 'json']);
    const [list] = JSON.parse(data);
    expect(list.root).toBe(template);
    expect(list.items[0]).toMatchObject({ id: 'concurrency-limits', status: 'open' });
  });
});

describe('the scope of an item', () => {
  test('names the types that were judged and those that were not', async () => {
    const text = `${queue()}  Files:\n    Type: AWS::S3::Bucket\n`;
    const { item } = await alarmsOf({}, { text });
    expect(item?.covers).toEqual(['AWS::SQS::Queue']);
    expect(item?.doesNotCover).toEqual(['AWS::S3::Bucket']);
  });

  test('is not done while a part of the templates could not be looked into', async () => {
    const nested =
      'Resources:\n  Inner:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: https://example.com/t.yaml}\n';
    const { item } = await alarmsOf({}, { text: nested });
    expect(item).toMatchObject({ status: 'open', open: 0 });
    expect(item?.evidence).toContain('not looked into: Inner');
    const attestations = [attestation('alarms')];
    expect((await alarmsOf({ attestations }, { text: nested })).item?.status).toBe('open');
    const unchecked = [
      {
        logicalId: 'Inner',
        reason: 'another team looks after it',
        owner: 'them@example.com',
        expires: '2026-06-01',
      },
    ];
    const { item: answeredFor } = await alarmsOf({ attestations, unchecked }, { text: nested });
    expect(answeredFor?.status).toBe('done');
  });
});

describe('the checklist as a table', () => {
  const item: ChecklistItem = {
    id: 'alarms',
    title: 'Alarms notify someone',
    status: 'open',
    evidence: '2 to fix (A, "B")',
    owner: '=cmd()',
    date: '2026-01-15',
    reason: null,
    document: null,
    expires: null,
    remediations: ['cloudwatch-alarms'],
    covers: ['AWS::SQS::Queue'],
    doesNotCover: ['AWS::S3::Bucket', 'AWS::SNS::Topic'],
    open: 2,
    acceptedRisks: [],
    fingerprint: '000000000000',
  };

  test('of comma-separated values: quoted, and no cell is a formula', () => {
    expect(checklistCsv([{ root: 'template.yaml', items: [item] }])).toBe(
      [
        'template,item,status,evidence,covers,does not cover,reason,owner,date,expires,document',
        `template.yaml,Alarms notify someone,open,"2 to fix (A, ""B"")",AWS::SQS::Queue,"AWS::S3::Bucket, AWS::SNS::Topic",,'=cmd(),2026-01-15,,`,
        '',
      ].join('\r\n'),
    );
  });

  test('of Markdown, with owner and day', () => {
    const [header, , row] = checklistMarkdown([item]).split('\n');
    expect(header).toContain('| owner | date |');
    expect(row).toContain('| AWS::SQS::Queue |');
  });

  test('is printed by the command', async () => {
    const { data } = await runInProcess(['checklist', '--format', 'csv', template]);
    expect(data.split('\r\n')[0]).toBe(
      'template,item,status,evidence,covers,does not cover,reason,owner,date,expires,document',
    );
    expect(data.split('\r\n')).toHaveLength(2 + questions.length);
  });
});
