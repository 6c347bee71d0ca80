import { jsonText, terminalLine, terminalValues } from '../escape.js';
import type { Paint } from '../report/paint.js';
import { count, hang, listed } from '../report/words.js';
import type { ChangeSetRecord } from './record.js';
import { changeSetText, nameOfChange, openLosses } from './review.js';

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
export function figuresOf(record: ChangeSetRecord): string {
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
export function executeCommand({ record, where }: Extract<Outcome, { outcome: 'created' }>): string {
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
