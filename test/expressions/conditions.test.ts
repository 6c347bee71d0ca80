import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { conditionsOf, renewBudgets, spentBecause } from '../../src/expressions/conditions.js';
import { isSatisfiable } from '../../src/expressions/formula.js';
import { conditionValues, resolve } from '../../src/expressions/resolve.js';
import { joinFamily } from '../../src/expressions/scope.js';
import type { Stack } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';

const declarations = {
  Parameters: {
    Stage: { Type: 'String', Default: 'dev', AllowedValues: ['dev', 'prod'] },
    Position: { Type: 'Number', Default: 1, AllowedValues: [0, 1] },
    Open: { Type: 'String' },
    Other: { Type: 'String' },
    Empty: { Type: 'String', Default: '' },
    Filled: { Type: 'String', Default: 'logs' },
    Items: { Type: 'CommaDelimitedList' },
    Secret: { Type: 'String', NoEcho: true, Default: 's' },
    Only: { Type: 'String', AllowedValues: ['x'] },
    Twin: { Type: 'String', Default: 'dev', AllowedValues: ['dev', 'prod'] },
    Listed: { Type: 'CommaDelimitedList', Default: 'a,b' },
    Optional: { Type: 'String', Default: 'eu', AllowedValues: ['', 'eu'] },
    Mode: { Type: 'String', Default: 'a', AllowedValues: ['none', 'a'] },
  },
  Mappings: {
    Sizes: { dev: { mb: 128, least: 64, days: [1] }, prod: { mb: 512, least: 512, days: [1, 2] } },
    Regions: { 'us-east-1': { name: 'east' }, 'eu-west-1': { name: 'west' } },
  },
  Conditions: {
    IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
    IsDev: { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] },
    IsOpen: { 'Fn::Equals': [{ Ref: 'Open' }, 'yes'] },
    Always: { 'Fn::Equals': ['a', 'a'] },
    Never: { 'Fn::Equals': ['a', 'b'] },
  },
  Resources: { Key: { Type: 'AWS::KMS::Key' }, Logs: { Type: 'AWS::Logs::LogGroup', Condition: 'IsProd' } },
};

function stackWith(conditions: Readonly<Record<string, Value>>): Stack {
  const template = { ...declarations, Conditions: { ...declarations.Conditions, ...conditions } };
  return treeOf({ 't.json': JSON.stringify(template) }).root;
}

function valuesOf(definition: Value): readonly boolean[] {
  return conditionValues('Probe', stackWith({ Probe: definition }));
}

const both = [true, false];
const open = { Ref: 'Open' };
const other = { Ref: 'Other' };
const arn = { 'Fn::GetAtt': ['Key', 'Arn'] };
const sub = (text: string): Value => ({ 'Fn::Sub': text });
const joined = (delimiter: string, ...items: Value[]): Value => ({ 'Fn::Join': [delimiter, items] });
const imported = { 'Fn::ImportValue': 'x' };
const unnamed = (condition: Value): Value => ({ 'Fn::If': [condition, 'a', 'b'] });
const ifProd = (yes: Value, no: Value): Value => ({ 'Fn::If': ['IsProd', yes, no] });
const inSizes = (column: string): Value => ({ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, column] });

