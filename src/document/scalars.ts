import type { ScalarNode } from './syntax.js';
import type { Scalar } from './value.js';

/** Tags that ask for a type whatever the quotes say; under any other tag a scalar is text. */
const typedTags: ReadonlySet<string> = new Set(['!!int', '!!float', '!!bool', '!!null']);

/** The value of a scalar, from its text with quotes, folding and escapes already taken away. */
export function readScalar(text: string, style: ScalarNode['style'], tag: string | undefined): Scalar {
  if (tag !== undefined) return typedTags.has(tag) ? readPlainScalar(text) : text;
  return style === 'plain' || style === 'empty' ? readPlainScalar(text) : text;
}

/**
 * How CloudFormation reads a plain scalar: YAML 1.1 without timestamps. `2010-09-09` stays text, `yes` and `on` are
 * booleans, `0644` is octal. What JSON has no number for (`.inf`, more digits than a double holds) stays text too.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
 * @source https://yaml.org/type/
 */
export function readPlainScalar(text: string): Scalar {
  // Most scalars are words: one look at the first character spares them the patterns.
  if (!/^[-+.0-9~nNtTfFyYoO]/.test(text)) return text === '' ? null : text;
  if (/^(?:~|null|Null|NULL)$/.test(text)) return null;
  if (/^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/.test(text)) return true;
  if (/^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/.test(text)) return false;
  return readInteger(text) ?? readFloat(text) ?? text;
}

/** A JSON number, `true`, `false` or `null`; a number that would lose digits stays text. */
export function readJsonScalar(text: string): Scalar {
  const value: Scalar = JSON.parse(text);
  if (typeof value !== 'number') return value;
  const isExact = /^-?[0-9]+$/.test(text)
    ? Number.isSafeInteger(value) || String(value) === text
    : Number.isFinite(value);
  return isExact ? signed(undefined, value) : text;
}

/** Binary, hexadecimal, octal, decimal, and sexagesimal as in `1:30`. */
const integers =
  /^([-+]?)(?:0b([01_]+)|0x([0-9a-fA-F_]+)|0([0-7_]+)|(0|[1-9][0-9_]*)|([1-9][0-9_]*(?::[0-5]?[0-9])+))$/;

/** Decimal (with a sign only before a digit) and sexagesimal. An exponent has its sign: `1e5` is text. */
const floats =
  /^([-+]?)(?:((?:[0-9][0-9_]*\.[0-9_]*|(?<![-+])\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?)|([0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*))$/;

function readInteger(text: string): number | undefined {
  const match = integers.exec(text);
  if (match === null) return undefined;
  const [, sign, binary, hexadecimal, octal, decimal, sexagesimal = ''] = match;
  const magnitude =
    digits(binary, 2) ??
    digits(hexadecimal, 16) ??
    digits(octal, 8) ??
    digits(decimal, 10) ??
    baseSixty(sexagesimal);
  return Number.isSafeInteger(magnitude) ? signed(sign, magnitude) : undefined;
}

function readFloat(text: string): number | undefined {
  const match = floats.exec(text);
  if (match === null) return undefined;
  const [, sign, decimal, sexagesimal = ''] = match;
  const magnitude = decimal === undefined ? baseSixty(sexagesimal) : Number(decimal.replaceAll('_', ''));
  return Number.isFinite(magnitude) ? signed(sign, magnitude) : undefined;
}

function digits(text: string | undefined, radix: number): number | undefined {
  return text === undefined ? undefined : Number.parseInt(`0${text}`.replaceAll('_', ''), radix);
}

/** `1:30` is ninety in YAML 1.1. */
function baseSixty(text: string): number {
  return text
    .replaceAll('_', '')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Two zeros would be one too many for whoever compares values. */
function signed(sign: string | undefined, magnitude: number): number {
  return magnitude === 0 ? 0 : sign === '-' ? -magnitude : magnitude;
}
