import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/document/value.js';
import {
  type Layout,
  layoutOf,
  literalText,
  quotedText,
  scalarText,
  taggedText,
} from '../../src/patch/layout.js';
import {
  afterColon,
  blockText,
  entryText,
  flowText,
  itemText,
  jsonText,
  lineText,
} from '../../src/patch/value-text.js';
import { read } from '../document/reading.js';

const layout: Layout = {
  step: 2,
  dashStep: 2,
  quotes: 'single',
  usesShortForm: true,
  json: { unitFor: () => '  ', colon: ': ', comma: ', ' },
};
const long = 'a-word-of-thirty-characters-ab';

describe('a scalar', () => {
  test.each<[string, string, string]>([
    // text, between block indicators, between brackets
    ['word', 'word', 'word'],
    ['two words', 'two words', 'two words'],
    ['two  words', 'two  words', 'two  words'],
    ['a:b', 'a:b', 'a:b'],
    ['a: b', "'a: b'", "'a: b'"],
    ['a:', "'a:'", "'a:'"],
    ['a #b', "'a #b'", "'a #b'"],
    ['a#b', "'a#b'", "'a#b'"],
    ['a ', "'a '", "'a '"],
    [' a', "' a'", "' a'"],
    ['a, b', 'a, b', "'a, b'"],
    ['a[0]', 'a[0]', "'a[0]'"],
    ['a{b}', 'a{b}', "'a{b}'"],
    ['a:,b', 'a:,b', "'a:,b'"],
    ['${A}', '${A}', "'${A}'"],
    ['$(a)', '$(a)', '$(a)'],
    ['/a/*', '/a/*', '/a/*'],
    ['*a', "'*a'", "'*a'"],
    ['-a', "'-a'", "'-a'"],
    ["it's", "it's", "it's"],
    ['"q"', '\'"q"\'', '\'"q"\''],
    ['', "''", "''"],
    ['yes', "'yes'", "'yes'"],
    ['n', "'n'", "'n'"],
    ['no-one', 'no-one', 'no-one'],
    ['null', "'null'", "'null'"],
    ['~', "'~'", "'~'"],
    ['=', "'='", "'='"],
    ['<<', "'<<'", "'<<'"],
    ['.inf', "'.inf'", "'.inf'"],
    ['+.NaN', "'+.NaN'", "'+.NaN'"],
    ['.info', '.info', '.info'],
    ['.5', "'.5'", "'.5'"],
    ['+5', "'+5'", "'+5'"],
    ['012', "'012'", "'012'"],
    ['1e3', "'1e3'", "'1e3'"],
    ['0x1F', "'0x1F'", "'0x1F'"],
    ['1:30', "'1:30'", "'1:30'"],
    ['2012-10-17', "'2012-10-17'", "'2012-10-17'"],
    ['2012-10-17T00', "'2012-10-17T00'", "'2012-10-17T00'"],
    ['12-monkeys', '12-monkeys', '12-monkeys'],
    ['v2012-10-17', 'v2012-10-17', 'v2012-10-17'],
    ['.5e', "'.5e'", "'.5e'"],
    ['1st', '1st', '1st'],
    ['é', "'é'", "'é'"],
    ['a\nb', '"a\\nb"', '"a\\nb"'],
    ['a\tb', '"a\\tb"', '"a\\tb"'],
    ['\u0085\ud800\ufeff', '"\\u0085\\ud800\\ufeff"', '"\\u0085\\ud800\\ufeff"'],
    ['\u007f', '"\\u007f"', '"\\u007f"'],
  ])('%j', (text, block, flow) => {
    expect([scalarText(text, 'block', 'single'), scalarText(text, 'flow', 'single')]).toEqual([block, flow]);
    for (const [written, at] of [
      [`a: ${block}\n`, 'value'],
      [`a: [${flow}]\n`, 'item'],
    ] as const)
      expect(read(written).value, at).toEqual({ a: at === 'item' ? [text] : text });
  });

  test.each<[Value, string]>([
    [1, '1'],
    [-0.5, '-0.5'],
    [true, 'true'],
    [null, 'null'],
  ])('%j is written as it is', (value, text) => {
    expect(scalarText(value as number, 'block', 'single')).toBe(text);
  });

  test('under a tag is text whatever it looks like', () => {
    for (const text of ['yes', '012', '1e3', '2012-10-17']) {
      expect(taggedText(text, 'block', 'single')).toBe(text);
      expect(taggedText(text, 'flow', 'single')).toBe(text);
    }
    expect(taggedText('a, b', 'block', 'single')).toBe('a, b');
    expect(taggedText('a, b', 'flow', 'single')).toBe("'a, b'");
    expect(taggedText('- a', 'block', 'double')).toBe('"- a"');
  });

  test.each<[string, 'single' | 'double', string]>([
    ['a b', 'single', "'a b'"],
    ['a b', 'double', '"a b"'],
    ["it's", 'single', '"it\'s"'],
    ["it's", 'double', '"it\'s"'],
    ['say "a"', 'double', '\'say "a"\''],
    ['a\\b', 'double', "'a\\b'"],
    ['it\'s "', 'single', "'it''s \"'"],
    ['it\'s "', 'double', '"it\'s \\""'],
    ["''\"", 'single', '"\'\'\\""'],
  ])('%j in %s quotes by preference', (text, quotes, written) => {
    expect(quotedText(text, quotes)).toBe(written);
    expect(read(`a: ${written}\n`).value).toEqual({ a: text });
  });
});

