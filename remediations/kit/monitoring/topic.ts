import {
  type Companion,
  type EncryptionKey,
  type Facts,
  isList,
  isMap,
  type Outcome,
  type Prerequisite,
  type Publisher,
  type ResourceView,
  type Stack,
  scalarText,
  shellWord,
  type Value,
  z,
} from '../../../src/remediation.js';
import { emailTopic, type HandedDown, handDown, outsideArn } from '../companions.js';
import { openFor } from '../encrypt-with.js';
import { itemsAt, outcomesAt, refersTo } from '../values.js';
import { alarmType } from './watched.js';

export interface TopicTarget {
  readonly topicArn?: string | undefined;
  readonly emails: readonly string[];
}

/** Where the alarms of a template are sent, in its terms. */
export interface Topic {
  readonly value: Value;
  readonly companions: readonly Companion[];
  readonly prerequisites: readonly Prerequisite[];
}

export const topicType = 'AWS::SNS::Topic';
const compositeType = 'AWS::CloudWatch::CompositeAlarm';

/** The topic of the policy, the one the template's alarms have, the one the root's have, or a new one in the root. */
export function topicFor(
  stack: Stack,
  target: TopicTarget,
  facts: Facts,
): Topic | { readonly because: string } {
  const { topicArn } = target;
  if (topicArn !== undefined) return { value: topicArn, companions: [], prerequisites: [outside(topicArn)] };
  const { root } = facts.tree;
  const own = topicInUse(stack, facts);
  const used = own ?? topicInUse(root, facts);
  if (target.emails.length === 0) {
    const decision = 'set remediations.cloudwatch-alarms.emails or .topicArn';
    if (used === undefined) return { because: `no notification target: ${decision}` };
    for (const topic of used.topics) {
      const heard = listeners(topic, facts);
      if (heard === 'always') continue;
      const lacks = heard === 'none' ? 'has no subscription' : 'has a subscription in some deployments only';
      return { because: `no notification target, since ${topic.logicalId} ${lacks}: ${decision}` };
    }
  }
  if (own !== undefined) return { value: own.expression, companions: [], prerequisites: [] };
  const rootTopic = used?.expression;
  const made = rootTopic === undefined ? newTopic(root, target, facts) : undefined;
  if (made !== undefined && 'because' in made) return made;
  const handed = fromRoot(stack, made === undefined ? { value: rootTopic ?? null, companions: [] } : made);
  return { ...handed, prerequisites: made?.prerequisites ?? [] };
}

function fromRoot(stack: Stack, inRoot: HandedDown): HandedDown {
  const definition = { Type: 'String', Description: 'ARN of the topic that alarms are sent to' };
  return handDown(stack, 'AlarmTopicArn', definition, () => inRoot);
}

/** The topic that alarms are sent to, as a policy names it for whatever else notifies somebody. */
export const fromTemplate = 'from-template';

/** An ARN, or `from-template`. */
export const topicNamed = z.union([
  z.literal(fromTemplate),
  z
    .string()
    .regex(
      /^arn:aws[a-z-]*:sns:/,
      'a topic is named by its ARN, or from-template for the one alarms are sent to',
    ),
]);

/**
 * The topic that something else than an alarm notifies, in the terms of a template, with what lets it publish; or why there
 * is none.
 * @param named an ARN, or `from-template`
 * @param parameter of the root, for an ARN
 */
