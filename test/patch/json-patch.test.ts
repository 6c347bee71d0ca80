import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/patch/json-patch.js';
import type { Operation } from '../../src/plan/document.js';
import type { Value } from '../../src/template/value.js';

interface SuiteCase {
  readonly comment?: string;
  readonly doc: Value;
  readonly patch: readonly Operation[];
  readonly expected?: Value;
  readonly error?: string;
  readonly disabled?: boolean;
}

const suite = ['tests.json', 'spec_tests.json']
  .map((name) => `../shared/data/json-patch-tests/${name}`)
  .filter(existsSync)
  .flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as SuiteCase[])
  // A plan has no `move` and no `copy`.
  .filter(({ patch, disabled }) => !disabled && patch.every(({ op }) => !['move', 'copy'].includes(op)));

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

describe('a patch', () => {
  test('never changes what it is applied to', () => {
    const before = Object.freeze({ a: Object.freeze([1]) });
    expect(applyPatch(before, [{ op: 'add', path: '/a/-', value: 2 }])).toEqual({ a: [1, 2] });
    expect(before).toEqual({ a: [1] });
  });

  test.each(['/__proto__/x', '/a/__proto__'])('cannot reach a prototype through %s', (path) => {
    expect(() => applyPatch({ a: {} }, [{ op: 'add', path, value: 1 }])).toThrow('__proto__');
    expect('x' in {}).toBe(false);
  });
});
