import { describe, expect, test } from 'vitest';
import { tagFormOf, taggableTypes } from '../../src/data/tag-forms.js';
import { isStateful, updateOf } from '../../src/data/updates.js';

describe('what an update does', () => {
  test.each([
    ['AWS::Lambda::Function', 'VpcConfig.SubnetIds', 'none'],
    ['AWS::Lambda::Function', 'FunctionName', 'replace'],
    ['AWS::Logs::LogGroup', 'KmsKeyId', 'none'],
    ['AWS::RDS::DBInstance', 'MultiAZ', 'some-interruption'],
    ['AWS::AutoScaling::AutoScalingGroup', 'VPCZoneIdentifier', 'some-interruption'],
    ['AWS::RDS::DBInstance', 'AvailabilityZone', 'may-replace'],
    ['AWS::SageMaker::EndpointConfig', 'ProductionVariants.0.InitialInstanceCount', 'replace'],
    ['AWS::Budgets::Budget', 'Budget.BudgetName', 'replace'],
    ['AWS::Budgets::Budget', 'Budget.BudgetLimit', 'none'],
    // Branches of intrinsic functions are no part of a property's name.
    ['AWS::Budgets::Budget', 'Budget.Fn::If.1.BudgetName', 'replace'],
    // SAM's types go by what they become, where the package has nearly everything replace them.
    ['AWS::Serverless::Function', 'KmsKeyArn', 'none'],
    ['AWS::Serverless::Function', 'DeadLetterQueue', 'none'],
    ['AWS::Serverless::Function', 'FunctionName', 'replace'],
    ['AWS::Serverless::SimpleTable', 'PrimaryKey', 'replace'],
    ['AWS::Serverless::SimpleTable', 'SSESpecification', 'some-interruption'],
    ['Custom::Anything', 'Name', undefined],
    ['AWS::Nothing::Yet', 'Name', undefined],
  ] as const)('%s %s: %s', (type, path, update) => {
    expect(updateOf(type, path.split('.'))).toBe(update);
  });
});

describe('what holds something', () => {
  test.each([
    ['AWS::S3::Bucket', true],
    ['AWS::Serverless::SimpleTable', true],
    ['AWS::OpenSearchServerless::Collection', true],
    ['AWS::Lambda::Function', false],
    ['AWS::Serverless::Function', false],
  ])('%s: %s', (type, is) => {
    expect(isStateful(type)).toBe(is);
  });
});

describe('how a type is tagged', () => {
  test.each([
    ['AWS::SQS::Queue', 'Tags', 'list', false],
    ['AWS::Cognito::UserPool', 'UserPoolTags', 'map', false],
    ['AWS::SSM::Parameter', 'Tags', 'map', false],
    ['AWS::EFS::FileSystem', 'FileSystemTags', 'list', false],
    ['AWS::CodeBuild::Project', 'Tags', 'list', false],
    ['AWS::DAX::Cluster', 'Tags', 'map', false],
    ['AWS::AutoScaling::AutoScalingGroup', 'Tags', 'propagated-list', false],
    ['AWS::EC2::LaunchTemplate', 'TagSpecifications', 'specifications', false],
    ['AWS::Serverless::Function', 'Tags', 'map', false],
    ['AWS::Serverless::SimpleTable', 'Tags', 'map', false],
    ['AWS::Budgets::Budget', 'ResourceTags', 'list', false],
    ['AWS::OpenSearchServerless::Collection', 'Tags', 'list', true],
    ['AWS::EC2::KeyPair', 'Tags', 'list', true],
  ])('%s: %s, %s', (type, property, form, isReplaced) => {
    expect(tagFormOf(type)).toEqual({ property, form, isReplaced });
  });

  test.each(['AWS::Serverless::LayerVersion', 'AWS::Lambda::Permission', 'Custom::Anything', 'toString'])(
    'not at all: %s',
    (type) => {
      expect(tagFormOf(type)).toBeUndefined();
      expect(taggableTypes).not.toContain(type);
    },
  );
});
