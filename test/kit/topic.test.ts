import { describe, expect, test } from 'vitest';
import {
  actionsOf,
  actsOnly,
  foreignKey,
  isSentTo,
  listeners,
  notifiedTopic,
  topicFor,
  topicNamed,
} from '../../remediations/kit/monitoring/topic.js';
import type { Facts, Publisher } from '../../src/remediation.js';
import { factsOf, viewOf } from './facts.js';

const email = 'Subscription: [{Protocol: email, Endpoint: ops@example.com}]';
const topic = (name: string, properties = email, more = '') =>
  `  ${name}: {Type: AWS::SNS::Topic${more}, Properties: {${properties}}}\n`;
const alarm = (name: string, actions: string, more = '') =>
  `  ${name}: {Type: AWS::CloudWatch::Alarm${more}, Properties: {AlarmActions: ${actions}}}\n`;
const nested = (more = '', parameters = '') =>
  `  Child: {Type: AWS::CloudFormation::Stack${more}, Properties: {TemplateURL: b.yaml${parameters}}}\n`;
const onlyOne = ', Condition: IsOne';
const template = (resources: string) =>
  `Parameters: {Choice: {Type: String}, Given: {Type: String}}\nConditions: {IsOne: !Equals [!Ref Choice, one]}\nResources:\n  Any: {Type: AWS::SQS::Queue}\n${resources}`;
const outsideArn = 'arn:aws:sns:eu-central-1:111122223333:ops';

type Templates = Readonly<Record<string, string>>;

async function stackOf(templates: string | Templates, path: string) {
  const texts = typeof templates === 'string' ? { 'a.yaml': template(templates) } : templates;
  const facts = await factsOf(texts);
  const { root, stacks } = facts.tree;
  return { facts, stack: stacks.find((each) => each.template.path === path) ?? root };
}

const decision = 'set remediations.cloudwatch-alarms.emails or .topicArn';

