import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesWildcard } from '../../src/template/wildcard.js';

describe('wildcards', () => {
  it.each([
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'ac\nc', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['s3:*', 's3:GetObject', true],
    ['(a|b)*', '(a|b)c', true],
    ['${X}*', '${X}y', true],
  ])('%s ~ %s', (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });

  it('takes any other text literally', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, rest) => {
        const literal = text.replace(/[*?]/g, '');
        expect(matchesWildcard(`${literal}*`, literal + rest)).toBe(true);
        expect(matchesWildcard(literal, literal)).toBe(true);
      }),
    );
  });
});
