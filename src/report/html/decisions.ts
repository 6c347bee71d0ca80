import type { PlacedFinding, PlacedPatch } from '../group.js';
import { count } from '../words.js';
import type { Chapter } from './chapter.js';
import { findingAnchor } from './findings.js';
import { heading, html, type Markup, type Piece } from './page.js';
import { section } from './section.js';
import { mark, riskMark, updateMark } from './words.js';

/** Everything that waits for a person, most pressing first; nothing where nobody is waited for. */
export function decisionsSection(chapter: Chapter): Markup | undefined {
  const { plan, groups } = chapter;
  const patches = groups.flatMap((group) => group.patches);
  const isOpen = ({ risk }: PlacedPatch) => risk === 'blocked' || (risk === 'review' && !plan.includeReview);
  const waiting = [
    ...patches.filter(({ risk }) => risk === 'blocked'),
    ...patches.filter((patch) => patch.risk === 'review' && isOpen(patch)),
  ];
  const written = patches.filter((patch) => !isOpen(patch));
  const parts = [
    part(chapter, 'Patches that need consent', waiting.map(patchItem)),
    part(chapter, 'Left for a person', personItems(chapter)),
    part(chapter, 'To be sure of before deploying', prerequisiteItems(written)),
    part(chapter, 'Values for the deployed stack', parameterItems(chapter)),
  ].filter((each) => each !== undefined);
  if (parts.length === 0) return undefined;
  return section(chapter, 'decisions', 'What needs you', html`${parts}`);
}

function part({ level }: Chapter, title: string, items: readonly Markup[]): Markup | undefined {
  if (items.length === 0) return undefined;
  const list = html`<ul class="rows">${items.slice(0, mostShown)}</ul>`;
  const rest = items.slice(mostShown);
  return html`${heading(level + 1, title)}${list}${
    rest.length > 0 &&
    html`<details><summary>${rest.length} more</summary><ul class="rows">${rest}</ul></details>`
  }`;
}

const mostShown = 12;

function patchItem(patch: PlacedPatch): Markup {
  const { id, title, risk, update, riskBecause, fixes } = patch;
  return html`<li><p>${riskMark(risk)} ${updateMark(update)} <strong>${title}</strong> <span class="soft">${count(fixes.length, 'finding')} in ${patch.template}</span> <code class="id">${id}</code></p>
    ${riskBecause.map((because) => html`<p class="because">${because}</p>`)}</li>`;
}

/** By remediation; findings that say the same of several resources are one thing to decide. */
function personItems({ groups, prefix }: Chapter): readonly Markup[] {
  return groups.flatMap(({ id, title, findings }) => {
    const left = [...findings.person, ...findings.unknown];
    if (left.length === 0) return [];
    const byReason = new Map<string, PlacedFinding[]>();
    for (const finding of left)
      byReason.set(finding.because, [...(byReason.get(finding.because) ?? []), finding]);
    const reasons = [...byReason].map(
      ([because, same]) =>
        html`<p class="because">${because}</p><p class="soft">${subjects(same, prefix)}</p>`,
    );
    return [
      html`<li><p>${mark('person', count(left.length, 'finding'))} <strong>${title}</strong> <code class="id">${id}</code></p>
        ${firstAndRest(reasons)}</li>`,
    ];
  });
}

const mostReasons = 4;

function firstAndRest(reasons: readonly Markup[]): readonly Markup[] {
  // One more takes the line that would say so.
  if (reasons.length <= mostReasons + 1) return reasons;
  const rest = reasons.slice(mostReasons);
  return [
    ...reasons.slice(0, mostReasons),
    html`<details><summary>${rest.length} more reasons</summary>${rest}</details>`,
  ];
}

/** The resources, each with the way to its finding. */
function subjects(findings: readonly PlacedFinding[], prefix: string): Piece {
  const links = findings.slice(0, mostNamed).map((finding, index) => {
    const { logicalId, template } = finding;
    const name = logicalId === '' ? template : logicalId;
    return html`${index > 0 && ', '}<a href="#${findingAnchor(prefix, finding)}">${name}</a>`;
  });
  const more = findings.length - links.length;
  return [links, more > 0 && ` and ${more} more`];
}

const mostNamed = 6;

function prerequisiteItems(patches: readonly PlacedPatch[]): readonly Markup[] {
  const byText = new Map<string, { readonly check: string; readonly patches: Set<string> }>();
  for (const { prerequisites, remediation } of patches) {
    for (const { what, check } of prerequisites) {
      const known = byText.get(what) ?? { check, patches: new Set() };
      known.patches.add(remediation);
      byText.set(what, known);
    }
  }
  return [...byText].map(
    ([what, { check, patches }]) => html`<li><p>${what} <span class="id">${[...patches].join(', ')}</span></p>
      <p class="soft">check: <code>${check}</code></p></li>`,
  );
}

function parameterItems({ plan }: Chapter): readonly Markup[] {
  return plan.document.stacks.flatMap(({ parameterValues }) =>
    Object.entries(parameterValues).map(
      ([name, value]) => html`<li><p><code>${name}=${value}</code></p></li>`,
    ),
  );
}
