import type {
  Companion,
  Cost,
  Facts,
  Outcome,
  PropertyEdit,
  ResourceView,
  Stack,
  StackTree,
  Value,
  ValueMap,
} from '../../src/remediation.js';
import { functionTypes, isGiven, largestOfAll, oncePerRun, outcomesAt, wholeNumber } from './values.js';

/** What units bring along, as declarations: each is a resource under the condition of what it is for. */
interface NewResource {
  readonly logicalId: string;
  /** The template it goes into, where that is not the one of the finding. */
  readonly in?: Stack;
  /** Condition of what it is for. */
  readonly condition?: string | undefined;
}

function newResource(
  { logicalId, condition, in: stack }: NewResource,
  type: string,
  properties: ValueMap,
  attributes: ValueMap = {},
): Extract<Companion, { kind: 'resource' }> {
  return {
    kind: 'resource',
    logicalId,
    body: {
      Type: type,
      ...(condition !== undefined && { Condition: condition }),
      ...attributes,
      ...(Object.keys(properties).length > 0 && { Properties: properties }),
    },
    ...(stack !== undefined && { in: stack }),
  };
}

/** A log group; CloudFormation makes its name unless the properties have one. */
export function logGroup(place: NewResource, properties: ValueMap, attributes: ValueMap = {}): Companion {
  return newResource(place, 'AWS::Logs::LogGroup', properties, attributes);
}

const secondsPerDay = 86_400;

/** A queue that outlives the stack with what is in it. @param key its ARN; `undefined` for the key Amazon SQS manages */
export function keptQueue(
  place: NewResource,
  key: Value | undefined,
  retentionDays: number,
  isFifo = false,
): Companion {
  const encryption: ValueMap = key === undefined ? { SqsManagedSseEnabled: true } : { KmsMasterKeyId: key };
  return newResource(
    place,
    'AWS::SQS::Queue',
    {
      ...(isFifo && { FifoQueue: true }),
      ...encryption,
      MessageRetentionPeriod: retentionDays * secondsPerDay,
    },
    { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' },
  );
}

/** The one policy of a queue of its own: nothing reaches it unencrypted. */
export function encryptedTransport(
  place: NewResource,
  queue: string,
): Extract<Companion, { kind: 'resource' }> {
  const statement = {
    Sid: 'EnforceSSLOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  return newResource(place, 'AWS::SQS::QueuePolicy', {
    Queues: [{ Ref: queue }],
    PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
  });
}

