import { heading, html, type Markup, page } from '../report/html/page.js';
import { mark } from '../report/html/shown-plan.js';
import { toolbar } from '../report/html/summary.js';
import { count, listed } from '../report/words.js';
import { detailOf, type Outcome, resultOf, tallyOf } from './outcomes.js';
import type { ChangeSetRecord, ReviewedChange } from './record.js';
import { inOrderOfInterest, nameOfChange, openLosses } from './review.js';

/** What a reviewer has to think of a change, the worst that is true of it. */
type Concern = 'lost' | 'surprise' | 'replace' | 'may-replace' | 'in-place';

const concerns: Readonly<Record<Concern, { readonly name: string; readonly kind: string }>> = {
  lost: { name: 'loses, or may lose, data', kind: 'blocked' },
  surprise: { name: 'no patch asks for it, or for all of it', kind: 'review' },
  replace: { name: 'replaces', kind: 'replace' },
  'may-replace': { name: 'may replace', kind: 'may-replace' },
  'in-place': { name: 'in place', kind: 'written' },
};

/**
 * A reviewed change set as a document for whoever approves it: what would be lost or replaced, then every change with its
 * values before and after.
 * @param now how things stand, one line each
 */
export function htmlChangeSet(record: ChangeSetRecord, now: readonly string[]): string {
  const review = reviewOf(record, '', 1);
  return page({
    title: `Change set ${record.name} of ${record.stack.name}`,
    masthead: html`<p class="eyebrow">Change set of ${record.stack.name}</p><h1>${record.name}</h1>
      <p class="lead">${headline(review)}</p>
      <p class="soft">${placeOf(record)}</p>
      ${now.length > 0 && html`<ul class="plain">${now.map((line) => html`<li>${line}</li>`)}</ul>`}`,
    contents: [
      { id: 'approval', text: 'What needs approval' },
      ...(hasValues(record) ? [{ id: 'values', text: 'Parameter values and tags' }] : []),
      { id: 'changes', text: 'Changes' },
      { id: 'basis', text: 'What was reviewed' },
    ],
    main: html`${filterBar([review])}${sections(review)}`,
    colophon,
  });
}

/** The change sets of several stacks as one document: what became of each stack, then what each change set does. */
export function htmlChangeSets(outcomes: readonly Outcome[]): string {
  const reviews: Review[] = [];
  for (const each of outcomes) {
    if (each.outcome !== 'created') continue;
    const before = reviews.reduce((sum, { stacks }) => sum + stacks.length, 0);
    reviews.push(reviewOf(each.record, `set-${reviews.length + 1}-`, before + 1));
  }
  return page({
    title: 'Change sets for approval',
    masthead: html`<p class="eyebrow">Change sets for approval</p><h1>${count(outcomes.length, 'stack')}</h1>
      <p class="lead">${tallyOf(outcomes)}.</p>`,
    contents: [
      { id: 'stacks', text: 'Stacks' },
      ...reviews.map(({ record, prefix }) => ({
        id: `${prefix}set`,
        text: `${record.stack.name} in ${record.region}`,
      })),
    ],
    main: html`${stacksSection(outcomes, reviews)}${reviews.length > 0 && filterBar(reviews)}${reviews.map(
      (review) => html`<section aria-labelledby="${review.prefix}set">
        ${heading(2, `${review.record.stack.name} in ${review.record.region}`, `${review.prefix}set`)}
        <p>${review.record.name}: ${headline(review)}</p><p class="soft">${placeOf(review.record)}</p>
        ${sections(review)}</section>`,
    )}`,
    colophon,
  });
}

const colophon = html`<p>Nothing is changed before <code>idp-fix change-set execute</code>, which refuses what differs from what is shown here.</p>`;

function stacksSection(outcomes: readonly Outcome[], reviews: readonly Review[]): Markup {
  const linked = (each: Outcome) =>
    reviews.find(({ record }) => each.outcome === 'created' && record === each.record);
  return html`<section aria-labelledby="stacks">
    ${heading(2, 'Stacks', 'stacks')}
    <table class="properties"><caption class="hidden">What became of each stack</caption>
    <thead><tr><th scope="col">Stack</th><th scope="col">Region</th><th scope="col">Result</th></tr></thead>
    <tbody>${outcomes.map((each) => {
      const review = linked(each);
      const name = review === undefined ? each.stack : html`<a href="#${review.prefix}set">${each.stack}</a>`;
      return html`<tr><th scope="row">${name}</th><td>${each.region}</td><td>${mark(resultKinds[each.outcome], resultOf(each))} ${detailOf(each)}</td></tr>`;
    })}</tbody></table>
    </section>`;
}

const resultKinds = { created: 'review', nothing: 'written', failed: 'blocked' } as const;

function placeOf({ account, region, planSha256 }: ChangeSetRecord): Markup {
  return html`Account ${account}, ${region}; plan SHA-256 <code class="hash">${planSha256.slice(0, 12)}</code>.`;
}

