import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { isMap, type ValueMap } from '../../src/document/value.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';
import { evaluatePoints, play, type Sample, type State, type Transition, variants } from './cloudwatch.js';

/** Plays metrics against the alarms that are written: they go off in time, end again, and are silent otherwise. */
const template = `Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Handler: a.b, CodeUri: src}
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 29, FunctionUrlConfig: {AuthType: AWS_IAM}}
  Worker:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 900, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}}}
  Nightly:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 900, Events: {N: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}}
  Reader:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 60, Events: {S: {Type: DynamoDB, Properties: {Stream: !GetAtt Items.StreamArn, StartingPosition: LATEST}}}}
  Setup:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 300}
  Done: {Type: 'Custom::Setup', Properties: {ServiceToken: !GetAtt Setup.Arn}}
  Orders:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 5}}
  Failed: {Type: AWS::SQS::Queue}
  Asker:
    Type: AWS::Serverless::Function
    Properties:
      CodeSigningConfigArn: !Ref Signing
      FunctionUrlConfig: {AuthType: AWS_IAM}
      Policies: [{Version: '2012-10-17', Statement: [{Effect: Allow, Action: bedrock:InvokeModel, Resource: '*'}]}]
  Signing:
    Type: AWS::Lambda::CodeSigningConfig
    Properties:
      AllowedPublishers: {SigningProfileVersionArns: ['arn:aws:signer:us-east-1:111122223333:/signing-profiles/platform/AbCdEf1234']}
      CodeSigningPolicies: {UntrustedArtifactOnDeployment: Warn}
  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {RoleArn: 'arn:aws:iam::111122223333:role/r', DefinitionString: '{}'}}
  Hourly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 hour)
      FlexibleTimeWindow: {Mode: 'OFF'}
      Target: {Arn: !GetAtt Asker.Arn, RoleArn: 'arn:aws:iam::111122223333:role/r'}
  Changes: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.s3]}, Targets: [{Id: a, Arn: !GetAtt Asker.Arn}]}}
  Release: {Type: AWS::CodePipeline::Pipeline, Properties: {PipelineType: V2, RoleArn: 'arn:aws:iam::111122223333:role/r', ArtifactStore: {Type: S3, Location: b}, Stages: []}}
  Items:
    Type: AWS::DynamoDB::Table
    Properties: {BillingMode: PAY_PER_REQUEST, StreamSpecification: {StreamViewType: NEW_IMAGE}}
`;

async function alarmsWith(grouping: string): Promise<ReadonlyMap<string, ValueMap>> {
  const text = `remediations: {cloudwatch-alarms: {topicArn: 'arn:aws:sns:eu-central-1:111122223333:ops', grouping: ${grouping}}}`;
  const files = memoryFiles({ ...presetFiles, 'p.yaml': text });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const only = ['cloudwatch-alarms'];
  const options = { version: '0', today: '2026-01-01', includeReview: true, only };
  const { files: patched } = buildPlan(treeOf({ 'template.yaml': template }), policy, remediations, options);
  const { root } = treeOf({ 'template.yaml': patched[0]?.text ?? '' });
  return new Map(
    [...root.template.resources.values()]
      .filter(({ type }) => type === 'AWS::CloudWatch::Alarm')
      .map(({ logicalId, properties }) => [logicalId, properties]),
  );
}

const each = await alarmsWith('each');
const together = await alarmsWith('together');
const fleet = await alarmsWith('fleet');

/** CloudWatch has what a call was two minutes after its end, under the minute it began in. */
const deliveryMinutes = 2;

interface Calls {
  readonly times?: number;
  readonly failed?: number;
  readonly seconds?: number;
}

function called(name: string, minute: number, { times = 1, failed = 0, seconds = 1 }: Calls = {}): Sample[] {
  const arrives = minute + Math.ceil(seconds / 60) + deliveryMinutes;
  const base = { namespace: 'AWS/Lambda', dimensions: { FunctionName: name }, minute, arrives };
  return [
    { ...base, name: 'Invocations', value: 1, times },
    ...(failed > 0 ? [{ ...base, name: 'Errors', value: 1, times: failed }] : []),
    ...(failed < times ? [{ ...base, name: 'Errors', value: 0, times: times - failed }] : []),
    { ...base, name: 'Throttles', value: 0, times },
    { ...base, name: 'Duration', value: seconds * 1000, times },
  ];
}

