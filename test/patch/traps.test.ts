import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/patch/json-patch.js';
import { applyEdits, editText, verifyEdit } from '../../src/patch/verify.js';
import { read, refusal } from '../document/reading.js';
import { add, type Edit, edited, remove, replace } from './editing.js';

type Trap = Edit<string | RegExp>;

const traps: Readonly<Record<string, readonly Trap[]>> = {
  'two edits at one offset': [
    ['an empty map at the very end', 'a: {}', [add('/a/b', 1), add('/a/c', 2)], 'a:\n  b: 1\n  c: 2'],
    ['a removal before an addition', 'a:\n  b: 1', [remove('/a/b'), add('/a/c', 2)], 'a:\n  c: 2'],
    ['between brackets', 'a: [1, 2]', [remove('/a/1'), add('/a/-', 3)], 'a: [1, 3]'],
    [
      'the end of one map and of the one around it',
      'a:\n  b: 1',
      [add('/a/c', 2), add('/d', 3)],
      'a:\n  b: 1\n  c: 2\nd: 3',
    ],
  ],
  'implicit pairs in flow sequences': [
    [
      'the value of one',
      'a: !Not [Condition: X]\n',
      [replace('/a/Fn::Not/0/Condition', 'Z')],
      'a: !Not [{Condition: Z}]\n',
    ],
    ['a second key', 'a: [b: 1]\n', [add('/a/0/c', 2)], 'a: [{b: 1, c: 2}]\n'],
    ['an item behind one', 'a: [b: 1]\n', [add('/a/-', 'c')], 'a: [b: 1, c]\n'],
  ],
  'block scalars that swallow what follows': [
    [
      'a comment that is indented further',
      'a:\n  b: 1\n    # note\nc: 2\n',
      [add('/a/d', 'x\ny\n')],
      'a:\n  b: 1\n    # note\n  d: "x\\ny\\n"\nc: 2\n',
    ],
    ['blank lines', 'a:\n  b: 1\n\n\nc: 2\n', [add('/a/d', 'x\n')], 'a:\n  b: 1\n  d: "x\\n"\n\n\nc: 2\n'],
    [
      'a comment at the end',
      'a:\n  b: 1\n  # last\n',
      [replace('/a/b', 'x\ny')],
      'a:\n  b: "x\\ny"\n  # last\n',
    ],
  ],
  'comments below what something is put behind': [
    [
      'of what is inside stay with it, blank lines between them or not',
      'a:\n  b:\n    c: 1\n    # of b\n\n      # of c\nd: 2\n',
      [add('/a/e', 3)],
      'a:\n  b:\n    c: 1\n    # of b\n\n      # of c\n  e: 3\nd: 2\n',
    ],
    [
      'in the column of the new key come after it, as those of what follows',
      'a:\n  b: 1\n  # of a\nd: 2\n',
      [add('/a/e', 3)],
      'a:\n  b: 1\n  e: 3\n  # of a\nd: 2\n',
    ],
    [
      'of an item stay with the item',
      'a:\n  - b: 1\n    # of b\n  - c: 2\n    # of c\n# of d\nd: 3\n',
      [add('/a/1', { e: 4 }), add('/a/-', { f: 5 })],
      'a:\n  - b: 1\n    # of b\n  - e: 4\n  - c: 2\n    # of c\n  - f: 5\n# of d\nd: 3\n',
    ],
    ['at the end of the file', 'a:\n  b: 1\n    # last', [add('/c', 2)], 'a:\n  b: 1\n    # last\nc: 2'],
  ],
  'a block scalar last in a file without final line break': [
    ['clipped', 'a:\n  b: |\n    x', [add('/a/c', 1)], 'a:\n  c: 1\n  b: |\n    x'],
    ['folded', 'a:\n  b: >\n    x', [add('/a/c', 1)], 'a:\n  c: 1\n  b: >\n    x'],
    ['kept', 'a:\n  b: |+\n    x', [add('/a/c', 1)], 'a:\n  c: 1\n  b: |+\n    x'],
    ['stripped, which does not mind', 'a:\n  b: |-\n    x', [add('/a/c', 1)], 'a:\n  b: |-\n    x\n  c: 1'],
    ['in a list', 'a:\n  - |\n    x', [add('/a/-', 'y')], /^refused: \/a/],
  ],
  'anchors, aliases and merge keys': [
    ['an alias', 'a: &x {b: 1}\nc: *x\n', [add('/c/d', 2)], /^refused: \/c/],
    ['what an alias repeats', 'a: &x {b: 1}\nc: *x\n', [add('/a/d', 2)], /^refused: \/a/],
    ['what is inside of it', 'a: &x {b: {c: 1}}\nd: *x\n', [replace('/a/b/c', 2)], /^refused: \/a/],
    ['an anchor nobody uses', 'a: &x {b: 1}\n', [add('/a/d', 2)], 'a: &x {b: 1, d: 2}\n'],
    [
      'a key beside a merge key',
      'a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n',
      [add('/c/e', 2)],
      'a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n  e: 2\n',
    ],
    [
      'a key that hides a merged one',
      'a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n',
      [replace('/c/b', 2)],
      'a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n  b: 2\n',
    ],
    ['a merged key', 'a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n', [remove('/c/b')], /^refused: \/c/],
  ],
  'kept line breaks, and nothing in two spellings': [
    [
      'a |+ scalar before the new key',
      'a:\n  b: |+\n    x\n\nc: 1\n',
      [add('/a/d', 2)],
      'a:\n  d: 2\n  b: |+\n    x\n\nc: 1\n',
    ],
    ['a null map', 'a:\n  b:\nc: 1\n', [replace('/a/b', { d: 1 })], 'a:\n  b:\n    d: 1\nc: 1\n'],
    ['an empty map', 'a:\n  b: {}\nc: 1\n', [add('/a/b/d', 1)], 'a:\n  b:\n    d: 1\nc: 1\n'],
  ],
  'only children, first keys and comments': [
    ['the only key', 'a:\n  b: 1\n', [remove('/a/b')], 'a: {}\n'],
    ['the only item', 'a:\n  - 1\n', [remove('/a/0')], 'a: []\n'],
    ['the first key of an item', 'a:\n  - b: 1\n    c: 2\n', [remove('/a/0/b')], 'a:\n  - c: 2\n'],
    ['a comment directly above', 'a: 1\n# of b\nb: 2\nc: 3\n', [remove('/b')], 'a: 1\nc: 3\n'],
    [
      'a comment above a blank line',
      'a: 1\n# section\n\nb: 2\nc: 3\n',
      [remove('/b')],
      'a: 1\n# section\n\nc: 3\n',
    ],
    ['a comment in another column', 'a:\n  b: 1\n# of a\n  c: 2\n', [remove('/a/c')], 'a:\n  b: 1\n# of a\n'],
  ],
  'commas of flow maps and of JSON': [
    ['a trailing comma', 'a: {b: 1, c: 2,}\n', [add('/a/d', 3)], 'a: {b: 1, c: 2, d: 3,}\n'],
    ['the entry before a trailing comma', 'a: {b: 1, c: 2,}\n', [remove('/a/c')], 'a: {b: 1,}\n'],
    [
      'a comment behind the last entry',
      'a: {\n  b: 1 # one\n  }\n',
      [add('/a/c', 2)],
      'a: {\n  b: 1,\n  c: 2 # one\n  }\n',
    ],
    [
      'a brace at the column of its key',
      'a:\n  b: {\n    c: 1\n  }\nd: 2\n',
      [add('/a/b/e', 3)],
      'a:\n  b: {\n    c: 1,\n    e: 3\n  }\nd: 2\n',
    ],
    ['commas first', '{ "a": 1\n, "b": 2\n}\n', [add('/c', 3)], '{ "a": 1\n, "b": 2\n, "c": 3\n}\n'],
    ['commas first, the last one gone', '{ "a": 1\n, "b": 2\n}\n', [remove('/b')], '{ "a": 1\n}\n'],
    [
      'tabs',
      '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n',
      [add('/c', { d: [1] })],
      '{\n\t"a": {\n\t\t"b": 1\n\t},\n\t"c": {\n\t\t"d": [\n\t\t\t1\n\t\t]\n\t}\n}\n',
    ],
    [
      'blanks before colons',
      '{\n  "a" : 1\n}\n',
      [add('/b', { c: 1 })],
      '{\n  "a" : 1,\n  "b" : {\n    "c" : 1\n  }\n}\n',
    ],
    [
      'one line with blanks',
      '{"a": 1, "b": 2}',
      [add('/c', { d: 1, e: [2, 3] })],
      '{"a": 1, "b": 2, "c": {"d": 1, "e": [2, 3]}}',
    ],
    [
      'one line without',
      '{"a":1,"b":2}',
      [add('/c', { d: 1, e: [2, 3] })],
      '{"a":1,"b":2,"c":{"d":1,"e":[2,3]}}',
    ],
  ],
  'keys that are repeated': [
    ['the value that counts', 'a: 1\nb: 2\na: 3\n', [replace('/a', 4)], 'a: 1\nb: 2\na: 4\n'],
    ['all of it', 'a: 1\nb: 2\na: 3\nc: 4\n', [remove('/a')], 'b: 2\nc: 4\n'],
    ['a key behind them', 'a:\n  b: 1\n  b: 2\n', [add('/a/c', 3)], 'a:\n  b: 1\n  b: 2\n  c: 3\n'],
    [
      'inside of the one that counts',
      'a:\n  b: 1\na:\n  c: 2\n',
      [add('/a/d', 3)],
      'a:\n  b: 1\na:\n  c: 2\n  d: 3\n',
    ],
    ['between brackets', 'a: {b: 1, c: 2, b: 3}\n', [replace('/a/b', 4)], 'a: {b: 1, c: 2, b: 4}\n'],
    ['out of brackets', 'a: {b: 1, c: 2, b: 3}\n', [remove('/a/b')], 'a: {c: 2}\n'],
    [
      'in JSON',
      '{"a": 1, "b": 2, "a": 3}',
      [replace('/a', 4), add('/c', 5)],
      '{"a": 1, "b": 2, "a": 4, "c": 5}',
    ],
  ],
  'explicit keys': [
    ['the value of one', '? a\n: b\n', [replace('/a', 'c')], '? a\n: c\n'],
    [
      'a map for a value',
      'x:\n  ? a\n  : b\n  c: d\n',
      [replace('/x/a', { e: 1 })],
      'x:\n  ? a\n  :\n    e: 1\n  c: d\n',
    ],
    ['a key behind one', '? a\n: b\n', [add('/c', 1)], '? a\n: b\nc: 1\n'],
    [
      'a key in front of one',
      'a:\n  ? b\n  : |+\n    c\n\nd: 1\n',
      [add('/a/e', 1)],
      'a:\n  e: 1\n  ? b\n  : |+\n    c\n\nd: 1\n',
    ],
    ['one that goes', 'a: 1\n? b # of b\n# also\n: c\nd: 2\n', [remove('/b')], 'a: 1\nd: 2\n'],
    ['the first of an item', '- x\n- ? a\n  : b\n  c: d\n', [remove('/1/a')], '- x\n- c: d\n'],
    ['a colon in a comment', '? a # b: c\n: d\n', [replace('/a', 'e')], '? a # b: c\n: e\n'],
    ['a key without a colon', '? a\nb: 1\n', [replace('/a', 1)], /^refused: \/a/],
    ['one between brackets', 'a: {b, c: 1}\n', [replace('/a/b', 1)], /^refused: \/a\/b/],
    ['beside one between brackets', 'a: {b, c: 1}\n', [add('/a/d', 1)], 'a: {b, c: 1, d: 1}\n'],
  ],
  'keys with an anchor or the tag of a text': [
    ['the value of one', 'x:\n  ! "a": 1\n', [replace('/x/a', 2)], 'x:\n  ! "a": 2\n'],
    ['one that goes', 'x:\n  &k a: 1\n  !!str b: 2\n', [remove('/x/b')], 'x:\n  &k a: 1\n'],
    ['the first that goes', 'x:\n  &k a: 1\n  b: 2\n', [remove('/x/a')], 'x:\n  b: 2\n'],
    ['a key behind one', 'x:\n  &k a: 1\n', [add('/x/c', 3)], 'x:\n  &k a: 1\n  c: 3\n'],
    ['between brackets', 'x: {&k a: 1, ! "b": 2}\n', [remove('/x/b')], 'x: {&k a: 1}\n'],
  ],
  'lines that stand further left than they may': [
    [
      'brackets closed at the column of their parent',
      'a:\n  b: !If [c, {\n    d: 1\n  }, e]\nf: 1\n',
      [add('/a/b/Fn::If/1/g', 2), replace('/f', 2)],
      'a:\n  b: !If [c, {\n    d: 1,\n    g: 2\n  }, e]\nf: 2\n',
    ],
    [
      'brackets with lines at the start',
      'a:\n  b: [\nc,\nd\n]\n',
      [add('/a/b/-', 'e'), add('/a/f', 1)],
      'a:\n  b: [\nc,\nd,\ne\n]\n  f: 1\n',
    ],
    [
      'text in quotes',
      'a:\n  b: "c\n d"\n  e: 1\n',
      [replace('/a/e', 2), add('/a/f', 3)],
      'a:\n  b: "c\n d"\n  e: 2\n  f: 3\n',
    ],
    ['the text itself', "a:\n  b: 'c\nd'\n", [replace('/a/b', 'e')], "a:\n  b: 'e'\n"],
    ['a comment', 'a:\n  b:\n#\n    c\n', [replace('/a/b', 'd')], 'a:\n  b:\n#\n    d\n'],
  ],
  'JSON of mixed indentation': [
    [
      'spaces where its neighbors have some',
      '{\n\t"x": {\n\t\t"y": 1,\n\t\t"z": [\n\t\t\t1\n\t\t]\n\t},\n    "a": {\n      "b": 1\n    }\n}\n',
      [add('/a/c', { d: [1] }), add('/x/e', { f: 1 })],
      '{\n\t"x": {\n\t\t"y": 1,\n\t\t"z": [\n\t\t\t1\n\t\t],\n\t\t"e": {\n\t\t\t"f": 1\n\t\t}\n\t},\n    "a": {\n      "b": 1,\n      "c": {\n        "d": [\n          1\n        ]\n      }\n    }\n}\n',
    ],
    [
      'in the place of another value',
      '{\n  "a": {\n\t\t"b": 1\n  }\n}\n',
      [replace('/a/b', [1])],
      '{\n  "a": {\n\t\t"b": [\n\t\t\t1\n\t\t]\n  }\n}\n',
    ],
  ],
  'keys as they are spelt': [
    ['a number', 'a:\n  012345678901: b\n', [replace('/a/012345678901', 'c')], 'a:\n  012345678901: c\n'],
    ['a boolean', 'a:\n  yes: 1\n', [add('/a/on', 2)], "a:\n  yes: 1\n  'on': 2\n"],
    ['quotes', 'a:\n  "b c": 1\n', [replace('/a/b c', 2)], 'a:\n  "b c": 2\n'],
  ],
};