/** A secret that outlives the stack; several findings may ask for the same. */
export function newSecret(place: NewResource, value: Value, cost: Cost): Companion {
  const secret = newResource(
    place,
    'AWS::SecretsManager::Secret',
    { SecretString: value },
    { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' },
  );
  return { ...secret, isShared: true, cost };
}

const failureQueueId = 'FailedEventsQueue';

/** Services that send in their own name; schedules, functions and mappings send as their roles. */
const failureSenders = { events: 'EventBridge', sns: 'SNS' } as const;

export type FailureSender = keyof typeof failureSenders;

/**
 * The queue of a template for whatever EventBridge, SNS, schedules and streams could not deliver: each message says where
 * it comes from, so that one is enough. Its key is the one Amazon SQS manages, which services need no permission for.
 * @param senders the services that its policy has to admit
 */
export function failureQueue(
  stack: Stack,
  facts: Facts,
  retentionDays: number,
  senders: readonly FailureSender[],
): { readonly arn: Value; readonly companions: readonly Companion[] } {
  const policyId = `${failureQueueId}Policy`;
  const isThere =
    facts.resource(stack, failureQueueId)?.type === 'AWS::SQS::Queue' &&
    facts.resource(stack, policyId)?.type === 'AWS::SQS::QueuePolicy';
  const id = isThere ? failureQueueId : facts.freeId(stack, failureQueueId);
  const arn: Value = { 'Fn::GetAtt': [id, 'Arn'] };
  const made: readonly Companion[] = isThere
    ? []
    : [
        keptQueue({ logicalId: id }, undefined, retentionDays),
        { ...encryptedTransport({ logicalId: `${id}Policy` }, id), isShared: true },
      ];
  const admitted = [...new Set(senders)].map(
    (service): Companion => ({
      kind: 'statement',
      logicalId: `${id}Policy`,
      path: ['Properties', 'PolicyDocument', 'Statement'],
      statement: {
        Sid: `Allow${failureSenders[service]}`,
        Effect: 'Allow',
        Principal: { Service: `${service}.amazonaws.com` },
        Action: 'sqs:SendMessage',
        Resource: arn,
        Condition: {
          ArnLike: {
            'aws:SourceArn': {
              'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:*`,
            },
          },
        },
      },
    }),
  );
  return { arn, companions: [...made, ...admitted] };
}

/** A topic and whom it tells. @param key its ARN; `undefined` for none */
export function emailTopic(place: NewResource, key: Value | undefined, emails: readonly string[]): Companion {
  return newResource(place, 'AWS::SNS::Topic', {
    ...(key !== undefined && { KmsMasterKeyId: key }),
    Subscription: emails.map((address) => ({ Protocol: 'email', Endpoint: address })),
  });
}

/** One more address that a topic of the template tells. */
export function emailSubscription(place: NewResource, topic: string, address: string): Companion {
  return newResource(place, 'AWS::SNS::Subscription', {
    TopicArn: { Ref: topic },
    Protocol: 'email',
    Endpoint: address,
  });
}

/** A value in a template's terms, and what has to come along for it to mean something. */
export interface HandedDown {
  readonly value: Value;
  readonly companions: readonly Companion[];
}

/**
 * What the root has, handed down to a nested template through a parameter of every template on the way.
 * @param passOn makes of a value what a parameter can be given: lists are handed down as one text
 * @param handed answers each template once, however many ways lead down from it
 */
export function handDown(
  stack: Stack,
  name: string,
  definition: ValueMap,
  inRoot: (root: Stack) => HandedDown,
  passOn: (value: Value) => Value = (value) => value,
  handed: Map<Stack, HandedDown> = new Map(),
): HandedDown {
  const known = handed.get(stack);
  if (known !== undefined) return known;
  if (stack.parents.length === 0) return inRoot(stack);
  const above = new Map(
    stack.parents.map((parent) => [
      parent.stack,
      handDown(parent.stack, name, definition, inRoot, passOn, handed),
    ]),
  );
  const companions = new Set([...above.values()].flatMap((each) => each.companions));
  const passed = (parent: Stack) => {
    const given = above.get(parent);
    return given === undefined ? undefined : passOn(given.value);
  };
  const made: HandedDown = {
    value: { Ref: name },
    companions: [...companions, { kind: 'parameter', name, definition, passed, in: stack }],
  };
  handed.set(stack, made);
  return made;
}

/**
 * The ARN of something outside the templates that the policy names, as a parameter of the root: whoever deploys may name
 * another. Literal where the root has a parameter of that name for something else.
 */
export function outsideArn(
  { root }: Pick<StackTree, 'root'>,
  stack: Stack,
  name: string,
  description: string,
  arn: string,
): HandedDown {
  const known = root.template.parameters.get(name);
  if (known !== undefined && known.default !== arn) return { value: arn, companions: [] };
  const definition = { Type: 'String', Description: description };
  return handDown(stack, name, definition, () => ({
    value: { Ref: name },
    companions: [{ kind: 'parameter', name, definition: { ...definition, Default: arn }, in: root }],
  }));
}

/** A function that Lambda polls a queue for. */
interface Poller {
  readonly worker: ResourceView;
  /** Seconds that Lambda gathers messages before it calls; `undefined` where not all branches are known. */
  readonly windowSeconds: number | undefined;
}

type Named = Pick<ResourceView, 'stack' | 'logicalId'>;

/** The functions of the templates that a queue is polled for, in tree order. */
export function pollersOf({ stack, logicalId }: Named, facts: Facts): readonly Poller[] {
  return pollers(facts).get(stack)?.get(logicalId) ?? [];
}

const pollers = oncePerRun((facts) => {
  const found = new Map<ResourceView['stack'], Map<string, Poller[]>>();
  for (const worker of facts.resources(...functionTypes)) {
    for (const { polls } of facts.functionClass(worker.stack, worker.logicalId)?.triggers ?? []) {
      if (polls === undefined) continue;
      const { owner, settings = [] } = polls;
      const mapping = facts.resource(owner.stack, owner.logicalId);
      const windowSeconds = mapping === undefined ? 0 : gatheringSeconds(mapping, settings);
      for (const { stack, logicalId } of polls.queues) {
        const queues = found.get(stack) ?? new Map<string, Poller[]>();
        found.set(
          stack,
          queues.set(logicalId, [...(queues.get(logicalId) ?? []), { worker, windowSeconds }]),
        );
      }
    }
  }
  return found;
});

function gatheringSeconds(mapping: ResourceView, settings: readonly string[]): number | undefined {
  return largestOfAll(mapping, [...settings, 'MaximumBatchingWindowInSeconds'], 0);
}

const timeoutsPerVisibility = 6;

/** Defaults of the services, in seconds. */
const defaultVisibilitySeconds = 30;
const defaultTimeoutSeconds = 3;
const longestTimeoutSeconds = 900;
const longestWindowSeconds = 300;

/** How long a queue hides a message that is received, against what the functions that poll it need. */
export type Visibility =
  | { readonly kind: 'enough' }
  | {
      readonly kind: 'short';
      /** As a predicate of the queue. */
      readonly because: string;
      /** Why more of it needs approval. */
      readonly slower: string;
      readonly edit: PropertyEdit;
    }
  | { readonly kind: 'unknown'; readonly because: string };

/**
 * Six times the timeout of the function, and the time messages are gathered: a message that is still worked on, or that
 * waits for a function that is throttled, is not received again.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export function visibilityOf(queue: ResourceView, facts: Facts): Visibility {
  const asked = pollersOf(queue, facts).map(askedBy);
  const numbers = outcomesAt(queue, 'VisibilityTimeout').map(visibleSeconds);
  const now = Math.min(...numbers.map((number) => number ?? Number.POSITIVE_INFINITY));
  const short = asked.filter(({ seconds }) => now < seconds).sort((a, b) => b.seconds - a.seconds);
  const most = short.find(({ isKnown }) => isKnown);
  if (most !== undefined) {
    const { seconds, says } = most;
    return {
      kind: 'short',
      because: `it shows a message again after ${now} s, sooner than ${says}: one that is still worked on, or waits for a function that is throttled, is received again and counts as failed`,
      slower: `a message of ${queue.logicalId} that fails is tried again after ${seconds} s instead of ${now} s${holdsUp(queue)}`,
      edit: {
        logicalId: queue.logicalId,
        path: ['Properties', 'VisibilityTimeout'],
        value: seconds,
        isSatisfiedBy: (outcome) => (visibleSeconds(outcome) ?? 0) >= seconds,
        individual: true,
      },
    };
  }
  const [unclear] = numbers.includes(undefined) ? asked : short;
  if (unclear === undefined) return { kind: 'enough' };
  return {
    kind: 'unknown',
    because: `whether it hides a message as long as ${unclear.says} is not known`,
  };
}

/** A group of a FIFO queue goes on when the message at its head is done. */
function holdsUp(queue: ResourceView): string {
  return isGiven(queue, 'FifoQueue') ? ', and the messages of its group wait as long' : '';
}

function visibleSeconds(outcome: Outcome): number | undefined {
  return outcome.kind === 'absent' ? defaultVisibilitySeconds : wholeNumber(outcome);
}

interface Asked {
  /** What is not known may be as long as Lambda lets a function run. */
  readonly seconds: number;
  readonly says: string;
  readonly isKnown: boolean;
}

function askedBy({ worker, windowSeconds }: Poller): Asked {
  const timeoutSeconds = largestOfAll(worker, ['Timeout'], defaultTimeoutSeconds);
  const length = timeoutSeconds === undefined ? 'which is not known' : `(${timeoutSeconds} s)`;
  const window = windowSeconds === undefined ? 'time' : `${windowSeconds} s`;
  const gathering = windowSeconds === 0 ? '' : ` and the ${window} messages are gathered`;
  return {
    seconds:
      (timeoutSeconds ?? longestTimeoutSeconds) * timeoutsPerVisibility +
      (windowSeconds ?? longestWindowSeconds),
    says: `six times the timeout of ${worker.logicalId} ${length}${gathering}`,
    isKnown: timeoutSeconds !== undefined && windowSeconds !== undefined,
  };
}
