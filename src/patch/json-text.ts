import { isList, isMap, type Value } from '../document/value.js';
import type { Layout } from './layout.js';

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
