import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import type { Outcome } from '../../src/expressions/resolve.js';
import {
  failingPaths,
  insertionPoints,
  isAccepted,
  isNoValue,
  isPartlyRight,
} from '../../src/plan/insertion-points.js';
import { treeOf } from '../template/trees.js';

const { root: stack } = treeOf({
  't.yaml': `Parameters:
  P: {Type: String}
Conditions:
  Open: !Equals [!Ref P, x]
  Never: !Equals [a, b]
  Always: !Equals [a, a]
Resources:
  T: {Type: AWS::SNS::Topic}
`,
});
const noValue = { Ref: 'AWS::NoValue' };
const either = (condition: string, yes: Value, no: Value): Value => ({ 'Fn::If': [condition, yes, no] });

describe('where a value can go', () => {
  const points = (raw: Value | undefined, rest: readonly string[]) =>
    insertionPoints(raw, ['R'], rest, stack);

  it('is the end of the path, with what is there', () => {
    expect(points({ A: { B: 1 } }, ['A', 'B'])).toEqual([{ path: ['R', 'A', 'B'], rest: [], expression: 1 }]);
    expect(points({ A: [{ B: 1 }, { B: 2 }] }, ['A', '1', 'B'])).toEqual([
      { path: ['R', 'A', '1', 'B'], rest: [], expression: 2 },
    ]);
    expect(points({ A: { Ref: 'P' } }, ['A'])).toEqual([
      { path: ['R', 'A'], rest: [], expression: { Ref: 'P' } },
    ]);
  });

  it('is as far as the path goes where something is missing', () => {
    expect(points({}, ['A', 'B'])).toEqual([{ path: ['R', 'A'], rest: ['B'], expression: undefined }]);
    expect(points({ A: null }, ['A', 'B'])).toEqual([
      { path: ['R', 'A'], rest: ['B'], expression: undefined },
    ]);
    expect(points({ A: noValue }, ['A', 'B'])).toEqual([
      { path: ['R', 'A'], rest: ['B'], expression: noValue },
    ]);
    expect(points({ A: null }, ['A'])).toEqual([{ path: ['R', 'A'], rest: [], expression: undefined }]);
    expect(points({}, ['constructor'])).toEqual([
      { path: ['R', 'constructor'], rest: [], expression: undefined },
    ]);
    expect(points(undefined, ['A'])).toEqual([{ path: ['R'], rest: ['A'], expression: undefined }]);
  });

  it('is in every branch that can be reached', () => {
    const raw = (condition: string) => ({ A: either(condition, { B: 1 }, noValue) });
    const yes = { path: ['R', 'A', 'Fn::If', '1', 'B'], rest: [], expression: 1 };
    const no = { path: ['R', 'A', 'Fn::If', '2'], rest: ['B'], expression: noValue };
    expect(points(raw('Open'), ['A', 'B'])).toEqual([yes, no]);
    expect(points(raw('Always'), ['A', 'B'])).toEqual([yes]);
    expect(points(raw('Never'), ['A', 'B'])).toEqual([no]);
  });

  it('is nowhere below a text or what another function makes', () => {
    expect(points({ A: 'x' }, ['A', 'B'])).toEqual({ refused: '/R/A is not a map' });
    const refused = '/R/A is {"Ref":"P"}, which cannot be looked into';
    expect(points({ A: { Ref: 'P' } }, ['A', 'B'])).toEqual({ refused });
    const nested = { refused: '/R/A/Fn::If/2 is {"Ref":"P"}, which cannot be looked into' };
    expect(points({ A: either('Open', { B: 1 }, { Ref: 'P' }) }, ['A', 'B'])).toEqual(nested);
    expect(points({ A: either('Always', { B: 1 }, { Ref: 'P' }) }, ['A', 'B'])).toHaveLength(1);
  });
});

it('no value is the pseudo parameter alone', () => {
  expect([noValue, { Ref: 'P' }, null, undefined].map(isNoValue)).toEqual([true, false, false, false]);
});

describe('whether an outcome will do', () => {
  it('is for the remediation to say, else it is the wanted value', () => {
    const [seven, absent]: readonly Outcome[] = [{ kind: 'value', value: 7 }, { kind: 'absent' }];
    if (seven === undefined || absent === undefined) throw new Error('unreachable');
    expect(isAccepted({ value: 7 }, seven)).toBe(true);
    expect(isAccepted({ value: 8 }, seven)).toBe(false);
    expect(isAccepted({ value: 7 }, absent)).toBe(false);
    const isSatisfiedBy = ({ kind }: Outcome) => kind === 'absent';
    expect(isAccepted({ value: 7, isSatisfiedBy }, seven)).toBe(false);
    expect(isAccepted({ value: 7, isSatisfiedBy }, absent)).toBe(true);
  });

  it('counts for a branch that these values do not reach', () => {
    const isRight = (expression: Value, value: Value = 7) => isPartlyRight(expression, { value }, stack);
    expect(isRight(7)).toBe(true);
    expect(isRight(8)).toBe(false);
    expect(isRight(either('Open', 8, 7))).toBe(true);
    expect(isRight(either('Never', 7, 8))).toBe(true);
    expect(isRight(either('Never', either('Never', 7, 8), 8))).toBe(true);
    expect(isRight(either('Never', 8, 8))).toBe(false);
    // The condition is none.
    expect(isRight(either('Never', 8, 8), 'Never')).toBe(false);
    expect(isRight({ Ref: 'P' })).toBe(false);
  });
});

describe('where something else comes out', () => {
  const failing = (expression: Value, value: Value = 7) => failingPaths(expression, { value }, stack);

  it('is nowhere where the wanted value is written', () => {
    expect(failing(7)).toEqual([]);
    // Whatever it comes to.
    expect(failing({ Ref: 'P' }, { Ref: 'P' })).toEqual([]);
  });

  it('is the branches that are wrong, each once', () => {
    expect(failing(8)).toEqual([[]]);
    expect(failing(either('Open', 8, 7))).toEqual([['Fn::If', '1']]);
    expect(failing(either('Open', 7, either('Open', 9, 8)))).toEqual([['Fn::If', '2', 'Fn::If', '2']]);
    expect(failing(either('Open', 9, 8))).toEqual([
      ['Fn::If', '1'],
      ['Fn::If', '2'],
    ]);
    expect(failing({ Ref: 'P' })).toEqual([[]]);
  });
});
