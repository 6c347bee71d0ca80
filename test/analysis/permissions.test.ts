import { describe, expect, it } from 'vitest';
import { allows, executionRole, servicesCalled, statementsOf } from '../../src/analysis/permissions.js';
import { viewResource } from '../../src/analysis/view.js';
import type { ResourceView } from '../../src/contract/facts.js';
import type { Value } from '../../src/document/value.js';
import { acceleratorTree, hasAccelerator, treeOf } from '../template/trees.js';

function indent(text: string, by: number): string {
  return text.trim().replace(/^(?=.)/gm, ' '.repeat(by));
}

/** `Handler` of a SAM template, with the properties, among other resources. */
function handler(properties: string, resources = ''): ResourceView {
  const text = `
Transform: AWS::Serverless-2016-10-31
Parameters:
  KeyArn: {Type: String, Default: ''}
  OtherArn: {Type: String}
Conditions:
  HasKey: !Not [!Equals [!Ref KeyArn, '']]
  IsBig: !Equals [!Ref OtherArn, big]
Resources:
  Key: {Type: AWS::KMS::Key}
  Queue: {Type: AWS::SQS::Queue}
  Named: {Type: AWS::SQS::Queue, Properties: {QueueName: work}}
  Topic: {Type: AWS::SNS::Topic}
  Handler:
    Type: AWS::Serverless::Function
    Properties:
${indent(properties, 6)}
${indent(resources, 2)}`;
  return viewResource(treeOf({ 'template.yaml': text }).root, 'Handler');
}

function policy(statement: string): ResourceView {
  return handler(`Policies: [{Statement: [${statement}]}]`);
}

const key: Value = { 'Fn::GetAtt': ['Key', 'Arn'] };
const queue: Value = { 'Fn::GetAtt': ['Queue', 'Arn'] };

describe('the role something runs with', () => {
  it('is made by SAM unless the template gives one', () => {
    expect(executionRole(handler('Policies: []'))).toEqual({ kind: 'generated' });
  });

  it('is a role of the template', () => {
    const view = handler('Role: !GetAtt Role.Arn', 'Role: {Type: AWS::IAM::Role}');
    expect(executionRole(view)).toMatchObject({ kind: 'resource', logicalId: 'Role' });
  });

  it.each([
    ['Role: !Ref OtherArn', 'the Role of Handler is given from outside the templates'],
    ['Role: !If [IsBig, !GetAtt Role.Arn, !GetAtt Second.Arn]', 'the Role of Handler depends on a condition'],
    ['Role: arn:aws:iam::1:role/x', 'the Role of Handler is given from outside the templates'],
  ])('%s', (properties, because) => {
    const roles = 'Role: {Type: AWS::IAM::Role}\nSecond: {Type: AWS::IAM::Role}';
    expect(executionRole(handler(properties, roles))).toEqual({ kind: 'external', because });
  });

  it('is found in the template above, through a parameter', () => {
    const tree = treeOf({
      'template.yaml': `
Resources:
  Role: {Type: AWS::IAM::Role}
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml, Parameters: {RoleArn: !GetAtt Role.Arn}}}
`,
      'child.yaml': `
Parameters: {RoleArn: {Type: String}}
Resources:
  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {RoleArn: !Ref RoleArn}}
  Build: {Type: AWS::CodeBuild::Project, Properties: {ServiceRole: !Ref RoleArn}}
`,
    });
    const child = tree.stacks[1];
    if (child === undefined) throw new Error('no child');
    const expected = { kind: 'resource', stack: tree.root, logicalId: 'Role' };
    expect(executionRole(viewResource(child, 'Machine'))).toEqual(expected);
    expect(executionRole(viewResource(child, 'Build'))).toEqual(expected);
  });
});

