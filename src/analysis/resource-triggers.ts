import type { ResourceView, Trigger } from '../contract/facts.js';
import { intrinsicName } from '../document/intrinsics.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import type { Stack } from '../template/template.js';
import { type FindFunctions, resourceIn, resourcesIn } from './references.js';
import {
  connectorSources,
  customResourcePlaces,
  type Dependence,
  type FoundTrigger,
  type TriggerPlace,
  triggerFrom,
  triggerPlaces,
} from './trigger-places.js';

/** What each resource invokes by its own settings. */
export function resourceTriggers(
  views: readonly ResourceView[],
  find: FindFunctions,
): readonly FoundTrigger[] {
  const topics = alarmTopics(views);
  return views.flatMap((view) => [...declaredTriggers(view), ...placedTriggers(view, find, topics)]);
}

function declaredTriggers(view: ResourceView): readonly FoundTrigger[] {
  if (view.type !== 'AWS::Serverless::Function') return [];
  return samTriggers(view).map((trigger) => ({ member: view, trigger }));
}

function placedTriggers(
  view: ResourceView,
  find: FindFunctions,
  topics: ReadonlySet<string>,
): readonly FoundTrigger[] {
  return placesOf(view, topics).flatMap(({ at, invocation: usual, source, says, depends }) =>
    callsAt(view.properties, at, depends).flatMap((expression) => {
      const invocation = (depends === 'call-type' ? callType(expression) : undefined) ?? usual;
      const authorizers = source === 'api' ? authorizersOf(expression, view.stack, find) : [];
      return find(expression, view.stack)
        .filter((member) => !isSame(member, view))
        .map((member) => {
          const isAuthorizer = authorizers.some((other) => isSame(other, member));
          const kind = { invocation, source: isAuthorizer ? 'identity' : source };
          const trigger = triggerFrom(view, member, kind, says);
          return { member, trigger: invocation === 'polled' ? fromSource(trigger, view) : trigger };
        });
    }),
  );
}

/** What calls a function each: of several actions every one says for itself whether it waits. */
function callsAt(
  properties: ValueMap,
  at: TriggerPlace['at'],
  depends: Dependence | undefined,
): readonly Value[] {
  const found = expressionsAt(properties, at);
  return depends === 'call-type' ? found.flatMap(itemsIn) : found;
}

/** The innermost items of lists of maps; the value itself where there are none. */
function itemsIn(value: Value): readonly Value[] {
  if (isList(value)) return value.flatMap(itemsIn);
  return isMap(value) && hasItems(value) ? Object.values(value).flatMap(itemsIn) : [value];
}

function hasItems(value: Value): boolean {
  if (isList(value)) return value.some(isMap);
  return isMap(value) && Object.values(value).some(hasItems);
}

/** It is the queue or stream that triggers, not the mapping. */
function fromSource(trigger: Trigger, mapping: ResourceView): Trigger {
  const { from: own, ...rest } = trigger;
  const { EventSourceArn: arn, Queues: ofBroker } = mapping.properties;
  const isQueue = rest.source === 'queue' && ofBroker === undefined;
  const found = { ...rest, ...(isQueue && polling(arn, mapping, [])) };
  const source = own === undefined ? undefined : resourceIn(arn, mapping.stack);
  if (source === undefined) return found;
  return { ...found, description: `${rest.description} of ${source}`, from: source };
}

function polling(
  source: Value | undefined,
  owner: ResourceView,
  settings: readonly string[] | undefined,
): Pick<Trigger, 'polls'> {
  const { stack, logicalId } = owner;
  const queues = resourcesIn(source, stack)
    .map(({ stack, logicalId }) => ({ stack, logicalId }))
    .filter((each) => typeOf(each) === 'AWS::SQS::Queue');
  return {
    polls: { queues, owner: { stack, logicalId }, ...(settings !== undefined && { settings }) },
  };
}

function typeOf({ stack, logicalId }: Member): string | undefined {
  return stack.template.resources.get(logicalId)?.type;
}

function isSame(left: Member, right: Member): boolean {
  return left.stack === right.stack && left.logicalId === right.logicalId;
}

/** The functions an OpenAPI document names as authorizers only. */
export function authorizersOf(document: Value, stack: Stack, find: FindFunctions): readonly Member[] {
  if (!isMap(document)) return [];
  const { components, securityDefinitions, ...routes } = document;
  const named = [...find(components, stack), ...find(securityDefinitions, stack)];
  if (named.length === 0) return [];
  const routed = find(routes, stack);
  return named.filter((member) => !routed.some((other) => isSame(other, member)));
}

