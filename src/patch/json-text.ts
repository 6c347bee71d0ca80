import { isList, isMap, type Value } from '../template/value.js';
import { pad } from './yaml-text.js';

/**
 * A value as JSON.
 * @param column of the line it starts on, for lines of its own; `undefined` for one line without blanks
 */
export function jsonText(value: Value, column: number | undefined, step: number): string {
  if (column === undefined) return JSON.stringify(value);
  const inner = column + step;
  const separator = `,\n${pad(inner)}`;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    const items = value.map((item) => jsonText(item, inner, step));
    return `[\n${pad(inner)}${items.join(separator)}\n${pad(column)}]`;
  }
  if (!isMap(value)) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  const texts = entries.map(([key, each]) => `${JSON.stringify(key)}: ${jsonText(each, inner, step)}`);
  return `{\n${pad(inner)}${texts.join(separator)}\n${pad(column)}}`;
}
