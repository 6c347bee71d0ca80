import { heading, html, type Markup, page } from '../report/html/page.js';
import { mark } from '../report/html/words.js';
import { count } from '../report/words.js';
import type { Proof, ProofStatus } from './proof.js';
import { type Evidence, evidence, nameOfProof, statuses, tally, titles } from './report.js';
import type { Verification } from './verify.js';

const marks: Readonly<Record<ProofStatus, Markup>> = {
  dead: mark('blocked', 'dead'),
  unknown: mark('review', 'unknown'),
  unproven: mark('review', 'unproven'),
  alive: mark('written', 'alive'),
};

/** A document of its own, for whoever has to see the evidence. */
export function verificationHtml({ stack, account, region, from, to, proofs }: Verification): string {
  const shown = statuses.filter((status) => proofs.some((proof) => proof.status === status));
  const items = evidence(proofs);
  return page({
    title: `Verification of ${stack.name}`,
    masthead: html`<p class="eyebrow">Verification of a deployed stack</p><h1>${stack.name}</h1>
      <p class="lead">${count(proofs.length, 'proof')}: ${tally(proofs)}.</p>
      <p class="soft">Account ${account}, ${region}; ${stack.status}; from ${from} to ${to}.</p>`,
    contents: [
      ...shown.map((status) => ({ id: status, text: titles[status] })),
      ...(items.length > 0 ? [{ id: 'evidence', text: 'Evidence for the checklist' }] : []),
    ],
    main: html`${shown.map((status) => statusSection(status, proofs))}${items.length > 0 && evidenceSection(items)}`,
    colophon: html`<p>Read from AWS with calls that read only. Nothing was changed.</p>`,
  });
}

function statusSection(status: ProofStatus, proofs: readonly Proof[]): Markup {
  const own = proofs.filter((proof) => proof.status === status);
  return html`<section aria-labelledby="${status}">
    ${heading(2, titles[status], status)}
    <ul class="rows">${own.map(
      (
        proof,
      ) => html`<li><p>${marks[status]} <strong>${nameOfProof(proof)}</strong> <span class="soft">${proof.check}</span></p>
        <p class="because">${proof.because}</p>${proof.hint !== undefined && html`<p class="soft">${proof.hint}</p>`}</li>`,
    )}</ul>
    </section>`;
}

function evidenceSection(items: readonly Evidence[]): Markup {
  return html`<section aria-labelledby="evidence">
    ${heading(2, 'Evidence for the checklist', 'evidence')}
    <table class="properties"><caption class="hidden">Evidence for the production checklist</caption>
    <thead><tr><th scope="col">Item</th><th scope="col">Status</th><th scope="col">Proofs</th></tr></thead>
    <tbody>${items.map(
      ({ title, status, summary }) =>
        html`<tr><th scope="row">${title}</th><td>${marks[status]}</td><td>${summary}</td></tr>`,
    )}</tbody></table>
    </section>`;
}
