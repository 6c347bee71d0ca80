import type { Trigger } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import { isMap, type Value, type ValueMap } from '../document/value.js';
import type { Stack } from '../template/template.js';
import { ruleSource } from './event-patterns.js';
import { resourceIn } from './resource-references.js';

interface EventKind {
  readonly invocation: Trigger['invocation'];
  readonly source: string;
  /** The property that names where the event comes from. */
  readonly from?: string;
}

function kind(source: string, invocation: Trigger['invocation'], from?: string): EventKind {
  return { invocation, source, ...(from === undefined ? {} : { from }) };
}

/** @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html */
const eventKinds: Readonly<Record<string, EventKind>> = {
  AlexaSkill: kind('api', 'sync'),
  Api: kind('api', 'sync', 'RestApiId'),
  CloudWatchEvent: kind('event-rule', 'async'),
  CloudWatchLogs: kind('records', 'async', 'LogGroupName'),
  Cognito: kind('identity', 'sync', 'UserPool'),
  DocumentDB: kind('stream', 'polled', 'Cluster'),
  DynamoDB: kind('stream', 'polled', 'Stream'),
  EventBridgeRule: kind('event-rule', 'async'),
  HttpApi: kind('api', 'sync', 'ApiId'),
  IoTRule: kind('records', 'async'),
  Kinesis: kind('stream', 'polled', 'Stream'),
  MQ: kind('queue', 'polled', 'Broker'),
  MSK: kind('stream', 'polled', 'Stream'),
  S3: kind('records', 'async', 'Bucket'),
  SNS: kind('records', 'async', 'Topic'),
  SQS: kind('queue', 'polled', 'Queue'),
  Schedule: kind('schedule', 'async'),
  ScheduleV2: kind('schedule', 'async'),
  SelfManagedKafka: kind('stream', 'polled'),
  WebSocketApi: kind('api', 'sync', 'ApiId'),
};

/** The triggers a SAM function declares itself: `Events` and `FunctionUrlConfig`. */
export function samTriggers(view: ResourceView): readonly Trigger[] {
  const events = view.expression('Events');
  const declared = isMap(events)
    ? Object.entries(events).flatMap(([name, event]) => samTrigger(name, event, view.stack))
    : [];
  const url = view.expression('FunctionUrlConfig');
  return url === undefined
    ? declared
    : [...declared, { invocation: 'sync', source: 'api', description: 'function URL' }];
}

function samTrigger(name: string, event: Value, stack: Stack): readonly Trigger[] {
  if (!isMap(event)) return [];
  const { Type: type, Properties: given } = event;
  const known = typeof type === 'string' && Object.hasOwn(eventKinds, type) ? eventKinds[type] : undefined;
  if (known === undefined) return [];
  const properties = isMap(given) ? given : {};
  const from = known.from === undefined ? undefined : resourceIn(properties[known.from], stack);
  const description = `SAM event ${name} (${type})${from === undefined ? '' : ` of ${from}`}`;
  return [{ ...adjusted(known, properties), description, ...(from === undefined ? {} : { from }) }];
}

function adjusted(
  { invocation, source }: EventKind,
  properties: ValueMap,
): Pick<Trigger, 'invocation' | 'source'> {
  if (source === 'event-rule') return { invocation, source: ruleSource(undefined, properties.Pattern) };
  // A topic can be read through a queue that SAM puts in between.
  const { SqsSubscription: queue = false } = properties;
  return queue === false ? { invocation, source } : { invocation: 'polled', source: 'queue' };
}