describe('Fn::Equals', () => {
  it.each<[Value, Value, readonly boolean[]]>([
    // Texts, as CloudFormation compares everything.
    ['a', 'a', [true]],
    ['a', 'b', [false]],
    [1, '1', [true]],
    [true, 'true', [true]],
    // The same thing, whatever it is.
    [open, open, [true]],
    [arn, arn, [true]],
    [{ Ref: 'Key' }, { Ref: 'Key' }, [true]],
    [{ Ref: 'Key' }, arn, both],
    [{ Ref: 'AWS::Region' }, { Ref: 'AWS::Region' }, [true]],
    [{ 'Fn::ImportValue': 'x' }, { 'Fn::ImportValue': 'x' }, [true]],
    [{ 'Fn::ImportValue': 'x' }, { 'Fn::ImportValue': 'y' }, both],
    [sub('${Open}/${Other}'), sub('${Open}/${Other}'), [true]],
    [sub('${Open}/${Other}'), sub('${Other}/${Open}'), both],
    [open, other, both],
    [sub('${Open}/${Key.Arn}'), sub('${Open}/${Key}'), both],
    // Of an open parameter.
    [open, 'x', both],
    [open, '', both],
    ['x', open, both],
    [{ Ref: 'Secret' }, 's', both],
    [{ Ref: 'Only' }, 'x', [true]],
    [{ Ref: 'Only' }, 'y', [false]],
    [{ Ref: 'Stage' }, 'test', [false]],
    [{ Ref: 'Stage' }, 'prod', both],
    [{ Ref: 'Filled' }, 'x', both],
    [{ Ref: 'Filled' }, '', [false]],
    [{ Ref: 'Empty' }, '', both],
    [{ Ref: 'Empty' }, 'x', both],
    // Never empty: names that a service gives, texts with something in them.
    [arn, '', [false]],
    ['', { Ref: 'AWS::Region' }, [false]],
    [sub('x${Open}'), '', [false]],
    [sub('${Open}${Other}'), '', both],
    [sub('${Open}${Key}'), '', [false]],
    [arn, 'arn:aws:kms:eu-west-1:111122223333:key/a', both],
    // Around one parameter.
    [sub('x-${Open}'), 'x-a', both],
    [sub('x-${Open}'), 'x-', both],
    [sub('x-${Open}'), 'y-a', [false]],
    [sub('x-${Open}'), 'x', [false]],
    [sub('${Open}-y'), 'a-y', both],
    [sub('${Open}-y'), 'a-x', [false]],
    [sub('x-${Open}-y'), 'x-y', [false]],
    [sub('x-${Open}-y'), 'x--y', both],
    [sub('x-${Open}-y'), 'x-a-x', [false]],
    [sub('x-${Stage}-y'), 'x-prod-y', both],
    [sub('x-${Stage}-y'), 'x-test-y', [false]],
    [joined('-', 'a', sub('b${Stage}c'), 'd'), 'a-bprodc-d', both],
    [joined('-', 'a', sub('b${Stage}c'), 'd'), 'a-btestc-d', [false]],
    [joined('-', 'a', sub('b${Stage}c'), 'd'), 'bprodc-d', [false]],
    // With several holes, by what stands at the ends.
    [sub('p-${Open}-${Other}-s'), 'p-a-b-s', both],
    [sub('p-${Open}-${Other}-s'), 'q-a-b-s', [false]],
    [sub('p-${Open}-${Other}-s'), 'p-a-b-t', [false]],
    [sub('${Open}-${Other}-s'), 'q-a-b-s', both],
    [sub('p-${Open}-${Other}'), 'p-a-b-t', both],
    [sub('p-${Key.Arn}'), 'q', [false]],
    [sub('p-${Key.Arn}'), 'p-q', both],
    [sub('${Key.Arn}-p'), 'q', [false]],
    // One parameter on both sides.
    [sub('${Stage}-x'), joined('-', { Ref: 'Stage' }, 'x'), [true]],
    [sub('${Stage}-x'), joined('-', { Ref: 'Stage' }, 'y'), [false]],
    [inSizes('mb'), inSizes('least'), both],
    [inSizes('mb'), inSizes('days'), [false]],
    // By what a parameter chooses.
    [inSizes('mb'), '512', both],
    [inSizes('mb'), '513', [false]],
    [{ 'Fn::FindInMap': ['Regions', { Ref: 'AWS::Region' }, 'name'] }, 'east', both],
    [{ 'Fn::FindInMap': ['Sizes', 'prod', open] }, '512', both],
    [{ 'Fn::Select': [{ Ref: 'Position' }, ['a', 'b']] }, 'b', both],
    [{ 'Fn::Select': [{ Ref: 'Position' }, ['a', 'b']] }, 'c', [false]],
    [{ 'Fn::Select': [{ Ref: 'Position' }, ['b', 'b']] }, 'b', [true]],
    [{ 'Fn::Select': [0, { Ref: 'Items' }] }, 'a', both],
    [{ 'Fn::Select': [1, ['a', open]] }, 'x', both],
    [{ 'Fn::Select': [0, ['a', open]] }, 'x', [false]],
    [{ 'Fn::Select': [0, { 'Fn::Split': ['-', sub('${Stage}-x')] }] }, 'prod', both],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['-', sub('${Stage}-x')] }] }, 'x', [true]],
    [{ 'Fn::Length': inSizes('days') }, 2, both],
    [{ 'Fn::Length': inSizes('days') }, 3, [false]],
    [{ 'Fn::Length': { Ref: 'Items' } }, 2, both],
    [{ 'Fn::Join': [',', { Ref: 'Items' }] }, 'a,b', both],
    [{ 'Fn::Join': ['', { Ref: 'Items' }] }, '', both],
    [{ 'Fn::Base64': { Ref: 'Stage' } }, 'cHJvZA==', both],
    [{ 'Fn::Base64': { Ref: 'Stage' } }, 'prod', [false]],
    [{ 'Fn::ToJsonString': { a: 1 } }, '{"a":1}', [true]],
    // Two parameters with few values each are tried against each other.
    [sub('${Stage}${Position}'), 'prod1', both],
    [sub('${Stage}${Position}'), 'prod2', [false]],
    [sub('${Stage}${Position}'), 'test1', [false]],
    // Another parameter with the same values is another one.
    [{ Ref: 'Stage' }, { Ref: 'Twin' }, both],
    // A parameter with a value is not going to be emptied, unless an empty one is allowed.
    [{ Ref: 'Optional' }, '', both],
    [{ Ref: 'Mode' }, 'none', [false]],
    [{ 'Fn::Join': ['', { Ref: 'Listed' }] }, '', [false]],
    [{ 'Fn::Join': [',', { Ref: 'Listed' }] }, 'a,b', both],
    [{ 'Fn::Select': [0, { Ref: 'Listed' }] }, '', both],
    // One of the values of a mapping, whichever.
    [{ 'Fn::FindInMap': ['Regions', { Ref: 'Key' }, 'name'] }, 'east', both],
    [{ 'Fn::FindInMap': ['Regions', { Ref: 'Key' }, 'name'] }, 'north', [false]],
    [['a', arn], ['a', arn], [true]],
    // What nobody knows is not the same because it is unknown for the same reason.
    [unnamed(1), unnamed(2), both],
    [{ 'Fn::Sub': ['${A}-x', { A: unnamed(1) }] }, { 'Fn::Sub': ['${A}-x', { A: unnamed(2) }] }, both],
    [['a', unnamed(1)], ['a', unnamed(2)], both],
    // What is taken from something unknown is not that, nor another part of it.
    [{ 'Fn::Select': [0, imported] }, { 'Fn::Select': [0, imported] }, [true]],
    [{ 'Fn::Select': [0, imported] }, { 'Fn::Select': [1, imported] }, both],
    [{ 'Fn::Select': [0, imported] }, imported, both],
    [{ 'Fn::Split': ['-', imported] }, { 'Fn::Split': [',', imported] }, both],
    [{ 'Fn::Select': [0, { 'Fn::Split': ['-', imported] }] }, imported, both],
    [
      { 'Fn::Select': [0, { 'Fn::Split': ['-', imported] }] },
      { 'Fn::Select': [1, { 'Fn::Split': ['-', imported] }] },
      both,
    ],
    [{ 'Fn::Base64': imported }, imported, both],
    [{ 'Fn::Length': imported }, imported, both],
    [{ 'Fn::Join': ['-', imported] }, { 'Fn::Join': ['', imported] }, both],
    [{ 'Fn::Base64': arn }, arn, both],
    [
      { 'Fn::Select': [0, { 'Fn::Split': [':', arn] }] },
      { 'Fn::Select': [1, { 'Fn::Split': [':', arn] }] },
      both,
    ],
    [
      { 'Fn::Select': [0, { 'Fn::Split': [':', arn] }] },
      { 'Fn::Select': [0, { 'Fn::Split': [':', arn] }] },
      [true],
    ],
    [{ 'Fn::FindInMap': ['Sizes', imported, 'mb'] }, { 'Fn::FindInMap': ['Sizes', imported, 'mb'] }, [true]],
    [{ 'Fn::FindInMap': ['Sizes', imported, 'mb'] }, { 'Fn::FindInMap': ['Sizes', imported, 'least'] }, both],
    // More ways than are told apart.
    [
      joined('', ...Array.from({ length: 8 }, (_, index) => ({ 'Fn::If': [`C${index}`, 'a', 'b'] }))),
      'x',
      both,
    ],
    // By the conditions in them.
    [{ 'Fn::If': ['Always', 'a', 'b'] }, 'b', [false]],
    [{ 'Fn::If': ['Never', 'a', 'b'] }, 'b', [true]],
    [ifProd('a', 'b'), 'b', both],
    [ifProd('a', 'b'), 'c', [false]],
    [ifProd('a', 'a'), 'a', [true]],
    [ifProd('a', 'b'), ifProd('a', 'b'), [true]],
    [ifProd('a', 'b'), ifProd('b', 'a'), [false]],
    [ifProd({ Ref: 'Stage' }, 'prod'), 'prod', [true]],
    // What may not be there is joined with all between it, or not at all.
    [joined('-', ifProd('a', { Ref: 'AWS::NoValue' }), 'b'), 'b', both],
    [joined('-', ifProd('a', { Ref: 'AWS::NoValue' }), 'b'), 'a-b', both],
    [joined('-', ifProd('a', { Ref: 'AWS::NoValue' }), 'b'), '-b', [false]],
    [joined('-', 'p', { 'Fn::ImportValue': 'x' }), 'p', both],
    // Beside one that is tried, others stay open.
    [joined('/', sub('${Open}-${Other}'), { Ref: 'Stage' }), 'a-b/prod', both],
    [joined('/', sub('${Open}-${Other}'), { Ref: 'Stage' }), 'a-b/test', [false]],
    [joined('/', 'x', sub('${Open}-${Other}'), { Ref: 'Stage' }), 'y/a-b/prod', [false]],
    [joined('/', { Ref: 'Stage' }, sub('${Open}-${Key}')), 'prod/a-b', both],
    [joined('/', { Ref: 'Stage' }, sub('${Open}-${Key}')), 'test/a-b', [false]],
    [sub('${Open}${Other}'), sub('${Open}${Other}'), [true]],
    [joined('', open, 'a', other), joined('', open, 'b', other), both],
    [joined('', { 'Fn::ImportValue': 'x' }, { 'Fn::ImportValue': 'y' }), '', both],
    [joined('-', { 'Fn::ImportValue': 'x' }, { 'Fn::ImportValue': 'y' }), '', both],
    [joined('-', { 'Fn::ImportValue': 'x' }, 'y'), 'y', both],
    [joined('-', joined('.', 'p', { 'Fn::ImportValue': 'x' }), arn), 'q', both],
    [{ 'Fn::GetAtt': ['Key', 'Arn'] }, { 'Fn::GetAtt': ['Key', 'KeyId'] }, both],
    [{ Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }, both],
    // A list among the items is joined like items.
    [joined('-', 'p', { Ref: 'Items' }), 'p-a-b', both],
    [joined('-', 'p', { Ref: 'Items' }), 'q', both],
  ])('%j and %j', (left, right, expected) => {
    expect(valuesOf({ 'Fn::Equals': [left, right] })).toEqual(expected);
    expect(valuesOf({ 'Fn::Equals': [right, left] })).toEqual(expected);
  });

  it.each<[string, Value]>([
    ['one side', { 'Fn::Equals': ['a'] }],
    ['three sides', { 'Fn::Equals': ['a', 'a', 'a'] }],
    ['no list', { 'Fn::Equals': 'a' }],
    ['another function', { 'Fn::Contains': ['a', 'b'] }],
    ['a text', 'IsProd'],
    ['an empty map', {}],
    ['an empty negation', { 'Fn::Not': [] }],
    ['a negation of a text', { 'Fn::Not': 'Always' }],
    ['two functions at once', { 'Fn::Contains': ['a'], 'Fn::Equals': ['a', 'a'] }],
    ['nothing', null],
    ['a condition that is no text', { Condition: ['Always'] }],
  ])('of %s can be anything', (_, definition) => {
    expect(valuesOf(definition)).toEqual(both);
  });
});

