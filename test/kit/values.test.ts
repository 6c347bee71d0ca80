import { describe, expect, test } from 'vitest';
import {
  alwaysSays,
  isClusterMember,
  isGiven,
  isNothing,
  isOfFunction,
  itemsAt,
  largestAt,
  largestOfAll,
  oncePerRun,
  outcomesAt,
  refersTo,
  resourceAt,
  rulesAbout,
  says,
  smallestAt,
  smallestOfAll,
  textAt,
  usd,
  variantWithout,
  wholeNumber,
} from '../../remediations/kit/values.js';
import type { Facts, Outcome } from '../../src/remediation.js';
import { resourceWith, viewOf } from './facts.js';

const chosen = (one: string, other: string) => `!If [IsOne, ${one}, ${other}]`;
const noValue = '!Ref "AWS::NoValue"';

describe('what a property says over its branches', () => {
  test.each([
    ['{}', { given: false, says: false, always: false, text: undefined }],
    ['{Name: x}', { given: true, says: true, always: true, text: 'x' }],
    ['{Name: y}', { given: true, says: false, always: false, text: 'y' }],
    ['{Name: !Ref Given}', { given: true, says: false, always: false, text: undefined }],
    [`{Name: ${chosen('x', noValue)}}`, { given: true, says: true, always: false, text: undefined }],
    [`{Name: ${chosen('x', 'y')}}`, { given: true, says: true, always: false, text: undefined }],
    [`{Name: ${noValue}}`, { given: false, says: false, always: false, text: undefined }],
  ])('%s', async (properties, expected) => {
    const { it } = await resourceWith(properties);
    const place = [it, 'Name'] as const;
    expect({
      given: isGiven(...place),
      says: says('x', ...place),
      always: alwaysSays('x', ...place),
      text: textAt(...place),
    }).toEqual(expected);
  });

  test('numbers and booleans are texts', async () => {
    const { it } = await resourceWith('{Number: 7, Yes: true}');
    expect([textAt(it, 'Number'), says('true', it, 'Yes')]).toEqual(['7', true]);
  });
});

test.each([
  [{ kind: 'absent' }, true],
  [{ kind: 'unknown' }, false],
  [{ kind: 'resource' }, false],
  [{ kind: 'value', value: '' }, true],
  [{ kind: 'value', value: null }, true],
  [{ kind: 'value', value: {} }, true],
  [{ kind: 'value', value: { a: 'b' } }, false],
  [{ kind: 'value', value: 'x' }, false],
  [{ kind: 'value', value: 0 }, false],
  [{ kind: 'value', value: false }, false],
])('%j is nothing: %s', (outcome, expected) => {
  expect(isNothing(outcome as Outcome)).toBe(expected);
});

describe('numbers', () => {
  test.each([
    [0, 0],
    ['30', 30],
    [-1, undefined],
    [1.5, undefined],
    [2 ** 53, undefined],
    ['many', undefined],
    ['', undefined],
    [['3'], undefined],
  ])('%j is %s', (value, expected) => {
    expect(wholeNumber({ kind: 'value', value })).toBe(expected);
  });

  // Kind: the largest of several where the smallest counts.
  test.each([
    ['{}', [undefined, undefined], [3, 3]],
    ['{N: 5}', [5, 5], [5, 5]],
    [`{N: ${chosen('5', "'40'")}}`, [5, 40], [5, 40]],
    [`{N: ${chosen('40', '5')}}`, [5, 40], [5, 40]],
    [`{N: ${chosen('5', noValue)}}`, [5, 5], [3, 5]],
    [`{N: ${chosen('5', '!Ref Given')}}`, [5, 5], [undefined, undefined]],
    ['{N: !Ref Given}', [undefined, undefined], [undefined, undefined]],
  ])('the smallest and the largest of %s', async (properties, known, ofAll) => {
    const { it } = await resourceWith(properties);
    expect([smallestAt(it, 'N'), largestAt(it, 'N')]).toEqual(known);
    expect([smallestOfAll(it, ['N'], 3), largestOfAll(it, ['N'], 3)]).toEqual(ofAll);
    expect(smallestOfAll(it, ['None'], undefined)).toBeUndefined();
  });

  test('a price has digits, and is 0 where the policy has none', () => {
    const facts = { settings: { prices: { a: 0.5 } } } as unknown as Facts;
    expect([usd('a', facts), usd('a', facts, 3), usd('b', facts)]).toEqual(['0.50', '0.500', '0.00']);
  });
});

test('items of a list that is written out', async () => {
  const { it } = await resourceWith(`{List: [a, b], Chosen: ${chosen('[a]', '[b]')}, Text: a}`);
  expect(itemsAt(it, 'List')).toEqual([
    ['List', '0'],
    ['List', '1'],
  ]);
  expect([itemsAt(it, 'Chosen'), itemsAt(it, 'Text'), itemsAt(it, 'None')]).toEqual([[], [], []]);
});