describe('actions', () => {
  it.each([
    ['kms:Decrypt', 'yes'],
    ['kms:decrypt', 'yes'],
    ['"kms:*"', 'yes'],
    ['"*"', 'yes'],
    ['[kms:Encrypt, "kms:De?rypt"]', 'yes'],
    ['kms:Encrypt', 'no'],
    ['"kmsx:*"', 'no'],
  ])('%s', (action, answer) => {
    expect(allows(policy(`{Effect: Allow, Action: ${action}, Resource: '*'}`), 'kms:Decrypt', key)).toBe(
      answer,
    );
  });

  it('reads NotAction as every other action', () => {
    const allBut = policy("{Effect: Allow, NotAction: ['iam:*', 'KMS:Enc*'], Resource: '*'}");
    expect(allows(allBut, 'kms:Decrypt', key)).toBe('yes');
    expect(allows(allBut, 'kms:Encrypt', key)).toBe('no');
    const denied =
      "{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, NotAction: 'logs:*', Resource: '*'}";
    expect(allows(policy(denied), 'kms:Decrypt', key)).toBe('no');
  });

  it('takes a denial of requests without TLS for none', () => {
    const plain = (condition: string) =>
      `{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, Action: '*', Resource: '*', Condition: ${condition}}`;
    expect(allows(policy(plain('{Bool: {aws:SecureTransport: false}}')), 'kms:Decrypt', key)).toBe('yes');
    expect(allows(policy(plain("{bool: {AWS:securetransport: ['false']}}")), 'kms:Decrypt', key)).toBe('yes');
    const more = "{Bool: {aws:SecureTransport: 'false'}, StringEquals: {aws:RequestedRegion: eu-west-1}}";
    expect(allows(policy(plain(more)), 'kms:Decrypt', key)).toBe('unknown');
    expect(allows(policy(plain('{Bool: {aws:SecureTransport: true}}')), 'kms:Decrypt', key)).toBe('unknown');
  });

  it('does not guess about IAM conditions', () => {
    const conditional = "{Effect: Allow, Action: kms:Decrypt, Resource: '*', Condition: {Bool: {x: true}}}";
    expect(allows(policy(conditional), 'kms:Decrypt', key)).toBe('unknown');
  });

  it('lets a denial win', () => {
    const allow = "{Effect: Allow, Action: 'kms:*', Resource: '*'}";
    expect(
      allows(policy(`${allow}, {Effect: Deny, Action: kms:Decrypt, Resource: '*'}`), 'kms:Decrypt', key),
    ).toBe('no');
    expect(
      allows(policy(`${allow}, {Effect: Deny, Action: kms:Encrypt, Resource: '*'}`), 'kms:Decrypt', key),
    ).toBe('yes');
  });
});

describe('resources', () => {
  it.each([
    ["'*'", 'yes'],
    ['!GetAtt Queue.Arn', 'yes'],
    ['[!GetAtt Named.Arn, !GetAtt Queue.Arn]', 'yes'],
    ['!GetAtt Named.Arn', 'no'],
    ["'arn:aws:sqs:*:*:*'", 'yes'],
    ["!Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${Queue.QueueName}'", 'yes'],
    ["!Sub 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-*'", 'yes'],
    ["!Sub 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:other-*'", 'no'],
    ["!Join [':', ['arn:aws:sqs', !Ref AWS::Region, !Ref AWS::AccountId, !GetAtt Queue.QueueName]]", 'yes'],
    ['!Ref OtherArn', 'unknown'],
    ['!ImportValue queue-arn', 'unknown'],
  ])('%s', (resource, answer) => {
    expect(
      allows(
        policy(`{Effect: Allow, Action: sqs:SendMessage, Resource: ${resource}}`),
        'sqs:SendMessage',
        queue,
      ),
    ).toBe(answer);
  });

  it('knows a queue by the name the template gives it', () => {
    const view = policy(
      "{Effect: Allow, Action: sqs:SendMessage, Resource: !Sub 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:work'}",
    );
    expect(allows(view, 'sqs:SendMessage', { 'Fn::GetAtt': ['Named', 'Arn'] })).toBe('yes');
    expect(allows(view, 'sqs:SendMessage', queue)).toBe('no');
  });

  it('takes any resource when none is asked for', () => {
    const view = policy('{Effect: Allow, Action: sns:Publish, Resource: !Ref Topic}');
    expect(allows(view, 'sns:Publish', undefined)).toBe('yes');
    expect(allows(view, 'sns:Publish', { Ref: 'Topic' })).toBe('yes');
    expect(allows(view, 'sns:Subscribe', undefined)).toBe('no');
  });
});

