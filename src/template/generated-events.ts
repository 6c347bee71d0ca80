import { isMap, type Value, type ValueMap } from '../document/value.js';
import { referencesIn } from './referenced.js';

/** A resource SAM makes for one of the template's. */
export interface Generated {
  readonly logicalId: string;
  readonly owner: string;
  /** Logical ids and parameters. */
  readonly needs: readonly string[];
  /** The owner needs it, too: the role of a function. */
  readonly isOwnedFirst?: true;
  /** Other resources of the template that need it, too: the bucket whose notifications it permits. */
  readonly neededBy?: readonly string[];
}

const polled: ReadonlySet<string> = new Set([
  'SQS',
  'Kinesis',
  'DynamoDB',
  'MSK',
  'MQ',
  'SelfManagedKafka',
  'DocumentDB',
]);

/** What SAM makes for the events of a function. */
export function functionEvents(id: string, properties: ValueMap): readonly Generated[] {
  return eventsOf(properties.Events).flatMap(([name, type, event]) =>
    functionEvent(id, `${id}${name}`, type, event),
  );
}

function functionEvent(id: string, eventId: string, type: string, event: ValueMap): readonly Generated[] {
  const permission: Generated = { logicalId: `${eventId}Permission`, owner: id, needs: [id] };
  const made: Generated = { logicalId: eventId, owner: id, needs: [id, ...referencesIn(event)] };
  const permitted: Generated = { ...permission, needs: [id, eventId] };
  if (polled.has(type)) return [made];
  switch (type) {
    case 'Schedule':
    case 'CloudWatchEvent':
    case 'EventBridgeRule':
      return [made, permitted, ...deadLetters(id, eventId, event, true)];
    case 'ScheduleV2':
      return [made, ...eventRole(id, eventId, event), ...deadLetters(id, eventId, event, false)];
    case 'IoTRule':
      return [made, permitted];
    case 'CloudWatchLogs':
      return [{ ...made, needs: [...made.needs, permission.logicalId] }, permission];
    case 'SNS':
      return topic(made, { ...permission, needs: made.needs }, event.SqsSubscription);
    case 'S3':
      return [{ ...permission, neededBy: referencesIn(event.Bucket) }];
    case 'Cognito':
      return [{ ...permission, logicalId: `${id}CognitoPermission`, needs: made.needs }];
    case 'Api':
      return [
        { ...permission, needs: made.needs },
        ...(event.RestApiId === undefined ? [implicitApi(id, 'ServerlessRestApi')] : []),
      ];
    case 'HttpApi':
      return [
        { ...permission, needs: made.needs },
        ...(event.ApiId === undefined ? [implicitApi(id, 'ServerlessHttpApi')] : []),
      ];
    default:
      return [permission];
  }
}

/** What SAM makes for the events of a state machine: a rule or a schedule, and a role that starts it. */
export function stateMachineEvents(id: string, events: Value | undefined): readonly Generated[] {
  return eventsOf(events).flatMap(([name, type, event]): readonly Generated[] => {
    const eventId = `${id}${name}`;
    const made: Generated = {
      logicalId: eventId,
      owner: id,
      needs: [id, `${eventId}Role`, ...referencesIn(event)],
    };
    const role = eventRole(id, eventId, event);
    if (type !== 'Api') return [made, ...role, ...deadLetters(id, eventId, event, type !== 'ScheduleV2')];
    const isImplicit = event.RestApiId === undefined;
    return [...role, ...(isImplicit ? [implicitApi(id, 'ServerlessRestApi')] : [])];
  });
}

function eventsOf(events: Value | undefined): readonly (readonly [string, string, ValueMap])[] {
  return Object.entries(isMap(events) ? events : {}).flatMap(([name, event]) => {
    const type = isMap(event) ? event.Type : undefined;
    const properties = isMap(event) ? event.Properties : undefined;
    return typeof type === 'string' ? [[name, type, isMap(properties) ? properties : {}] as const] : [];
  });
}

function eventRole(id: string, eventId: string, event: ValueMap): readonly Generated[] {
  return event.RoleArn === undefined ? [{ logicalId: `${eventId}Role`, owner: id, needs: [id] }] : [];
}

/** The queue of an event without an ARN of one; the policy admits the rule. */
function deadLetters(
  id: string,
  eventId: string,
  event: ValueMap,
  withPolicy: boolean,
): readonly Generated[] {
  const config = event.DeadLetterConfig;
  if (!isMap(config) || config.Arn !== undefined) return [];
  const named = config.QueueLogicalId;
  const queue: Generated = {
    logicalId: typeof named === 'string' ? named : `${eventId}Queue`,
    owner: id,
    needs: [],
  };
  const policy: Generated = {
    logicalId: `${eventId}QueuePolicy`,
    owner: id,
    needs: [queue.logicalId, eventId],
  };
  return withPolicy ? [queue, policy] : [queue];
}

/** A topic calls the function, or fills a queue (its own or a given one) that the function polls. */
function topic(
  subscription: Generated,
  permission: Generated,
  queue: Value | undefined,
): readonly Generated[] {
  const { logicalId, owner, needs } = subscription;
  if (queue === undefined || queue === false) return [subscription, permission];
  const policyId = isMap(queue) ? queue.QueuePolicyLogicalId : undefined;
  const policy = {
    logicalId: typeof policyId === 'string' ? policyId : `${logicalId}QueuePolicy`,
    owner,
    needs: needs.slice(1),
  };
  const mapping = { logicalId: `${logicalId}EventSourceMapping`, owner, needs };
  const made = isMap(queue) ? [] : [{ logicalId: `${logicalId}Queue`, owner, needs: [] }];
  return [{ ...subscription, needs: needs.slice(1) }, policy, mapping, ...made];
}

/** The API SAM makes for events that name none; its definition has the ARNs of the functions. */
function implicitApi(id: string, apiId: string): Generated {
  return { logicalId: apiId, owner: id, needs: [id] };
}

/** A text as it stands, or what takes its place when it is an expression. */
export function textIn(value: Value | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

export function isGiven(value: Value | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}