describe('what conditions are made of', () => {
  const condition = (name: Value): Value => ({ Condition: name });
  const not = (inner: Value): Value => ({ 'Fn::Not': [inner] });
  const all = (...parts: Value[]): Value => ({ 'Fn::And': parts });
  const any = (...parts: Value[]): Value => ({ 'Fn::Or': parts });

  it.each<[Value, readonly boolean[]]>([
    [condition('Always'), [true]],
    [condition('Never'), [false]],
    [not(condition('Never')), [true]],
    [not(not(condition('IsProd'))), both],
    [not(not(condition('Always'))), [true]],
    [all(condition('IsProd'), condition('IsDev')), [false]],
    [any(condition('IsProd'), condition('IsDev')), [true]],
    [any(condition('IsProd'), condition('IsOpen')), both],
    [all(condition('IsProd'), condition('IsOpen')), both],
    [all(condition('IsProd'), not(condition('IsProd'))), [false]],
    [any(condition('IsProd'), not(condition('IsProd'))), [true]],
    [all(condition('Always'), condition('IsProd'), condition('Never')), [false]],
    [any(condition('Always'), condition('IsProd'), condition('Never')), [true]],
    [all(condition('Always'), condition('Always')), [true]],
    [any(condition('Never'), condition('Never')), [false]],
    [all({ 'Fn::Equals': [sub('${Stage}${Position}'), 'prod1'] }, condition('IsDev')), [false]],
    [all({ 'Fn::Equals': [{ 'Fn::Join': [',', open] }, 'x'] }, not({ 'Fn::Equals': [open, 'x'] })), both],
    // One statement, from whichever side it is made.
    [all({ 'Fn::Equals': [arn, open] }, not({ 'Fn::Equals': [open, arn] })), [false]],
    // A name that nobody defines is one statement, whichever it is.
    [condition('Undefined'), both],
    [all(condition('Undefined'), not(condition('Undefined'))), [false]],
    [condition(['IsProd']), both],
    // The same expressions in other places are statements of their own.
    [all({ 'Fn::Unheard': 1 }, not({ 'Fn::Unheard': 1 })), both],
  ])('%j', (definition, expected) => {
    expect(valuesOf(definition)).toEqual(expected);
  });

  it('can go in a circle', () => {
    const stack = stackWith({
      A: all(condition('B'), condition('IsProd')),
      B: any(condition('A'), condition('Never')),
      Self: { 'Fn::Equals': [{ 'Fn::If': ['Self', 'a', 'b'] }, 'a'] },
    });
    expect(conditionValues('A', stack)).toEqual(both);
    expect(conditionValues('B', stack)).toEqual(both);
    expect(conditionValues('Self', stack)).toEqual(both);
  });

  it.each<[string, (before: string) => Value]>([
    ['negations', (before) => not(condition(before))],
    ['conjunctions', (before) => all(condition(before), condition('Always'))],
    ['choices', (before) => ({ 'Fn::Equals': [{ 'Fn::If': [before, 'a', 'b'] }, 'a'] })],
  ])('can be a long chain of %s, each of the one before', (_, link) => {
    const chain = Array.from({ length: 2_000 }, (_, index) => [
      `C${index}`,
      index === 0 ? { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] } : link(`C${index - 1}`),
    ]);
    expect(conditionValues('C1999', stackWith(Object.fromEntries(chain)))).toEqual(both);
  });
});

