import { describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { documentLength } from '../../src/analysis/policy-quotas.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

const root = '{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "kms:*", Resource: "*"}';

/** That let accounts in, as many as are wanted. */
function statements(count: number, action: string): string {
  return Array.from(
    { length: count },
    (_, at) =>
      `{ Sid: S${at}, Effect: Allow, Principal: { AWS: '${111122220000 + at}' }, Action: '${action}', Resource: '*' }`,
  ).join(', ');
}

/** What becomes of a template, by the first finding of a remediation that is no pass. */
async function becauseOf(template: string, only: string, text?: string): Promise<string | undefined> {
  const options = { version: '0', today: '2026-01-01', includeReview: true, only: [only] };
  const product = { remediations, policiesFolder: 'policies' };
  const files = text === undefined ? nodeFiles() : memoryFiles({ ...presetFiles, 'policy.yaml': text });
  const named = text === undefined ? 'production' : 'policy.yaml';
  const policy = await loadPolicy(files, product, { named, folder: '.' });
  const plan = buildPlan(treeOf({ 'template.yaml': template }), policy, remediations, options);
  const found = plan.document.stacks.flatMap(({ findings }) => findings);
  const finding = found.find(({ verdict }) => verdict !== 'compliant');
  return finding && `${finding.verdict}: ${finding.because}`;
}

describe('quotas of IAM and of policies (kind K)', () => {
  const role = (characters: number, more = '') => `
Resources:
  Key: { Type: AWS::KMS::Key }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies:
        - PolicyName: long
          PolicyDocument: { Statement: [{ Effect: Deny, Action: '${'x'.repeat(characters)}', Resource: '*' }] }
  Worker:
    Type: AWS::Lambda::Function
    Properties: { Role: !GetAtt Role.Arn, Environment: { Variables: { A: b } } }
${more}`;

  it('let a role have one more statement as long as there is room', async () => {
    expect(await becauseOf(role(9_000), 'lambda-environment-encryption')).toMatch(/^fixable/);
  });

  it('refuse one that would be too much, with the figures', async () => {
    const because = await becauseOf(role(10_100), 'lambda-environment-encryption');
    expect(because).toMatch(
      /^manual: .*the inline policies of Role would have about 10\d{3} characters, and IAM takes 10240 for a role/,
    );
  });

  it('count what is attached by a resource of its own', async () => {
    const attached = `  More:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !Ref Role
      PolicyName: more
      PolicyDocument: { Statement: [{ Effect: Deny, Action: '${'y'.repeat(5_100)}', Resource: '*' }] }
`;
    expect(await becauseOf(role(5_000), 'lambda-environment-encryption')).toMatch(/^fixable/);
    expect(await becauseOf(role(5_000, attached), 'lambda-environment-encryption')).toMatch(/^manual/);
  });

  it('hold for the policy of a key', async () => {
    const key = (characters: number) => `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - ${root}
          - {Sid: '${'s'.repeat(characters)}', Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: 'kms:*'}
  Logs: { Type: AWS::Logs::LogGroup }
`;
    expect(await becauseOf(key(30_000), 'log-group-encryption')).toMatch(/^fixable/);
    expect(await becauseOf(key(32_600), 'log-group-encryption')).toMatch(
      /^manual: .*the policy of Key would have about 3\d{4} bytes, and AWS::KMS::Key takes 32768/,
    );
  });

  it.each<
    [
      quota: string,
      only: string,
      policy: string | undefined,
      at: (size: number) => string,
      fits: number,
      refusal: RegExp,
    ]
  >([
    [
      '20 statements of the policy of a queue',
      'failed-event-destinations',
      undefined,
      (size) => `
Resources:
  FailedEventsQueue: { Type: AWS::SQS::Queue }
  FailedEventsQueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref FailedEventsQueue]
      PolicyDocument: { Statement: [${statements(size, 'sqs:SendMessage')}] }
  Rule:
    Type: AWS::Events::Rule
    Properties: { ScheduleExpression: rate(1 day), Targets: [{ Id: a, Arn: !GetAtt Worker.Arn }] }
  Worker: { Type: AWS::Lambda::Function, Properties: { Role: arn:aws:iam::111122223333:role/r } }
`,
      19,
      /would have 21 statements, and AWS::SQS::QueuePolicy takes 20/,
    ],
    [
      '100 statements of the policy of a topic',
      'cloudwatch-alarms',
      'extends: production\nremediations: {cloudwatch-alarms: {emails: [a@example.com]}}\n',
      (size) => `
Resources:
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: { Namespace: Shop, MetricName: Failures, Statistic: Maximum, Period: 60, EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: GreaterThanThreshold, AlarmActions: [!Ref Topic] }
  Topic: { Type: AWS::SNS::Topic, Properties: { Subscription: [{ Protocol: email, Endpoint: a@example.com }] } }
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument: { Statement: [${statements(size, 'sns:Publish')}] }
`,
      99,
      /would have 101 statements, and AWS::SNS::TopicPolicy takes 100/,
    ],
    [
      '50 tags of a resource',
      'resource-tags',
      'extends: production\nremediations: {resource-tags: {required: {Owner: {value: a}}}}\n',
      (size) => `
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: { Tags: [${Array.from({ length: size }, (_, at) => `{ Key: k${at}, Value: v }`).join(', ')}] }
`,
      49,
      /more than 50 tags/,
    ],
    [
      '2 subscriptions of a log group',
      'log-retention',
      'extends: production\nremediations: {log-retention: {archive: {destinationArn: "arn:aws:firehose:eu-west-1:111122223333:deliverystream/a", roleArn: "arn:aws:iam::111122223333:role/r"}}}\n',
      (size) => `
Resources:
  AuditLogs: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: 731 } }
${Array.from({ length: size }, (_, at) => `  Filter${at}: { Type: AWS::Logs::SubscriptionFilter, Properties: { LogGroupName: !Ref AuditLogs, FilterPattern: '', DestinationArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f${at}' } }`).join('\n')}
`,
      1,
      /it has 2 subscriptions, the most it can have/,
    ],
    [
      '10 managed policies of a role that SAM makes',
      'lambda-vpc',
      'extends: production\nremediations: {lambda-vpc: {scope: all, subnetIds: [subnet-1, subnet-2], securityGroupIds: [sg-1], reachable: [nat]}}\n',
      (size) => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.13
      CodeUri: s3://b/k
      Policies: [${Array.from({ length: size }, (_, at) => `Policy${at}`).join(', ')}]
`,
      8,
      /SAM would attach 11 managed policies to the role of Worker, and IAM takes 10/,
    ],
  ])('%s', async (_, only, policy, at, fits, refusal) => {
    expect(await becauseOf(at(fits), only, policy)).toMatch(/^fixable/);
    const because = await becauseOf(at(fits + 1), only, policy);
    expect(because).toMatch(/^manual/);
    expect(because).toMatch(refusal);
  });

  it('measure a document without its blanks, and names by what they come to', () => {
    const { root: stack } = treeOf({ 'template.yaml': 'Resources: { Q: { Type: AWS::SQS::Queue } }' });
    const text = '{"Effect":"Allow","Action":["sqs:SendMessage"],"Resource":"*"}';
    expect(Math.abs(documentLength(JSON.parse(text), stack) - text.length)).toBeLessThan(8);
    const named = documentLength({ 'Fn::GetAtt': ['Q', 'Arn'] }, stack);
    expect(named).toBeGreaterThan('arn:aws:sqs:eu-west-1:111122223333:'.length);
  });
});
