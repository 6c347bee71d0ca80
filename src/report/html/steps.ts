import type { Step } from '../../plan/document.js';
import { count, listed } from '../words.js';
import type { Chapter } from './chapter.js';
import { html, type Markup } from './markup.js';
import { section } from './section.js';
import { mark, updateMark, usd } from './words.js';

/** What to do in which order; nothing where nothing is to be done. */
export function stepsSection(chapter: Chapter): Markup | undefined {
  const { steps } = chapter.plan.document;
  if (steps.length === 0) return undefined;
  return section(
    chapter,
    'steps',
    'What to do first',
    html`<p class="soft">One at a time; each can be planned, written and deployed without the others. The first matters most.</p>
    <ol>${steps.map(stepItem)}</ol>`,
  );
}

const kinds = { safe: undefined, review: mark('review', 'needs consent'), person: mark('person', 'by hand') };

function stepItem(step: Step): Markup {
  const { kind, title, remediations, findings, guideRisk, after, update, cost, tryFirst } = step;
  const facts = [
    `${guideRisk} risk`,
    count(findings, 'finding'),
    ...(cost.monthlyUsd !== null && cost.monthlyUsd > 0 ? [`about ${usd(cost.monthlyUsd)}`] : []),
    ...(after.length > 0 ? [`after ${listed(after.map((each) => `step ${each}`))}`] : []),
  ];
  return html`<li>
    <p><strong>${title}</strong> ${kinds[kind]} ${updateMark(update)} <code class="id">${remediations.join(', ')}</code></p>
    <p class="soft">${facts.join(' · ')}</p>
    ${tryFirst.length > 0 && html`<p class="because"><span class="label">Outside production first:</span> ${tryFirst.join('; ')}.</p>`}
    ${
      step.apply !== null &&
      html`<details><summary>Commands</summary><pre tabindex="0"><code>${[step.apply, step.changeSet].filter((each) => each !== null).join('\n')}</code></pre></details>`
    }
    </li>`;
}
