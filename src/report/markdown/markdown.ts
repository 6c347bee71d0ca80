import { groupByRemediation, type RemediationGroup } from '../group.js';
import type { Report, ReportedPlan, ReportOptions } from '../report.js';
import { count, listed, policyWords } from '../words.js';
import { code, inComment, text } from './escape.js';
import { fitted, type Part } from './fit.js';
import {
  checklistPart,
  decisionParts,
  deviationsPart,
  diffParts,
  figuresPart,
  findingsPart,
  foreignPart,
  parametersPart,
  stepsPart,
  totalsPart,
  uncheckedPart,
} from './parts.js';

/** GitHub takes 65,536 characters in a comment; what a pipeline puts around the report has some of them. */
export const longestComment = 64_900;

/**
 * Plans as a comment on a pull request. Its first line names what it is about, so that a later run finds the comment and
 * puts the new one in its place. What does not fit is left out from the end: diffs first, then findings of the
 * remediations the guide gives the lowest risk; and it says so.
 */
export const markdownReport: Report = (plans, options) => {
  const marker = `<!-- idp-fix:review root=${plans.map(({ root }) => inComment(root)).join(',')} -->\n`;
  const first = marker.length > longestMarker ? `<!-- idp-fix:review roots=${plans.length} -->\n` : marker;
  const chapters = plans.map((plan) => chapterOf(plan, options));
  const titled = (parts: readonly Part[], { root }: ReportedPlan): readonly Part[] =>
    plans.length < 2 || parts.length === 0 ? parts : [title(root), ...parts];
  // What is most worth of every plan comes before the detail of any.
  const parts = [
    ...chapters.flatMap(({ essentials }) => essentials),
    ...chapters.flatMap(({ plan, details }) => titled(details, plan)),
    ...chapters.flatMap(({ plan, diffs }) => titled(diffs, plan)),
  ];
  return first + fitted(parts, longestComment - first.length);
};

const longestMarker = 2_000;

function title(root: string): Part {
  return { name: code(root), head: `#### ${text(root)}\n\n`, rows: [], foot: '' };
}

interface Chapter {
  readonly plan: ReportedPlan;
  readonly essentials: readonly Part[];
  readonly details: readonly Part[];
  readonly diffs: readonly Part[];
}

function chapterOf(plan: ReportedPlan, options: ReportOptions): Chapter {
  const { document, files, includeReview } = plan;
  const groups = groupByRemediation(document, { remediations: options.remediations, includeReview });
  const isWritten = options.outcome.written;
  const order = ['high', 'medium', 'low'];
  const byRisk = [...groups].sort(
    (left, right) => order.indexOf(left.guideRisk) - order.indexOf(right.guideRisk),
  );
  const isFilled = ({ rows }: Part) => rows.length > 0;
  return {
    plan,
    essentials: [headPart(plan, groups, options), totalsPart(groups, isWritten)],
    details: [
      uncheckedPart(document),
      ...decisionParts(groups, includeReview),
      stepsPart(document),
      checklistPart(document),
      parametersPart(document),
      deviationsPart(document),
      figuresPart(document),
      foreignPart(document),
      ...byRisk.map((group) => findingsPart(group, isWritten)),
    ].filter(isFilled),
    diffs: diffParts(files),
  };
}

function headPart(
  { document, root, includeReview }: ReportedPlan,
  groups: readonly RemediationGroup[],
  { outcome }: ReportOptions,
): Part {
  const of = (...fates: readonly (keyof RemediationGroup['findings'])[]) =>
    groups.reduce(
      (sum, { findings }) => sum + fates.reduce((all, fate) => all + findings[fate].length, 0),
      0,
    );
  const told = [
    [of('written'), outcome.written ? 'fixed' : 'to fix'],
    [of('review'), of('review') === 1 ? 'that needs consent' : 'that need consent'],
    [of('person', 'blocked'), 'for a person'],
    [of('unknown'), 'undecided'],
  ] as const;
  const parts = told.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const { baseline, policy, coverage } = document;
  const missed = coverage.notEvaluated.length;
  const done = missed === 0 ? 'Nothing is left to do.' : 'Nothing is left to do in what could be checked.';
  const said = parts.length === 0 ? done : `**${listed(parts)}**`;
  const unchecked = missed === 0 ? '' : ` **${count(missed, 'part')} could not be checked.**`;
  const beside =
    baseline === null
      ? ''
      : ` Beside the baseline: ${baseline.new} new, ${baseline.known} known, ${baseline.gone.length} gone.`;
  const command = outcome.written || of('written') === 0 ? '' : `\nWrite it: ${code(outcome.command)}\n`;
  const consent = includeReview ? ' Patches that need consent are included.' : '';
  return {
    name: `the head of ${code(root)}`,
    head: `### idp-fix: ${text(root)}\n\n${said}\n\n${count(coverage.resources, 'resource')} in ${count(coverage.files, 'template')}, ${text(policyWords(policy))}.${unchecked}${beside}${consent}\n${command}\n`,
    rows: [],
    foot: '',
  };
}
