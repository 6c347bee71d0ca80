import { describe, expect, it } from 'vitest';
import { viewResource } from '../../src/analysis/view.js';
import { generatedResources } from '../../src/template/generated.js';
import { globalsAccept, resourcesAfterTransform } from '../../src/template/sam.js';
import type { Template } from '../../src/template/template.js';
import { treeOf } from './trees.js';

describe('globalsAccept', () => {
  it.each([
    ['Function', 'KmsKeyArn', true],
    ['Function', 'DeadLetterQueue', true],
    ['Function', 'VpcConfig', true],
    ['Function', 'CodeSigningConfigArn', false],
    ['Function', 'ReservedConcurrentExecutions', true],
    ['Function', 'LoggingConfig', true],
    ['Function', 'Tags', true],
    ['Function', 'Policies', false],
    ['Function', 'Role', false],
    ['Function', 'constructor', false],
    ['Api', 'Tags', false],
    ['HttpApi', 'Tags', true],
    ['SimpleTable', 'SSESpecification', true],
    ['SimpleTable', 'Tags', false],
    ['StateMachine', 'Tags', false],
    ['Application', 'Tags', false],
    ['toString', 'length', false],
  ])('%s %s: %s', (section, property, accepted) => {
    expect(globalsAccept(section, property)).toBe(accepted);
  });
});

/** What a function with these properties has under these globals. */
function merged(globals: string, own: string, attributes = ''): unknown {
  const { root } = treeOf({
    't.yaml': `Transform: AWS::Serverless-2016-10-31
Globals: {Function: ${globals}}
Resources: {F: {Type: AWS::Serverless::Function, ${attributes}Properties: ${own}}}`,
  });
  return viewResource(root, 'F').properties;
}

describe('Globals', () => {
  it.each([
    ['{Timeout: 3}', '{Timeout: 9}', { Timeout: 9 }],
    ['{Timeout: 3}', '{Handler: h}', { Timeout: 3, Handler: 'h' }],
    [
      '{Environment: {Variables: {A: 1, B: 1}}}',
      '{Environment: {Variables: {B: 2, C: 2}}}',
      { Environment: { Variables: { A: 1, B: 2, C: 2 } } },
    ],
    ['{Layers: [a]}', '{Layers: [b]}', { Layers: ['a', 'b'] }],
    [
      '{VpcConfig: {SubnetIds: [a], SecurityGroupIds: [s]}}',
      '{VpcConfig: {SubnetIds: [b]}}',
      { VpcConfig: { SubnetIds: ['a', 'b'], SecurityGroupIds: ['s'] } },
    ],
    ['{Architectures: [arm64]}', '{Architectures: [x86_64]}', { Architectures: ['x86_64'] }],
    [
      '{VpcConfig: {SubnetIds: [a]}}',
      '{VpcConfig: !Ref AWS::NoValue}',
      { VpcConfig: { Ref: 'AWS::NoValue' } },
    ],
    ['{Layers: !Ref L}', '{Layers: [b]}', { Layers: ['b'] }],
    ['{CodeUri: s3://b/k}', '{CodeUri: {Bucket: b}}', { CodeUri: { Bucket: 'b' } }],
  ])('%s and %s', (globals, own, expected) => {
    expect(merged(globals, own)).toEqual(expected);
  });

  it('are ignored where the resource says so', () => {
    expect(merged('{Timeout: 3, MemorySize: 128}', '{Handler: h}', "IgnoreGlobals: '*', ")).toEqual({
      Handler: 'h',
    });
    expect(merged('{Timeout: 3, MemorySize: 128}', '{Handler: h}', 'IgnoreGlobals: [Timeout], ')).toEqual({
      MemorySize: 128,
      Handler: 'h',
    });
  });

  it('reach neither other types nor templates without the transform', () => {
    const { root } = treeOf({
      't.yaml':
        'Globals: {Function: {Timeout: 3}}\nResources: {F: {Type: AWS::Serverless::Function}, L: {Type: AWS::Lambda::Function}}',
    });
    expect(viewResource(root, 'F').properties).toEqual({});
    expect(viewResource(root, 'L').properties).toEqual({});
  });
});

