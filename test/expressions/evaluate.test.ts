import { describe, expect, test } from 'vitest';
import type { Path, Value } from '../../src/document/value.js';
import { conditionsOf } from '../../src/expressions/conditions.js';
import { assumptionsOf, contextOf, type Reading } from '../../src/expressions/context.js';
import { evaluateAt } from '../../src/expressions/evaluate.js';
import type { SymbolicValue } from '../../src/expressions/symbolic.js';
import { treeOf } from '../template/trees.js';
import { declarations } from './expressions.js';

const { root: stack } = treeOf({ 'template.yaml': JSON.stringify(declarations) });

function written(value: SymbolicValue): unknown {
  if (value.kind === 'value') return value.value;
  if (value.kind === 'resource') return `${value.logicalId}.${value.attribute}`;
  return value.kind === 'unknown' ? `? ${value.because}` : value.kind;
}

/** Each branch: the conditions taken, and what it comes to. */
function at(expression: Value, path: Path = [], reading: Reading = 'usual'): readonly unknown[] {
  return evaluateAt(expression, path, stack, contextOf(conditionsOf(stack), reading)).map(
    ({ value, context }) => {
      const taken = Object.entries(assumptionsOf(context)).map(
        ([key, holds]) => `${holds ? '' : '!'}${key.split('#')[1]}`,
      );
      return [taken.join(' '), written(value)];
    },
  );
}

const select = (position: Value, ...items: Value[]): Value => ({ 'Fn::Select': [position, items] });
const first = (yes: Value, no: Value): Value => ({ 'Fn::If': ['IsFirst', yes, no] });

describe('what an expression comes to at a path', () => {
  test.each<[string, Value, Path, readonly unknown[]]>([
    ['a key', { a: { b: 1 } }, ['a', 'b'], [['', 1]]],
    ['a key that is not there', { a: 1 }, ['b'], [['', 'absent']]],
    ['an inherited key', { a: 1 }, ['constructor'], [['', 'absent']]],
    ['an item', { a: [1, 2] }, ['a', '1'], [['', 2]]],
    ['a part of a text', { a: 'text' }, ['a', 'length'], [['', 'absent']]],
    [
      'below a choice',
      first({ a: 1 }, { a: 2 }),
      ['a'],
      [
        ['IsFirst', 1],
        ['!IsFirst', 2],
      ],
    ],
    ['an item of a mapping', { 'Fn::FindInMap': ['Table', 'dev', 'all'] }, ['1'], [['', 'b']]],
    ['an item that it has not', { 'Fn::FindInMap': ['Table', 'dev', 'all'] }, ['2'], [['', 'absent']]],
    ['a part of its text', { 'Fn::FindInMap': ['Table', 'dev', 'size'] }, ['length'], [['', 'absent']]],
    [
      'a part of a resource',
      { 'Fn::GetAtt': ['Key', 'Arn'] },
      ['0'],
      [['', '? Key.Arn is known at deployment only']],
    ],
  ])('%s', (_, expression, path, expected) => {
    expect(at(expression, path)).toEqual(expected);
  });
});

describe('a map or list', () => {
  test('has each part that is certain, and the others as they are written', () => {
    const open = { 'Fn::If': ['IsProd', 1, 2] };
    const key = { Ref: 'Key' };
    const none = { Ref: 'AWS::NoValue' };
    expect(
      at({ a: { Ref: 'Name' }, b: none, c: open, d: key, e: [none, open, { f: { Ref: 'Name' } }] }),
    ).toEqual([['', { a: 'logs', c: open, d: key, e: [open, { f: 'logs' }] }]]);
    expect(at([{ 'Fn::Sub': 'x-${Name}' }, { 'Fn::Sub': '${Key}' }])).toEqual([
      ['', ['x-logs', { 'Fn::Sub': '${Key}' }]],
    ]);
  });
});

describe('an item of a list that is written here', () => {
  test('is chosen in agreement with the branches taken in it', () => {
    expect(at(select({ Ref: 'Position' }, 'a', first('b', 'c')))).toEqual([
      ['IsFirst', 'a'],
      ['!IsFirst', 'c'],
    ]);
    expect(at(select(first(0, 1), 'a', first('b', 'c')))).toEqual([
      ['IsFirst', 'a'],
      ['!IsFirst', 'c'],
    ]);
    expect(at(select(1, 'a', first('b', 'c')))).toEqual([
      ['IsFirst', 'b'],
      ['!IsFirst', 'c'],
    ]);
  });
});

test('attributes that are computed are not known', () => {
  const because = '? Fn::GetAtt is worked out by CloudFormation';
  for (const parts of [
    ['Key', { Ref: 'Name' }],
    ['Key', 'A', { Ref: 'Name' }],
    [{ Ref: 'Name' }, 'Arn'],
  ])
    expect(at({ 'Fn::GetAtt': parts as Value })).toEqual([['', because]]);
});