describe.each(Object.entries(traps))('%s', (_, cases) => {
  test.each(cases)('%s', (_what, text, operations, expected) => {
    const path = text.startsWith('{') ? 'template.json' : undefined;
    const result = edited(text, operations, path);
    if (typeof expected !== 'string') {
      expect(result).toMatch(expected);
      return;
    }
    expect(result).toBe(expected);
    // The same with Windows line ends, which a text has to show.
    if (!text.includes('\n')) return;
    const crlf = (each: string) => each.replaceAll('\n', '\r\n');
    expect(edited(crlf(text), operations, path)).toBe(crlf(expected));
  });
});

describe('a file with both kinds of line ends', () => {
  test.each<Trap>([
    ['a removal below a CRLF', 'a: 1\r\nb: 2\nc: 3\n', [remove('/b')], 'a: 1\r\nc: 3\n'],
    ['a removal below an LF', 'a: 1\nb: 2\r\nc: 3\n', [remove('/b')], 'a: 1\nc: 3\n'],
    ['the removal of the first line', 'a: 1\r\nb: 2\nc: 3\n', [remove('/a')], 'b: 2\nc: 3\n'],
    ['the removal of the last line', 'a: 1\nb: 2\r\nc: 3', [remove('/c')], 'a: 1\nb: 2'],
    ['several removals', 'a: 1\r\nb: 2\nc: 3\r\nd: 4\n', [remove('/b'), remove('/c')], 'a: 1\r\nd: 4\n'],
    ['the other way round', 'a: 1\nb: 2\r\nc: 3\nd: 4\n', [remove('/b'), remove('/c')], 'a: 1\nd: 4\n'],
    [
      'a removal with the comment above it',
      'a: 1\r\n# x\nb: 2\r\n# y\nc: 3\n',
      [remove('/b')],
      'a: 1\r\n# y\nc: 3\n',
    ],
    [
      'a key behind an LF',
      'a:\r\n  b: 1\n  c: 2\r\n',
      [add('/a/d', 3)],
      'a:\r\n  b: 1\n  c: 2\r\n  d: 3\r\n',
    ],
    ['a key behind a CRLF', 'x: 1\r\na:\n  b: 1\n', [add('/a/d', 3)], 'x: 1\r\na:\n  b: 1\n  d: 3\n'],
    ['a key on a last line', 'x: 1\r\na:\n  b: 1', [add('/a/d', 3)], 'x: 1\r\na:\n  b: 1\r\n  d: 3'],
    [
      'a removal next to an addition',
      'a: 1\r\nb: 2\nc: 3\n',
      [remove('/b'), add('/d', 4)],
      'a: 1\r\nc: 3\nd: 4\n',
    ],
    [
      'the last key of a map that another follows',
      'a:\r\n  b:\r\n    c: 1\r\n    d: 2\ne: 3\n',
      [remove('/a/b/d'), add('/a/f', 4)],
      'a:\r\n  b:\r\n    c: 1\r\n  f: 4\ne: 3\n',
    ],
    ['an item', 'a:\n  - 1\r\n  - 2\n  - 3\r\n', [remove('/a/1')], 'a:\n  - 1\r\n  - 3\r\n'],
  ])('%s', (_, text, operations, expected) => {
    expect(edited(text, operations)).toBe(expected);
  });

  test.each([
    ['below an LF', 'a: 1\n# x\r\nb: 2\n', 'a: 1\nb: 2\n'],
    ['below a CRLF', 'a: 1\r\n# x\nb: 2\n', 'a: 1\r\nb: 2\n'],
    ['at the start', '# x\r\na: 1\n', 'a: 1\n'],
    ['at the end', 'a: 1\r\n# x', 'a: 1'],
    [
      'of a line, blanks of the value kept',
      'a: b\u00a0 \t# x\r\nb: \u3000 # y\n',
      'a: b\u00a0\r\nb: \u3000\n',
    ],
  ])('a comment %s is taken out', (_, text, expected) => {
    const document = read(text);
    const spans = document.comments.map(({ span }) => span);
    const result = applyEdits(text, editText(document, [], spans));
    expect(result).toBe(expected);
    expect(read(result).value).toEqual(document.value);
  });
});

