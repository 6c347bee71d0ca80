import { RE2JS } from 're2js';
import { isList, type Value } from '../document/value.js';
import { textOf } from '../template/parameter-passing.js';
import type { Parameter } from '../template/template.js';

/**
 * The values worth trying when a parameter is to come to a value: that one where it is allowed, the allowed ones from
 * the smallest up, the limits of a number, and the value itself for a parameter whose allowed values lack it.
 */
export function candidateValues(parameter: Parameter, value: Value): readonly Value[] {
  const wanted = isList(value) ? value.map(textOf).join(',') : value;
  if (typeof wanted === 'object') return [];
  const { allowedValues, minValue, maxValue } = parameter;
  const limits = [minValue, maxValue].filter((limit) => limit !== undefined);
  const listed = allowedValues === undefined ? limits : [...allowedValues].sort(byNumber);
  const valid = [wanted, ...listed].filter((candidate) => isValid(parameter, candidate));
  const extended = isWithinLimits(parameter, wanted) ? [wanted] : [];
  const seen = new Set<string>();
  return [...valid, ...extended].filter((candidate) => {
    const text = textOf(candidate);
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}

/** Texts keep the order in which the template lists them. */
function byNumber(left: Value, right: Value): number {
  const difference = Number(textOf(left)) - Number(textOf(right));
  return Number.isNaN(difference) ? 0 : difference;
}

export function isValid(parameter: Parameter, value: Value): boolean {
  const isListed = parameter.allowedValues?.some((allowed) => textOf(allowed) === textOf(value)) ?? true;
  return isListed && isWithinLimits(parameter, value);
}

function isWithinLimits(parameter: Parameter, value: Value): boolean {
  const { type, minValue, maxValue, minLength, maxLength, allowedPattern } = parameter;
  const text = textOf(value);
  if (type === 'Number') {
    const number = Number(text);
    return (
      text.trim() !== '' &&
      Number.isFinite(number) &&
      number >= (minValue ?? number) &&
      number <= (maxValue ?? number)
    );
  }
  if (text.length < (minLength ?? 0) || text.length > (maxLength ?? text.length)) return false;
  if (allowedPattern === undefined) return true;
  const items = type === 'CommaDelimitedList' ? text.split(',') : [text];
  return items.every((item) => matches(allowedPattern, item));
}

/**
 * The whole value has to match, in a time that grows with the length of the value only. A pattern that RE2 cannot read
 * (it knows no look-ahead and no back reference) admits nothing, since nobody could tell.
 */
function matches(pattern: string, text: string): boolean {
  try {
    return RE2JS.compile(pattern).matches(text);
  } catch {
    return false;
  }
}

/** A value in the type the template writes today, and whether the allowed values must take it in. */
export function written(
  parameter: Parameter,
  value: Value,
  current: Value,
): { readonly value: Value; readonly extendAllowedValues: boolean } {
  const text = textOf(value);
  const isNumeric = text.trim() !== '' && String(Number(text)) === text;
  const asNumber =
    isNumeric &&
    (typeof current === 'number' || (parameter.type === 'Number' && typeof current !== 'string'));
  const asBoolean = typeof current === 'boolean' && (text === 'true' || text === 'false');
  const inType = asNumber ? Number(text) : asBoolean ? text === 'true' : text;
  return { value: inType, extendAllowedValues: !isValid(parameter, value) };
}
