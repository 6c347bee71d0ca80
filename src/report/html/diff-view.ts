import { entryIn } from '../../document/locate.js';
import type { Document } from '../../document/syntax.js';
import type { PlacedPatch } from '../group.js';
import { count, listed } from '../words.js';
import type { Hunk, TemplateDiff } from './hunks.js';
import { type Colored, colorsOf, html, type Markup, type Piece } from './page.js';
import {
  filterText,
  findingAnchor,
  regionName,
  riskMark,
  type ShownPlan,
  updateMark,
  usd,
} from './shown-plan.js';

/** A patch as a reviewer needs it: class, cost, what it brings and what has to be true before. */
export function patchPart(patch: PlacedPatch, shown: ShownPlan): Markup {
  const { plan, edits: all } = shown;
  const { id, risk, update, riskBecause, companions, removedComments, prerequisites, leaves, requires } =
    patch;
  const isInDiff = risk === 'safe' || (risk === 'review' && plan.includeReview);
  const own = all.diffs.find((diff) => diff.patch === id && diff.template === patch.template);
  const edits = patch.operations.filter(({ op }) => op !== 'test').length;
  const placements = patch.placement.map((placement) => placement.replaceAll('-', ' '));
  return html`<div class="patch">
    <p><code class="id">${id}</code> ${riskMark(risk)} ${updateMark(update)} <span class="soft">${count(edits, 'operation')} at ${listed(placements)}; ${costText(patch)}</span></p>
    <dl>
    ${entry('Needs approval because', riskBecause)}
    ${entry('Adds', companions)}
    ${entry(
      'Removes comments',
      removedComments.map(({ line, text }) => html`line ${line} <code>${text}</code>`),
    )}
    ${entry(
      'First',
      prerequisites.map(
        ({ what, check }) => html`${what} <span class="soft">check: <code>${check}</code></span>`,
      ),
    )}
    ${entry('Together with', requires)}
    ${entry('Left to do', leaves)}
    </dl>
    ${own !== undefined && diffPart(own, 'as --include review would write it', shown)}
    ${
      !isInDiff &&
      own === undefined &&
      html`<details><summary>What it would write: RFC 6902 operations</summary><pre tabindex="0"><code>${JSON.stringify(patch.operations, null, 1)}</code></pre></details>`
    }
    </div>`;
}

const mostShown = 5;

function entry(term: string, texts: readonly Piece[]): Markup | undefined {
  if (texts.length === 0) return undefined;
  const items = texts.map((text) => html`<li>${text}</li>`);
  const rest = items.slice(mostShown);
  return html`<div><dt>${term}</dt><dd><ul>${items.slice(0, mostShown)}</ul>${
    rest.length > 0 && html`<details><summary>${rest.length} more</summary><ul>${rest}</ul></details>`
  }</dd></div>`;
}

function costText({ cost: { monthlyUsd, formula } }: PlacedPatch): string {
  if (monthlyUsd === 0) return 'no running cost';
  if (monthlyUsd === null) return `cost depends on use (${formula})`;
  return `about ${usd(monthlyUsd)} (${formula})`;
}

/**
 * One template before and after, colored by what our own reader makes of both; each hunk leads to the findings it is for.
 * @param what is shown: `as --apply would write it`
 */
export function diffPart(diff: TemplateDiff, what: string, shown: ShownPlan, note?: Piece): Markup {
  const { template, patch, hunks } = diff;
  const before = sideOf(diff.before);
  const after = sideOf(diff.after);
  const sum = (sign: string) =>
    hunks.flatMap(({ lines }) => lines).filter((line) => line.startsWith(sign)).length;
  const name = patch === null ? `Diff of ${template}` : `Diff of ${patch}`;
  return html`<details class="diff"><summary><strong>Diff</strong> <span class="soft">${patch === null && `of ${template}, `}${what}</span> <span class="added">+${sum('+')}</span> <span class="removed">−${sum('-')}</span></summary>
    ${note}
    <div class="code" role="region" tabindex="0" aria-label="${regionName(shown, name)}">${hunks.map((hunk) => hunkPart(hunk, before, after, shown))}</div>
    </details>`;
}

interface Side {
  readonly text: string;
  /** Where each line starts, and one more for the end. */
  readonly starts: readonly number[];
  readonly colors: readonly Colored[];
  readonly colorStarts: readonly number[];
  /** The lines each resource takes, from one. */
  readonly resources: readonly { readonly from: number; readonly to: number; readonly logicalId: string }[];
}

function sideOf(document: Document): Side {
  const { text } = document.source;
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  starts.push(text.length + 1);
  const colors = colorsOf(document);
  return {
    text,
    starts,
    colors,
    colorStarts: colors.map(({ start }) => start),
    resources: resourceLines(document, starts),
  };
}

