import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  type Judgment,
  manual,
  notApplicable,
  type PropertyEdit,
  type ResourceView,
  type Stack,
  treeRemediation,
  unknown,
  type Value,
  type ValueMap,
  type Verdict,
  z,
} from '../../src/remediation.js';
import {
  encryptedTransport,
  type FailureSender,
  failureQueue,
  keptQueue,
  pollersOf,
  type Visibility,
  visibilityOf,
} from '../kit/companions.js';
import {
  alwaysSays,
  isGiven,
  isNothing,
  itemsAt,
  outcomesAt,
  resourceAt,
  rulesAbout,
  textAt,
  usd,
} from '../kit/values.js';

const target = z.strictObject({
  maxReceiveCount: z
    .int()
    .min(1)
    .max(1000)
    .describe('how often a message is received before its queue gives it up; throttled receives count too'),
  maxRetryAttempts: z
    .int()
    .min(0)
    .max(10_000)
    .describe('how often a batch of a stream is tried again before it is given up'),
  messageRetentionDays: z.int().min(1).max(14).describe('how long a new queue keeps failed events, in days'),
});
type Target = z.infer<typeof target>;

const queueType = 'AWS::SQS::Queue';
const machineTypes = ['AWS::Serverless::StateMachine', 'AWS::StepFunctions::StateMachine'];

/** Failures of what is delivered or polled stay with the service that delivers or polls, not with the function. */
export const failedEventDestinations = treeRemediation({
  id: 'failed-event-destinations',
  title: 'Queues, streams, rules, schedules and subscriptions keep their failed events',
  why: 'an event that cannot be delivered, or a message that cannot be processed, is lost or blocks what waits behind it',
  guideRisk: 'medium',
  tryFirst:
    'send a message that fails and an event to a target that refuses it, and see that both arrive in the queue for failures',
  checklist: 'failed-events',
  sources: [
    'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html',
    'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html',
    'https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html',
    'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html',
    'https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html',
    'https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html',
  ],
  equivalents: { cdkNag: ['AwsSolutions-SQS3'] },
  ruleScopes: rulesAbout({ types: [queueType], properties: ['RedrivePolicy'] }, 'AwsSolutions-SQS3'),
  target,
  judge(_tree, policy, facts) {
    return [
      ...facts.resources(queueType).flatMap((view) => judged(view, judgeQueue(view, policy, facts))),
      ...facts
        .resources('AWS::Lambda::EventSourceMapping')
        .flatMap((view) => judged(view, judgeMapping(view, policy, facts))),
      ...facts.resources('AWS::Events::Rule').flatMap((view) => judged(view, judgeRule(view, policy, facts))),
      ...facts
        .resources('AWS::Scheduler::Schedule')
        .flatMap((view) => judged(view, judgeSchedule(view, policy, facts))),
      ...facts
        .resources('AWS::SNS::Subscription')
        .flatMap((view) => judged(view, judgeSubscription(view, policy, facts))),
      ...facts
        .resources('AWS::Serverless::Function', ...machineTypes)
        .flatMap((view) => judged(view, judgeEvents(view, policy, facts))),
    ];
  },
});

function judged(view: ResourceView, verdict: Verdict | undefined): readonly Judgment[] {
  return verdict === undefined ? [] : [{ stack: view.stack, logicalId: view.logicalId, verdict }];
}

/**
 * A message that fails comes back until it expires, unless its queue gives it up; one that is shown again too soon is worked
 * on twice, and given up without a failure.
 */
function judgeQueue(view: ResourceView, target: Target, facts: Facts): Verdict | undefined {
  const [poller] = pollersOf(view, facts);
  if (poller === undefined) return undefined;
  const visibility = visibilityOf(view, facts);
  const redrive = outcomesAt(view, 'RedrivePolicy');
  if (redrive.every((outcome) => !isNothing(outcome))) return judgeVisibility(visibility, facts);
  if (redrive.some((outcome) => !isNothing(outcome))) {
    return manual(
      'it has a RedrivePolicy in some deployments and none in others; its condition decides which is meant',
    );
  }
  const { stack, logicalId, condition } = view;
  const isFifo = isGiven(view, 'FifoQueue') && !alwaysSays('false', view, 'FifoQueue');
  if (isFifo && !alwaysSays('true', view, 'FifoQueue')) {
    return manual(
      'whether it is a FIFO queue is not known, and its queue for failures has to be of the same kind',
    );
  }
  const queue = facts.freeId(stack, `${logicalId}DLQ`);
  const kept = keptQueue(
    { logicalId: queue, condition },
    view.expression('KmsMasterKeyId'),
    target.messageRetentionDays,
    isFifo,
  );
  const arn: Value = { 'Fn::GetAtt': [queue, 'Arn'] };
  const isShort = visibility.kind === 'short';
  const because = `${poller.worker.logicalId} polls it, and a message that fails comes back until it expires`;
  const gone = `a message that fails ${target.maxReceiveCount} times is moved to ${queue} instead of being tried until it expires; throttled receives count as failures`;
  return fixable(isShort ? `${because}; ${visibility.because}` : because, {
    edits: [
      {
        path: ['Properties', 'RedrivePolicy'],
        value: { deadLetterTargetArn: arn, maxReceiveCount: target.maxReceiveCount },
        isSatisfiedBy: (outcome) => !isNothing(outcome),
        individual: true,
      },
      ...(isShort ? [visibility.edit] : []),
    ],
    companions: [
      kept,
      encryptedTransport({ logicalId: facts.freeId(stack, `${logicalId}DLQPolicy`), condition }, queue),
    ],
    risk: 'review',
    riskBecause: isShort ? `${gone}; ${visibility.slower}` : gone,
    cost: requests(facts),
    notes: visibility.kind === 'unknown' ? [`${logicalId}: ${visibility.because}`] : [],
  });
}

