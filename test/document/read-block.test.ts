import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/document/read.js';
import { readBlock } from '../../src/document/read-block.js';
import { expectSameSyntax, read, sourceOf } from './reading.js';

describe('the plain block style', () => {
  test.each([
    'a: 1',
    '# first\n\n---\n# second\na: 1 # third\n\n# last',
    'a:\nb:   # nothing\nc:\n  -\n  - # nothing\n',
    'a : 1\n"b" : 2\n"c: d": 3\n\'e\'\'f\': 4\n',
    'a:\n- b\n- - c\n  - d\n-   e: 1\n    f:\n    - 2\ng: 3\n',
    'a: !If\n- b\n- !Sub c # d\n- !Ref "e"\n',
    'a: !If # b\n  # c\n  - d\n',
    'a:\n  !Equals [\n    !Ref b,  # c\n    "d"\n  ]\n',
    'a: [b, {c: d, "e":f, g : h}, [], {}, i: j, !Not [Condition: k], ]\n',
    'a: {\n  b: c,\n\n  # d\n  e: f\n}\n',
    'a: one\n  two\n     three\nb: !Sub one\n  two\n',
    'a: "one\n\n  two"\nb: \'one \n  two\n\n\n  three\'\n',
    'a: "\\u00fc\\"\\n"\n',
    'a: |\n\n  b\n    c\n\n  d\n\n\ne: >-  \n  f\n  g\n\n    h\n  i\n',
    'a:\n  - !Sub |\n    b\n  - >\n    c\n# d\n  - |-\n      e\n     # f\n',
    'a: arn:aws:s3:::b#c\nd: http://e\nf: -1\ng: --h\ni: a:b\n',
    'a:\n  b: |\n    #!/bin/sh\n\n# c\n  d: 1\n',
    'a:\n  !If\n  - b\n  - !Ref c\nd:\n  !Sub # e\n\n    f: g\nh:\n  -\n    !Sub\n    - i\n',
    'a: !GetAZs\nb: [!GetAZs, !GetAZs ]\nc:\n  !GetAZs\nd:\n  - !GetAZs\n  -\n    !GetAZs\ne: {f: , g: !GetAZs, h:}\n',
    'a: b\n  `c` - d,\n\n\n  [e {f &g *h "i" \'j\' |k\nl: m\n',
    'a: &x {b: c}\nd: *x\ne: &y\n  f: g\nh:\n  <<: *y\n  i: {<<: *x, j: k}\nl: [*x, *y]\nm: !Sub &z n\no: &p !Sub q\n',
    '? a\n: b\n? "c d"  # e\n# f\n: - g\n  - h\ni:\n  ? j\n  :\n    k: l\n  m: n\no:\n- ? p\n  : q\n',
    'a: :b\nc: ::/0\nd: ?e\nf: ---\ng: [:h, ?i, -j]\n',
    'a:\tb\nc: d\t# e\nf: "\tg"\n\t\nh: [i,\tj]\n \t\nk: |\n  l\n\n  \tm\n',
    'a: |2\n    b\n  c\nd:\n  - |-1\n    e\n  - >2- # f\n      g\nh: |+\n  i\n\n\nj: |\n  k\n     \n\nl: m\n',
    'a: "\\x41\\u00e9\\U0001F600\\0\\a\\e\\ \\_\\N\\L\\P\\/"\nb: "c \\\n   \\  d\\\n\n  e\n\n\n  f"\n',
    'a: !!str b\nc: !!int 4\nd: [!!bool yes]\n',
    '%YAML 1.1\n---\na: 1\n...\n# b\n',
    '{a: 1,\n\n b: [c\n  d, e] # f\n}\n',
    '  a: 1\n  b: 2\n',
    // Indented less than what they belong to, which the specification does not allow.
    'a:\n  b: [c,\n   d,\n# e\nf\n ]\n  g: {\nh: i, # j\n}\n',
    'a:\n    b: "c\n  d\n\ne"\n    f: \'g\n h\'\n',
    'a:\n  b:\n#\n    c\n  d:\n #\n    [e,\n  f]\n  g:\n # h\n    "i"\n',
  ])('%j is read without the library', (text) => {
    expect(expectSameSyntax(sourceOf(text))).toBe(true);
    expect(expectSameSyntax(sourceOf(text.replaceAll('\n', '\r\n')))).toBe(true);
  });

  test.each([
    ['an alias before its anchor', 'a: *b\n', 'a: &b [*b]\n', 'a: &b *c\n'],
    ['other documents', '--- a\n', 'a: 1\n---\nb: 2\n', '%YAML 1.1\na: 1\n', '%TAG ! !a\n---\na: 1\n'],
    ['other roots', 'a', '- a\n', '[a]\n', '|\n  a\n', '', '# a\n'],
    ['other scalars', 'a: |+\n  b\n ', 'a: "\\y"\n', 'a: !<b> c\n', 'a: |\n   \n  b\n'],
    [
      'other keys',
      '? a\n',
      '? [a]\n: b\n',
      '!a b: c\n',
      '&a b: c\n',
      '[a]: b\n',
      ': a\n',
      `${'a'.repeat(2000)}: 1\n`,
    ],
    ['keys on several lines', '"a\n b": c\n', 'a: {"b\n c": d}\n', 'a: [b\n c: d]\n'],
    [
      'tabs that indent',
      '\ta: b\n',
      'a:\n\t- b\n',
      'a:\n\tb: c\n',
      'a:\n  -\tb: c\n',
      'a: |\n\tc\n',
      'a: >\n  b\n  \tc\n',
    ],
    [
      'errors',
      'a: b: c\n',
      'a:\n  b: 1\n c: 2\n',
      'a: [b\n',
      'a: "b\n',
      'a: b]\nc',
      'a: @b\n',
      'a: "b"c\n',
      'a: [b]#c\n',
      'a: - b\n',
      'a: [b,\n---\nc]\n',
      'a: "b\n---\nc"\n',
      'a: !If !Not b\n',
      'a: !If\n!Not b\n',
    ],
    [
      'more errors',
      'a: 1\n- b\n',
      '- a\nb: 1\n',
      'a: |\n b\n  c\n d\n e: 1\nf\n',
      'a: [b c: ]d\n',
      'a: {b}}\n',
      'a: `b\n',
      'a: %b\n',
    ],
    [
      'depth',
      `a: ${'['.repeat(60)}${']'.repeat(60)}\n`,
      Array.from({ length: 120 }, (_, n) => `${' '.repeat(n)}a:\n`).join(''),
    ],
  ])('%s are left to the library', (_, ...texts) => {
    for (const text of texts) expect(readBlock(sourceOf(text)), text).toBeUndefined();
  });
});

test('a document is the same whichever reader made it', () => {
  const text = 'a: !GetAtt b.c # d\ne: [1, yes]\n';
  const { source, ...document } = read(text);
  expect(readBlock(source)).toBeDefined();
  expect(readDocument(sourceOf(`%YAML 1.1\n---\n${text}`)).value).toEqual(document.value);
});
