import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { insertions, type ListChange, listChanges } from '../../src/patch/collection-edits.js';
import { add, type Edit, edited, remove, replace } from './editing.js';

/** `=0` keeps position 0, `0>1` changes it to position 1 of the new list, `-0` removes it, `0+1` puts position 1 behind it. */
function said(change: ListChange): string {
  if (change.kind === 'keep') return `=${change.before}`;
  if (change.kind === 'change') return `${change.before}>${change.after}`;
  return change.kind === 'remove' ? `-${change.before}` : `${change.behind}+${change.after}`;
}

describe('what becomes of a list', () => {
  test.each<[string, string, string]>([
    ['', '', ''],
    ['a', 'a', '=0'],
    ['', 'ab', '-1+0 -1+1'],
    ['ab', '', '-0 -1'],
    ['ab', 'xab', '-1+0 =0 =1'],
    ['ab', 'axb', '=0 0+1 =1'],
    ['ab', 'abx', '=0 =1 1+2'],
    ['abc', 'bc', '-0 =1 =2'],
    ['abc', 'ac', '=0 -1 =2'],
    ['abc', 'ab', '=0 =1 -2'],
    ['abc', 'axc', '=0 1>1 =2'],
    ['abc', 'xyz', '0>0 1>1 2>2'],
    ['ab', 'xyz', '0>0 1>1 1+2'],
    ['abc', 'xy', '0>0 1>1 -2'],
    ['abcd', 'axyd', '=0 1>1 2>2 =3'],
    ['abcde', 'bxd', '-0 =1 2>1 =3 -4'],
    ['abcde', 'xbyyd', '0>0 =1 2>2 2+3 =3 -4'],
    ['aa', 'a', '=0 -1'],
    ['a', 'aa', '=0 0+1'],
    ['aba', 'aa', '=0 -1 =2'],
    ['ab', 'ba', '-0 =1 1+1'],
    ['abc', 'cab', '-1+0 =0 =1 -2'],
    ['xaby', 'zbaw', '0>0 -1 =2 3>2 3+3'],
    ['abcab', 'xcaby', '0>0 -1 =2 =3 =4 4+4'],
    ['pabcq', 'rbcas', '0>0 -1 =2 =3 4>3 4+4'],
  ])('%j to %j', (before, after, expected) => {
    const changes = listChanges([...before], [...after]);
    expect(changes.map(said).join(' ')).toBe(expected);
    // What is kept, changed and put in makes the new list.
    const kept = changes.flatMap((change) =>
      change.kind === 'keep'
        ? [before[change.before]]
        : change.kind === 'remove'
          ? []
          : [after[change.after]],
    );
    expect(kept.join('')).toBe(after);
  });

  test('items are compared as values', () => {
    const before: Value[] = [{ a: 1 }, [2]];
    expect(listChanges(before, [{ b: 1 }, { a: 1 }, [2]]).map(said)).toEqual(['-1+0', '=0', '=1']);
  });

  test('what is put behind each position', () => {
    const after = ['x', 'a', 'y', null];
    expect([...insertions(listChanges(['a'], after), after)]).toEqual([
      [-1, ['x']],
      [0, ['y', null]],
    ]);
  });
});

