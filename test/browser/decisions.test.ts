import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../src/plan/document.js';
import { projectFolder, runInProcess } from '../cli/run-in-process.js';
import { accessibilityProblems, chromiumPath, launch, open } from './chromium.js';

const template = join(projectFolder, 'examples/document-pipeline/template.yaml');

describe.skipIf(chromiumPath === undefined)('a reviewer at work', () => {
  let folder = '';
  let file = '';
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-decisions-'));
    file = join(folder, 'review.html');
    await runInProcess([template, '--format', 'html', '--output', file]);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  const shown = (page: Page) => page.locator('.finding:not([hidden])');

  it('goes from every finding that is written to its hunks, and from every hunk to its findings', async () => {
    const { page, complaints } = await open(browser, file);
    const lost = await page
      .locator('.finding:is([data-status="written"], [data-status="review"]):not([data-hunk])')
      .count();
    expect(lost).toBe(0);
    const finding = page.locator('.finding[data-remediation="lambda-environment-encryption"]').first();
    const name = (await finding.locator('strong').textContent()) ?? '';
    const link = finding.locator('a.to-hunk').first();
    const hunk = page.locator(`[id="${(await link.getAttribute('href'))?.slice(1)}"]`);
    await page.locator('#unfold').click();
    await page.locator('#fold').click();
    await finding.evaluate((element) => element.closest('details')?.setAttribute('open', ''));
    await link.click();
    await expect.poll(() => hunk.locator('ins').first().isVisible()).toBe(true);
    expect(await hunk.locator('ins.chosen').count()).toBeGreaterThan(0);
    // The property itself, and the permission that comes with it elsewhere.
    const chosen = (await page.locator('ins.chosen').allTextContents()).join('');
    for (const part of ['KmsKeyArn', 'kms:Decrypt']) expect(chosen).toContain(part);
    // And back.
    await page.locator('#fold').click();
    await hunk.evaluate((element) => element.closest('details')?.setAttribute('open', ''));
    await hunk.getByRole('link', { name, exact: true }).first().click();
    await expect.poll(() => page.locator('.finding.chosen strong').first().isVisible()).toBe(true);
    expect(await page.locator('.finding.chosen strong').first().textContent()).toBe(name);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('names for each changed line the findings it is for', async () => {
    const { page } = await open(browser, file);
    const unnamed = await page
      .locator('.hunk')
      .evaluateAll((hunks) =>
        hunks
          .filter((hunk) => hunk.querySelector('.for a') === null)
          .map((hunk) => hunk.querySelector('pre')?.textContent),
      );
    expect(unnamed).toEqual([]);
    // The retention of a log group belongs to one remediation, its key in the same hunk to another.
    const lines = await page.locator('.hunk ins').evaluateAll((all) =>
      all.map((line) => {
        const by = line.getAttribute('data-by') ?? line.closest('.hunk')?.getAttribute('data-by') ?? '';
        const owners = by
          .split(' ')
          .map((n) => document.querySelector(`.finding[data-n="${n}"]`)?.getAttribute('data-remediation'));
        return { text: (line.textContent ?? '').slice(1).trim(), owners };
      }),
    );
    const ownersOf = (text: RegExp) =>
      new Set(lines.filter((line) => text.test(line.text)).flatMap(({ owners }) => owners));
    expect(ownersOf(/^RetentionInDays: 365/)).toContain('log-retention');
    expect(ownersOf(/^DeadLetterConfig:/)).toEqual(new Set(['failed-event-destinations']));
    await page.close();
  });

  it('shares what is looked for in the address, and finds it again', async () => {
    const { page } = await open(browser, file);
    await page.getByLabel('Verdict').selectOption('review');
    await page.getByLabel('Search', { exact: true }).fill('log group');
    const count = await shown(page).count();
    expect(count).toBeGreaterThan(0);
    const hash = await page.evaluate(() => location.hash);
    expect(hash).toContain('status=review');
    await page.close();
    const again = await open(browser, file);
    await again.page.goto(`file://${file}${hash}`);
    await again.page.reload();
    expect(await again.page.getByLabel('Verdict').inputValue()).toBe('review');
    expect(await again.page.getByLabel('Search', { exact: true }).inputValue()).toBe('log group');
    expect(await shown(again.page).count()).toBe(count);
    // A link inside the page keeps it, a number of the summary replaces it, and clearing takes it away.
    await again.page.locator('nav.contents a', { hasText: 'checklist' }).click();
    await expect.poll(() => again.page.evaluate(() => location.hash)).toMatch(/^#checklist\?.*status=review/);
    const number = again.page.locator('.matrix a').first();
    await number.click();
    expect(await shown(again.page).count()).toBe(Number(await number.textContent()));
    await expect.poll(() => again.page.evaluate(() => location.hash)).not.toContain('q=');
    await again.page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => again.page.evaluate(() => location.hash)).toBe('');
    expect(again.complaints).toEqual([]);
    await again.page.close();
  });

  it('marks, decides and notes; it stays, can be filtered by, and is left alone by --apply', async () => {
    const context = await browser.newContext({ acceptDownloads: true });
    const page = await context.newPage();
    await page.goto(`file://${file}`);
    await page.locator('#unfold').click();
    const written = page.locator('.finding[data-status="written"]');
    const ids = await written.evaluateAll((all) => all.map(({ id }) => id));
    const [first = '', second = '', third = ''] = ids;
    const of = (id: string) => page.locator(`[id="${id}"]`);
    await of(first).getByLabel('decision').selectOption('rejected');
    await of(first).getByLabel('note').fill('not before the audit');
    await of(first).getByLabel('note').press('Tab');
    await of(second).getByLabel('decision').selectOption('approved');
    await of(third).getByLabel('viewed').check();
    const tally = page.locator('.your-review .tally');
    expect(await tally.textContent()).toMatch(/^3 of \d+ viewed, 1 approved, 1 rejected, 0 to discuss\.$/);
    await page.reload();
    expect(await tally.textContent()).toMatch(/^3 of \d+ viewed, 1 approved, 1 rejected, 0 to discuss\.$/);
    await page.getByLabel('Your decision', { exact: true }).selectOption('rejected');
    expect(await shown(page).count()).toBe(1);
    expect(await of(first).getByLabel('note').inputValue()).toBe('not before the audit');

    const saved = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      const path = join(folder, download.suggestedFilename());
      await download.saveAs(path);
      return path;
    };
    const json = JSON.parse(readFileSync(await saved('JSON'), 'utf8'));
    expect(json.findings).toHaveLength(3);
    const plan: PlanDocument = JSON.parse((await runInProcess([template, '--format', 'json'])).data);
    const known = plan.stacks.flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint));
    for (const { fingerprint } of json.findings) expect(known).toContain(fingerprint);
    expect(readFileSync(await saved('Markdown'), 'utf8')).toContain('not before the audit');
    const policy = await saved('Policy (YAML)');
    const after: PlanDocument = JSON.parse(
      (await runInProcess([template, '--format', 'json', '--policy', policy])).data,
    );
    const verdicts = new Map(
      after.stacks.flatMap(({ findings }) => findings.map((each) => [each.fingerprint, each] as const)),
    );
    expect(verdicts.get(first.replace('finding-', ''))).toMatchObject({ verdict: 'manual', patch: null });
    expect(verdicts.get(second.replace('finding-', ''))?.verdict).toBe('fixable');

    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Delete all marks' }).click();
    expect(await tally.textContent()).toContain('0 of ');

    // Another reviewer, who has decided something already, opens them.
    const opened = page.locator('.your-review .opened');
    const open = async (text: string) => {
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.getByRole('button', { name: 'Open JSON…' }).click(),
      ]);
      const buffer = Buffer.from(text);
      await chooser.setFiles({ name: 'decisions.json', mimeType: 'application/json', buffer });
    };
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.locator('#unfold').click();
    await of(second).getByLabel('decision').selectOption('discuss');
    await open(JSON.stringify(json));
    await expect
      .poll(() => opened.textContent())
      .toBe('2 of 3 were taken in. 1 differ from your own decisions, which stay.');
    expect(await tally.textContent()).toMatch(/, 0 approved, 1 rejected, 1 to discuss\.$/);
    expect(await of(first).getByLabel('note').inputValue()).toBe('not before the audit');
    // Of another plan: what is no longer there is stale, and an approval does not count.
    await page.getByRole('button', { name: 'Delete all marks' }).click();
    const [one, two, three] = json.findings;
    const others = [{ ...one, note: 'x\u202e\u0000<img src=x>' }, two, { ...three, fingerprint: 'gone' }];
    await open(JSON.stringify({ ...json, identity: 'other</p><script>', findings: others }));
    await expect
      .poll(() => opened.textContent())
      .toBe(
        'The file is about another plan (other</p><script>). 1 of 3 were taken in. 1 are stale: their findings are not in this plan. 1 approvals of the other plan do not count for this one.',
      );
    expect(await of(first).getByLabel('note').inputValue()).toBe('x <img src=x>');
    for (const text of ['x', '[]', '{"format":"idp-fix/decisions","version":2}', '{"__proto__":{"a":1}}']) {
      await open(text);
      await expect.poll(() => opened.textContent()).toContain('no file of decisions');
    }
    expect(await tally.textContent()).toMatch(/, 0 approved, 1 rejected, 0 to discuss\.$/);
    await context.close();
  });

  it('takes in a file that is dropped on it, and exports no credential of the template', async () => {
    const secret = join(folder, 'secret.yaml');
    writeFileSync(
      secret,
      'Resources:\n  Database: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, MasterUserPassword: canary}}\n',
    );
    const review = join(folder, 'secret.html');
    await runInProcess([secret, '--format', 'html', '--output', review]);
    const context = await browser.newContext({ acceptDownloads: true });
    const page = await context.newPage();
    await page.goto(`file://${review}`);
    await page.getByLabel('Remediation', { exact: true }).selectOption('secrets-in-configuration');
    await page.getByRole('button', { name: 'To discuss', exact: true }).click();
    const tally = page.locator('.your-review .tally');
    expect(await tally.textContent()).toContain('1 to discuss');
    const saved: string[] = [];
    for (const name of ['JSON', 'Markdown', 'Policy (YAML)']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      saved.push(readFileSync(await download.path(), 'utf8'));
    }
    expect(saved[1]).toContain('Database');
    expect(saved.join('\n')).not.toContain('canary');

    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Delete all marks' }).click();
    expect(await tally.textContent()).toContain('0 to discuss');
    const dataTransfer = await page.evaluateHandle((text) => {
      const dragged = new DataTransfer();
      dragged.items.add(new File([text], 'decisions.json'));
      return dragged;
    }, saved[0] ?? '');
    await page.locator('.your-review').dispatchEvent('drop', { dataTransfer });
    await expect.poll(() => page.locator('.your-review .opened').textContent()).toContain('1 of 1');
    expect(await tally.textContent()).toContain('1 to discuss');
    await context.close();
  });

  it('marks everything that is shown at once', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`file://${file}`);
    await page.getByLabel('Verdict').selectOption('manual');
    const count = await shown(page).count();
    await page.getByRole('button', { name: 'To discuss', exact: true }).click();
    expect(await page.locator('.your-review .tally').textContent()).toContain(`${count} to discuss`);
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await page.locator('.finding[data-mark$="discuss"]').count()).toBe(count);
    await context.close();
  });

  it('says what was reviewed, and gives a patch that waits for approval a diff of its own', async () => {
    const { page } = await open(browser, file);
    await page.locator('.identity > summary').click();
    const text = (await page.locator('.identity').textContent()) ?? '';
    const plan: PlanDocument = JSON.parse((await runInProcess([template, '--format', 'json'])).data);
    for (const { sha256 } of plan.stacks) expect(text).toContain(sha256);
    expect(text).toContain(plan.policy.sha256);
    const waiting = plan.stacks.flatMap(({ patches }) => patches.filter(({ risk }) => risk === 'review'));
    expect(await page.locator('.patch .diff').count()).toBe(
      waiting.filter(({ operations }) => operations.length > 0).length,
    );
    await page.close();
  });

  it('prints the summary alone', async () => {
    const { page } = await open(browser, file);
    const pagesOf = async () =>
      (await page.pdf()).toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    const all = await pagesOf();
    await page.evaluate(() => {
      window.print = () => undefined;
    });
    await page.getByRole('button', { name: 'Print summary' }).click();
    const brief = await pagesOf();
    expect(brief).toBeGreaterThan(0);
    expect(brief).toBeLessThan(all);
    await page.close();
  });

  it.each([390, 1280])(
    'has nothing in the way of anybody at %i pixels with everything unfolded',
    async (width) => {
      const { page } = await open(browser, file, { width });
      await page.locator('#unfold').click();
      await expect.poll(() => page.locator('.marks').count()).toBeGreaterThan(10);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.close();
    },
  );
});
