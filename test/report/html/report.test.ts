import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { remediations } from '../../../remediations/index.js';
import { htmlReport } from '../../../src/report/html/report.js';
import { projectFolder, runInProcess } from '../../cli/run-in-process.js';
import { planFile } from '../../whole-runs/plan-file.js';
import { richPlan } from '../rich-plan.js';

const small = join(projectFolder, 'examples/small/template.yaml');
const pipeline = join(projectFolder, 'examples/document-pipeline/template.yaml');

describe('--format html', () => {
  let page = '';
  beforeAll(async () => {
    page = (await runInProcess([pipeline, '--format', 'html'])).data;
  });
  const between = (start: string, end: string) =>
    page.slice(page.indexOf(start) + start.length, page.indexOf(end));

  it('is the same each time', async () => {
    expect((await runInProcess([pipeline, '--format', 'html'])).data).toBe(page);
  });

  it('admits its own script and style by their hashes, and nothing else', () => {
    const script = between('<script>', '</script>');
    const style = between('<style>', '</style>');
    for (const text of [script, style]) {
      expect(text.length).toBeGreaterThan(1000);
      const hash = createHash('sha256').update(text).digest('base64');
      expect(page).toContain(`&#39;sha256-${hash}&#39;`);
    }
    expect(page).toContain('content="default-src &#39;none&#39;; ');
    expect(page.match(/<(?:script|style|link|iframe|img|object|base|form)\b/g)).toEqual([
      '<style',
      '<script',
    ]);
    expect(page).not.toMatch(/\s(?:style|on[a-z]+|src)="/);
    expect(style).not.toMatch(/url\(|@import/);
    expect(script).not.toMatch(/innerHTML|eval\(|fetch\(|XMLHttpRequest|import\(/);
  });

  it('gives every plan its own part where several roots are named', async () => {
    const { data } = await runInProcess([small, pipeline, '--format', 'html']);
    expect(data).toContain('<h1>Review of 2 root templates</h1>');
    const ids = [...data.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...data.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('shows what is decided, accepted and measured', async () => {
    const { data } = await runInProcess([
      pipeline,
      '--format',
      'html',
      '--policy',
      join(projectFolder, 'examples/filled.policy.yaml'),
      '--include',
      'review',
    ]);
    expect(data).toContain('Production checklist');
    expect(data).toContain('Reserved concurrency of what can be deployed together');
    expect(data).toContain('What it adds to the running cost');
    expect(data).not.toContain('Patches that need approval are not in it');
  });

  it('marks replacements, interruptions, broken budgets, skips and what has expired', async () => {
    const { document, files } = await planFile(pipeline);
    const text = htmlReport(
      [{ document: richPlan(document), files, root: 'template.yaml', includeReview: false }],
      {
        remediations,
        today: '2026-01-01',
        columns: 80,
        color: false,
        verbose: false,
        outcome: { written: false, command: 'idp-fix --apply template.yaml' },
      },
    );
    const marked = (kind: string, words: string) => `<span class="mark ${kind}">${words}</span>`;
    for (const each of [
      marked('replace', 'replaces'),
      marked('some-interruption', 'interrupts'),
      marked('blocked', 'never written'),
      marked('blocked', 'over the limit'),
      marked('blocked', 'expired'),
      marked('accepted', 'reported'),
      marked('accepted', 'in force'),
      marked('review', 'resource has changed'),
      marked('unknown', 'accepts nothing'),
      marked('unknown', 'known'),
    ])
      expect(text).toContain(each);
    expect(text).toContain('Line 3 tells checkov to skip CKV_AWS_1: “not yet”.');
    expect(text).toContain('Ada had accepted it until 2025-12-31: “until the move”.');
    expect(text).toMatch(
      /risks\.md<\/span><\/td>\s*<td data-label="owner">Grace<\/td><td data-label="since">2025-01-01<\/td><td data-label="until">2026-06-30</,
    );
    expect(text).toContain('“one stack alone in its account”');
    expect(text).toContain('the table and its data would be lost');
    expect(text).toContain('Beside the baseline: 2 new, 1 known, 0 gone.');
    expect(text).toContain('1 part not checked:');
    expect(text).toContain('Findings of other tools');
  });

  it('has the title and the commit it is given, and leads to lines there', async () => {
    const host = 'https://code.example.com/team/app/-/blob/0123456789abcdef0123456789abcdef01234567/';
    const flags = ['--format', 'html', '--title', 'Release <7>', '--source-url', host];
    const { data } = await runInProcess(['examples/small/template.yaml', ...flags]);
    expect(data).toContain('<title>Review of Release &lt;7&gt;</title>');
    expect(data).toContain(
      'commit <code>0123456789abcdef0123456789abcdef01234567</code> of code.example.com',
    );
    expect(data).toMatch(
      /<a class="place" href="https:\/\/code\.example\.com\/team\/app\/-\/blob\/[0-9a-f]+\/examples\/small\/template\.yaml#L\d+"/,
    );
    const wrong = async (...words: string[]) => (await runInProcess([small, ...words])).notes;
    expect(await wrong('--title', 'x')).toContain('--title only has a meaning with --format html');
    for (const address of ['blob/main', 'javascript:alert(1)'])
      expect(await wrong('--format', 'html', '--source-url', address)).toContain('is no address of the web');
  });

  it('leads nowhere that is not there', () => {
    const ids = new Set([...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.length).toBeGreaterThan(20);
    expect(targets.filter((id) => !ids.has(id))).toEqual([]);
  });
});
