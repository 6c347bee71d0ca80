import {
  type Basis,
  boundaryPrerequisites,
  type Companion,
  compliant,
  type Facts,
  fixable,
  type Judgment,
  manual,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  type Trigger,
  unknown,
  type Value,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { encryptedTransport, keptQueue } from '../kit/companions.js';
import { keyFor, keyLetsAccountIn, withReason } from '../kit/encrypt-with.js';
import { functionTypes, isNothing, isOfFunction, nextVersion, usd } from '../kit/values.js';

const target = z.strictObject({
  acceptDestination: z
    .boolean()
    .describe('an on-failure destination for asynchronous invocation counts as a dead-letter queue'),
  customResources: z
    .enum(['exempt', 'require'])
    .describe('whether functions that only CloudFormation calls as custom resources need one too'),
  encryption: z
    .enum(['customer-managed-key', 'sqs-managed'])
    .describe(
      'key of a new queue: the one of the template or policy, where there is one; or the one Amazon SQS manages',
    ),
  messageRetentionDays: z.int().min(1).max(14).describe('how long a new queue keeps failed events, in days'),
});

export const lambdaDeadLetterQueue = resourceRemediation({
  id: 'lambda-dead-letter-queue',
  title: 'Async functions have a dead-letter queue',
  why: 'an event that fails its retries is deleted without a trace unless the function has a dead-letter queue',
  guideRisk: 'medium',
  tryFirst: 'send an event that fails, and see that it arrives in the queue after the retries',
  checklist: 'failed-events',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html#invocation-dlq'],
  equivalents: {
    checkov: ['CKV_AWS_116'],
    cdkNag: ['LambdaDLQ'],
    guard: ['LAMBDA_DLQ_CHECK'],
    config: ['lambda-dlq-check'],
    kics: ['c2eae442-d3ba-4cb1-84ca-1db4f80eae3d', 'cb2f612b-ed42-4ff5-9fb9-255c73d39a18'],
    prowler: ['awslambda_function_no_dead_letter_queue'],
  },
  appliesTo: functionTypes,
  target,
  judge(view, target, facts) {
    const settled =
      withoutNeed(view, target.customResources, facts) ??
      existingTarget(view, target.acceptDestination, facts);
    const basis = basisOf(view, facts);
    if (settled !== undefined) return { verdict: settled, basis };
    return { ...deadLetterFix(view, target, facts), basis };
  },
});

/** How it is known how the function is invoked: code that shows a call type says more than no trigger at all. */
function basisOf(view: ResourceView, facts: Facts): Basis {
  const found = facts.functionClass(view.stack, view.logicalId);
  const triggers = found?.triggers ?? [];
  const stated = triggers.some(({ invocation, seen }) => invocation === 'async' && seen === undefined);
  if (found === undefined || stated) return 'stated';
  return triggers.some(({ seen }) => seen !== undefined) ? 'read' : found.basis;
}

/** Why a function needs no dead-letter queue, or why nobody can say; `undefined` when it needs one. */
function withoutNeed(
  view: ResourceView,
  customResources: 'exempt' | 'require',
  facts: Facts,
): Verdict | undefined {
  const kind = facts.functionKind(view);
  if (kind.isEdge) {
    return notApplicable('it runs at the edge, where dead-letter queues are not supported');
  }
  const found = facts.functionClass(view.stack, view.logicalId);
  const triggers = found?.triggers ?? [];
  if (found === undefined || found.invocation === 'sync') {
    const polled = triggers.find(({ invocation }) => invocation === 'polled');
    if (polled !== undefined) return notApplicable(staysWithSource(view, polled, facts));
    if (triggers.length === 0) {
      return notApplicable(
        `${found?.evidence[0] ?? 'nothing invokes it'}; if it is invoked asynchronously, the policy has to say so (functions)`,
      );
    }
    return notApplicable(
      `it is only invoked synchronously, so its callers see every failure (${found?.evidence[0]})`,
    );
  }
  if (found.invocation === 'unknown') return unknown(callTypeUnknown(triggers));
  const asynchronous = triggers.filter(({ invocation }) => invocation === 'async');
  const isCustomResource =
    asynchronous.length > 0 && asynchronous.every(({ source }) => source === 'custom-resource');
  if (isCustomResource && customResources === 'exempt') {
    return notApplicable(
      'only CloudFormation invokes it asynchronously, as a custom resource, and gets its outcome through the callback',
    );
  }
  if (kind.isDurable || kind.hasCapacityProvider) {
    const what = kind.isDurable ? 'a durable function' : 'a function on managed instances';
    return unknown(`whether failed events of ${what} reach a dead-letter queue is not documented`);
  }
  return undefined;
}

/** A caller that does not wait never hears of a failure; one that waits does. */
function callTypeUnknown(triggers: readonly Trigger[]): string {
  const open = triggers.filter(({ invocation }) => invocation === 'unknown');
  const [first, ...more] = [...new Set(open.map(({ description }) => description))];
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return `whether its callers wait is not known (${first}${others}): no code of theirs that was read says it; set its invocation in the policy (functions)`;
}

/** Lambda never sends what it polls to the queue of the function. */
function staysWithSource(
  { stack }: ResourceView,
  polled: { readonly description: string; readonly from?: string },
  facts: Facts,
): string {
  const source = polled.from === undefined ? undefined : facts.resource(stack, polled.from);
  const isWithoutRedrive =
    source?.type === 'AWS::SQS::Queue' &&
    source.read('RedrivePolicy').some(({ outcome }) => outcome.kind === 'absent');
  const rest = isWithoutRedrive
    ? `, and ${source.logicalId} has no RedrivePolicy: they come back until they expire`
    : ', whose redrive policy or failure destination counts (failed-event-destinations)';
  return `it is polled (${polled.description}): failed events stay with the source${rest}`;
}

interface DeadLetterTarget {
  readonly encryption: 'customer-managed-key' | 'sqs-managed';
  readonly messageRetentionDays: number;
}

/** A queue of the function's own, with what it takes to write to it. */
function deadLetterFix(
  view: ResourceView,
  target: DeadLetterTarget,
  facts: Facts,
): Omit<Judgment, 'stack' | 'logicalId'> {
  const { stack, logicalId, condition } = view;
  const isKeyed = target.encryption === 'customer-managed-key';
  const chosen = isKeyed ? keyFor(view, { type: 'AWS::SQS::Queue' }, facts) : undefined;
  const none = chosen !== undefined && 'because' in chosen ? chosen : undefined;
  if (none !== undefined && none.isMissing !== true) return { verdict: manual(none.because, none.decidedBy) };
  const key = chosen !== undefined && 'arn' in chosen ? chosen : undefined;
  const queue = facts.freeId(stack, `${logicalId}DLQ`);
  const policy = facts.freeId(stack, `${logicalId}DLQPolicy`);
  const arn: Value = { 'Fn::GetAtt': [queue, 'Arn'] };
  const isSam = view.type === 'AWS::Serverless::Function';
  const companions: Companion[] = [
    ...(key?.companions ?? []),
    keptQueue({ logicalId: queue, condition }, key?.inPlace, target.messageRetentionDays),
    encryptedTransport({ logicalId: policy, condition }, queue),
  ];
  // SAM lets the role it makes send to the queue; what the key asks for is left to us.
  if (!isSam || view.expression('Role') !== undefined) {
    companions.push({ kind: 'permission', logicalId, actions: ['sqs:SendMessage'], resource: arn });
  }
  if (key !== undefined) {
    const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
    companions.push({ kind: 'permission', logicalId, actions, resource: key.arn });
  }
  const found = facts.functionClass(stack, logicalId);
  const trigger = found?.triggers.find(({ invocation }) => invocation === 'async');
  const evidence = trigger?.seen ?? trigger?.description ?? found?.evidence[0] ?? 'by the policy';
  const because = `it is invoked asynchronously (${evidence}), and events that fail are lost`;
  const unkeyed =
    none === undefined
      ? ''
      : '; its queue gets the key Amazon SQS manages, since there is no customer-managed one';
  return {
    target: arn,
    verdict: fixable(key === undefined ? `${because}${unkeyed}` : withReason(because, key), {
      edits: [
        {
          path: ['Properties', isSam ? 'DeadLetterQueue' : 'DeadLetterConfig'],
          value: isSam ? { Type: 'SQS', TargetArn: arn } : { TargetArn: arn },
          isSatisfiedBy: (outcome) => outcome.kind !== 'absent' && !isNothing(outcome),
          individual: true,
        },
      ],
      companions,
      ...(isSam &&
        view.expression('Role') === undefined &&
        isBoundUnseen(view) && {
          risk: 'review',
          riskBecause: `the permissions boundary of the role of ${logicalId} is not at hand, and may not allow sqs:SendMessage`,
        }),
      cost: {
        monthlyUsd: null,
        formula: costFormula(key !== undefined, facts),
      },
      prerequisites: [
        ...(key === undefined ? [] : [keyLetsAccountIn(key)]),
        // SAM lets the role send; to a role of the template, the engine says the same.
        ...(isSam && view.expression('Role') === undefined
          ? boundaryPrerequisites(view, ['sqs:SendMessage'])
          : []),
      ],
      notes: [
        `no alarm fires when a message arrives in ${queue}; add an alarm on the queue`,
        ...(none === undefined
          ? []
          : [`${queue} is encrypted with the key Amazon SQS manages: ${none.because}`]),
        ...(facts.functionKind(view).isVersioned ? [nextVersion] : []),
      ],
    }),
  };
}

/** The role that SAM makes has a boundary in every deployment, which no template declares. */
function isBoundUnseen(view: ResourceView): boolean {
  return view
    .read('PermissionsBoundary')
    .every(({ outcome }) => outcome.kind !== 'absent' && outcome.kind !== 'resource');
}

/** A message is sent, received and deleted; the queue itself costs nothing. */
function costFormula(isKeyed: boolean, facts: Facts): string {
  const requests = `failed events x 3 requests x ${usd('sqs-million-requests', facts)} USD per million`;
  return isKeyed
    ? `${requests}, and their key requests x ${usd('kms-10000-requests', facts)} USD per 10,000`
    : requests;
}

/** Where failed events of a function go. */
interface FailureTarget {
  /** Function or configuration that says so. */
  readonly view: ResourceView;
  readonly path: readonly string[];
  /** For reading: `it has a dead-letter queue`. */
  readonly says: string;
}

/** The verdict where failed events are kept already; `undefined` where they are not. */
function existingTarget(view: ResourceView, acceptDestination: boolean, facts: Facts): Verdict | undefined {
  const queue = queueOf(view);
  const places = [queue, ...(acceptDestination ? destinationsOf(view, facts) : [])];
  const place = places.find((each) => isThere(each, 'every'));
  if (place !== undefined) return judgeTarget(view, place, facts);
  if (!isThere(queue, 'some')) return undefined;
  return manual(
    'it has a dead-letter queue in some deployments and none in others; its condition decides which is meant',
  );
}

function queueOf(view: ResourceView): FailureTarget {
  const property = view.type === 'AWS::Serverless::Function' ? 'DeadLetterQueue' : 'DeadLetterConfig';
  return { view, path: [property, 'TargetArn'], says: 'it has a dead-letter queue' };
}

const onFailure = ['DestinationConfig', 'OnFailure'];

function destinationsOf(view: ResourceView, facts: Facts): readonly FailureTarget[] {
  const own: FailureTarget = {
    view,
    path: ['EventInvokeConfig', ...onFailure],
    says: 'it has a destination for failed events',
  };
  const configurations = facts
    .usersOf(view, 'AWS::Lambda::EventInvokeConfig')
    .filter(
      (each) => isOfFunction(each, view) && facts.isAlwaysWith([each], view) && covers(each, view, facts),
    );
  return [
    ...(view.type === 'AWS::Serverless::Function' ? [own] : []),
    ...configurations.map((each) => ({
      view: each,
      path: [...onFailure, 'Destination'],
      says: `${each.logicalId} gives it a destination for failed events`,
    })),
  ];
}

/** What is said of a version or an alias does not hold for the function itself. */
function covers(configuration: ResourceView, view: ResourceView, facts: Facts): boolean {
  const isLatest = configuration
    .read('Qualifier')
    .every(({ outcome }) => outcome.kind === 'value' && outcome.value === '$LATEST');
  return isLatest || facts.functionKind(view).isVersioned;
}

function isThere({ view, path }: FailureTarget, quantity: 'every' | 'some'): boolean {
  return view.read(...path)[quantity](({ outcome }) => !isNothing(outcome));
}

/** What is there must also be a queue that Lambda takes, and the function must be able to write to it. */
function judgeTarget(view: ResourceView, { view: said, path, says }: FailureTarget, facts: Facts): Verdict {
  const isSamDestination = said === view && path[0] === 'EventInvokeConfig';
  const [branch] = said.read(...path, ...(isSamDestination ? ['Destination'] : []));
  const outcome = branch?.outcome;
  const queue = outcome?.kind === 'resource' ? facts.resource(outcome.stack, outcome.logicalId) : undefined;
  if (queue?.type !== 'AWS::SQS::Queue') return compliant(says);
  if (queue.read('FifoQueue').some(({ outcome: { kind } }) => kind !== 'absent')) {
    return manual(`${says}, but ${queue.logicalId} is a FIFO queue, which takes no failed events`);
  }
  const state = facts.keyState(queue, ['KmsMasterKeyId']);
  if (state.kind === 'unusable') return manual(`${says}, but what it sends there is lost: ${state.because}`);
  const key = facts.keyNamed(queue.stack, queue.expression('KmsMasterKeyId'));
  if (key === undefined || queue.stack !== view.stack) return compliant(says);
  const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
  const missing = actions.filter((action) => facts.allows(view, action, key.arn) === 'no');
  if (missing.length === 0) return compliant(says);
  const companion: Companion = {
    kind: 'permission',
    logicalId: view.logicalId,
    actions: missing,
    resource: key.arn,
  };
  return fixable(
    `${says}, but may not use the key of ${queue.logicalId} (${missing.join(', ')}), so what it sends there is lost`,
    {
      edits: [],
      companions: [companion],
      ...(facts.functionKind(view).isVersioned && { notes: [nextVersion] }),
    },
  );
}
