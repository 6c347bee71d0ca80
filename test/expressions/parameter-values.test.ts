import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { candidateValues, isValid, written } from '../../src/expressions/parameter-values.js';
import { textPatternsOf } from '../../src/expressions/patterns.js';
import { conditionValues, resolve } from '../../src/expressions/resolve.js';
import type { Parameter, Stack } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';

function parameter(declaration: string): Parameter {
  const { root } = treeOf({
    't.yaml': `Parameters: {P: {${declaration}}}\nResources: {A: {Type: AWS::SNS::Topic}}`,
  });
  return root.template.parameters.get('P') as Parameter;
}

describe('a value of a parameter', () => {
  it.each<[string, readonly Value[], readonly Value[]]>([
    ['Type: String', ['', 'x', 5, true], []],
    ['Type: String, AllowedValues: [a, 2, true]', ['a', '2', 2, 'true'], ['b', '', 'A']],
    ['Type: Number', [5, '5', '1.5', -1], ['', ' ', 'x', 'Infinity']],
    ['Type: Number, MinValue: 2, MaxValue: 4', [2, '3', 4], [1, '5']],
    ['Type: Number, MinValue: 2', [2, 400], [1]],
    ['Type: Number, MaxValue: 4', [-2, 4], [5]],
    ['Type: String, MinLength: 2, MaxLength: 3', ['ab', 'abc'], ['', 'a', 'abcd']],
    ['Type: String, MinLength: 2', ['ab', 'abcdef'], ['a']],
    ['Type: String, MaxLength: 3', ['', 'abc'], ['abcd']],
    ['Type: String, AllowedPattern: "[a-z]+"', ['ab'], ['', 'a,b', 'xA', 'Ax']],
    ['Type: CommaDelimitedList, AllowedPattern: "[a-z]+"', ['ab', 'a,b'], ['a,B', 'A,b', 'a,']],
    ['Type: String, AllowedPattern: "([unclosed"', [], ['', 'x']],
    ['Type: String, AllowedPattern: "(?=x)x"', [], ['x']],
    ['Type: Number, AllowedValues: [1, 9], MaxValue: 5', [1], [9, 2]],
  ])('of %s', (declaration, valid, invalid) => {
    const of = parameter(declaration);
    expect(valid.filter((value) => !isValid(of, value))).toEqual([]);
    expect(invalid.filter((value) => isValid(of, value))).toEqual([]);
  });

  it.each<[string, Value, readonly Value[]]>([
    ['Type: String', 'x', ['x']],
    ['Type: String', { Ref: 'A' }, []],
    ['Type: CommaDelimitedList', ['a', 1], ['a,1']],
    ['Type: Number', 'x', []],
    // That one, those that are allowed from the smallest up, and the one that would have to be allowed.
    ['Type: Number, AllowedValues: [30, 7, 365]', 30, [30, 7, 365]],
    ['Type: Number, AllowedValues: [30, 7, 365]', 8, [7, 30, 365, 8]],
    ['Type: Number, AllowedValues: [30, 7, 365], MaxValue: 40', 50, [7, 30]],
    ['Type: Number, AllowedValues: ["10", 9]', '10', ['10', 9]],
    ['Type: String, AllowedValues: [b, a]', 'c', ['b', 'a', 'c']],
    ['Type: String, AllowedValues: [b, a], MaxLength: 1', 'ccc', ['b', 'a']],
    // The limits of a number are tried.
    ['Type: Number, MinValue: 2, MaxValue: 4', 3, [3, 2, 4]],
    ['Type: Number, MinValue: 2, MaxValue: 4', 5, [2, 4]],
    ['Type: Number, MinValue: 2', 2, [2]],
    ['Type: Number, MaxValue: 4', 3, [3, 4]],
  ])('worth trying for %s where %j is wanted', (declaration, wanted, expected) => {
    expect(candidateValues(parameter(declaration), wanted)).toEqual(expected);
  });

  it.each<[string, Value, Value, Value]>([
    ['Type: Number', 30, 7, 30],
    ['Type: Number', '30', 7, 30],
    ['Type: Number', 30, '7', '30'],
    ['Type: Number', 30, null, 30],
    ['Type: String', 30, null, '30'],
    ['Type: String', 30, 7, 30],
    ['Type: String', '007', 7, '007'],
    ['Type: String', '', 7, ''],
    ['Type: String', ' ', 7, ' '],
    ['Type: String', true, false, true],
    ['Type: String', 'false', true, false],
    ['Type: String', 'x', true, 'x'],
    ['Type: String', true, 'false', 'true'],
  ])('of %s is written as the template writes it: %j in the place of %j', (declaration, value, now, as) => {
    expect(written(parameter(declaration), value, now)).toEqual({ value: as, extendAllowedValues: false });
  });

  it('extends the allowed values only where it is not one of them', () => {
    const listed = parameter('Type: String, AllowedValues: [a]');
    expect(written(listed, 'a', 'x').extendAllowedValues).toBe(false);
    expect(written(listed, 'b', 'x').extendAllowedValues).toBe(true);
  });
});