const edits: Readonly<Record<string, readonly Edit[]>> = {
  'comments above what goes': [
    [
      'go with it, each in its column',
      'a:\n  # x\n  # y\n  b: 1\n  c: 2\n',
      [remove('/a/b')],
      'a:\n  c: 2\n',
    ],
    ['stay in another column', 'a:\n # x\n  # y\n  b: 1\n  c: 2\n', [remove('/a/b')], 'a:\n # x\n  c: 2\n'],
    [
      'stay where they tell a tool to skip something',
      'a: 1\n# x\n# checkov:skip=CKV_AWS_1\n# y\nb: 2\n',
      [remove('/b')],
      'a: 1\n# x\n# checkov:skip=CKV_AWS_1\n',
    ],
    ['at the start of the file', '# x\na: 1\nb: 2\n', [remove('/a')], 'b: 2\n'],
    ['that are lines of a text', 'a: "b\n  # c"\nd: 1\n', [remove('/d')], 'a: "b\n  # c"\n'],
    [
      'that mention one further up',
      '# checkov:skip=CKV_AWS_1\na: 1\n# x\nb: 2\n',
      [remove('/b')],
      '# checkov:skip=CKV_AWS_1\na: 1\n',
    ],
  ],
  'comments below what something is put behind': [
    [
      'that are lines of a text',
      'a:\n  b: "c\n    # d"\ne: 1\n',
      [add('/a/f', 2)],
      'a:\n  b: "c\n    # d"\n  f: 2\ne: 1\n',
    ],
    [
      'behind a line with blanks',
      'a:\n  b: 1\n  \n    # x\nc: 2\n',
      [add('/a/d', 3)],
      'a:\n  b: 1\n  \n    # x\n  d: 3\nc: 2\n',
    ],
    [
      'several',
      'a:\n  b: 1\n    # x\n\n    # y\nc: 2\n',
      [add('/a/d', 3)],
      'a:\n  b: 1\n    # x\n\n    # y\n  d: 3\nc: 2\n',
    ],
    [
      'not deeper',
      'a:\n  b: 1\n  # x\n    # y\nc: 2\n',
      [add('/a/d', 3)],
      'a:\n  b: 1\n  d: 3\n  # x\n    # y\nc: 2\n',
    ],
  ],
  'a block that keeps what follows': [
    [
      'at the end of a map',
      'a:\n  b:\n    c: 1\n    g: 2\n    d: |+\n      x\n\ne: 1\n',
      [add('/a/f', 2)],
      'a:\n  f: 2\n  b:\n    c: 1\n    g: 2\n    d: |+\n      x\n\ne: 1\n',
    ],
    [
      'at the end of a list',
      'a:\n  b:\n    - 1\n    - 2\n    - |+\n      x\n\ne: 1\n',
      [add('/a/f', 2)],
      'a:\n  f: 2\n  b:\n    - 1\n    - 2\n    - |+\n      x\n\ne: 1\n',
    ],
    [
      'not at the end',
      'a:\n  b:\n    c: |+\n      x\n\n    d: 1\ne: 1\n',
      [add('/a/f', 2)],
      'a:\n  b:\n    c: |+\n      x\n\n    d: 1\n  f: 2\ne: 1\n',
    ],
    [
      'not at the end of a list',
      'a:\n  b:\n    - |+\n      x\n\n    - 1\ne: 1\n',
      [add('/a/f', 2)],
      'a:\n  b:\n    - |+\n      x\n\n    - 1\n  f: 2\ne: 1\n',
    ],
    [
      'with its indentation',
      'a:\n  b: |2+\n      x\n\nc: 1\n',
      [add('/a/d', 2)],
      'a:\n  d: 2\n  b: |2+\n      x\n\nc: 1\n',
    ],
    ['folded', 'a:\n  b: >+\n    x\n\nc: 1\n', [add('/a/d', 2)], 'a:\n  d: 2\n  b: >+\n    x\n\nc: 1\n'],
    [
      'a plus in its text',
      'a:\n  b: |\n    +x\nc: 1\n',
      [add('/a/d', 2)],
      'a:\n  b: |\n    +x\n  d: 2\nc: 1\n',
    ],
    [
      'a plus in its comment',
      'a:\n  b: | # +\n    x\nc: 1\n',
      [add('/a/d', 2)],
      'a:\n  b: | # +\n    x\n  d: 2\nc: 1\n',
    ],
    [
      'a minus in its comment, at the very end',
      'a:\n  b: | # -\n    x',
      [add('/a/d', 2)],
      'a:\n  d: 2\n  b: | # -\n    x',
    ],
    [
      'stripped with its indentation, at the very end',
      'a:\n  b: |2-\n    x',
      [add('/a/d', 2)],
      'a:\n  b: |2-\n    x\n  d: 2',
    ],
    ['none, at the very end', 'a:\n  b: x', [add('/a/d', 2)], 'a:\n  b: x\n  d: 2'],
    ['text that looks like one', 'a:\n  b: "|+"\nc: 1\n', [add('/a/d', 2)], 'a:\n  b: "|+"\n  d: 2\nc: 1\n'],
    [
      'one that is not last, in a file without final line break',
      'a:\n  b: |\n    x\nc: 1',
      [add('/a/d', 2)],
      'a:\n  b: |\n    x\n  d: 2\nc: 1',
    ],
    [
      'an empty map and an empty list',
      'a:\n  b: {}\n  c: []\n',
      [add('/a/d', 2)],
      'a:\n  b: {}\n  c: []\n  d: 2\n',
    ],
  ],
  'between brackets': [
    ['behind the only item, as a list', 'a: [1]\n', [add('/a/-', 2)], 'a: [1, 2]\n'],
    ['with the blanks there are', 'a: [1,  2]\n', [add('/a/-', 3)], 'a: [1,  2,  3]\n'],
    ['with blanks before commas', 'a: [1 , 2]\n', [add('/a/-', 3)], 'a: [1 , 2 , 3]\n'],
    ['without blanks', 'a: ["1","2"]\n', [add('/a/-', '3')], 'a: ["1","2","3"]\n'],
    ['a comment between the first two', 'a: [1, # x\n  2]\n', [add('/a/-', 3)], 'a: [1, # x\n  2,\n  3]\n'],
    ['a comment before a comma', 'a: [1 # x\n  , 2]\n', [add('/a/-', 3)], 'a: [1 # x\n  , 2, 3]\n'],
    [
      'in front',
      'a: [\n  1,\n  2\n]\n',
      [add('/a/0', 0), add('/a/0', -1)],
      'a: [\n  -1,\n  0,\n  1,\n  2\n]\n',
    ],
    ['in front of the only one on its line', 'a: [\n  1\n]\n', [add('/a/0', 0)], 'a: [\n  0,\n  1\n]\n'],
    ['behind the only key on its line', 'a: {\n  b: 1\n}\n', [add('/a/c', 2)], 'a: {\n  b: 1,\n  c: 2\n}\n'],
    [
      'behind the only key on its line, which has brackets',
      'a: {\n  b: [1]\n}\n',
      [add('/a/c', 2)],
      'a: {\n  b: [1],\n  c: 2\n}\n',
    ],
    [
      'behind the only item on its line, which has braces',
      'a: [\n  {b: 1}\n]\n',
      [add('/a/-', 2)],
      'a: [\n  {b: 1},\n  2\n]\n',
    ],
    ['behind a key with brackets of its own', 'a: {b: [1]}\n', [add('/a/c', 2)], 'a: {b: [1], c: 2}\n'],
    [
      'a key that goes and one that comes',
      'a: {b: 1, c: 2}\n',
      [remove('/a/c'), add('/a/d', 3)],
      'a: {b: 1, d: 3}\n',
    ],
    ['only changed', 'a: {b: 1, c: 2}\n', [replace('/a/b', 3)], 'a: {b: 3, c: 2}\n'],
  ],
  'in JSON': [
    ['behind the only item on one line', '{"a":[1]}', [add('/a/-', 2)], '{"a":[1,2]}'],
    ['with blanks elsewhere', '{"a": [1]}', [add('/a/-', 2)], '{"a": [1, 2]}'],
    ['one line that ends', '{"a":[1]}\n', [add('/a/-', 2)], '{"a":[1,2]}\n'],
    ['on one line of several', '{\n  "a": [1]\n}\n', [add('/a/-', { b: 1 })], '{\n  "a": [1, {"b": 1}]\n}\n'],
    ['a key as its neighbors', '{"a"   : 1}', [add('/b', 2)], '{"a"   : 1, "b"   : 2}'],
    [
      'a key with a quote in it',
      '{"a\\"b"  : 1,\n"c": 2}',
      [add('/d', 3)],
      '{"a\\"b"  : 1,\n"c": 2,\n"d"  : 3}',
    ],
    ['a text that looks like a key', '{"a": ["b"]}', [add('/a/-', 'c')], '{"a": ["b", "c"]}'],
    [
      'a map in a list of lines',
      '{\n  "a": [\n    1\n  ]\n}\n',
      [add('/a/-', { b: 1 })],
      '{\n  "a": [\n    1,\n    {\n      "b": 1\n    }\n  ]\n}\n',
    ],
    [
      'behind a bracket',
      '{ "a": 1,\n  "b": 2\n}\n',
      [add('/c', { d: 1 })],
      '{ "a": 1,\n  "b": 2,\n  "c": {\n    "d": 1\n  }\n}\n',
    ],
  ],
};

describe.each(Object.entries(edits))('%s', (_, rows) => {
  test.each(rows)('%s', (_what, text, operations, expected) => {
    expect(edited(text, operations)).toBe(expected);
  });
});
