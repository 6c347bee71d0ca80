import type { Terminal as Emulator, IBufferCell } from '@xterm/headless';

const characterWidth = 8.4;
const lineHeight = 19;
const padding = 16;

/** Close to what terminals show, and readable on a dark ground. */
const palette = [
  '#555b66',
  '#ff7b72',
  '#7ee787',
  '#e3b341',
  '#79c0ff',
  '#d2a8ff',
  '#76e3ea',
  '#d7dde5',
] as const;
const ground = '#161b22';
const plain = '#d7dde5';
const dim = '#8b949e';

interface Run {
  readonly column: number;
  text: string;
  readonly style: string;
}

/** Lines of a terminal as an SVG picture, with their colors: the same lines give the same bytes. */
export function screenSvg(emulator: Emulator, rows: readonly [first: number, end: number]): string {
  const [first, end] = rows;
  const width = Math.ceil(emulator.cols * characterWidth + 2 * padding);
  const height = (end - first) * lineHeight + 2 * padding;
  const lines = Array.from({ length: end - first }, (_, index) => {
    const y = padding + (index + 1) * lineHeight - 5;
    return runsOf(emulator, first + index)
      .filter(({ text }) => text.trim() !== '')
      .map(({ column, text, style }) => {
        const x = (padding + column * characterWidth).toFixed(1);
        const length = (text.length * characterWidth).toFixed(1);
        return `<text x="${x}" y="${y}" textLength="${length}"${style}>${escaped(text)}</text>\n`;
      })
      .join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="${plain}">`,
    `<rect width="100%" height="100%" rx="8" fill="${ground}"/>`,
    `${lines.join('')}</svg>`,
    '',
  ].join('\n');
}

/** Neighbors that look the same, so that a line is a few texts and not eighty. */
function runsOf({ buffer: { active }, cols }: Emulator, row: number): readonly Run[] {
  const line = active.getLine(row);
  const runs: Run[] = [];
  for (let column = 0; line !== undefined && column < cols; column++) {
    const cell = line.getCell(column);
    if (cell === undefined) break;
    const style = styleOf(cell);
    const last = runs.at(-1);
    if (last?.style === style) last.text += cell.getChars() || ' ';
    else runs.push({ column, text: cell.getChars() || ' ', style });
  }
  const last = runs.at(-1);
  if (last !== undefined) last.text = last.text.trimEnd();
  return runs;
}

function styleOf(cell: IBufferCell): string {
  const color = cell.isFgPalette()
    ? palette[cell.getFgColor() % palette.length]
    : cell.isDim()
      ? dim
      : undefined;
  const fill = color === undefined ? '' : ` fill="${color}"`;
  return `${fill}${cell.isBold() ? ' font-weight="bold"' : ''}`;
}

/** Ordinary blanks would run together, whatever `xml:space` says. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(' ', '\u00a0');
}
