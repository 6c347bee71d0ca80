import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { dependencies, findCycle, referencesIn } from '../../src/template/references.js';
import type { Template } from '../../src/template/template.js';
import { treeOf } from './trees.js';

describe('referencesIn', () => {
  it.each<[Value, readonly string[]]>([
    ['text', []],
    [{ Ref: 'A' }, ['A']],
    [{ Ref: 'AWS::Region' }, []],
    [{ Ref: 'Function.Version' }, ['Function']],
    [{ 'Fn::GetAtt': ['A', 'Arn'] }, ['A']],
    [{ 'Fn::GetAtt': 'A.Outputs.X' }, ['A']],
    [{ 'Fn::Sub': '${A.Arn}/${B}-${AWS::Region}-${!C}' }, ['A', 'B']],
    [{ 'Fn::Sub': ['${A}${B}', { A: { Ref: 'C' } }] }, ['B', 'C']],
    [{ 'Fn::If': ['Condition', { Ref: 'A' }, [{ Ref: 'B' }, { Ref: 'A' }]] }, ['A', 'B']],
    [{ Ref: { Ref: 'A' } }, ['A']],
  ])('%j', (value, expected) => {
    expect(referencesIn(value)).toEqual(expected);
  });
});

function samTemplate(resources: string, globals = ''): Template {
  return treeOf({ 't.yaml': `Transform: AWS::Serverless-2016-10-31\n${globals}\nResources:\n${resources}` })
    .root.template;
}

const needsOf = (template: Template, id: string): readonly string[] =>
  [...(dependencies(template).get(id) ?? [])].sort();

describe('dependencies', () => {
  it('come from every part of a resource and from DependsOn, to resources only', () => {
    const { template } = treeOf({
      't.yaml': `Parameters: {P: {Type: String}}
Resources:
  A:
    Type: AWS::SNS::Topic
    DependsOn: [D]
    Metadata: {x: !Ref E}
    UpdatePolicy: {x: !Ref C}
    Properties: {a: !Ref B, p: !Ref P, e: !Ref AWS::Region}
  B: {Type: T}
  C: {Type: T}
  D: {Type: T}
  E: {Type: T}`,
    }).root;
    expect(needsOf(template, 'A')).toEqual(['B', 'C', 'D']);
    expect(needsOf(template, 'B')).toEqual([]);
  });

  it('of a function include its role and what Globals bring', () => {
    const template = samTemplate(
      `  F: {Type: AWS::Serverless::Function, Properties: {Policies: [{S3ReadPolicy: {BucketName: !Ref B}}]}}
  G: {Type: AWS::Serverless::Function, IgnoreGlobals: [KmsKeyArn], Properties: {Role: !GetAtt R.Arn}}
  B: {Type: AWS::S3::Bucket}
  K: {Type: AWS::KMS::Key}
  R: {Type: AWS::IAM::Role}`,
      'Globals: {Function: {KmsKeyArn: !GetAtt K.Arn}}',
    );
    expect(needsOf(template, 'F')).toEqual(['FRole', 'K']);
    expect(needsOf(template, 'FRole')).toEqual(['B']);
    expect(needsOf(template, 'G')).toEqual(['R']);
  });

  it('do not close circles that the transform avoids', () => {
    const template = samTemplate(`  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /, Method: get}}
        B: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: s3:ObjectCreated:*}}
        U: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: PreSignUp}}
        L: {Type: CloudWatchLogs, Properties: {LogGroupName: !Ref Logs, FilterPattern: x}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: !GetAtt FRole.Arn}}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: v1, AccessLogSetting: {DestinationArn: !GetAtt Logs.Arn}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/x/\${Api}', KmsKeyId: !GetAtt Key.Arn}}
  Bucket: {Type: AWS::S3::Bucket}
  Pool: {Type: AWS::Cognito::UserPool}`);
    expect(findCycle(dependencies(template))).toBeUndefined();
    expect(needsOf(template, 'Api')).toEqual(['F']);
    expect(needsOf(template, 'Bucket')).toEqual(['F', 'FBPermission']);
    expect(needsOf(template, 'Pool')).toEqual(['F']);
    expect(needsOf(template, 'Key')).toEqual(['FRole']);
  });

  it('close the circle of a bucket whose function may read it', () => {
    const template = samTemplate(`  F:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [{S3ReadPolicy: {BucketName: !Ref Bucket}}]
      Events: {B: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: s3:ObjectCreated:*}}}
  Bucket: {Type: AWS::S3::Bucket}`);
    expect(findCycle(dependencies(template))).toEqual(['Bucket', 'F', 'FRole', 'Bucket']);
  });
});

describe('findCycle', () => {
  const graph = (edges: readonly string[]) => {
    const found = new Map<string, Set<string>>();
    for (const edge of edges) {
      const [from = '', to = ''] = edge.split('>');
      found.set(from, (found.get(from) ?? new Set()).add(to));
    }
    return found;
  };

  it.each([
    [['A>B', 'B>C', 'A>C'], undefined],
    [['A>A'], ['A', 'A']],
    [
      ['C>A', 'A>B', 'B>C'],
      ['A', 'B', 'C', 'A'],
    ],
    [
      ['B>C', 'A>B', 'C>A'],
      ['A', 'B', 'C', 'A'],
    ],
    [
      ['A>X', 'X>Y', 'Y>X'],
      ['X', 'Y', 'X'],
    ],
  ])('%j', (edges, expected) => {
    expect(findCycle(graph(edges))).toEqual(expected);
  });
});
