import type { IdpFixError } from '../errors.js';
import { terminalLine } from '../escape.js';
import type { Paint } from '../report/paint.js';

/** What, where, and what to do about it: two lines at most. */
export function showError(error: IdpFixError, brush: Paint): string {
  const { place, hint } = error.details;
  const parts = place === undefined ? [] : [place.file, place.line, place.column];
  const where = parts.filter((part) => part !== undefined).join(':');
  const what = brief(terminalLine(`${where === '' ? '' : `${where}: `}${error.message}`));
  const lines = [`${brush.red('error')}: ${what}`];
  // A policy error has a line for each problem.
  if (hint !== undefined)
    lines.push(...hint.split('\n').map((line) => `  ${brief(terminalLine(line.trim()))}`));
  return `${lines.join('\n')}\n`;
}

/** Of a text that a file has filled with itself, enough to find it by. */
const mostCharacters = 2_000;

function brief(line: string): string {
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line;
}

/** What is no `IdpFixError` is ours; its stack is for us, so it is only shown when asked for. */
export function showDefect(error: unknown, version: string, verbose: boolean): string {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const [summary = ''] = message.split('\n');
  const lines = [
    `this is a defect in idp-fix ${version}, not in your template: ${terminalLine(summary)}`,
    '  nothing more has been written; please report it as CONTRIBUTING.md says, with what --verbose adds',
  ];
  if (verbose) lines.push(...stack.split('\n').map(terminalLine));
  return `${lines.join('\n')}\n`;
}
