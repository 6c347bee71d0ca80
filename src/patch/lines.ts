/** Offset of the first character of the line an offset is on. */
export function lineStartAt(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Offset behind the last character of the line, before its line break. */
export function lineEndAt(text: string, offset: number): number {
  const feed = text.indexOf('\n', offset);
  if (feed < 0) return text.length;
  return feed > offset && text[feed - 1] === '\r' ? feed - 1 : feed;
}

/** Offset of the line break before a line; 0 for the first. */
export function breakBefore(text: string, lineStart: number): number {
  if (lineStart === 0) return 0;
  return text[lineStart - 2] === '\r' ? lineStart - 2 : lineStart - 1;
}

/** The blanks at the start of the line an offset is on. */
export function indentationAt(text: string, offset: number): string {
  const blanks = /[ \t]*/y;
  blanks.lastIndex = lineStartAt(text, offset);
  return blanks.exec(text)?.[0] ?? '';
}