describe('text of several lines', () => {
  test('is a literal block in its column, empty lines without blanks', () => {
    expect(literalText('a\n\n  b', 4)).toBe('|-\n    a\n\n      b');
  });

  test.each([
    ['one line', 'a'],
    ['an empty first line', '\na'],
    ['a line break at the end', 'a\n'],
    ['a first line that is indented', ' a\nb'],
    ['blanks at the end of a line', 'a \nb'],
    ['a tab', 'a\n\tb'],
    ['a carriage return', 'a\r\nb'],
    ['what readers take for a line break', 'a\nb\u2028c'],
    ['no text', 1],
  ])('%s is none', (_, value) => {
    expect(literalText(value, 2)).toBeUndefined();
  });
});

const sub = (text: string): Value => ({ 'Fn::Sub': text });

describe('a value in YAML', () => {
  test.each<[string, Value, string, string, string]>([
    // value, behind a key in column 2, behind the dash of an item whose content is in column 4, between brackets
    ['a word', 'a', ' a', 'a', 'a'],
    ['a number', 1, ' 1', '1', '1'],
    ['no items', [], ' []', '[]', '[]'],
    ['no keys', {}, ' {}', '{}', '{}'],
    ['items', [1, 'a'], '\n    - 1\n    - a', '- 1\n    - a', '[1, a]'],
    ['keys', { b: 1, 'c d': 'e' }, '\n    b: 1\n    c d: e', 'b: 1\n    c d: e', '{b: 1, c d: e}'],
    [
      'keys that need quotes',
      { on: 1, 'a:': 2 },
      "\n    'on': 1\n    'a:': 2",
      "'on': 1\n    'a:': 2",
      "{'on': 1, 'a:': 2}",
    ],
    [
      'lists in lists',
      [[1], [2, 3]],
      '\n    - - 1\n    - - 2\n      - 3',
      '- - 1\n    - - 2\n      - 3',
      '[[1], [2, 3]]',
    ],
    [
      'maps in lists in maps',
      { a: [{ b: 1, c: 2 }] },
      '\n    a:\n      - b: 1\n        c: 2',
      'a:\n      - b: 1\n        c: 2',
      '{a: [{b: 1, c: 2}]}',
    ],
    ['lines', 'a\nb', ' |-\n    a\n    b', '|-\n    a\n    b', '"a\\nb"'],
    ['a reference', { Ref: 'A' }, ' !Ref A', '!Ref A', '!Ref A'],
    ['an attribute', { 'Fn::GetAtt': ['A', 'Arn'] }, ' !GetAtt A.Arn', '!GetAtt A.Arn', '!GetAtt A.Arn'],
    [
      'an attribute of an attribute',
      { 'Fn::GetAtt': ['A', 'B.C'] },
      ' !GetAtt A.B.C',
      '!GetAtt A.B.C',
      '!GetAtt A.B.C',
    ],
    [
      'an attribute of a loop',
      { 'Fn::GetAtt': ['A.B', 'C'] },
      ' !GetAtt [A.B, C]',
      '!GetAtt [A.B, C]',
      '!GetAtt [A.B, C]',
    ],
    [
      'a computed attribute',
      { 'Fn::GetAtt': ['A', { Ref: 'B' }] },
      ' !GetAtt [A, !Ref B]',
      '!GetAtt [A, !Ref B]',
      '!GetAtt [A, !Ref B]',
    ],
    [
      'three parts',
      { 'Fn::GetAtt': ['A', 'B', 'C'] },
      ' !GetAtt [A, B, C]',
      '!GetAtt [A, B, C]',
      '!GetAtt [A, B, C]',
    ],
    ['a text with a variable', sub('${A}: b'), " !Sub '${A}: b'", "!Sub '${A}: b'", "!Sub '${A}: b'"],
    [
      'a text of lines',
      sub('a\n${B}'),
      ' !Sub |-\n    a\n    ${B}',
      '!Sub |-\n    a\n    ${B}',
      '!Sub "a\\n${B}"',
    ],
    [
      'a text with a map',
      { 'Fn::Sub': ['${a}', { a: 1 }] },
      ' !Sub\n    - ${a}\n    - a: 1',
      '!Sub\n    - ${a}\n    - a: 1',
      "!Sub ['${a}', {a: 1}]",
    ],
    ['a text with a comma', sub('a, b'), ' !Sub a, b', '!Sub a, b', "!Sub 'a, b'"],
    ['a part of a list', { 'Fn::Select': ['a', 'b'] }, ' !Select [a, b]', '!Select [a, b]', '!Select [a, b]'],
    [
      'an attribute of no name',
      { 'Fn::GetAtt': [1, 'Arn'] },
      ' !GetAtt [1, Arn]',
      '!GetAtt [1, Arn]',
      '!GetAtt [1, Arn]',
    ],
    ['an argument of nothing', { Ref: '' }, "\n    Ref: ''", "Ref: ''", "{Ref: ''}"],
    ['an argument of no items', { 'Fn::Or': [] }, '\n    Fn::Or: []', 'Fn::Or: []', '{Fn::Or: []}'],
    [
      'an argument that is a map',
      { 'Fn::Transform': { Name: 'a' } },
      '\n    Fn::Transform:\n      Name: a',
      'Fn::Transform:\n      Name: a',
      '{Fn::Transform: {Name: a}}',
    ],
    [
      'an argument that is a call',
      { 'Fn::Base64': { Ref: 'A' } },
      '\n    Fn::Base64: !Ref A',
      'Fn::Base64: !Ref A',
      '{Fn::Base64: !Ref A}',
    ],
    [
      'a function of no tag',
      { 'Fn::ForEach::A': ['B'] },
      '\n    Fn::ForEach::A:\n      - B',
      'Fn::ForEach::A:\n      - B',
      '{Fn::ForEach::A: [B]}',
    ],
    [
      'a choice',
      { 'Fn::If': ['C', 1, { Ref: 'AWS::NoValue' }] },
      ' !If [C, 1, !Ref AWS::NoValue]',
      '!If [C, 1, !Ref AWS::NoValue]',
      '!If [C, 1, !Ref AWS::NoValue]',
    ],
    [
      'a choice of a choice',
      { 'Fn::If': ['C', { 'Fn::If': ['D', 1, 2] }, 3] },
      ' !If [C, !If [D, 1, 2], 3]',
      '!If [C, !If [D, 1, 2], 3]',
      '!If [C, !If [D, 1, 2], 3]',
    ],
    [
      'a choice of maps',
      { 'Fn::If': ['C', { a: 1 }, 2] },
      ' !If\n    - C\n    - a: 1\n    - 2',
      '!If\n    - C\n    - a: 1\n    - 2',
      '!If [C, {a: 1}, 2]',
    ],
    [
      'a choice of lists',
      { 'Fn::If': ['C', [1], 2] },
      ' !If\n    - C\n    - - 1\n    - 2',
      '!If\n    - C\n    - - 1\n    - 2',
      '!If [C, [1], 2]',
    ],
    [
      'a choice of a text with a map',
      { 'Fn::If': ['C', { 'Fn::Sub': ['${a}', { a: 1 }] }, 2] },
      ' !If\n    - C\n    - !Sub\n      - ${a}\n      - a: 1\n    - 2',
      '!If\n    - C\n    - !Sub\n      - ${a}\n      - a: 1\n    - 2',
      "!If [C, !Sub ['${a}', {a: 1}], 2]",
    ],
    [
      'a choice of lines',
      { 'Fn::If': ['C', 'a\nb', 2] },
      ' !If\n    - C\n    - |-\n      a\n      b\n    - 2',
      '!If\n    - C\n    - |-\n      a\n      b\n    - 2',
      '!If [C, "a\\nb", 2]',
    ],
    [
      'a long list of arguments',
      { 'Fn::Join': ['', [long, long, long]] },
      ` !Join\n    - ''\n    - - ${long}\n      - ${long}\n      - ${long}`,
      `!Join\n    - ''\n    - - ${long}\n      - ${long}\n      - ${long}`,
      `!Join ['', [${long}, ${long}, ${long}]]`,
    ],
  ])('%s', (_, value, key, item, flow) => {
    expect(afterColon(value, 2, layout)).toBe(key);
    expect(itemText(value, 4, layout)).toBe(item);
    expect(flowText(value, layout)).toBe(flow);
    expect(read(`x:\n  a:${key}\n`).value).toEqual({ x: { a: value } });
    expect(read(`x:\n  - ${itemText(value, 4, layout)}\n`).value).toEqual({ x: [value] });
    expect(read(`x: [${flow}]\n`).value).toEqual({ x: [value] });
  });

  test('without tags where the template has none', () => {
    const plain = { ...layout, usesShortForm: false };
    expect(afterColon({ Ref: 'A' }, 2, plain)).toBe('\n    Ref: A');
    expect(flowText({ 'Fn::Sub': ['a', {}] }, plain)).toBe('{Fn::Sub: [a, {}]}');
    expect(lineText({ Ref: 'A' }, plain)).toBeUndefined();
  });

  test('on one line where something follows on it', () => {
    const followed = { ...layout, isFollowed: true };
    expect(afterColon('a\nb', 2, followed)).toBe(' "a\\nb"');
    expect(itemText(sub('a\nb'), 2, followed)).toBe('!Sub "a\\nb"');
    expect(lineText({ 'Fn::If': ['C', 'a\nb', 1] }, followed)).toBe('!If [C, "a\\nb", 1]');
  });

  test.each([
    [89, true],
    [90, true],
    [91, false],
  ])('a call of %i characters on its line: %s', (length, isOnLine) => {
    const value: Value = { 'Fn::If': ['C', 'a'.repeat(length - '!If [C, , b]'.length), 'b'] };
    const text = flowText(value, layout);
    expect(text).toHaveLength(length);
    expect(lineText(value, layout)).toBe(isOnLine ? text : undefined);
  });

  test('in the steps of the template', () => {
    const wide = { ...layout, step: 4, dashStep: 0 };
    expect(entryText('a', { b: [1, { c: 2 }] }, 2, wide)).toBe('a:\n      b:\n      - 1\n      - c: 2');
    expect(entryText('a', { 'Fn::If': ['C', { a: 1 }, 2] }, 2, wide)).toBe(
      'a: !If\n      - C\n      - a: 1\n      - 2',
    );
    expect(entryText('a', 'b\nc', 2, wide)).toBe('a: |-\n      b\n      c');
    expect(entryText('a', [1], 2, { ...layout, step: 4, dashStep: 2 })).toBe('a:\n    - 1');
    expect(blockText('a: b', 2, wide)).toBe("'a: b'");
  });
});