function reviewOf(record: ChangeSetRecord, prefix: string, firstStack: number): Review {
  const changes = inOrderOfInterest(record.changes);
  const stacks = [...new Set(changes.map(({ stack }) => stack))].sort();
  return { record, changes, stacks, prefix, firstStack, level: prefix === '' ? 2 : 3 };
}

function concernOf(change: ReviewedChange): Concern {
  if (change.loses) return 'lost';
  if (change.surprise !== null) return 'surprise';
  if (change.replacement === 'will') return 'replace';
  return change.replacement === 'may' ? 'may-replace' : 'in-place';
}

function sections(review: Review): Markup {
  return html`${approvalSection(review)}${valuesSection(review)}${changesSection(review)}${basisSection(review)}`;
}

interface Review {
  readonly record: ChangeSetRecord;
  readonly changes: readonly ReviewedChange[];
  /** Logical ids from the root down, between `/`; empty for the root. */
  readonly stacks: readonly string[];
  /** Of anchors, where a page has several. */
  readonly prefix: string;
  /** Number of its first stack in the filter of the page. */
  readonly firstStack: number;
  /** Of its headings. */
  readonly level: number;
}

function headline({ changes, stacks }: Review): string {
  const told = (['lost', 'surprise', 'replace', 'may-replace'] as const)
    .map((concern) => [changes.filter((change) => concernOf(change) === concern).length, concern] as const)
    .filter(([number]) => number > 0)
    .map(([number, concern]) => `${number} ${said[concern][number === 1 ? 0 : 1]}`);
  const all = `${count(changes.length, 'change')} in ${count(stacks.length, 'stack')}`;
  return told.length === 0 ? `${all}, all of them asked for and in place.` : `Of ${all}, ${listed(told)}.`;
}

/** Of one and of several. */
const said = {
  lost: ['loses, or may lose, data', 'lose, or may lose, data'],
  surprise: ['is not, or not wholly, asked for by a patch', 'are not, or not wholly, asked for by a patch'],
  replace: ['replaces a resource', 'replace a resource'],
  'may-replace': ['may replace a resource', 'may replace a resource'],
} as const;

function filterBar(reviews: readonly Review[]): Markup {
  const changes = reviews.flatMap((review) => review.changes);
  const ids = [...new Set(changes.flatMap(({ remediations }) => remediations))].sort();
  const found = (Object.keys(concerns) as Concern[]).filter((concern) =>
    changes.some((change) => concernOf(change) === concern),
  );
  return toolbar({
    noun: 'changes',
    count: changes.length,
    filters: [
      {
        name: 'concern',
        label: 'Kind',
        choices: found.map((value) => ({ value, text: concerns[value].name })),
      },
      { name: 'remediation', label: 'Remediation', choices: ids.map((id) => ({ value: id, text: id })) },
      {
        name: 'stack',
        label: 'Stack',
        choices: reviews.flatMap(({ stacks, record, firstStack }) =>
          stacks.map((stack, index) => ({ value: String(firstStack + index), text: nameOf(stack, record) })),
        ),
      },
    ],
  });
}

function nameOf(stack: string, record: ChangeSetRecord): string {
  return stack === '' ? record.stack.name : stack;
}

function approvalSection({ record, changes, prefix, level }: Review): Markup {
  const waiting = (Object.keys(concerns) as Concern[])
    .filter((concern) => concern !== 'in-place')
    .flatMap((concern) => changes.filter((change) => concernOf(change) === concern));
  return html`<section aria-labelledby="${prefix}approval">
    ${heading(level, 'What needs approval', `${prefix}approval`)}
    ${record.warnings.map((warning) => html`<p class="because">${mark('review', 'CloudFormation warns')} ${warning}</p>`)}
    ${
      waiting.length === 0
        ? html`<p>Nothing is lost or replaced, and every change was asked for.</p>`
        : html`<ul class="rows">${waiting.map((change) => approvalItem(change, concernOf(change), record))}</ul>`
    }
    ${
      record.prerequisites.length > 0 &&
      html`${heading(level + 1, 'Before anybody executes it')}<ul class="rows">${record.prerequisites.map(({ what, check }) => html`<li><p>${what}</p><p class="soft">check: <code>${check}</code></p></li>`)}</ul>`
    }
    </section>`;
}

function approvalItem(change: ReviewedChange, concern: Concern, record: ChangeSetRecord): Markup {
  const { logicalId, type, stack, because, surprise } = change;
  const isRefused = openLosses([change], record.allowed).length > 0;
  const reasons = [...(surprise === null ? [] : [surprise]), ...because];
  return html`<li><p>${concernMark(concern)} <strong>${logicalId}</strong> <span class="soft">${type} in ${nameOf(stack, record)}</span>${concern === 'lost' && !isRefused && html` ${mark('accepted', 'agreed to')}`}</p>
    ${reasons.map((reason) => html`<p class="because">${reason}</p>`)}
    ${
      isRefused &&
      html`<p class="note">execute refuses it; if that is what you want: <code>--allow-replacement ${nameOfChange(change)}</code></p>`
    }</li>`;
}

function concernMark(concern: Concern): Markup {
  const { name, kind } = concerns[concern];
  return mark(kind, name);
}

