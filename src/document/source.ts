import { createHash } from 'node:crypto';
import { IdpFixError } from '../errors.js';
import { placeOf } from './locate.js';
import type { Source } from './syntax.js';

/** The error of every reader: what is wrong at an offset of the text, and what to do about it. */
export function unparseable(
  source: Pick<Source, 'path' | 'text'>,
  offset: number,
  message: string,
  hint: string,
): IdpFixError {
  return new IdpFixError('template-unparseable', message, { place: placeOf(source, offset), hint });
}

/** Levels of maps and sequences: a few dozen are usual, and every stage may walk a tree recursively. */
export const nestingLimit = 200;

export function nestedTooDeeply(source: Source, offset: number): IdpFixError {
  const message = `the template is nested deeper than ${nestingLimit} levels`;
  return unparseable(source, offset, message, 'check whether a bracket is left open');
}

/**
 * Decodes the bytes of a template.
 * @param path relative to the folder of the root template, with `/`.
 * @throws IdpFixError `template-unparseable` when the bytes are not UTF-8 text with LF or CRLF line ends.
 */
export function decodeSource(path: string, bytes: Uint8Array): Source {
  const hasByteOrderMark = [0xef, 0xbb, 0xbf].every((byte, index) => bytes[index] === byte);
  const text = decode(path, hasByteOrderMark ? bytes.subarray(3) : bytes);
  refuseForeignCharacters(path, text);
  return {
    path,
    text,
    hasByteOrderMark,
    lineBreak: /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n',
    format: isJson(path, text) ? 'json' : 'yaml',
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const message = isUtf16
      ? 'the file is UTF-16, and CloudFormation reads UTF-8'
      : 'the file is not valid UTF-8';
    throw new IdpFixError('template-unparseable', message, {
      place: { file: path },
      hint: 'save it as UTF-8',
      cause,
    });
  }
}

/** Neither YAML nor JSON has control characters, and a lone CR is a line end to some readers and not to others. */
function refuseForeignCharacters(path: string, text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const at = text.search(/[\0-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)|^\uFEFF/);
  if (at < 0) return;
  if (text[at] === '\r') {
    throw unparseable(
      { path, text },
      at,
      'a carriage return without a line feed',
      'use LF or CRLF line ends',
    );
  }
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  throw unparseable({ path, text }, at, `the character U+${code} is not allowed in a template`, 'remove it');
}

/** A flow map may be YAML as well; it is JSON when its name says so or when JSON takes it. */
function isJson(path: string, text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  if (path.endsWith('.json')) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Lower-case hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The text with its byte order mark, where the template has one. */
export function withByteOrderMark(text: string, source: Pick<Source, 'hasByteOrderMark'>): string {
  return source.hasByteOrderMark ? `\ufeff${text}` : text;
}

/** The bytes of a template whose text has changed. */
export function encodeTemplate(text: string, source: Pick<Source, 'hasByteOrderMark'>): Uint8Array {
  return new TextEncoder().encode(withByteOrderMark(text, source));
}
