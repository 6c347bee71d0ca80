import { readDocument } from '../document/read.js';
import type { Source } from '../document/syntax.js';
import {
  formatPointer,
  isEqual,
  isList,
  isMap,
  type Path,
  type Value,
  type ValueMap,
} from '../document/value.js';
import { applyPatch, type Operation } from '../patch/json-patch.js';
import { applyEdits, editText, verifyEdit } from '../patch/verify.js';
import { basePreset } from './locate.js';

/** What a policy file is to say beside what it says already. */
export interface Amendments {
  /** In the order they are written; a later one counts more. */
  readonly settings: readonly { readonly path: Path; readonly value: Value }[];
  /** Items for the lists at the top of the policy (`deviations`), each once. */
  readonly items: readonly { readonly list: string; readonly item: ValueMap }[];
}

/**
 * The text of a policy with amendments written into it; comments and everything else stay as they are.
 * @param source may be empty, or nothing but comments
 * @throws IdpFixError `edit-refused` where the text cannot be edited
 */
export function amendPolicy(source: Source, { settings, items }: Amendments): string {
  const { text, lineBreak } = source;
  const begun = isBlank(text) ? `${withLineEnd(text, lineBreak)}extends: ${basePreset}${lineBreak}` : text;
  const document = readDocument({ ...source, text: begun });
  const operations: Operation[] = [];
  let value = document.value;
  const take = (operation: Operation | undefined) => {
    if (operation === undefined) return;
    operations.push(operation);
    value = applyPatch(value, [operation]);
  };
  for (const { path, value: wanted } of settings) take(setting(value, path, wanted));
  for (const { list, item } of items) take(addition(value, list, item));
  const edited = applyEdits(begun, editText(document, operations));
  verifyEdit(document, operations, edited);
  return edited;
}

function withLineEnd(text: string, lineBreak: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}${lineBreak}`;
}

function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#|$)/.test(line));
}

/** Written at the deepest level that is there; what is missing below comes with it. */
function setting(root: Value, path: Path, wanted: Value): Operation | undefined {
  let level = root;
  for (const [depth, token] of path.entries()) {
    const inner = isMap(level) && Object.hasOwn(level, token) ? level[token] : undefined;
    const below = path.slice(depth + 1);
    if (isMap(inner) && below.length > 0) {
      level = inner;
      continue;
    }
    if (below.length === 0 && inner !== undefined && isEqual(inner, wanted)) return undefined;
    return {
      op: inner === undefined ? 'add' : 'replace',
      path: formatPointer(path.slice(0, depth + 1)),
      value: below.reduceRight<Value>((nested, key) => ({ [key]: nested }), wanted),
    };
  }
  return undefined;
}

function addition(root: Value, list: string, item: ValueMap): Operation | undefined {
  const existing = isMap(root) ? root[list] : undefined;
  if (!isList(existing)) return setting(root, [list], [item]);
  if (existing.some((each) => isEqual(each, item))) return undefined;
  return { op: 'add', path: formatPointer([list, '-']), value: item };
}
