import type { Chapter } from './chapter.js';
import { html, type Markup } from './page.js';

/** Where a reviewer marks what is shown and takes the decisions along; hidden until the script is there that does it. */
export function yourReview(chapters: readonly Chapter[], title: string, identity: string): Markup {
  const policy = chapters[0]?.plan.document.policy.source ?? '';
  return html`<section class="your-review" aria-labelledby="review" data-needs-script hidden data-title="${title}" data-identity="${identity}" data-policy="${policy}">
    <h2 id="review">Your decisions</h2>
    <p class="tally" aria-live="polite"></p>
    <p class="soft">Marks, decisions and notes are kept in this browser, for this review (<code>${identity}</code>) only. Save them to hand them on.</p>
    <div class="desk">
    <div role="group" aria-labelledby="mark-shown"><p id="mark-shown" class="label">Mark every finding that is shown</p>
    <p class="buttons"><button type="button" data-mark="viewed">Viewed</button> <button type="button" data-mark="approved">Approved</button> <button type="button" data-mark="rejected">Rejected</button> <button type="button" data-mark="discuss">To discuss</button> <button type="button" data-mark="none">Delete all marks</button></p></div>
    <div role="group" aria-labelledby="save-marks"><p id="save-marks" class="label">Save the decisions</p>
    <p class="buttons"><button type="button" data-save="policy">Policy (YAML)</button> <button type="button" data-save="markdown">Markdown</button> <button type="button" data-save="json">JSON</button></p></div>
    </div>
    <p class="soft">With the policy file, <code>idp-fix --policy decisions.policy.yaml --apply</code> writes nothing for what was rejected or is to be discussed; it stays open.</p>
    </section>`;
}

/** What the script puts into each finding that is open. */
export const markForm = html`<template id="mark"><fieldset class="marks"><legend class="hidden"></legend>
  <label><input type="checkbox" class="viewed"> viewed</label>
  <label>decision <select class="decision"><option value="">none</option><option value="approved">approved</option><option value="rejected">rejected</option><option value="discuss">to discuss</option></select></label>
  <label>note <input class="note" type="text" autocomplete="off"></label>
  </fieldset></template>`;
