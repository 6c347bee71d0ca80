import { isAbsolute } from 'node:path';
import type { ForeignFinding, ForeignOutcome, PlanStack } from '../../plan/document.js';
import type { PlacedFinding, RemediationGroup } from '../group.js';
import { contextLines, outcomeWords, unseenBy } from '../remediation-lines.js';
import { countOfStatus, type FindingStatus, nameOfStatus } from '../report.js';
import { count, sayInFull } from '../words.js';
import { patchPart } from './diff-view.js';
import { heading, html, type Markup, type Piece } from './page.js';
import {
  findingAnchor,
  keyOfFinding,
  mark,
  quietStatuses,
  type ShownPlan,
  section,
  statuses,
  updateMark,
} from './shown-plan.js';

/** All a remediation has found in one stack, its patch first; folded, with what matters in the line that stays. */
export function groupPart(
  group: RemediationGroup,
  stack: PlanStack,
  shown: ShownPlan,
  isOpen: boolean,
): Markup | undefined {
  const { template } = stack;
  const own = (status: FindingStatus) =>
    group.findings[status].filter((finding) => finding.template === template);
  const present = statuses.filter((status) => own(status).length > 0);
  const patches = group.patches.filter(
    (patch) => patch.template === template && patch.operations.length + patch.removedComments.length > 0,
  );
  if (present.length + patches.length === 0) return undefined;
  const { isWritten, level } = shown;
  const loud = present.filter((status) => !quietStatuses.has(status));
  return html`<details class="group"${isOpen && html` open`}>
    <summary>${heading(level + 2, html`${group.title} <span class="id">${group.id}</span>`)}
    <span class="tally"><span class="soft">${group.guideRisk} risk</span>${[...new Set(patches.map(({ update }) => update))].map(updateMark)}${present.map((status) => html` ${mark(status, countOfStatus(own(status).length, status, isWritten))}`)}</span></summary>
    <div class="body">
    ${loud.length > 0 && html`<p class="why">Why: ${group.why}.${sourceLinks(group.id, shown)}</p>`}
    ${patches.map((patch) => patchPart(patch, shown))}
    ${loud.length > 0 && html`<ul class="findings">${loud.flatMap(own).map((each) => findingItem(each, stack, group, shown))}</ul>`}
    ${present
      .filter((status) => quietStatuses.has(status))
      .map(
        (
          status,
        ) => html`<details class="quiet"><summary>${own(status).length} ${nameOfStatus(status, isWritten)}</summary>
          <ul class="findings">${own(status).map((each) => findingItem(each, stack, group, shown))}</ul></details>`,
      )}
    </div>
    </details>`;
}

/** Where it is written down. Nothing is fetched unless they are followed. */
function sourceLinks(id: string, { options }: ShownPlan): readonly Markup[] {
  const sources = options.remediations.find((each) => each.id === id)?.sources ?? [];
  return sources
    .filter((source) => source.startsWith('https://'))
    .map(
      (source) =>
        html` <a class="source" href="${source}" rel="noreferrer">${source.slice('https://'.length).replace(/^([^/]+).*\/([^/]+)$/, '$1: $2')}</a>`,
    );
}

function findingItem(
  finding: PlacedFinding,
  stack: PlanStack,
  { id, findings }: RemediationGroup,
  shown: ShownPlan,
): Markup {
  const { isWritten, prefix, plan, edits, byKey } = shown;
  const { logicalId, resourceType, template, because, verdict, severity, current, target } = finding;
  const status = statuses.find((each) => findings[each].includes(finding)) ?? 'unknown';
  const stackIndex = plan.document.stacks.indexOf(stack) + 1;
  const hasValues = current !== null || target !== null;
  const key = keyOfFinding(finding);
  const hunks = edits.hunksOf.get(key) ?? [];
  return html`<li class="finding" id="${findingAnchor(prefix, finding)}" data-status="${status}" data-remediation="${id}" data-stack="${prefix}${stackIndex}"${!quietStatuses.has(status) && status !== 'accepted' && html` data-fingerprint="${finding.fingerprint}" data-logical-id="${logicalId}"`}${severity !== null && html` data-severity="${severity}"`}${hunks.length > 0 && html` data-hunk="${hunks.map(({ anchor }) => anchor).join(' ')}" data-n="${byKey.get(key)?.number}"`}>
    <p class="subject">${mark(status, nameOfStatus(status, isWritten))} <strong>${logicalId === '' ? 'the whole template' : logicalId}</strong> ${severity === 'critical' && mark('blocked', 'broken today')} ${severity !== null && severity !== 'critical' && html`<span class="severity ${severity}">${severity}</span> `}<span class="soft">${resourceType}</span> ${placeLink(finding, shown)}${finding.known && html` ${mark('unknown', 'known')}`}</p>
    ${
      hasValues &&
      verdict !== 'compliant' &&
      html`<p class="values"><span class="hidden">now</span> <code class="old">${sayInFull(current)}</code> <span aria-hidden="true">→</span><span class="hidden">wanted</span> <code class="new">${target === null && verdict !== 'fixable' ? 'to be decided' : sayInFull(target)}</code></p>`
    }
    <p class="because">${because}</p>
    ${hunks.length > 0 && html`<p class="hunks">In the diff: ${hunkLinks(hunks, template)}</p>`}
    ${suppressionNote(finding)}
    ${finding.context && html`<p class="note">${contextLines(finding.context).join('; ')}</p>`}
    ${expiryNote(finding)}
    ${evidenceNote(finding, stack)}
    </li>`;
}

