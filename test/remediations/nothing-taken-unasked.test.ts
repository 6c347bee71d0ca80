import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { acceleratorTree, treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

/**
 * Kinds D and P: a fix takes nothing away unasked, be it executions that functions run on, or data that is deleted sooner or
 * kept longer than the template promises.
 */

const product = { version: '0', remediations, policiesFolder: 'policies' };

/** By resource: the class of its patch, or its verdict where there is none. */
async function classes(
  tree: ReturnType<typeof treeOf>,
  policyText: string,
  id = 'lambda-reserved-concurrency',
) {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const { document } = buildPlan(tree, policy, remediations, {
    version: '0',
    today: '2026-01-01',
    only: [id],
  });
  return document.stacks.flatMap(({ findings, patches }) =>
    findings.map(({ logicalId, verdict, because, patch, target }) => {
      const { risk = verdict, riskBecause = [], cost } = patches.find(({ id }) => id === patch) ?? {};
      return { logicalId, class: risk, because, why: riskBecause.join('\n'), target, cost };
    }),
  );
}

const concurrency = (target: string, account = '') =>
  `${account === '' ? '' : `account: ${account}\n`}remediations: {lambda-reserved-concurrency: ${target}}`;

const plain = 'Handler: a.b, Runtime: python3.13, CodeUri: src';

function behindQueues(count: number): string {
  const resources = Array.from(
    { length: count },
    (_, index) => `  Q${index}: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 360}}
  F${index}:
    Type: AWS::Serverless::Function
    Properties: {${plain}, Timeout: 60, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q${index}.Arn}}}}
`,
  );
  return `Transform: AWS::Serverless-2016-10-31\nResources:\n${resources.join('')}`;
}

const oneFunction = (properties: string, further = '') =>
  `Transform: AWS::Serverless-2016-10-31\nResources:\n  Front: {Type: AWS::Serverless::Function, Properties: {${plain}, ${properties}}}\n${further}`;

describe('a budget that does not reach for all', () => {
  const many = treeOf({ 'template.yaml': behindQueues(30) });

  test('is not spent, and the finding says what to ask for', async () => {
    const found = await classes(many, '{}');
    expect(found).toHaveLength(30);
    for (const { class: risk, because } of found) {
      expect(risk).toBe('manual');
      expect(because).toContain('30 functions without a reservation bring the total to 1500');
      expect(because).toContain(
        '900 can be reserved (assumed limit 1000, 100 unreserved, 0 reserved elsewhere)',
      );
      expect(because).toContain('--desired-value 1600');
    }
  });

  test('is given out by priority with approval only, which is told what remains for the others', async () => {
    const found = await classes(many, concurrency('{whenShort: by-priority}'));
    const served = found.filter(({ class: risk }) => risk === 'review');
    expect(served).toHaveLength(18);
    expect(served[0]?.why).toContain('12 of 30 functions without a reservation share 100 executions');
    expect(found.filter(({ class: risk }) => risk === 'manual')).toHaveLength(12);
  });

  test('leaves the pool of the policy, with approval only', async () => {
    const found = await classes(many, concurrency('{whenShort: keep-pool, pool: 400}'));
    const served = found.filter(({ class: risk }) => risk === 'review');
    expect(served).toHaveLength(12);
    expect(served[0]?.why).toContain('18 of 30 functions without a reservation share 400 executions');
    expect(found.filter(({ class: risk }) => risk === 'manual')).toHaveLength(18);
  });

  test('has nothing to give where the pool is all there is', async () => {
    const found = await classes(many, concurrency('{whenShort: keep-pool, pool: 1000}'));
    expect(found.every(({ class: risk }) => risk === 'manual')).toBe(true);
  });

  test('is too small where what others have reserved makes it so', async () => {
    const few = treeOf({ 'template.yaml': behindQueues(4) });
    expect((await classes(few, '{}')).every(({ class: risk }) => risk === 'safe')).toBe(true);
    const taken = await classes(few, 'account: {reservedElsewhere: 750}');
    expect(taken.every(({ class: risk }) => risk === 'manual')).toBe(true);
  });

  test.skipIf(!existsSync('../shared/data/idp-v0.3.4/template.yaml'))(
    'reaches for every function of the accelerator v0.3.4',
    async () => {
      const found = await classes(acceleratorTree(), '{}');
      const count = (risk: string) => found.filter((each) => each.class === risk).length;
      expect([count('safe'), count('review'), count('manual')]).toEqual([44, 1, 0]);
    },
  );
});

describe('a function that is given less than it has or is asked for needs approval', () => {
  const one = async (properties: string, further = '', policy = '{}') => {
    const [found] = await classes(treeOf({ 'template.yaml': oneFunction(properties, further) }), policy);
    return found;
  };
  const api = 'Events: {Get: {Type: HttpApi}}';

  test('a smaller number than somebody chose', async () => {
    const change = concurrency('{outOfRange: change}');
    expect(await one(`${api}, ReservedConcurrentExecutions: 400`, '', change)).toMatchObject({
      class: 'review',
      why: expect.stringContaining('400 times at once today, and 20 times then'),
    });
    expect(await one(`${api}, ReservedConcurrentExecutions: 5`, '', change)).toMatchObject({ class: 'safe' });
  });

  test('a function somebody switched off stays so', async () => {
    const change = concurrency('{outOfRange: change}');
    const found = await one(`${api}, ReservedConcurrentExecutions: 0`, '', change);
    expect(found).toMatchObject({ class: 'manual' });
  });

  test('a queue that may ask for more', async () => {
    const queue = '  Jobs: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 360}}\n';
    const behind = (most: number) =>
      `Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn, ScalingConfig: {MaximumConcurrency: ${most}}}}}`;
    expect(await one(behind(400), queue)).toMatchObject({ class: 'review', target: 100 });
    expect(await one(behind(60), queue)).toMatchObject({ class: 'safe', target: 60 });
  });

  test('messages that are tried again later', async () => {
    const queue = (properties: string) => `  Jobs: {Type: AWS::SQS::Queue, Properties: {${properties}}}\n`;
    const polled = 'Timeout: 30, Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}';
    const slower = 'a message of Jobs that fails is tried again after 180 s instead of 30 s';
    // Held to what is reserved, nothing is throttled: the finding is the queue's alone.
    expect(await one(`${polled}}`, queue(''))).toMatchObject({ class: 'safe' });
    const mixed = `${polled}, Get: {Type: HttpApi}}`;
    expect(await one(mixed, queue(''))).toMatchObject({ class: 'review', why: slower });
    expect(await one(mixed, queue('VisibilityTimeout: 180'))).toMatchObject({ class: 'safe' });
    const redrive = 'RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}';
    const dead = '  Dead: {Type: AWS::SQS::Queue}\n';
    const tree = treeOf({ 'template.yaml': oneFunction(`${polled}}`, queue(redrive) + dead) });
    expect(await classes(tree, '{}', 'failed-event-destinations')).toMatchObject([
      { logicalId: 'Jobs', class: 'review', why: slower },
    ]);
  });
});

describe('versions in a bucket whose objects expire', () => {
  const buckets = async (resources: string, further = '') => {
    const tree = treeOf({ 'template.yaml': `${further}Resources:\n${resources}` });
    const found = await classes(tree, '{}', 'disaster-recovery');
    return new Map(found.map((each) => [each.logicalId, each]));
  };
  const bucket = (name: string, properties: string) =>
    `  ${name}: {Type: AWS::S3::Bucket, Properties: {${properties}}}\n`;
  const rules = (...each: readonly string[]) => `LifecycleConfiguration: {Rules: [${each.join(', ')}]}`;

  test.each([
    ['days', rules('{Status: Enabled, ExpirationInDays: 30}')],
    ['a date', rules("{Status: Enabled, ExpirationDate: '2027-01-01T00:00:00Z'}")],
    ['a prefix', rules('{Status: Enabled, Prefix: tmp/, ExpirationInDays: 1}')],
    ['a tag', rules('{Status: Enabled, TagFilters: [{Key: a, Value: b}], ExpirationInDays: 1}')],
    ['a status somebody chooses', rules('{Status: !Ref On, ExpirationInDays: 1}')],
    [
      'suspended',
      `${rules('{Status: Enabled, ExpirationInDays: 1}')}, VersioningConfiguration: {Status: Suspended}`,
    ],
    [
      'versions deleted elsewhere only',
      rules(
        '{Status: Enabled, ExpirationInDays: 1}',
        '{Status: Enabled, Prefix: a/, NoncurrentVersionExpiration: {NoncurrentDays: 9}}',
      ),
    ],
  ])('are approved, and come with their own expiry: %s', async (_, properties) => {
    const found = await buckets(bucket('Uploads', properties), 'Parameters: {On: {Type: String}}\n');
    expect(found.get('Uploads')).toMatchObject({
      class: 'review',
      why: expect.stringContaining('deleted 1 day later'),
    });
  });

  test.each([
    [
      'an included lifecycle',
      'LifecycleConfiguration: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}}',
    ],
    ['an included rule', rules('Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}')],
    [
      'versions moved after days nobody knows',
      rules(
        '{Status: Enabled, ExpirationInDays: 1, NoncurrentVersionTransitions: [{StorageClass: GLACIER, TransitionInDays: !Ref Days}]}',
      ),
    ],
    [
      'the newest versions kept',
      rules(
        '{Status: Enabled, ExpirationInDays: 1, NoncurrentVersionExpiration: {NoncurrentDays: 1, NewerNoncurrentVersions: 2}}',
      ),
    ],
  ])('are approved where no expiry can be written: %s', async (_, properties) => {
    const found = await buckets(bucket('Uploads', properties), 'Parameters: {Days: {Type: Number}}\n');
    expect(found.get('Uploads')).toMatchObject({
      class: 'review',
      why: expect.stringContaining('lifecycle of Uploads'),
    });
  });

  test('are approved where another resource may set the lifecycle, in a nested template too', async () => {
    const templates = {
      'template.yaml': `Resources:
${bucket('Uploads', '')}${bucket('Quiet', '')}
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./child.yaml, Parameters: {Bucket: !Ref Uploads}}}
`,
      'child.yaml': `Parameters: {Bucket: {Type: String}}
Resources:
  Expiry: {Type: Custom::Expiry, Properties: {ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:f', Bucket: !Ref Bucket, LifecycleDays: 3}}
`,
    };
    const found = await classes(treeOf(templates), '{}', 'disaster-recovery');
    expect(found).toMatchObject([
      { logicalId: 'Uploads', class: 'review', why: expect.stringContaining('Expiry may set') },
      { logicalId: 'Quiet', class: 'safe' },
    ]);
  });

  test.each([
    [
      'nothing expires',
      rules('{Status: Enabled, Transitions: [{StorageClass: GLACIER, TransitionInDays: 90}]}'),
    ],
    ['the rule is off', rules('{Status: Disabled, ExpirationInDays: 1}')],
    [
      'the rule deletes versions',
      rules('{Status: Enabled, ExpirationInDays: 9, NoncurrentVersionExpiration: {NoncurrentDays: 9}}'),
    ],
    [
      'another rule deletes all versions',
      rules(
        '{Status: Enabled, ExpirationInDays: 9}',
        '{Status: Enabled, NoncurrentVersionExpirationInDays: 9}',
      ),
    ],
    [
      'Object Lock has brought versions already',
      `ObjectLockEnabled: true, ${rules('{Status: Enabled, ExpirationInDays: 9}')}`,
    ],
  ])('are safe where %s', async (_, properties) => {
    expect((await buckets(bucket('Uploads', properties))).get('Uploads')).toMatchObject({ class: 'safe' });
  });
});

describe('a retention that deletes logs', () => {
  const groups = async (resources: string, further = '') => {
    const tree = treeOf({ 'template.yaml': `${further}Resources:\n${resources}` });
    return classes(tree, '{}', 'log-retention');
  };
  const group = (properties: string) =>
    `  Ledger: {Type: AWS::Logs::LogGroup, Properties: {${properties}}}\n`;

  test.each([
    ['kept for ever', 'LogGroupName: /shop/ledger'],
    ['kept for ever in some deployments', 'RetentionInDays: !If [Short, 7, !Ref AWS::NoValue]'],
    ['kept for ever by name', 'LogGroupName: /aws/vendedlogs/x, RetentionInDays: !Ref AWS::NoValue'],
  ])('needs approval, says so, and deletes as little as the policy allows: %s', async (_, properties) => {
    const further = "Parameters: {S: {Type: String}}\nConditions: {Short: !Equals [!Ref S, 'x']}\n";
    const [found] = await groups(group(properties), further);
    expect(found).toMatchObject({
      class: 'review',
      target: 3653,
      why: expect.stringMatching(/^it deletes events of Ledger that are older than 3653 days/),
    });
    expect(found?.cost?.formula).toMatch(/^GB no longer kept/);
  });

  test('is a safe one where logs are kept longer than before', async () => {
    const [found] = await groups(group('RetentionInDays: 30'));
    expect(found).toMatchObject({ class: 'safe', target: 365 });
    expect(found?.cost?.formula).toMatch(/^GB kept longer/);
  });
});

describe('tags on what makes stacks', () => {
  const tags = (resource: string) =>
    classes(
      treeOf({ 'template.yaml': `Resources:\n  Made: ${resource}\n` }),
      'remediations: {resource-tags: {required: {CostCenter: {value: a}}}}',
      'resource-tags',
    );

  test.each([
    [
      'an application',
      "{Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: a, SemanticVersion: '1'}}}",
    ],
    [
      'a product',
      '{Type: AWS::ServiceCatalog::CloudFormationProvisionedProduct, Properties: {ProductName: a}}',
    ],
    [
      'a stack set',
      '{Type: AWS::CloudFormation::StackSet, Properties: {StackSetName: a, PermissionModel: SELF_MANAGED}}',
    ],
  ])('need approval where what is in them is not seen: %s', async (_, resource) => {
    const [found] = await tags(resource);
    expect(found).toMatchObject({
      class: 'review',
      why: expect.stringContaining('tags of Made go to everything'),
    });
  });
});

describe('deletion protection', () => {
  const table =
    'BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: a, AttributeType: S}], KeySchema: [{AttributeName: a, KeyType: HASH}]';
  const one = async (attributes: string, properties = table) => {
    const text = `Resources:\n  T: {Type: AWS::DynamoDB::Table, ${attributes}Properties: {${properties}}}\n`;
    const [found] = await classes(treeOf({ 'template.yaml': text }), '{}', 'disaster-recovery');
    return found;
  };

  test('is a safe one where CloudFormation never deletes', async () => {
    expect(await one('')).toMatchObject({ class: 'safe' });
    expect(await one('DeletionPolicy: Retain, UpdateReplacePolicy: Retain, ')).toMatchObject({
      class: 'safe',
    });
  });

  test.each([
    ['DeletionPolicy: RetainExceptOnCreate, ', table, 'a first creation that fails cannot be rolled back'],
    ['', `TableName: t, ${table}`, 'a first creation that fails cannot be rolled back'],
    ['DeletionPolicy: Snapshot, ', table, 'deleting the stack fails until the protection is switched off'],
    ['UpdateReplacePolicy: Snapshot, ', table, 'an update that replaces it fails'],
  ])('is approved where it stands in the way: %s%s', async (attributes, properties, why) => {
    const found = await one(attributes, properties);
    expect(found).toMatchObject({ class: 'review' });
    expect(found?.why).toContain(why);
  });
});
