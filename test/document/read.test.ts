import { describe, expect, test } from 'vitest';
import { read, refusal, valueIn } from './reading.js';

describe('values', () => {
  test('keys are text, whatever they look like', () => {
    expect(valueIn('on: 1\nyes: 2\n200: 3\n~: 4\n1.10: 5\n"": 6\n')).toEqual({
      on: 1,
      yes: 2,
      '200': 3,
      '~': 4,
      '1.10': 5,
      '': 6,
    });
  });

  test('names of Object.prototype are names like any other', () => {
    const value = valueIn('constructor: 1\ntoString: {valueOf: 2, hasOwnProperty: 3}\n');
    expect(Object.entries(value ?? {})).toEqual([
      ['constructor', 1],
      ['toString', { valueOf: 2, hasOwnProperty: 3 }],
    ]);
  });

  test('maps keep the order of the text', () => {
    expect(Object.keys(valueIn('z: 1\na: 2\nm: 3\n') ?? {})).toEqual(['z', 'a', 'm']);
  });

  test.each([
    ['aliases', 'a: &x [1, &y b]\nc: *x\nd: *y\n', { a: [1, 'b'], c: [1, 'b'], d: 'b' }],
    ['an anchor named again', 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n', { a: 1, b: 1, c: 2, d: 2 }],
    ['a merge key', 'a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n', { a: { p: 1, q: 2 }, b: { p: 1, q: 3 } }],
    ['several merged maps', 'a:\n  <<: [{p: 1}, {p: 2, q: 2}]\n', { a: { p: 1, q: 2 } }],
    ['a merge key in quotes', 'a: {"<<": 1}\n', { a: { '<<': 1 } }],
    ['explicit keys', '? a\n: 1\n? b\n', { a: 1, b: null }],
    [
      'keys with an anchor or the tag of a text',
      '&k a: 1\n! "b": 2\n!!str 3: {! c: 4, &z d: 5}\n',
      { a: 1, b: 2, 3: { c: 4, d: 5 } },
    ],
    ['keys without a value', 'a: {b, c: }\n', { a: { b: null, c: null } }],
    [
      'tags of YAML itself',
      'a: !!str 12\nb: !!int "12"\nc: !!map {d: !!seq [1]}\ne: ! 1\n',
      { a: '12', b: 12, c: { d: [1] }, e: '1' },
    ],
    ['folding', 'a: one\n  two\n\n  three\nb: "x\n  y \\\n  z"\n', { a: 'one two\nthree', b: 'x y z' }],
    ['block scalars', 'a: |+\n  x\n\nb: >2\n   y\n  z\n', { a: 'x\n\n', b: ' y\nz\n' }],
    ['a block scalar at the end of the file', 'a: |\n  text', { a: 'text\n' }],
    ['document markers', '%YAML 1.1\n---\na: 1\n...\n', { a: 1 }],
    ['a byte order mark before an indented line', '\uFEFF  a: 1\n', { a: 1 }],
    ['tabs behind values', 'a: b\t\nc:\td\n', { a: 'b', c: 'd' }],
    ['a bracket at the column of its key', 'a: {\n  b: 1\n}\n', { a: { b: 1 } }],
    ['CRLF', 'a:\r\n  - 1\r\n  - |\r\n    x\r\n    y\r\n', { a: [1, 'x\ny\n'] }],
  ])('%s', (_, text, value) => {
    expect(valueIn(text)).toEqual(value);
  });

  test('many aliases of one map are no bomb', () => {
    const aliases = Array.from({ length: 150 }, (_, index) => `b${index}: *a\n`);
    expect(Object.keys(valueIn(`a: &a {c: 1}\n${aliases.join('')}`) ?? {})).toHaveLength(151);
  });

  test('are frozen all the way down', () => {
    const { value } = read('a: &x {b: [!Ref c, {d: !GetAtt e.f}]}\ng: *x\nh:\n  <<: *x\n');
    const isFrozen = (part: unknown): boolean =>
      typeof part !== 'object' ||
      part === null ||
      (Object.isFrozen(part) && Object.values(part).every(isFrozen));
    expect(isFrozen(value)).toBe(true);
  });

  test.each([
    ['a: !Ref b\n', true],
    ['a: [{b: !If [c, d, e]}]\n', true],
    ['a: {Ref: b}\n', false],
    ['a: !Rain::S3 b\n', false],
    ['a: "!Ref b" # !Ref c\n', false],
  ])('%j uses the short form: %s', (text, usesShortForm) => {
    expect(read(text).usesShortForm).toBe(usesShortForm);
  });
});

describe('a repeated key', () => {
  const repeatedIn = (text: string, path?: string) => {
    const { repeatedKeys, source } = read(text, path);
    return repeatedKeys.map(({ key, keySpan }) => `${key} ${keySpan.start} of ${source.text.length}`);
  };

  test.each([
    ['a: 1\nb: 2\na: 3\n', { a: 3, b: 2 }, ['a 0 of 15']],
    ['a: 1\n"a": 3\n', { a: 3 }, ['a 0 of 12']],
    ['x: {a: 1, b: 2, a: 3, a: {a: 4}}\n', { x: { a: { a: 4 }, b: 2 } }, ['a 4 of 33', 'a 16 of 33']],
    ['a: !GetAtt b.c\na: !GetAtt d.e\n', { a: { 'Fn::GetAtt': ['d', 'e'] } }, ['a 0 of 30']],
    ['Fn::GetAtt: b.c\nFn::GetAtt: d.e\n', { 'Fn::GetAtt': ['d', 'e'] }, ['Fn::GetAtt 0 of 32']],
    ['a: &x\n  b: 1\n  b: 2\nc: *x\n', { a: { b: 2 }, c: { b: 2 } }, ['b 8 of 26']],
    ['a: &x 1\na: 2\nb: *x\n', { a: 2, b: 1 }, ['a 0 of 19']],
  ])('%j has the value it has last, and names the others', (text, value, repeated) => {
    expect(valueIn(text)).toEqual(value);
    expect(repeatedIn(text)).toEqual(repeated);
    expect(read(`%YAML 1.1\n# by the library\n---\n${text}`).value).toEqual(value);
  });

  test('is no other in JSON', () => {
    expect(valueIn('{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}', 'template.json')).toEqual({
      a: 3,
      b: { c: 2 },
    });
    expect(repeatedIn('{"a": 1, "a": 3}', 'template.json')).toEqual(['a 1 of 16']);
  });
});

describe('refusals say where and what', () => {
  const bomb = Array.from({ length: 12 }, (_, index) => {
    const aliases = Array.from({ length: 10 }, () => (index === 0 ? 'x' : `*a${index - 1}`));
    return `a${index}: &a${index} [${aliases.join(', ')}]\n`;
  }).join('');

  test.each([
    ['an empty file', '', '1:1 the file is empty'],
    ['only comments', '# nothing\n\n', '1:1 the file is empty'],
    ['two merge keys', 'a:\n  <<: {}\n  <<: {}\n', '3:3 the merge key << is twice in the same map'],
    ['__proto__', 'a:\n  __proto__: {b: 1}\n', '2:3 the key __proto__ is not allowed'],
    ['__proto__ in quotes', 'a: {"\\x5f_proto__": 1}\n', '1:5 the key __proto__ is not allowed'],
    ['__proto__ behind a merge key', 'a:\n  <<: {__proto__: 1}\n', '2:8 the key __proto__ is not allowed'],
    ['a merged text', 'a:\n  <<: b\n', '2:3 the merge key << takes a map or a list of maps'],
    ['an alias bomb', bomb, '5:45 the aliases expand to too many values'],
    [
      'an alias of its own parent',
      'a: &a [*a]\n',
      '1:8 an alias (*) of an anchor (&) that does not come before it',
    ],
    [
      'an alias without an anchor',
      'a: *b\n',
      '1:4 an alias (*) of an anchor (&) that does not come before it',
    ],
    ['two documents', 'a: 1\n---\nb: 2\n', '2:1 the file holds more than one YAML document'],
    ['a tab', 'a:\n\tb: 1\n', '2:1 tabs are not allowed as indentation'],
    [
      'an open bracket',
      'a: [1, 2\nb: 3\n',
      '2:1 flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'keys that do not line up',
      'a:\n  b: 1\n c: 2\n',
      '3:1 all mapping items must start at the same column',
    ],
    ['a map after a colon', 'a: b: c\n', '1:4 nested mappings are not allowed in compact mappings'],
    ['a list as a key', '? [a]\n: b\n', '1:3 a key is not plain text'],
    ['a tag on a key', '!Ref a: b\n', '1:6 a key is not plain text'],
    ['no key', ': b\n', '1:1 a key is not plain text'],
    ['a tag for bytes', 'a: !!binary abc=\n', '1:4 CloudFormation does not take the tag !!binary'],
    ['deep brackets', `a: ${'['.repeat(500)}`, '1:206 the template is nested deeper than 200 levels'],
    [
      'deep blocks',
      Array.from({ length: 500 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
      '203:204 the template is nested deeper than 200 levels',
    ],
  ])('%s', (_, text, message) => {
    expect(refusal(() => read(text))).toBe(message);
  });

  test('a refused __proto__ pollutes nothing', () => {
    expect(refusal(() => read('{"__proto__": {"polluted": 1}}'))).toBe(
      '1:2 the key __proto__ is not allowed',
    );
    expect('polluted' in {}).toBe(false);
  });

  test('brackets without end are refused without delay', () => {
    expect(refusal(() => read('['.repeat(1_000_000)))).toContain('nested deeper');
  });
});
