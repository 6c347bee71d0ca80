import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeAt } from '../../src/document/locate.js';
import { readValue } from '../../src/document/read.js';
import { readWithLibrary } from '../../src/document/read-library.js';
import type { Document } from '../../src/document/syntax.js';
import {
  formatPointer,
  isList,
  isMap,
  type Path,
  parsePointer,
  type Value,
} from '../../src/document/value.js';
import { IdpFixError } from '../../src/errors.js';
import type { Operation } from '../../src/patch/json-patch.js';
import type { TextEdit } from '../../src/patch/layout.js';
import { applyEdits, editText, verifyEdit } from '../../src/patch/verify.js';
import { read } from '../document/reading.js';
import { yamlTexts } from '../document/yaml-text.js';

const values: readonly Value[] = [
  1,
  true,
  null,
  'word',
  'yes',
  ': # [',
  'two\nlines\n',
  'two\n\n  # lines: 1',
  { 'Fn::Sub': ['{\n  "${A}"\n}', { A: 'b\nc' }] },
  { 'Fn::Sub': '${A}\n- b' },
  [],
  {},
  ['a', { b: 1 }],
  { Ref: 'Name' },
  { 'Fn::Sub': '${A}: b' },
  { 'Fn::If': ['C', { x: [1] }, { Ref: 'AWS::NoValue' }] },
  { a: { b: [{ c: 'd' }] } },
];

interface Choice {
  readonly how: 'add' | 'replace' | 'remove';
  readonly where: number;
  readonly at: number;
  readonly value: Value;
}

const choice: fc.Arbitrary<Choice> = fc.record({
  how: fc.constantFrom('add', 'add', 'replace', 'remove'),
  where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  value: fc.constantFrom(...values),
});

/** Every path of a value, the root's own left out. */
function pathsIn(value: Value, path: Path = []): readonly Path[] {
  const parts = isList(value)
    ? value.map((item, index) => [String(index), item] as const)
    : isMap(value)
      ? Object.entries(value)
      : [];
  return parts.flatMap(([key, inner]) => [[...path, key], ...pathsIn(inner, [...path, key])]);
}

function valueAt(root: Value, path: Path): Value {
  return path.reduce<Value>(
    (value, token) =>
      (isList(value) ? value[Number(token)] : isMap(value) ? value[token] : undefined) ?? null,
    root,
  );
}

/** What is done at a place that the numbers choose; undefined where there is no such place. */
function operationOf({ value: root }: Document, { how, where, at, value }: Choice): Operation | undefined {
  const pick = <T>(list: readonly T[], share: number) => list[Math.floor(share * list.length)];
  if (how !== 'add') {
    const path = pick(pathsIn(root), where);
    if (path === undefined) return undefined;
    return how === 'remove'
      ? { op: 'remove', path: formatPointer(path) }
      : { op: 'replace', path: formatPointer(path), value };
  }
  const parent =
    pick(
      [[], ...pathsIn(root)].filter(
        (path) => typeof valueAt(root, path) === 'object' && valueAt(root, path) !== null,
      ),
      where,
    ) ?? [];
  const container = valueAt(root, parent);
  const token = isList(container) ? String(Math.floor(at * (container.length + 1))) : 'New';
  return { op: 'add', path: formatPointer([...parent, token]), value };
}

/** The edits, or undefined where the place cannot be edited. */
function editsFor(document: Document, operations: readonly Operation[]): readonly TextEdit[] | undefined {
  try {
    return editText(document, operations);
  } catch (error) {
    if (error instanceof IdpFixError && error.code === 'edit-refused') return undefined;
    throw error;
  }
}

