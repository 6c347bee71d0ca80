import { describe, expect, it } from 'vitest';
import { viewResource, viewResources } from '../../src/analysis/view.js';
import type { Stack } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';

const { root } = treeOf({
  't.yaml': `Transform: AWS::Serverless-2016-10-31
Parameters:
  Subnets: {Type: CommaDelimitedList, Default: ''}
  Keys: {Type: CommaDelimitedList, Default: 'a,b'}
Conditions: {InVpc: !Not [!Equals [!Join ['', !Ref Subnets], '']]}
Globals: {Function: {Timeout: 3, Tags: {team: docs}}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Tags: {stage: prod}
      VpcConfig: !If [InVpc, {SubnetIds: !Ref Subnets, SecurityGroupIds: [sg]}, !Ref AWS::NoValue]
      Layers: [one, {Ref: Keys}]
      Nothing:
      Role: !GetAtt Role.Arn
  G:
    Type: AWS::Serverless::Function
    Condition: InVpc
    Properties: {VpcConfig: !If [InVpc, {SubnetIds: [s]}, !Ref AWS::NoValue]}
  Role: {Type: AWS::IAM::Role}`,
});

function read(logicalId: string, ...path: readonly string[]): readonly unknown[] {
  return viewResource(root, logicalId)
    .read(...path)
    .map(({ outcome, path: at }) => [
      at.join('/'),
      outcome.kind,
      'value' in outcome ? outcome.value : undefined,
    ]);
}

describe('viewResource', () => {
  it('merges Globals and leaves expressions as written', () => {
    const view = viewResource(root, 'F');
    expect(view).toMatchObject({
      logicalId: 'F',
      type: 'AWS::Serverless::Function',
      condition: undefined,
      stack: root,
    });
    expect(view.expression('Tags')).toEqual({ team: 'docs', stage: 'prod' });
    expect(view.expression('Layers', '0')).toBe('one');
    expect(view.expression('VpcConfig', 'SubnetIds')).toBeUndefined();
    expect(view.expression('constructor')).toBeUndefined();
  });

  it('reads through a choice on the way', () => {
    expect(read('F', 'VpcConfig', 'SecurityGroupIds', '0')).toEqual([
      ['VpcConfig/Fn::If/1/SecurityGroupIds/0', 'value', 'sg'],
      ['VpcConfig/Fn::If/2', 'absent', undefined],
    ]);
  });

  it('reads into the value of a parameter', () => {
    expect(read('F', 'Layers', '1', '1')).toEqual([['Layers/1', 'value', 'b']]);
  });

  it.each([
    [['Timeout'], 'value'],
    [['Nothing'], 'absent'],
    [['KmsKeyArn'], 'absent'],
    [['Timeout', 'Deeper'], 'absent'],
    [['constructor'], 'absent'],
    [['Role'], 'resource'],
    [['Role', 'Deeper'], 'unknown'],
  ])('reads %j as %s', (path, kind) => {
    expect(read('F', ...path).map((branch) => (branch as readonly unknown[])[1])).toEqual([kind]);
  });

  it('takes for granted that the resource exists', () => {
    expect(read('G', 'VpcConfig', 'SubnetIds')).toEqual([['VpcConfig/Fn::If/1/SubnetIds', 'value', ['s']]]);
  });

  it('throws on a resource that is not there', () => {
    expect(() => viewResource(root, 'None')).toThrow('t.yaml has no resource None');
  });
});

describe('viewResources', () => {
  const tree = treeOf({
    't.yaml':
      'Resources: {B: {Type: X}, A: {Type: Y}, C: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml}}}',
    'c.yaml': 'Resources: {D: {Type: X}}',
  });

  it('gives all, or those of the types, in tree order', () => {
    expect(viewResources(tree).map(({ logicalId }) => logicalId)).toEqual(['B', 'A', 'C', 'D']);
    expect(viewResources(tree, ['X']).map(({ logicalId }) => logicalId)).toEqual(['B', 'D']);
  });

  it('gives the same view every time', () => {
    const stack: Stack = tree.root;
    expect(viewResource(stack, 'A')).toBe(viewResource(stack, 'A'));
  });
});
