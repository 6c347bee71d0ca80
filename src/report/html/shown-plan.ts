import type { Risk } from '../../contract/remediation.js';
import type { Update } from '../../data/updates.js';
import { keyOf } from '../../plan/finding.js';
import { type Overview, overviewOf, type PlacedFinding, type RemediationGroup } from '../group.js';
import { type FindingStatus, openStatuses, type ReportedPlan, type ReportOptions } from '../report.js';
import { type Edits, editsOf } from './hunks.js';
import { heading, html, type Markup, type Piece } from './page.js';

/** Of the guide, the highest first. */
export const riskLevels: readonly string[] = ['high', 'medium', 'low'];

/** One plan on the page, with what its sections share. */
export interface ShownPlan {
  readonly plan: ReportedPlan;
  readonly options: ReportOptions;
  readonly overview: Overview;
  /** The highest risk first. */
  readonly groups: readonly RemediationGroup[];
  /** Before the ids of everything in it, so that several plans do not meet. */
  readonly prefix: string;
  /** Of the headings of its sections. */
  readonly level: number;
  readonly isWritten: boolean;
  readonly edits: Edits;
  /** By key: what lines of a diff call the finding they are for. */
  readonly byKey: ReadonlyMap<string, NumberedFinding>;
}

interface NumberedFinding {
  readonly finding: PlacedFinding;
  /** Unique on the page. */
  readonly number: string;
}

export function shownPlan(
  plan: ReportedPlan,
  options: ReportOptions,
  prefix: string,
  level: number,
): ShownPlan {
  const { document, includeReview, root } = plan;
  const overview = overviewOf(document, { remediations: options.remediations, includeReview, root });
  const groups = overview.groups
    .filter(({ findings }) => Object.values(findings).some(({ length }) => length > 0))
    .sort((left, right) => riskLevels.indexOf(left.guideRisk) - riskLevels.indexOf(right.guideRisk));
  const byKey = new Map(
    groups
      .flatMap(findingsOf)
      .map(
        (finding, index) => [keyOfFinding(finding), { finding, number: `${prefix}${index + 1}` }] as const,
      ),
  );
  const isWritten = options.outcome.written;
  const edits = editsOf(plan, prefix);
  return { plan, options, overview, groups, prefix, level, isWritten, edits, byKey };
}

export function findingsOf(group: RemediationGroup): readonly PlacedFinding[] {
  return Object.values(group.findings).flat();
}

/** Anchor of a stack: stacks keep their order, whatever they are called. */
export function stackAnchor({ plan, prefix }: ShownPlan, template: string): string {
  const index = plan.document.stacks.findIndex((stack) => stack.template === template);
  return `${prefix}stack-${index + 1}`;
}

/** A part of a shown that the contents lead to. @param id also the class its style goes by */
export function section({ prefix, level }: ShownPlan, id: string, title: string, content: Piece): Markup {
  const own = `${prefix}${id}`;
  // Several plans have sections of the same name, so their own name is said first.
  const names = prefix === '' ? own : `${prefix}plan ${own}`;
  return html`<section class="${id}" aria-labelledby="${names}">
    ${heading(level, title, own)}
    ${content}
    </section>`;
}

/** What a part is called that scrolls by itself; no other one on the page is. */
export function regionName({ prefix, plan }: ShownPlan, name: string): string {
  return prefix === '' ? name : `${name} (${plan.root})`;
}

/** What becomes of findings, in the order a reviewer should look at them. */
export const statuses: readonly FindingStatus[] = [
  ...openStatuses,
  'accepted',
  'compliant',
  'not-applicable',
];

/** These leave nothing to do. */
export const quietStatuses: ReadonlySet<FindingStatus> = new Set<FindingStatus>([
  'compliant',
  'not-applicable',
]);

const updates: Readonly<Record<Exclude<Update, 'none'>, string>> = {
  'some-interruption': 'interrupts',
  'may-replace': 'may replace',
  replace: 'replaces',
};

const risks: Readonly<Record<Risk, string>> = {
  safe: 'auto-fix',
  review: 'needs approval',
  blocked: 'never written',
};

/** A word in a frame; color never says more than the word does. */
export function mark(kind: string, text: Piece): Markup {
  return html`<span class="mark ${kind}">${text}</span>`;
}

export function riskMark(risk: Risk): Markup {
  return mark({ safe: 'written', review: 'review', blocked: 'blocked' }[risk], risks[risk]);
}

/** Nothing where the update interrupts and replaces nothing. */
export function updateMark(update: Update): Markup | undefined {
  return update === 'none' ? undefined : mark(update, updates[update]);
}

export function usd(amount: number): string {
  return `${amount.toFixed(2)} USD a month`;
}

/** What hunks know a finding by. */
export function keyOfFinding({ remediation, template, logicalId }: PlacedFinding): string {
  return keyOf(remediation, template, logicalId);
}

/** Anchor of a finding, the same in the next review as long as it is the same finding. */
export function findingAnchor(prefix: string, { fingerprint }: PlacedFinding): string {
  return `${prefix}finding-${fingerprint}`;
}

/** What a link filters by, as the address of the page has it behind `#…?`. */
export function filterText(by: Readonly<Record<string, string>>): string {
  return new URLSearchParams(by).toString();
}