function hasValues({ values, tags }: ChangeSetRecord): boolean {
  return Object.keys(values).length > 0 || tags.length > 0;
}

function valuesSection({ record, prefix, level }: Review): Markup | undefined {
  if (!hasValues(record)) return undefined;
  return html`<section aria-labelledby="${prefix}values">
    ${heading(level, 'Parameter values and tags', `${prefix}values`)}
    <table class="properties"><caption class="hidden">Parameter values and tags of the stack that the change set sets</caption>
    <thead><tr><th scope="col">Parameter or tag</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
    <tbody>${Object.entries(record.values).map(
      ([name, value]) =>
        html`<tr><th scope="row">${name}</th><td><code>${record.parameters[name] ?? 'not set'}</code></td><td><code>${value}</code></td></tr>`,
    )}${record.tags.map(
      ({ key, before, after }) =>
        html`<tr><th scope="row">tag ${key}</th><td><code>${before ?? 'not set'}</code></td><td><code>${after ?? 'taken away'}</code></td></tr>`,
    )}</tbody></table>
    </section>`;
}

function changesSection(review: Review): Markup {
  const { record, changes, stacks, prefix, level, firstStack } = review;
  return html`<section aria-labelledby="${prefix}changes">
    ${heading(level, 'Changes', `${prefix}changes`)}
    ${stacks.map((stack, index) => {
      const own = changes.filter((change) => change.stack === stack);
      return html`<details class="group" open><summary>${heading(level + 1, nameOf(stack, record))} <span class="tally"><span class="soft">${count(own.length, 'change')}</span></span></summary>
        <ul class="findings">${own.map((change) => changeItem(change, firstStack + index))}</ul></details>`;
    })}
    </section>`;
}

function changeItem(change: ReviewedChange, stackNumber: number): Markup {
  const { action, logicalId, type, physicalId, because, surprise, remediations } = change;
  const unasked = change.properties.filter((property) => property.surprise !== null);
  const properties = [...unasked, ...change.properties.filter((property) => property.surprise === null)];
  const concern = concernOf(change);
  return html`<li class="finding" data-concern="${concern}" data-remediation="${remediations.join(' ')}" data-stack="${stackNumber}">
    <p class="subject">${concernMark(concern)} <span class="soft">${action}</span> <strong>${logicalId}</strong> <span class="soft">${type}</span>${physicalId !== null && html` <code class="place">${physicalId}</code>`}</p>
    ${surprise !== null && html`<p class="because">${surprise}</p>`}
    ${because.map((reason) => html`<p class="because">${reason}</p>`)}
    ${remediations.length > 0 && html`<p class="note">Asked for by ${listed(remediations)}.</p>`}
    ${
      properties.length > 0 &&
      html`<table class="properties"><caption class="hidden">Properties of ${logicalId}</caption>
      <thead><tr><th scope="col">Property</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
      <tbody>${properties.map(
        ({ path, before, after, cause, ...property }) =>
          html`<tr><th scope="row"><code>${path}</code>${property.surprise !== null && html` ${mark('review', 'no patch asks for it')}`}${cause !== null && html` <span class="soft">through ${cause}</span>`}</th><td>${valueText(before, 'old')}</td><td>${valueText(after, 'new')}</td></tr>`,
      )}</tbody></table>`
    }</li>`;
}

function valueText(value: string | null, kind: 'old' | 'new'): Markup {
  return value === null
    ? html`<span class="soft">not told</span>`
    : html`<code class="${kind}">${value}</code>`;
}

const checkMarks = {
  passed: mark('written', 'passed'),
  failed: mark('blocked', 'failed'),
  unchecked: mark('review', 'not checked'),
} as const;

function basisSection({ record, prefix, level }: Review): Markup {
  const { templates, uploads, state, arn, stack, checks } = record;
  return html`<section aria-labelledby="${prefix}basis">
    ${heading(level, 'What was reviewed', `${prefix}basis`)}
    <dl class="basis">
    <div><dt>State</dt><dd>${state}</dd></div>
    <div><dt>Stack</dt><dd><code>${stack.id}</code>${stack.updatedAt !== '' && html` <span class="soft">last changed ${stack.updatedAt}</span>`}</dd></div>
    ${arn !== null && html`<div><dt>Change set</dt><dd><code>${arn}</code></dd></div>`}
    ${templates.map(({ path, submittedSha256 }) => html`<div><dt>Template</dt><dd>${path} <span class="soft">submitted with SHA-256</span> <code class="hash">${submittedSha256.slice(0, 12)}</code></dd></div>`)}
    ${uploads.map(({ bucket, key }) => html`<div><dt>Upload</dt><dd><code>s3://${bucket}/${key}</code></dd></div>`)}
    </dl>
    ${
      checks.length > 0 &&
      html`${heading(level + 1, 'Looked at before')}<ul class="rows">${checks.map(({ what, status, because }) => html`<li><p>${checkMarks[status]} ${what}</p><p class="soft">${because}</p></li>`)}</ul>`
    }
    </section>`;
}
