import { questions } from '../plan/checklist.js';
import type { ChecklistItemId } from '../policy/sections.js';
import { heading, html, type Markup, page } from '../report/html/page.js';
import { mark } from '../report/html/shown-plan.js';
import type { Paint } from '../report/paint.js';
import { count, hang } from '../report/words.js';
import type { Proof, ProofStatus } from './proof.js';
import type { Verification } from './verify.js';

export const statuses = ['dead', 'unknown', 'unproven', 'alive'] as const satisfies readonly ProofStatus[];

export const titles: Readonly<Record<ProofStatus, string>> = {
  dead: 'Does not work',
  unknown: 'AWS could not be asked',
  unproven: 'Nothing has happened yet that would show',
  alive: 'Works',
};

/** What a verification says for one item of the production checklist. */
export interface Evidence {
  readonly item: ChecklistItemId;
  readonly title: string;
  /** The worst of its proofs. */
  readonly status: ProofStatus;
  /** `2 dead, 5 alive`. */
  readonly summary: string;
}

/** Items of the checklist that something was looked at for, in the order of the checklist. */
export function evidence(proofs: readonly Proof[]): readonly Evidence[] {
  return questions.flatMap(({ id, title }): readonly Evidence[] => {
    const own = proofs.filter(({ item }) => item === id);
    const status = statuses.find((each) => own.some((proof) => proof.status === each));
    return status === undefined ? [] : [{ item: id, title, status, summary: tally(own) }];
  });
}

/** `2 dead, 5 alive`. */
export function tally(proofs: readonly Pick<Proof, 'status'>[]): string {
  return statuses
    .map((status) => [proofs.filter((proof) => proof.status === status).length, status] as const)
    .filter(([number]) => number > 0)
    .map(([number, status]) => `${number} ${status}`)
    .join(', ');
}

/** How a resource is called: `Child/Logs`, and in the root `Logs`. */
export function nameOfProof({ stack, logicalId }: Pick<Proof, 'stack' | 'logicalId'>): string {
  return [stack, logicalId ?? ''].filter((part) => part !== '').join('/');
}

/** For reading; what does not work comes first. */
export function verificationText(
  { stack, from, to, proofs }: Verification,
  brush: Paint,
  columns: number,
): string {
  const colors = { dead: brush.red, unknown: brush.yellow, unproven: brush.yellow, alive: brush.green };
  const lines = [
    `${brush.bold(stack.name)} from ${from.slice(0, 10)} to ${to.slice(0, 10)}: ${tally(proofs)}`,
  ];
  for (const status of statuses) {
    const own = proofs.filter((proof) => proof.status === status);
    if (own.length === 0) continue;
    lines.push('', colors[status](`${titles[status]} (${status})`));
    for (const proof of own) {
      const name = nameOfProof(proof);
      const text = `${name === '' ? '' : `${name}: `}${proof.check}: ${proof.because}`;
      lines.push(...hang(text, 2, 4, columns));
      if (proof.hint !== undefined) lines.push(...hang(`→ ${proof.hint}`, 4, 6, columns).map(brush.dim));
    }
  }
  const shown = evidence(proofs);
  if (shown.length > 0) lines.push('', brush.bold('Evidence for the production checklist'));
  for (const { title, summary } of shown) lines.push(...hang(`${title}: ${summary}`, 2, 4, columns));
  return `${lines.join('\n')}\n`;
}

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
