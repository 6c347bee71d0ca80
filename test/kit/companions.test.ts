import { describe, expect, test } from 'vitest';
import {
  emailSubscription,
  emailTopic,
  encryptedTransport,
  failureQueue,
  handDown,
  keptQueue,
  logGroup,
  newSecret,
  outsideArn,
  pollersOf,
  visibilityOf,
} from '../../remediations/kit/companions.js';
import type { Companion, Stack } from '../../src/remediation.js';
import { factsOf, getArn, resourceWith, viewOf } from './facts.js';

const retained = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };

describe('a new resource', () => {
  test('has the condition of what it is for, and no empty properties', async () => {
    const { facts } = await resourceWith('{}');
    const { root } = facts.tree;
    expect(logGroup({ logicalId: 'Logs' }, {})).toEqual({
      kind: 'resource',
      logicalId: 'Logs',
      body: { Type: 'AWS::Logs::LogGroup' },
    });
    expect(
      logGroup({ logicalId: 'Logs', condition: 'IsOne', in: root }, { RetentionInDays: 7 }, retained),
    ).toEqual({
      kind: 'resource',
      logicalId: 'Logs',
      in: root,
      body: {
        Type: 'AWS::Logs::LogGroup',
        Condition: 'IsOne',
        ...retained,
        Properties: { RetentionInDays: 7 },
      },
    });
  });

  test('a queue outlives the stack, and is encrypted', () => {
    expect(keptQueue({ logicalId: 'Q' }, undefined, 14)).toMatchObject({
      body: {
        Type: 'AWS::SQS::Queue',
        ...retained,
        Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 },
      },
    });
    expect(keptQueue({ logicalId: 'Q' }, getArn('Key'), 1, true)).toMatchObject({
      body: {
        Properties: { FifoQueue: true, KmsMasterKeyId: getArn('Key'), MessageRetentionPeriod: 86_400 },
      },
    });
    const texts = [
      keptQueue({ logicalId: 'Q' }, getArn('Key'), 1),
      keptQueue({ logicalId: 'Q' }, undefined, 1),
    ];
    expect(texts.map((each) => JSON.stringify(each)).join()).not.toContain('FifoQueue');
    expect(JSON.stringify(texts[0])).not.toContain('SqsManagedSseEnabled');
  });

  test('nothing reaches a queue unencrypted', () => {
    expect(encryptedTransport({ logicalId: 'P' }, 'Q')).toEqual({
      kind: 'resource',
      logicalId: 'P',
      body: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'Q' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'EnforceSSLOnly',
                Effect: 'Deny',
                Principal: '*',
                Action: 'sqs:*',
                Resource: getArn('Q'),
                Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              },
            ],
          },
        },
      },
    });
  });

  test('a secret is kept, shared and paid once', () => {
    const cost = { monthlyUsd: 0.4, formula: '1 secret' };
    expect(newSecret({ logicalId: 'S' }, { Ref: 'Value' }, cost)).toEqual({
      kind: 'resource',
      logicalId: 'S',
      isShared: true,
      cost,
      body: {
        Type: 'AWS::SecretsManager::Secret',
        ...retained,
        Properties: { SecretString: { Ref: 'Value' } },
      },
    });
  });

  test('a topic tells by e-mail', () => {
    const subscription = { Protocol: 'email', Endpoint: 'ops@example.com' };
    expect(emailTopic({ logicalId: 'T' }, undefined, ['ops@example.com'])).toMatchObject({
      body: { Type: 'AWS::SNS::Topic', Properties: { Subscription: [subscription] } },
    });
    expect(JSON.stringify(emailTopic({ logicalId: 'T' }, undefined, []))).not.toContain('KmsMasterKeyId');
    expect(emailTopic({ logicalId: 'T' }, getArn('Key'), [])).toMatchObject({
      body: { Properties: { KmsMasterKeyId: getArn('Key') } },
    });
    expect(emailSubscription({ logicalId: 'U' }, 'T', 'ops@example.com')).toMatchObject({
      body: { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'T' }, ...subscription } },
    });
  });
});

