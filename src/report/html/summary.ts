import type { PlanStack } from '../../plan/document.js';
import type { RemediationGroup } from '../group.js';
import { countOfStatus, type FindingStatus, nameOfStatus, openStatuses } from '../report.js';
import { count, listed } from '../words.js';
import { diffPart } from './diff-view.js';
import { groupPart } from './findings.js';
import { heading, html, type Markup } from './page.js';
import {
  filterText,
  findingsOf,
  mark,
  quietStatuses,
  regionName,
  riskLevels,
  type ShownPlan,
  section,
  stackAnchor,
  statuses,
} from './shown-plan.js';

/** The verdicts in numbers: all of them, then by the guide's risk level and remediation. */
export function summarySection(shown: ShownPlan): Markup {
  const { groups, isWritten, plan } = shown;
  const present = statuses.filter((status) => total(groups, status) > 0);
  const { coverage } = plan.document;
  return section(
    shown,
    'summary',
    'Summary',
    html`<dl class="totals">${present.map(
      (status) =>
        html`<div class="${status}"><dt>${nameOfStatus(status, isWritten)}</dt><dd>${total(groups, status)}</dd></div>`,
    )}</dl>
    <div class="scroll" role="region" aria-label="${regionName(shown, 'Findings by risk and remediation')}" tabindex="0">
    <table class="matrix">
    <caption>Findings by risk and by remediation</caption>
    <thead><tr><th scope="col">Remediation</th>${present.map((status) => html`<th scope="col" class="number">${nameOfStatus(status, isWritten)}</th>`)}</tr></thead>
    ${riskLevels.map((risk) => riskRows(risk, shown, present))}
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

function total(groups: readonly RemediationGroup[], status: FindingStatus): number {
  return groups.reduce((sum, { findings }) => sum + findings[status].length, 0);
}

function riskRows(
  risk: string,
  { groups, prefix }: ShownPlan,
  shown: readonly FindingStatus[],
): Markup | undefined {
  const own = groups.filter(({ guideRisk }) => guideRisk === risk);
  if (own.length === 0) return undefined;
  return html`<tbody>
    <tr class="risk"><th scope="rowgroup" colspan="${shown.length + 1}">${risk} risk</th></tr>
    ${own.map(
      (group) =>
        html`<tr><th scope="row">${group.title} <span class="id">${group.id}</span></th>${shown.map(
          (status) =>
            html`<td class="number ${status}">${
              group.findings[status].length === 0
                ? html`<span class="none" aria-hidden="true">·</span><span class="hidden">0</span>`
                : html`<a href="#${prefix}stacks" data-filter="${filterText({ remediation: group.id, status })}">${group.findings[status].length}</a>`
            }</td>`,
        )}</tr>`,
    )}
    </tbody>`;
}

/** The plan in one sentence. */
export function headline({ groups, isWritten, plan }: ShownPlan): string {
  const of = (...wanted: readonly FindingStatus[]) =>
    wanted.reduce((sum, status) => sum + total(groups, status), 0);
  const findings = groups.flatMap(findingsOf);
  if (findings.length === 0) return 'Nothing in these templates is looked at by a remediation.';
  const told = (['written', 'review', 'blocked', 'input', 'manual', 'unknown'] as const)
    .filter((status) => of(status) > 0)
    .map((status) => countOfStatus(of(status), status, isWritten));
  const templates = count(plan.document.stacks.length, 'template');
  if (told.length === 0) {
    const seen = plan.document.coverage.notEvaluated.length === 0 ? '' : ', as far as they could be checked';
    return `No open findings in ${templates}${seen}.`;
  }
  const open = of(...openStatuses);
  return `${count(open, 'open finding')} in ${templates}: ${listed(told)}.`;
}

/** The stacks as a tree, then each with its findings and its diff. */
export function stacksSection(shown: ShownPlan): Markup {
  const { plan } = shown;
  const [root, ...nested] = plan.document.stacks;
  return section(
    shown,
    'stacks',
    'Stack by stack',
    html`${nested.length > 0 && root !== undefined && html`<ul class="tree">${treeItem(root, shown)}</ul>`}
    ${plan.document.stacks.map((stack) => stackPart(stack, shown))}`,
  );
}

function treeItem(stack: PlanStack, shown: ShownPlan): Markup {
  const { stacks } = shown.plan.document;
  const children = stacks.filter(({ parent }) => parent?.template === stack.template);
  return html`<li><a href="#${stackAnchor(shown, stack.template)}">${stack.template}</a> <span class="soft">${stack.parent !== null && `nested as ${stack.parent.logicalId}, `}${count(stack.resources, 'resource')}</span>
    ${tally(stack, shown)}
    ${children.length > 0 && html`<ul>${children.map((child) => treeItem(child, shown))}</ul>`}</li>`;
}

function tally(stack: PlanStack, { groups, isWritten }: ShownPlan): Markup {
  const own = groups.flatMap(({ findings }) =>
    statuses.flatMap((status) =>
      findings[status].filter(({ template }) => template === stack.template).map(() => status),
    ),
  );
  const present = statuses.filter((status) => !quietStatuses.has(status) && own.includes(status));
  return html`<span class="tally">${present.map((status) => html` ${mark(status, countOfStatus(own.filter((each) => each === status).length, status, isWritten))}`)}</span>`;
}

/** A review that fits on a few screens is unfolded from the start. */
const mostUnfolded = 40;

function stackPart(stack: PlanStack, shown: ShownPlan): Markup {
  const { groups, level } = shown;
  const { template, parent, resources, resourcesAfterTransform, sha256 } = stack;
  const open = groups
    .flatMap(findingsOf)
    .filter(({ verdict }) => verdict !== 'not-applicable' && verdict !== 'compliant');
  const isSmall = open.length <= mostUnfolded;
  const parts = groups
    .map((group) => groupPart(group, stack, shown, isSmall))
    .filter((part) => part !== undefined);
  const transformed =
    resourcesAfterTransform === resources ? '' : `, ${resourcesAfterTransform} once patched and transformed`;
  return html`<article class="stack" data-root="${shown.plan.root}" data-template="${template}" aria-labelledby="${stackAnchor(shown, template)}">
    ${heading(level + 1, template, stackAnchor(shown, template))}
    <p class="soft">${parent === null ? 'root' : html`nested in ${parent.template} as <strong>${parent.logicalId}</strong>`}; ${count(resources, 'resource')}${transformed}; SHA-256 as read <code class="hash">${sha256.slice(0, 12)}</code></p>
    ${tally(stack, shown)}
    ${parts.length === 0 ? html`<p class="soft">No remediation has anything to look at here.</p>` : parts}
    ${shown.edits.diffs.filter((diff) => diff.template === template && diff.patch === null).map((diff) => diffPart(diff, shown.isWritten ? 'as written' : 'as --apply would write it', shown, othersNote(stack, shown)))}
    </article>`;
}

function othersNote({ patches }: PlanStack, { plan }: ShownPlan): Markup | undefined {
  if (plan.includeReview || patches.every(({ risk }) => risk !== 'review')) return undefined;
  return html`<p class="soft">Patches that need approval are not in it; each has a diff of its own above. With --include review they are written too.</p>`;
}

interface Choice {
  readonly value: string;
  readonly text: string;
}

interface Toolbar {
  /** What is searched: `findings`. */
  readonly noun: string;
  readonly count: number;
  /** By the name of the attribute of an item that they are compared with: `data-status`. */
  readonly filters: readonly {
    readonly name: string;
    readonly label: string;
    readonly choices: readonly Choice[];
  }[];
}

/** Hidden until the script is there that makes it work. */
export function toolbar({ noun, count, filters }: Toolbar): Markup {
  return html`<search class="toolbar" aria-label="Search and filter ${noun}" hidden>
    <div class="field wide"><p class="over"><label for="query">Search</label> <span class="result" role="status" data-noun="${noun}">${count} ${noun}</span></p><input id="query" type="search" autocomplete="off" spellcheck="false"></div>
    ${filters.map(
      ({ name, label, choices }) => html`<p class="field"><label for="by-${name}">${label}</label>
        <select id="by-${name}" data-by="${name}"><option value="">all</option>
        ${choices.map(({ value, text }) => html`<option value="${value}">${text}</option>`)}
        </select></p>`,
    )}
    <p class="field buttons"><button type="button" id="clear">Clear</button> <button type="button" id="unfold">Unfold all</button> <button type="button" id="fold">Fold all</button> <button type="button" id="print-summary">Print summary</button></p>
    </search>`;
}