describe('a resource that is named', () => {
  const others = `  A: {Type: AWS::SQS::Queue}\n  B: {Type: AWS::SQS::Queue}\n`;
  test.each([
    ['!Ref A', { some: true, the: 'A' }],
    ['!GetAtt A.Arn', { some: true, the: 'A' }],
    [chosen('!Ref A', '!GetAtt A.Arn'), { some: true, the: 'A' }],
    [chosen('!Ref A', '!Ref B'), { some: true, the: undefined }],
    [chosen('!Ref B', '!Ref A'), { some: true, the: undefined }],
    [chosen('!Ref A', noValue), { some: true, the: undefined }],
    [chosen(noValue, '!Ref A'), { some: true, the: undefined }],
    [chosen('!Ref A', '!Ref Given'), { some: true, the: undefined }],
    ['!Ref B', { some: false, the: 'B' }],
    ['!Ref Given', { some: false, the: undefined }],
    ['A', { some: false, the: undefined }],
    [noValue, { some: false, the: undefined }],
  ])('%s', async (expression, expected) => {
    const { facts, it } = await resourceWith(`{Name: ${expression}}`, 'AWS::SNS::Topic', others);
    expect({
      some: refersTo(viewOf(facts, 'A'), it, 'Name'),
      the: resourceAt(facts, it, 'Name')?.logicalId,
    }).toEqual(expected);
    expect(outcomesAt(it, 'Name').length).toBeGreaterThan(0);
  });

  test('of another template is another one', async () => {
    const { facts, it } = await resourceWith('{Name: !Ref A}', 'AWS::SNS::Topic', others);
    const other = (await resourceWith('{}', 'AWS::SNS::Topic', others)).facts;
    expect(refersTo(viewOf(other, 'A'), it, 'Name')).toBe(false);
    expect(refersTo(viewOf(facts, 'A'), it, 'Name')).toBe(true);
  });

  test('a mapping is of a function where every branch is', async () => {
    const of = async (name: string) => {
      const { facts, it } = await resourceWith(`{FunctionName: ${name}}`, 'AWS::Lambda::Alias', others);
      return isOfFunction(it, viewOf(facts, 'A'));
    };
    expect(await of('!Ref A')).toBe(true);
    expect(await of('!GetAtt A.Arn')).toBe(true);
    expect(await of(chosen('!Ref A', '!Ref B'))).toBe(false);
    expect(await of('a-name')).toBe(false);
  });
});

test.each([
  ['{Engine: postgres}', false],
  ['{Engine: aurora-mysql}', true],
  ['{Engine: Aurora-PostgreSQL}', true],
  ['{Engine: not-aurora}', false],
  ['{}', false],
  ['{Engine: mysql, DBClusterIdentifier: x}', true],
  ['{DBClusterIdentifier: !Ref Given}', true],
  [`{Engine: mysql, DBClusterIdentifier: ${chosen('x', noValue)}}`, true],
  [`{Engine: mysql, DBClusterIdentifier: ${noValue}}`, false],
  [`{Engine: ${chosen('aurora-mysql', 'mysql')}}`, true],
])('an instance with %s is of a cluster, or may be: %s', async (properties, expected) => {
  const { it } = await resourceWith(properties, 'AWS::RDS::DBInstance');
  expect(isClusterMember(it)).toBe(expected);
});

test('something is worked out once per run, also where it comes to nothing', () => {
  const asked: unknown[] = [];
  const once = oncePerRun((facts) => {
    asked.push(facts);
    return undefined;
  });
  const [first, second] = [{} as Facts, {} as Facts];
  expect([once(first), once(first), once(second)]).toEqual([undefined, undefined, undefined]);
  expect(asked).toEqual([first, second]);
  expect(oncePerRun(() => 7)(first)).toBe(7);
});

test('rules with the same scope', () => {
  expect(rulesAbout({ types: ['T'] }, 'A', 'B')).toEqual({ A: { types: ['T'] }, B: { types: ['T'] } });
});

describe('what a variant of a type lacks', () => {
  test.each([
    ['AWS::Logs::LogGroup', 'LogGroupClass', 'DELIVERY', 'retention', 'STANDARD'],
    ['AWS::RDS::DBInstance', 'Engine', 'SQLServer-ex', 'standby', 'sqlserver-se'],
    ['AWS::RDS::DBCluster', 'EngineMode', 'serverless', 'second-instance', 'provisioned'],
    ['AWS::StepFunctions::StateMachine', 'StateMachineType', 'EXPRESS', 'aborted-executions', 'STANDARD'],
    ['AWS::Serverless::StateMachine', 'Type', 'express', 'aborted-executions', 'STANDARD'],
  ] as const)('%s', async (type, property, value, capability, other) => {
    const lacks = async (said: string) => {
      const { it } = await resourceWith(`{${property}: ${said}}`, type);
      return variantWithout(it, capability)?.isCertain;
    };
    expect(await lacks(value)).toBe(true);
    expect(await lacks(chosen(value, other))).toBe(false);
    expect(await lacks(chosen(value, noValue))).toBe(false);
    expect(await lacks(other)).toBeUndefined();
    expect(await lacks('!Ref Given')).toBeUndefined();
  });

  test('is a question of the type and of what is lacking', async () => {
    const { it } = await resourceWith('{LogGroupClass: DELIVERY}', 'AWS::Logs::LogGroup');
    expect(variantWithout(it, 'standby')).toBeUndefined();
    expect(variantWithout(it, 'retention')?.because).toMatch(/DELIVERY/);
    const { it: topic } = await resourceWith('{LogGroupClass: DELIVERY}', 'AWS::SNS::Topic');
    expect(variantWithout(topic, 'retention')).toBeUndefined();
  });
});
