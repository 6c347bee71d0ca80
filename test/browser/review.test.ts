import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding, PlanDocument } from '../../src/plan/document.js';
import { projectFolder, runInProcess } from '../cli/run-in-process.js';
import { accessibilityProblems, chromiumPath, launch, open } from './chromium.js';

const templates = [
  {
    name: 'the accelerator',
    path: join(projectFolder, '..', 'shared', 'data', 'idp-v0.3.4', 'template.yaml'),
  },
  { name: 'the document pipeline', path: join(projectFolder, 'examples/document-pipeline/template.yaml') },
] as const;

describe.skipIf(chromiumPath === undefined).each(templates)('the review of $name', ({ path }) => {
  describe.skipIf(!existsSync(path))(`made of ${path}`, () => {
    let folder = '';
    let file = '';
    let browser: Browser;
    let plan: PlanDocument;
    const findings = () => plan.stacks.flatMap((stack) => stack.findings);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'idp-fix-review-'));
      file = join(folder, 'review.html');
      await runInProcess([path, '--format', 'html', '--output', file]);
      plan = JSON.parse((await runInProcess([path, '--format', 'json'])).data);
      browser = await launch();
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true });
    });

    const shown = (page: Page) => page.locator('.finding:not([hidden])').count();

    it('asks for nothing, and neither breaks its own policy nor complains', async () => {
      const { page, complaints } = await open(browser, file);
      await page.locator('#unfold').click();
      expect(complaints).toEqual([]);
      const allowed = await page.evaluate(() => {
        const script = document.createElement('script');
        script.id = 'foreign';
        return new Promise<string>((resolve) => {
          document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
            resolve(violatedDirective),
          );
          document.body.setAttribute('style', 'color: red');
        });
      });
      expect(allowed).toBe('style-src-attr');
      await page.close();
    });

    it('shows every finding, every template and every checklist item', async () => {
      const { page } = await open(browser, file);
      expect(await shown(page)).toBe(findings().length);
      expect(await page.locator('.stack > :is(h3, h4)').allTextContents()).toEqual(
        plan.stacks.map(({ template }) => template),
      );
      expect(await page.locator('.checklist tbody tr').count()).toBe(plan.checklist.length);
      expect(await page.locator('.steps ol > li').count()).toBe(plan.steps.length);
      expect(await page.locator('.figure tbody tr').count()).toBeGreaterThanOrEqual(
        plan.figures.flatMap(({ rows }) => rows).length,
      );
      await page.close();
    });

    it('filters by verdict, remediation and stack, searches, and says how many are left', async () => {
      const { page } = await open(browser, file);
      // What no answer in the policy settles.
      const isManual = ({ verdict, decidedBy }: Finding) => verdict === 'manual' && decidedBy.length === 0;
      const [sample] = findings().filter(isManual);
      await page.getByLabel('Verdict').selectOption('manual');
      expect(await shown(page)).toBe(findings().filter(isManual).length);
      await page.getByLabel('Remediation', { exact: true }).selectOption(sample?.remediation ?? '');
      const both = findings().filter((each) => isManual(each) && each.remediation === sample?.remediation);
      expect(await shown(page)).toBe(both.length);
      await page.getByLabel('Stack', { exact: true }).selectOption({ index: 1 });
      const inRoot = plan.stacks[0]?.findings.filter((finding) => both.includes(finding)) ?? [];
      expect(await shown(page)).toBe(inRoot.length);
      expect(await page.getByRole('status').textContent()).toBe(
        `${inRoot.length} of ${findings().length} findings`,
      );
      await page.getByRole('button', { name: 'Clear' }).click();
      const named = findings().find(({ logicalId }) => logicalId !== '')?.logicalId ?? '';
      await page.getByLabel('Search', { exact: true }).fill(named.toUpperCase());
      expect(await shown(page)).toBeGreaterThan(0);
      expect(await shown(page)).toBeLessThan(findings().length);
      for (const text of await page.locator('.finding:not([hidden])').allTextContents())
        expect(text.toLowerCase()).toContain(named.toLowerCase());
      expect(await page.locator('.finding:not([hidden])').first().isVisible()).toBe(true);
      const marked = await page.evaluate(() =>
        [...(CSS.highlights.get('found') ?? [])].map((range) =>
          range instanceof Range ? range.toString().toLowerCase() : '',
        ),
      );
      expect(new Set(marked)).toEqual(new Set([named.toLowerCase()]));
      await page.getByLabel('Search', { exact: true }).press('Escape');
      expect(await shown(page)).toBe(findings().length);
      await page.close();
    });

    it('leads from a number of the summary to the findings it counts', async () => {
      const { page } = await open(browser, file);
      const link = page.locator('.matrix a').first();
      const count = Number(await link.textContent());
      await link.click();
      expect(await shown(page)).toBe(count);
      expect(await page.getByRole('status').textContent()).toBe(`${count} of ${findings().length} findings`);
      await page.close();
    });

    it('folds and unfolds, by hand and all at once, and puts back what a search has unfolded', async () => {
      const { page } = await open(browser, file);
      const isOpen = () =>
        page.locator('details').evaluateAll((all) => all.map((each) => each.hasAttribute('open')));
      await page.getByRole('button', { name: 'Fold all', exact: true }).click();
      expect(await isOpen()).not.toContain(true);
      const group = page.locator('.group').first();
      await group.locator('> summary').click();
      expect(await group.locator('.finding').first().isVisible()).toBe(true);
      const before = await isOpen();
      await page.getByLabel('Search', { exact: true }).fill('e');
      expect(await isOpen()).not.toEqual(before);
      await page.getByLabel('Search', { exact: true }).fill('');
      expect(await isOpen()).toEqual(before);
      await page.getByRole('button', { name: 'Unfold all' }).click();
      expect(await isOpen()).not.toContain(false);
      expect(await page.locator('.diff ins').first().isVisible()).toBe(true);
      await page.close();
    });

    it('is worked by the keyboard alone', async () => {
      const { page } = await open(browser, file);
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('query');
      await page.keyboard.type('logs');
      expect(await shown(page)).toBeLessThan(findings().length);
      await page.keyboard.press('Escape');
      expect(await shown(page)).toBe(findings().length);
      const outline = await page.evaluate(
        () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
      );
      expect(outline).toBe('solid');
      // Everything that takes the focus gives it on again, down to the end of the page.
      const reached: string[] = [];
      await page.getByRole('button', { name: 'Fold all', exact: true }).click();
      for (let step = 0; step < 400; step++) {
        await page.keyboard.press('Tab');
        const name = await page.evaluate(() => document.activeElement?.tagName ?? 'BODY');
        if (name === 'BODY') break;
        reached.push(name);
      }
      expect(reached).toContain('SUMMARY');
      expect(reached.at(-1)).toBe('BUTTON');
      expect(reached.length).toBeLessThan(400);
      const group = page.locator('.group > summary').first();
      await group.focus();
      await page.keyboard.press('Enter');
      expect(await page.locator('.group').first().getAttribute('open')).not.toBeNull();
      await page.close();
    });

    it.each(['light', 'dark'] as const)('has contrast, names and landmarks in %s colors', async (scheme) => {
      const { page } = await open(browser, file, { scheme });
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.locator('.group > summary').first().click();
      await page.locator('.stack > .diff > summary').first().click();
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.close();
    });

    it('fits a narrow screen', async () => {
      const { page } = await open(browser, file, { width: 400 });
      await page.locator('#unfold').click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
      await page.close();
    });

    it('prints what needs somebody unfolded, and nothing that only works on a screen', async () => {
      const { page } = await open(browser, file);
      await page.emulateMedia({ media: 'print' });
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
      expect(await page.locator('.toolbar').isVisible()).toBe(false);
      const unfolded = page.locator('.body > .findings > .finding');
      expect(await unfolded.first().isVisible()).toBe(true);
      expect(await unfolded.last().isVisible()).toBe(true);
      expect(await page.locator('.diff ins').last().isVisible()).toBe(true);
      await page.evaluate(() => dispatchEvent(new Event('afterprint')));
      expect(await page.locator('details[open]').count()).toBeLessThan(await page.locator('details').count());
      await page.close();
    });

    it('can be read without its script', async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(`file://${file}`);
      expect(await page.locator('.toolbar').isVisible()).toBe(false);
      expect(await page.locator('.finding').count()).toBe(findings().length);
      await context.close();
    });
  });
});