function placesOf(view: ResourceView, topics: ReadonlySet<string>): readonly TriggerPlace[] {
  const { type } = view;
  if (type.startsWith('Custom::')) return customResourcePlaces;
  const places = Object.hasOwn(triggerPlaces, type) ? (triggerPlaces[type] ?? []) : [];
  return places.map((place) =>
    place.depends === undefined ? place : { ...place, ...settled(place.depends, view, topics) },
  );
}

/** What the resource says of how it calls, or of what the call is for. */
function settled(
  depends: Dependence,
  view: ResourceView,
  topics: ReadonlySet<string>,
): Partial<TriggerPlace> {
  const { properties, stack } = view;
  switch (depends) {
    case 'rule': {
      const source = ruleSource(properties.ScheduleExpression, properties.EventPattern);
      return { source, says: source === 'schedule' ? 'scheduled rule' : 'event rule' };
    }
    case 'method':
      return { invocation: methodInvocation(properties.Integration) };
    case 'mapping':
      return { source: mappingSource(properties) };
    case 'pipe':
      return { invocation: pipeInvocation(view) };
    case 'call-type':
      // Of each call by itself.
      return {};
    case 'subscription':
      return { source: topicSource(properties.TopicArn, stack, topics) };
    case 'topic':
      return { source: topics.has(keyOf(view)) ? 'operations' : 'records' };
  }
}

/** The one invocation type that is written beside a function; of several, nobody knows which counts. */
function callType(call: Value): Trigger['invocation'] | undefined {
  const types = new Set(invocationTypes(call));
  const isWaiting = types.has('RequestResponse') || types.has('REQUEST_RESPONSE') || types.has('SYNC');
  const isNot = types.has('Event') || types.has('EVENT') || types.has('ASYNC');
  if (types.size === 0) return undefined;
  return isWaiting === isNot ? 'unknown' : isWaiting ? 'sync' : 'async';
}

function invocationTypes(value: Value | undefined): readonly Value[] {
  if (isList(value)) return value.flatMap(invocationTypes);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'InvocationType' || key === 'InvocationMode' ? [inner] : invocationTypes(inner),
  );
}

/** An integration can ask Lambda not to wait. */
function methodInvocation(integration: Value | undefined): Trigger['invocation'] {
  const parameters = isMap(integration) ? integration.RequestParameters : undefined;
  const header = isMap(parameters)
    ? parameters['integration.request.header.X-Amz-Invocation-Type']
    : undefined;
  return header === "'Event'" ? 'async' : 'sync';
}

/** Streams have a position to start from; queues have none. */
function mappingSource({ StartingPosition: position }: ValueMap): string {
  return position === undefined ? 'queue' : 'stream';
}

function pipeInvocation(view: ResourceView): Trigger['invocation'] {
  const [branch] = view.read('TargetParameters', 'LambdaFunctionParameters', 'InvocationType');
  return branch?.outcome.kind === 'value' && branch.outcome.value === 'FIRE_AND_FORGET' ? 'async' : 'sync';
}

const keyOf = ({ stack, logicalId }: Member): string => `${stack.template.path}#${logicalId}`;

/** Topics alarms and budgets write to: who listens there is called for operations, not for data. */
function alarmTopics(views: readonly ResourceView[]): ReadonlySet<string> {
  const alarming = views.filter(({ type }) =>
    /^AWS::(CloudWatch::(Composite)?Alarm|Budgets::Budget)$/.test(type),
  );
  return new Set(alarming.flatMap(({ properties, stack }) => resourceKeys(properties, stack)));
}

function resourceKeys(value: Value | undefined, stack: Stack): readonly string[] {
  return resourcesIn(value, stack).map(keyOf);
}

function topicSource(topic: Value | undefined, stack: Stack, topics: ReadonlySet<string>): string {
  return resourceKeys(topic, stack).some((key) => topics.has(key)) ? 'operations' : 'records';
}

/** The expressions at a path, with lists and both sides of an `Fn::If` on the way. */
function expressionsAt(value: Value | undefined, [token, ...rest]: readonly string[]): readonly Value[] {
  if (value === undefined || value === null) return [];
  if (token === undefined) return [value];
  if (isList(value)) return value.flatMap((item) => expressionsAt(item, [token, ...rest]));
  if (!isMap(value)) return [];
  if (isList(value['Fn::If']))
    return value['Fn::If'].slice(1).flatMap((side) => expressionsAt(side, [token, ...rest]));
  return Object.hasOwn(value, token) ? expressionsAt(value[token], rest) : [];
}

