import { createHash } from 'node:crypto';
import { readDocument } from '../../document/read.js';
import { isMap, type Value } from '../../document/value.js';
import type { Figure, FigureRow } from '../../plan/document.js';
import { limits } from '../../template/limits.js';
import { severities } from '../group.js';
import { nameOfStatus, type Report } from '../report.js';
import { count, shorten } from '../words.js';
import { checklistSection, deviationsSection, stepsSection } from './checklist.js';
import { decisionsSection, markForm, yourReview } from './decisions.js';
import { foreignSection } from './findings.js';
import { heading, html, type Markup, page } from './page.js';
import { findingsOf, mark, type ShownPlan, section, shownPlan, statuses } from './shown-plan.js';
import { headline, stacksSection, summarySection, toolbar } from './summary.js';

/** Plans as one document for a reviewer: a page that is complete in one file and works without a network. */
export const htmlReport: Report = (plans, options) => {
  const [first, ...others] = plans;
  if (others.length === 0 && first !== undefined) {
    const shown = shownPlan(first, options, '', 2);
    const title = options.title ?? first.root;
    const top = html`<h1>${title}</h1>${options.title !== undefined && html`<p class="soft">${first.root}</p>`}${lead(shown)}`;
    return reviewPage([shown], `Review of ${title}`, top);
  }
  const shown = plans.map((plan, index) => shownPlan(plan, options, `plan-${index + 1}-`, 3));
  const title = options.title ?? `Review of ${count(plans.length, 'root template')}`;
  return reviewPage(shown, title, html`<h1>${title}</h1>`);
};

function reviewPage(plans: readonly ShownPlan[], title: string, top: Markup): string {
  const [first] = plans;
  const isOne = plans.length === 1;
  const sections = plans.map((shown) => ({ shown, parts: partsOf(shown) }));
  const tool = first?.plan.document.tool;
  return page({
    title,
    masthead: html`<p class="eyebrow">Production review</p>${top}${budgetsPart(plans)}${identityPart(plans)}`,
    contents: [
      ...sections.flatMap(({ shown, parts }) => [
        ...(isOne ? [] : [{ id: `${shown.prefix}plan`, text: shown.plan.root }]),
        ...parts.map(({ id, text }) => ({
          id: `${shown.prefix}${id}`,
          text,
          ...(!isOne && { nested: true as const }),
        })),
      ]),
      { id: 'review', text: 'Your decisions', needsScript: true as const },
    ],
    main: html`${filterBar(plans)}${sections.map(({ shown, parts }) =>
      isOne
        ? parts.map(({ section }) => section)
        : html`<section class="plan" aria-labelledby="${shown.prefix}plan">${heading(2, shown.plan.root, `${shown.prefix}plan`)}${lead(shown)}${parts.map(({ section }) => section)}</section>`,
    )}${yourReview(plans, title, identityOf(plans))}${markForm}`,
    colophon: html`<p>${tool !== undefined && `${tool.name} ${tool.version}. `}The same templates and the same policy give the same document.</p>`,
  });
}

function lead(shown: ShownPlan): Markup {
  const { policy, baseline } = shown.plan.document;
  const description = descriptionOf(shown);
  return html`${description !== '' && html`<p class="soft">${description}</p>`}
    <p class="lead">${headline(shown)}</p>
    <p class="soft">Measured against the policy <strong>${policy.name}</strong> (${policy.source}, SHA-256 <code class="hash">${policy.sha256.slice(0, 12)}</code>).${
      baseline !== null &&
      html` Beside the baseline: ${baseline.new} new, ${baseline.known} known, ${baseline.gone.length} gone.`
    }</p>`;
}

interface Part {
  readonly id: string;
  readonly text: string;
  readonly section: Markup;
}

function partsOf(shown: ShownPlan): readonly Part[] {
  const parts: readonly (readonly [string, string, Markup | undefined])[] = [
    ['summary', 'Summary', summarySection(shown)],
    ['decisions', 'What needs you', decisionsSection(shown)],
    ['steps', 'What to do first', stepsSection(shown)],
    ['checklist', 'Production checklist', checklistSection(shown)],
    ['figures', 'In numbers', figuresSection(shown)],
    ['deviations', 'Accepted risks', deviationsSection(shown)],
    ['foreign', 'Findings of other tools', foreignSection(shown)],
    ['stacks', 'Stack by stack', stacksSection(shown)],
  ];
  return parts.flatMap(([id, text, section]) => (section === undefined ? [] : [{ id, text, section }]));
}

