import { describe, expect, it } from 'vitest';
import type { Variable } from '../../src/expressions/formula.js';
import {
  absent,
  glued,
  type Hole,
  identityOf,
  isGiven,
  itemsIn,
  known,
  mayBeAbsent,
  reasonFor,
  type SymbolicValue,
  type TextValue,
  unknownValue,
  type VariableValue,
  variablesIn,
  withVariable,
} from '../../src/expressions/symbolic.js';
import { treeOf } from '../template/trees.js';

const stack = treeOf({ 't.yaml': 'Resources: {A: {Type: AWS::SNS::Topic}}' }).root;
const variable = (name: string, more: Partial<VariableValue> = {}): VariableValue => {
  const of: Variable = { id: `t.yaml#${name}`, allowed: undefined, default: undefined };
  const around = { before: '', after: '' };
  return { kind: 'variable', variable: of, id: of.id, of: known, texts: [], around, empty: 'same', ...more };
};
const hole = (value: SymbolicValue, placeholder = '${…}'): Hole => ({ value, placeholder });
const text = (...pieces: TextValue['pieces']): TextValue => ({ kind: 'text', pieces, isLoose: false });
const loose = (...pieces: TextValue['pieces']): TextValue => ({ kind: 'text', pieces, isLoose: true });
const list = (...items: readonly SymbolicValue[]): SymbolicValue => ({ kind: 'list', items });
const topic: SymbolicValue = { kind: 'resource', stack, logicalId: 'A', attribute: 'Ref' };
const region: SymbolicValue = { kind: 'pseudo', name: 'AWS::Region', stack };
const unknown = unknownValue('nobody knows', { stack, expression: { 'Fn::ImportValue': 'x' } });
const open = variable('P');

it.each<[SymbolicValue, string]>([
  [known('a'), '"a"'],
  [known(1), '"1"'],
  [absent, 'AWS::NoValue'],
  [topic, 't.yaml#A.Ref'],
  [region, 'AWS::Region'],
  [open, 't.yaml#P'],
  [text('a', hole(topic), 'b'), '"a"+t.yaml#A.Ref+"b"'],
  [list(known('a'), topic), '["a",t.yaml#A.Ref]'],
  [unknown, 't.yaml#{"Fn::ImportValue":"x"}'],
  [unknownValue('nobody knows'), 'nobody knows'],
])('what is the same is called the same: %#', (value, expected) => {
  expect(identityOf(value)).toBe(expected);
});

it.each<[SymbolicValue, boolean, boolean]>([
  // Whether it has a text that is not empty, and whether it may not be there at all.
  [known('a'), true, false],
  [known(''), false, false],
  [absent, false, false],
  [topic, true, false],
  [region, true, false],
  [open, false, false],
  [variable('P', { empty: 'never' }), true, false],
  [variable('P', { around: undefined }), false, true],
  [text(hole(open)), false, false],
  [text('a', hole(open)), true, false],
  [text(hole(open), hole(topic)), true, false],
  [loose('a', hole(open)), false, false],
  [loose('a', hole(topic)), true, false],
  [list(known('a')), false, false],
  [unknown, false, true],
])('what is given, and what may be absent: %#', (value, given, mayBe) => {
  expect(isGiven(value)).toBe(given);
  expect(mayBeAbsent(value)).toBe(mayBe);
});

it('has each variable once, wherever it is', () => {
  const other = variable('Q');
  const ids = (...values: readonly SymbolicValue[]) => variablesIn(values).map(({ id }) => id);
  expect(ids(open, list(other, known('a')), text('b', hole(open)), topic)).toEqual(['t.yaml#P', 't.yaml#Q']);
  expect(ids(text('a', hole(list(other))))).toEqual(['t.yaml#Q']);
  expect(ids(known('a'), unknown)).toEqual([]);
});

describe('a variable that has a value', () => {
  const given = (value: SymbolicValue) => withVariable(value, 't.yaml#P', 'x');
  const other = variable('Q');

  it('is it wherever it is', () => {
    expect(given(open)).toEqual(known('x'));
    expect(given(other)).toBe(other);
    expect(given(known('a'))).toEqual(known('a'));
    expect(given(list(open, other))).toEqual(list(known('x'), other));
    expect(given(text('a-', hole(open), '-b'))).toEqual(known('a-x-b'));
    expect(given(text('a-', hole(open), hole(other, '${Q}')))).toEqual(text('a-x', hole(other, '${Q}')));
    expect(given(loose('a-', hole(open), hole(other)))).toEqual(loose('a-x', hole(other)));
    expect(given(loose('a-', hole(open)))).toEqual(known('a-x'));
  });

  it('takes what stands between items with it where it is nothing', () => {
    const nothing = variable('P', { of: () => absent });
    expect(given(text('a', hole(nothing)))).toEqual(known('a'));
    expect(given(loose('a-', hole(nothing))).kind).toBe('unknown');
    expect(given(loose('a-', hole(nothing), hole(other))).kind).toBe('unknown');
  });
});

describe('pieces put together', () => {
  it.each<[readonly SymbolicValue[], string, SymbolicValue]>([
    [[], '-', known('')],
    [[known('a'), known(1)], '-', known('a-1')],
    [[known('a'), absent, known('b')], '', known('ab')],
    [[topic], '-', text(hole(topic))],
    [[known('a'), topic, known('b')], '-', text('a-', hole(topic), '-b')],
    [[known('a'), text('b', hole(topic), 'c'), known('d')], '', text('ab', hole(topic), 'cd')],
    [[known('a'), region], '', text('a', hole(region, '${AWS::Region}'))],
    [[known(['x'])], '', text(hole(known(['x'])))],
    [[{ ...unknown, text: '{{x}}' }], '', text(hole({ ...unknown, text: '{{x}}' }, '{{x}}'))],
    [[known('a'), unknown], '-', loose('a-', hole(unknown))],
    [[known('a'), unknown], '', text('a', hole(unknown))],
    [[known('a'), open], '-', text('a-', hole(open))],
    [[known('a'), loose('b', hole(topic))], '', loose('ab', hole(topic))],
  ])('%#', (values, delimiter, expected) => {
    expect(
      glued(
        values.map((value) => hole(value)),
        delimiter,
      ),
    ).toEqual(expected);
  });

  it('are unknown once they are longer than any property', () => {
    const half = known('x'.repeat(500_000));
    expect(glued([hole(half), hole(half)], '').kind).toBe('value');
    expect(glued([hole(half), hole(half), hole(known('x'))], '')).toEqual(
      unknownValue('the text is too long'),
    );
    expect(glued([hole(topic, 'y'.repeat(1_000_001))], '').kind).toBe('unknown');
  });
});

it.each<[SymbolicValue, string]>([
  [unknown, 'nobody knows'],
  [topic, 'A is named by the service'],
  [region, 'AWS::Region is known at deployment only'],
  [open, 't.yaml#P is known at deployment only'],
  [text('a', hole(topic)), 'A is named by the service'],
  [list(known('a'), absent, topic), 'A is named by the service'],
  [list(known('a')), 'a list or map is in a text'],
  [known({}), 'a list or map is in a text'],
])('why it is not known: %#', (value, expected) => {
  expect(reasonFor(value)).toBe(expected);
});

it('has the items of a list only', () => {
  expect(itemsIn(list(topic))).toEqual([topic]);
  expect(itemsIn(known(['a', 1]))).toEqual([known('a'), known(1)]);
  for (const other of [known('a'), absent, open, undefined]) expect(itemsIn(other)).toBeUndefined();
});
