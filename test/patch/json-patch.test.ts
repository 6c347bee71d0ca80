import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { applyPatch, type JsonPatchOperation } from '../../src/patch/json-patch.js';

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
