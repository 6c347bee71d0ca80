import { describe, expect, it } from 'vitest';
import { stackId } from '../changeset/scripted-account.js';
import { failure, json, type Reply, type Script, wire, xml } from '../changeset/wire.js';
import { runInProcess } from '../cli/run-in-process.js';
import {
  action,
  alarm,
  deployedApp,
  functionConfiguration,
  keyPolicy,
  metrics,
  queueAttributes,
  sendingPolicy,
  since,
  subscriptions,
  template,
  topicArn,
  topicAttributes,
} from './deployed-app.js';

interface Shown {
  readonly check: string;
  readonly logicalId: string | null;
  readonly status: string;
  readonly because: string;
}

/** Every call of a verification: nothing but reading. */
const allowed = [
  'sts:GetCallerIdentity',
  'iam:ListAccountAliases',
  'cloudformation:DescribeStacks',
  'cloudformation:GetTemplate',
  'cloudformation:ListStackResources',
  'monitoring:DescribeAlarms',
  'monitoring:DescribeAlarmHistory',
  'monitoring:GetMetricData',
  'sns:GetTopicAttributes',
  'sns:ListSubscriptionsByTopic',
  'sqs:GetQueueAttributes',
  'kms:DescribeKey',
  'kms:GetKeyPolicy',
  'cloudtrail:LookupEvents',
  'lambda:GetFunctionConfiguration',
  'lambda:GetFunctionConcurrency',
  'lambda:GetFunctionCodeSigningConfig',
  'lambda:GetCodeSigningConfig',
  'lambda:GetEventSourceMapping',
  'signer:GetSigningProfile',
  'kms:GetKeyRotationStatus',
  'logs:DescribeSubscriptionFilters',
  'logs:DescribeLogGroups',
  'logs:DescribeLogStreams',
  'budgets:DescribeNotificationsForBudget',
  'budgets:DescribeSubscribersForNotification',
];

/** Asked where there is a record of a change set: `promised.test.ts`. */
const ofRecords = ['cloudformation:DescribeChangeSet', 'cloudformation:DescribeStackEvents'];

async function verify(script: Script, ...words: readonly string[]) {
  const line = wire(script, { allowed });
  const ran = await runInProcess(['verify', '--stack', 'app', ...words], { live: line.live });
  expect(line.forbidden).toEqual([]);
  return { ...ran, line };
}

async function proofs(
  script: Script,
): Promise<{ readonly exitCode: number; readonly proofs: readonly Shown[] }> {
  const { exitCode, data, notes } = await verify(script, '--format', 'json');
  if (data === '') throw new Error(notes);
  const { proofs: all } = JSON.parse(data) as { proofs: readonly Shown[] };
  return { exitCode, proofs: all };
}

/** What has no part in the templates as they are written. */
const live = ({ check }: Shown) => !check.startsWith('plan');

/** One call answered otherwise than by an account in which all is well. */
const instead =
  (name: string, reply: Reply): Script =>
  (call) =>
    call.name === name ? reply : undefined;
const metricsInstead =
  (values: Readonly<Record<string, number>>): Script =>
  (call) =>
    call.name === 'monitoring:GetMetricData' ? metrics(values)(call) : undefined;
const configured = (more: object): Script =>
  instead('lambda:GetFunctionConfiguration', json({ ...functionConfiguration, ...more }));
const kmsKey = (more: object): Script =>
  instead(
    'kms:DescribeKey',
    json({
      KeyMetadata: {
        KeyId: 'one',
        Arn: 'arn:aws:kms:eu-west-1:111122223333:key/one',
        KeyState: 'Enabled',
        KeyUsage: 'ENCRYPT_DECRYPT',
        KeySpec: 'SYMMETRIC_DEFAULT',
        KeyManager: 'CUSTOMER',
        ...more,
      },
    }),
  );
const logGroup = (more: object): Script =>
  instead(
    'logs:DescribeLogGroups',
    json({
      logGroups: [
        {
          logGroupName: 'app-logs',
          retentionInDays: 365,
          kmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/one',
          ...more,
        },
      ],
    }),
  );
