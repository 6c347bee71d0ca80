import {
  type Change,
  type ComparedFinding,
  type Comparison,
  changes,
  needsPerson,
} from '../compare/compare.js';
import { terminalValues } from '../escape.js';
import { type Paint, paint } from './paint.js';
import { fold } from './remediation-lines.js';
import { count, hang, policyWords } from './words.js';

export interface ComparisonTextOptions {
  readonly columns: number;
  readonly color: boolean;
  /** Nothing is folded. */
  readonly verbose: boolean;
}

const headings: Readonly<Record<Change, string>> = {
  conflict: 'was auto-fix, now needs input or manual work',
  regressed: 'passed, and no longer does',
  uncovered: 'new, needs input or manual work',
  'accepted-changed': 'accepted, but the resource has changed since; look at it again',
  open: 'needs input or manual work, as before',
  covered: "new, and the policy's fix applies",
  'now-fixable': "needed input, and now the policy's fix applies",
  again: "the policy's fix applies as before",
  upstream: 'the new release does it itself',
  gone: 'no longer exists',
  ceased: 'is still there, but no longer asked for',
  accepted: 'accepted, as before',
};

/** What is told one by one; of everything else the names will do, unless nothing is to be folded. */
const isNews: ReadonlySet<Change> = new Set([...needsPerson, 'covered', 'now-fixable']);

const mostNames = 6;

/** What becomes of a policy on the next release, what needs a person first. */
export function comparisonText(comparison: Comparison, options: ComparisonTextOptions): string {
  const { entries, policy, withoutEffect, old, new: current } = terminalValues(comparison);
  const brush = paint(options.color);
  const lines = [
    brush.bold(`${old.template} → ${current.template}`) + brush.dim(` · ${policyWords(policy)}`),
  ];
  for (const change of changes) {
    const ofChange = entries.filter((entry) => entry.change === change);
    if (ofChange.length === 0) continue;
    lines.push(
      '',
      brush[needsPerson.has(change) ? 'yellow' : 'bold'](`${headings[change]}: ${ofChange.length}`),
    );
    for (const remediation of new Set(ofChange.map((entry) => entry.remediation))) {
      const ofRemediation = ofChange.filter((entry) => entry.remediation === remediation);
      lines.push(
        ...(options.verbose || isNews.has(change)
          ? [
              `  ${brush.cyan(remediation)}: ${ofRemediation.length}`,
              ...fold(ofRemediation, options, (entry) => entryLines(entry, brush, options.columns)),
            ]
          : hang(`${remediation}: ${namesOf(ofRemediation)}`, 2, 4, options.columns)),
      );
    }
  }
  if (withoutEffect.length > 0) {
    lines.push(
      '',
      brush.yellow(`in the policy, but about nothing in the new release: ${withoutEffect.length}`),
    );
    lines.push(...fold(withoutEffect, options, (said) => hang(said, 4, 8, options.columns)));
  }
  lines.push('', ...hang(summaryOf(comparison), 0, 0, options.columns).map(brush.bold));
  return `${lines.join('\n')}\n`;
}

function namesOf(entries: readonly ComparedFinding[]): string {
  const names = entries.map(({ logicalId, template }) => logicalId || `the whole of ${template}`);
  if (names.length <= mostNames + 1) return names.join(', ');
  return `${names.slice(0, mostNames).join(', ')} … and ${names.length - mostNames} more; --verbose shows all`;
}

function entryLines(
  { template, logicalId, movedFrom, before, after }: ComparedFinding,
  brush: Paint,
  columns: number,
): readonly string[] {
  const shown = after ?? before;
  const place = `${template}:${shown?.line ?? 1}`;
  const subject = logicalId === '' ? 'the whole template' : logicalId;
  const moved = movedFrom === null ? '' : ` (was in ${movedFrom})`;
  const [first = '', ...rest] = hang(`${place} ${subject}${moved}: ${shown?.because ?? ''}`, 4, 8, columns);
  return [first.replace(place, brush.dim(place)), ...rest];
}

function summaryOf({ summary, entries, withoutEffect }: Comparison): string {
  const forPerson = entries.filter(({ change }) => needsPerson.has(change)).length + withoutEffect.length;
  const carried = summary.again + summary.covered + summary['now-fixable'];
  const parts = [
    `${count(carried, 'fix', 'fixes')} to apply to the new release`,
    `${summary.upstream} that it does itself`,
    `${summary.gone + summary.ceased} no longer needed`,
    forPerson === 0 ? 'nothing to look at' : `${forPerson} to look at`,
  ];
  return `${parts.join(', ')}.`;
}