export function notifiedTopic(
  stack: Stack,
  named: string,
  by: Publisher,
  parameter: { readonly name: string; readonly description: string },
  facts: Facts,
): Topic | { readonly because: string } {
  if (named !== fromTemplate) {
    const { name, description } = parameter;
    const handed = outsideArn(facts.tree, stack, name, description, named);
    return { ...handed, prerequisites: [outside(named, by)] };
  }
  const own = topicInUse(stack, facts);
  const used = own ?? topicInUse(facts.tree.root, facts);
  if (used === undefined) return { because: 'no alarm of the templates is sent to a topic' };
  const handed =
    own === undefined
      ? fromRoot(stack, { value: used.expression, companions: [] })
      : { value: own.expression, companions: [] };
  const [topic, ...others] = used.topics;
  if (topic === undefined) return { ...handed, prerequisites: [outside('the topic of the alarms', by)] };
  if (others.length > 0) return { because: 'alarms are sent to one topic or another, by a condition' };
  if (listeners(topic, facts) !== 'always') return { because: `${topic.logicalId} has no subscription` };
  if (outcomesAt(topic, 'KmsMasterKeyId').some((outcome) => scalarText(outcome)?.includes('alias/aws/'))) {
    return {
      because: `the key of ${topic.logicalId} is the one AWS manages, which cannot be opened to ${publishers[by]}`,
    };
  }
  const key = facts.keyNamed(topic.stack, topic.expression('KmsMasterKeyId'));
  const opened = [...(key?.resource === undefined ? [] : [key.resource]), topic].map((each) =>
    facts.access(each, { by, to: topic }),
  );
  const closed = opened.find(({ answer, companions }) => answer !== 'yes' && companions === undefined);
  if (closed !== undefined) return { because: closed.because };
  return {
    value: handed.value,
    companions: [...handed.companions, ...opened.flatMap(({ companions = [] }) => companions)],
    prerequisites: key !== undefined && key.resource === undefined ? [foreignKey(key, by)] : [],
  };
}

const publishers: Readonly<Record<Publisher, string>> = {
  cloudwatch: 'CloudWatch',
  events: 'events.amazonaws.com',
  budgets: 'budgets.amazonaws.com',
};

function outside(topicArn: string, by: Publisher = 'cloudwatch'): Prerequisite {
  return {
    what: `${topicArn} lets ${publishers[by]} publish, its key too, and it has a confirmed subscription`,
    check: `aws sns get-topic-attributes --topic-arn ${shellWord(topicArn)}; aws sns list-subscriptions-by-topic --topic-arn ${shellWord(topicArn)}`,
  };
}

interface UsedTopic {
  readonly expression: Value;
  /** By branch of the expression, each once; none for one outside the templates. */
  readonly topics: readonly ResourceView[];
}

/** The first topic that is always there among those that alarms of the template are sent to; not a scaling policy. */
function topicInUse(stack: Stack, facts: Facts): UsedTopic | undefined {
  const alarms = facts.resources(alarmType).filter((alarm) => alarm.stack === stack);
  for (const { expression, outcomes } of alarms.flatMap(actionsOf)) {
    if (outcomes.length === 0 || !outcomes.every((outcome) => isTopic(outcome, stack, facts))) continue;
    const topics = outcomes.flatMap((outcome) =>
      outcome.kind === 'resource' ? (facts.resource(outcome.stack, outcome.logicalId) ?? []) : [],
    );
    return { expression, topics: [...new Set(topics)] };
  }
  return undefined;
}

/** Whether it is a topic, in every deployment that has the template. */
function isTopic(outcome: Outcome, stack: Stack, facts: Facts): boolean {
  if (outcome.kind === 'value') return /^arn:[^:]*:sns:/.test(scalarText(outcome) ?? '');
  if (outcome.kind !== 'resource') return false;
  const view = facts.resource(outcome.stack, outcome.logicalId);
  return view?.type === topicType && facts.isAlwaysWith([view], { stack, logicalId: null });
}

/** Whether somebody hears what a topic of the templates is told: always, only in some deployments, or never. */
export function listeners(topic: ResourceView, facts: Facts): 'always' | 'sometimes' | 'none' {
  const own = outcomesAt(topic, 'Subscription').map(isSubscribed);
  if (own.every((isThere) => isThere)) return 'always';
  const found = facts
    .usersOf(topic, ...Object.keys(subscribers))
    .filter((each) => subscribers[each.type]?.(each, topic) === true);
  if (facts.isAlwaysWith(found, topic)) return 'always';
  return found.length > 0 || own.some((isThere) => isThere) ? 'sometimes' : 'none';
}

/** Subscriptions written in the topic itself; an item that comes to nothing in some branch is none. */
function isSubscribed(outcome: Outcome): boolean {
  if (outcome.kind !== 'value') return outcome.kind !== 'absent';
  return !isList(outcome.value) || outcome.value.some((item) => !isMap(item) || item['Fn::If'] === undefined);
}

