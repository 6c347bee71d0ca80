import { intrinsicName, shortTag } from '../document/intrinsics.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { type Layout, literalText, scalarText, taggedText } from './layout.js';

/** A list of arguments that is longer goes on lines of its own. */
const longestFlowList = 90;

/** One entry of a block map whose keys stand in a column; further lines carry their whole indentation. */
export function entryText(key: string, value: Value, column: number, layout: Layout): string {
  return `${keyText(key, layout)}:${afterColon(value, column, layout)}`;
}

/** What follows the colon of a key in a column, with the blank or line break before it. */
export function afterColon(value: Value, column: number, layout: Layout): string {
  const lines = literalLines(value, column + layout.step, layout);
  if (lines !== undefined) return ` ${lines}`;
  const line = lineText(value, layout);
  if (line !== undefined) return ` ${line}`;
  const call = shortCall(value, layout);
  if (call !== undefined) {
    const at = column + (layout.dashStep || layout.step);
    return ` ${call.tag}\n${pad(at)}${blockText(call.argument, at, layout)}`;
  }
  const at = column + (isList(value) ? layout.dashStep : layout.step);
  return `\n${pad(at)}${blockText(value, at, layout)}`;
}

/** What follows the dash and blank of an item whose content stands in a column. */
export function itemText(value: Value, column: number, layout: Layout): string {
  const lines = literalLines(value, column, layout);
  if (lines !== undefined) return lines;
  const line = lineText(value, layout);
  if (line !== undefined) return line;
  const call = shortCall(value, layout);
  if (call !== undefined) return `${call.tag}\n${pad(column)}${blockText(call.argument, column, layout)}`;
  return blockText(value, column, layout);
}

/** Text of several lines, or the call of a function with it. @param column of its lines */
function literalLines(value: Value, column: number, layout: Layout): string | undefined {
  if (layout.isFollowed === true) return undefined;
  if (typeof value === 'string') return literalText(value, column);
  const call = shortCall(value, layout);
  const text = literalText(call?.argument, column);
  return call === undefined || text === undefined ? undefined : `${call.tag} ${text}`;
}

/** A map or list in block style, its first line without indentation. */
export function blockText(value: Value, column: number, layout: Layout): string {
  const separator = `\n${pad(column)}`;
  if (isList(value)) return value.map((item) => `- ${itemText(item, column + 2, layout)}`).join(separator);
  if (!isMap(value)) return scalarText(value, 'block', layout.quotes);
  return Object.entries(value)
    .map(([key, inner]) => entryText(key, inner, column, layout))
    .join(separator);
}

/** A value that takes no more than what is left of the line; undefined when it needs lines of its own. */
export function lineText(value: Value, layout: Layout): string | undefined {
  if (isList(value)) return value.length === 0 ? '[]' : undefined;
  if (!isMap(value)) return scalarText(value, 'block', layout.quotes);
  if (Object.keys(value).length === 0) return '{}';
  const call = shortCall(value, layout);
  if (call === undefined) return undefined;
  if (typeof call.argument === 'string') {
    return `${call.tag} ${taggedText(call.argument, 'block', layout.quotes)}`;
  }
  if (isList(call.argument) && !call.argument.every((item) => isShort(item, layout))) return undefined;
  const text = flowText(value, layout);
  return text.length <= longestFlowList ? text : undefined;
}

function isShort(value: Value, layout: Layout): boolean {
  if (typeof value === 'string') return layout.isFollowed === true || literalText(value, 0) === undefined;
  if (typeof value !== 'object' || value === null) return true;
  const call = shortCall(value, layout);
  return (
    call !== undefined && (typeof call.argument === 'string' || call.argument.every((each) => !isMap(each)))
  );
}

/** A value between brackets, on one line. */
export function flowText(value: Value, layout: Layout): string {
  if (isList(value)) return `[${value.map((item) => flowText(item, layout)).join(', ')}]`;
  if (!isMap(value)) return scalarText(value, 'flow', layout.quotes);
  const call = shortCall(value, layout);
  if (call !== undefined) {
    const { tag, argument } = call;
    return typeof argument === 'string'
      ? `${tag} ${taggedText(argument, 'flow', layout.quotes)}`
      : `${tag} ${flowText(argument, layout)}`;
  }
  const entries = Object.entries(value).map(([key, inner]) => flowEntryText(key, inner, layout));
  return `{${entries.join(', ')}}`;
}

export function flowEntryText(key: string, value: Value, layout: Layout): string {
  return `${keyText(key, layout)}: ${flowText(value, layout)}`;
}

/** A call that can be written with a tag; a tag takes no other tagged value, and no map, for its argument. */
function shortCall(
  value: Value,
  { usesShortForm }: Layout,
): { readonly tag: string; readonly argument: string | readonly Value[] } | undefined {
  const name = usesShortForm ? intrinsicName(value) : undefined;
  const tag = name === undefined ? undefined : shortTag(name);
  const argument = name === undefined ? undefined : (value as ValueMap)[name];
  if (tag === undefined || argument === undefined) return undefined;
  if (typeof argument === 'string') return argument === '' ? undefined : { tag, argument };
  if (!isList(argument) || argument.length === 0) return undefined;
  if (name === 'Fn::GetAtt' && argument.length === 2) {
    const [id, attribute] = argument;
    const isText = typeof id === 'string' && typeof attribute === 'string' && !id.includes('.');
    return isText ? { tag, argument: `${id}.${attribute}` } : { tag, argument };
  }
  return { tag, argument };
}

function keyText(key: string, layout: Layout): string {
  return scalarText(key, 'flow', layout.quotes);
}

export function pad(columns: number): string {
  return ' '.repeat(columns);
}

/**
 * A value as JSON.
 * @param indentation of the line it starts on, for lines of its own; `undefined` for all on one line
 */
export function jsonText(value: Value, indentation: string | undefined, layout: Layout): string {
  if (isList(value)) {
    const items = value.map((item) => jsonText(item, inside(indentation, layout), layout));
    return enclosed('[', items, ']', indentation, layout);
  }
  if (!isMap(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, each]) =>
      `${JSON.stringify(key)}${layout.json.colon}${jsonText(each, inside(indentation, layout), layout)}`,
  );
  return enclosed('{', entries, '}', indentation, layout);
}

function inside(indentation: string | undefined, { json }: Layout): string | undefined {
  return indentation === undefined ? undefined : indentation + json.unitFor(indentation);
}

function enclosed(
  open: string,
  parts: readonly string[],
  close: string,
  indentation: string | undefined,
  layout: Layout,
): string {
  const inner = inside(indentation, layout);
  if (inner === undefined || parts.length === 0) return open + parts.join(layout.json.comma) + close;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indentation}${close}`;
}
