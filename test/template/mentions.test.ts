import { describe, expect, it } from 'vitest';
import { mentionsIn, substitutedExpression, substitutionParts } from '../../src/template/mentions.js';

describe('the names a value mentions', () => {
  it('finds every spelling, with attribute and place', () => {
    const value = {
      a: { Ref: 'Queue' },
      b: [{ 'Fn::GetAtt': ['Table', 'Arn'] }, { 'Fn::GetAtt': ['Child', 'Outputs.Arn'] }],
      c: { 'Fn::Sub': 'x-${Queue}-${Table.StreamArn}-${!Literal}-${AWS::Region}' },
      d: { 'Fn::Sub': ['${given}/${Table}', { given: { Ref: 'Parameter' } }] },
      e: 'Ref',
    };
    expect(
      mentionsIn(value).map(({ name, attribute, path }) => `${path.join('/')} ${name}.${attribute}`),
    ).toEqual([
      'a/Ref Queue.Ref',
      'b/0/Fn::GetAtt Table.Arn',
      'b/1/Fn::GetAtt Child.Outputs.Arn',
      'c/Fn::Sub Queue.Ref',
      'c/Fn::Sub Table.StreamArn',
      'c/Fn::Sub AWS::Region.Ref',
      'd/Fn::Sub/1/given/Ref Parameter.Ref',
      'd/Fn::Sub Table.Ref',
    ]);
  });

  it('takes a substitution apart', () => {
    expect(substitutionParts('a${B.C}${!d}')).toEqual([{ text: 'a' }, { name: 'B.C' }, { text: '${d}' }]);
    expect(substitutedExpression('B.C.D')).toEqual({ 'Fn::GetAtt': ['B', 'C.D'] });
    expect(substitutedExpression('AWS::Region')).toEqual({ Ref: 'AWS::Region' });
  });
});