function filterBar(plans: readonly ShownPlan[]): Markup {
  const groups = plans.flatMap((shown) => shown.groups);
  const isWritten = plans.some((shown) => shown.isWritten);
  const ids = [...new Set(groups.map(({ id }) => id))].sort();
  return toolbar({
    noun: 'findings',
    count: groups.flatMap(findingsOf).length,
    filters: [
      {
        name: 'status',
        label: 'Verdict',
        choices: statuses
          .filter((status) => groups.some(({ findings }) => findings[status].length > 0))
          .map((status) => ({ value: status, text: nameOfStatus(status, isWritten) })),
      },
      {
        name: 'severity',
        label: 'Severity',
        choices: severities
          .filter((each) => groups.flatMap(findingsOf).some(({ severity }) => severity === each))
          .map((each) => ({ value: each, text: each })),
      },
      { name: 'remediation', label: 'Remediation', choices: ids.map((id) => ({ value: id, text: id })) },
      {
        name: 'stack',
        label: 'Stack',
        choices: plans.flatMap(({ plan, prefix }) =>
          plan.document.stacks.map(({ template }, index) => ({
            value: `${prefix}${index + 1}`,
            text: plans.length === 1 ? template : `${plan.root}: ${template}`,
          })),
        ),
      },
      { name: 'mark', label: 'Your decision', choices: states },
    ],
  });
}

/** Of a finding, in what a reviewer has noted. */
const states = [
  { value: 'not-viewed', text: 'not viewed' },
  { value: 'viewed', text: 'viewed' },
  { value: 'undecided', text: 'undecided' },
  { value: 'approved', text: 'approved' },
  { value: 'rejected', text: 'rejected' },
  { value: 'discuss', text: 'to discuss' },
];

