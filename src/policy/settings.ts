import type { Path } from '../document/value.js';
import { yamlLibrary } from '../document/yaml-library.js';
import type { MergedPolicy } from './load.js';
import { nameOfFile } from './locate.js';
import type { Policy } from './policy.js';
import { isSourcedList, isSourcedMap, type Sourced } from './sourced.js';

/** What a policy sets for a remediation, a line each, with where: `ranges.debug.minimumDays: 7 (preset production:120)`. */
export function settingsOf(policy: Policy, remediation: string): readonly string[] {
  const lines: string[] = [];
  const visit = (value: unknown, path: Path): void => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isMap && Object.keys(value).length > 0) {
      for (const [key, child] of Object.entries(value)) visit(child, [...path, key]);
      return;
    }
    const place = policy.origin(['remediations', remediation, ...path]);
    const where = place === undefined ? 'by default' : `${place.file}:${place.line ?? 1}`;
    lines.push(`${path.join('.') || 'everything'}: ${JSON.stringify(value)} (${where})`);
  };
  const target = policy.target(remediation);
  if (target !== undefined && !isEmpty(target)) visit(target, []);
  return lines;
}

function isEmpty(target: unknown): boolean {
  return typeof target === 'object' && target !== null && Object.keys(target).length === 0;
}

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