describe('existence', () => {
  const canExist = (stack: Stack, logicalId: string | null, exists: boolean) => {
    const formula = conditionsOf(stack).existence(stack, logicalId);
    return isSatisfiable([{ key: 'existence', formula, value: exists }]);
  };

  it('is that of the condition of a resource', () => {
    const stack = stackWith({});
    expect(canExist(stack, 'Key', false)).toBe(false);
    expect(canExist(stack, 'Logs', true)).toBe(true);
    expect(canExist(stack, 'Logs', false)).toBe(true);
    expect(canExist(stack, 'Nobody', false)).toBe(false);
    expect(canExist(stack, null, false)).toBe(false);
  });

  it('is that of the nested stack too, of any of those that make it', () => {
    const nested = (condition: string) =>
      `{Type: AWS::CloudFormation::Stack, ${condition}Properties: {TemplateURL: c.yaml}}`;
    const childOf = (stacks: string): Stack =>
      treeOf({
        't.yaml': `Parameters: {Stage: {Type: String, AllowedValues: [a, b]}}
Conditions: {IsA: !Equals [!Ref Stage, a], IsB: !Equals [!Ref Stage, b], IsC: !Equals [!Ref Stage, c]}
Resources: {${stacks}}`,
        'c.yaml': 'Resources: {A: {Type: AWS::SNS::Topic}}',
      }).stacks.find(({ template }) => template.path === 'c.yaml') as Stack;
    expect(canExist(childOf(`S: ${nested('')}`), 'A', false)).toBe(false);
    expect(canExist(childOf(`S: ${nested('Condition: IsA, ')}`), 'A', false)).toBe(true);
    expect(canExist(childOf(`S: ${nested('Condition: IsC, ')}`), 'A', true)).toBe(false);
    const twice = childOf(`S: ${nested('Condition: IsA, ')}, T: ${nested('Condition: IsB, ')}`);
    expect(canExist(twice, 'A', false)).toBe(false);
  });
});

describe('a budget that is spent', () => {
  it('makes everything possible until a plan begins anew', () => {
    const stack = stackWith({});
    const made = stackWith({});
    expect(spentBecause(stack)).toBeUndefined();
    joinFamily(stack, made);
    conditionsOf(made).budget.steps = 0;
    expect(conditionsOf(stack).budget).toBe(conditionsOf(made).budget);
    expect(spentBecause(stack)).toMatch(/depend on each other/);
    expect(conditionValues('Always', stack)).toEqual(both);
    const because = 'the conditions of the template depend on each other in too many ways';
    expect(resolve({ Ref: 'Filled' }, stack)[0]?.outcome).toEqual({ kind: 'unknown', because });
    renewBudgets(stack);
    expect(spentBecause(stack)).toBeUndefined();
    expect(spentBecause(made)).toBeUndefined();
    expect(conditionValues('Never', stack)).toEqual([false]);
  });

  it('is not that of what is only tried', () => {
    const stack = stackWith({});
    conditionsOf(stack, {}).budget.steps = 0;
    expect(spentBecause(stack)).toBeUndefined();
    renewBudgets(stack);
    expect(conditionsOf(stack, {}).budget.steps).toBeGreaterThan(0);
  });
});
