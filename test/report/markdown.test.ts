import { join } from 'node:path';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { beforeAll, describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import type { PlanDocument } from '../../src/plan/document.js';
import {
  block,
  code,
  fitted,
  inComment,
  longestComment,
  markdownReport,
  text,
} from '../../src/report/markdown/markdown.js';
import type { ReportedPlan } from '../../src/report/report.js';
import { projectFolder, runInProcess } from '../cli/run-in-process.js';
import { planFile } from '../whole-runs/plan-file.js';
import { richPlan } from './rich-plan.js';

const pipeline = join(projectFolder, 'examples/document-pipeline/template.yaml');
const options = {
  remediations,
  today: '2026-01-01',
  columns: 80,
  color: false,
  verbose: false,
  outcome: { written: false, command: 'idp-fix --apply template.yaml' },
} as const;

describe('--format markdown', () => {
  let plan: ReportedPlan;
  beforeAll(async () => {
    const { document, files } = await planFile(pipeline);
    plan = { document: richPlan(document), files, root: 'template.yaml', includeReview: false };
  });

  it('names what it is about in the first line, and is the same each time', async () => {
    const { data } = await runInProcess([pipeline, '--format', 'markdown']);
    expect(data.split('\n')[0]).toMatch(/^<!-- idp-fix:review root=\S+ -->$/);
    expect((await runInProcess([pipeline, '--format', 'markdown'])).data).toBe(data);
    expect(data.match(/<details>/g)?.length).toBe(data.match(/<\/details>/g)?.length);
    expect(data).toContain('```diff\n--- a/template.yaml');
    expect(data).not.toContain('Left out');
  });

  it('says what could not be checked', () => {
    const comment = markdownReport([plan], options);
    expect(comment).toContain('**1 part could not be checked.**');
    expect(comment).toContain('- `template.yaml` Child: its template is not at hand');
  });

  it('has no line number in a heading or a summary', () => {
    const headings = markdownReport([plan], options).match(/^(?:#.*|<details><summary>.*)$/gm) ?? [];
    expect(headings.length).toBeGreaterThan(5);
    expect(headings.filter((heading) => /:\d|line \d/.test(heading))).toEqual([]);
  });

  it.each([2, 12, 300])('stays below the limit with %i plans, and says what is left out', (copies) => {
    const plans = Array.from({ length: copies }, (_, index) => ({
      ...plan,
      root: `stack-${index}/template.yaml`,
    }));
    const comment = markdownReport(plans, options);
    expect(comment.length).toBeLessThan(65_000);
    if (copies > 2) expect(comment).toMatch(/Left out for length: .*`--format html` has everything\.\n$/);
    expect(comment).toContain('stack-0/template.yaml');
    expect(comment.match(/<details>/g)?.length).toBe(comment.match(/<\/details>/g)?.length);
  });

  it('keeps what is worth most when a plan is far too long', () => {
    const [root, ...nested] = plan.document.stacks;
    if (root === undefined) throw new Error('the example has a root');
    const findings = Array.from({ length: 4_000 }, (_, index) => ({
      remediation: 'log-retention',
      logicalId: `Logs${index}`,
      resourceType: 'AWS::Logs::LogGroup',
      line: index,
      verdict: 'manual' as const,
      severity: 'high' as const,
      because: `reason ${index}`,
      current: null,
      target: null,
      patch: null,
      suppression: null,
      fingerprint: String(index),
      resourceFingerprint: '',
      known: false,
      basis: 'stated' as const,
      expiredDeviation: null,
      decidedBy: [],
    }));
    const document: PlanDocument = { ...plan.document, stacks: [{ ...root, findings }, ...nested] };
    const comment = markdownReport([{ ...plan, document }], options);
    expect(comment.length).toBeLessThanOrEqual(longestComment);
    expect(comment).toContain('Production checklist');
    expect(comment).toMatch(/Left out for length: \d+ of 40\d\d in `log-retention`/);
    expect(comment).toContain('the diff of `template.yaml`');
    expect(comment).not.toContain('```diff');
  });

  it.each([
    'a|b `c` **d** <img src=x onerror=alert(1)> [x](https://evil.example) ![i](x) ~~s~~ $m$',
    'www.evil.example https://evil.example mail@evil.example',
    '\n# heading\n- list\n```\nfence\n---\n/close\n| a | b |\n|---|---|\n',
    '``` `` ` ` ``',
    '--> </details></summary><!-- ',
    '\\',
  ])('shows %j as a text wherever a plan has one', (attack) => {
    const shown = (poison: string) => {
      const comment = markdownReport([poisoned(plan, poison)], options);
      expect(comment).not.toContain('Left out');
      return micromark(comment, {
        allowDangerousHtml: true,
        extensions: [gfm()],
        htmlExtensions: [gfmHtml()],
      });
    };
    const tags = (html: string) => html.match(/<\/?[a-z][a-z0-9]*|<!--/gi);
    expect(tags(shown(attack))).toEqual(tags(shown('harmless')));
  });

  it('calls nobody and refers to no issue', () => {
    const comment = markdownReport([poisoned(plan, ' @everyone fixes #12 ')], options);
    const read = micromark(comment, {
      allowDangerousHtml: true,
      extensions: [gfm()],
      htmlExtensions: [gfmHtml()],
    });
    // In code neither means anything.
    const prose = read.replaceAll(/<code[\s\S]*?<\/code>/g, '').replaceAll(/<!--.*?-->/g, '');
    expect(prose).toContain('everyone');
    expect(prose).not.toMatch(/@everyone|#12/);
  });
});

/** A plan with something behind every text that a template or a policy can have a say in. */
function poisoned(plan: ReportedPlan, poison: string): ReportedPlan {
  const open = new Set([
    'because',
    'reason',
    'owner',
    'what',
    'check',
    'evidence',
    'logicalId',
    'notes',
    'label',
    'detail',
    'name',
    'riskBecause',
    'title',
  ]);
  const visit = (part: unknown, key: string): unknown => {
    if (typeof part === 'string') return open.has(key) ? part + poison : part;
    if (Array.isArray(part)) return part.map((each) => visit(each, key));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, visit(each, name)]));
  };
  return {
    ...plan,
    document: visit(plan.document, '') as PlanDocument,
    root: `template.yaml${poison}`,
    files: plan.files.slice(0, 1).map((file) => ({ ...file, text: `${file.text}\n# ${poison}\n` })),
  };
}

describe('escaping for Markdown', () => {
  it('keeps code in its fence, whatever it holds', () => {
    expect(code('plain')).toBe('`plain`');
    expect(code('a`b``c')).toBe('``` a`b``c ```');
    expect(code('a|b')).toBe('`a\\|b`');
    expect(code('')).toBe('`  `');
    expect(block('diff', 'x\n```\n````\n')).toBe('`````diff\nx\n```\n````\n`````');
  });

  it('puts every text on one line without markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const shown = text(value);
        expect(shown).not.toMatch(/[<>\n\r]/);
        expect(shown.replaceAll(/\\./g, '')).not.toMatch(/[`*_[\]|~$]/);
        expect(inComment(value)).not.toMatch(/[-<>\s]/);
      }),
    );
  });
});

describe('fitted', () => {
  const part = (name: string, rows: number, size: number) => ({
    name,
    head: `${name}:`,
    rows: Array.from({ length: rows }, () => 'x'.repeat(size)),
    foot: ';',
  });

  it('shortens what does not fit, passes over what cannot be shortened, and says both', () => {
    const all = fitted([part('a', 2, 10), part('b', 100, 50), part('c', 1, 900), part('d', 1, 5)], 2_700);
    expect(all.startsWith(`a:${'x'.repeat(20)};b:`)).toBe(true);
    expect(all).toContain('d:xxxxx;');
    expect(all).toMatch(/Left out for length: \d+ of 100 in b, c\./);
    expect(all.length).toBeLessThanOrEqual(2_700);
  });

  it('leaves nothing out when there is room', () => {
    expect(fitted([part('a', 2, 10)], 5_000)).toBe(`a:${'x'.repeat(20)};`);
  });
});
