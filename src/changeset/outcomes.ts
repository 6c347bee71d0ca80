import { jsonText, terminalLine, terminalValues } from '../escape.js';
import { cell, code, fitted, longestComment, type Part, text } from '../report/markdown/markdown.js';
import type { Paint } from '../report/paint.js';
import { count, hang, listed } from '../report/words.js';
import type { ChangeSetRecord, ReviewedChange } from './record.js';
import { changeSetText, inOrderOfInterest, nameOfChange, openLosses } from './review.js';

/** What became of one of several stacks. */
export type Outcome = {
  readonly stack: string;
  /** Undefined where it failed before anybody knew. */
  readonly region: string | undefined;
} & (
  | {
      readonly outcome: 'created';
      readonly record: ChangeSetRecord;
      readonly recordedIn: string;
      /** The flags that lead to it. */
      readonly where: string;
    }
  | { readonly outcome: 'nothing'; readonly because: string }
  | { readonly outcome: 'failed'; readonly error: Failed }
);

interface Failed {
  /** Of the error, as the documentation lists them. */
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly hint: string | null;
}

/** The highest of the exit codes. */
export function exitCodeOf(outcomes: readonly Outcome[]): number {
  return Math.max(0, ...outcomes.map(exitCodeOfOne));
}

/** Something stateful would be lost. */
const refusedExitCode = 3;

function exitCodeOfOne(each: Outcome): number {
  if (each.outcome === 'failed') return each.error.exitCode;
  return each.outcome === 'created' && losses(each.record) > 0 ? refusedExitCode : 0;
}

/** `2 change sets created, 1 with nothing to do and 1 failed`. */
export function tallyOf(outcomes: readonly Outcome[]): string {
  const of = (outcome: Outcome['outcome']) => outcomes.filter((each) => each.outcome === outcome).length;
  const parts = [
    [of('created'), `${count(of('created'), 'change set')} created`],
    [of('nothing'), `${of('nothing')} with nothing to do`],
    [of('failed'), `${of('failed')} failed`],
  ] as const;
  return listed(parts.filter(([number]) => number > 0).map(([, words]) => words));
}

export function resultOf({ outcome }: Outcome): string {
  return { created: 'created', nothing: 'nothing to do', failed: 'failed' }[outcome];
}

/** `idp-fix-1234: 2 changes, 1 not or not wholly asked for`, or why there is none. */
export function detailOf(each: Outcome): string {
  switch (each.outcome) {
    case 'created':
      return `${each.record.name}: ${figuresOf(each.record)}`;
    case 'nothing':
      return each.because;
    case 'failed':
      return each.error.message;
  }
}

/** What an approver asks first. */
function figuresOf(record: ChangeSetRecord): string {
  const { changes } = record;
  const of = (is: (change: ChangeSetRecord['changes'][number]) => boolean) => changes.filter(is).length;
  const parts = [
    [losses(record), 'may lose data and blocked'],
    [of(({ surprise }) => surprise !== null), 'not, or not wholly, asked for by a patch'],
    [of(({ replacement }) => replacement === 'will'), 'replaced'],
    [of(({ replacement }) => replacement === 'may'), 'may be replaced'],
    [record.warnings.length, 'warnings of CloudFormation'],
  ] as const;
  const told = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  return [count(changes.length, 'change'), ...told].join(', ');
}

function losses({ changes, allowed }: ChangeSetRecord): number {
  return openLosses(changes, allowed).length;
}

/** The command that carries a change set out, with what its losses need. */
function executeCommand({ record, where }: Extract<Outcome, { outcome: 'created' }>): string {
  const open = openLosses(record.changes, record.allowed).map(nameOfChange);
  const allow = open.map((name) => ` --allow-replacement ${name}`).join('');
  return `idp-fix change-set execute ${record.name} ${where}${allow}`;
}

/** For programs. */
export function outcomesJson(outcomes: readonly Outcome[]): string {
  return `${jsonText({ format: 'idp-fix/change-sets', version: 1, stacks: outcomes })}\n`;
}

/** For reading: what became of each stack, then every change set. */
export function outcomesText(outcomes: readonly Outcome[], brush: Paint, columns: number): string {
  const lines = [brush.bold(`${count(outcomes.length, 'stack')}: ${tallyOf(outcomes)}`)];
  for (const each of outcomes) {
    const place = each.region === undefined ? '' : ` in ${each.region}`;
    const text = terminalLine(`${resultOf(each)}  ${each.stack}${place}: ${detailOf(each)}`);
    lines.push(...hang(each.outcome === 'failed' ? brush.red(text) : text, 2, 4, columns));
    if (each.outcome === 'failed' && each.error.hint !== null)
      lines.push(
        ...each.error.hint.split('\n').flatMap((hint) => hang(terminalLine(hint.trim()), 4, 4, columns)),
      );
  }
  const reviews = outcomes.flatMap((each) =>
    each.outcome === 'created' ? [`\n${changeSetText(terminalValues(each.record), brush, columns)}`] : [],
  );
  return `${lines.join('\n')}\n${reviews.join('')}`;
}

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
