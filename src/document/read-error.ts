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
