import type { Source } from './syntax.js';

/** The text with its byte order mark, where the template has one. */
export function withByteOrderMark(text: string, source: Pick<Source, 'hasByteOrderMark'>): string {
  return source.hasByteOrderMark ? `\ufeff${text}` : text;
}

/** The bytes of a template whose text has changed. */
export function encodeTemplate(text: string, source: Pick<Source, 'hasByteOrderMark'>): Uint8Array {
  return new TextEncoder().encode(withByteOrderMark(text, source));
}