/** What connectors of SAM say, in resources of their own and in what they start from. */
export function connectorTriggers(
  views: readonly ResourceView[],
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  return views.flatMap((view) => {
    const { stack, logicalId } = view;
    const body = stack.template.resources.get(logicalId)?.body;
    const embedded = isMap(body?.Connectors) ? Object.values(body.Connectors) : [];
    const own = view.type === 'AWS::Serverless::Connector' ? [view.properties] : [];
    const inside = embedded.map((each) => ({
      ...(isMap(each) && isMap(each.Properties) ? each.Properties : {}),
      Source: { Id: logicalId },
    }));
    return [...own, ...inside].flatMap((connector) => connections(connector, view, find, triggers));
  });
}

function connections(
  { Source: source, Destination: destination }: ValueMap,
  view: ResourceView,
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  const { stack } = view;
  const { resources } = stack.template;
  const { Id: id, Type: type } = isMap(source) ? source : {};
  const from = typeof id === 'string' ? resources.get(id) : undefined;
  const name = from?.type ?? type;
  const known = typeof name === 'string' && Object.hasOwn(connectorSources, name) ? name : undefined;
  const kind = known === undefined ? undefined : connectorSources[known];
  if (kind === undefined) return [];
  const targets = (isList(destination) ? destination : [destination]).flatMap((target) => {
    if (!isMap(target)) return [];
    const named = typeof target.Id === 'string' ? { Ref: target.Id } : target.Arn;
    return find(named, stack);
  });
  return targets
    .filter(
      (member) =>
        !triggers(member).some(
          (each) => each.source === kind.source && (each.from ?? from?.logicalId) === from?.logicalId,
        ),
    )
    .map((member) => {
      const { from: connector = view.logicalId, ...trigger } = triggerFrom(view, member, kind, 'connector');
      return { member, trigger: { ...trigger, from: from?.logicalId ?? connector } };
    });
}

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
function samTriggers(view: ResourceView): readonly Trigger[] {
  const events = view.expression('Events');
  const declared = isMap(events)
    ? Object.entries(events).flatMap(([name, event]) => samTrigger(name, event, view))
    : [];
  const url = view.expression('FunctionUrlConfig');
  return url === undefined
    ? declared
    : [...declared, { invocation: 'sync', source: 'api', description: 'function URL' }];
}

function samTrigger(name: string, event: Value, view: ResourceView): readonly Trigger[] {
  if (!isMap(event)) return [];
  const { Type: type, Properties: given } = event;
  const known = typeof type === 'string' && Object.hasOwn(eventKinds, type) ? eventKinds[type] : undefined;
  if (known === undefined) return [];
  const properties = isMap(given) ? given : {};
  const from = known.from === undefined ? undefined : resourceIn(properties[known.from], view.stack);
  const description = `SAM event ${name} (${type})${from === undefined ? '' : ` of ${from}`}`;
  const { SqsSubscription: between } = properties;
  const isQueue = type === 'SQS';
  const queue = isQueue ? properties.Queue : isMap(between) ? between.QueueArn : undefined;
  const settings = isQueue ? ['Events', name, 'Properties'] : undefined;
  return [
    {
      ...adjusted(known, properties),
      description,
      ...(from === undefined ? {} : { from }),
      ...(queue !== undefined && polling(queue, view, settings)),
    },
  ];
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

/** What an EventBridge rule stands for: the clock, one event per object stored, or any other event. */
type RuleSource = 'schedule' | 'records' | 'event-rule';

/** @param pattern the event pattern, as a map or as JSON text */
export function ruleSource(schedule: Value | undefined, pattern: Value | undefined): RuleSource {
  if (schedule !== undefined && pattern === undefined) return 'schedule';
  return eventSources(pattern).includes('aws.s3') ? 'records' : 'event-rule';
}

function eventSources(pattern: Value | undefined): readonly string[] {
  if (isMap(pattern) && intrinsicName(pattern) === undefined) {
    const { source } = pattern;
    return isList(source) ? source.filter((item) => typeof item === 'string') : [];
  }
  const [, list] =
    /"source"\s*:\s*\[([^\]]*)\]/.exec(JSON.stringify(pattern ?? '').replaceAll('\\"', '"')) ?? [];
  return [...(list ?? '').matchAll(/"([^"]*)"/g)].map(([, name]) => name ?? '');
}
