import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { applyPatch, invert, type JsonPatchOperation, type Operation } from '../../src/patch/json-patch.js';

interface SuiteCase {
  readonly comment?: string;
  readonly doc: Value;
  readonly patch: readonly JsonPatchOperation[];
  readonly expected?: Value;
  readonly error?: string;
  readonly disabled?: boolean;
}

const suite = ['tests.json', 'spec_tests.json']
  .map((name) => `../shared/data/json-patch-tests/${name}`)
  .filter(existsSync)
  .flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as SuiteCase[])
  .filter(({ disabled }) => !disabled);

describe.skipIf(suite.length === 0)(
  'the official JSON Patch suite (passed over where ../shared is absent)',
  () => {
    test.each(suite.map((each, index) => [`${index} ${each.comment ?? each.error ?? ''}`, each] as const))(
      '%s',
      (_, each) => {
        if (each.error !== undefined) expect(() => applyPatch(each.doc, each.patch)).toThrow();
        else expect(applyPatch(each.doc, each.patch)).toEqual(each.expected ?? each.doc);
      },
    );
  },
);

test.skipIf(suite.length === 0)('the suite is whole', () => expect(suite).toHaveLength(108));

describe('a patch', () => {
  test('never changes what it is applied to', () => {
    const before = Object.freeze({ a: Object.freeze([1]) });
    expect(applyPatch(before, [{ op: 'add', path: '/a/-', value: 2 }])).toEqual({ a: [1, 2] });
    expect(before).toEqual({ a: [1] });
  });

  test('leaves a copy alone when what it was made of changes', () => {
    const patch: JsonPatchOperation[] = [
      { op: 'add', path: '/a/b', value: 1 },
      { op: 'copy', from: '/a', path: '/c' },
      { op: 'add', path: '/a/d', value: 2 },
      { op: 'replace', path: '/c/b', value: 3 },
    ];
    expect(applyPatch({ a: {} }, patch)).toEqual({ a: { b: 1, d: 2 }, c: { b: 3 } });
  });

  test('never changes the values of its operations', () => {
    const value = Object.freeze({ b: Object.freeze([1]) });
    const patch: JsonPatchOperation[] = [
      { op: 'add', path: '/a', value },
      { op: 'add', path: '/c', value },
      { op: 'add', path: '/a/b/-', value: 2 },
    ];
    expect(applyPatch({}, patch)).toEqual({ a: { b: [1, 2] }, c: { b: [1] } });
  });

  test('copies and moves', () => {
    const value = { a: { b: [1] }, c: 2 };
    expect(applyPatch(value, [{ op: 'copy', from: '/a/b', path: '/d' }])).toEqual({ ...value, d: [1] });
    expect(applyPatch(value, [{ op: 'move', from: '/c', path: '/a/b/0' }])).toEqual({ a: { b: [2, 1] } });
    expect(() => applyPatch(value, [{ op: 'move', from: '/a', path: '/a/b' }])).toThrow('into itself');
    expect(() => applyPatch(value, [{ op: 'copy', from: '/__proto__', path: '/d' }])).toThrow('__proto__');
  });

  test.each(['/__proto__/x', '/a/__proto__'])('cannot reach a prototype through %s', (path) => {
    expect(() => applyPatch({ a: {} }, [{ op: 'add', path, value: 1 }])).toThrow('__proto__');
    expect('x' in {}).toBe(false);
  });
});

const eleven = Array.from({ length: 11 }, (_, index) => index);