/** Of a queue that gives messages up. */
function judgeVisibility(visibility: Visibility, facts: Facts): Verdict {
  if (visibility.kind === 'enough') return compliant('its RedrivePolicy gives up messages that fail');
  const because = `its RedrivePolicy gives up messages that fail, but ${visibility.because}`;
  if (visibility.kind === 'unknown') return unknown(because);
  return fixable(because, {
    edits: [visibility.edit],
    risk: 'review',
    riskBecause: visibility.slower,
    cost: requests(facts),
  });
}

const streams = ['Kinesis', 'DynamoDB'];

/** A shard waits behind a record that fails, until the record expires. */
function judgeMapping(view: ResourceView, target: Target, facts: Facts): Verdict | undefined {
  if (!isStream(view, facts)) return undefined;
  const { missing, edits } = streamEdits(view, ['Properties'], false, target, facts);
  if (missing.length === 0)
    return compliant('it gives up records that fail, and keeps what it knows of them');
  const worker = resourceAt(facts, view, 'FunctionName');
  const queue = failureQueue(view.stack, facts, target.messageRetentionDays, []);
  return fixable(`a record that fails blocks those behind it: it has no ${missing.join(' and no ')}`, {
    edits,
    companions: [
      ...queue.companions,
      ...(worker === undefined ? [] : [sending(worker.logicalId, queue.arn, worker.stack)]),
    ],
    ...givesUp(target),
    cost: requests(facts),
    notes: worker === undefined ? [`the role of its function has to be allowed sqs:SendMessage`] : [],
  });
}

