import type { AnswerBundle, Overview, PlacedFinding, PlacedPatch, ReasonBundle } from '../group.js';
import { type FindingStatus, nameOfStatus } from '../report.js';
import { count } from '../words.js';
import { heading, html, type Markup, type Piece } from './page.js';
import { findingAnchor, mark, riskMark, type ShownPlan, section, updateMark } from './shown-plan.js';

/** Where a reviewer marks what is shown and takes the decisions along; hidden until the script is there that does it. */
export function yourReview(plans: readonly ShownPlan[], title: string, identity: string): Markup {
  const policy = plans[0]?.plan.document.policy.source ?? '';
  return html`<section class="your-review" aria-labelledby="review" data-needs-script hidden data-title="${title}" data-identity="${identity}" data-policy="${policy}">
    <h2 id="review">Your decisions</h2>
    <p class="tally" aria-live="polite"></p>
    <p class="soft">Marks, decisions and notes are kept in this browser, for this review (<code>${identity}</code>) only. Save them to hand them on.</p>
    <div class="desk">
    <div role="group" aria-labelledby="mark-shown"><p id="mark-shown" class="label">Mark every finding that is shown</p>
    <p class="buttons"><button type="button" data-mark="viewed">Viewed</button> <button type="button" data-mark="approved">Approved</button> <button type="button" data-mark="rejected">Rejected</button> <button type="button" data-mark="discuss">To discuss</button> <button type="button" data-mark="none">Delete all marks</button></p></div>
    <div role="group" aria-labelledby="save-marks"><p id="save-marks" class="label">Save the decisions</p>
    <p class="buttons"><button type="button" data-save="policy">Policy (YAML)</button> <button type="button" data-save="markdown">Markdown</button> <button type="button" data-save="json">JSON</button></p></div>
    <div role="group" aria-labelledby="open-marks"><p id="open-marks" class="label">Take in the decisions of another reviewer</p>
    <p class="buttons"><button type="button" data-open>Open JSON…</button> <input type="file" accept=".json,application/json" aria-label="Decisions of another reviewer" hidden> <span class="soft">or drop the file here</span></p></div>
    </div>
    <p class="opened" aria-live="polite"></p>
    <p class="soft">With the policy file, <code>idp-fix --policy decisions.policy.yaml --apply</code> writes nothing for what was rejected or is to be discussed; it stays open.</p>
    </section>`;
}

/** What the script puts into each finding that is open. */
export const markForm = html`<template id="mark"><fieldset class="marks"><legend class="hidden"></legend>
  <label><input type="checkbox" class="viewed"> viewed</label>
  <label>decision <select class="decision"><option value="">none</option><option value="approved">approved</option><option value="rejected">rejected</option><option value="discuss">to discuss</option></select></label>
  <label>note <input class="note" type="text" autocomplete="off"></label>
  </fieldset></template>`;

/** What needs a decision or work, the worst first; nothing where there is none. */
export function decisionsSection(shown: ShownPlan): Markup | undefined {
  const { overview } = shown;
  const { broken, blocked, review, input, manual, unknown, written } = overview;
  const answers = new Set(input.flatMap(({ keys }) => keys)).size;
  const settled = input.reduce((sum, { findings }) => sum + findings.length, 0);
  const parts = [
    part(
      shown,
      'Broken today',
      broken.map((finding) => brokenItem(finding, shown)),
    ),
    part(
      shown,
      'Needs approval',
      [...blocked, ...review].flatMap(({ patches, findings }) =>
        patches.map((patch) => patchItem(patch, findings)),
      ),
    ),
    part(
      shown,
      `Needs input: ${answers === 1 ? '1 answer settles' : `${answers} answers settle`} ${count(settled, 'finding')}`,
      input.map((bundle) => answerItem(bundle, shown)),
    ),
    part(
      shown,
      'Manual: work outside the template',
      manual.map((bundle) => reasonItem(bundle, 'manual', shown)),
    ),
    part(
      shown,
      'Unknown: cannot be told from the template',
      unknown.map((bundle) => reasonItem(bundle, 'unknown', shown)),
    ),
    part(shown, 'Check before deploying', prerequisiteItems(written.flatMap(({ patches }) => patches))),
    part(shown, 'Parameter values for the deployed stack', parameterItems(shown)),
  ].filter((each) => each !== undefined);
  if (parts.length === 0) return undefined;
  return section(shown, 'decisions', 'What needs you', html`${parts}`);
}

function part({ level }: ShownPlan, title: string, items: readonly Markup[]): Markup | undefined {
  if (items.length === 0) return undefined;
  const list = html`<ul class="rows">${items.slice(0, mostShown)}</ul>`;
  const rest = items.slice(mostShown);
  return html`${heading(level + 1, title)}${list}${
    rest.length > 0 &&
    html`<details><summary>${rest.length} more</summary><ul class="rows">${rest}</ul></details>`
  }`;
}

const mostShown = 12;

/** @param findings of its remediation; a patch of a parent can be all that findings of its children need */
function patchItem(patch: PlacedPatch, findings: readonly PlacedFinding[]): Markup {
  const { id, title, risk, update, riskBecause } = patch;
  const settled = findings.filter((finding) => finding.patch === id).length;
  return html`<li><p>${riskMark(risk)} ${updateMark(update)} <strong>${title}</strong> <span class="soft">${count(settled, 'finding')} in ${patch.template}</span> <code class="id">${id}</code></p>
    ${riskBecause.map((because) => html`<p class="because">${because}</p>`)}</li>`;
}

function brokenItem(finding: Overview['broken'][number], { prefix, isWritten }: ShownPlan): Markup {
  const { status, because, remediation } = finding;
  return html`<li><p>${mark(status, nameOfStatus(status, isWritten))} <strong>${subjects([finding], prefix)}</strong> <code class="id">${remediation}</code></p>
    <p class="because">${because}</p></li>`;
}

function answerItem({ keys, ask, severity, title, findings }: AnswerBundle, { prefix }: ShownPlan): Markup {
  return html`<li><p>${mark('input', count(findings.length, 'finding'))} <strong>${ask}</strong> <span class="soft">${severity}, ${title}</span> ${keys.map((key) => html`<code class="id">${key}</code> `)}</p>
    <p class="soft">${subjects(findings, prefix)}</p></li>`;
}

function reasonItem(
  { remediation, because, severity, title, findings }: ReasonBundle,
  status: FindingStatus,
  { prefix }: ShownPlan,
): Markup {
  return html`<li><p>${mark(status, count(findings.length, 'finding'))} <strong>${title}</strong> <span class="soft">${severity}</span> <code class="id">${remediation}</code></p>
    <p class="because">${because}</p><p class="soft">${subjects(findings, prefix)}</p></li>`;
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

function parameterItems({ plan }: ShownPlan): readonly Markup[] {
  return plan.document.stacks.flatMap(({ parameterValues }) =>
    Object.entries(parameterValues).map(
      ([name, value]) => html`<li><p><code>${name}=${value}</code></p></li>`,
    ),
  );
}
