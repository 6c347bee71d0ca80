import { describe, expect, test } from 'vitest';
import { outline, read, textOf } from './reading.js';

describe('spans cover the whole value as written', () => {
  test.each([
    ['an empty value', 'a: # c\nb:\n', ['block map: a: # c\nb:', 'empty: ', 'empty: ']],
    ['an empty item', '-\n- 1\n', ['block sequence: -\n- 1', 'empty: ', 'plain: 1']],
    ['a tag without a value', 'a: !GetAZs # c\n', ['block map: a: !GetAZs', 'empty: !GetAZs']],
    ['plain text', 'a: b c  # d\n', ['block map: a: b c', 'plain: b c']],
    ['plain text over lines', 'a: b\n  c\n', ['block map: a: b\n  c', 'plain: b\n  c']],
    [
      'quotes',
      `a: "b # c"\nd: 'e''f'\n`,
      [`block map: a: "b # c"\nd: 'e''f'`, 'double-quoted: "b # c"', `single-quoted: 'e''f'`],
    ],
    ['a tag', 'a: !Sub "b"\n', ['block map: a: !Sub "b"', 'double-quoted: !Sub "b"']],
    ['a tag and an anchor', 'a: &x !Sub b\n', ['block map: a: &x !Sub b', 'plain: &x !Sub b']],
    [
      'a literal',
      'a: |\n  b\n\n  c\n\n\nd: 1\n',
      ['block map: a: |\n  b\n\n  c\n\n\nd: 1', 'literal: |\n  b\n\n  c', 'plain: 1'],
    ],
    ['a folded text at the end', 'a: >-\n  b', ['block map: a: >-\n  b', 'folded: >-\n  b']],
    [
      'kept blank lines',
      'a: |+\n  b\n\n\nc: 1\n',
      ['block map: a: |+\n  b\n\n\nc: 1', 'literal: |+\n  b\n\n', 'plain: 1'],
    ],
    [
      'a literal without lines',
      'a: | # c\n\nb: 1\n',
      ['block map: a: | # c\n\nb: 1', 'literal: |', 'plain: 1'],
    ],
    ['a literal after a tag', 'a: !Sub |\n  b\n', ['block map: a: !Sub |\n  b', 'literal: !Sub |\n  b']],
    [
      'a block below a tag',
      'a: !If\n  - b\n  - c # d\n',
      ['block map: a: !If\n  - b\n  - c', 'block sequence: !If\n  - b\n  - c', 'plain: b', 'plain: c'],
    ],
    [
      'a list at the column of its key',
      'a:\n- b\n- c\nd: 1\n',
      ['block map: a:\n- b\n- c\nd: 1', 'block sequence: - b\n- c', 'plain: b', 'plain: c', 'plain: 1'],
    ],
    [
      'brackets',
      'a: [b, {c: d}, ] # e\n',
      [
        'block map: a: [b, {c: d}, ]',
        'flow sequence: [b, {c: d}, ]',
        'plain: b',
        'flow map: {c: d}',
        'plain: d',
      ],
    ],
    [
      'a pair inside brackets',
      'a: [b: c, d]\n',
      ['block map: a: [b: c, d]', 'flow sequence: [b: c, d]', 'implicit map: b: c', 'plain: c', 'plain: d'],
    ],
    ['an alias', 'a: &x 1\nb: *x\n', ['block map: a: &x 1\nb: *x', 'plain: &x 1', 'alias: *x']],
    [
      'CRLF',
      'a: |\r\n  b\r\n\r\nc:\r\n',
      ['block map: a: |\r\n  b\r\n\r\nc:', 'literal: |\r\n  b', 'empty: '],
    ],
    [
      'characters outside the basic plane',
      'a: 😀 b\nc: "😀"\n',
      ['block map: a: 😀 b\nc: "😀"', 'plain: 😀 b', 'double-quoted: "😀"'],
    ],
  ])('%s', (_, text, expected) => {
    expect(outline(read(text))).toEqual(expected);
  });

  test('an empty value stands just after its colon or dash', () => {
    const { root } = read('a:   # c\nb:\n  -   # d\n');
    expect(root).toMatchObject({
      entries: [
        { key: 'a', keySpan: { start: 0, end: 1 }, value: { span: { start: 2, end: 2 } } },
        { key: 'b', value: { items: [{ start: 14, value: { span: { start: 15, end: 15 } } }] } },
      ],
    });
  });

  test('columns are those of keys, dashes and brackets', () => {
    expect(read('a:\n  - b: !If [c]\n    d: {e: 1}\n  -   - f\n').root).toMatchObject({
      column: 0,
      entries: [
        {
          value: {
            column: 2,
            items: [
              { value: { column: 4, entries: [{ value: { column: 11 } }, { value: { column: 7 } }] } },
              { value: { column: 6 } },
            ],
          },
        },
      ],
    });
  });

  test('a merge key is an entry, what it merges is not', () => {
    expect(read('a: {<<: {b: 1}, c: 2}\nd: {"<<": 1}\n').root).toMatchObject({
      hasMergeKey: false,
      entries: [
        { value: { hasMergeKey: true, entries: [{ key: '<<' }, { key: 'c' }] } },
        { value: { hasMergeKey: false } },
      ],
    });
  });
});

describe('comments', () => {
  test.each([
    ['# a\nb: 1 # c\n  # d  \n', ['own # a', '# c', 'own # d  ']],
    ['a: "# no" #yes\r\nb: x#no\r\n', ['#yes']],
    ['a: |\n  # no\n# yes\n', ['own # yes']],
    ['a: [b, # c\n  # d\n  e]\n', ['# c', 'own # d']],
    ['a: | # b\n  c\n', ['# b']],
    ['a: !If # b\n  - c\n', ['# b']],
    ['--- # a\nb: 1\n... # c\n', ['# a', '# c']],
    ['a: 1 #', ['#']],
    ['{"a": "# no"}', []],
  ])('of %j', (text, expected) => {
    const document = read(text);
    expect(
      document.comments.map((comment) => `${comment.ownLine ? 'own ' : ''}${textOf(document, comment)}`),
    ).toEqual(expected);
  });
});
