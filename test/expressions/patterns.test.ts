import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { isUnknownText, textPatternsOf } from '../../src/expressions/patterns.js';
import { conditionValues } from '../../src/expressions/resolve.js';
import { treeOf } from '../template/trees.js';

const { root } = treeOf(
  {
    'template.yaml': `
Parameters:
  Stage: {Type: String, Default: prod}
  Arn: {Type: String}
Conditions: {IsProduction: !Equals [!Ref Stage, prod], IsBig: !Equals [!Ref Arn, big]}
Resources:
  Key: {Type: AWS::KMS::Key}
  Queue: {Type: AWS::SQS::Queue}
  Named: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'work-\${Stage}'}}
  Topic: {Type: AWS::SNS::Topic}
  One: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '\${Two}-1'}}
  Two: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '\${One}-2'}}
  Other: {Type: AWS::EC2::Instance}
`,
  },
  { Stage: 'prod' },
);

const queueArn = (name: string): string =>
  `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${name}`;

describe('the texts an expression can come to', () => {
  it.each<[Value, readonly string[]]>([
    ['plain', ['plain']],
    [7, ['7']],
    ['arn:aws-cn:sqs:x', ['arn:${AWS::Partition}:sqs:x']],
    [{ Ref: 'AWS::NoValue' }, []],
    [{ Ref: 'Stage' }, ['prod']],
    [{ Ref: 'Arn' }, ['${?Arn@template.yaml}']],
    [{ 'Fn::GetAtt': ['Queue', 'Arn'] }, [queueArn('${AWS::StackName@template.yaml}-Queue-GENERATED')]],
    [{ 'Fn::GetAtt': ['Named', 'Arn'] }, [queueArn('work-prod')]],
    [{ 'Fn::GetAtt': ['Other', 'PrivateIp'] }, ['${Other.PrivateIp@template.yaml}']],
    [{ 'Fn::Sub': 'a/${Stage}/${AWS::Region}' }, ['a/prod/${AWS::Region}']],
    [{ 'Fn::Sub': ['${x}-${Stage}', { x: { 'Fn::If': ['IsBig', 'b', 's'] } }] }, ['b-prod', 's-prod']],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Stage' }]] }, ['a-prod']],
    [{ 'Fn::If': ['IsProduction', 'p', 'd'] }, ['p']],
    [{ a: 1 }, []],
    [['a'], []],
  ])('%j', (expression, texts) => {
    expect(textPatternsOf(expression, root)).toEqual(texts);
  });

  it.each<[Value | undefined, readonly string[]]>([
    [undefined, []],
    [true, ['true']],
    ['x arn:aws:sqs:y', ['x arn:aws:sqs:y']],
    ['arn:aws-us-gov:sqs:y', ['arn:${AWS::Partition}:sqs:y']],
    [{ Ref: 'AWS::StackName' }, ['${AWS::StackName@template.yaml}']],
    [{ Ref: 'AWS::StackId' }, ['${AWS::StackId@template.yaml}']],
    [{ Ref: 'AWS::Region' }, ['${AWS::Region}']],
    [{ 'Fn::ImportValue': { a: 'x' } }, ['${?"Fn::ImportValue":"a":"x"@template.yaml}']],
    [{ 'Fn::Sub': 'x-${Other.PrivateIp}' }, ['x-${Other.PrivateIp@template.yaml}']],
    [{ Ref: 'Other' }, ['${Other.Ref@template.yaml}']],
    ['{{resolve:ssm:/x}}', ['{{resolve:ssm:/x}}']],
  ])('of %j are %j', (expression, texts) => {
    expect(textPatternsOf(expression, root)).toEqual(texts);
  });

  it('are cut off where there are too many to compare', () => {
    const choices = (count: number): Value => ({
      'Fn::Join': [
        '',
        Array.from({ length: count }, (_, index) => ({ 'Fn::If': [`C${index}`, 'a', `${index}`] })),
      ],
    });
    expect(textPatternsOf(choices(5), root)).toHaveLength(32);
    const cut = textPatternsOf(choices(6), root);
    expect(cut).toHaveLength(33);
    expect(cut.at(-1)).toBe('${?too many texts@template.yaml}');
    expect(isUnknownText(cut.at(-1) ?? '')).toBe(true);
  });

  it('gives two spellings of one ARN the same text', () => {
    const spelt = { 'Fn::Sub': 'arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}' };
    expect(textPatternsOf(spelt, root)).toEqual(textPatternsOf({ 'Fn::GetAtt': ['Key', 'Arn'] }, root));
  });

  it('ends where names are made of each other', () => {
    expect(textPatternsOf({ Ref: 'One' }, root)).toHaveLength(1);
  });

  it('knows what it does not know', () => {
    expect(textPatternsOf({ 'Fn::ImportValue': 'x' }, root).every(isUnknownText)).toBe(true);
    expect(textPatternsOf({ 'Fn::GetAtt': ['Key', 'Arn'] }, root).some(isUnknownText)).toBe(false);
  });
});

describe('conditions', () => {
  it('are known when their inputs are', () => {
    expect(conditionValues('IsProduction', root)).toEqual([true]);
    expect(conditionValues('IsBig', root)).toEqual([true, false]);
    expect(conditionValues('Missing', root)).toEqual([true, false]);
  });
});
