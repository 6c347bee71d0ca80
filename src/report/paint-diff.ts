import type { Paint } from './paint.js';

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