describe('statements under a condition of the template', () => {
  const decrypt = 'Statement: [{Effect: Allow, Action: kms:Decrypt, Resource: !Ref KeyArn}]';
  const policies = (item: string): ResourceView => handler(`Policies:\n  - ${item}`);
  const given = policies(`!If [HasKey, {${decrypt}}, !Ref AWS::NoValue]`);

  it('count when they are there exactly when the key is', () => {
    expect(allows(given, 'kms:Decrypt', { Ref: 'KeyArn' })).toBe('yes');
    expect(
      allows(given, 'kms:Decrypt', { 'Fn::If': ['HasKey', { Ref: 'KeyArn' }, { Ref: 'AWS::NoValue' }] }),
    ).toBe('yes');
  });

  it('do not count when the key may be there without them', () => {
    const other = policies(`!If [IsBig, {${decrypt}}, !Ref AWS::NoValue]`);
    expect(allows(other, 'kms:Decrypt', { Ref: 'KeyArn' })).toBe('no');
  });

  it('count when both sides say so', () => {
    const both = policies(
      `!If [IsBig, {${decrypt}}, {Statement: [{Effect: Allow, Action: 'kms:*', Resource: '*'}]}]`,
    );
    expect(allows(both, 'kms:Decrypt', { Ref: 'KeyArn' })).toBe('yes');
  });

  it('count when the resource exists only then', () => {
    const tree = treeOf({
      'template.yaml': `
Transform: AWS::Serverless-2016-10-31
Parameters: {Size: {Type: String}}
Conditions: {IsBig: !Equals [!Ref Size, big]}
Resources:
  Key: {Type: AWS::KMS::Key}
  Handler:
    Type: AWS::Serverless::Function
    Condition: IsBig
    Properties:
      Policies:
        - Statement:
            - !If [IsBig, {Effect: Allow, Action: kms:Decrypt, Resource: !GetAtt Key.Arn}, !Ref AWS::NoValue]
`,
    });
    expect(allows(viewResource(tree.root, 'Handler'), 'kms:Decrypt', key)).toBe('yes');
  });
});

describe('shapes of policies', () => {
  it.each([
    [
      'a policy template',
      'Policies: [{SQSSendMessagePolicy: {QueueName: !GetAtt Queue.QueueName}}]',
      'sqs:SendMessage',
      queue,
      'yes',
    ],
    [
      'one policy, not a list',
      'Policies: {Statement: {Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}}',
      'sqs:SendMessage',
      queue,
      'yes',
    ],
    [
      'a policy template for a key',
      'Policies: [{KMSDecryptPolicy: {KeyId: !Ref Key}}]',
      'kms:Decrypt',
      key,
      'yes',
    ],
    ['a policy template SAM does not have', 'Policies: [{NewPolicy: {}}]', 'kms:Decrypt', key, 'unknown'],
    ['a managed policy by name', 'Policies: AmazonSQSFullAccess', 'sqs:SendMessage', queue, 'yes'],
    [
      'a managed policy by ARN',
      'Policies: [arn:aws:iam::aws:policy/AmazonSQSFullAccess]',
      'kms:Decrypt',
      key,
      'no',
    ],
    [
      'a managed policy by ARN of any partition',
      "Policies: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole']",
      'ec2:CreateNetworkInterface',
      undefined,
      'yes',
    ],
    ['an unknown managed policy', 'Policies: [AmazonNewServiceFullAccess]', 'kms:Decrypt', key, 'unknown'],
    ['a managed policy of the template', 'Policies: [!Ref Shared]', 'kms:Decrypt', key, 'yes'],
    [
      'what SAM adds for a VPC',
      'VpcConfig: {SubnetIds: [a], SecurityGroupIds: [b]}',
      'ec2:CreateNetworkInterface',
      undefined,
      'yes',
    ],
    [
      'what SAM adds for a dead-letter queue',
      'DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}',
      'sqs:SendMessage',
      queue,
      'yes',
    ],
    ['nothing', 'Timeout: 3', 'kms:Decrypt', key, 'no'],
  ])('%s', (_name, properties, action, resource, answer) => {
    const shared = `
Shared:
  Type: AWS::IAM::ManagedPolicy
  Properties:
    PolicyDocument: {Statement: [{Effect: Allow, Action: 'kms:*', Resource: !GetAtt Key.Arn}]}`;
    expect(allows(handler(properties, shared), action, resource)).toBe(answer);
  });

  it.each([
    [
      'inline',
      'Properties: {Policies: [{PolicyName: a, PolicyDocument: {Statement: {Effect: Allow, Action: kms:Decrypt, Resource: !GetAtt Key.Arn}}}]}',
      '',
    ],
    [
      'managed',
      'Properties: {ManagedPolicyArns: [!Ref Shared]}',
      'Shared: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: kms:Decrypt, Resource: "*"}]}}}',
    ],
    [
      'attached',
      'Properties: {}',
      'Extra: {Type: AWS::IAM::Policy, Properties: {Roles: [!Ref Role], PolicyDocument: {Statement: [{Effect: Allow, Action: kms:Decrypt, Resource: "*"}]}}}',
    ],
  ])('of a role of the template: %s', (_name, properties, resources) => {
    const view = handler(
      'Role: !GetAtt Role.Arn',
      `Role:\n  Type: AWS::IAM::Role\n  ${properties}\n${resources}`,
    );
    expect(allows(view, 'kms:Decrypt', key)).toBe('yes');
    expect(allows(view, 'kms:Encrypt', key)).toBe('no');
  });

  it('says where a statement comes from', () => {
    const view = handler('Policies: [AmazonSQSFullAccess, {KMSDecryptPolicy: {KeyId: !Ref Key}}]');
    expect(statementsOf(view).map(({ origin }) => origin)).toEqual([
      'managed policy AmazonSQSFullAccess',
      'KMSDecryptPolicy of Policies of Handler',
      'managed policy AWSLambdaBasicExecutionRole',
    ]);
  });

  it('cannot say what a role from outside allows', () => {
    expect(allows(handler('Role: !Ref OtherArn'), 'kms:Decrypt', key)).toBe('unknown');
  });
});

