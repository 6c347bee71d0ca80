import { structuredPatch } from 'diff';
import { maskSecrets } from '../../analysis/credentials.js';
import { entryIn } from '../../document/locate.js';
import { readDocument } from '../../document/read.js';
import type { Document } from '../../document/syntax.js';
import type { PatchedFile } from '../../plan/written.js';
import type { PlacedPatch } from '../group.js';
import { count, listed } from '../words.js';
import { type Chapter, regionName, riskMark, updateMark, usd } from './chapter.js';
import { type Coloured, coloursOf, html, type Markup, type Piece } from './page.js';

/** A patch as a reviewer needs it: class, cost, what it brings and what has to be true before. */
export function patchPart(patch: PlacedPatch, { plan }: Chapter): Markup {
  const { id, risk, update, riskBecause, companions, removedComments, prerequisites, leaves, requires } =
    patch;
  const isInDiff = risk === 'safe' || (risk === 'review' && plan.includeReview);
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
    ${
      !isInDiff &&
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

/** One template before and after, coloured by what our own reader makes of both. */
export function diffPart({ path, document, text }: PatchedFile, chapter: Chapter): Markup {
  const { plan, isWritten } = chapter;
  // Same length, so that the spans of the documents hold.
  const shown = (each: Document) =>
    sideOf({ ...each, source: { ...each.source, text: maskSecrets(each.source.text, each.value) } });
  const before = shown(document);
  const after = shown(readDocument({ ...document.source, text }));
  const { hunks } = structuredPatch('', '', before.text, after.text, undefined, undefined, { context: 3 });
  const sum = (sign: string) =>
    hunks.flatMap(({ lines }) => lines).filter((line) => line.startsWith(sign)).length;
  const hasOthers =
    !plan.includeReview &&
    plan.document.stacks.some(
      ({ template, patches }) => template === path && patches.some(({ risk }) => risk === 'review'),
    );
  return html`<details class="diff"><summary><strong>Diff</strong> <span class="soft">of ${path}, ${isWritten ? 'as written' : 'as --apply would write it'}</span> <span class="added">+${sum('+')}</span> <span class="removed">−${sum('-')}</span></summary>
    ${hasOthers && html`<p class="soft">Patches that need approval are not in it; with --include review they are.</p>`}
    <div class="code" role="region" tabindex="0" aria-label="${regionName(chapter, `Diff of ${path}`)}"><pre>${hunks.map((hunk) => hunkPart(hunk, before, after))}</pre></div>
    </details>`;
}

interface Side {
  readonly text: string;
  /** Where each line starts, and one more for the end. */
  readonly starts: readonly number[];
  readonly colours: readonly Coloured[];
  readonly colourStarts: readonly number[];
  /** The lines each resource takes, from one. */
  readonly resources: readonly { readonly from: number; readonly to: number; readonly logicalId: string }[];
}

function sideOf(document: Document): Side {
  const { text } = document.source;
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  starts.push(text.length + 1);
  const colours = coloursOf(document);
  return {
    text,
    starts,
    colours,
    colourStarts: colours.map(({ start }) => start),
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

type Hunk = ReturnType<typeof structuredPatch>['hunks'][number];

function hunkPart(hunk: Hunk, before: Side, after: Side): Markup {
  let old = hunk.oldStart;
  let now = hunk.newStart;
  const changed = old + hunk.lines.findIndex((line) => !line.startsWith(' '));
  const nearest = before.resources.findLast(({ from }) => from <= changed);
  // What is added behind the last line of a resource belongs to it as well.
  const inside = nearest !== undefined && changed <= nearest.to + 1 ? nearest.logicalId : undefined;
  const lines = hunk.lines.flatMap((line) => {
    if (line.startsWith('\\')) return [];
    if (line.startsWith('-')) return [html`<del data-old="${old}">-${lineOf(before, old++)}\n</del>`];
    if (line.startsWith('+')) return [html`<ins data-new="${now}">+${lineOf(after, now++)}\n</ins>`];
    const same = html`<span data-old="${old++}" data-new="${now}"> ${lineOf(after, now++)}\n</span>`;
    return [same];
  });
  return html`<b>@@ line ${hunk.oldStart}${inside !== undefined && `, ${inside}`}\n</b>${lines}`;
}

/** A line with its colours. @param line one-based */
function lineOf({ text, starts, colours, colourStarts }: Side, line: number): readonly (Markup | string)[] {
  const start = starts[line - 1] ?? text.length;
  const end = Math.max(start, (starts[line] ?? text.length + 1) - 1);
  const last = text[end - 1] === '\r' ? end - 1 : end;
  const parts: (Markup | string)[] = [];
  let at = start;
  let index = indexBelow(colourStarts, start);
  for (
    let coloured = colours[index];
    coloured !== undefined && coloured.start < last;
    coloured = colours[++index]
  ) {
    const from = Math.max(coloured.start, at);
    const to = Math.min(coloured.end, last);
    if (to <= from) continue;
    parts.push(text.slice(at, from), html`<i class="${coloured.kind}">${text.slice(from, to)}</i>`);
    at = to;
  }
  return [...parts, text.slice(at, last)];
}
