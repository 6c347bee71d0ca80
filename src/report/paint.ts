import { terminalLine } from '../escape.js';
import { unifiedDiff } from '../patch/diff.js';
import type { FindingEdit } from '../plan/patches.js';
import { maskSecrets } from './mask.js';

/** Colors a text for a terminal, or leaves it as it is. Color never carries a meaning that the words don't. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const sgr = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export function paint(color: boolean): Paint {
  const style = (name: keyof typeof sgr) => (text: string) =>
    color ? `\u001b[${sgr[name][0]}m${text}\u001b[${sgr[name][1]}m` : text;
  return {
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    green: style('green'),
    yellow: style('yellow'),
    cyan: style('cyan'),
  };
}

/** A unified diff for a terminal: what comes in green, what goes red. */
export function paintDiff(diff: string, brush: Paint): string {
  return diff
    .split('\n')
    .map((line) => paintDiffLine(line, brush))
    .join('\n');
}

export function paintDiffLine(line: string, brush: Paint): string {
  if (/^(?:---|\+\+\+) /.test(line)) return brush.bold(line);
  if (line.startsWith('+')) return brush.green(line);
  if (line.startsWith('-')) return brush.red(line);
  return line.startsWith('@@') ? brush.cyan(line) : line;
}

/** The edits of one finding as a colored diff, with a heading for each template. */
export function diffLines(edits: readonly FindingEdit[], brush: Paint): readonly string[] {
  return edits.flatMap(({ path, before, after }) => {
    const [, , ...body] = unifiedDiff(path, maskSecrets(before), maskSecrets(after)).trimEnd().split('\n');
    return [brush.dim(terminalLine(path)), ...body.map((line) => paintDiffLine(diffLine(line), brush))];
  });
}

/** The sign in front is the diff's, and the rest the template's; its tabulators indent. */
function diffLine(line: string): string {
  return line.replace(/\r$/, '').split('\t').map(terminalLine).join('\t');
}
