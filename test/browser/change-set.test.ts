import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeSetRecord, ReviewedChange } from '../../src/changeset/record.js';
import { htmlChangeSet } from '../../src/changeset/review-page.js';
import { accessibilityProblems, chromiumPath, launch, open } from './chromium.js';

const attack = '</script><img src=x onerror="document.title=\'owned\'">\u202e';

const property = (path: string, before: string | null, after: string, cause: string | null) => ({
  path,
  before,
  after,
  cause,
  remediations: ['log-retention'],
  surprise: null,
});

const change = (logicalId: string, rest: Partial<ReviewedChange>): ReviewedChange => ({
  stack: '',
  logicalId,
  type: 'AWS::Logs::LogGroup',
  physicalId: `app-${logicalId}`,
  action: 'Modify',
  replacement: 'wont',
  because: [],
  properties: [property('/Properties/RetentionInDays', '30', '365', null)],
  remediations: ['log-retention'],
  surprise: null,
  loses: false,
  ...rest,
});

const record: ChangeSetRecord = {
  format: 'idp-fix/change-set',
  version: 1,
  state: 'created',
  name: 'idp-fix-1234',
  maker: null,
  creation: '0'.repeat(32),
  arn: 'arn:aws:cloudformation:eu-central-1:111122223333:changeSet/idp-fix-1234/1',
  planSha256: 'a'.repeat(64),
  source: 'local',
  stack: {
    name: 'app',
    id: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/app/1',
    isNew: false,
    updatedAt: '',
  },
  account: '111122223333',
  region: 'eu-central-1',
  templates: [{ path: 'app.yaml', file: null, localSha256: null, submittedSha256: 'b'.repeat(64) }],
  deployed: [],
  parameters: { Days: '30' },
  values: { Days: '365', Mode: attack },
  tags: [{ key: 'CostCenter', before: null, after: attack }],
  uploads: [{ bucket: 'artifacts', key: 'idp-fix/app.yaml' }],
  changes: [
    change('Logs', {}),
    change('Table', {
      type: 'AWS::DynamoDB::Table',
      replacement: 'will',
      loses: true,
      because: ['KeySchema always replaces'],
    }),
    change('Topic', { stack: 'Child', surprise: `no patch asks for it ${attack}`, remediations: [] }),
    change('Alarm', { stack: 'Child', replacement: 'may', because: [attack], remediations: ['one', 'two'] }),
    change('Role', {
      replacement: 'will',
      properties: [property('/Properties/Path', null, attack, 'Mode')],
    }),
  ],
  warnings: ['a hook warns'],
  checks: [{ what: 'the key is enabled', status: 'unchecked', because: 'access denied' }],
  prerequisites: [{ what: `the role may use the key ${attack}`, check: 'aws kms get-key-policy' }],
  allowed: [],
  options: null,
};

describe.skipIf(chromiumPath === undefined)('the review of a change set', () => {
  let folder = '';
  let file = '';
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-change-set-'));
    file = join(folder, 'change-set.html');
    writeFileSync(file, htmlChangeSet(record, ['state: created']));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  it('says what needs approval, and why', async () => {
    const { page, complaints } = await open(browser, file);
    const items = await page
      .locator('section', { has: page.locator('#approval') })
      .locator('.rows')
      .first()
      .locator('li')
      .allTextContents();
    expect(items.map((text) => /\b(Topic|Table|Role|Alarm|Logs)\b/.exec(text)?.[1])).toEqual([
      'Table',
      'Topic',
      'Role',
      'Alarm',
    ]);
    expect(items[0]).toContain('--allow-replacement Table');
    expect(await page.getByText('the role may use the key').isVisible()).toBe(true);
    expect(complaints).toEqual([]);
    expect(await page.title()).toBe('Change set idp-fix-1234 of app');
    expect(await page.locator('img').count()).toBe(0);
    await page.close();
  });

  it('shows every value before and after, filters and searches', async () => {
    const { page } = await open(browser, file);
    const shown = () => page.locator('.finding:not([hidden]) strong').allTextContents();
    const cells = page.locator('.finding', { hasText: 'app-Logs' }).locator('tbody :is(th, td)');
    expect(await cells.allTextContents()).toEqual(['/Properties/RetentionInDays', '30', '365']);
    await page.getByLabel('Kind').selectOption('replace');
    expect(await shown()).toEqual(['Role']);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('Remediation', { exact: true }).selectOption('two');
    expect(await shown()).toEqual(['Alarm']);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('Stack', { exact: true }).selectOption('Child');
    expect((await shown()).sort()).toEqual(['Alarm', 'Topic']);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('has contrast, names and landmarks in %s colors', async (scheme) => {
    const { page } = await open(browser, file, { scheme });
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.close();
  });

  it('fits a narrow screen', async () => {
    const { page } = await open(browser, file, { width: 400 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    await page.close();
  });
});
