import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { conditionsOf } from '../../src/expressions/conditions.js';
import {
  assuming,
  assumptionsOf,
  backTo,
  contextOf,
  given,
  havingRead,
  numberOf,
  scalarText,
  valueIn,
  waysOf,
} from '../../src/expressions/context.js';
import { treeOf } from '../template/trees.js';

const { root: stack } = treeOf({
  'template.yaml': `Parameters:
  Stage: {Type: String, AllowedValues: [dev, prod, test]}
  Mode: {Type: String, Default: a, AllowedValues: [a, b]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsLive: !Or [!Equals [!Ref Stage, prod], !Equals [!Ref Stage, test]]
  Agree: !Or [!And [!Equals [!Ref Stage, prod], !Equals [!Ref Mode, b]], !Not [!Equals [!Ref Stage, prod]]]
  Never: !Equals [a, b]
Resources:
  Topic: {Type: AWS::SNS::Topic}
`,
});
const conditions = conditionsOf(stack);
const usual = contextOf(conditions, 'usual');
const open = contextOf(conditions, 'open');
const [stageOf, modeOf] = ['Stage', 'Mode'].map((name) => conditions.variable(stack, name));

describe('what is certain', () => {
  test('a condition that holds is certain once, and one that never can is not', () => {
    const certain = given(usual, stack, 'IsProd');
    expect(certain.given.map(({ key }) => key)).toEqual(['template.yaml#IsProd']);
    expect(given(certain, stack, 'IsProd')).toBe(certain);
    expect(given(certain, stack, 'IsLive').given).toHaveLength(2);
    expect(given(usual, stack, 'Never')).toBe(usual);
    expect(given(usual, stack, undefined)).toBe(usual);
    expect(given(open, stack, 'IsProd')).toBe(open);
  });

  test('settles the ways of a condition and the value of a parameter', () => {
    const certain = given(usual, stack, 'IsProd');
    expect(waysOf(usual, stack, 'IsProd').map(({ value }) => value)).toEqual([true, false]);
    expect(waysOf(certain, stack, 'IsLive')).toEqual([{ value: true, context: certain }]);
    expect(waysOf(open, stack, 'Never')).toEqual([{ value: false, context: open }]);
    if (stageOf === undefined || modeOf === undefined) throw new Error('no variable');
    expect(valueIn(usual, stageOf)).toBeUndefined();
    expect(valueIn(certain, stageOf)).toBe('prod');
    // Two values are left.
    expect(valueIn(given(usual, stack, 'IsLive'), stageOf)).toBeUndefined();
    expect(valueIn(usual, modeOf)).toBe('a');
  });

  test('relates a parameter that was read to others', () => {
    if (stageOf === undefined || modeOf === undefined) throw new Error('no variable');
    expect(havingRead(usual, modeOf, 'a')).toBe(usual);
    const single = given(usual, stack, 'IsLive');
    expect(havingRead(single, stageOf, 'prod')).toBe(single);
    expect(havingRead(single, modeOf, 'a')).toBe(single);
    const related = given(usual, stack, 'Agree');
    const read = havingRead(related, modeOf, 'a');
    expect(read.given).toHaveLength(2);
    expect(havingRead(read, modeOf, 'a')).toBe(read);
    expect(waysOf(read, stack, 'IsProd').map(({ value }) => value)).toEqual([false]);
  });
});

describe('branches taken', () => {
  test('are remembered, and none contradicts another', () => {
    const [yes, no] = waysOf(usual, stack, 'IsProd').map(({ context }) => context);
    if (yes === undefined || no === undefined || stageOf === undefined) throw new Error('no way');
    expect(assumptionsOf(yes)).toEqual({ 'template.yaml#IsProd': true });
    expect(assumptionsOf(no)).toEqual({ 'template.yaml#IsProd': false });
    expect(waysOf(yes, stack, 'IsProd')).toEqual([{ value: true, context: yes }]);
    expect(backTo(usual, usual)).toBe(usual);
    expect(backTo(given(usual, stack, 'IsLive'), yes)).toMatchObject({ given: [{}], taken: [{}] });
    const [openYes] = waysOf(open, stack, 'IsProd').map(({ context }) => context);
    if (openYes === undefined) throw new Error('no way');
    expect(waysOf(openYes, stack, 'IsProd')).toEqual([{ value: true, context: openYes }]);
    const assumed = assuming(usual, stageOf, 'dev');
    expect(assumed?.taken).toHaveLength(1);
    expect(assumed && assuming(assumed, stageOf, 'dev')).toBe(assumed);
  });
});

describe('outcomes', () => {
  test.each<[Value, string | undefined, number | undefined]>([
    ['a', 'a', undefined],
    ['', '', undefined],
    [' ', ' ', undefined],
    ['12', '12', 12],
    [1.5, '1.5', 1.5],
    [true, 'true', undefined],
    [null, undefined, undefined],
    [[1], undefined, undefined],
    [{ a: 1 }, undefined, undefined],
    ['Infinity', 'Infinity', undefined],
  ])('%j as text and number', (value, text, number) => {
    expect([scalarText({ kind: 'value', value }), numberOf({ kind: 'value', value })]).toEqual([
      text,
      number,
    ]);
  });

  test('only values are', () => {
    expect([scalarText({ kind: 'absent' }), numberOf({ kind: 'unknown', because: 'x' })]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
