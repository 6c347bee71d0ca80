import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allot,
  type Claim,
  type Member,
  reservedBy,
} from '../../remediations/lambda-reserved-concurrency/budget.js';

const once = (reserved = 0): Member => ({ reserved, copies: 1 });
const claim = (member: number, minimum: number, maximum = minimum): Claim => ({ member, minimum, maximum });

describe('allot', () => {
  it('serves in the order given and skips what does not fit', () => {
    const [first, second, third] = [claim(0, 50), claim(1, 60), claim(2, 20)];
    const { granted } = allot([first, second, third], [once(), once(), once()], [[0, 1, 2]], 100, false);
    expect([...granted]).toEqual([
      [first, 50],
      [third, 20],
    ]);
  });

  it('says what would be enough for all', () => {
    const { wanted } = allot(
      [claim(0, 50), claim(1, 60)],
      [once(), once(), once(7)],
      [[0, 2], [1]],
      10,
      false,
    );
    expect(wanted).toBe(60);
  });

  it('gives every combination the whole budget', () => {
    const [first, second] = [claim(0, 80), claim(1, 80)];
    const members = [once(), once()];
    expect(allot([first, second], members, [[0], [1]], 100, false).granted.size).toBe(2);
    expect(allot([first, second], members, [[0, 1]], 100, false).granted.size).toBe(1);
  });

  it('counts a function as often as it exists', () => {
    const only = claim(0, 30);
    const allotted = (copies: number) => allot([only], [{ reserved: 0, copies }], [[0]], 100, false);
    expect(allotted(3).granted.get(only)).toBe(30);
    expect(allotted(4)).toMatchObject({ granted: new Map(), wanted: 120 });
  });

  it('does not charge twice for what a function keeps in some deployments', () => {
    const only = claim(0, 20);
    expect(allot([only], [once(100)], [[0]], 100, false).granted.get(only)).toBe(20);
  });

  it('raises evenly, each up to its maximum', () => {
    const [low, high] = [claim(0, 5, 10), claim(1, 5, 100)];
    const { granted } = allot([low, high], [once(), once()], [[0, 1]], 50, true);
    expect([granted.get(low), granted.get(high)]).toEqual([10, 40]);
  });

  it('never lets a combination exceed what there is', () => {
    const member = fc.record({ reserved: fc.nat(40), copies: fc.integer({ min: 1, max: 3 }) });
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 1, maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 60 }), fc.nat(60)), { maxLength: 8 }),
        fc.array(fc.uniqueArray(fc.nat(7), { maxLength: 8 }), { minLength: 1, maxLength: 6 }),
        fc.nat(400),
        fc.boolean(),
        (members, asked, allSets, available, raises) => {
          const sets = allSets.map((set) => set.filter((index) => index < members.length));
          const claims = [...new Map(asked.map((each) => [each[0], each])).values()]
            .filter(([index]) => index < members.length)
            .map(([index, minimum, more]) => claim(index, minimum, minimum + more));
          const before = reservedBy(sets, members);
          const { granted } = allot(claims, members, sets, available, raises);
          const after = reservedBy(
            sets,
            members.map((each, index) => {
              const own = claims.find((candidate) => candidate.member === index);
              const executions = own === undefined ? 0 : (granted.get(own) ?? 0);
              return { ...each, reserved: Math.max(each.reserved, executions) };
            }),
          );
          for (const [index, sum] of after.entries()) {
            expect(sum).toBeLessThanOrEqual(Math.max(available, before[index] ?? 0));
          }
          for (const [{ minimum, maximum }, executions] of granted) {
            expect(executions).toBeGreaterThanOrEqual(minimum);
            expect(executions).toBeLessThanOrEqual(maximum);
          }
        },
      ),
    );
  });
});