/** What else listens to a topic, and whether it is this one. */
const subscribers: Readonly<Record<string, (view: ResourceView, topic: ResourceView) => boolean>> = {
  'AWS::Chatbot::MicrosoftTeamsChannelConfiguration': (view, topic) => isListed(view, topic, 'SnsTopicArns'),
  'AWS::Chatbot::SlackChannelConfiguration': (view, topic) => isListed(view, topic, 'SnsTopicArns'),
  'AWS::SNS::Subscription': (view, topic) => refersTo(topic, view, 'TopicArn'),
  'AWS::Serverless::Function': (view, topic) => {
    const events = view.expression('Events');
    return Object.keys(isMap(events) ? events : {}).some((event) =>
      refersTo(topic, view, 'Events', event, 'Properties', 'Topic'),
    );
  },
};

function isListed(view: ResourceView, topic: ResourceView, list: string): boolean {
  return itemsAt(view, list).some((item) => refersTo(topic, view, ...item));
}

interface Action {
  readonly expression: Value;
  readonly outcomes: readonly Outcome[];
}

export function actionsOf(alarm: ResourceView): readonly Action[] {
  return itemsAt(alarm, 'AlarmActions').map((item) => ({
    expression: alarm.expression(...item) ?? null,
    outcomes: outcomesAt(alarm, ...item),
  }));
}

const scalingPolicies = ['AWS::ApplicationAutoScaling::ScalingPolicy', 'AWS::AutoScaling::ScalingPolicy'];

/** Whether all an alarm does is to scale, or to stop or restart an instance: that is its purpose, and tells nobody. */
export function actsOnly(alarm: ResourceView, facts: Facts): boolean {
  const outcomes = actionsOf(alarm).flatMap((action) => action.outcomes);
  return outcomes.length > 0 && outcomes.every((outcome) => isOperation(outcome, facts));
}

function isOperation(outcome: Outcome, facts: Facts): boolean {
  if (outcome.kind === 'resource') {
    const type = facts.resource(outcome.stack, outcome.logicalId)?.type ?? '';
    return scalingPolicies.includes(type);
  }
  return /^arn:[^:]*:(?:autoscaling|automate|swf):/.test(scalarText(outcome) ?? '');
}

/** Alarms of any template of the tree that are sent to a topic. */
export function isSentTo(topic: ResourceView, facts: Facts): boolean {
  const actions = ['AlarmActions', 'OKActions', 'InsufficientDataActions'];
  return facts
    .usersOf(topic, alarmType, compositeType)
    .some((alarm) =>
      actions.some((name) => itemsAt(alarm, name).some((item) => refersTo(topic, alarm, ...item))),
    );
}

function newTopic(root: Stack, { emails }: TopicTarget, facts: Facts): Topic | { readonly because: string } {
  const logicalId = facts.freeId(root, 'AlarmTopic');
  const key = facts.encryptionKey(root, { type: topicType, use: { by: 'cloudwatch' } });
  // Alarms are safe without a key, and need approval for nothing but a new one.
  const own = 'because' in key || key.isNew ? undefined : key;
  const opened = openFor(own?.resource, { by: 'cloudwatch' }, facts);
  if ('because' in opened)
    return { because: `a new topic would have a key CloudWatch cannot use: ${opened.because}` };
  const companions: Companion[] = [emailTopic({ logicalId, in: root }, own?.arn, emails)];
  if (own !== undefined) companions.push(...own.companions, ...opened.companions);
  return {
    value: { Ref: logicalId },
    companions,
    prerequisites: own !== undefined && own.resource === undefined ? [foreignKey(own)] : [],
  };
}

/** A key the templates do not have keeps its policy to itself. */
export function foreignKey(
  { description }: Pick<EncryptionKey, 'description'>,
  by: Publisher = 'cloudwatch',
): Prerequisite {
  return {
    what: `the policy of ${description} lets ${by}.amazonaws.com use kms:Decrypt and kms:GenerateDataKey*`,
    check: 'aws kms get-key-policy --policy-name default --key-id KEY',
  };
}
