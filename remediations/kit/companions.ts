import {
  type Companion,
  type Cost,
  type Facts,
  isEqual,
  isMap,
  type LogGroupUser,
  manual,
  notApplicable,
  numberOf,
  type Outcome,
  type PropertyEdit,
  type ResourceView,
  type Stack,
  scalarText,
  shellWord,
  unknown,
  type Value,
  type ValueMap,
  type Verdict,
} from '../../src/remediation.js';

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
export function encryptedTransport(place: NewResource, queue: string): Companion {
  return queuePolicy(place, queue, []);
}

function queuePolicy(place: NewResource, queue: string, statements: readonly ValueMap[]): Companion {
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
    PolicyDocument: { Version: '2012-10-17', Statement: [statement, ...statements] },
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

/**
 * The queue of a template for whatever EventBridge, SNS, schedules and streams could not deliver: each message says where
 * it comes from, so that one is enough. Its key is the one Amazon SQS manages, which services need no permission for.
 */
export function failureQueue(
  stack: Stack,
  facts: Facts,
  retentionDays: number,
): { readonly arn: Value; readonly companions: readonly Companion[] } {
  const policyId = `${failureQueueId}Policy`;
  const isThere =
    facts.resource(stack, failureQueueId)?.type === 'AWS::SQS::Queue' &&
    facts.resource(stack, policyId)?.type === 'AWS::SQS::QueuePolicy';
  const id = isThere ? failureQueueId : facts.freeId(stack, failureQueueId);
  const arn: Value = { 'Fn::GetAtt': [id, 'Arn'] };
  if (isThere) return { arn, companions: [] };
  const senders = { events: 'EventBridge', sns: 'SNS' };
  const admitted = Object.entries(senders).map(([service, name]) => ({
    Sid: `Allow${name}`,
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
  }));
  return {
    arn,
    companions: [
      keptQueue({ logicalId: id }, undefined, retentionDays),
      queuePolicy({ logicalId: `${id}Policy` }, id, admitted),
    ],
  };
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

/** Which log group a function has that is judged for itself; `undefined` when it makes its own. */
export function ownLogGroup(view: ResourceView, facts: Facts): OwnLogGroup | undefined {
  if (facts.functionKind(view).isEdge)
    return { isJudged: true, says: 'it runs at the edge and logs in the Region of the visitor' };
  const configured = view.read('LoggingConfig', 'LogGroup').map(({ outcome }) => outcome);
  if (configured.every(({ kind }) => kind !== 'absent')) return configuredLogGroup(view, configured, facts);
  const { stack } = view;
  const declared = [...stack.template.resources.keys()]
    .filter((logicalId) => facts.logGroupClass(stack, logicalId)?.owner === view.logicalId)
    .map((logicalId) => ({ stack, logicalId }));
  const [first] = declared;
  if (first === undefined) return undefined;
  if (facts.isAlwaysWith(declared, view))
    return { isJudged: true, says: `it logs to ${first.logicalId}, which is judged itself` };
  return {
    isJudged: false,
    says: `it logs to ${first.logicalId} in some deployments only, and to an auto-created log group in the others`,
    advice: partlyDeclared,
  };
}

/** The setting names a group, which nobody judges unless a template declares it. */
function configuredLogGroup(view: ResourceView, configured: readonly Outcome[], facts: Facts): OwnLogGroup {
  const groups = facts.resources('AWS::Logs::LogGroup');
  const names = facts.textsOf(view.stack, view.expression('LoggingConfig', 'LogGroup'));
  const isDeclared = (name: string) => {
    const named = groups.filter((group) =>
      facts.textsOf(group.stack, group.expression('LogGroupName')).includes(name),
    );
    return named.length > 0 && facts.isAlwaysWith(named, view);
  };
  const isOfTemplates = (outcome: Outcome) =>
    outcome.kind === 'resource' &&
    groups.some(({ stack, logicalId }) => stack === outcome.stack && logicalId === outcome.logicalId);
  if (configured.every(isOfTemplates) || (names.length > 0 && names.every(isDeclared)))
    return { isJudged: true, says: 'it logs to the group its LoggingConfig names' };
  const texts = configured.flatMap((outcome) => {
    const text = outcome.kind === 'unknown' ? outcome.text : scalarText(outcome);
    return text === undefined ? [] : [text];
  });
  const [text] = texts;
  const isOpen = texts.length < configured.length || names.some((name) => name.includes('${?'));
  if (isOpen || text === undefined)
    return { isJudged: undefined, says: 'which log group its LoggingConfig names is not known' };
  return {
    isJudged: false,
    says: `it logs to ${text}, an auto-created log group where no template declares it`,
    advice: 'declare it in every deployment, importing the group where it is there already',
  };
}

/** The log group of a function that the templates declare, or its service has elsewhere. */
export interface OwnLogGroup {
  /** In every deployment that has the function; `undefined` where nothing tells which group it is. */
  readonly isJudged: boolean | undefined;
  /** For reading. */
  readonly says: string;
  /** What to do where it is not judged. */
  readonly advice?: string;
}

/** What to do about a declared log group that is missing in some deployments. */
export const partlyDeclared =
  'give the log group the condition of what writes to it, or none, so that both are always there together';

/** @param lacks what is wrong with a group that no template declares, as a clause */
export function verdictOnOwn({ isJudged, says, advice }: OwnLogGroup, lacks: string): Verdict {
  if (isJudged === undefined) return unknown(says);
  return isJudged ? notApplicable(says) : manual(`${says}, ${lacks}: ${advice}`);
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
):
  | {
      readonly edits: readonly PropertyEdit[];
      readonly companions: readonly Companion[];
      readonly notes: readonly string[];
    }
  | { readonly stays: string } {
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
  const lines = facts.implicitLogGroupLines(view);
  if (lines.length > 0) {
    return {
      stays: `code names that group (${lines.join(', ')}), and would be left with the old one: declare the group and have the code take its name from a variable`,
    };
  }
  const group = newGroupId(view, facts);
  const convention = retentionOfOthers(view, facts);
  const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  return {
    edits: [
      { path: ['Properties', 'LoggingConfig', 'LogGroup'], value: { Ref: group }, individual: true },
      ...users.map(
        (user): PropertyEdit => ({ logicalId: user.view.logicalId, path: user.path, value: { Ref: group } }),
      ),
    ],
    companions: [
      logGroup({ logicalId: group, condition }, { ...convention, ...properties }),
      { kind: 'permission', logicalId, actions, resource: { 'Fn::GetAtt': [group, 'Arn'] } },
    ],
    notes: [oldLogGroup('/aws/lambda/', view, 'FunctionName')],
  };
}

/**
 * The expression of the other log groups. A number, or a parameter whose deployed value is not known, may be what another
 * fix is about to change for them.
 * @param days what it has to come to at least
 */
export function retentionOfOthers({ stack }: ResourceView, facts: Facts, days = 0): ValueMap {
  const retention = facts.convention(stack, 'AWS::Logs::LogGroup', 'RetentionInDays');
  if (!isMap(retention)) return {};
  const other = facts
    .resources('AWS::Logs::LogGroup')
    .find((each) => each.stack === stack && isEqual(each.expression('RetentionInDays'), retention));
  const branches = other?.read('RetentionInDays') ?? [];
  if (branches.some(({ outcome }) => (numberOf(outcome) ?? 0) < days)) return {};
  const through = branches.flatMap(({ parameters }) => parameters);
  const isOpen = through.some(
    ({ stack: owner, name }) => owner.parents.length === 0 && !owner.knownParameters.has(name),
  );
  return isOpen ? {} : { RetentionInDays: retention };
}

/**
 * What becomes of the group that a service has made and is left behind: nobody deletes it, and it keeps its logs for ever.
 * That is for whoever knows what is in it.
 * @param named the property that gives the resource its name; without one CloudFormation has made a name that begins with
 * those of stack and resource
 */
export function oldLogGroup(prefix: string, view: ResourceView, named: string): string {
  const [name, ...others] = view.read(named).map(({ outcome }) => scalarText(outcome));
  const isKnown = name !== undefined && others.length === 0;
  const group = shellWord(isKnown ? `${prefix}${name}` : `${prefix}STACK-${view.logicalId}-SUFFIX`);
  const find = isKnown
    ? ''
    : ` (aws logs describe-log-groups --log-group-name-prefix ${shellWord(`${prefix}STACK-${view.logicalId}-`)} finds it)`;
  return `the old log group ${group} stays with its logs${find}: aws logs put-retention-policy --log-group-name ${group} --retention-in-days 365 keeps them a year, aws logs delete-log-group --log-group-name ${group} removes them`;
}
