import { describe, expect, it } from 'vitest';
import { count, hang, listed, say, wrap } from '../../src/report/words.js';

describe('words', () => {
  it('breaks at blanks only', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('a-word-longer-than-the-line b', 10)).toEqual(['a-word-longer-than-the-line', 'b']);
    expect(hang('one two three four five six seven eight', 2, 4, 34)).toEqual([
      '  one two three four five six',
      '    seven eight',
    ]);
  });

  it('counts and lists', () => {
    expect([count(1, 'template'), count(2, 'template'), count(0, 'entry', 'entries')]).toEqual([
      '1 template',
      '2 templates',
      '0 entries',
    ]);
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });

  it.each([
    [null, 'none'],
    [365, '365'],
    [{ Ref: 'Days' }, '!Ref Days'],
    [{ 'Fn::GetAtt': ['Key', 'Arn'] }, '!GetAtt Key.Arn'],
    [{ 'Fn::Sub': '${A}-b' }, '!Sub ${A}-b'],
    [['a', { Ref: 'B' }], '[a, !Ref B]'],
    [{ RestrictionType: 'whitelist', Locations: ['DE'] }, '{RestrictionType: whitelist, Locations: [DE]}'],
    [{}, '{}'],
  ])('says %j as %s', (value, expected) => {
    expect(say(value)).toBe(expected);
  });

  it('cuts what is long', () => {
    expect(say('x'.repeat(100))).toBe(`${'x'.repeat(47)}…`);
  });
});
