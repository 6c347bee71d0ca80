import type { ForeignFinding, ForeignOutcome } from '../../plan/document.js';
import { outcomeWords, unseenBy } from '../foreign-lines.js';
import { count } from '../words.js';
import type { Chapter } from './chapter.js';
import { html, type Markup } from './markup.js';
import { section } from './section.js';
import { mark } from './words.js';

const kinds: Readonly<Record<ForeignOutcome, string>> = {
  fixed: 'written',
  'not-fixable': 'person',
  'not-found': 'unknown',
  'not-applicable': 'not-applicable',
  'in-order': 'compliant',
  accepted: 'accepted',
  'not-covered': 'review',
};

/** What becomes of the findings of other tools; nothing where none were handed in. */
export function foreignSection(chapter: Chapter): Markup | undefined {
  const { foreignFindings } = chapter.plan.document;
  if (foreignFindings === null) return undefined;
  const outcomes = Object.keys(outcomeWords) as ForeignOutcome[];
  const unseen = unseenBy(chapter.plan.document).length;
  return section(
    chapter,
    'foreign',
    'Findings of other tools',
    html`<p class="soft">${count(foreignFindings.length, 'finding')} handed in; ${count(unseen, 'open finding')} of this plan ${unseen === 1 ? 'is' : 'are'} in none of them.</p>
    ${outcomes.map((outcome) =>
      outcomePart(
        outcome,
        foreignFindings.filter((finding) => finding.outcome === outcome),
      ),
    )}`,
  );
}

function outcomePart(outcome: ForeignOutcome, findings: readonly ForeignFinding[]): Markup | undefined {
  if (findings.length === 0) return undefined;
  return html`<details><summary>${mark(kinds[outcome], `${findings.length} ${outcomeWords[outcome].summary}`)}</summary>
    <ul class="rows">${findings.map(
      ({ tool, rule, title, said, logicalId, patch, because }) => html`<li>
        <p><span class="id">${tool} ${rule}</span> <strong>${logicalId ?? said}</strong> <span class="soft">${title}</span>${patch !== null && html` <code class="id">${patch}</code>`}</p>
        <p class="because">${because}</p></li>`,
    )}</ul></details>`;
}