describe('where alarms are sent', () => {
  async function sent(templates: string | Templates, emails: readonly string[] = [], path = 'a.yaml') {
    const { facts, stack } = await stackOf(templates, path);
    return topicFor(stack, { emails }, facts);
  }

  test('the topic of the policy', async () => {
    const { facts, stack } = await stackOf('', 'a.yaml');
    expect(topicFor(stack, { topicArn: outsideArn, emails: [] }, facts)).toEqual({
      value: outsideArn,
      companions: [],
      prerequisites: [
        {
          what: `${outsideArn} lets CloudWatch publish, its key too, and it has a confirmed subscription`,
          check: expect.stringContaining(`--topic-arn ${outsideArn}`),
        },
      ],
    });
  });

  test.each([
    ['nothing', '', ''],
    ['a scaling policy', `  P: {Type: AWS::AutoScaling::ScalingPolicy}\n${alarm('A', '[!Ref P]')}`, ''],
    ['a topic of some deployments', topic('T', email, onlyOne) + alarm('A', '[!Ref T]', onlyOne), ''],
    ['a topic or none', topic('T') + alarm('A', '[!If [IsOne, !Ref T, !Ref "AWS::NoValue"]]'), ''],
    ['a queue', alarm('A', '[!GetAtt Any.Arn]'), ''],
    ['a text', alarm('A', '["arn:aws:sqs:eu-central-1:111122223333:q"]'), ''],
    ['what is not known', alarm('A', '[!Ref Given]'), ''],
    [
      'a topic without a subscription',
      topic('T', '') + alarm('A', '[!Ref T]'),
      ', since T has no subscription',
    ],
    [
      'a subscription in some deployments',
      `${topic('T', '')}  S: {Type: AWS::SNS::Subscription${onlyOne}, Properties: {TopicArn: !Ref T, Protocol: email, Endpoint: a@example.com}}\n${alarm('A', '[!Ref T]')}`,
      ', since T has a subscription in some deployments only',
    ],
    // Kind: of several things only the first is looked at.
    [
      'one topic that is heard, and one that is not',
      topic('T') + topic('U', '') + alarm('A', '[!If [IsOne, !Ref T, !Ref U]]'),
      ', since U has no subscription',
    ],
  ])('is not known: %s', async (_, resources, because) => {
    expect(await sent(resources)).toEqual({ because: `no notification target${because}: ${decision}` });
  });

  test.each([
    ['a topic', topic('T') + alarm('A', '[!Ref T]'), { Ref: 'T' }],
    ['the next one', topic('T') + alarm('A', '[!GetAtt Any.Arn, !Ref T]'), { Ref: 'T' }],
    ['one outside', alarm('A', `['${outsideArn}']`), outsideArn],
    [
      'one of two that are heard',
      topic('T') + topic('U') + alarm('A', '[!If [IsOne, !Ref T, !Ref U]]'),
      { 'Fn::If': ['IsOne', { Ref: 'T' }, { Ref: 'U' }] },
    ],
  ])('is that of the alarms: %s', async (_, resources, value) => {
    expect(await sent(resources)).toEqual({ value, companions: [], prerequisites: [] });
    expect(await sent(resources, ['a@example.com'])).toEqual({ value, companions: [], prerequisites: [] });
  });

  test('is handed down to a template without one', async () => {
    const templates = {
      'a.yaml': template(topic('T') + alarm('A', '[!Ref T]') + nested()),
      'b.yaml': template(''),
    };
    const found = await sent(templates, [], 'b.yaml');
    expect(found).toMatchObject({
      value: { Ref: 'AlarmTopicArn' },
      companions: [{ kind: 'parameter', name: 'AlarmTopicArn' }],
      prerequisites: [],
    });
  });

  // Kind: what is there with its own template is not there with every template that names it.
  test('is no topic of a nested stack that is there in some deployments only', async () => {
    const templates = (more: string) => ({
      'a.yaml': template(nested(more) + alarm('A', '[!GetAtt Child.Outputs.Topic]', more)),
      'b.yaml': `Resources:\n${topic('T')}Outputs: {Topic: {Value: !Ref T}}\n`,
    });
    expect(await sent(templates(onlyOne))).toEqual({ because: `no notification target: ${decision}` });
    expect(await sent(templates(''))).toMatchObject({ value: { 'Fn::GetAtt': ['Child', 'Outputs.Topic'] } });
  });

  test('is a topic under a condition for the nested stack of the same condition', async () => {
    const templates = {
      'a.yaml': template(topic('T', email, onlyOne) + nested(onlyOne, ', Parameters: {Told: !Ref T}')),
      'b.yaml': `Parameters: {Told: {Type: String}}\nResources:\n${alarm('A', '[!Ref Told]')}`,
    };
    expect(await sent(templates, [], 'b.yaml')).toMatchObject({ value: { Ref: 'Told' }, companions: [] });
  });

  test('is a new topic of the root, with the addresses of the policy', async () => {
    expect(await sent('', ['a@example.com'])).toMatchObject({
      value: { Ref: 'AlarmTopic' },
      companions: [{ kind: 'resource', logicalId: 'AlarmTopic', body: { Type: 'AWS::SNS::Topic' } }],
      prerequisites: [],
    });
    const templates = { 'a.yaml': template(nested()), 'b.yaml': template('') };
    expect(await sent(templates, ['a@example.com'], 'b.yaml')).toMatchObject({
      value: { Ref: 'AlarmTopicArn' },
      companions: [{ logicalId: 'AlarmTopic' }, { kind: 'parameter' }],
    });
  });

  const account = `{Effect: Allow, Principal: {AWS: !Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}`;
  const denied = `{Effect: Deny, Principal: '*', Action: 'kms:*', Resource: '*'}`;
  const key = (...statements: readonly string[]) =>
    `  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: '2012-10-17', Statement: [${statements.join(', ')}]}}}\n`;

  test('is a new topic with the key of the template, which lets CloudWatch in', async () => {
    expect(await sent(key(account), ['a@example.com'])).toMatchObject({
      companions: [
        {
          logicalId: 'AlarmTopic',
          body: { Properties: { KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
        },
        { kind: 'statement', logicalId: 'Key' },
      ],
      prerequisites: [],
    });
    expect(await sent(key(account, denied), ['a@example.com'])).toEqual({
      because: expect.stringMatching(/^a new topic would have a key CloudWatch cannot use: .*Key/),
    });
  });
});

describe('what a topic tells somebody', () => {
  const heard = async (properties: string, resources = '') => {
    const { facts } = await stackOf(topic('T', properties) + resources, 'a.yaml');
    return listeners(viewOf(facts, 'T'), facts);
  };
  const subscription = (more = '', told = 'T') =>
    `  S: {Type: AWS::SNS::Subscription${more}, Properties: {TopicArn: !Ref ${told}, Protocol: email, Endpoint: a@example.com}}\n`;
  const item = '{Protocol: email, Endpoint: a@example.com}';
  test.each([
    ['a subscription of its own', email, '', 'always'],
    ['none', '', '', 'none'],
    ['an empty list', 'Subscription: []', '', 'none'],
    [
      'a list under a condition',
      `Subscription: !If [IsOne, [${item}], !Ref "AWS::NoValue"]`,
      '',
      'sometimes',
    ],
    ['an item under a condition', `Subscription: [!If [IsOne, ${item}, !Ref "AWS::NoValue"]]`, '', 'none'],
    ['a resource', '', subscription(), 'always'],
    ['a resource of another topic', '', topic('U', '') + subscription('', 'U'), 'none'],
    ['a resource under a condition', '', subscription(onlyOne), 'sometimes'],
    [
      'a channel',
      '',
      '  C: {Type: AWS::Chatbot::SlackChannelConfiguration, Properties: {SnsTopicArns: [!GetAtt Any.Arn, !Ref T]}}\n',
      'always',
    ],
    [
      'a channel of Teams',
      '',
      '  C: {Type: AWS::Chatbot::MicrosoftTeamsChannelConfiguration, Properties: {SnsTopicArns: [!Ref T]}}\n',
      'always',
    ],
    [
      'a function',
      '',
      '  F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: SNS, Properties: {Topic: !Ref T}}}}}\n',
      'always',
    ],
    [
      'a function with its name, and another event',
      '',
      '  F: {Type: AWS::Serverless::Function, Properties: {Role: !Ref T, Events: {E: {Type: SNS, Properties: {Topic: !Ref Any}}}}}\n',
      'none',
    ],
    [
      'a function with two events',
      '',
      '  F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: SNS, Properties: {Topic: !Ref Any}}, T: {Type: SNS, Properties: {Topic: !Ref T}}}}}\n',
      'always',
    ],
    ['an alarm', '', alarm('A', '[!Ref T]'), 'none'],
  ])('%s', async (_, properties, resources, expected) => {
    expect(await heard(properties, resources)).toBe(expected);
  });
});

describe('what an alarm does', () => {
  const scaling = '  P: {Type: AWS::AutoScaling::ScalingPolicy}\n';
  test.each([
    ['scales', scaling + alarm('A', '[!Ref P]'), true],
    ['stops an instance', alarm('A', "['arn:aws:automate:eu-central-1:ec2:stop']"), true],
    ['tells somebody too', scaling + topic('T') + alarm('A', '[!Ref P, !Ref T]'), false],
    ['tells somebody outside', alarm('A', `['${outsideArn}']`), false],
    ['nothing', alarm('A', '[]'), false],
    ['is not known', alarm('A', '[!Ref Given]'), false],
  ])('%s', async (_, resources, expected) => {
    const { facts } = await stackOf(resources, 'a.yaml');
    expect(actsOnly(viewOf(facts, 'A'), facts)).toBe(expected);
  });

  test('is listed by action', async () => {
    const { facts } = await stackOf(topic('T') + alarm('A', '[!Ref T, x]'), 'a.yaml');
    expect(actionsOf(viewOf(facts, 'A')).map(({ expression }) => expression)).toEqual([{ Ref: 'T' }, 'x']);
  });

  test.each([
    ['AlarmActions', 'AWS::CloudWatch::Alarm', true],
    ['OKActions', 'AWS::CloudWatch::CompositeAlarm', true],
    ['InsufficientDataActions', 'AWS::CloudWatch::Alarm', true],
    ['Other', 'AWS::CloudWatch::Alarm', false],
    ['AlarmActions', 'AWS::SNS::Topic', false],
  ])('is to send to a topic: %s of %s', async (property, type, expected) => {
    const resources = `${topic('T')}  A: {Type: ${type}, Properties: {${property}: [x, !Ref T]}}\n`;
    const { facts } = await stackOf(resources, 'a.yaml');
    expect(isSentTo(viewOf(facts, 'T'), facts)).toBe(expected);
  });
});

describe('a topic that something else notifies', () => {
  async function notified(
    resources: string,
    named = 'from-template',
    by: Publisher = 'events',
    change: (facts: Facts) => Facts = (facts) => facts,
  ) {
    const { facts, stack } = await stackOf(resources, 'a.yaml');
    return notifiedTopic(stack, named, by, { name: 'TopicArn', description: 'a topic' }, change(facts));
  }

  test('by its ARN is a parameter', async () => {
    expect(await notified('', outsideArn)).toMatchObject({
      value: { Ref: 'TopicArn' },
      companions: [{ kind: 'parameter', name: 'TopicArn' }],
      prerequisites: [{ what: expect.stringContaining('lets events.amazonaws.com publish') }],
    });
  });

  test('is let in by a policy of the topic', async () => {
    const found = await notified(topic('T') + alarm('A', '[!Ref T]'));
    expect(found).toMatchObject({ value: { Ref: 'T' }, prerequisites: [] });
    expect('companions' in found && found.companions.length).toBeGreaterThan(0);
  });

  test('outside the templates has to let it in', async () => {
    expect(await notified(alarm('A', `['${outsideArn}']`), 'from-template', 'budgets')).toMatchObject({
      value: outsideArn,
      companions: [],
      prerequisites: [
        { what: expect.stringMatching(/^the topic of the alarms lets budgets.amazonaws.com publish/) },
      ],
    });
  });

  test('is handed down to a nested template without one', async () => {
    const templates = {
      'a.yaml': template(topic('T') + alarm('A', '[!Ref T]') + nested()),
      'b.yaml': template(''),
    };
    const { facts, stack } = await stackOf(templates, 'b.yaml');
    const found = notifiedTopic(stack, 'from-template', 'events', { name: 'N', description: 'd' }, facts);
    expect(found).toMatchObject({
      value: { Ref: 'AlarmTopicArn' },
      companions: [{ kind: 'parameter', name: 'AlarmTopicArn' }, { kind: 'resource' }, { kind: 'statement' }],
    });
  });

  test('under a key of the templates is let in there too', async () => {
    const key = `  Key: {Type: AWS::KMS::Key}\n`;
    const keyed = topic('T', `${email}, KmsMasterKeyId: !GetAtt Key.Arn`);
    const found = await notified(key + keyed + alarm('A', '[!Ref T]'));
    expect(found).toMatchObject({
      companions: expect.arrayContaining([expect.objectContaining({ kind: 'statement', logicalId: 'Key' })]),
      prerequisites: [],
    });
  });

  test('under a key from outside needs its policy', async () => {
    const key = 'arn:aws:kms:eu-central-1:111122223333:key/k';
    const found = await notified(topic('T', `${email}, KmsMasterKeyId: '${key}'`) + alarm('A', '[!Ref T]'));
    expect(found).toMatchObject({
      prerequisites: [{ what: expect.stringContaining('lets events.amazonaws.com use') }],
    });
  });

  test.each([
    ['no alarm of the templates is sent to a topic', ''],
    ['T has no subscription', topic('T', '') + alarm('A', '[!Ref T]')],
    [
      'alarms are sent to one topic or another, by a condition',
      topic('T') + topic('U') + alarm('A', '[!If [IsOne, !Ref T, !Ref U]]'),
    ],
    [
      'the key of T is the one AWS manages, which cannot be opened to events.amazonaws.com',
      topic('T', `${email}, KmsMasterKeyId: alias/aws/sns`) + alarm('A', '[!Ref T]'),
    ],
    [
      'the key of T is the one AWS manages, which cannot be opened to events.amazonaws.com',
      topic('T', `${email}, KmsMasterKeyId: !If [IsOne, alias/aws/sns, !Ref Given]`) + alarm('A', '[!Ref T]'),
    ],
  ])('is none: %s', async (because, resources) => {
    expect(await notified(resources)).toEqual({ because });
  });

  test('is none where its policy keeps the service out', async () => {
    const found = await notified(topic('T') + alarm('A', '[!Ref T]'), 'from-template', 'events', (facts) => ({
      ...facts,
      access: () => ({ answer: 'no', because: 'it is denied' }),
    }));
    expect(found).toEqual({ because: 'it is denied' });
  });
});

test('a topic is named by its ARN', () => {
  expect(
    [outsideArn, 'from-template', 'arn:aws:sqs:x', 'ops'].map((each) => topicNamed.safeParse(each).success),
  ).toEqual([true, true, false, false]);
  expect(foreignKey({ description: 'Key' }).what).toContain('lets cloudwatch.amazonaws.com use kms:Decrypt');
});
