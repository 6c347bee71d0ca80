/** A part of a comment. What does not fit loses rows from its end, or is left out and named. */
export interface Part {
  /** For saying that it is not all there; Markdown of at most 180 characters. */
  readonly name: string;
  readonly head: string;
  readonly rows: readonly string[];
  readonly foot: string;
}

/**
 * As many parts as fit, those that stand first before those that stand last, and at the end what is missing.
 * @param limit in UTF-16 units, of the whole
 */
export function fitted(parts: readonly Part[], limit: number): string {
  const shown: string[] = [];
  const missing: string[] = [];
  let left = limit - reserved;
  for (const part of parts) {
    const fitting = longestFitting(part, left);
    if (fitting === undefined) {
      missing.push(part.name);
      continue;
    }
    const { text, rows } = fitting;
    if (rows < part.rows.length)
      missing.push(`${part.rows.length - rows} of ${part.rows.length} in ${part.name}`);
    shown.push(text);
    left -= text.length;
  }
  return shown.join('') + leftOut(missing);
}

/** For saying what is missing. */
const reserved = 2_000;
const mostNamed = 8;

function leftOut(missing: readonly string[]): string {
  if (missing.length === 0) return '';
  const named = missing.slice(0, mostNamed);
  const more = missing.length > mostNamed ? [`${missing.length - mostNamed} more`] : [];
  return `\nLeft out for length: ${[...named, ...more].join(', ')}. \`--format html\` has everything.\n`;
}

function longestFitting(
  { head, rows, foot }: Part,
  room: number,
): { readonly text: string; readonly rows: number } | undefined {
  const whole = head + rows.join('') + foot;
  if (whole.length <= room) return { text: whole, rows: rows.length };
  let length = head.length + foot.length;
  let count = 0;
  for (const row of rows) {
    if (length + row.length > room) break;
    length += row.length;
    count++;
  }
  if (count === 0) return undefined;
  return { text: head + rows.slice(0, count).join('') + foot, rows: count };
}