function isStream(view: ResourceView, facts: Facts): boolean {
  const source = resourceAt(facts, view, 'EventSourceArn');
  const arn = textAt(view, 'EventSourceArn') ?? '';
  const types = ['AWS::Kinesis::Stream', 'AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];
  return types.includes(source?.type ?? '') || /^arn:[^:]*:(?:kinesis|dynamodb):/.test(arn);
}

interface StreamEdits {
  readonly missing: readonly string[];
  readonly edits: readonly PropertyEdit[];
}

/** @param at where the settings of the mapping are, from the resource's body */
function streamEdits(
  view: ResourceView,
  at: readonly string[],
  isSam: boolean,
  target: Target,
  facts: Facts,
): StreamEdits {
  const [, ...inside] = at;
  const has = (...path: readonly string[]) =>
    outcomesAt(view, ...inside, ...path).every((outcome) => !isNothing(outcome));
  const { arn } = failureQueue(view.stack, facts, target.messageRetentionDays, []);
  const edit = (path: readonly string[], value: Value): PropertyEdit => ({
    path: [...at, ...path],
    value,
    isSatisfiedBy: (outcome) => !isNothing(outcome),
    individual: true,
  });
  const isLimited = has('MaximumRetryAttempts') || has('MaximumRecordAgeInSeconds');
  const destination: Value = isSam ? { Type: 'SQS', Destination: arn } : { Destination: arn };
  return {
    missing: [
      ...(has('DestinationConfig', 'OnFailure') ? [] : ['destination for failures']),
      ...(isLimited ? [] : ['limit of retries']),
    ],
    edits: [
      ...(has('DestinationConfig', 'OnFailure')
        ? []
        : [edit(['DestinationConfig', 'OnFailure'], destination)]),
      ...(isLimited ? [] : [edit(['MaximumRetryAttempts'], target.maxRetryAttempts)]),
    ],
  };
}

function givesUp({ maxRetryAttempts }: Target) {
  return {
    risk: 'review',
    riskBecause: `a batch of a stream that fails is given up after ${maxRetryAttempts} more attempts instead of being tried until it expires; the queue keeps where it is in the stream, not its records`,
  } as const;
}

/** EventBridge tries for a day, and drops what its target has not taken by then. */
function judgeRule(view: ResourceView, target: Target, facts: Facts): Verdict | undefined {
  const targets = view.expression('Targets');
  if (targets === undefined) return undefined;
  if (!isList(targets)) return manual('its targets are chosen by a function, and cannot be looked into');
  // A branch that is no target would become one by what is written there.
  if (targets.some((each) => !isMap(each) || isIntrinsic(each))) {
    return manual(
      'one of its targets is there under a condition or chosen by a function; give each target a queue for events it does not take (DeadLetterConfig)',
    );
  }
  const open = itemsAt(view, 'Targets').filter((item) => isOpenAt(view, [...item, 'DeadLetterConfig']));
  if (open.length === 0) return compliant('each target has a queue for events it does not take');
  const queue = failureQueue(view.stack, facts, target.messageRetentionDays, ['events']);
  return fixable('events that a target does not take within a day are dropped', {
    edits: open.map((item) => ({
      path: ['Properties', ...item, 'DeadLetterConfig', 'Arn'],
      value: queue.arn,
      isSatisfiedBy: (outcome) => !isNothing(outcome),
      individual: true,
    })),
    companions: queue.companions,
    cost: requests(facts),
  });
}

function isIntrinsic(value: ValueMap): boolean {
  const [only, ...others] = Object.keys(value);
  return only !== undefined && others.length === 0 && (only === 'Ref' || only.startsWith('Fn::'));
}

function isOpenAt(view: ResourceView, path: readonly string[]): boolean {
  return outcomesAt(view, ...path).some(isNothing);
}

/** Schedules send as the role they invoke with. */
function judgeSchedule(view: ResourceView, target: Target, facts: Facts): Verdict {
  if (!isOpenAt(view, ['Target', 'DeadLetterConfig'])) {
    return compliant('its target has a queue for calls that fail');
  }
  const because = 'a call that its target does not take is dropped after the retries';
  const role = resourceAt(facts, view, 'Target', 'RoleArn');
  if (role === undefined || role.stack !== view.stack) {
    return manual(
      `${because}; the role it invokes with is not in the template, and has to be allowed sqs:SendMessage before it can have a queue (Target.DeadLetterConfig)`,
    );
  }
  const queue = failureQueue(view.stack, facts, target.messageRetentionDays, []);
  return fixable(because, {
    edits: [
      {
        path: ['Properties', 'Target', 'DeadLetterConfig', 'Arn'],
        value: queue.arn,
        isSatisfiedBy: (outcome) => !isNothing(outcome),
        individual: true,
      },
    ],
    companions: [...queue.companions, sending(role.logicalId, queue.arn, role.stack)],
    cost: requests(facts),
  });
}

/** To people SNS sends once; to machines it tries for hours or days, and drops what they have not taken by then. */
const people = ['email', 'email-json', 'sms', 'application'];

function judgeSubscription(view: ResourceView, target: Target, facts: Facts): Verdict | undefined {
  const protocol = textAt(view, 'Protocol');
  if (protocol !== undefined && people.includes(protocol)) return undefined;
  if (!isOpenAt(view, ['RedrivePolicy'])) return compliant('it has a queue for messages that are not taken');
  const because = 'messages that its endpoint does not take are dropped after the retries';
  const topic = resourceAt(facts, view, 'TopicArn');
  if (topic === undefined || isGiven(topic, 'FifoTopic')) {
    const why = topic === undefined ? 'its topic is not in the template' : 'its topic may be a FIFO topic';
    return manual(
      `${because}; ${why}, so what kind of queue it needs is for its owner to say (RedrivePolicy)`,
    );
  }
  const queue = failureQueue(view.stack, facts, target.messageRetentionDays, ['sns']);
  return fixable(because, {
    edits: [
      {
        path: ['Properties', 'RedrivePolicy'],
        value: { deadLetterTargetArn: queue.arn },
        isSatisfiedBy: (outcome) => !isNothing(outcome),
        individual: true,
      },
    ],
    companions: queue.companions,
    cost: requests(facts),
  });
}

const delivered = ['CloudWatchEvent', 'EventBridgeRule', 'Schedule', 'ScheduleV2'];

/** The events SAM makes rules, schedules, subscriptions and mappings of; a machine that catches its errors says so. */
function judgeEvents(view: ResourceView, target: Target, facts: Facts): Verdict | undefined {
  const events = eventsOf(view).map(({ name, type }) => eventEdits(view, name, type, target, facts));
  const missing = events.flatMap((each) => each.missing);
  const edits = events.flatMap((each) => each.edits);
  if (missing.length === 0) {
    if (events.length > 0) return compliant('each of its events has a place for failures');
    return machineTypes.includes(view.type) ? machineVerdict(view) : undefined;
  }
  const queue = failureQueue(
    view.stack,
    facts,
    target.messageRetentionDays,
    events.flatMap((each) => each.senders),
  );
  const isPolling = events.some(({ polls }) => polls);
  // SAM lets the role it makes send to the destination of a stream, and the role of a schedule to its queue.
  const needsLeave = isPolling && view.expression('Role') !== undefined;
  return fixable(`failed events are lost: ${missing.join('; ')}`, {
    edits,
    companions: [
      ...queue.companions,
      ...(needsLeave ? [sending(view.logicalId, queue.arn, view.stack)] : []),
    ],
    ...(isPolling && givesUp(target)),
    cost: requests(facts),
  });
}

function eventsOf(view: ResourceView): readonly { readonly name: string; readonly type: string }[] {
  const events = view.expression('Events');
  return Object.entries(isMap(events) ? events : {}).flatMap(([name, event]) => {
    const type = isMap(event) && isMap(event.Properties) ? String(event.Type) : '';
    return [...delivered, ...streams, 'SNS'].includes(type) ? [{ name, type }] : [];
  });
}

interface EventEdits extends StreamEdits {
  readonly polls: boolean;
  readonly senders: readonly FailureSender[];
}

function eventEdits(
  view: ResourceView,
  name: string,
  type: string,
  target: Target,
  facts: Facts,
): EventEdits {
  const inside = ['Events', name, 'Properties'];
  const at = ['Properties', ...inside];
  if (streams.includes(type)) {
    const { missing, edits } = streamEdits(view, at, true, target, facts);
    const said = missing.length === 0 ? [] : [`${name} has no ${missing.join(' and no ')}`];
    return { missing: said, edits, polls: true, senders: [] };
  }
  const { arn } = failureQueue(view.stack, facts, target.messageRetentionDays, []);
  const [property, value, says]: readonly [string, Value, string] =
    type === 'SNS'
      ? ['RedrivePolicy', { deadLetterTargetArn: arn }, 'messages the function does not take are dropped']
      : ['DeadLetterConfig', { Arn: arn }, 'events the target does not take are dropped'];
  // A subscription that fills a queue has that queue.
  const isKept = !isOpenAt(view, [...inside, property]) || isGiven(view, ...inside, 'SqsSubscription');
  if (isKept) return { missing: [], edits: [], polls: false, senders: [] };
  const edit: PropertyEdit = {
    path: [...at, property],
    value,
    isSatisfiedBy: (outcome) => !isNothing(outcome),
    individual: true,
  };
  // SAM lets the role of a schedule send to its queue.
  const senders: readonly FailureSender[] =
    type === 'SNS' ? ['sns'] : type === 'ScheduleV2' ? [] : ['events'];
  return { missing: [`${name}: ${says}`], edits: [edit], polls: false, senders };
}

/** A failed execution keeps its input; what the machine catches itself is its own matter. */
function machineVerdict(view: ResourceView): Verdict | undefined {
  const states = tasksIn(view.expression('Definition') ?? definitionOf(view));
  if (states === undefined) return undefined;
  const caught = states.filter((state) => isList(state.Catch) && state.Catch.length > 0).length;
  return notApplicable(
    `a failed execution keeps its input and history; ${caught} of its ${states.length} tasks catch errors themselves`,
  );
}

function definitionOf(view: ResourceView): Value | undefined {
  const text = view.expression('DefinitionString');
  const written = isMap(text) ? text['Fn::Sub'] : text;
  const body = isList(written) ? written[0] : written;
  if (typeof body !== 'string') return undefined;
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Tasks at any depth: of maps and parallel branches as well. */
function tasksIn(definition: Value | undefined): readonly Record<string, Value>[] | undefined {
  if (!isMap(definition)) return undefined;
  const found: Record<string, Value>[] = [];
  const visit = (value: Value): void => {
    if (isList(value)) for (const each of value) visit(each);
    if (!isMap(value)) return;
    if (value.Type === 'Task') found.push(value);
    for (const each of Object.values(value)) visit(each);
  };
  visit(definition);
  return found.length === 0 ? undefined : found;
}

function sending(logicalId: string, queue: Value, stack: Stack): Companion {
  return { kind: 'permission', logicalId, actions: ['sqs:SendMessage'], resource: queue, in: stack };
}

function requests(facts: Facts) {
  return {
    monthlyUsd: null,
    formula: `failed events x 3 requests x ${usd('sqs-million-requests', facts)} USD per million`,
  };
}
