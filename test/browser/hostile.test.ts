import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import type { PlanResult } from '../../src/plan/build.js';
import type { PlanDocument } from '../../src/plan/document.js';
import { htmlReport } from '../../src/report/html/report.js';
import { richPlan } from '../report/rich-plan.js';
import { planFile } from '../whole-runs/plan-file.js';
import { chromiumPath, launch, open } from './chromium.js';

const attacks = [
  '</script><img src=x onerror="document.title=\'owned\'">',
  '"><svg onload=document.title=`owned`>',
  "' onmouseover='document.title=1",
  '--><script>document.title="owned"</script>',
  '</style></title></pre></details><iframe src="javascript:alert(1)"></iframe>',
  '&lt;img src=x&gt; &#60;b&#62;',
  '\u2028\u2029\u202e\u0000\ud800${document.title}{{7*7}}',
];

const template = (attack: string) => `AWSTemplateFormatVersion: '2010-09-09'
Description: ${JSON.stringify(attack.replaceAll(/[\0\u2028\u2029\ud800]/g, ''))}
Resources:
  # ${attack.replaceAll(/[\0\u2028\u2029\ud800]/g, '')}
  Logs:
    # checkov:skip=CKV_AWS_158:${attack.replaceAll(/[\0\u2028\u2029\ud800]/g, '')}
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: ${JSON.stringify(attack.replaceAll(/[\0\u2028\u2029\ud800]/g, ''))}
      RetentionInDays: 1
`;

/** What the engine chooses from; nothing a template or a policy says gets there. */
const closed = new Set(
  [
    'format path verdict risk update status kind op handling state guideRisk type invocation class placement outcome before after'.split(
      ' ',
    ),
  ].flat(),
);

/** Every text of a plan with something behind it; the same text stays the same everywhere. */
function poisoned<T>(value: T, poison: string): T {
  const visit = (part: unknown, key: string): unknown => {
    if (typeof part === 'string') return closed.has(key) ? part : part + poison;
    if (Array.isArray(part)) return part.map((each) => visit(each, key));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, visit(each, name)]));
  };
  return visit(value, '') as T;
}

describe.skipIf(chromiumPath === undefined)('a review of hostile texts', () => {
  let folder = '';
  let browser: Browser;
  let plan: PlanResult;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-hostile-'));
    plan = await planFile(join(import.meta.dirname, '../../examples/document-pipeline/template.yaml'));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  const outline = async (plain: PlanDocument, poison: string, name: string) => {
    const file = join(folder, `${name}.html`);
    const poisonedPlan = {
      document: poisoned(plain, poison),
      files: plan.files.map((each) => ({
        ...each,
        path: each.path + poison,
        origins: each.origins.map((origin) => ({
          ...origin,
          patch: origin.patch + poison,
          finding: origin.finding
            .split(' ')
            .map((word) => word + poison)
            .join(' '),
        })),
      })),
      root: `template.yaml${poison}`,
      includeReview: false,
    };
    const units = remediations.map(({ id, title, why, guideRisk, sources, equivalents }) => ({
      id: id + poison,
      title: title + poison,
      why: why + poison,
      guideRisk,
      sources: sources.map((source) => source + poison),
      equivalents,
    }));
    const text = htmlReport([poisonedPlan], {
      remediations: units,
      today: '2026-01-01',
      columns: 80,
      color: false,
      verbose: false,
      outcome: { written: false, command: `idp-fix${poison}` },
    });
    writeFileSync(file, text);
    const { page, complaints } = await open(browser, file);
    const elements = await page.evaluate(() =>
      // How a value is quoted, and so colored and how many new lines it has in a diff, is another matter.
      [...document.querySelectorAll('*:not(.code i)')]
        .map((element) => `${element.tagName} ${element.getAttributeNames().join(' ')}`)
        .filter((name, index, all) => !name.startsWith('INS ') || name !== all[index - 1]),
    );
    const title = await page.title();
    await page.close();
    return { elements, complaints, title };
  };

  it.each(attacks.map((attack, index) => [JSON.stringify(attack), attack, index] as const))(
    '%s stays a text wherever a plan has one',
    async (_, attack, index) => {
      const benign = await outline(richPlan(plan.document), 'harmless', `benign-${index}`);
      const hostile = await outline(richPlan(plan.document), attack, `hostile-${index}`);
      expect(benign.elements.length).toBeGreaterThan(1000);
      expect(hostile.elements).toEqual(benign.elements);
      expect(hostile.complaints).toEqual([]);
      expect(hostile.title).toContain('Review of template.yaml');
    },
  );

  it.each(attacks.map((attack, index) => [JSON.stringify(attack), attack, index] as const))(
    '%s stays a text when a template, its comments and its name have it',
    async (_, attack, index) => {
      const name = `${attack.replaceAll(/[/\0\ud800]/g, '')}.yaml`;
      const path = join(folder, name);
      writeFileSync(path, template(attack));
      const result = await planFile(path);
      const file = join(folder, `own-${index}.html`);
      const text = htmlReport([{ ...result, root: name, includeReview: true }], {
        remediations,
        today: '2026-01-01',
        columns: 80,
        color: false,
        verbose: false,
        outcome: { written: true },
      });
      writeFileSync(file, text);
      const { page, complaints } = await open(browser, file);
      await page.locator('#unfold').click();
      expect(complaints).toEqual([]);
      expect(await page.locator('img, iframe, script:not(body > script:last-of-type)').count()).toBe(0);
      expect(await page.title()).not.toBe('owned');
      expect(await page.locator('.diff').textContent()).toContain('RetentionInDays');
      await page.close();
    },
  );
});
