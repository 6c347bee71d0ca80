import { describe, expect, test } from 'vitest';
import {
  intrinsicName,
  isIntrinsic,
  longName,
  shortTag,
  unpackArgument,
} from '../../src/document/intrinsics.js';
import { valueIn } from './reading.js';

describe('spellings', () => {
  const functions = [
    ...[
      'And',
      'Base64',
      'Cidr',
      'Equals',
      'FindInMap',
      'GetAtt',
      'GetAZs',
      'If',
      'ImportValue',
      'Join',
      'Length',
      'Not',
    ],
    ...['Or', 'Select', 'Split', 'Sub', 'ToJsonString', 'Transform'],
  ];

  test.each([
    { tag: '!Ref', name: 'Ref' },
    { tag: '!Condition', name: 'Condition' },
    ...functions.map((name) => ({ tag: `!${name}`, name: `Fn::${name}` })),
  ])('$tag is $name, and back', ({ tag, name }) => {
    expect(longName(tag)).toBe(name);
    expect(shortTag(name)).toBe(tag);
  });

  test('what has no short form, and tags that are no function', () => {
    expect(shortTag('Fn::ForEach::Topics')).toBeUndefined();
    expect(shortTag('Fn::Rain::S3')).toBeUndefined();
    for (const tag of ['!', '!!str', '!<tag:yaml.org,2002:str>']) expect(longName(tag)).toBeUndefined();
  });

  test('a function is the only key of its map', () => {
    expect(intrinsicName({ Ref: 'Key' })).toBe('Ref');
    expect(intrinsicName({ 'Fn::ForEach::Topics': [] })).toBe('Fn::ForEach::Topics');
    for (const value of [{ Ref: 'Key', Other: 1 }, {}, ['Ref'], 'Ref', null, undefined, { Condition: 'C' }]) {
      expect(isIntrinsic(value)).toBe(false);
    }
  });

  test('attributes are cut at the first dot', () => {
    expect(unpackArgument('Fn::GetAtt', 'Nested.Outputs.Key')).toEqual(['Nested', 'Outputs.Key']);
    expect(unpackArgument('Fn::GetAtt', 'NoDot')).toBe('NoDot');
    expect(unpackArgument('Fn::Sub', 'A.B')).toBe('A.B');
  });
});

describe('short forms become long forms', () => {
  test.each([
    ['!Ref AWS::NoValue', { Ref: 'AWS::NoValue' }],
    ['!Ref 123', { Ref: '123' }],
    ['!GetAtt Key.Arn', { 'Fn::GetAtt': ['Key', 'Arn'] }],
    ['!GetAtt "Key.Arn"', { 'Fn::GetAtt': ['Key', 'Arn'] }],
    ['!GetAtt [Key, Arn]', { 'Fn::GetAtt': ['Key', 'Arn'] }],
    ['{Fn::GetAtt: Key.Arn}', { 'Fn::GetAtt': ['Key', 'Arn'] }],
    ['{Fn::GetAtt: Key.Arn, Other: 1}', { 'Fn::GetAtt': 'Key.Arn', Other: 1 }],
    ['!Sub "${A}-x"', { 'Fn::Sub': '${A}-x' }],
    ['!Sub ["${A}", {A: !Ref B}]', { 'Fn::Sub': ['${A}', { A: { Ref: 'B' } }] }],
    ['!Condition IsProduction', { Condition: 'IsProduction' }],
    ['!Not [!Condition IsProduction]', { 'Fn::Not': [{ Condition: 'IsProduction' }] }],
    ['!Not [Condition: IsProduction]', { 'Fn::Not': [{ Condition: 'IsProduction' }] }],
    ['!If [C, yes, !Ref "AWS::NoValue"]', { 'Fn::If': ['C', true, { Ref: 'AWS::NoValue' }] }],
    ['!GetAZs', { 'Fn::GetAZs': '' }],
    ['!GetAZs ""', { 'Fn::GetAZs': '' }],
    ['!Base64 |\n    #!/bin/sh\n    exit 0\n', { 'Fn::Base64': '#!/bin/sh\nexit 0\n' }],
    ['!Cidr [!GetAtt Vpc.CidrBlock, 6, 5]', { 'Fn::Cidr': [{ 'Fn::GetAtt': ['Vpc', 'CidrBlock'] }, 6, 5] }],
    ['!FindInMap [Map, !Ref "AWS::Region", "1"]', { 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, '1'] }],
    ['!Transform {Name: AWS::Include}', { 'Fn::Transform': { Name: 'AWS::Include' } }],
    ['\n  Fn::ForEach::T: [x, [a, b], {}]', { 'Fn::ForEach::T': ['x', ['a', 'b'], {}] }],
    ['!Rain::S3 key', { 'Fn::Rain::S3': 'key' }],
  ])('%s', (text, value) => {
    expect(valueIn(`Key: ${text}`)).toEqual({ Key: value });
  });

  test('JSON may pack an attribute into one string, too', () => {
    expect(valueIn('{"Key": {"Fn::GetAtt": "Key.Arn"}}')).toEqual({ Key: { 'Fn::GetAtt': ['Key', 'Arn'] } });
  });
});