describe('what a nested stack is passed', () => {
  const child = (parameters: string, conditions = ''): string =>
    `Parameters: {${parameters}}\nConditions: {${conditions}}\nResources: {A: {Type: AWS::SNS::Topic}}`;
  const nested = (passed: string, condition = '') =>
    `{Type: AWS::CloudFormation::Stack, ${condition}Properties: {TemplateURL: c.yaml, Parameters: {${passed}}}}`;
  const childOf = (stacks: string, template: string, parameters = ''): Stack =>
    treeOf({
      't.yaml': `Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}, Open: {Type: String}${parameters}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources: {Key: {Type: AWS::KMS::Key}, ${stacks}}`,
      'c.yaml': template,
    }).stacks.find(({ template: { path } }) => path === 'c.yaml') as Stack;
  const outcomes = (stack: Stack, expression: Value = { Ref: 'P' }) =>
    resolve(expression, stack).map(({ outcome }) =>
      'value' in outcome ? outcome.value : 'because' in outcome ? outcome.because : outcome.kind,
    );
  const both = [true, false];

  it('has the type it was declared with', () => {
    const stack = (type: string, passed: string) =>
      childOf(`C: ${nested(`P: ${passed}`)}`, child(`P: {Type: ${type}}`));
    expect(outcomes(stack('Number', "'5'"))).toEqual([5]);
    expect(outcomes(stack('Number', "''"))).toEqual(['']);
    expect(outcomes(stack('Number', "' '"))).toEqual([' ']);
    expect(outcomes(stack('String', "'5'"))).toEqual(['5']);
    expect(outcomes(stack('CommaDelimitedList', "'a,b'"))).toEqual([['a', 'b']]);
    expect(outcomes(stack('List<String>', "'a,b'"))).toEqual([['a', 'b']]);
    expect(outcomes(stack('List<Number>', '[1, 2]'))).toEqual([[1, 2]]);
    expect(outcomes(stack("'AWS::EC2::KeyPair::KeyName'", "'a,b'"))).toEqual(['a,b']);
  });

  it('is its default where nothing is passed on', () => {
    const stack = childOf(
      `C: ${nested('P: !If [IsProd, x, !Ref AWS::NoValue]')}`,
      child('P: {Type: String, Default: own}'),
    );
    expect(outcomes(stack)).toEqual(['x', 'own']);
    expect(outcomes(childOf(`C: ${nested('')}`, child('P: {Type: String, Default: own}')))).toEqual(['own']);
  });

  it('says the same in a condition', () => {
    const values = (passed: string, type: string, condition: string) =>
      conditionValues(
        'Probe',
        childOf(`C: ${nested(passed)}`, child(`P: {Type: ${type}}`, `Probe: ${condition}`)),
      );
    expect(values('P: !Ref Stage', 'String', '!Equals [!Ref P, test]')).toEqual([false]);
    expect(values('P: !Ref Stage', 'String', '!Equals [!Ref P, prod]')).toEqual(both);
    expect(
      values('P: !Sub "a,${Stage}"', 'CommaDelimitedList', '!Equals [!Select [1, !Ref P], test]'),
    ).toEqual([false]);
    expect(
      values('P: !Sub "a,${Stage}"', 'CommaDelimitedList', '!Equals [!Select [1, !Ref P], prod]'),
    ).toEqual(both);
    expect(values('', 'String', '!Equals [!Ref P, prod]')).toEqual(both);
    expect(values('', 'String', "!Equals [!Ref P, '']")).toEqual(both);
  });

  describe('by several', () => {
    const twice = (first: string, second: string, conditions = '', parameters = 'P: {Type: String}') =>
      childOf(`C: ${nested(first)}, D: ${nested(second)}`, child(parameters, conditions));

    it('is each different value once', () => {
      expect(outcomes(twice('P: a', 'P: b'))).toEqual(['a', 'b']);
      expect(outcomes(twice('P: a', 'P: a'))).toEqual(['a']);
      expect(outcomes(twice('P: !Ref Key', 'P: !Ref Key'))).toEqual(['resource']);
      expect(outcomes(twice('P: !Ref Key', 'P: !GetAtt Key.Arn'))).toEqual(['resource', 'resource']);
      expect(outcomes(twice('P: !Ref Key', 'P: a'))).toEqual(['resource', 'a']);
      expect(outcomes(twice('P: a', 'P: !Ref Open'))).toHaveLength(2);
      expect(outcomes(twice('P: !Ref Open', 'P: !Ref Open'))).toHaveLength(1);
    });

    it('is two unknown values where they are not the same one', () => {
      const imports = twice('P: !ImportValue x', 'P: !ImportValue y');
      expect(outcomes(imports)).toHaveLength(2);
      expect(textPatternsOf({ Ref: 'P' }, imports)).toHaveLength(2);
      expect(outcomes(twice('P: !ImportValue x', 'P: !ImportValue x'))).toHaveLength(1);
    });

    it.each<[string, string, string, readonly boolean[]]>([
      ['P: a', 'P: a', '!Equals [!Ref P, a]', [true]],
      ['P: a', 'P: b', '!Equals [!Ref P, a]', both],
      ['P: a', 'P: b', '!Equals [!Ref P, !Ref P]', [true]],
      ['P: a, Q: a', 'P: b, Q: b', '!Equals [!Ref P, !Ref Q]', both],
      // What one passes for both is not what the other passes.
      [
        'P: !ImportValue x, Q: !ImportValue x',
        'P: !ImportValue y, Q: !ImportValue x',
        '!Equals [!Ref P, !Ref Q]',
        both,
      ],
      [
        'P: !ImportValue x, Q: !ImportValue x',
        'P: !ImportValue x, Q: !ImportValue x',
        '!Equals [!Ref P, !Ref Q]',
        [true],
      ],
    ])('is compared for all of them: %s and %s by %s', (first, second, condition, expected) => {
      const parameters = 'P: {Type: String}, Q: {Type: String, Default: q}';
      expect(conditionValues('Probe', twice(first, second, `Probe: ${condition}`, parameters))).toEqual(
        expected,
      );
    });
  });

  it('is read under the condition of the stack that passes it', () => {
    const stack = childOf(
      `C: ${nested('P: !If [IsProd, x, y]', 'Condition: IsProd, ')}, D: ${nested('P: z')}`,
      child('P: {Type: String}'),
    );
    expect(outcomes(stack)).toEqual(['x', 'z']);
  });
});
