import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJsonScalar, readPlainScalar, readScalar } from '../../src/document/scalars.js';

describe('plain scalars are read as YAML 1.1 without timestamps', () => {
  test.each<[string, unknown[]]>([
    ['null', ['', '~', 'null', 'Null', 'NULL']],
    ['true', ['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']],
    ['false', ['false', 'False', 'FALSE', 'no', 'No', 'NO', 'off', 'Off', 'OFF']],
  ])('%s', (value, texts) => {
    for (const text of texts) expect(readPlainScalar(String(text))).toBe(JSON.parse(value));
  });

  test.each([
    ['0', 0],
    ['-0', 0],
    ['+12', 12],
    ['1_000', 1000],
    ['0644', 420],
    ['-010', -8],
    ['0b101', 5],
    ['0x1F', 31],
    ['1:30', 90],
    ['-1:30', -90],
    ['190:20:30', 685_230],
    ['1.5', 1.5],
    ['-1.', -1],
    ['.5', 0.5],
    ['1.5e+3', 1500],
    ['1:30.5', 90.5],
  ])('%s is a number', (text, value) => {
    expect(readPlainScalar(text)).toBe(value);
  });

  test.each([
    ...[
      '2010-09-09',
      '2010-09-09T00:00:00Z',
      'E3012',
      'e1',
      '.',
      '-',
      '1e5',
      '1.5e3',
      '-.5',
      '+.5',
      '0o17',
      '1:60',
      '00:30',
    ],
    ...[
      'y',
      'Y',
      'n',
      'N',
      'yEs',
      'tRUE',
      'nUll',
      'nodejs20.x',
      'TrueType',
      '1.2.3',
      '0.0.0.0/0',
      '10.0.0.0/16',
      '_1',
    ],
    // Account ids: read as octal they would have no digits 8 and 9, as numbers they would lose their zeros.
    ...['012345678901', '098765432109', '0123456789012'],
    // What JSON has no number for.
    ...['.inf', '-.inf', '.nan', '12345678901234567890', '1.0e+999'],
  ])('%s is text', (text) => {
    expect(readPlainScalar(text)).toBe(text);
  });

  test('an account id of octal digits is what CloudFormation takes it for', () => {
    expect(readPlainScalar('012345670123')).toBe(1_402_433_619);
  });

  test('never gives what JSON cannot hold', () => {
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789_.:eE+-xabfnyYtToO~') }),
      fc.string(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const value = readPlainScalar(text);
        expect(JSON.parse(JSON.stringify(value))).toBe(value);
        if (typeof value === 'string') expect(value).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test('reads every integer and boolean back that JSON prints', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.boolean()), (value) => {
        expect(readPlainScalar(JSON.stringify(value))).toBe(value);
      }),
    );
  });
});

describe('style and tag', () => {
  test.each([
    ['yes', 'plain', undefined, true],
    ['yes', 'single-quoted', undefined, 'yes'],
    ['yes', 'double-quoted', undefined, 'yes'],
    ['12', 'literal', undefined, '12'],
    ['12', 'plain', '!Ref', '12'],
    ['12', 'plain', '!!str', '12'],
    ['12', 'double-quoted', '!!int', 12],
    ['no', 'plain', '!', 'no'],
    ['', 'empty', undefined, null],
    ['', 'empty', '!GetAZs', ''],
  ] as const)('%j written %s under %s', (text, style, tag, value) => {
    expect(readScalar(text, style, tag)).toBe(value);
  });
});

describe('JSON scalars', () => {
  test.each([
    ['true', true],
    ['null', null],
    ['-0', 0],
    ['1e3', 1000],
    ['9007199254740993', '9007199254740993'],
    ['1e999', '1e999'],
  ])('%s', (text, value) => {
    expect(readJsonScalar(text)).toBe(value);
  });
});
