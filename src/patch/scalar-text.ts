import { readPlainScalar } from '../document/scalars.js';
import type { Scalar } from '../document/value.js';

export type Quotes = 'single' | 'double';

/**
 * What some reader of YAML takes for something else than text: numbers in every notation, dates, `y` and `n`, merge
 * keys. It is quoted, though CloudFormation itself would read some of it as text.
 */
const lookalike =
  /^(?:[-+.]?[0-9][0-9_.,:eExXoOa-fA-F+-]*|[yYnN~=]|<<|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN))$|^[0-9]{4}-[0-9]/;

/** Text that needs no quotes between block indicators; between brackets neither brackets nor commas. */
const plainBlock =
  /^[A-Za-z0-9_./$(+](?:[A-Za-z0-9_./$()*+=@%~^?!'"&,{}[\]<>;|\\-]|:(?=[^\s])|(?<=\S) +(?=[^\s#]))*$/;
const plainFlow =
  /^[A-Za-z0-9_./$(+](?:[A-Za-z0-9_./$()*+=@%~^?!'"&<>;|\\-]|:(?=[^\s,[\]{}])|(?<=\S) +(?=[^\s#]))*$/;

/** A scalar as YAML. Several lines are written on one, in double quotes: a block scalar could swallow what follows. */
export function scalarText(value: Scalar, place: 'block' | 'flow', quotes: Quotes): string {
  if (typeof value !== 'string') return String(value);
  if (isPlain(value, place)) return value;
  return quotedText(value, quotes);
}

/** Text under a tag is text whatever it looks like. */
export function taggedText(value: string, place: 'block' | 'flow', quotes: Quotes): string {
  const isSafe = (place === 'block' ? plainBlock : plainFlow).test(value);
  return isSafe ? value : quotedText(value, quotes);
}

export function quotedText(value: string, quotes: Quotes): string {
  const isPrintable = /^[\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/.test(value);
  if (isPrintable && easierIn(value, quotes) === 'single') return `'${value.replaceAll("'", "''")}'`;
  // JSON's escapes are a part of YAML's.
  return JSON.stringify(value).replaceAll(/[\x7f-\x9f\ud800-\udfff\ufeff]/g, escaped);
}

/** The quotes that leave more of a text as it is; those of the template when neither does. */
function easierIn(value: string, quotes: Quotes): Quotes {
  const single = value.split("'").length;
  const double = value.split(/["\\]/).length;
  if (single === double) return quotes;
  return single < double ? 'single' : 'double';
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function isPlain(value: string, place: 'block' | 'flow'): boolean {
  const pattern = place === 'block' ? plainBlock : plainFlow;
  return pattern.test(value) && !lookalike.test(value) && readPlainScalar(value) === value;
}