function samTemplate(resources: string): Template {
  return treeOf({ 't.yaml': `Transform: AWS::Serverless-2016-10-31\nResources:\n  ${resources}` }).root
    .template;
}

/** The numbers are those of aws-sam-translator 1.115.0 for the same templates. */
describe('resourcesAfterTransform', () => {
  it.each([
    ['F: {Type: AWS::Serverless::Function}', ['FRole']],
    ['F: {Type: AWS::Serverless::Function, Properties: {Role: arn}}', []],
    ['F: {Type: AWS::Serverless::Function, Properties: {Role: !If [C, arn, !Ref AWS::NoValue]}}', ['FRole']],
    [
      'F: {Type: AWS::Serverless::Function, Properties: {Role: r, AutoPublishAlias: live}}',
      ['FVersion', 'FAliaslive'],
    ],
    [
      'F: {Type: AWS::Serverless::Function, Properties: {Role: r, AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}}',
      [
        'FVersion',
        'FAliaslive',
        'ServerlessDeploymentApplication',
        'CodeDeployServiceRole',
        'FDeploymentGroup',
      ],
    ],
    [
      'F: {Type: AWS::Serverless::Function, Properties: {Role: r, Events: {E: {Type: Schedule, Properties: {Schedule: x}}}}}',
      ['FE', 'FEPermission'],
    ],
    [
      'F: {Type: AWS::Serverless::Function, Properties: {Role: r, Events: {E: {Type: SQS, Properties: {Queue: q}}}}}',
      ['FE'],
    ],
    [
      'F: {Type: AWS::Serverless::Function, Properties: {Role: r, Events: {E: {Type: Api, Properties: {Path: /, Method: get}}}}}',
      ['FEPermission', 'ServerlessRestApi', 'ServerlessRestApiDeployment', 'ServerlessRestApiProdStage'],
    ],
    [
      'F: {Type: AWS::Serverless::Function, Properties: {Role: r, EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}}}',
      ['FEventInvokeConfigOnFailureQueue', 'FEventInvokeConfig'],
    ],
    [
      'F: {Type: AWS::Serverless::Function, Properties: {Role: r, FunctionUrlConfig: {AuthType: AWS_IAM}}}',
      ['FUrl'],
    ],
    ['A: {Type: AWS::Serverless::Api, Properties: {StageName: Live}}', ['ADeployment', 'ALiveStage']],
    ['A: {Type: AWS::Serverless::HttpApi}', ['AApiGatewayDefaultStage']],
    [
      'S: {Type: AWS::Serverless::StateMachine, Properties: {Events: {E: {Type: EventBridgeRule, Properties: {Pattern: {}}}}}}',
      ['SRole', 'SE', 'SERole'],
    ],
    ['T: {Type: AWS::Serverless::SimpleTable}', []],
    ['T: {Type: AWS::SQS::Queue}', []],
  ])('%s', (resources, expected) => {
    const template = samTemplate(resources);
    expect(
      generatedResources(template)
        .map(({ logicalId }) => logicalId)
        .sort(),
    ).toEqual([...expected].sort());
    expect(resourcesAfterTransform(template)).toBe(1 + expected.length);
  });

  it('counts what resources share once, and a connector as what it makes', () => {
    const event = (name: string) =>
      `${name}: {Type: AWS::Serverless::Function, Properties: {Role: r, Events: {E: {Type: Api, Properties: {Path: /${name}, Method: get}}}}}`;
    const template = samTemplate(
      `${event('F')}\n  ${event('G')}\n  T: {Type: AWS::DynamoDB::Table}\n  C: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: F}, Destination: [{Id: T}, {Id: G}]}}`,
    );
    expect(resourcesAfterTransform(template)).toBe(3 + 2 + 3 + 2);
  });
});
