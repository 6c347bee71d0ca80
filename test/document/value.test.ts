import { describe, expect, test } from 'vitest';
import { kept } from '../../src/document/kept.js';
import {
  deepFreeze,
  formatPointer,
  isEqual,
  isList,
  isMap,
  parsePointer,
  type Value,
} from '../../src/document/value.js';

describe('values', () => {
  test.each<[Value | undefined, boolean, boolean]>([
    [{}, true, false],
    [{ a: 1 }, true, false],
    [[], false, true],
    [[1], false, true],
    [null, false, false],
    [undefined, false, false],
    ['a', false, false],
    [1, false, false],
  ])('%j is a map: %s, a list: %s', (value, map, list) => {
    expect([isMap(value), isList(value)]).toEqual([map, list]);
  });

  test.each<[Value | undefined, Value | undefined, boolean]>([
    [1, 1, true],
    [1, '1', false],
    [null, null, true],
    [null, undefined, false],
    [null, {}, false],
    [{}, null, false],
    [undefined, undefined, true],
    [[], [], true],
    [[], {}, false],
    [{}, [], false],
    [{ length: 0 }, [], false],
    [[], { length: 0 }, false],
    [[1, 2], [1, 2], true],
    [[1, 2], [2, 1], false],
    [[1, 2], [1, 3], false],
    [[1], [1, 2], false],
    [[1, 2], [1], false],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, false],
    [{ a: 1, b: 2 }, { a: 3, b: 2 }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [{ toString: 1 }, { a: 1 }, false],
    [{ a: { b: { c: 1 } } }, { a: { b: { c: 1 } } }, true],
    [{ a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }, false],
  ])('%j and %j are equal: %s', (left, right, equal) => {
    expect(isEqual(left, right)).toBe(equal);
    expect(isEqual(right, left)).toBe(equal);
  });

  test('are frozen to their leaves, once', () => {
    const value = { a: [{ b: 1 }], c: null, d: 'e' };
    expect(deepFreeze(value)).toBe(value);
    expect([value, value.a, value.a[0]].map((each) => Object.isFrozen(each))).toEqual([true, true, true]);
    // What is frozen has frozen parts, so it is not walked again.
    const inner = { b: 1 };
    deepFreeze(Object.freeze([inner]));
    expect(Object.isFrozen(inner)).toBe(false);
    expect([deepFreeze(null), deepFreeze('a'), deepFreeze(1)]).toEqual([null, 'a', 1]);
  });
});

describe('JSON pointers', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['/', ['']],
    ['/a/b', ['a', 'b']],
    ['/a//b', ['a', '', 'b']],
    ['/a~1b/c~0d', ['a/b', 'c~d']],
    ['/~01', ['~1']],
    ['/~00~11', ['~0/1']],
    ['/a~1b~1c', ['a/b/c']],
    ['/0/-', ['0', '-']],
  ])('%j is %j', (pointer, path) => {
    expect(parsePointer(pointer)).toEqual(path);
    expect(formatPointer(path)).toBe(pointer);
  });

  test('start with a slash', () => {
    expect(() => parsePointer('a/b')).toThrow(new RangeError('not a JSON pointer: a/b'));
  });
});

test('what is worked out for an owner and a key is kept', () => {
  const known = new WeakMap<object, Map<string, string[]>>();
  const [first, second] = [{}, {}];
  let made = 0;
  const of = (owner: object, key: string) => kept(known, owner, key, () => [`${key}${++made}`]);
  const values = [of(first, 'a'), of(first, 'b'), of(second, 'a')];
  expect(values).toEqual([['a1'], ['b2'], ['a3']]);
  expect([of(first, 'a'), of(first, 'b'), of(second, 'a')]).toEqual(values);
  expect(made).toBe(3);
});