/** Where the content in front of an offset ends: a line break and a comment above a value may go with it. */
function contentBefore(text: string, offset: number): number {
  const lines = text.slice(0, offset).split('\n');
  while (/^\s*(?:#|$)/.test(lines.at(-1) ?? 'end')) lines.pop();
  return lines.join('\n').trimEnd().length;
}

const numRuns = 1000;

test('an edited layout says what the patch says, to both readers, or the edit is refused', () => {
  let refused = 0;
  fc.assert(
    fc.property(yamlTexts, choice, ({ text }, chosen) => {
      const document = read(text);
      const operation = operationOf(document, chosen);
      fc.pre(operation !== undefined);
      const operations = operation === undefined ? [] : [operation];
      const edits = editsFor(document, operations);
      if (edits === undefined) {
        refused++;
        return;
      }
      const edited = applyEdits(text, edits);
      const again = verifyEdit(document, operations, edited);
      expect(readValue(readWithLibrary(again.source).root, again.source).value).toEqual(again.value);
    }),
    { numRuns },
  );
  expect(refused).toBeLessThan(numRuns / 5);
});

test('only the place that is patched moves', () => {
  fc.assert(
    fc.property(yamlTexts, choice, ({ text }, chosen) => {
      const document = read(text);
      const operation = operationOf(document, chosen);
      fc.pre(operation !== undefined && operation.op !== 'remove');
      if (operation === undefined) return;
      const edits = editsFor(document, [operation]) ?? [];
      const path = parsePointer(operation.path).slice(0, operation.op === 'add' ? -1 : undefined);
      // A function and its argument may be one node.
      const node = nodeAt(document, path.at(-1)?.startsWith('Fn::') ? path.slice(0, -1) : path);
      fc.pre(node !== undefined);
      const lineEnd = text.indexOf('\n', node?.span.end);
      for (const { start, end } of edits) {
        expect(start).toBeGreaterThanOrEqual(contentBefore(text, node?.span.start ?? 0));
        expect(end).toBeLessThanOrEqual(lineEnd < 0 ? text.length : lineEnd);
      }
    }),
    { numRuns },
  );
});

const scalars: readonly (readonly [properties: string, content: string, value: (text: string) => Value])[] = [
  ...['', '&a ', '!!str ', '&a !!str ', '!!str &a   ', '! '].flatMap((properties) =>
    ["'one'", '"one"', ...(properties === '! ' ? [] : ['one'])].map(
      (content) => [properties, content, (text: string): Value => text] as const,
    ),
  ),
  ['!!str ', '30', (text) => text],
  ...['&a ', '!!int ', '&a !!int ', '!!int &a '].map(
    (properties) => [properties, '30', (text: string): Value => text.length] as const,
  ),
  ['!!int ', '"30"', (text) => text.length],
  ['&a !!bool   ', 'true', (text) => text.length < 3],
  ...['!Sub ', '&a !Sub   ', '!Sub  &a '].flatMap((properties) =>
    ["'${B}'", '"${B}-c"', 'arn:aws:b'].map(
      (content) => [properties, content, (text: string): Value => ({ 'Fn::Sub': text })] as const,
    ),
  ),
  ...['!Ref  ', '&a !Ref '].map(
    (properties) => [properties, 'B', (text: string): Value => ({ Ref: text })] as const,
  ),
  ['&a !GetAtt   ', 'B.Arn', (text) => ({ 'Fn::GetAtt': [text.replace(/\W/g, ''), 'Id'] })],
  ['!ImportValue ', 'b', (text) => ({ 'Fn::ImportValue': text })],
];

/** The text before and behind a scalar, and the path to it. */
const places: readonly (readonly [before: string, behind: string, path: string])[] = [
  ['x: 1\na:   ', ' # note\nb: 2\n', '/a'],
  ['a: {b:  ', '  , c: 2}\n', '/a/b'],
  ['a:\n  -   ', '\n  - 2\n', '/a/0'],
  ['a: [ ', ', 2 ]\n', '/a/0'],
];

test('an edit of a scalar changes nothing but its own characters: tag, anchor and blanks stay', () => {
  const texts = ['two', 'two words', 'a:${B}c', "it's", 'say "x"', '12', 'a, [b]', '# no comment'];
  for (const [properties, content, value] of scalars) {
    for (const [before, behind, path] of places) {
      for (const word of texts) {
        const text = before + properties + content + behind;
        const document = read(text);
        const operations = [{ op: 'replace', path, value: value(word) } as const];
        const edited = applyEdits(text, editText(document, operations));
        verifyEdit(document, operations, edited);
        const kept = [edited.slice(0, before.length + properties.length), edited.slice(-behind.length)];
        expect(kept, text).toEqual([before + properties, behind]);
      }
    }
  }
});

test('what does not fit the tag of a scalar is not written', () => {
  for (const [text, value] of [
    ['a: !!str 30\n', 45],
    ['a: !!int 30\n', { Ref: 'B' }],
    ['a: !!bool true\n', 'yes'],
    ['a: [!!str b, c]\n', { Ref: 'B' }],
    ['a: !Ref &b C\n', 45],
  ] as const) {
    const path = text.includes('[') ? '/a/0' : '/a';
    expect(editsFor(read(text), [{ op: 'replace', path, value }]), text).toBeUndefined();
  }
});