const warns = instead(
  'lambda:GetCodeSigningConfig',
  json({ CodeSigningConfig: { CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Warn' } } }),
);
const both =
  (...scripts: readonly Script[]): Script =>
  (call, count) => {
    for (const script of scripts) {
      const reply = script(call, count);
      if (reply !== undefined) return reply;
    }
    return undefined;
  };

const deployedToday = xml(
  'DescribeStacks',
  `<Stacks><member><StackId>${stackId}</StackId><StackName>app</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><LastUpdatedTime>2026-01-31T20:00:00Z</LastUpdatedTime></member></Stacks>`,
);

describe('verify', () => {
  it('finds nothing dead where all is well', async () => {
    const found = await proofs(deployedApp());
    expect(found.proofs.filter(live).filter(({ status }) => status === 'dead')).toEqual([]);
    expect(found.proofs.filter(({ status }) => status === 'unknown')).toEqual([]);
    expect(new Set(found.proofs.filter(live).map(({ check }) => check)).size).toBeGreaterThan(12);
  });

  it.each<[situation: string, check: string, logicalId: string, said: string, Script]>([
    [
      'an alarm whose action fails for want of the key',
      'alarm-actions',
      'Alarm',
      'does not have authorization to access the SNS topic encryption key',
      instead(
        'monitoring:DescribeAlarmHistory',
        json({
          AlarmHistoryItems: [
            action(
              'Failed',
              'CloudWatch Alarms does not have authorization to access the SNS topic encryption key.',
            ),
          ],
        }),
      ),
    ],
    ['an alarm whose metric has no data', 'alarm-data', 'Alarm', 'has had no data', metricsInstead({})],
    [
      'an alarm with disabled actions',
      'alarm-actions',
      'Alarm',
      'disabled',
      instead('monitoring:DescribeAlarms', json({ MetricAlarms: [{ ...alarm, ActionsEnabled: false }] })),
    ],
    [
      'an alarm that is gone',
      'alarm-actions',
      'Alarm',
      'no such alarm',
      instead('monitoring:DescribeAlarms', json({ MetricAlarms: [] })),
    ],
    [
      'a subscription that nobody has confirmed',
      'topic-heard',
      'Topic',
      'wait to be confirmed',
      instead('sns:ListSubscriptionsByTopic', subscriptions(`${topicArn}:1`, 'PendingConfirmation')),
    ],
    [
      'a topic that nobody hears',
      'topic-heard',
      'Topic',
      'no one is subscribed',
      instead('sns:ListSubscriptionsByTopic', subscriptions()),
    ],
    [
      'a topic whose key lets CloudWatch out',
      'topic-key',
      'Topic',
      'does not let CloudWatch use it',
      instead('kms:GetKeyPolicy', json({ Policy: keyPolicy('sns.amazonaws.com') })),
    ],
    ['a disabled key', 'key-usable', 'Key', 'is Disabled', kmsKey({ KeyState: 'Disabled' })],
    ['a key that is going', 'key-usable', 'Key', 'PendingDeletion', kmsKey({ KeyState: 'PendingDeletion' })],
    [
      'a key that is denied to somebody',
      'key-denials',
      'Key',
      'was denied to arn:aws:sts::111122223333:assumed-role/fn/x on 2026-01-25',
      instead(
        'cloudtrail:LookupEvents',
        json({
          Events: [
            {
              EventName: 'Decrypt',
              EventTime: since.getTime() / 1_000,
              CloudTrailEvent: JSON.stringify({
                errorCode: 'AccessDenied',
                userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/fn/x' },
              }),
            },
          ],
        }),
      ),
    ],
    [
      'throttling since the reservation',
      'throttles',
      'Fn',
      '7 requests were throttled',
      metricsInstead({ Errors: 0, Throttles: 7 }),
    ],
    [
      'a reservation that somebody has changed',
      'concurrency-as-deployed',
      'Fn',
      'the template reserves 5, and 50 is reserved',
      instead('lambda:GetFunctionConcurrency', json({ ReservedConcurrentExecutions: 50 })),
    ],
    [
      'a function that was stopped',
      'concurrency-as-deployed',
      'Fn',
      'every request is throttled',
      instead('lambda:GetFunctionConcurrency', json({ ReservedConcurrentExecutions: 0 })),
    ],
    [
      'a function whose key is gone',
      'function-runs',
      'Fn',
      'KMSKeyNotFound',
      configured({ State: 'Failed', StateReasonCode: 'KMSKeyNotFound' }),
    ],
    [
      'a retention that somebody has changed',
      'retention-as-deployed',
      'Logs',
      'and they are kept 30 days',
      logGroup({ retentionInDays: 30 }),
    ],
    [
      'a log group whose key was taken away',
      'encryption-as-deployed',
      'Logs',
      'it has none',
      logGroup({ kmsKeyId: undefined }),
    ],
    [
      'a log group with another key',
      'encryption-as-deployed',
      'Logs',
      'and it has arn:aws:kms:eu-west-1:111122223333:key/two',
      logGroup({ kmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/two' }),
    ],
    [
      'an old log group that goes on receiving events',
      'old-log-group',
      'Fn',
      '/aws/lambda/app-fn received events on 2026-01-25',
      instead(
        'logs:DescribeLogStreams',
        json({ logStreams: [{ logStreamName: 'x', lastIngestionTime: since.getTime() }] }),
      ),
    ],
    [
      'messages in a dead-letter queue',
      'dead-letters',
      'Failed',
      '4 messages lie in it',
      instead('sqs:GetQueueAttributes', json({ Attributes: { ApproximateNumberOfMessages: '4' } })),
    ],
    [
      'a dead-letter queue that lets no queue send',
      'dead-letters',
      'Failed',
      'denyAll',
      instead(
        'sqs:GetQueueAttributes',
        json({ Attributes: { RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'denyAll' }) } }),
      ),
    ],
    [
      'events that could not be sent to the dead-letter queue',
      'dead-letters-arrive',
      'Fn',
      '3 failed events could not be sent',
      metricsInstead({ Errors: 0, DeadLetterErrors: 3 }),
    ],
    [
      'a dead-letter target that was taken away',
      'dead-letters-arrive',
      'Fn',
      'and it has none',
      configured({ DeadLetterConfig: undefined }),
    ],
    [
      'unsigned code that is only warned of',
      'code-signed',
      'Fn',
      'deployed all the same (Warn)',
      both(warns, metricsInstead({ Errors: 0, SignatureValidationErrors: 2 })),
    ],
    [
      'a budget that tells nobody',
      'budget-told',
      'Budget',
      '1 of 1 notifications have no subscriber',
      instead('budgets:DescribeSubscribersForNotification', json({ Subscribers: [] })),
    ],
    [
      'a budget without a notification',
      'budget-told',
      'Budget',
      'no notification',
      instead('budgets:DescribeNotificationsForBudget', json({ Notifications: [] })),
    ],
    [
      'a topic whose policy lets CloudWatch out',
      'topic-policy',
      'Topic',
      'does not let cloudwatch.amazonaws.com call sns:Publish',
      instead(
        'sns:GetTopicAttributes',
        topicAttributes({ Policy: sendingPolicy('events', 'sns:Publish', '*') }),
      ),
    ],
    [
      'a topic whose policy is for the alarms of another account',
      'topic-policy',
      'Topic',
      'does not let cloudwatch.amazonaws.com call sns:Publish',
      instead(
        'sns:GetTopicAttributes',
        topicAttributes({
          Policy: sendingPolicy(
            'cloudwatch',
            'sns:Publish',
            'arn:aws:cloudwatch:eu-west-1:999999999999:alarm:*',
          ),
        }),
      ),
    ],
    [
      'a dead-letter queue without a policy, to which a rule sends',
      'dead-letters-admitted',
      'Failed',
      'has no policy that lets events.amazonaws.com send',
      instead('sqs:GetQueueAttributes', queueAttributes({ Policy: '' })),
    ],
    [
      'a dead-letter queue whose policy is for another rule',
      'dead-letters-admitted',
      'Failed',
      'does not let events.amazonaws.com call sqs:SendMessage',
      instead(
        'sqs:GetQueueAttributes',
        queueAttributes({
          Policy: sendingPolicy(
            'events',
            'sqs:SendMessage',
            'arn:aws:events:eu-west-1:111122223333:rule/old-rule',
          ),
        }),
      ),
    ],
    [
      'a dead-letter queue whose key lets EventBridge out',
      'dead-letters-admitted',
      'Failed',
      'does not let EventBridge use it',
      instead('sqs:GetQueueAttributes', queueAttributes({ KmsMasterKeyId: 'one' })),
    ],
    [
      'a dead-letter queue with the key of AWS',
      'dead-letters-admitted',
      'Failed',
      'opens to no other service',
      instead('sqs:GetQueueAttributes', queueAttributes({ KmsMasterKeyId: 'alias/aws/sqs' })),
    ],
    [
      'a subscription filter that was deleted',
      'logs-forwarded',
      'Forward',
      'has no subscription filter app-forward any more',
      instead('logs:DescribeSubscriptionFilters', json({ subscriptionFilters: [] })),
    ],
    [
      'a subscription filter whose function is gone',
      'logs-forwarded',
      'Forward',
      'that it forwards to is not there',
      both(
        instead(
          'logs:DescribeSubscriptionFilters',
          json({
            subscriptionFilters: [
              {
                filterName: 'app-forward',
                destinationArn: 'arn:aws:lambda:eu-west-1:111122223333:function:gone',
              },
            ],
          }),
        ),
        (call) =>
          call.name === 'lambda:GetFunctionConfiguration' && call.path.includes('gone')
            ? {
                ...json({ Message: 'Function not found' }, 404),
                headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
              }
            : undefined,
      ),
    ],
    [
      'an archive that nothing reaches',
      'delivered',
      'Archive',
      'no delivery to S3 has succeeded since 2026-01-20; 9 records came in',
      metricsInstead({ Errors: 0, IncomingRecords: 9, 'DeliveryToS3.Success': 0 }),
    ],
    [
      'a mapping that was switched off',
      'events-read',
      'Read',
      'it is Disabled, so nothing is read from its source',
      instead('lambda:GetEventSourceMapping', json({ State: 'Disabled', LastProcessingResult: 'OK' })),
    ],
    [
      'a mapping that cannot read its source',
      'events-read',
      'Read',
      'PROBLEM: access denied',
      instead(
        'lambda:GetEventSourceMapping',
        json({ State: 'Enabled', LastProcessingResult: 'PROBLEM: access denied' }),
      ),
    ],
    [
      'a key whose rotation was switched off',
      'rotation-as-deployed',
      'Key',
      'the template has the key rotated',
      instead('kms:GetKeyRotationStatus', json({ KeyRotationEnabled: false })),
    ],
    [
      'a code-signing configuration whose profile has ended',
      'code-signed',
      'Fn',
      'no signing profile that it trusts is active (app_profile is Canceled)',
      instead('signer:GetSigningProfile', json({ profileName: 'app_profile', status: 'Canceled' })),
    ],
    [
      'a function that runs and logs nothing',
      'logs-arrive',
      'Fn',
      'it ran 40 times since 2026-01-20, and app-logs has received nothing',
      metricsInstead({ Errors: 0, Invocations: 40 }),
    ],
    [
      'a budget whose topic lets AWS Budgets out',
      'topic-policy',
      'Budget',
      'does not let budgets.amazonaws.com call sns:Publish',
      instead(
        'budgets:DescribeSubscribersForNotification',
        json({ Subscribers: [{ SubscriptionType: 'SNS', Address: topicArn }] }),
      ),
    ],
    [
      'a budget whose topic has a key that lets AWS Budgets out',
      'topic-key',
      'Budget',
      'does not let AWS Budgets use it',
      instead(
        'budgets:DescribeSubscribersForNotification',
        json({ Subscribers: [{ SubscriptionType: 'SNS', Address: topicArn }] }),
      ),
    ],
  ])('finds %s', async (_, check, logicalId, said, script) => {
    const found = await proofs(deployedApp(script));
    const dead = found.proofs.filter(live).filter(({ status }) => status === 'dead');
    const own = dead.find((each) => each.check === check && each.logicalId === logicalId);
    expect(own?.because, JSON.stringify(dead)).toContain(said);
    expect(found.exitCode).toBe(1);
  });

  it('takes the policy that SNS gives a topic for open to CloudWatch', async () => {
    const everybody = JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: ['SNS:Publish', 'SNS:Subscribe'],
          Resource: topicArn,
          Condition: { StringEquals: { 'AWS:SourceOwner': '111122223333' } },
        },
      ],
    });
    const script = instead('sns:GetTopicAttributes', topicAttributes({ Policy: everybody }));
    const found = await proofs(deployedApp(script));
    expect(found.proofs.find(({ check }) => check === 'topic-policy')?.status).toBe('alive');
  });

  it('does not take silence for dead where Lambda may leave its own lines out', async () => {
    const script = both(
      metricsInstead({ Errors: 0, Invocations: 40 }),
      configured({ LoggingConfig: { LogGroup: 'app-logs', LogFormat: 'JSON', SystemLogLevel: 'WARN' } }),
    );
    const found = await proofs(deployedApp(script));
    expect(found.proofs.find(({ check }) => check === 'logs-arrive')?.status).toBe('unproven');
  });

  it('says where nothing has happened that would show', async () => {
    const quiet = both(
      instead(
        'monitoring:DescribeAlarms',
        json({ MetricAlarms: [{ ...alarm, TreatMissingData: 'notBreaching' }] }),
      ),
      instead('monitoring:DescribeAlarmHistory', json({ AlarmHistoryItems: [] })),
      metricsInstead({}),
      warns,
    );
    const found = await proofs(deployedApp(quiet));
    const unproven = found.proofs.filter(({ status }) => status === 'unproven').filter(live);
    expect(unproven.map(({ check }) => check).sort()).toEqual([
      'alarm-actions',
      'alarm-data',
      'code-signed',
      'dead-letters',
      'delivered',
    ]);
  });

  it('finds a fix that a later deployment has taken back', async () => {
    const taken = template.replace('RetentionInDays: 365, ', '');
    const found = await proofs(deployedApp(undefined, taken));
    const dead = found.proofs.filter(({ status, check }) => status === 'dead' && check.startsWith('plan: '));
    expect(dead.map(({ because }) => because).join('\n')).toContain('app.template lacks it for Logs');
  });

  it('takes no alarm for dead on the day of the update', async () => {
    const updated = (call: { readonly name: string }) =>
      call.name === 'cloudformation:DescribeStacks' ? deployedToday : undefined;
    const found = await proofs(deployedApp(both(updated, metricsInstead({}))));
    expect(found.proofs.find(({ check }) => check === 'alarm-data')?.status).toBe('unproven');
  });

  it('counts nothing that happened before the last update', async () => {
    const old = new Date('2026-01-10T00:00:00Z').getTime();
    const found = await proofs(
      deployedApp(instead('logs:DescribeLogStreams', json({ logStreams: [{ lastEventTimestamp: old }] }))),
    );
    expect(found.proofs.find(({ check }) => check === 'old-log-group')?.status).toBe('alive');
  });

  it.each(allowed.slice(5))('goes on without %s, and says what it could not look at', async (name) => {
    const denied = deployedApp((call) => {
      if (call.name !== name) return undefined;
      if (name.startsWith('sns:') || name.startsWith('cloudformation:'))
        return failure('AccessDenied', `not authorized to perform: ${name}`, 403);
      const body = { __type: 'AccessDeniedException', message: `not authorized to perform: ${name}` };
      return { ...json(body, 403), headers: { 'x-amzn-errortype': 'AccessDeniedException' } };
    });
    const found = await proofs(denied);
    const unknown = found.proofs.filter(({ status }) => status === 'unknown');
    expect(unknown.length).toBeGreaterThan(0);
    expect(found.proofs.some(({ status }) => status === 'alive')).toBe(true);
    expect(found.exitCode).toBe(1);
  });

  it('lists every call of a run among the permissions, and no other', async () => {
    const { data } = await verify(() => undefined, '--show-permissions', '--region', 'eu-west-1');
    const { Statement } = JSON.parse(data) as { Statement: readonly { Action: readonly string[] }[] };
    const granted = Statement.flatMap(({ Action }) => Action).sort();
    // Whoever somebody is may always be asked; one action lets a budget be read in every way.
    const actions = allowed
      .filter((name) => name !== 'sts:GetCallerIdentity')
      .map((name) => name.replace('monitoring:', 'cloudwatch:').replace(/^budgets:.*/, 'budgets:ViewBudget'));
    expect(granted).toEqual([...new Set([...actions, ...ofRecords])].sort());
    const { line } = await verify(deployedApp());
    expect(allowed.filter((name) => !line.names().includes(name))).toEqual([]);
  });

  it('is a text, and a document, for others to read', async () => {
    const script = deployedApp(kmsKey({ KeyState: 'Disabled' }));
    const text = await verify(script, '--no-color');
    expect(text.data).toMatch(/^app from 2026-01-20 to 2026-02-01: \d+ dead/);
    expect(text.data.replaceAll(/\n +/g, ' ')).toContain(
      'Key: key-usable: the key arn:aws:kms:eu-west-1:111122223333:key/one is Disabled',
    );
    expect(text.data).toContain('Alarms notify someone: ');
    const { data } = await verify(script, '--format', 'html');
    expect(data).toContain('<h1>app</h1>');
    expect(data).toContain('is Disabled');
    expect(data).toContain('Evidence for the checklist');
  });

  it('shows nothing raw that AWS has answered', async () => {
    const hostile = instead(
      'monitoring:DescribeAlarmHistory',
      json({ AlarmHistoryItems: [action('Failed', '\n::error::forged \u001b[31m<script>')] }),
    );
    const text = await verify(deployedApp(hostile));
    expect(text.data).not.toMatch(/^::error/m);
    expect(text.data).not.toContain('\u001b[31m<script>');
    const { data } = await verify(deployedApp(hostile), '--format', 'html');
    expect(data).not.toContain('<script>\n::');
    expect(data).toContain('&lt;script&gt;');
  });

  it('needs a stack that is there', async () => {
    const missing = instead(
      'cloudformation:DescribeStacks',
      failure('ValidationError', 'Stack app does not exist'),
    );
    const ran = await verify(deployedApp(missing));
    expect([ran.exitCode, ran.notes.includes('there is no stack app')]).toEqual([3, true]);
    const wrong = await runInProcess(['verify', '--stack', 'app', '--days', '0']);
    expect(wrong.exitCode).toBe(2);
  });
});
