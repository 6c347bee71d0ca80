import {
  type Facts,
  isMap,
  type LogGroupUser,
  type Need,
  type ResourceView,
  type Stack,
  type Value,
  type ValueMap,
  type Want,
} from '../../src/remediation.js';

/** What units bring along, as declarations: each is a resource under the condition of what it is for. */
interface Companion {
  readonly logicalId: string;
  /** The template it goes into, where that is not the one of the finding. */
  readonly in?: Stack;
  /** Condition of what it is for. */
  readonly condition?: string | undefined;
}

function companion(
  { logicalId, condition, in: stack }: Companion,
  type: string,
  properties: ValueMap,
  attributes: ValueMap = {},
): Need {
  return {
    kind: 'resource',
    logicalId,
    body: {
      Type: type,
      ...(condition !== undefined && { Condition: condition }),
      ...attributes,
      Properties: properties,
    },
    ...(stack !== undefined && { in: stack }),
  };
}

/** A log group whose name CloudFormation makes. */
function logGroup(place: Companion, properties: ValueMap): Need {
  return companion(place, 'AWS::Logs::LogGroup', properties);
}

const secondsPerDay = 86_400;

/** A queue that outlives the stack with what is in it. @param key its ARN; `undefined` for the key Amazon SQS manages */
export function keptQueue(place: Companion, key: Value | undefined, retentionDays: number): Need {
  const encryption: ValueMap = key === undefined ? { SqsManagedSseEnabled: true } : { KmsMasterKeyId: key };
  return companion(
    place,
    'AWS::SQS::Queue',
    { ...encryption, MessageRetentionPeriod: retentionDays * secondsPerDay },
    { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' },
  );
}

/** The one policy of a queue of its own: nothing reaches it unencrypted. */
export function encryptedTransport(place: Companion, queue: string): Need {
  const statement = {
    Sid: 'EnforceSSLOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  return companion(place, 'AWS::SQS::QueuePolicy', {
    Queues: [{ Ref: queue }],
    PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
  });
}

/** A topic and whom it tells. @param key its ARN; `undefined` for none */
export function emailTopic(place: Companion, key: Value | undefined, emails: readonly string[]): Need {
  return companion(place, 'AWS::SNS::Topic', {
    ...(key !== undefined && { KmsMasterKeyId: key }),
    Subscription: emails.map((address) => ({ Protocol: 'email', Endpoint: address })),
  });
}

/** One more address that a topic of the template tells. */
export function emailSubscription(place: Companion, topic: string, address: string): Need {
  return companion(place, 'AWS::SNS::Subscription', {
    TopicArn: { Ref: topic },
    Protocol: 'email',
    Endpoint: address,
  });
}

/** A value in a template's terms, and what has to come along for it to mean something. */
export interface HandedDown {
  readonly value: Value;
  readonly needs: readonly Need[];
}

/**
 * What the root has, handed down to a nested template through a parameter of every template on the way.
 * @param passOn makes of a value what a parameter can be given: lists are handed down as one text
 */
export function handDown(
  stack: Stack,
  name: string,
  definition: ValueMap,
  inRoot: (root: Stack) => HandedDown,
  passOn: (value: Value) => Value = (value) => value,
): HandedDown {
  if (stack.parents.length === 0) return inRoot(stack);
  const above = new Map(
    stack.parents.map((parent) => [parent.stack, handDown(parent.stack, name, definition, inRoot, passOn)]),
  );
  const needs = [...above.values()].flatMap((each) => each.needs);
  const passed = (parent: Stack) => {
    const handed = above.get(parent);
    return handed === undefined ? undefined : passOn(handed.value);
  };
  return {
    value: { Ref: name },
    needs: [...needs, { kind: 'parameter', name, definition, passed, in: stack }],
  };
}

/** Which log group a function has that is judged for itself; `undefined` when it makes its own. */
export function ownLogGroup(view: ResourceView, facts: Facts): string | undefined {
  if (facts.functionKind(view).isEdge) return 'it runs at the edge and logs in the Region of the visitor';
  const configured = view.read('LoggingConfig', 'LogGroup').every(({ outcome }) => outcome.kind !== 'absent');
  if (configured) return 'it logs to the group its LoggingConfig names';
  const declared = [...view.stack.template.resources.keys()].find(
    (id) => facts.logGroupClass(view.stack, id)?.owner === view.logicalId,
  );
  return declared === undefined ? undefined : `it logs to ${declared}, which is judged itself`;
}

/** The id of the log group a function would get. */
export function newGroupId({ stack, logicalId }: ResourceView, facts: Facts): string {
  return facts.freeId(stack, `${logicalId}LogGroup`);
}

/** What names a group in a setting of its own, in the same template, without a name that stands in the way of a new one. */
function canFollow({ view, isName }: LogGroupUser, { stack, condition }: ResourceView): boolean {
  const follows = ['AWS::Logs::MetricFilter', 'AWS::Logs::QueryDefinition', 'AWS::Logs::SubscriptionFilter'];
  const isThere = condition === undefined || condition === view.condition;
  return (
    isName &&
    isThere &&
    view.stack === stack &&
    follows.includes(view.type) &&
    view.expression('FilterName') === undefined
  );
}

/**
 * A log group in the template, of another name than the one the function has made for itself meanwhile, and the setting
 * that makes the function use it; it keeps its logs as long as the others of the template do. Filters and queries go with
 * the function.
 * @returns why the function has to stay with the group it has, where something else cannot follow it
 */
export function declareLogGroup(
  view: ResourceView,
  properties: ValueMap,
  facts: Facts,
): { readonly wants: readonly Want[]; readonly needs: readonly Need[] } | { readonly stays: string } {
  const { logicalId, condition } = view;
  // A statement on the old group is none too many.
  const users = facts.implicitLogGroupUsers(view).filter((user) => !user.view.type.startsWith('AWS::IAM::'));
  const left = users.filter((user) => !canFollow(user, view));
  if (left.length > 0) {
    const names = [...new Set(left.map((user) => user.view.logicalId))];
    return {
      stays: `${names.join(', ')} ${names.length === 1 ? 'goes' : 'go'} by the name of that group, and would be left with the old one: declare the group and point ${names.length === 1 ? 'it' : 'them'} there`,
    };
  }
  const group = newGroupId(view, facts);
  // An expression only: a number may be what another fix is about to change.
  const retention = facts.habit(view.stack, 'AWS::Logs::LogGroup', 'RetentionInDays');
  const habit: ValueMap = isMap(retention) ? { RetentionInDays: retention } : {};
  const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  return {
    wants: [
      { path: ['Properties', 'LoggingConfig', 'LogGroup'], value: { Ref: group }, individual: true },
      ...users.map(
        (user): Want => ({ logicalId: user.view.logicalId, path: user.path, value: { Ref: group } }),
      ),
    ],
    needs: [
      logGroup({ logicalId: group, condition }, { ...habit, ...properties }),
      { kind: 'permission', logicalId, actions, resource: { 'Fn::GetAtt': [group, 'Arn'] } },
    ],
  };
}