/** With an address of the source, the way to the line there. */
function placeLink({ template, path, line }: PlacedFinding, { options: { sourceUrl } }: ShownPlan): Markup {
  const place = html`<code>${template}:${line}</code>`;
  // What is outside the folder the address is of has none.
  if (sourceUrl === undefined || isAbsolute(path) || path.startsWith('../'))
    return html`<span class="place">${place}</span>`;
  const address = `${sourceUrl.replace(/\/+$/, '')}/${path.split('/').map(encodeURIComponent).join('/')}#L${line}`;
  return html`<a class="place" href="${address}" rel="noreferrer">${place}</a>`;
}

const mostLinked = 6;

/** The way to what is written for a finding, companions elsewhere included. */
function hunkLinks(hunks: readonly { template: string; anchor: string; line: number }[], own: string): Piece {
  const links = hunks
    .slice(0, mostLinked)
    .map(
      ({ template, anchor, line }, index) =>
        html`${index > 0 && ', '}<a class="to-hunk" href="#${anchor}">${template !== own && `${template} `}line ${line}</a>`,
    );
  return [links, hunks.length > mostLinked && ` and ${hunks.length - mostLinked} more`];
}

function suppressionNote({ suppression }: PlacedFinding): Markup | undefined {
  if (suppression === null) return undefined;
  const { tool, id, reason, line, handling } = suppression;
  return html`<p class="note">Line ${line} tells ${tool} to skip ${id}${reason !== '' && html`: “${reason}”`}. ${mark('accepted', handling)}</p>`;
}

function expiryNote({ expiredDeviation }: PlacedFinding): Markup | undefined {
  if (expiredDeviation === null) return undefined;
  const { owner, expires, reason } = expiredDeviation;
  return html`<p class="note">${owner} had accepted it until ${expires}: “${reason}”. ${mark('blocked', 'expired')}</p>`;
}

/** What the engine takes the resource for, and why. */
function evidenceNote({ logicalId }: PlacedFinding, stack: PlanStack): Markup | undefined {
  const ofFunction = stack.functions.find((each) => each.logicalId === logicalId);
  if (ofFunction !== undefined) {
    const { type, invocation, evidence } = ofFunction;
    return html`<details class="evidence"><summary>${type.replaceAll('-', ' ')} function, invoked ${invocations[invocation]}</summary>
      <ul>${evidence.map((text) => html`<li>${text}</li>`)}</ul></details>`;
  }
  const group = stack.logGroups.find((each) => each.logicalId === logicalId);
  if (group === undefined) return undefined;
  return html`<p class="note">Log group of class ${group.class}${group.owner !== null && `, written by ${group.owner}`}.</p>`;
}

const invocations = {
  sync: 'synchronously',
  async: 'asynchronously',
  both: 'both ways',
  unknown: 'in a way that is not known',
} as const;

const kinds: Readonly<Record<ForeignOutcome, string>> = {
  fixed: 'written',
  'not-fixable': 'manual',
  'not-found': 'unknown',
  'not-applicable': 'not-applicable',
  'in-order': 'compliant',
  accepted: 'accepted',
  'not-covered': 'review',
};

/** What becomes of the findings of other tools; nothing where none were handed in. */
export function foreignSection(shown: ShownPlan): Markup | undefined {
  const { foreignFindings } = shown.plan.document;
  if (foreignFindings === null) return undefined;
  const outcomes = Object.keys(outcomeWords) as ForeignOutcome[];
  const unseen = unseenBy(shown.plan.document).length;
  return section(
    shown,
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
