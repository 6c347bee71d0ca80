import type { PlacedPatch } from '../group.js';
import { count, listed } from '../words.js';
import { type Chapter, riskMark, updateMark, usd } from './chapter.js';
import { diffPart } from './diff-view.js';
import { html, type Markup, type Piece } from './page.js';

/** A patch as a reviewer needs it: class, cost, what it brings and what has to be true before. */
export function patchPart(patch: PlacedPatch, chapter: Chapter): Markup {
  const { plan, edits: all } = chapter;
  const { id, risk, update, riskBecause, companions, removedComments, prerequisites, leaves, requires } =
    patch;
  const isInDiff = risk === 'safe' || (risk === 'review' && plan.includeReview);
  const own = all.diffs.find((diff) => diff.patch === id && diff.template === patch.template);
  const edits = patch.operations.filter(({ op }) => op !== 'test').length;
  const placements = patch.placement.map((placement) => placement.replaceAll('-', ' '));
  return html`<div class="patch">
    <p><code class="id">${id}</code> ${riskMark(risk)} ${updateMark(update)} <span class="soft">${count(edits, 'operation')} at ${listed(placements)}; ${costText(patch)}</span></p>
    <dl>
    ${entry('Needs approval because', riskBecause)}
    ${entry('Adds', companions)}
    ${entry(
      'Removes comments',
      removedComments.map(({ line, text }) => html`line ${line} <code>${text}</code>`),
    )}
    ${entry(
      'First',
      prerequisites.map(
        ({ what, check }) => html`${what} <span class="soft">check: <code>${check}</code></span>`,
      ),
    )}
    ${entry('Together with', requires)}
    ${entry('Left to do', leaves)}
    </dl>
    ${own !== undefined && diffPart(own, 'as --include review would write it', chapter)}
    ${
      !isInDiff &&
      own === undefined &&
      html`<details><summary>What it would write: RFC 6902 operations</summary><pre tabindex="0"><code>${JSON.stringify(patch.operations, null, 1)}</code></pre></details>`
    }
    </div>`;
}

const mostShown = 5;

function entry(term: string, texts: readonly Piece[]): Markup | undefined {
  if (texts.length === 0) return undefined;
  const items = texts.map((text) => html`<li>${text}</li>`);
  const rest = items.slice(mostShown);
  return html`<div><dt>${term}</dt><dd><ul>${items.slice(0, mostShown)}</ul>${
    rest.length > 0 && html`<details><summary>${rest.length} more</summary><ul>${rest}</ul></details>`
  }</dd></div>`;
}

function costText({ cost: { monthlyUsd, formula } }: PlacedPatch): string {
  if (monthlyUsd === 0) return 'no running cost';
  if (monthlyUsd === null) return `cost depends on use (${formula})`;
  return `about ${usd(monthlyUsd)} (${formula})`;
}
