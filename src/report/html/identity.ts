import { createHash } from 'node:crypto';
import { readDocument } from '../../document/read.js';
import { isMap, type Value } from '../../document/value.js';
import type { Figure, FigureRow } from '../../plan/document.js';
import { limits } from '../../template/limits.js';
import { count, shorten } from '../words.js';
import { type Chapter, mark } from './chapter.js';
import { html, type Markup } from './page.js';

/** Twelve hex digits of what is reviewed: the same templates, policy and version of idp-fix have the same. */
export function identityOf(chapters: readonly Chapter[]): string {
  const said = chapters.map(({ plan: { document, root, includeReview } }) => [
    root,
    includeReview,
    document.tool.version,
    document.policy.sha256,
    document.stacks.map(({ template, sha256, patchedSha256 }) => [template, sha256, patchedSha256]),
  ]);
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 12);
}

const longestDescription = 300;

/** What a root template says of itself. */
export function descriptionOf({ plan }: Chapter): string {
  const value = plan.files[0]?.document.value;
  const said = isMap(value) ? value.Description : undefined;
  return typeof said === 'string' ? shorten(said.trim(), longestDescription) : '';
}

/** What is reviewed, with the hashes that say it is this and nothing else. */
export function identityPart(chapters: readonly Chapter[]): Markup {
  const [first] = chapters;
  const tool = first?.plan.document.tool;
  const source = first?.options.sourceUrl;
  const stacks = chapters.flatMap(({ plan, prefix }) =>
    plan.document.stacks.map((stack) => ({
      ...stack,
      shown: prefix === '' ? stack.template : `${plan.root}: ${stack.template}`,
    })),
  );
  const policies = new Map(
    chapters.map(({ plan: { document } }) => [document.policy.sha256, document.policy]),
  );
  return html`<details class="identity"><summary>Review <code>${identityOf(chapters)}</code>: ${count(stacks.length, 'template')}, policy ${[...policies.values()].map(({ name }) => name).join(', ')}, ${tool !== undefined && `${tool.name} ${tool.version}`}${source !== undefined && html`, ${sourceText(source)}`}</summary>
    <table><caption class="hidden">What is reviewed</caption>
    <thead><tr><th scope="col">File</th><th scope="col">SHA-256</th></tr></thead>
    <tbody>${stacks.map(({ shown, sha256 }) => html`<tr><th scope="row">${shown}</th><td><code class="hash">${sha256}</code></td></tr>`)}
    ${[...policies.values()].map(({ name, source: from, sha256 }) => html`<tr><th scope="row">policy ${name} <span class="soft">${from}</span></th><td><code class="hash">${sha256}</code></td></tr>`)}
    </tbody></table>
    </details>`;
}

/** The commit, where an address names one. */
function sourceText(address: string): Markup {
  const commit = /\/([0-9a-f]{7,64})(?=\/|$)/.exec(address)?.[1];
  return commit === undefined
    ? html`from ${address}`
    : html`commit <code>${commit}</code> of ${new URL(address).host}`;
}

/** What has a limit, and how much of it the patched templates use. */
interface Budget {
  readonly what: string;
  readonly used: number;
  readonly before: number;
  readonly limit: number;
}

/** Of a limit, from which on it is worth a warning. */
const nearPercent = 80;

/** Limits that are nearly or wholly used, the worst first; nothing where there is room everywhere. */
export function budgetsPart(chapters: readonly Chapter[]): Markup | undefined {
  const near = chapters
    .flatMap((chapter) => [...templateBudgets(chapter), ...figureBudgets(chapter)])
    .filter(({ used, limit }) => used * 100 >= limit * nearPercent)
    .sort((left, right) => right.used / right.limit - left.used / left.limit);
  if (near.length === 0) return undefined;
  return html`<ul class="budgets" aria-label="Limits that are nearly used up">${near.map(budgetItem)}</ul>`;
}

function budgetItem({ what, used, before, limit }: Budget): Markup {
  const state =
    used > limit
      ? mark('blocked', 'over the limit')
      : used === limit
        ? mark('blocked', 'full')
        : mark('review', 'nearly full');
  return html`<li>${state} <strong>${used.toLocaleString('en-US')} of ${limit.toLocaleString('en-US')}</strong> ${what}${before !== used && html` <span class="soft">${before.toLocaleString('en-US')} before</span>`}</li>`;
}

function templateBudgets({ plan, prefix }: Chapter): readonly Budget[] {
  return plan.document.stacks.flatMap(({ template, resources, resourcesAfterTransform }) => {
    const file = plan.files.find(({ path }) => path === template);
    if (file === undefined) return [];
    const where = `in ${prefix === '' ? template : `${plan.root}: ${template}`}`;
    const { source, value } = file.document;
    const after = file.changed ? readDocument({ ...source, text: file.text }).value : value;
    const sections = (['parameters', 'outputs', 'mappings'] as const).map((section) => {
      const key = `${section.charAt(0).toUpperCase()}${section.slice(1)}`;
      return {
        what: `${section} ${where}`,
        before: sizeOf(value, key),
        used: sizeOf(after, key),
        limit: limits[section],
      };
    });
    return [
      {
        what: `resources ${where}`,
        before: resources,
        used: resourcesAfterTransform,
        limit: limits.resources,
      },
      {
        what: `bytes ${where}`,
        before: Buffer.byteLength(source.text),
        used: Buffer.byteLength(file.text),
        limit: limits.templateBytes,
      },
      ...sections,
    ];
  });
}

function sizeOf(value: Value, section: string): number {
  const found = isMap(value) ? value[section] : undefined;
  return isMap(found) ? Object.keys(found).length : 0;
}

function figureBudgets({ plan, prefix }: Chapter): readonly Budget[] {
  return plan.document.figures.flatMap(({ limit, rows, unit, title }: Figure) =>
    limit === null
      ? []
      : rows.flatMap(({ label, before, after }: FigureRow) =>
          typeof after === 'number'
            ? [
                {
                  what: `${unit}: ${title}, ${label}${prefix === '' ? '' : ` (${plan.root})`}`,
                  before: typeof before === 'number' ? before : 0,
                  used: after,
                  limit: limit.amount,
                },
              ]
            : [],
        ),
  );
}