describe('the queue for failures', () => {
  const made = async (resources: string, senders: readonly ('events' | 'sns')[] = []) => {
    const facts = await factsOf(`Resources:\n  Any: {Type: AWS::SNS::Topic}\n${resources}`);
    return failureQueue(facts.tree.root, facts, 7, senders);
  };
  const named = (queue: string, policy: string) =>
    `  FailedEventsQueue: {Type: ${queue}}\n  FailedEventsQueuePolicy: {Type: ${policy}}\n`;
  const ids = (companions: readonly Companion[]) =>
    companions.map((each) => `${each.kind} ${'logicalId' in each ? each.logicalId : ''}`);

  test('comes with its policy, which others add to', async () => {
    const { arn, companions } = await made('');
    expect(arn).toEqual(getArn('FailedEventsQueue'));
    expect(ids(companions)).toEqual(['resource FailedEventsQueue', 'resource FailedEventsQueuePolicy']);
    expect(companions).toMatchObject([
      { body: { Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 604_800 } } },
      { isShared: true, body: { Properties: { Queues: [{ Ref: 'FailedEventsQueue' }] } } },
    ]);
  });

  test('is made once', async () => {
    expect(await made(named('AWS::SQS::Queue', 'AWS::SQS::QueuePolicy'))).toEqual({
      arn: getArn('FailedEventsQueue'),
      companions: [],
    });
  });

  test.each([
    ['no queue', named('AWS::SNS::Topic', 'AWS::SQS::QueuePolicy')],
    ['a queue without its policy', named('AWS::SQS::Queue', 'AWS::SNS::Topic')],
    ['a queue alone', '  FailedEventsQueue: {Type: AWS::SQS::Queue}\n'],
  ])('has another name where that is taken: %s', async (_, resources) => {
    const { arn, companions } = await made(resources);
    expect(arn).toEqual(getArn('FailedEventsQueue2'));
    expect(ids(companions)).toEqual(['resource FailedEventsQueue2', 'resource FailedEventsQueue2Policy']);
  });

  test('admits each sender once, from the account alone', async () => {
    const { companions } = await made(named('AWS::SQS::Queue', 'AWS::SQS::QueuePolicy'), [
      'events',
      'sns',
      'events',
    ]);
    expect(companions).toHaveLength(2);
    expect(companions[0]).toEqual({
      kind: 'statement',
      logicalId: 'FailedEventsQueuePolicy',
      path: ['Properties', 'PolicyDocument', 'Statement'],
      statement: {
        Sid: 'AllowEventBridge',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: getArn('FailedEventsQueue'),
        Condition: {
          ArnLike: {
            'aws:SourceArn': {
              'Fn::Sub': 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:*',
            },
          },
        },
      },
    });
    expect(companions[1]).toMatchObject({ statement: { Sid: 'AllowSNS' } });
  });
});