describe('the services a function calls', () => {
  it('leaves out what Lambda itself does', () => {
    const view = handler(`
Tracing: Active
DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}
Policies:
  - S3ReadPolicy: {BucketName: x}
  - Statement: [{Effect: Allow, Action: [dynamodb:GetItem, 'dynamodb:Put*'], Resource: '*'}, {Effect: Deny, Action: 'ec2:*', Resource: '*'}]
  - AWSLambdaVPCAccessExecutionRole`);
    expect(servicesCalled(view).map(({ service, actions }) => [service, actions.length])).toEqual([
      ['dynamodb', 2],
      ['s3', 5],
    ]);
  });
});

describe.skipIf(!hasAccelerator)('the accelerator (passed over: ../shared is not there)', () => {
  it('has 41 functions with a role SAM makes and 4 with one of the template', () => {
    const kinds = acceleratorTree().stacks.flatMap((stack) =>
      [...stack.template.resources.values()]
        .filter(({ type }) => /::Function$/.test(type))
        .map(({ logicalId }) => executionRole(viewResource(stack, logicalId)).kind),
    );
    expect(kinds.filter((kind) => kind === 'generated')).toHaveLength(41);
    expect(kinds.filter((kind) => kind === 'resource')).toHaveLength(4);
  });

  it('has nine functions with variables whose role cannot decrypt', () => {
    const keys = [
      'CustomerManagedEncryptionKey',
      'CustomerManagedEncryptionKeyArn',
      'pCustomerManagedEncryptionKeyArn',
    ];
    const lacking = acceleratorTree().stacks.flatMap((stack) => {
      const name =
        keys.find((id) => stack.template.resources.has(id) || stack.template.parameters.has(id)) ?? 'none';
      const wanted: Value = stack.template.parameters.has(name)
        ? { Ref: name }
        : { 'Fn::GetAtt': [name, 'Arn'] };
      return [...stack.template.resources.values()]
        .filter(({ type, properties }) => /::Function$/.test(type) && properties.Environment !== undefined)
        .filter(({ logicalId }) => allows(viewResource(stack, logicalId), 'kms:Decrypt', wanted) !== 'yes')
        .map(({ logicalId }) => logicalId);
    });
    expect(lacking.sort()).toEqual([
      'BDAProjectLambda',
      'CognitoUserPoolEmailDomainVerifyFunction',
      'CreateOSSIndexLambdaFunction',
      'DashboardMergerFunction',
      'GetAdjustedStackNameFunction',
      'GetSeedUrlsFunction',
      'IPSetUpdaterFunction',
      'StacknameCheckFunction',
      'StartIngestionJobFunction',
    ]);
  });
});
