import { describe, expect, test } from 'vitest';
import { openTemplate } from '../../src/template/open.js';
import { undeclaredNames, unseenParts } from '../../src/template/unseen.js';
import { read } from '../document/reading.js';

const queue = '  Queue: {Type: AWS::SQS::Queue}\n';
const many = `[${Array.from({ length: 60 }, (_, index) => index).join(', ')}]`;
const unseen = (text: string) =>
  unseenParts(openTemplate(read(text))).map(({ logicalId, because }) => `${logicalId}: ${because}`);
const undeclared = (text: string) => undeclaredNames(openTemplate(read(text)));

describe('parts that nothing in the template shows', () => {
  test.each([
    [
      'a macro for the whole template',
      `Transform: [AWS::Serverless-2016-10-31, Compact]\nResources:\n${queue}`,
      ['Transform: the macro Compact changes it when it is deployed, and what it makes is not checked'],
    ],
    [
      'an include for the whole template',
      `Transform: {Name: 'AWS::Include', Parameters: {Location: s3://b/k}}\nResources:\n${queue}`,
      ['Transform: what AWS::Include adds is not checked'],
    ],
    [
      'an include in a resource',
      "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api: {Type: AWS::Serverless::Api, Properties: {DefinitionBody: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: api.yaml}}}}}\n",
      ['Api: what AWS::Include of api.yaml adds is not checked'],
    ],
    [
      'an include among the resources, and one in the place of a resource',
      `Resources:\n${queue}  Fn::Transform: {Name: AWS::Include, Parameters: {Location: more.yaml}}\n  Other: {Fn::Transform: {Name: Make}}\n`,
      [
        'Fn::Transform: what AWS::Include of more.yaml adds is not checked',
        'Other: the macro Make changes it when it is deployed, and what it makes is not checked',
      ],
    ],
    [
      'an include in another section',
      `Mappings: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: maps.yaml}}}\nResources:\n${queue}`,
      ['Mappings: what AWS::Include of maps.yaml adds is not checked'],
    ],
    [
      'a loop whose passes are not known',
      `Transform: AWS::LanguageExtensions\nResources:\n${queue}  Fn::ForEach::Topics: [Name, !Ref Names, {'Topic\${Name}': {Type: AWS::SNS::Topic}}]\n`,
      [
        'Fn::ForEach::Topics: what Fn::ForEach::Topics makes is not checked: what it goes through is only known when the stack is deployed',
      ],
    ],
    [
      'loops that multiply past what a template may hold',
      `Transform: AWS::LanguageExtensions\nResources:\n${queue}  Fn::ForEach::A: [A, ${many}, {Fn::ForEach::B: [B, ${many}, {Fn::ForEach::C: [C, ${many}, {'T\${A}\${B}\${C}': {Type: AWS::SNS::Topic}}]}]}]\n`,
      ['Fn::ForEach::A: what Fn::ForEach::A makes is not checked: it makes more than fits into a template'],
    ],
    [
      'a stack set and a module',
      `Resources:\n  Set: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateBody: 'Resources: {}'}}\n  Part: {Type: Acme::S3::Bucket::MODULE}\n`,
      [
        'Set: the template of a stack set is deployed to other accounts and Regions; name it on its own to check it',
        'Part: the resources of the module are not checked',
      ],
    ],
    ['nothing', `Transform: AWS::Serverless-2016-10-31\nResources:\n${queue}`, []],
  ])('%s', (_, text, expected) => {
    expect(unseen(text)).toEqual(expected);
  });
});

describe('names that are not declared', () => {
  test.each([
    [
      'a parameter, a resource and conditions',
      ['Env', 'Key', 'Other', 'IsA', 'IsB'],
      `Resources:\n  Queue: {Type: AWS::SQS::Queue, Condition: IsA, DependsOn: Other, Properties: {QueueName: !Sub "\${Env}-\${AWS::Region}", KmsMasterKeyId: !If [IsB, !GetAtt Key.Arn, !Ref AWS::NoValue]}}\n`,
    ],
    [
      'what SAM makes',
      [],
      'Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {Type: AWS::Serverless::Function}\nOutputs:\n  A: {Value: !GetAtt FRole.Arn}\n  B: {Value: !Ref ServerlessRestApi}\n  C: {Value: !Ref F.Version}\n',
    ],
    [
      'what a macro may bring',
      [],
      `Transform: Compact\nResources:\n  Queue: {Type: AWS::SQS::Queue, DependsOn: Other}\n`,
    ],
    [
      'what a loop may bring',
      [],
      `Resources:\n  Queue: {Type: AWS::SQS::Queue, DependsOn: TopicA}\n  Fn::ForEach::T: [N, [A], {}]\n`,
    ],
    [
      'what a module makes',
      [],
      'Resources:\n  Part: {Type: My::Own::Part::MODULE}\nOutputs:\n  A: {Value: !Ref PartBucket}\n  B: {Value: !GetAtt Part.Queue.Arn}\n',
    ],
    [
      'what is declared',
      [],
      `Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a]}\nResources:\n  Queue: {Type: AWS::SQS::Queue, Condition: C, Properties: {QueueName: !Sub ["\${P}\${v}\${!x}", {v: !Ref P}]}}\n`,
    ],
  ])('%s', (_, expected, text) => {
    expect(undeclared(text)).toEqual(expected);
  });
});
