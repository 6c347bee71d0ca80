import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { breakBefore, indentationAt, lineEndAt, lineStartAt } from '../../src/patch/block-text.js';
import { applyEdits, editText, verifyEdit } from '../../src/patch/verify.js';
import { read } from '../document/reading.js';

/** How often each line stands in the text before and after, as `-` and `+` lines. */
function changes(before: string, path: string, value: Value): readonly string[] {
  const document = read(before);
  const operations = [{ op: 'replace', path, value } as const];
  const edits = editText(document, operations);
  const after = applyEdits(document.source.text, edits);
  verifyEdit(document, operations, after);
  const [old, now] = [before.split('\n'), after.split('\n')];
  const without = (lines: readonly string[], others: readonly string[]) => {
    const left = [...others];
    return lines.filter((line) => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  return [...without(old, now).map((line) => `-${line}`), ...without(now, old).map((line) => `+${line}`)];
}

const header = (indicator: string, ...lines: readonly string[]) =>
  `A:\n  Code: ${indicator}\n${lines.map((line) => (line === '' ? '\n' : `    ${line}\n`)).join('')}  After: x\n`;

describe('a literal block', () => {
  test.each<[string, string, readonly string[], Value, readonly string[]]>([
    ['a line', '|', ['a', 'b', 'c'], 'a\nB\nc\n', ['-    b', '+    B']],
    ['the last line', '|', ['a', 'b'], 'a\nB\n', ['-    b', '+    B']],
    ['one more line', '|', ['a', 'c'], 'a\nb\nc\n', ['+    b']],
    ['one more line at the end', '|', ['a', 'b'], 'a\nb\nc\n', ['+    c']],
    ['one line less', '|', ['a', 'b', 'c'], 'a\nc\n', ['-    b']],
    ['a last line less', '|', ['a', 'b', 'c'], 'a\nb\n', ['-    c']],
    ['one of two lines that are alike', '|', ['a', 'b', 'b', 'c'], 'a\nb\nc\n', ['-    b']],
    ['a third one alike', '|', ['a', 'b', 'b'], 'a\nb\nb\nb\n', ['+    b']],
    ['an empty line', '|', ['a', 'b'], 'a\n\nb\n', ['+']],
    ['what follows an empty line', '|', ['a', '', 'b'], 'a\n\nB\n', ['-    b', '+    B']],
    ['a line that is indented further', '|', ['a', '  b'], 'a\n    b\n', ['-      b', '+        b']],
    ['a block that is stripped', '|-', ['a', 'b'], 'a\nB', ['-    b', '+    B']],
    [
      'a text that becomes one of Fn::Sub',
      '|',
      ['a', 'b'],
      { 'Fn::Sub': 'a\nb ${C}\n' },
      ['-  Code: |', '-    b', '+  Code: !Sub |', '+    b ${C}'],
    ],
    [
      'a text that only becomes one of Fn::Sub',
      '|',
      ['a', 'b'],
      { 'Fn::Sub': 'a\nb\n' },
      ['-  Code: |', '+  Code: !Sub |'],
    ],
    [
      'the text of a tag',
      '!Sub |',
      ['a', 'b ${C}'],
      { 'Fn::Sub': 'a\nb ${D}\n' },
      ['-    b ${C}', '+    b ${D}'],
    ],
  ])('changes %s and nothing else', (_, indicator, lines, value, expected) => {
    expect(changes(header(indicator, ...lines), '/A/Code', value)).toEqual(expected);
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    expect(changes(crlf(header(indicator, ...lines)), '/A/Code', value)).toEqual(
      expected.map((line) => `${line}\r`),
    );
  });

  test.each<[string, string, readonly string[], Value]>([
    ['its first line changes', '|', ['a', 'b'], 'A\nb\n'],
    ['it ends in another way', '|', ['a', 'b'], 'a\nB'],
    ['it ends with more', '|', ['a', 'b'], 'a\nB\n\n'],
    ['it is stripped and ends in a line break', '|-', ['a', 'b'], 'a\nB\n'],
    ['it has what no literal block can', '|', ['a', 'b'], 'a\n\u0007\n'],
    ['it becomes something else', '|', ['a', 'b'], { Ref: 'C' }],
    ['it becomes the text of another function', '|', ['a', 'b'], { 'Fn::Base64': 'a\nB\n' }],
    ['its tag goes', '!Sub |', ['a', 'b'], 'a\nB\n'],
    ['its tag is that of another function', '!Base64 |', ['a', 'b'], { 'Fn::Sub': 'a\nB\n' }],
    ['it is folded', '>', ['a', 'b'], 'a B\n'],
    ['it becomes a text with variables', '|', ['a', 'b'], { 'Fn::Sub': ['a\nB\n', { B: 1 }] }],
  ])('is written anew where %s', (_, indicator, lines, value) => {
    const found = changes(header(indicator, ...lines), '/A/Code', value);
    expect(found).not.toEqual([]);
    expect(found).not.toContain('-  After: x');
    expect(found).not.toContain('-A:');
  });

  test('at the end of a file without a line break keeps it so', () => {
    expect(changes('A:\n  Code: |-\n    a\n    b', '/A/Code', 'a\nB')).toEqual(['-    b', '+    B']);
    expect(changes('A:\n  Code: |-\n    a\n    b', '/A/Code', 'a\nb\nc')).toEqual(['+    c']);
  });

  test('with a number for its indentation, or a comment in its first line, stays as it is', () => {
    expect(changes('A:\n  Code: |1\n    a\n    b\n', '/A/Code', ' a\n B\n')).toEqual(['-    b', '+    B']);
    expect(changes('A:\n  Code: | # why\n    a\n    b\n', '/A/Code', 'a\nB\n')).toEqual(['-    b', '+    B']);
  });

  test('leaves the line breaks of the other lines as they are', () => {
    const mixed = 'A:\n  Code: |\n    a\r\n    b\n    c\r\n    d\n  After: x\n';
    expect(changes(mixed, '/A/Code', 'a\nB\nc\nd\n')).toEqual(['-    b', '+    B']);
    expect(changes(mixed, '/A/Code', 'a\nb\nc\nD\n')).toEqual(['-    d', '+    D']);
    expect(changes(mixed, '/A/Code', 'a\nc\nd\n')).toEqual(['-    b']);
  });

  test.each(['a\n\u0007x\n', 'a\nx\u0007\n', 'a\n\ufeff\nb\n'])(
    'never has what YAML forbids: %j',
    (value) => {
      const [character = ''] = /[^a-z\n]/.exec(value) ?? [];
      expect(changes(header('|', 'a', 'b'), '/A/Code', value).join('')).not.toContain(character);
    },
  );

  test('that starts with an empty line, or ends with some', () => {
    expect(changes(header('|', '', 'a', 'b'), '/A/Code', '\na\nB\n')).not.toContain('-  After: x');
    expect(changes(header('|+', 'a', 'b', '', ''), '/A/Code', 'a\nB\n\n\n')).toEqual(['-    b', '+    B']);
    expect(changes(header('|', 'a', 'b', '', ''), '/A/Code', 'a\nB\n')).toEqual(['-    b', '+    B']);
  });

  test('keeps its anchor; a tag for texts does not stay beside that of a function', () => {
    expect(changes('A:\n  Code: &x |\n    a\n    b\n', '/A/Code', 'a\nB\n')).toEqual(['-    b', '+    B']);
    const sub = { 'Fn::Sub': 'a\nb ${C}\n' };
    expect(() => changes('A:\n  Code: !!str |\n    a\n    b\n', '/A/Code', sub)).toThrow(
      /its tag !!str is not for/,
    );
    expect(changes('A:\n  Code: !!str |\n    a\n    b\n', '/A/Code', 'a\nB\n')).toEqual(['-    b', '+    B']);
    expect(changes('A:\n  Code: &x |\n    a\n    b\n', '/A/Code', sub)).not.toContain('-A:');
  });

  test('and what is written behind it come together', () => {
    const text = 'A:\n  Code: |\n    a\n    b\n';
    const document = read(text);
    const written = (value: string) => {
      const operations = [
        { op: 'replace', path: '/A/Code', value },
        { op: 'add', path: '/A/New', value: 1 },
      ] as const;
      const after = applyEdits(text, editText(document, operations));
      verifyEdit(document, operations, after);
      return after;
    };
    expect(written('a\nb\nc\n')).toBe('A:\n  Code: |\n    a\n    b\n    c\n  New: 1\n');
    expect(written('a\n')).toBe('A:\n  Code: |\n    a\n  New: 1\n');
    expect(written('a\nc\nd\n')).toBe('A:\n  Code: |\n    a\n    c\n    d\n  New: 1\n');
  });

  test('as an item, and one with blanks at the ends of its lines', () => {
    expect(changes('A:\n  - |\n    a \n    b \n    c\n  - x\n', '/A/0', 'a \nb\nc\n')).toEqual([
      '-    b ',
      '+    b',
    ]);
  });
});

test('lines of a text', () => {
  const text = 'ab\r\n  cd\n\tef';
  expect([0, 1, 2].map((at) => lineStartAt(text, at))).toEqual([0, 0, 0]);
  expect([4, 7, 9, 11].map((at) => lineStartAt(text, at))).toEqual([4, 4, 9, 9]);
  expect([0, 2, 4, 8, 9, 12].map((at) => lineEndAt(text, at))).toEqual([2, 2, 8, 8, 12, 12]);
  expect([0, 4, 9].map((at) => breakBefore(text, at))).toEqual([0, 2, 8]);
  expect([1, 6, 10].map((at) => indentationAt(text, at))).toEqual(['', '  ', '\t']);
});
