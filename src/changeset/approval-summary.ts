import { terminalLine } from '../escape.js';
import { cell, code, fitted, longestComment, type Part, text } from '../report/markdown/markdown.js';
import { count } from '../report/words.js';
import { detailOf, executeCommand, figuresOf, type Outcome, resultOf, tallyOf } from './outcomes.js';
import type { ChangeSetRecord, ReviewedChange } from './record.js';
import { inOrderOfInterest, nameOfChange } from './review.js';

/**
 * Change sets for the summary of a job or a comment, in GitHub's Markdown: what became of each stack, then the changes, those
 * first that need a look. Short enough for a comment, with what is left out named.
 */
export function markdownChangeSets(outcomes: readonly Outcome[]): string {
  const created = outcomes.filter((each) => each.outcome === 'created');
  const head = `## Change sets for approval\n\n${text(`${count(outcomes.length, 'stack')}: ${tallyOf(outcomes)}`)}. Nothing is changed before \`idp-fix change-set execute\`.\n\n| Stack | Region | Account | Result |\n| --- | --- | --- | --- |\n`;
  const rows = outcomes.map((each) => {
    const account = each.outcome === 'created' ? each.record.account : '';
    const hint = each.outcome === 'failed' && each.error.hint !== null ? `; ${each.error.hint}` : '';
    const result = `${resultOf(each)}: ${detailOf(each)}${hint}`;
    return `| ${[each.stack, each.region ?? '', account, result.replaceAll('\n', ' ')].map(cell).join(' | ')} |\n`;
  });
  return fitted(
    [
      { name: 'the stacks', head, rows, foot: '\n' },
      ...created.map(({ record }) => changesPart(record)),
      {
        name: 'the commands',
        head: created.length === 0 ? '' : '### To execute\n\n',
        rows: created.map((each) => `- ${code(executeCommand(each))}\n`),
        foot: '',
      },
    ],
    longestComment,
  );
}

function changesPart(record: ChangeSetRecord): Part {
  const { name, stack, region, values, parameters, warnings } = record;
  const notes = [
    ...warnings.map((warning) => `- CloudFormation warns: ${text(warning)}\n`),
    ...Object.entries(values).map(
      ([key, value]) => `- parameter ${text(key)}: ${code(parameters[key] ?? 'not set')} → ${code(value)}\n`,
    ),
  ];
  return {
    name: `the changes of ${text(stack.name.slice(0, 60))}`,
    head: `### ${text(stack.name)} in ${text(region)}\n\n${code(name)}: ${text(figuresOf(record))}\n\n`,
    rows: [...notes, ...inOrderOfInterest(record.changes).map(changeRow)],
    foot: '\n',
  };
}

const replacements = { will: ', **will be replaced**', may: ', may be replaced', wont: '' } as const;

function changeRow(change: ReviewedChange): string {
  const { action, type, replacement, surprise, loses, remediations, properties } = change;
  const why = [
    ...(loses ? ['**loses, or may lose, data**'] : []),
    ...(surprise === null ? [] : [`**not asked for**: ${text(surprise)}`]),
    ...(remediations.length === 0 ? [] : [`asked for by ${text(remediations.join(', '))}`]),
  ].join('; ');
  const values = properties.map(
    ({ path, before, after }) => `  - ${code(path)}: ${short(before)} → ${short(after)}\n`,
  );
  return `- ${text(action)} ${code(nameOfChange(change))} ${text(type)}${replacements[replacement]}${why === '' ? '' : `; ${why}`}\n${values.join('')}`;
}

const longestShown = 120;

function short(value: string | null): string {
  if (value === null) return 'not told';
  const line = value.replaceAll(/\s+/g, ' ');
  return code(line.length > longestShown ? `${line.slice(0, longestShown - 1)}…` : line);
}

/**
 * What the message of a manual approval holds in AWS CodePipeline, in characters.
 * @source https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
 */
const longestMessage = 1000;

/**
 * Change sets as one line for the message of an approval step: as many as fit, those first that need a look, and how many
 * are left out.
 */
export function approvalMessage(outcomes: readonly Outcome[]): string {
  const rank = (each: Outcome) => (each.outcome === 'failed' ? 0 : each.outcome === 'created' ? 1 : 2);
  const sorted = [...outcomes].sort((left, right) => rank(left) - rank(right));
  const parts = sorted.map((each) => {
    const place = each.region === undefined ? each.stack : `${each.stack} (${each.region})`;
    return ` ${terminalLine(`${place} ${resultOf(each)}: ${detailOf(each)}`).slice(0, 300)}.`;
  });
  let message = `idp-fix, ${count(outcomes.length, 'stack')}: ${tallyOf(outcomes)}.`;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const more = ` And ${count(parts.length - index, 'more stack')}.`;
    if (message.length + part.length + (isLast ? 0 : more.length) > longestMessage) return message + more;
    message += part;
  }
  return message;
}
