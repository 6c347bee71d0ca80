import type { ChecklistItem, PlanDeviation } from '../../plan/document.js';
import { count } from '../words.js';
import type { Chapter } from './chapter.js';
import { html, type Markup } from './markup.js';
import { regionName, section } from './section.js';
import { mark } from './words.js';

const statuses: Readonly<Record<ChecklistItem['status'], Markup>> = {
  done: mark('written', 'done'),
  open: mark('review', 'open'),
  'accepted-risk': mark('accepted', 'accepted risk'),
};

/** The production checklist. */
export function checklistSection(chapter: Chapter): Markup | undefined {
  const { checklist } = chapter.plan.document;
  if (checklist.length === 0) return undefined;
  const open = checklist.filter(({ status }) => status === 'open').length;
  return section(
    chapter,
    'checklist',
    'Production checklist',
    html`<p class="soft">${checklist.length - open} of ${count(checklist.length, 'item')} done or accepted.</p>
    <ul class="rows">${checklist.map(
      (item) => html`<li>
        <p>${statuses[item.status]} <strong>${item.title}</strong> <span class="soft">${saidBy(item)}</span></p>
        <p class="because">${item.evidence}</p>
        ${item.reason !== null && html`<p class="note">“${item.reason}”</p>`}</li>`,
    )}</ul>`,
  );
}

/** Who answers for it, since when, until when, and where it is written down. */
function saidBy({ owner, date, expires, document }: ChecklistItem): string {
  const parts = [owner, date, expires === null ? null : `until ${expires}`, document];
  return parts.filter((part) => part !== null).join(', ');
}

const states: Readonly<Record<PlanDeviation['state'], Markup>> = {
  'in-force': mark('accepted', 'in force'),
  expired: mark('blocked', 'expired'),
  changed: mark('review', 'resource has changed'),
  unused: mark('unknown', 'accepts nothing'),
};

/** The risks that somebody has accepted, who and until when. */
export function deviationsSection(chapter: Chapter): Markup | undefined {
  const { deviations } = chapter.plan.document;
  if (deviations.length === 0) return undefined;
  return section(
    chapter,
    'deviations',
    'Accepted risks',
    html`<div class="scroll" role="region" aria-label="${regionName(chapter, 'Accepted risks')}" tabindex="0">
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
