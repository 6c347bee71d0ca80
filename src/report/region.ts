import { columnOf, entryIn, lineOf, nodeAt } from '../document/locate.js';
import type { Document, Span } from '../document/syntax.js';
import type { PatchedFile } from '../plan/written.js';

/** A span of text in every way a reader may count; ends exclusive. Columns and characters are UTF-16 code units. */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly charOffset: number;
  readonly charLength: number;
}

/** A text, and whether the file has a byte order mark before it. */
export interface RegionText {
  readonly text: string;
  readonly hasByteOrderMark: boolean;
}

/** Lines and columns count from one, offsets from zero; a byte order mark counts for none of them. */
export function regionOf(source: RegionText, { start, end }: Span): Region {
  return {
    startLine: lineOf(source, start),
    startColumn: columnOf(source, start) + 1,
    endLine: lineOf(source, end),
    endColumn: columnOf(source, end) + 1,
    charOffset: start,
    charLength: end - start,
  };
}

/** The same in bytes of the file, which do count its byte order mark. */
export function byteRegionOf({ text, hasByteOrderMark }: RegionText, { start, end }: Span) {
  const mark = hasByteOrderMark ? 3 : 0;
  return {
    byteOffset: mark + Buffer.byteLength(text.slice(0, start)),
    byteLength: Buffer.byteLength(text.slice(start, end)),
  };
}

/** What names a resource in its template: its key. For a finding about the whole template, its first line. */
export function spanOfResource(document: Document, logicalId: string): Span {
  const resources = nodeAt(document, ['Resources']);
  const entry = resources?.kind === 'map' ? entryIn(resources, logicalId) : undefined;
  if (entry !== undefined) return entry.keySpan;
  const [first = ''] = document.source.text.split(/\r?\n/, 1);
  return { start: 0, end: first.length };
}

/** Where something that no edit touches stands in the text as written. */
export function spanAfterEdits({ edits }: Pick<PatchedFile, 'edits'>, { start, end }: Span): Span {
  const moved = edits
    .filter((edit) => edit.start < start || (edit.start === start && edit.end === start))
    .reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), 0);
  return { start: start + moved, end: end + moved };
}
