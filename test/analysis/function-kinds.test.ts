import { describe, expect, it } from 'vitest';
import { kindOf } from '../../src/analysis/classify-functions.js';
import { viewResource } from '../../src/analysis/view.js';
import type { FunctionKind } from '../../src/contract/facts.js';
import { treeOf } from '../template/trees.js';

function kind(properties: string, resources = '', type = 'AWS::Serverless::Function'): FunctionKind {
  const text = `
Transform: AWS::Serverless-2016-10-31
Parameters: {Alias: {Type: String, Default: live}}
Resources:
  Handler:
    Type: ${type}
    Properties: ${properties}
${resources}`;
  return kindOf(viewResource(treeOf({ 'template.yaml': text }).root, 'Handler'));
}

describe('how a function is packaged', () => {
  it.each([
    ['{Runtime: python3.12, CodeUri: src/}', 'zip', 'python3.12'],
    ['{Runtime: python3.12, InlineCode: pass}', 'inline', 'python3.12'],
    ['{PackageType: Image, ImageUri: x}', 'image', undefined],
    ['{PackageType: !If [C, Image, Zip]}', 'zip', undefined],
    ['{Runtime: !Ref Missing, CodeUri: src/}', 'zip', undefined],
  ])('%s', (properties, packageType, runtime) => {
    expect(kind(properties)).toMatchObject({ packageType, runtime });
  });

  it.each([
    ['{Code: {ZipFile: pass}, Runtime: python3.12}', 'inline'],
    ['{Code: {ImageUri: x}}', 'image'],
    ['{Code: {S3Bucket: x, S3Key: y}}', 'zip'],
  ])('plain %s', (properties, packageType) => {
    expect(kind(properties, '', 'AWS::Lambda::Function')).toMatchObject({ packageType });
  });
});

describe('functions at the edge', () => {
  it('are named by a distribution', () => {
    const distribution = `
  Distribution:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        CacheBehaviors:
          - LambdaFunctionAssociations:
              - {EventType: origin-request, LambdaFunctionARN: !Ref Handler.Version}`;
    expect(kind('{AutoPublishAlias: !Ref Alias}', distribution)).toMatchObject({
      isEdge: true,
      isVersioned: true,
    });
  });

  it('run with a role the edge may assume', () => {
    const role = `
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: [lambda.amazonaws.com, edgelambda.amazonaws.com]}}]`;
    expect(kind('{Role: !GetAtt Role.Arn}', role).isEdge).toBe(true);
  });

  it('are not those whose name a distribution passes on', () => {
    const distribution = `
  Distribution:
    Type: AWS::CloudFront::Distribution
    Properties: {DistributionConfig: {Comment: !Ref Handler}}`;
    expect(kind('{}', distribution).isEdge).toBe(false);
  });
});

describe('special kinds', () => {
  it.each([
    ['{DurableConfig: {ExecutionTimeout: 10}}', { isDurable: true }],
    ['{TenancyConfig: {TenantIsolationMode: PER_TENANT}}', { isTenantIsolated: true }],
    ['{CapacityProviderConfig: {Arn: x}}', { hasCapacityProvider: true }],
    ['{AutoPublishAlias: live}', { isVersioned: true }],
    ['{AutoPublishAlias: !Ref AWS::NoValue}', { isVersioned: false }],
  ])('%s', (properties, expected) => {
    expect(kind(properties)).toMatchObject(expected);
  });

  it('sees a plain alias', () => {
    const alias = `
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Handler, Name: live}}`;
    expect(kind('{}', alias, 'AWS::Lambda::Function').isVersioned).toBe(true);
  });
});
