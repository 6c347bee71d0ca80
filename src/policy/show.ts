import { yamlLibrary } from '../document/yaml-library.js';
import type { MergedPolicy } from './load.js';
import { nameOfFile } from './locate.js';
import { isSourcedList, isSourcedMap, type Sourced } from './sourced.js';

interface Line {
  readonly text: string;
  /** Of the lines that hold a value. */
  readonly origin?: string;
}

/** Origins stand in a column, unless that would be far from the value. */
const widestColumn = 60;

/** The merged policy as YAML, with where each value comes from behind it. */
export function showPolicy({ file, name, content }: MergedPolicy): string {
  const lines = isSourcedMap(content.content) ? linesOfMap(content.content, '') : [];
  const wanted = lines.filter(({ origin }) => origin !== undefined).map(({ text }) => text.length);
  const column = Math.min(widestColumn, Math.max(0, ...wanted));
  const body = lines.map(({ text, origin }) =>
    origin === undefined ? text : `${text.padEnd(column)}  # ${origin}`,
  );
  return [`# ${name}, from ${nameOfFile(file)}`, ...body, ''].join('\n');
}

function linesOfMap(map: ReadonlyMap<string, Sourced>, indent: string): readonly Line[] {
  return [...map].flatMap(([key, value]) => linesOf(value, `${indent}${scalarText(key)}:`, `${indent}  `));
}

/** @param head what stands before the value: its key or the dash of a list, with the indentation */
function linesOf(value: Sourced, head: string, indent: string): readonly Line[] {
  const { content } = value;
  const origin = `${value.place.file}:${value.place.line ?? 1}`;
  if (isSourcedMap(content)) {
    if (content.size === 0) return [{ text: `${head} {}`, origin }];
    return [{ text: head }, ...linesOfMap(content, indent)];
  }
  if (!isSourcedList(content)) return [{ text: `${head} ${scalarText(content)}`, origin }];
  if (content.length === 0) return [{ text: `${head} []`, origin }];
  return [{ text: head }, ...content.flatMap((item) => linesOfItem(item, indent))];
}

function linesOfItem(item: Sourced, indent: string): readonly Line[] {
  if (!isSourcedMap(item.content)) return linesOf(item, `${indent}-`, `${indent}  `);
  const [first, ...others] = linesOfMap(item.content, `${indent}  `);
  return first === undefined
    ? [{ text: `${indent}- {}` }]
    : [{ ...first, text: `${indent}- ${first.text.trimStart()}` }, ...others];
}

/** One line, quoted where it would read as something else; only this command pays for the library. */
function scalarText(value: unknown): string {
  const { stringify } = yamlLibrary();
  return stringify(value, { lineWidth: 0, blockQuote: false }).trimEnd();
}
