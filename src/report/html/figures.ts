import type { Figure, FigureRow } from '../../plan/document.js';
import { type Chapter, section } from './chapter.js';
import { heading, html, type Markup } from './page.js';

/** What can be drawn: what remediations measure, and what the patches cost. */
export function figuresSection(chapter: Chapter): Markup | undefined {
  const { plan, level } = chapter;
  const cost = costFigure(chapter);
  const figures = [...plan.document.figures, ...(cost === undefined ? [] : [cost])];
  const formulas = costFormulas(chapter);
  const { notes } = plan.document.summary;
  if (figures.length + formulas.length + notes.length === 0) return undefined;
  return section(
    chapter,
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
function costFigure({ groups }: Chapter): Figure | undefined {
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

function costFormulas({ groups }: Chapter): readonly { readonly id: string; readonly formula: string }[] {
  return groups.flatMap(({ id, patches }) => {
    const open = patches.filter(({ cost }) => cost.monthlyUsd === null);
    return [...new Set(open.map(({ cost }) => cost.formula))].map((formula) => ({ id, formula }));
  });
}
