import { isList, isMap, type Value } from '../document/value.js';
import type { Layout } from './layout.js';

/**
 * A value as JSON.
 * @param column of the line it starts on, for lines of its own; `undefined` for all on one line
 */
export function jsonText(value: Value, column: number | undefined, layout: Layout): string {
  if (isList(value)) {
    const items = value.map((item) => jsonText(item, inside(column, layout), layout));
    return enclosed('[', items, ']', column, layout);
  }
  if (!isMap(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, each]) =>
      `${JSON.stringify(key)}${layout.json.colon}${jsonText(each, inside(column, layout), layout)}`,
  );
  return enclosed('{', entries, '}', column, layout);
}

function inside(column: number | undefined, { step }: Layout): number | undefined {
  return column === undefined ? undefined : column + step;
}

function enclosed(
  open: string,
  parts: readonly string[],
  close: string,
  column: number | undefined,
  { step, json }: Layout,
): string {
  if (column === undefined || parts.length === 0) return open + parts.join(json.comma) + close;
  const [outer, inner] = [json.blank.repeat(column), json.blank.repeat(column + step)];
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${outer}${close}`;
}