function measured(
  namespace: string,
  name: string,
  dimensions: Sample['dimensions'],
  minute: number,
  value: number,
): Sample {
  return { namespace, name, dimensions, minute, arrives: minute + deliveryMinutes, value };
}

function minutesOf<T>(from: number, to: number, of: (minute: number) => readonly T[]): T[] {
  return Array.from({ length: to - from }, (_, index) => of(from + index)).flat();
}

interface Episode {
  readonly begins: number;
  readonly ends: number;
}

/** When the alarm is on, under every reading of what is not documented. */
function episodes(
  alarms: ReadonlyMap<string, ValueMap>,
  id: string,
  samples: readonly Sample[],
  minutes: number,
): readonly (readonly Episode[])[] {
  const alarm = alarms.get(id);
  if (alarm === undefined) throw new Error(`no ${id} among ${[...alarms.keys()].join(', ')}`);
  return variants.map((variant) => on(play(alarm, samples, minutes, variant), minutes));
}

function on(transitions: readonly Transition[], minutes: number): readonly Episode[] {
  return transitions.flatMap(({ minute, state }, index) =>
    state === 'ALARM' ? [{ begins: minute, ends: transitions[index + 1]?.minute ?? minutes + 1 }] : [],
  );
}

/** Once, in time, and over in time. */
function expectOne(
  found: readonly (readonly Episode[])[],
  { from, by, over }: { readonly from: number; readonly by: number; readonly over: number },
): void {
  for (const list of found) {
    expect(list).toHaveLength(1);
    const [{ begins, ends } = { begins: 0, ends: 0 }] = list;
    expect(begins).toBeGreaterThanOrEqual(from);
    expect(begins).toBeLessThanOrEqual(by);
    expect(ends).toBeLessThanOrEqual(over);
  }
}