function resourceLines({ root }: Document, starts: readonly number[]): Side['resources'] {
  const section = root.kind === 'map' ? entryIn(root, 'Resources')?.value : undefined;
  if (section?.kind !== 'map') return [];
  return section.entries.map(({ key, keySpan, value }) => ({
    logicalId: key,
    from: indexBelow(starts, keySpan.start) + 1,
    to: indexBelow(starts, value.span.end) + 1,
  }));
}

/** Index of the last number that is not above the one given. */
function indexBelow(numbers: readonly number[], wanted: number): number {
  let low = 0;
  let high = numbers.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? Number.POSITIVE_INFINITY) <= wanted) low = middle;
    else high = middle;
  }
  return low;
}

function hunkPart(hunk: Hunk, before: Side, after: Side, shown: ShownPlan): Markup {
  const all = [...new Set(hunk.owners.flat())];
  // Most hunks are for the same findings throughout, which are said once then.
  const isOne = hunk.owners.every((owners) => owners.length === 0 || owners.length === all.length);
  const by = (keys: readonly string[]) =>
    keys.length > 0 && html` data-by="${keys.map((key) => shown.byKey.get(key)?.number).join(' ')}"`;
  let old = hunk.oldStart;
  let now = hunk.newStart;
  const lines = hunk.lines.map((line, index) => {
    const own = !isOne && by(hunk.owners[index] ?? []);
    if (line.startsWith('\\')) return undefined;
    if (line.startsWith('-')) return html`<del data-old="${old}"${own}>-${lineOf(before, old++)}\n</del>`;
    if (line.startsWith('+')) return html`<ins data-new="${now}"${own}>+${lineOf(after, now++)}\n</ins>`;
    return html`<span data-old="${old++}" data-new="${now}"> ${lineOf(after, now++)}\n</span>`;
  });
  return html`<div class="hunk" id="${hunk.anchor}"${isOne && by(all)}>
    <p class="at">@@ line ${hunk.oldStart}${placeOf(hunk, before)} <span class="for">${reasons(all, hunk, shown)}</span></p>
    <pre>${lines}</pre></div>`;
}

/** The resource a hunk begins in. */
function placeOf({ oldStart, lines }: Hunk, { resources }: Side): string {
  const changed = oldStart + lines.findIndex((line) => !line.startsWith(' '));
  const nearest = resources.findLast(({ from }) => from <= changed);
  // What is added behind the last line of a resource belongs to it as well.
  return nearest !== undefined && changed <= nearest.to + 1 ? `, ${nearest.logicalId}` : '';
}

const mostNamed = 4;

/** The way to the findings a hunk is for; where they are many, to all of them at once. */
function reasons(keys: readonly string[], { anchor }: Hunk, { byKey, prefix }: ShownPlan): Piece {
  const findings = keys.flatMap((key) => byKey.get(key)?.finding ?? []);
  const ids = [...new Set(findings.map(({ remediation }) => remediation))];
  return ids.map((id, index) => {
    const own = findings.filter(({ remediation }) => remediation === id);
    const [first] = own;
    const all =
      first !== undefined &&
      own.length > mostNamed &&
      html`<a href="#${findingAnchor(prefix, first)}" data-filter="${filterText({ hunk: anchor, remediation: id })}">${count(own.length, 'finding')}</a>`;
    const named = own.map(
      (finding, each) =>
        html`${each > 0 && ', '}<a href="#${findingAnchor(prefix, finding)}">${finding.logicalId === '' ? 'the whole template' : finding.logicalId}</a>`,
    );
    return html`${index > 0 && '; '}${id}: ${all === false ? named : all}`;
  });
}

/** A line with its colors. @param line one-based */
function lineOf({ text, starts, colors, colorStarts }: Side, line: number): readonly (Markup | string)[] {
  const start = starts[line - 1] ?? text.length;
  const end = Math.max(start, (starts[line] ?? text.length + 1) - 1);
  const last = text[end - 1] === '\r' ? end - 1 : end;
  const parts: (Markup | string)[] = [];
  let at = start;
  let index = indexBelow(colorStarts, start);
  for (
    let colored = colors[index];
    colored !== undefined && colored.start < last;
    colored = colors[++index]
  ) {
    const from = Math.max(colored.start, at);
    const to = Math.min(colored.end, last);
    if (to <= from) continue;
    parts.push(text.slice(at, from), html`<i class="${colored.kind}">${text.slice(from, to)}</i>`);
    at = to;
  }
  return [...parts, text.slice(at, last)];
}