describe('a value of the root', () => {
  const nested = (name: string, file: string) =>
    `  ${name}: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ${file}}}\n`;
  const templates = {
    'a.yaml': `Resources:\n${nested('One', 'one.yaml')}${nested('Two', 'two.yaml')}`,
    'one.yaml': `Resources:\n${nested('Leaf', 'leaf.yaml')}`,
    'two.yaml': `Resources:\n${nested('Leaf', 'leaf.yaml')}`,
    'leaf.yaml': 'Resources:\n  Logs: {Type: AWS::Logs::LogGroup}\n',
  };
  const definition = { Type: 'String' };
  const inRoot = () => ({ value: { Ref: 'Root' }, companions: [] });

  const parameters = (companions: readonly Companion[], parents: readonly Stack[]) =>
    companions.map((each) =>
      each.kind === 'parameter'
        ? [each.in?.template.path, each.name, ...parents.map((parent) => each.passed?.(parent))]
        : [],
    );

  test('is a parameter of every template on the way down, once', async () => {
    const { root, stacks } = (await factsOf(templates)).tree;
    const leaf = stacks.find(({ template }) => template.path === 'leaf.yaml') ?? root;
    const { value, companions } = handDown(leaf, 'Name', definition, inRoot);
    expect(value).toEqual({ Ref: 'Name' });
    expect(parameters(companions, stacks)).toEqual([
      ['one.yaml', 'Name', { Ref: 'Root' }, undefined, undefined, undefined],
      ['two.yaml', 'Name', { Ref: 'Root' }, undefined, undefined, undefined],
      ['leaf.yaml', 'Name', undefined, { Ref: 'Name' }, { Ref: 'Name' }, undefined],
    ]);
    expect(handDown(root, 'Name', definition, inRoot)).toEqual(inRoot());
  });

  test('is turned into what a parameter can be given, and worked out once for each template', async () => {
    const { root, stacks } = (await factsOf(templates)).tree;
    const leaf = stacks.find(({ template }) => template.path === 'leaf.yaml') ?? root;
    const asked: string[] = [];
    const ask = (stack: Stack) => {
      asked.push(stack.template.path);
      return { value: ['x'], companions: [{ kind: 'condition', name: 'C', definition: true } as const] };
    };
    const joined = handDown(leaf, 'Name', definition, ask, (value) => ({ 'Fn::Join': [',', value] }));
    expect(joined.companions.map(({ kind }) => kind)).toEqual([
      'condition',
      'parameter',
      'condition',
      'parameter',
      'parameter',
    ]);
    expect(parameters(joined.companions.slice(1, 2), [root])).toEqual([
      ['one.yaml', 'Name', { 'Fn::Join': [',', ['x']] }],
    ]);
    expect(asked).toEqual(['a.yaml', 'a.yaml']);
  });

  test('from outside is a parameter that whoever deploys can change', async () => {
    const { root, stacks } = (await factsOf(templates)).tree;
    const [, one = root] = stacks;
    const arn = 'arn:aws:sns:eu-central-1:111122223333:ops';
    const { value, companions } = outsideArn({ root }, one, 'TopicArn', 'the topic', arn);
    expect(value).toEqual({ Ref: 'TopicArn' });
    expect(companions).toMatchObject([
      {
        kind: 'parameter',
        name: 'TopicArn',
        definition: { Type: 'String', Description: 'the topic', Default: arn },
        in: root,
      },
      {
        kind: 'parameter',
        name: 'TopicArn',
        definition: { Type: 'String', Description: 'the topic' },
        in: one,
      },
    ]);
  });

  test.each([
    ['with this default', ', Default: the-arn', { Ref: 'TopicArn' }],
    ['with another default', ', Default: other', 'the-arn'],
    ['without one', '', 'the-arn'],
  ])('meets a parameter of that name %s', async (_, more, expected) => {
    const { tree } = await factsOf(
      `Parameters: {TopicArn: {Type: String${more}}}\nResources: {T: {Type: AWS::SNS::Topic}}\n`,
    );
    const { value, companions } = outsideArn(tree, tree.root, 'TopicArn', 'd', 'the-arn');
    expect(value).toEqual(expected);
    expect(companions).toHaveLength(typeof expected === 'string' ? 0 : 1);
  });
});