describe('a value in JSON', () => {
  const value: Value = { a: [1, { b: null }], c: {}, d: [], e: 'f"' };

  test('on one line', () => {
    expect(jsonText(value, undefined, layout)).toBe('{"a": [1, {"b": null}], "c": {}, "d": [], "e": "f\\""}');
    const json = { ...layout.json, colon: ':', comma: ',' } as const;
    expect(jsonText(value, undefined, { ...layout, json })).toBe(
      '{"a":[1,{"b":null}],"c":{},"d":[],"e":"f\\""}',
    );
  });

  test('on lines that are indented as the one it starts on', () => {
    const json = { ...layout.json, unitFor: (indentation: string) => (indentation === '' ? '\t' : '  ') };
    expect(jsonText(value, '', { ...layout, json })).toBe(
      '{\n\t"a": [\n\t  1,\n\t  {\n\t    "b": null\n\t  }\n\t],\n\t"c": {},\n\t"d": [],\n\t"e": "f\\""\n}',
    );
  });
});

describe('how a template is written', () => {
  const of = (text: string, path?: string) => layoutOf(read(text, path));

  test.each<[string, string, number, number, 'single' | 'double', boolean]>([
    // text, step, step to dashes, quotes, short forms
    ['nothing to go by', 'a: 1\n', 2, 2, 'single', true],
    ['maps', 'a:\n    b: 1\n', 4, 4, 'single', false],
    ['dashes further in', 'a:\n  b:\n    c: 1\n  d:\n      - 1\n', 2, 4, 'single', false],
    ['dashes below their key', 'a:\n- 1\n', 2, 0, 'single', true],
    ['a list of brackets counts as none', 'a:\n    b: [1]\n', 4, 4, 'single', false],
    ['brackets over lines', 'a: {\n   b: 1\n  }\n', 3, 3, 'single', false],
    ['brackets with lines further in', 'a: { b: 1,\n   c: 1\n  }\n', 2, 2, 'single', true],
    ['what most have', 'a:\n   b: 1\nc:\n  d: 1\ne:\n  f: 1\n', 2, 2, 'single', false],
    ['the first of those that are as frequent', 'a:\n   b: 1\nc:\n  d: 1\n', 3, 3, 'single', false],
    ['the key of an item', '- a:\n    b: 1\n', 2, 2, 'single', false],
    ['more double quotes', 'a: "b"\n', 2, 2, 'double', true],
    ['as many of both', 'a: "b"\nc: \'d\'\n', 2, 2, 'single', true],
    ['double quotes in items', 'a: ["b", "c"]\nd: \'e\'\n', 2, 2, 'double', true],
    ['a tag', 'a:\n  b: !Ref C\n', 2, 2, 'single', true],
  ])('%s', (_, text, step, dashStep, quotes, usesShortForm) => {
    const { json, ...found } = of(text);
    expect(found).toEqual({ step, dashStep, quotes, usesShortForm });
  });

  test.each<[string, string, string, string, string, string, string]>([
    // text, colon, comma, indentation of the outermost, of one in spaces, of one in tabs
    ['one line', '{"a": {"b": 1}}', ': ', ', ', '  ', '  ', '\t'],
    ['one line without blanks', '{"a":{"b":1}}', ':', ',', '  ', '  ', '\t'],
    ['spaces', '{\n    "a" : {\n        "b" : 1\n    }\n}\n', ' : ', ', ', '    ', '    ', '\t'],
    ['tabs', '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n', ': ', ', ', '\t', '  ', '\t'],
    ['two tabs', '{\n\t\t"a": {\n\t\t\t\t"b": 1\n\t\t}\n}\n', ': ', ', ', '\t\t', '  ', '\t\t'],
    ['lists', '{\n   "a": [\n      1\n   ]\n}\n', ': ', ', ', '   ', '   ', '\t'],
    [
      'more tabs than spaces',
      '{\n\t"a": {\n\t\t"b": {\n\t\t\t"c": 1\n\t\t}\n\t},\n  "d": {\n    "e": 1\n  }\n}\n',
      ': ',
      ', ',
      '\t',
      '  ',
      '\t',
    ],
    [
      'as many',
      '{\n\t"a": {\n\t\t"b": 1\n\t},\n  "d": {\n    "e": 1\n  }\n}\n',
      ': ',
      ', ',
      '  ',
      '  ',
      '\t',
    ],
    ['a colon on a line of its own', '{"a"\n:\n1}', ': ', ', ', '  ', '  ', '\t'],
    ['a line break before a colon', '{"a"\n: 1}', ': ', ', ', '  ', '  ', '\t'],
    ['a line break behind it', '{"a" :\n1}', ': ', ', ', '  ', '  ', '\t'],
    ['no keys', '{}', ': ', ', ', '  ', '  ', '\t'],
  ])('JSON: %s', (_, text, colon, comma, outermost, spaces, tabs) => {
    const { json } = of(text, 'template.json');
    const units = ['', '      ', ' \t'].map((indentation) => json.unitFor(indentation));
    expect([json.colon, json.comma, ...units]).toEqual([colon, comma, outermost, spaces, tabs]);
  });

  test('is worked out once for a document', () => {
    const document = read('a: 1\n');
    expect(layoutOf(document)).toBe(layoutOf(document));
  });
});
