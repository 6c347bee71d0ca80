import type { ChecklistItem, PlanDeviation, Step } from '../../plan/document.js';
import { count, listed } from '../words.js';
import { html, type Markup } from './page.js';
import { mark, regionName, type ShownPlan, section, updateMark, usd } from './shown-plan.js';

const statuses: Readonly<Record<ChecklistItem['status'], Markup>> = {
  done: mark('written', 'done'),
  open: mark('review', 'open'),
  'accepted-risk': mark('accepted', 'accepted risk'),
};

/** The production checklist. */
export function checklistSection(shown: ShownPlan): Markup | undefined {
  const { checklist } = shown.plan.document;
  if (checklist.length === 0) return undefined;
  const open = checklist.filter(({ status }) => status === 'open').length;
  return section(
    shown,
    'checklist',
    'Production checklist',
    html`<p class="soft">${checklist.length - open} of ${count(checklist.length, 'item')} done or accepted.</p>
    <table class="checks">
    <caption class="hidden">The production checklist</caption>
    <thead><tr><th scope="col">Item</th><th scope="col">Status</th><th scope="col">Evidence</th><th scope="col">Owner</th><th scope="col">Since</th><th scope="col">Until</th></tr></thead>
    <tbody>${checklist.map(
      ({ title, status, evidence, reason, document, owner, date, expires }) => html`<tr>
        <th scope="row">${title}</th><td>${statuses[status]}</td>
        <td>${evidence}${reason !== null && html` <span class="note">“${reason}”</span>`}${document !== null && html` <span class="soft">${document}</span>`}</td>
        ${cell('owner', owner)}${cell('since', date)}${cell('until', expires)}</tr>`,
    )}</tbody>
    </table>`,
  );
}

/** On a phone a cell stands under the others, so it has to say what it is. */
function cell(name: string, text: string | null): Markup {
  return html`<td data-label="${name}"${text === null && html` class="empty"`}>${text ?? html`<span class="none">–</span>`}</td>`;
}

const states: Readonly<Record<PlanDeviation['state'], Markup>> = {
  'in-force': mark('accepted', 'in force'),
  expired: mark('blocked', 'expired'),
  changed: mark('review', 'resource has changed'),
  unused: mark('unknown', 'accepts nothing'),
};

/** The risks that somebody has accepted, who and until when. */
export function deviationsSection(shown: ShownPlan): Markup | undefined {
  const { deviations } = shown.plan.document;
  if (deviations.length === 0) return undefined;
  return section(
    shown,
    'deviations',
    'Accepted risks',
    html`<div class="scroll" role="region" aria-label="${regionName(shown, 'Accepted risks')}" tabindex="0">
    <table>
    <caption class="hidden">Risks the policy accepts</caption>
    <thead><tr><th scope="col">Subject</th><th scope="col">State</th><th scope="col">Owner</th><th scope="col">Accepted</th><th scope="col">Until</th><th scope="col">Reason</th></tr></thead>
    <tbody>${deviations.map(
      ({ remediation, template, logicalId, state, owner, date, expires, reason, findings }) => html`<tr>
        <th scope="row">${logicalId ?? template ?? 'everything'} <span class="id">${remediation}</span></th>
        <td>${states[state]} <span class="soft">${findings > 0 && count(findings, 'finding')}</span></td>
        <td>${owner}</td><td class="date">${date}</td><td class="date">${expires}</td><td>${reason}</td></tr>`,
    )}</tbody>
    </table>
    </div>`,
  );
}

/** What to do in which order; nothing where nothing is to be done. */
export function stepsSection(shown: ShownPlan): Markup | undefined {
  const { steps } = shown.plan.document;
  if (steps.length === 0) return undefined;
  return section(
    shown,
    'steps',
    'What to do first',
    html`<p class="soft">One at a time; each can be planned, written and deployed without the others. The first matters most.</p>
    <ol>${steps.map(stepItem)}</ol>`,
  );
}

const kinds = { safe: undefined, review: mark('review', 'needs approval'), person: mark('manual', 'manual') };

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
