import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { htmlReport } from '../../src/report/html/report.js';
import { projectFolder } from '../cli/run-in-process.js';
import { richPlan } from '../report/rich-plan.js';
import { planFile } from '../whole-runs/plan-file.js';
import { accessibilityProblems, chromiumPath, launch, open } from './chromium.js';

describe.skipIf(chromiumPath === undefined)('the review of several roots with everything in them', () => {
  let folder = '';
  let file = '';
  let browser: Browser;
  let findings = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-rich-'));
    file = join(folder, 'review.html');
    const plans = await Promise.all(
      ['document-pipeline', 'small'].map(async (name) => {
        const root = join('examples', name, 'template.yaml');
        const { document, files } = await planFile(join(projectFolder, root));
        return { document: richPlan(document), files, root, includeReview: false };
      }),
    );
    findings = plans.flatMap(({ document }) => document.stacks.flatMap((stack) => stack.findings)).length;
    const text = htmlReport(plans, {
      remediations,
      today: '2026-01-01',
      columns: 80,
      color: false,
      verbose: false,
      outcome: { written: false, command: 'idp-fix --apply examples' },
    });
    writeFileSync(file, text);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  it.each(['light', 'dark'] as const)('has contrast, names and landmarks in %s colors', async (scheme) => {
    const { page, complaints } = await open(browser, file, { scheme });
    await page.locator('#unfold').click();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('fits a narrow screen', async () => {
    const { page } = await open(browser, file, { width: 400 });
    await page.locator('#unfold').click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    await page.close();
  });

  it('filters over all roots, and tells their stacks apart', async () => {
    const { page } = await open(browser, file);
    const shown = () => page.locator('.finding:not([hidden])').count();
    expect(await shown()).toBe(findings);
    await page.getByLabel('Verdict').selectOption('blocked');
    expect(await page.locator('.finding:not([hidden]) strong').allTextContents()).toEqual([
      'KeptTable',
      'KeptTable',
    ]);
    await page
      .getByLabel('Stack', { exact: true })
      .selectOption({ label: 'examples/small/template.yaml: template.yaml' });
    expect(await shown()).toBe(1);
    await page.close();
  });

  it('leads from what waits for a person to the finding, and unfolds it', async () => {
    const { page } = await open(browser, file);
    await page.locator('#fold').click();
    const link = page.locator('.decisions li a').first();
    const id = (await link.getAttribute('href')) ?? '';
    await link.click();
    expect(await page.locator(`[id="${id.slice(1)}"]`).isVisible()).toBe(true);
    await page.close();
  });
});