/** Twelve hex digits of what is reviewed: the same templates, policy and version of idp-fix have the same. */
export function identityOf(plans: readonly ShownPlan[]): string {
  const said = plans.map(({ plan: { document, root, includeReview } }) => [
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
export function descriptionOf({ plan }: ShownPlan): string {
  const value = plan.files[0]?.document.value;
  const said = isMap(value) ? value.Description : undefined;
  return typeof said === 'string' ? shorten(said.trim(), longestDescription) : '';
}

/** What is reviewed, with the hashes that say it is this and nothing else. */
export function identityPart(plans: readonly ShownPlan[]): Markup {
  const [first] = plans;
  const tool = first?.plan.document.tool;
  const source = first?.options.sourceUrl;
  const stacks = plans.flatMap(({ plan, prefix }) =>
    plan.document.stacks.map((stack) => ({
      ...stack,
      shown: prefix === '' ? stack.template : `${plan.root}: ${stack.template}`,
    })),
  );
  const policies = new Map(plans.map(({ plan: { document } }) => [document.policy.sha256, document.policy]));
  return html`<details class="identity"><summary>Review <code>${identityOf(plans)}</code>: ${count(stacks.length, 'template')}, policy ${[...policies.values()].map(({ name }) => name).join(', ')}, ${tool !== undefined && `${tool.name} ${tool.version}`}${source !== undefined && html`, ${sourceText(source)}`}</summary>
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
export function budgetsPart(plans: readonly ShownPlan[]): Markup | undefined {
  const near = plans
    .flatMap((shown) => [...templateBudgets(shown), ...figureBudgets(shown)])
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

function templateBudgets({ plan, prefix }: ShownPlan): readonly Budget[] {
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

function figureBudgets({ plan, prefix }: ShownPlan): readonly Budget[] {
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

/** What can be drawn: what remediations measure, and what the patches cost. */
export function figuresSection(shown: ShownPlan): Markup | undefined {
  const { plan, level } = shown;
  const cost = costFigure(shown);
  const figures = [...plan.document.figures, ...(cost === undefined ? [] : [cost])];
  const formulas = costFormulas(shown);
  const { notes } = plan.document.summary;
  if (figures.length + formulas.length + notes.length === 0) return undefined;
  return section(
    shown,
    'figures',
    'In numbers',
    html`<p class="soft legend">${swatch('before')} before any patch ${swatch('after')} with all of them, those that need approval included ${swatch('line')} the limit, or the least that is asked for</p>
    ${figures.map((figure) => figureTable(figure, level + 1))}
    ${
      formulas.length > 0 &&
      html`${heading(level + 1, 'Costs that depend on use')}
      <ul class="plain">${formulas.map(({ id, formula }) => html`<li>${formula} <span class="id">${id}</span></li>`)}</ul>`
    }
    ${notes.length > 0 && html`${heading(level + 1, 'Notes')}<ul class="plain">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}`,
  );
}

function swatch(kind: string): Markup {
  return html`<svg viewBox="0 0 10 10" aria-hidden="true" focusable="false"><rect class="${kind}" width="10" height="10"/></svg>`;
}

/** A chart that is its own table: every row says in words what its bar draws. */
function figureTable({ title, unit, limit, rows }: Figure, level: number): Markup {
  const scale = Math.max(limit?.amount ?? 0, 1, ...rows.flatMap(amountsOf));
  return html`<figure>
    ${heading(level, title)}
    <table class="figure">
    <caption class="hidden">${title}, in ${unit}</caption>
    <thead class="hidden"><tr><th scope="col">Of</th><th scope="col">Drawn</th><th scope="col">Before and after, in ${unit}</th></tr></thead>
    <tbody>${rows.map(
      (row) => html`<tr>
        <th scope="row">${row.label}${row.detail !== '' && html` <span class="soft">${row.detail}</span>`}</th>
        <td class="drawn">${bar(row, scale, limit?.amount)}</td>
        <td class="amounts">${amountsText(row, limit?.amount, unit)}</td></tr>`,
    )}</tbody>
    </table>
    ${limit !== null && html`<figcaption class="soft">There are ${limit.amount} ${unit}: ${limit.what}.</figcaption>`}
    </figure>`;
}

function amountsOf({ before, after, wanted }: FigureRow): readonly number[] {
  return [before, after, wanted?.minimum ?? null].filter((each) => typeof each === 'number');
}

const width = 1000;
const height = 20;

/** Afterwards as the bar, before as the darker one inside, what is asked for as a line across. */
function bar({ before, after, wanted }: FigureRow, scale: number, limit: number | undefined): Markup {
  const at = (amount: FigureRow['after']) =>
    amount === null ? 0 : amount === 'unbounded' ? width : Math.round((amount / scale) * width);
  const isOver = limit !== undefined && typeof after === 'number' && after > limit;
  const line = limit ?? wanted?.minimum;
  const x = line === undefined ? 0 : Math.min(at(line), width - 2);
  return html`<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <rect class="track" width="${width}" height="${height}"/>
    <rect class="after${isOver && ' over'}${after === 'unbounded' && ' endless'}" width="${at(after)}" height="${height}"/>
    <rect class="before${before === 'unbounded' && ' endless'}" y="6" width="${at(before)}" height="8"/>
    ${line !== undefined && html`<rect class="line" x="${x}" width="2" height="${height}"/>`}
    </svg>`;
}

function amountsText({ before, after, wanted }: FigureRow, limit: number | undefined, unit: string): Markup {
  const asked =
    wanted === null
      ? ''
      : wanted.minimum === wanted.maximum
        ? `, ${wanted.minimum} asked for`
        : `, ${wanted.minimum} to ${wanted.maximum} asked for`;
  const isOver = limit !== undefined && typeof after === 'number' && after > limit;
  return html`<span class="change">${said(before, unit)} <span aria-hidden="true">→</span><span class="hidden">to</span> <strong>${said(after, unit)}</strong></span>${
    limit !== undefined && html` of ${limit}`
  } ${unit}${asked}${isOver && html` <span class="mark blocked">over the limit</span>`}`;
}

const money = 'USD a month';

function said(amount: FigureRow['after'], unit: string): string {
  if (amount === null) return 'none';
  if (amount === 'unbounded') return 'without end';
  return unit === money ? amount.toFixed(2) : String(amount);
}

/** What is known of the running cost, by remediation. */
function costFigure({ groups }: ShownPlan): Figure | undefined {
  const rows = groups.flatMap(({ id, title, patches }): FigureRow[] => {
    const usd = patches.reduce((sum, { cost }) => sum + (cost.monthlyUsd ?? 0), 0);
    if (usd === 0) return [];
    const formulas = new Set(
      patches.filter(({ cost }) => (cost.monthlyUsd ?? 0) !== 0).map(({ cost }) => cost.formula),
    );
    const after = Math.round(usd * 100) / 100;
    return [{ label: title, before: 0, after, wanted: null, detail: `${id}: ${[...formulas].join('; ')}` }];
  });
  if (rows.length === 0) return undefined;
  const sum = rows.reduce((total, { after }) => total + Number(after), 0);
  const all: FigureRow = {
    label: 'All together',
    before: 0,
    after: Math.round(sum * 100) / 100,
    wanted: null,
    detail: '',
  };
  return {
    remediation: '',
    title: 'What it adds to the running cost',
    unit: money,
    limit: null,
    rows: rows.length > 1 ? [...rows, all] : rows,
  };
}

function costFormulas({ groups }: ShownPlan): readonly { readonly id: string; readonly formula: string }[] {
  return groups.flatMap(({ id, patches }) => {
    const open = patches.filter(({ cost }) => cost.monthlyUsd === null);
    return [...new Set(open.map(({ cost }) => cost.formula))].map((formula) => ({ id, formula }));
  });
}