describe('what each operation makes', () => {
  test.each<[string, Value, readonly unknown[], Value]>([
    ['a key', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['a key that is there', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['null', {}, [{ op: 'add', path: '/a', value: null }], { a: null }],
    ['the empty key', {}, [{ op: 'add', path: '/', value: 1 }], { '': 1 }],
    ['escaped keys', {}, [{ op: 'add', path: '/a~1b~01', value: 1 }], { 'a/b~1': 1 }],
    ['the key "-" of a map', {}, [{ op: 'add', path: '/-', value: 1 }], { '-': 1 }],
    ['through the item of a list', [{ a: 1 }], [{ op: 'add', path: '/0/b', value: 2 }], [{ a: 1, b: 2 }]],
    ['an item in front', [1], [{ op: 'add', path: '/0', value: 0 }], [0, 1]],
    ['an item at the length', [1], [{ op: 'add', path: '/1', value: 2 }], [1, 2]],
    ['an item at "-"', [1], [{ op: 'add', path: '/-', value: 2 }], [1, 2]],
    ['position 10', eleven, [{ op: 'replace', path: '/10', value: 'x' }], [...eleven.slice(0, 10), 'x']],
    ['the root', { a: 1 }, [{ op: 'add', path: '', value: [2] }], [2]],
    ['the root replaced', { a: 1 }, [{ op: 'replace', path: '', value: 2 }], 2],
    ['an item replaced', [1, 2, 3], [{ op: 'replace', path: '/1', value: 'x' }], [1, 'x', 3]],
    ['an item removed', [1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
    ['a key removed', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [
      'a test that holds',
      { a: [{ b: 1 }] },
      [{ op: 'test', path: '/a/0', value: { b: 1 } }],
      { a: [{ b: 1 }] },
    ],
    ['a test of null', { a: null }, [{ op: 'test', path: '/a', value: null }], { a: null }],
    [
      'members of other operations',
      { a: 1 },
      [{ op: 'add', path: '/b', from: '/a', value: 2 }],
      { a: 1, b: 2 },
    ],
    ['a move to itself', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
    ['a move to a neighbor', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/a/c' }], { a: { c: 1 } }],
    ['a move to a like name', { a: 1 }, [{ op: 'move', from: '/a', path: '/ab' }], { ab: 1 }],
    ['a move up', { a: { b: { c: 1 } } }, [{ op: 'move', from: '/a/b', path: '' }], { c: 1 }],
    [
      'a move below another branch',
      { a: { x: 1 }, b: { x: {} } },
      [{ op: 'move', from: '/a/x', path: '/b/x/y' }],
      { a: {}, b: { x: { y: 1 } } },
    ],
    [
      'a copy into itself',
      { a: { b: 1 } },
      [{ op: 'copy', from: '/a', path: '/a/c' }],
      { a: { b: 1, c: { b: 1 } } },
    ],
    ['a copy of the root', { a: 1 }, [{ op: 'copy', from: '', path: '/b' }], { a: 1, b: { a: 1 } }],
    ['a copy to the root', { a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '' }], { b: 1 }],
    ['a copy of an item', [1, 2], [{ op: 'copy', from: '/1', path: '/0' }], [2, 1, 2]],
    ['a copy of null', { a: null }, [{ op: 'copy', from: '/a', path: '/b' }], { a: null, b: null }],
  ])('%s', (_, before, patch, after) => {
    expect(applyPatch(before, patch as JsonPatchOperation[])).toEqual(after);
  });

  test.each<[string, Value, unknown, string]>([
    ['no path', {}, { op: 'add', value: 1 }, 'the template cannot be patched: an operation has no path'],
    [
      'a path that is no text',
      {},
      { op: 'remove', path: 1 },
      'the template cannot be patched: an operation has no path',
    ],
    ['no from', {}, { op: 'copy', path: '/a' }, '/a cannot be patched: the operation has no value'],
    [
      'a from that is no text',
      {},
      { op: 'move', path: '/a', from: 1 },
      'the template cannot be patched: an operation has no from',
    ],
    ['no value', {}, { op: 'add', path: '/a' }, '/a cannot be patched: the operation has no value'],
    [
      'a value that is undefined',
      {},
      { op: 'add', path: '/a', value: undefined },
      '/a cannot be patched: the operation has no value',
    ],
    [
      'a test without a value',
      {},
      { op: 'test', path: '/a', value: undefined },
      '/a cannot be patched: the operation has no value',
    ],
    [
      'an operation of no standard',
      {},
      { op: 'merge', path: '/a', from: '/b', value: 1 },
      '/a cannot be patched: merge is not supported',
    ],
    ['a path without a slash', {}, { op: 'add', path: 'a', value: 1 }, 'a is not a JSON pointer'],
    [
      'a test of a missing key',
      { a: 1 },
      { op: 'test', path: '/b', value: 1 },
      '/b cannot be patched: the template says something else there',
    ],
    [
      'a test of an inherited key',
      {},
      { op: 'test', path: '/constructor', value: 1 },
      '/constructor cannot be patched: the template says something else there',
    ],
    [
      'the removal of all',
      {},
      { op: 'remove', path: '' },
      'the template cannot be patched: the whole template cannot be removed',
    ],
    [
      'a way through a text',
      { a: 'b' },
      { op: 'add', path: '/a/0/c/d', value: 1 },
      '/a cannot be patched: it is neither a map nor a list',
    ],
    [
      'a way through null',
      { a: null },
      { op: 'add', path: '/a/b', value: 1 },
      '/a cannot be patched: it is neither a map nor a list',
    ],
    [
      'a way through a missing key',
      { a: {} },
      { op: 'add', path: '/a/b/c/d', value: 1 },
      '/a/b cannot be patched: there is nothing there',
    ],
    [
      'a missing key',
      { a: {} },
      { op: 'replace', path: '/a/b', value: 1 },
      '/a/b cannot be patched: there is nothing there',
    ],
    [
      'an inherited key',
      {},
      { op: 'remove', path: '/toString' },
      '/toString cannot be patched: there is nothing there',
    ],
    [
      'a position behind the end',
      [1],
      { op: 'add', path: '/2', value: 1 },
      '/2 cannot be patched: the list has no such position',
    ],
    [
      'a replaced position at the end',
      { a: [1] },
      { op: 'replace', path: '/a/1', value: 1 },
      '/a/1 cannot be patched: the list has no such position',
    ],
    [
      'a removed "-"',
      [1],
      { op: 'remove', path: '/-' },
      '/- cannot be patched: the list has no such position',
    ],
    [
      'a way through "-"',
      [[1]],
      { op: 'add', path: '/-/0/0', value: 1 },
      '/- cannot be patched: the list has no such position',
    ],
    [
      'a way through the end',
      [[1]],
      { op: 'add', path: '/1/0', value: 1 },
      '/1 cannot be patched: the list has no such position',
    ],
    [
      'a position with a zero in front',
      [1, 2],
      { op: 'remove', path: '/01' },
      '/01 cannot be patched: the list has no such position',
    ],
    [
      'a position with a sign',
      [1, 2],
      { op: 'remove', path: '/+1' },
      '/+1 cannot be patched: the list has no such position',
    ],
    [
      'a copy of nothing',
      { a: 1 },
      { op: 'copy', from: '/b', path: '/c' },
      '/b cannot be patched: there is nothing there',
    ],
    [
      'a copy of what a list has no position for',
      { a: [1] },
      { op: 'copy', from: '/a/length', path: '/c' },
      '/a/length cannot be patched: there is nothing there',
    ],
    [
      'a copy of a part of a text',
      { a: 'b' },
      { op: 'copy', from: '/a/0', path: '/c' },
      '/a/0 cannot be patched: there is nothing there',
    ],
    [
      'a move of all into itself',
      { a: 1 },
      { op: 'move', from: '', path: '/b' },
      'the template cannot be patched: it cannot be moved into itself',
    ],
  ])('%s is refused', (_, before, operation, message) => {
    const text = JSON.stringify(before);
    expect(() => applyPatch(before, [operation as JsonPatchOperation])).toThrow(
      expect.objectContaining({ code: 'edit-refused', message }),
    );
    expect(JSON.stringify(before)).toBe(text);
  });

  test('shares what it leaves alone, and copies a part once for several patches that follow each other', () => {
    const before = { a: { b: 1 }, c: { d: 2 } };
    const own = new WeakSet<object>();
    const once = applyPatch(before, [{ op: 'add', path: '/a/x', value: 1 }], own) as typeof before;
    expect(once.c).toBe(before.c);
    const twice = applyPatch(once, [{ op: 'add', path: '/a/y', value: 2 }], own);
    expect(twice).toBe(once);
    expect(applyPatch(once, [{ op: 'add', path: '/z', value: 3 }])).not.toBe(once);
    expect(before).toEqual({ a: { b: 1 }, c: { d: 2 } });
  });
});

describe('the operations that undo others', () => {
  test.each<[string, Value, readonly Operation[], readonly Operation[]]>([
    ['a test', { a: 1 }, [{ op: 'test', path: '/a', value: 1 }], []],
    ['a key added', {}, [{ op: 'add', path: '/a', value: 1 }], [{ op: 'remove', path: '/a' }]],
    [
      'a key added over another',
      { a: 1 },
      [{ op: 'add', path: '/a', value: 2 }],
      [{ op: 'replace', path: '/a', value: 1 }],
    ],
    ['a key "-"', { a: [] }, [{ op: 'add', path: '/-', value: 2 }], [{ op: 'remove', path: '/-' }]],
    [
      'an item before "-"',
      { a: [[1]] },
      [{ op: 'add', path: '/a/0/0', value: 2 }],
      [{ op: 'remove', path: '/a/0/0' }],
    ],
    [
      'an item in front of another',
      { a: [1] },
      [{ op: 'add', path: '/a/0', value: 2 }],
      [{ op: 'remove', path: '/a/0' }],
    ],
    [
      'an item at the end',
      { a: [{ b: [1, 2] }] },
      [{ op: 'add', path: '/a/0/b/-', value: 3 }],
      [{ op: 'remove', path: '/a/0/b/2' }],
    ],
    [
      'the root',
      { a: 1 },
      [{ op: 'add', path: '', value: 2 }],
      [{ op: 'replace', path: '', value: { a: 1 } }],
    ],
    [
      'a replacement',
      { a: [1] },
      [{ op: 'replace', path: '/a/0', value: 2 }],
      [{ op: 'replace', path: '/a/0', value: 1 }],
    ],
    [
      'a removal',
      { a: { b: 1 } },
      [{ op: 'remove', path: '/a' }],
      [{ op: 'add', path: '/a', value: { b: 1 } }],
    ],
    [
      'several, the last one first',
      { a: 1, b: [1] },
      [
        { op: 'remove', path: '/a' },
        { op: 'test', path: '/b/0', value: 1 },
        { op: 'add', path: '/b/-', value: 2 },
        { op: 'replace', path: '/b/1', value: 3 },
      ],
      [
        { op: 'replace', path: '/b/1', value: 2 },
        { op: 'remove', path: '/b/1' },
        { op: 'add', path: '/a', value: 1 },
      ],
    ],
  ])('%s', (_, before, operations, inverse) => {
    const found = invert(before, operations);
    expect(found).toEqual(inverse);
    expect(applyPatch(applyPatch(before, operations), found)).toEqual(before);
  });
});