describe('how long a queue hides a message', () => {
  const worker = (name: string, timeout: string) =>
    `  ${name}: {Type: AWS::Lambda::Function, Properties: {Role: 'arn:aws:iam::111122223333:role/r', Handler: a.b, Runtime: python3.13, Code: {S3Bucket: b, S3Key: k}${timeout}}}\n`;
  const mapping = (name: string, window = '') =>
    `  ${name}Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref ${name}, EventSourceArn: !GetAtt It.Arn${window}}}\n`;
  const polled = (timeout: string, window = '', name = 'Work') =>
    worker(name, timeout) + mapping(name, window);
  const window = (seconds: string) => `, MaximumBatchingWindowInSeconds: ${seconds}`;

  async function visibility(properties: string, resources: string) {
    const { facts, it } = await resourceWith(properties, 'AWS::SQS::Queue', resources);
    return visibilityOf(it, facts);
  }

  test.each([
    ['nobody polls it', '{}', worker('Work', ', Timeout: 900')],
    ['six times is 30 s', '{}', polled(', Timeout: 5')],
    ['functions have 3 s', '{VisibilityTimeout: 18}', polled('')],
    ['what is gathered counts', '{VisibilityTimeout: 22}', polled('', window('4'))],
    ['it is longer', "{VisibilityTimeout: '5400'}", polled(', Timeout: 900')],
    ['all that Lambda allows', '{VisibilityTimeout: 5400}', polled(', Timeout: !Ref Given')],
    ['all that Lambda gathers', '{VisibilityTimeout: 318}', polled('', window('!Ref Given'))],
  ])('is enough: %s', async (_, properties, resources) => {
    expect(await visibility(properties, resources)).toEqual({ kind: 'enough' });
  });

  test('is short against the function that needs most', async () => {
    const found = await visibility(
      '{}',
      polled(', Timeout: 6') + polled(', Timeout: 60', window('10'), 'Slow'),
    );
    expect(found).toMatchObject({
      kind: 'short',
      because: expect.stringContaining(
        'after 30 s, sooner than six times the timeout of Slow (60 s) and the 10 s messages are gathered:',
      ),
      slower: 'a message of It that fails is tried again after 370 s instead of 30 s',
      edit: { logicalId: 'It', path: ['Properties', 'VisibilityTimeout'], value: 370, individual: true },
    });
    const satisfied = found.kind === 'short' ? found.edit.isSatisfiedBy : undefined;
    expect(
      [
        { kind: 'value', value: 370 },
        { kind: 'value', value: 369 },
        { kind: 'absent' },
        { kind: 'unknown' },
      ].map((outcome) => satisfied?.(outcome as never)),
    ).toEqual([true, false, false, false]);
  });

  test('is short in the branch that has least, for the largest timeout', async () => {
    expect(
      await visibility(
        '{VisibilityTimeout: !If [IsOne, 100, 20]}',
        polled(', Timeout: !If [IsOne, 4, 12]', window('!If [IsTwo, 1, !Ref "AWS::NoValue"]')),
      ),
    ).toMatchObject({ kind: 'short', because: expect.stringContaining('after 20 s'), edit: { value: 73 } });
  });

  test('holds up a group of a FIFO queue', async () => {
    expect(await visibility('{FifoQueue: true}', polled(', Timeout: 60'))).toMatchObject({
      slower: expect.stringMatching(/instead of 30 s, and the messages of its group wait as long$/),
    });
  });

  // Kind: what is not known counts as what is absent.
  test.each([
    ['its own', '{VisibilityTimeout: !Ref Given}', polled(''), 'six times the timeout of Work (3 s)'],
    [
      'the timeout',
      '{}',
      polled(', Timeout: !Ref Given'),
      'six times the timeout of Work which is not known',
    ],
    [
      'one branch of the timeout',
      '{}',
      polled(', Timeout: !If [IsOne, !Ref Given, 3]'),
      'six times the timeout of Work which is not known',
    ],
    [
      'how long messages are gathered',
      '{VisibilityTimeout: 30}',
      polled('', window('!Ref Given')),
      'six times the timeout of Work (3 s) and the time messages are gathered',
    ],
  ])('is not known: %s', async (_, properties, resources, long) => {
    expect(await visibility(properties, resources)).toEqual({
      kind: 'unknown',
      because: `whether it hides a message as long as ${long} is not known`,
    });
  });

  test('is not known of its own where nobody polls it', async () => {
    expect(await visibility('{VisibilityTimeout: !Ref Given}', '')).toEqual({ kind: 'enough' });
  });

  test('one function that is known to need more decides', async () => {
    expect(
      await visibility('{}', polled(', Timeout: !Ref Given') + polled(', Timeout: 60', '', 'Slow')),
    ).toMatchObject({ kind: 'short', edit: { value: 360 } });
  });

  test('pollers are those of the queue, in tree order', async () => {
    const other = '  Other: {Type: AWS::SQS::Queue}\n';
    const rule =
      '  Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day), Targets: [{Id: a, Arn: !GetAtt Work.Arn}]}}\n';
    const sam = (name: string, queue: string) =>
      `  ${name}: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.13, CodeUri: ., Events: {E: {Type: SQS, Properties: {Queue: !GetAtt ${queue}.Arn, MaximumBatchingWindowInSeconds: 9}}}}}\n`;
    const { facts, it } = await resourceWith(
      '{}',
      'AWS::SQS::Queue',
      other + polled('', window('4')) + sam('Sam', 'It') + sam('Elsewhere', 'Other') + rule,
    );
    expect(
      pollersOf(it, facts).map(({ worker: { logicalId }, windowSeconds }) => [logicalId, windowSeconds]),
    ).toEqual([
      ['Work', 4],
      ['Sam', 9],
    ]);
    expect(pollersOf(viewOf(facts, 'Other'), facts).map(({ worker: { logicalId } }) => logicalId)).toEqual([
      'Elsewhere',
    ]);
    expect(pollersOf(viewOf(facts, 'Work'), facts)).toEqual([]);
  });
});
