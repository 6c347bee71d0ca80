import { terminalLine } from '../escape.js';
import { unifiedDiff } from '../patch/diff.js';
import type { FindingEdit } from '../plan/finding-edits.js';
import type { Paint } from './paint.js';
import { paintDiffLine } from './paint-diff.js';

/** The edits of one finding as a coloured diff, with a heading for each template. */
export function diffLines(edits: readonly FindingEdit[], brush: Paint): readonly string[] {
  return edits.flatMap(({ path, before, after }) => {
    const [, , ...body] = unifiedDiff(path, before, after).trimEnd().split('\n');
    return [brush.dim(terminalLine(path)), ...body.map((line) => paintDiffLine(diffLine(line), brush))];
  });
}

/** The sign in front is the diff's, and the rest the template's; its tabulators indent. */
function diffLine(line: string): string {
  return line.replace(/\r$/, '').split('\t').map(terminalLine).join('\t');
}
