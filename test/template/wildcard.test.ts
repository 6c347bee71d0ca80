import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesWildcard } from '../../src/template/mentions.js';

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

  it('does not try every way to divide a text', () => {
    expect(matchesWildcard(`${'*a'.repeat(200)}!`, 'a'.repeat(2_000))).toBe(false);
    expect(matchesWildcard(`${'*a'.repeat(200)}`, 'a'.repeat(2_000))).toBe(true);
  });

  it('agrees with the same pattern as a regular expression', () => {
    const symbols = (list: string) =>
      fc.array(fc.constantFrom(...list), { maxLength: 7 }).map((each) => each.join(''));
    fc.assert(
      fc.property(symbols('ab*?'), symbols('ab'), (pattern, text) => {
        const same = new RegExp(`^${pattern.replace(/[*]+/g, '.*').replaceAll('?', '.')}$`);
        expect(matchesWildcard(pattern, text)).toBe(same.test(text));
      }),
      { numRuns: 2_000 },
    );
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
