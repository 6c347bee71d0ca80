import type { PlanStack } from '../../plan/document.js';
import { count } from '../words.js';
import { type Chapter, findingsOf, stackAnchor } from './chapter.js';
import { diffPart } from './diff.js';
import { groupPart } from './findings.js';
import { html, type Markup } from './markup.js';
import { heading } from './page.js';
import { section } from './section.js';
import { countOfFate, fates, mark, quietFates } from './words.js';

/** The stacks as a tree, then each with its findings and its diff. */
export function stacksSection(chapter: Chapter): Markup {
  const { plan } = chapter;
  const [root, ...nested] = plan.document.stacks;
  return section(
    chapter,
    'stacks',
    'Stack by stack',
    html`${nested.length > 0 && root !== undefined && html`<ul class="tree">${treeItem(root, chapter)}</ul>`}
    ${plan.document.stacks.map((stack) => stackPart(stack, chapter))}`,
  );
}

function treeItem(stack: PlanStack, chapter: Chapter): Markup {
  const { stacks } = chapter.plan.document;
  const children = stacks.filter(({ parent }) => parent?.template === stack.template);
  return html`<li><a href="#${stackAnchor(chapter, stack.template)}">${stack.template}</a> <span class="soft">${stack.parent !== null && `nested as ${stack.parent.logicalId}, `}${count(stack.resources, 'resource')}</span>
    ${tally(stack, chapter)}
    ${children.length > 0 && html`<ul>${children.map((child) => treeItem(child, chapter))}</ul>`}</li>`;
}

function tally(stack: PlanStack, { groups, isWritten }: Chapter): Markup {
  const own = groups.flatMap(({ findings }) =>
    fates.flatMap((fate) =>
      findings[fate].filter(({ template }) => template === stack.template).map(() => fate),
    ),
  );
  const shown = fates.filter((fate) => !quietFates.has(fate) && own.includes(fate));
  return html`<span class="tally">${shown.map((fate) => html` ${mark(fate, countOfFate(own.filter((each) => each === fate).length, fate, isWritten))}`)}</span>`;
}

/** A review that fits on a few screens is unfolded from the start. */
const mostUnfolded = 40;

function stackPart(stack: PlanStack, chapter: Chapter): Markup {
  const { plan, groups, level } = chapter;
  const { template, parent, resources, resourcesAfterTransform, sha256 } = stack;
  const open = groups
    .flatMap(findingsOf)
    .filter(({ verdict }) => verdict !== 'not-applicable' && verdict !== 'compliant');
  const isSmall = open.length <= mostUnfolded;
  const parts = groups
    .map((group) => groupPart(group, stack, chapter, isSmall))
    .filter((part) => part !== undefined);
  const transformed =
    resourcesAfterTransform === resources ? '' : `, ${resourcesAfterTransform} once patched and transformed`;
  return html`<article class="stack" aria-labelledby="${stackAnchor(chapter, template)}">
    ${heading(level + 1, template, stackAnchor(chapter, template))}
    <p class="soft">${parent === null ? 'root' : html`nested in ${parent.template} as <strong>${parent.logicalId}</strong>`}; ${count(resources, 'resource')}${transformed}; SHA-256 as read <code class="hash">${sha256.slice(0, 12)}</code></p>
    ${tally(stack, chapter)}
    ${parts.length === 0 ? html`<p class="soft">No remediation has anything to look at here.</p>` : parts}
    ${plan.files.filter(({ path, changed }) => path === template && changed).map((file) => diffPart(file, chapter))}
    </article>`;
}