describe('the model', () => {
  const points = (text: string) => text.split(' ').map((mark) => (mark === '-' ? undefined : mark === 'X'));
  const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'];
  const retained: State = 'INSUFFICIENT_DATA';

  // The tables of the documentation.
  test.each([
    ['0 - X - X', 3, 3, ['OK', 'OK', 'OK', 'OK']],
    ['0 - - - -', 3, 3, ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', 3, 3, [retained, retained, 'ALARM', 'OK']],
    ['0 X X - X', 3, 3, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - - - X', 3, 3, [retained, retained, 'ALARM', 'OK']],
    ['X - - - -', 3, 3, ['ALARM', retained, 'ALARM', 'OK']],
    ['0 - X - X', 3, 2, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', 3, 2, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', 3, 2, ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', 3, 2, ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - X', 3, 2, [retained, retained, 'ALARM', 'OK']],
  ])('%s, %i periods, %i bad ones', (text, periods, needed, wanted) => {
    const states = treatments.map((missing) =>
      evaluatePoints(points(text), periods, needed, missing, retained),
    );
    expect(states).toEqual(wanted);
  });
});

describe('failures of functions', () => {
  test('one a day, of a job that takes fourteen minutes', () => {
    const samples = called('Nightly', 100, { failed: 1, seconds: 850 });
    // 850 seconds and two minutes later it is known.
    for (const [alarms, id] of [
      [each, 'NightlyErrorsAlarm'],
      [fleet, 'AllFunctionsErrorsAlarm'],
    ] as const) {
      expectOne(episodes(alarms, id, samples, 300), { from: 115, by: 122, over: 145 });
    }
  });

  test('one a day, of a function users call', () => {
    const samples = called('Api', 100, { failed: 1 });
    for (const [alarms, id] of [
      [each, 'ApiErrorsAlarm'],
      [fleet, 'AllFunctionsErrorsAlarm'],
    ] as const) {
      expectOne(episodes(alarms, id, samples, 300), { from: 101, by: 108, over: 140 });
    }
  });

  test('every call of one a minute, for an hour', () => {
    const samples = minutesOf(0, 300, (minute) =>
      called('Api', minute, { failed: minute >= 100 && minute < 160 ? 1 : 0 }),
    );
    expectOne(episodes(each, 'ApiErrorsAlarm', samples, 300), { from: 101, by: 108, over: 175 });
    expectOne(episodes(fleet, 'AllFunctionsErrorsAlarm', samples, 300), { from: 101, by: 108, over: 190 });
  });

  test('five hundred in one minute', () => {
    const samples = minutesOf(0, 300, (minute) =>
      called('Worker', minute, { times: 500, failed: minute === 100 ? 500 : 0, seconds: 30 }),
    );
    expectOne(episodes(each, 'WorkerErrorsAlarm', samples, 300), { from: 103, by: 110, over: 135 });
  });

  test('those of a deployment have one alarm, and no other', () => {
    expect([...each.keys()].filter((id) => id.startsWith('Setup'))).toEqual(['SetupErrorsAlarm']);
    const samples = called('Setup', 100, { failed: 1, seconds: 299 });
    expectOne(episodes(each, 'SetupErrorsAlarm', samples, 300), { from: 106, by: 115, over: 130 });
  });
});

describe('functions that are slow or held up', () => {
  test('nearly the whole timeout, once a minute', () => {
    const samples = minutesOf(0, 400, (minute) =>
      called('Worker', minute, { seconds: minute >= 100 && minute < 160 ? 880 : 10 }),
    );
    expectOne(episodes(each, 'WorkerDurationAlarm', samples, 400), { from: 116, by: 125, over: 200 });
    expectOne(episodes(together, 'FunctionsDurationAlarm', samples, 400), { from: 116, by: 125, over: 200 });
  });

  test('nearly the whole timeout, once a day', () => {
    const samples = called('Nightly', 100, { seconds: 880 });
    expectOne(episodes(each, 'NightlyDurationAlarm', samples, 400), { from: 116, by: 125, over: 145 });
  });

  test('throttled for ten minutes', () => {
    const samples = minutesOf(100, 110, (minute) => [
      measured('AWS/Lambda', 'Throttles', { FunctionName: 'Api' }, minute, 4),
    ]);
    for (const [alarms, id] of [
      [each, 'ApiThrottlesAlarm'],
      [together, 'FunctionsThrottlesAlarm'],
    ] as const) {
      expectOne(episodes(alarms, id, samples, 300), { from: 103, by: 108, over: 118 });
    }
  });

  test('behind a record of a stream that fails', () => {
    const samples = minutesOf(100, 200, (minute) => [
      measured('AWS/Lambda', 'IteratorAge', { FunctionName: 'Reader' }, minute, (minute - 100) * 60_000),
    ]);
    expectOne(episodes(each, 'ReaderIteratorAgeAlarm', samples, 400), { from: 160, by: 170, over: 225 });
    expect(each.get('ReaderIteratorAgeAlarm')?.OKActions).toBeDefined();
  });
});

describe('a table that is throttled for three minutes', () => {
  const samples = minutesOf(100, 103, (minute) => [
    measured('AWS/DynamoDB', 'ReadThrottleEvents', { TableName: 'Items' }, minute, 7),
  ]);

  test.each([
    [each, 'ItemsReadThrottlesAlarm'],
    [together, 'ItemsReadThrottlesAlarm'],
  ])('is told of, and is in order again (%#)', (alarms, id) => {
    expectOne(episodes(alarms, id, samples, 400), { from: 101, by: 110, over: 130 });
  });

  test('so are errors of one of its operations', () => {
    const errors = measured(
      'AWS/DynamoDB',
      'SystemErrors',
      { TableName: 'Items', Operation: 'Query' },
      100,
      2,
    );
    expectOne(episodes(each, 'ItemsSystemErrorsAlarm', [errors], 400), { from: 101, by: 110, over: 130 });
  });
});

describe('queues', () => {
  const queue = (name: string, minute: number, depth: number, age: number) => [
    measured('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: name }, minute, depth),
    measured('AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: name }, minute, age),
  ];

  test('stuck from one minute on, and mended four hours later', () => {
    const samples = minutesOf(0, 500, (minute) =>
      minute >= 100 && minute < 340
        ? queue('Orders', minute, (minute - 100) * 50, (minute - 100) * 60)
        : queue('Orders', minute, 0, 0),
    );
    expectOne(episodes(each, 'OrdersAgeAlarm', samples, 500), { from: 160, by: 168, over: 352 });
    expectOne(episodes(each, 'OrdersDepthAlarm', samples, 500), { from: 175, by: 195, over: 352 });
    expect(each.get('OrdersAgeAlarm')?.OKActions).toBeDefined();
  });

  test('a burst that is worked off is none', () => {
    const samples = minutesOf(0, 300, (minute) => {
      const depth = minute < 100 || minute > 150 ? 0 : (150 - minute) * 100;
      return queue('Orders', minute, depth, depth === 0 ? 0 : 1200);
    });
    for (const id of ['OrdersAgeAlarm', 'OrdersDepthAlarm'])
      for (const found of episodes(each, id, samples, 300)) expect(found).toEqual([]);
  });

  test('a failed message waits until somebody takes it out, and the end is told', () => {
    const samples = minutesOf(0, 300, (minute) =>
      queue('Failed', minute, minute >= 100 && minute < 250 ? 1 : 0, 0),
    );
    expectOne(episodes(each, 'FailedDepthAlarm', samples, 300), { from: 101, by: 108, over: 265 });
    expect(each.get('FailedDepthAlarm')?.OKActions).toBeDefined();
  });
});

const machine = { StateMachineArn: 'Machine' };
const model = { ModelId: 'a-model' };

describe('what happens once and is bad all the same', () => {
  test.each([
    ['MachineFailedAlarm', 'AWS/States', 'ExecutionsFailed', machine],
    ['MachineTimedOutAlarm', 'AWS/States', 'ExecutionsTimedOut', machine],
    ['MachineAbortedAlarm', 'AWS/States', 'ExecutionsAborted', machine],
    ['MachineThrottledAlarm', 'AWS/States', 'ExecutionThrottled', machine],
    ['HourlyDroppedSchedulesAlarm', 'AWS/Scheduler', 'InvocationDroppedCount', { ScheduleGroup: 'default' }],
    ['ChangesFailedInvocationsAlarm', 'AWS/Events', 'FailedInvocations', { RuleName: 'Changes' }],
    ['ReleaseFailedAlarm', 'AWS/CodePipeline', 'FailedPipelineExecutions', { PipelineName: 'Release' }],
    ['AccountUnsignedCodeAlarm', 'AWS/Lambda', 'SignatureValidationErrors', { FunctionName: 'Asker' }],
  ])('%s: one a day', (id, namespace, name, dimensions) => {
    const samples = [measured(namespace, name, dimensions, 100, 1)];
    for (const alarms of [each, together, fleet]) {
      expectOne(episodes(alarms, id, samples, 300), { from: 101, by: 108, over: 125 });
    }
  });
});

describe('a model of Amazon Bedrock', () => {
  const errors = ['InvocationServerErrors', 'InvocationClientErrors'] as const;
  const ids = {
    InvocationServerErrors: 'AccountModelServerErrorsAlarm',
    InvocationClientErrors: 'AccountModelClientErrorsAlarm',
  } as const;

  test.each(errors)('%s in every minute of ten, and then none', (name) => {
    const samples = minutesOf(0, 300, (minute) => [
      measured('AWS/Bedrock', name, model, minute, minute >= 100 && minute < 110 ? 1 : 0),
    ]);
    expectOne(episodes(each, ids[name], samples, 300), { from: 102, by: 108, over: 125 });
  });

  test('throttled for ten minutes, and now and then', () => {
    const throttles = (value: (minute: number) => number) =>
      minutesOf(0, 300, (minute) => [
        measured('AWS/Bedrock', 'InvocationThrottles', model, minute, value(minute)),
      ]);
    const id = 'AccountModelThrottlesAlarm';
    const held = throttles((minute) => (minute >= 100 && minute < 110 ? 40 : 0));
    expectOne(episodes(each, id, held, 300), { from: 102, by: 108, over: 125 });
    // What is tried again and goes through is no incident.
    for (const found of episodes(
      each,
      id,
      throttles((minute) => (minute % 20 === 0 ? 30 : 2)),
      300,
    )) {
      expect(found).toEqual([]);
    }
  });
});

test('the concurrency of the account is nearly used up for ten minutes', () => {
  const samples = minutesOf(0, 300, (minute) => [
    measured(
      'AWS/Lambda',
      'UnreservedConcurrentExecutions',
      {},
      minute,
      minute >= 100 && minute < 110 ? 990 : 60,
    ),
  ]);
  expectOne(episodes(each, 'AccountConcurrencyAlarm', samples, 300), { from: 102, by: 108, over: 125 });
});

test('no alarm goes off in an ordinary week', () => {
  const minutes = 7 * 1440;
  const samples = minutesOf(0, minutes, (minute) => {
    const isDay = minute % 1440 >= 480 && minute % 1440 < 1200;
    const minuteOfDay = minute % 1440;
    return [
      // One in a thousand calls fails while there are many, one minute in a hundred is slow.
      ...called('Api', minute, {
        times: isDay ? 40 : 1,
        failed: isDay && minute % 25 === 0 ? 1 : 0,
        seconds: isDay && minute % 100 === 0 ? 28 : 1,
      }),
      ...called('Worker', minute, { times: isDay ? 20 : 1, seconds: 120 }),
      ...(minuteOfDay === 60 ? called('Nightly', minute, { seconds: 600 }) : []),
      ...(minute % 7 === 0 ? called('Reader', minute, { seconds: 5 }) : []),
      measured('AWS/Lambda', 'IteratorAge', { FunctionName: 'Reader' }, minute, 4_000),
      measured(
        'AWS/SQS',
        'ApproximateNumberOfMessagesVisible',
        { QueueName: 'Orders' },
        minute,
        isDay ? 300 : 0,
      ),
      measured('AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: 'Orders' }, minute, isDay ? 240 : 0),
      measured('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: 'Failed' }, minute, 0),
      ...(minute % 60 === 0
        ? [
            measured('AWS/States', 'ExecutionsFailed', machine, minute, 0),
            measured('AWS/CodePipeline', 'FailedPipelineExecutions', { PipelineName: 'Release' }, minute, 0),
            measured('AWS/Lambda', 'UnreservedConcurrentExecutions', {}, minute, isDay ? 300 : 10),
          ]
        : []),
      // A model that is busy is asked again.
      ...(isDay && minute % 30 === 0
        ? [measured('AWS/Bedrock', 'InvocationThrottles', model, minute, 12)]
        : []),
      // One throttled call now and then is tried again.
      ...(minute % 360 === 0
        ? [measured('AWS/Lambda', 'Throttles', { FunctionName: 'Api' }, minute, 1)]
        : []),
    ];
  });
  const [variant] = variants;
  if (variant === undefined) throw new Error('there is a variant');
  // The other groupings for a day and a night.
  for (const [alarms, length] of [
    [each, minutes],
    [together, 1440],
    [fleet, 1440],
  ] as const) {
    for (const [id, alarm] of alarms) {
      const found = on(play(alarm, samples, length, variant), length);
      expect({ id, found }).toEqual({ id, found: [] });
    }
  }
});

test('every alarm looks back one day at most, a query three hours', () => {
  for (const alarms of [each, together, fleet]) {
    for (const alarm of alarms.values()) {
      const listed = Array.isArray(alarm.Metrics) ? alarm.Metrics : [alarm];
      const periods = listed.flatMap((query) =>
        isMap(query) ? Number(query.Period ?? (isMap(query.MetricStat) ? query.MetricStat.Period : 0)) : [],
      );
      const isQuery = listed.some((query) => isMap(query) && String(query.Expression).startsWith('SELECT'));
      const span = Math.max(...periods.filter(Number.isFinite)) * Number(alarm.EvaluationPeriods);
      expect(span).toBeLessThanOrEqual(isQuery ? 10_800 : 86_400);
      expect(Number(alarm.DatapointsToAlarm)).toBeLessThanOrEqual(Number(alarm.EvaluationPeriods));
    }
  }
});
