import type { Fate, RemediationGroup } from '../group.js';
import { count, listed } from '../words.js';
import { type Chapter, findingsOf, riskLevels } from './chapter.js';
import { html, type Markup } from './markup.js';
import { regionName, section } from './section.js';
import { fates, nameOfFate } from './words.js';

/** The verdicts in numbers: all of them, then by the guide's risk level and remediation. */
export function summarySection(chapter: Chapter): Markup {
  const { groups, isWritten, plan } = chapter;
  const shown = fates.filter((fate) => total(groups, fate) > 0);
  const { coverage } = plan.document;
  return section(
    chapter,
    'summary',
    'Summary',
    html`<dl class="totals">${shown.map(
      (fate) =>
        html`<div class="${fate}"><dt>${nameOfFate(fate, isWritten)}</dt><dd>${total(groups, fate)}</dd></div>`,
    )}</dl>
    <div class="scroll" role="region" aria-label="${regionName(chapter, 'Findings by risk and remediation')}" tabindex="0">
    <table class="matrix">
    <caption>Findings by the risk the guide gives, and by remediation</caption>
    <thead><tr><th scope="col">Remediation</th>${shown.map((fate) => html`<th scope="col" class="number">${nameOfFate(fate, isWritten)}</th>`)}</tr></thead>
    ${riskLevels.map((risk) => riskRows(risk, chapter, shown))}
    </table>
    </div>
    <p class="soft">Checked ${count(coverage.resources, 'resource')} in ${count(coverage.files, 'template')}; remediations look at ${coverage.evaluated} of them.${
      coverage.notEvaluated.length > 0 && html` ${count(coverage.notEvaluated.length, 'part')} not checked:`
    }</p>
    ${
      coverage.notEvaluated.length > 0 &&
      html`<ul class="plain">${coverage.notEvaluated.map(({ template, logicalId, because }) => html`<li><code>${template}</code> <strong>${logicalId}</strong>: ${because}</li>`)}</ul>`
    }${
      coverage.code !== undefined &&
      coverage.code.notes.length > 0 &&
      html`<p class="soft">Code that could not be read:</p><ul class="plain">${coverage.code.notes.map(({ file, because }) => html`<li><code>${file}</code>: ${because}</li>`)}</ul>`
    }`,
  );
}

function total(groups: readonly RemediationGroup[], fate: Fate): number {
  return groups.reduce((sum, { findings }) => sum + findings[fate].length, 0);
}

function riskRows(risk: string, { groups, prefix }: Chapter, shown: readonly Fate[]): Markup | undefined {
  const own = groups.filter(({ guideRisk }) => guideRisk === risk);
  if (own.length === 0) return undefined;
  return html`<tbody>
    <tr class="risk"><th scope="rowgroup" colspan="${shown.length + 1}">${risk} risk</th></tr>
    ${own.map(
      (group) =>
        html`<tr><th scope="row">${group.title} <span class="id">${group.id}</span></th>${shown.map(
          (fate) =>
            html`<td class="number ${fate}">${
              group.findings[fate].length === 0
                ? html`<span class="none" aria-hidden="true">·</span><span class="hidden">0</span>`
                : html`<a href="#${prefix}stacks" data-filter="${`${group.id} ${fate}`}">${group.findings[fate].length}</a>`
            }</td>`,
        )}</tr>`,
    )}
    </tbody>`;
}

/** The plan in one sentence. */
export function headline({ groups, isWritten, plan }: Chapter): string {
  const of = (...wanted: readonly Fate[]) => wanted.reduce((sum, fate) => sum + total(groups, fate), 0);
  const findings = groups.flatMap(findingsOf);
  if (findings.length === 0) return 'Nothing in these templates is looked at by a remediation.';
  const parts = [
    [of('written'), isWritten ? 'is fixed' : 'will be fixed', isWritten ? 'are fixed' : 'will be fixed'],
    [of('review'), 'needs consent', 'need consent'],
    [of('person', 'blocked'), 'is left for a person', 'are left for a person'],
    [of('unknown'), 'could not be decided', 'could not be decided'],
  ] as const;
  const told = parts
    .filter(([number]) => number > 0)
    .map(([number, one, several]) => `${number} ${number === 1 ? one : several}`);
  const templates = count(plan.document.stacks.length, 'template');
  if (told.length === 0) {
    const seen = plan.document.coverage.notEvaluated.length === 0 ? '' : ', as far as they could be checked';
    return `Nothing is left to do in ${templates}${seen}.`;
  }
  const open = of('written', 'review', 'person', 'blocked', 'unknown');
  return `Of ${count(open, 'open finding')} in ${templates}, ${listed(told)}.`;
}