describe('characters that are line ends or blanks to others than YAML', () => {
  test.each<Trap>([
    [
      'in a comment behind a tag',
      'a: !Ref # b\u2028x\n  c\n',
      [replace('/a/Ref', 'd')],
      'a: !Ref # b\u2028x\n  d\n',
    ],
    [
      'in a comment behind a key',
      '? a # b\u2028: c\n: d\n',
      [replace('/a', { e: 1 })],
      '? a # b\u2028: c\n:\n  e: 1\n',
    ],
    ['in a comment above', 'a: 1\n# b\u2029# c\nd: 2\n', [remove('/d')], 'a: 1\n'],
    ['in a plain text', 'a: b\u0085c\u2028d\ne: 1\n', [replace('/e', 2)], 'a: b\u0085c\u2028d\ne: 2\n'],
    ['in a new text', 'a: 1\n', [replace('/a', 'b\u0085c\u2028d')], 'a: "b\\u0085c\u2028d"\n'],
    ['in quotes', "a: 'b\u2028c'\n", [replace('/a', 'd\u2029e')], "a: 'd\u2029e'\n"],
    [
      'in a literal block',
      'a: |\n  b\u2028c\n  d\n',
      [replace('/a', 'b\u2028c\ne\n')],
      'a: |\n  b\u2028c\n  e\n',
    ],
    ['in JSON', '{"a": "b\u2028c", "d": 1}', [replace('/a', 'e\u2028f')], '{"a": "e\u2028f", "d": 1}'],
    ['a tab behind a colon', 'a:\t1\t# b\n', [replace('/a', 2)], 'a:\t2\t# b\n'],
  ])('%s', (_, text, operations, expected) => {
    expect(edited(text, operations, text.startsWith('{') ? 'template.json' : undefined)).toBe(expected);
  });

  test('the mark in front of a file is no part of its first line', () => {
    const document = read('\ufeffa: 1\nb: 2\n');
    expect(document.source.hasByteOrderMark).toBe(true);
    expect(applyEdits(document.source.text, editText(document, [remove('/a')]))).toBe('b: 2\n');
  });
});

describe('texts that readers do not agree about', () => {
  test.each([
    ['a lone carriage return', 'a: 1\rb: 2\n', /carriage return/],
    ['two documents', 'a: 1\n---\nb: 2\n', /more than one/],
  ])('%s is refused', (_, text, message) => {
    expect(refusal(() => read(text))).toMatch(message);
  });
});

test('an edit that would not say what the patch says is never used', () => {
  const document = read('a: 1\nb: 2\n');
  const operations = [replace('/a', 3)];
  expect(applyPatch(document.value, operations)).toEqual({ a: 3, b: 2 });
  for (const wrong of ['a: 1\nb: 2\n', 'a: 3\n', 'a: 3\nb: 2\nc: 1\n', "a: '3'\nb: 2\n", 'a: 3\nb: 2: 1\n']) {
    expect(() => verifyEdit(document, operations, wrong)).toThrow(
      expect.objectContaining({ code: 'verification-failed' }),
    );
  }
  expect(verifyEdit(document, operations, 'a: 3\nb: 2\n').value).toEqual({ a: 3, b: 2 });
});
