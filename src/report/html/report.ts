import { severities } from '../group.js';
import { nameOfStatus, type Report } from '../report.js';
import { count } from '../words.js';
import { type Chapter, chapterOf, findingsOf, statuses } from './chapter.js';
import { checklistSection, deviationsSection, stepsSection } from './checklist.js';
import { decisionsSection, markForm, yourReview } from './decisions.js';
import { figuresSection } from './figures.js';
import { foreignSection } from './findings.js';
import { budgetsPart, descriptionOf, identityOf, identityPart } from './identity.js';
import { heading, html, type Markup, page } from './page.js';
import { headline, stacksSection, summarySection, toolbar } from './summary.js';
/** Plans as one document for a reviewer: a page that is complete in one file and works without a network. */
export const htmlReport: Report = (plans, options) => {
  const [first, ...others] = plans;
  if (others.length === 0 && first !== undefined) {
    const chapter = chapterOf(first, options, '', 2);
    const title = options.title ?? first.root;
    const top = html`<h1>${title}</h1>${options.title !== undefined && html`<p class="soft">${first.root}</p>`}${lead(chapter)}`;
    return reviewPage([chapter], `Review of ${title}`, top);
  }
  const chapters = plans.map((plan, index) => chapterOf(plan, options, `plan-${index + 1}-`, 3));
  const title = options.title ?? `Review of ${count(plans.length, 'root template')}`;
  return reviewPage(chapters, title, html`<h1>${title}</h1>`);
};

function reviewPage(chapters: readonly Chapter[], title: string, top: Markup): string {
  const [first] = chapters;
  const isOne = chapters.length === 1;
  const sections = chapters.map((chapter) => ({ chapter, parts: partsOf(chapter) }));
  const tool = first?.plan.document.tool;
  return page({
    title,
    masthead: html`<p class="eyebrow">Production review</p>${top}${budgetsPart(chapters)}${identityPart(chapters)}`,
    contents: [
      ...sections.flatMap(({ chapter, parts }) => [
        ...(isOne ? [] : [{ id: `${chapter.prefix}plan`, text: chapter.plan.root }]),
        ...parts.map(({ id, text }) => ({
          id: `${chapter.prefix}${id}`,
          text,
          ...(!isOne && { nested: true as const }),
        })),
      ]),
      { id: 'review', text: 'Your decisions', needsScript: true as const },
    ],
    main: html`${filterBar(chapters)}${sections.map(({ chapter, parts }) =>
      isOne
        ? parts.map(({ section }) => section)
        : html`<section class="plan" aria-labelledby="${chapter.prefix}plan">${heading(2, chapter.plan.root, `${chapter.prefix}plan`)}${lead(chapter)}${parts.map(({ section }) => section)}</section>`,
    )}${yourReview(chapters, title, identityOf(chapters))}${markForm}`,
    colophon: html`<p>${tool !== undefined && `${tool.name} ${tool.version}. `}The same templates and the same policy give the same document.</p>`,
  });
}

function lead(chapter: Chapter): Markup {
  const { policy, baseline } = chapter.plan.document;
  const description = descriptionOf(chapter);
  return html`${description !== '' && html`<p class="soft">${description}</p>`}
    <p class="lead">${headline(chapter)}</p>
    <p class="soft">Measured against the policy <strong>${policy.name}</strong> (${policy.source}, SHA-256 <code class="hash">${policy.sha256.slice(0, 12)}</code>).${
      baseline !== null &&
      html` Beside the baseline: ${baseline.new} new, ${baseline.known} known, ${baseline.gone.length} gone.`
    }</p>`;
}

interface Part {
  readonly id: string;
  readonly text: string;
  readonly section: Markup;
}

function partsOf(chapter: Chapter): readonly Part[] {
  const parts: readonly (readonly [string, string, Markup | undefined])[] = [
    ['summary', 'Summary', summarySection(chapter)],
    ['decisions', 'What needs you', decisionsSection(chapter)],
    ['steps', 'What to do first', stepsSection(chapter)],
    ['checklist', 'Production checklist', checklistSection(chapter)],
    ['figures', 'In numbers', figuresSection(chapter)],
    ['deviations', 'Accepted risks', deviationsSection(chapter)],
    ['foreign', 'Findings of other tools', foreignSection(chapter)],
    ['stacks', 'Stack by stack', stacksSection(chapter)],
  ];
  return parts.flatMap(([id, text, section]) => (section === undefined ? [] : [{ id, text, section }]));
}

function filterBar(chapters: readonly Chapter[]): Markup {
  const groups = chapters.flatMap((chapter) => chapter.groups);
  const isWritten = chapters.some((chapter) => chapter.isWritten);
  const ids = [...new Set(groups.map(({ id }) => id))].sort();
  return toolbar({
    noun: 'findings',
    count: groups.flatMap(findingsOf).length,
    filters: [
      {
        name: 'status',
        label: 'Verdict',
        choices: statuses
          .filter((status) => groups.some(({ findings }) => findings[status].length > 0))
          .map((status) => ({ value: status, text: nameOfStatus(status, isWritten) })),
      },
      {
        name: 'severity',
        label: 'Severity',
        choices: severities
          .filter((each) => groups.flatMap(findingsOf).some(({ severity }) => severity === each))
          .map((each) => ({ value: each, text: each })),
      },
      { name: 'remediation', label: 'Remediation', choices: ids.map((id) => ({ value: id, text: id })) },
      {
        name: 'stack',
        label: 'Stack',
        choices: chapters.flatMap(({ plan, prefix }) =>
          plan.document.stacks.map(({ template }, index) => ({
            value: `${prefix}${index + 1}`,
            text: chapters.length === 1 ? template : `${plan.root}: ${template}`,
          })),
        ),
      },
      { name: 'mark', label: 'Your decision', choices: states },
    ],
  });
}

/** Of a finding, in what a reviewer has noted. */
const states = [
  { value: 'not-viewed', text: 'not viewed' },
  { value: 'viewed', text: 'viewed' },
  { value: 'undecided', text: 'undecided' },
  { value: 'approved', text: 'approved' },
  { value: 'rejected', text: 'rejected' },
  { value: 'discuss', text: 'to discuss' },
];
