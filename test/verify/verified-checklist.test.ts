import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, type Script, wire } from '../changeset/wire.js';
import { runInProcess } from '../cli/run-in-process.js';
import { deployedApp, subscriptions, template } from './deployed-app.js';

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-verified-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const local = join(folder, 'app.yaml');
const policy = join(folder, 'policy.yaml');

async function verified(script: Script): Promise<string> {
  const line = wire(script);
  const words = ['verify', '--stack', 'app', '--format', 'json', '--policy', policy];
  const { data, notes } = await runInProcess(words, { live: line.live });
  if (data === '') throw new Error(notes);
  const file = join(folder, 'verification.json');
  writeFileSync(file, data);
  return file;
}

interface Item {
  readonly id: string;
  readonly status: string;
  readonly evidence: string;
  readonly verification?: {
    readonly status: string | null;
    readonly summary: string;
    readonly open: readonly string[];
  };
}

async function checklist(file: string | undefined, ...words: readonly string[]) {
  const more = file === undefined ? [] : ['--verification', file];
  const ran = await runInProcess(
    ['checklist', local, '--format', 'json', '--policy', policy, ...more, ...words],
    { today: '2026-02-03' },
  );
  const shown: unknown = ran.data === '' ? [] : JSON.parse(ran.data);
  const [list] = Array.isArray(shown) ? (shown as readonly { readonly items: readonly Item[] }[]) : [];
  const item = (id: string) => list?.items.find((each) => each.id === id);
  return { ...ran, item };
}

let file = '';
beforeAll(async () => {
  writeFileSync(local, template);
  const on = ['alarms', 'cost-control'].map(
    (item) =>
      `  - { item: ${item}, status: done, who: ops, when: "2026-01-01", expires: "2027-01-01", document: wiki }\n`,
  );
  writeFileSync(
    policy,
    `name: verified\nextends: production\nattestations:\n${on.join('')}remediations:\n  cloudwatch-alarms: { enabled: false }\n  cost-alerts: { enabled: false }\n`,
  );
  file = await verified(deployedApp());
});

describe('checklist --verification', () => {
  it('leaves done what works, and says so', async () => {
    const { item, notes } = await checklist(file);
    expect(item('alarms'), notes).toMatchObject({
      status: 'done',
      verification: { status: 'alive', open: [] },
    });
    expect(item('alarms')?.evidence).toContain(
      'deployed (app in 111122223333, eu-west-1, as of 2026-02-01): ',
    );
    expect(item('load-testing')?.verification).toMatchObject({
      status: null,
      summary: 'nothing is looked at for it',
    });
  });

  it.each<[what: string, item: string, line: string, Script]>([
    [
      'found dead',
      'alarms',
      'dead: Topic: topic-heard',
      (call) => (call.name === 'sns:ListSubscriptionsByTopic' ? subscriptions() : undefined),
    ],
    [
      'could not be looked at',
      'cost-control',
      'unknown: Budget: budget-told',
      (call) =>
        call.name === 'budgets:DescribeNotificationsForBudget'
          ? { ...json({ message: 'no' }, 403), headers: { 'x-amzn-errortype': 'AccessDeniedException' } }
          : undefined,
    ],
  ])('opens an item of which something was %s', async (_, id, line, override) => {
    const { item, exitCode } = await checklist(await verified(deployedApp(override)));
    expect(item(id)?.status).toBe('open');
    expect(item(id)?.verification?.open.join('\n')).toContain(line);
    expect(item(id)?.evidence).toContain(line);
    expect(exitCode).toBe(1);
    file = await verified(deployedApp());
  });

  it('leaves done what nothing has happened to yet, and says so', async () => {
    const quiet: Script = (call) =>
      call.name === 'monitoring:DescribeAlarmHistory' ? json({ AlarmHistoryItems: [] }) : undefined;
    const { item } = await checklist(await verified(deployedApp(quiet)));
    expect(item('alarms')).toMatchObject({ status: 'done', verification: { status: 'unproven' } });
    file = await verified(deployedApp());
  });

  it('opens an item whose resources are not deployed yet', async () => {
    writeFileSync(
      local,
      template.replace(
        'Resources:\n',
        'Resources:\n  Later: { Type: AWS::KMS::Key, Properties: { EnableKeyRotation: true } }\n',
      ),
    );
    const { item } = await checklist(file);
    writeFileSync(local, template);
    expect(item('customer-managed-keys')?.verification?.open.join('\n')).toContain(
      'not deployed, so not looked at: Later',
    );
  });

  it('refuses a file of another stack, account, template, policy or time', async () => {
    const refused = async (words: readonly string[], today = '2026-02-03', path = local) => {
      const all = ['checklist', path, '--policy', policy, '--verification', file, ...words];
      const { exitCode, data, notes } = await runInProcess(all, { today });
      expect(data).toBe('');
      return [exitCode, notes];
    };
    expect(await refused(['--stack', 'other'])).toEqual([
      2,
      expect.stringContaining(
        'it is of the stack app in account 111122223333, eu-west-1, and other was asked for',
      ),
    ]);
    const elsewhere = 'arn:aws:cloudformation:eu-west-1:999999999999:stack/app/aaaa';
    expect(await refused(['--stack', elsewhere])).toEqual([
      2,
      expect.stringContaining('it is of the stack app in account 111122223333'),
    ]);
    expect(await refused(['--policy', 'production'])).toEqual([
      2,
      expect.stringContaining('measured by another policy'),
    ]);
    expect(await refused([], '2026-03-10')).toEqual([
      3,
      expect.stringContaining('it was made on 2026-02-01, 37 days ago'),
    ]);
    expect(await refused([], '2026-01-20')).toEqual([3, expect.stringContaining('which is to come')]);
    const other = join(folder, 'other.yaml');
    writeFileSync(other, 'Resources:\n  Else: { Type: AWS::SNS::Topic }\n');
    expect(await refused([], undefined, other)).toEqual([
      2,
      expect.stringContaining('no resource in common'),
    ]);
    writeFileSync(other, 'Resources:\n  Logs: { Type: AWS::SNS::Topic }\n');
    expect(await refused([], undefined, other)).toEqual([
      2,
      expect.stringContaining('Logs is AWS::Logs::LogGroup there'),
    ]);
    expect(await refused([other])).toEqual([2, expect.stringContaining('several root templates')]);
  });

  it.each<[what: string, how: (text: string) => string, because: string]>([
    [
      'a proof that was turned round',
      (text) =>
        text.replace('"unproven"', '"alive"').replace('"dead"', '"alive"').replace('"alive"', '"unproven"'),
      'it was changed after it was written',
    ],
    [
      'another account',
      (text) => text.replace('"account": "111122223333"', '"account": "999999999999"'),
      'it was changed after',
    ],
    ['a field too many', (text) => text.replace('{', '{ "more": 1,'), 'more'],
    ['a plan', () => '{ "format": "idp-fix/plan" }', 'format'],
    ['half a file', (text) => text.slice(0, 100), 'expected object'],
    ['nothing', () => '', 'expected object'],
  ])('refuses %s', async (_, how, because) => {
    const good = await verified(deployedApp());
    writeFileSync(good, how(readFileSync(good, 'utf8')));
    const { exitCode, notes, item } = await checklist(good);
    expect([exitCode, item('alarms')]).toEqual([2, undefined]);
    expect(notes).toContain('this is no verification to count on');
    expect(notes).toContain(because);
    file = await verified(deployedApp());
  });
});
