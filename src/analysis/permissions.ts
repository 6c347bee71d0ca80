import { requesters } from '../code/find-facts.js';
import type { FunctionCode } from '../code/program.js';
import type { CalledService, Calls, ResourceView } from '../contract/facts.js';
import { isEqual, isList, isMap, type Value } from '../document/value.js';
import { isUnknownText, textPatternsOf } from '../expressions/patterns.js';
import { conditionValues, scalarText } from '../expressions/resolve.js';
import { matchesWildcard } from '../template/mentions.js';
import type { Stack, StackTree } from '../template/template.js';
import { executionRole, keyNamed, permissionsOf, roleAccess, statementsOf } from './roles.js';
import { type Assumption, managedPolicyOf, type PolicyStatement } from './statements.js';
import { viewResource } from './view.js';

export { executionRole, type Role, statementsOf } from './roles.js';

type Answer = 'yes' | 'no' | 'unknown';

/** More open conditions than these are not tried out in every combination. */
const mostOpenConditions = 6;

/**
 * Whether the policies of a resource's execution role allow an action: `yes` when they do in every deployment in
 * which the resource acted on is there at all. The policy of a key of the templates counts as well; other policies of
 * resources and boundaries are not looked at.
 * @param action as in IAM: `kms:Decrypt`
 * @param resource an expression in the terms of the resource's own template; `undefined` for any resource at all
 */
export function allows(view: ResourceView, action: string, resource: Value | undefined): Answer {
  if (denies(view, action, resource) !== undefined) return 'no';
  const own = allowsByIdentity(view, action, resource);
  const key = resource === undefined ? undefined : keyNamed(resource, view.stack);
  if (key === undefined) return own;
  const { direct, delegated } = roleAccess(view, key, action);
  if (direct.answer === 'yes') return 'yes';
  if (direct.isDenied || delegated.answer === 'no') return direct.answer;
  return own;
}

/** The policy of the execution role that denies an action for certain, which no other policy makes good. */
function denies(view: ResourceView, action: string, resource: Value | undefined): string | undefined {
  return statementsOf(view).find(
    (statement) => statement.when.length === 0 && deniedBy(statement, action, resource, view.stack) === 'yes',
  )?.origin;
}

/** One that may: under a condition, in some deployments, or on what cannot be told. */
function mayDeny(view: ResourceView, action: string, resource: Value): string | undefined {
  return statementsOf(view).find((statement) => deniedBy(statement, action, resource, view.stack) !== 'no')
    ?.origin;
}

function deniedBy(
  statement: PolicyStatement,
  action: string,
  resource: Value | undefined,
  stack: Stack,
): Answer {
  return statement.effect === 'Deny' ? covers(statement, action, resource, stack) : 'no';
}

/** What the permissions boundary of a role says of an action on a resource. */
interface Boundary {
  /** `no`: it leaves the action out; `unknown`: it is not at hand. */
  readonly answer: Answer;
  /** Whether the role has it in every deployment. */
  readonly isCertain: boolean;
}

/** `undefined` for a role without one. */
function boundaryOf(view: ResourceView, action: string, resource: Value | undefined): Boundary | undefined {
  const role = executionRole(view);
  const owner =
    view.type === 'AWS::IAM::Role' || role.kind === 'generated'
      ? view
      : role.kind === 'resource'
        ? viewResource(role.stack, role.logicalId)
        : undefined;
  const outcomes = owner?.read('PermissionsBoundary').map(({ outcome }) => outcome) ?? [];
  const given = outcomes.filter((outcome) => outcome.kind !== 'absent' && scalarText(outcome) !== '');
  if (owner === undefined || given.length === 0) return undefined;
  const answers = given.map((outcome): Answer => {
    const type = outcome.kind === 'resource' && outcome.stack.template.resources.get(outcome.logicalId)?.type;
    if (outcome.kind !== 'resource' || type !== 'AWS::IAM::ManagedPolicy') return 'unknown';
    const { statements } = managedPolicyOf(outcome.stack, outcome.logicalId);
    return decide(
      statements
        .map((statement) => ({ statement, answer: covers(statement, action, resource, view.stack) }))
        .filter(({ answer }) => answer !== 'no'),
    );
  });
  const answer = answers.includes('no') ? 'no' : answers.includes('unknown') ? 'unknown' : 'yes';
  return { answer, isCertain: given.length === outcomes.length };
}

interface HeldBack {
  /** Why a fix that needs the permission needs approval. */
  readonly consent?: readonly string[];
}

/** What no further statement of a role makes good: a policy that denies, a boundary that leaves out or is not at hand. */
export function heldBack(
  view: ResourceView,
  actions: readonly string[],
  resource: Value,
): HeldBack | { readonly refused: string } {
  const { logicalId } = view;
  for (const action of actions) {
    const policy = denies(view, action, resource);
    if (policy !== undefined)
      return { refused: `a policy (${policy}) denies ${action} to the role of ${logicalId}` };
  }
  const doubts = new Map<string, readonly string[]>();
  for (const action of actions) {
    const policy = mayDeny(view, action, resource);
    if (policy !== undefined) doubts.set(policy, [...(doubts.get(policy) ?? []), action]);
  }
  const boundaries = actions.flatMap((action) => boundaryOf(view, action, resource) ?? []);
  const said = `the permissions boundary of the role of ${logicalId}`;
  if (boundaries.some(({ answer }) => answer === 'no'))
    return { refused: `${said} does not allow ${actions.join(', ')}` };
  const isUnseen = boundaries.some(({ answer, isCertain }) => answer === 'unknown' && isCertain);
  const consent = [
    ...[...doubts].map(
      ([policy, denied]) =>
        `a policy (${policy}) may deny ${denied.join(', ')} to the role of ${logicalId}: its condition decides`,
    ),
    ...(isUnseen ? [`${said} is not at hand, and may not allow ${actions.join(', ')}`] : []),
  ];
  return consent.length > 0 ? { consent } : {};
}

/** The same by the policies of the role alone. */
function allowsByIdentity(view: ResourceView, action: string, resource: Value | undefined): Answer {
  const { statements, unknown } = permissionsOf(view);
  const relevant = statements
    .map((statement) => ({ statement, answer: covers(statement, action, resource, view.stack) }))
    .filter(({ answer }) => answer !== 'no');
  const assumed = view.condition === undefined ? [] : [{ condition: view.condition, is: true }];
  const answers = worlds(
    relevant.map(({ statement }) => statement),
    resource,
    assumed,
    view.stack,
  ).map((assignment) => {
    if (isAbsent(resource, view.stack, assignment)) return 'yes';
    return decide(relevant.filter(({ statement }) => isThere(statement, assignment)));
  });
  if (answers.includes('unknown')) return 'unknown';
  if (!answers.includes('no')) return 'yes';
  const isDenied = relevant.some(({ statement, answer }) => statement.effect === 'Deny' && answer === 'yes');
  return unknown.length > 0 && !isDenied ? 'unknown' : 'no';
}

function decide(
  matches: readonly { readonly statement: PolicyStatement; readonly answer: Answer }[],
): Answer {
  const answersFor = (effect: string): readonly Answer[] =>
    matches.filter(({ statement }) => statement.effect === effect).map(({ answer }) => answer);
  const denied = answersFor('Deny');
  const allowed = answersFor('Allow');
  if (denied.includes('yes') || allowed.length === 0) return 'no';
  return denied.length > 0 || !allowed.includes('yes') ? 'unknown' : 'yes';
}

/** Whether a statement is about an action on a resource, conditions of the template left aside. */
function covers(
  statement: PolicyStatement,
  action: string,
  resource: Value | undefined,
  stack: Stack,
): Answer {
  const { actions, allBut, resources, isConditional = false, isWithoutTls = false } = statement;
  if (isWithoutTls) return 'no';
  const isOneOf = (patterns: readonly string[] | undefined) =>
    patterns?.some((pattern) => matchesWildcard(pattern.toLowerCase(), action.toLowerCase()));
  const named = allBut === undefined ? isOneOf(actions) : isOneOf(allBut) !== true;
  if (named === false) return 'no';
  const onResource =
    resources === undefined ? 'unknown' : coversResource(resources, statement.stack, resource, stack);
  if (onResource === 'no') return 'no';
  return named === undefined || isConditional ? 'unknown' : onResource;
}

function coversResource(
  patterns: readonly Value[],
  patternStack: Stack,
  resource: Value | undefined,
  stack: Stack,
): Answer {
  if (resource === undefined || patterns.includes('*')) return 'yes';
  if (patternStack === stack && patterns.some((pattern) => isEqual(pattern, resource))) return 'yes';
  const wanted = sidesOf(resource, stack).flatMap((side) => textPatternsOf(side, stack));
  const written = patterns
    .flatMap((pattern) => sidesOf(pattern, patternStack))
    .flatMap((side) => textPatternsOf(side, patternStack));
  const isCovered = (text: string): boolean => written.some((pattern) => matchesWildcard(pattern, text));
  if (wanted.length > 0 && wanted.every(isCovered)) return 'yes';
  return written.some(isUnknownText) ? 'unknown' : 'no';
}

/**
 * The sides of a choice that can be taken, each looked at by itself: what a parameter is on one side is compared with a
 * statement that is not on that side, and has to be called the same there.
 */
function sidesOf(value: Value, stack: Stack): readonly Value[] {
  const [condition, whenTrue = null, whenFalse = null] =
    isMap(value) && isList(value['Fn::If']) ? value['Fn::If'] : [];
  if (typeof condition !== 'string') return [value];
  return conditionValues(condition, stack).flatMap((is) => sidesOf(is ? whenTrue : whenFalse, stack));
}

type Assignment = ReadonlyMap<string, boolean>;

/** Every combination of the template's conditions that bears on the question. */
function worlds(
  statements: readonly PolicyStatement[],
  resource: Value | undefined,
  assumed: readonly Assumption[],
  stack: Stack,
): readonly Assignment[] {
  let found: readonly Assignment[] = [
    new Map(assumed.map(({ condition, is }) => [key(stack, condition), is])),
  ];
  const open = [
    ...statements.flatMap(({ when, stack: own }) => when.map(({ condition }) => ({ condition, stack: own }))),
    ...conditionsIn(resource).map((condition) => ({ condition, stack })),
  ];
  const seen = new Set(found[0]?.keys());
  for (const { condition, stack: own } of open) {
    const name = key(own, condition);
    if (seen.has(name) || seen.size > mostOpenConditions) continue;
    seen.add(name);
    found = found.flatMap((assignment) =>
      conditionValues(condition, own).map((is) => new Map([...assignment, [name, is]])),
    );
  }
  return found;
}

function key(stack: Stack, condition: string): string {
  return `${stack.template.path}#${condition}`;
}

function conditionsIn(value: Value | undefined): readonly string[] {
  if (isList(value)) return value.flatMap(conditionsIn);
  if (!isMap(value)) return [];
  const [condition, ...sides] = isList(value['Fn::If']) ? value['Fn::If'] : [];
  if (typeof condition === 'string') return [condition, ...sides.flatMap(conditionsIn)];
  return Object.values(value).flatMap(conditionsIn);
}

function isThere({ when, stack }: PolicyStatement, assignment: Assignment): boolean {
  return when.every(({ condition, is }) => assignment.get(key(stack, condition)) === is);
}

/** Nothing to act on: the expression comes to `AWS::NoValue`, or to a parameter the condition says is empty. */
function isAbsent(resource: Value | undefined, stack: Stack, assignment: Assignment): boolean {
  if (!isMap(resource)) return false;
  if (resource.Ref === 'AWS::NoValue') return true;
  const [condition, yes, no] = isList(resource['Fn::If']) ? resource['Fn::If'] : [];
  if (typeof condition === 'string') {
    const is = assignment.get(key(stack, condition));
    return is !== undefined && isAbsent(is ? yes : no, stack, assignment);
  }
  const name = resource.Ref;
  return (
    typeof name === 'string' &&
    [...stack.template.conditions].some(([id, definition]) => {
      const is = assignment.get(key(stack, id));
      return is !== undefined && saysEmpty(definition, is, name);
    })
  );
}

/** Whether a condition that comes out as `is` means that a parameter is the empty text. */
function saysEmpty(definition: Value | undefined, is: boolean, parameter: string): boolean {
  if (!isMap(definition)) return false;
  const { 'Fn::Not': not, 'Fn::Equals': equals } = definition;
  if (isList(not)) return saysEmpty(not[0], !is, parameter);
  return (
    is && isList(equals) && equals.some((side) => isEqual(side, { Ref: parameter })) && equals.includes('')
  );
}

/** The services a resource's permissions let it call, without what Lambda itself does around a function. */
export function servicesCalled(view: ResourceView): readonly CalledService[] {
  const found = new Map<string, { actions: Set<string>; origins: Set<string> }>();
  const targets = failureTargets(view);
  for (const { effect, actions = [], resources = [], origin, isForLambda } of statementsOf(view)) {
    if (effect === 'Deny' || isForLambda) continue;
    const isForFailures = resources.length > 0 && resources.every((each) => targets.some(isSame(each)));
    if (isForFailures) continue;
    for (const action of actions) {
      const service = action.split(':', 1)[0]?.toLowerCase() ?? action;
      const known = found.get(service) ?? { actions: new Set(), origins: new Set() };
      known.actions.add(action);
      known.origins.add(origin);
      found.set(service, known);
    }
  }
  return [...found.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([service, { actions, origins }]) => ({
      service,
      actions: [...actions].sort(),
      evidence: [...origins].join(', '),
    }));
}

/** Policies of a resource's execution role whose content is not at hand. */
function unknownPolicies(view: ResourceView): readonly string[] {
  return permissionsOf(view).unknown;
}

/** Where Lambda itself puts events that failed. */
function failureTargets(view: ResourceView): readonly Value[] {
  const destination = ['EventInvokeConfig', 'DestinationConfig', 'OnFailure', 'Destination'];
  return [['DeadLetterConfig', 'TargetArn'], ['DeadLetterQueue', 'TargetArn'], destination].flatMap(
    (path) => {
      const target = view.expression(...path);
      return target === undefined ? [] : [target];
    },
  );
}

function isSame(left: Value): (right: Value) => boolean {
  return (right) => isEqual(left, right);
}

/**
 * What the role of a function allows, without the services its code never mentions, where all of the code is at hand;
 * and the hosts that code calls.
 */
export function callsOf(view: ResourceView, tree: StackTree): Calls {
  const code = tree.code?.codeOf(view.stack.template.path, view.logicalId);
  const services = servicesCalled(view);
  const unknown = unknownPolicies(view);
  if (code === undefined) return { services, unknown, hosts: [], isCodeWhole: false };
  const isCodeWhole = isWhole(code);
  return {
    services: isCodeWhole ? services.filter(({ service }) => isMentioned(service, code)) : services,
    unknown,
    hosts: hostsOf(code),
    isCodeWhole,
  };
}

/** Modules of the SDKs, and of the languages where they call nothing and load nothing by name. */
const seenThrough =
  /^(?:boto3|botocore|aioboto3|aiobotocore|abc|argparse|array|ast|asyncio|base64|binascii|bisect|calendar|collections|concurrent|contextlib|contextvars|copy|csv|dataclasses|datetime|decimal|difflib|enum|errno|fnmatch|fractions|functools|gc|glob|gzip|hashlib|heapq|hmac|html|inspect|io|ipaddress|itertools|json|keyword|locale|logging|math|mimetypes|numbers|operator|os|pathlib|pickle|platform|pprint|queue|random|re|secrets|shutil|signal|statistics|string|struct|sys|tempfile|textwrap|threading|time|traceback|types|typing|unicodedata|urllib\.parse|uuid|warnings|zipfile|zlib|zoneinfo)(?:\.|$)|^(?:aws-sdk|@aws-sdk)(?:\/|$)|^(?:node:)?(?:assert|async_hooks|buffer|crypto|events|fs|os|path|perf_hooks|querystring|stream|string_decoder|timers|url|util|worker_threads|zlib)(?:\/|$)/;

function isWhole(code: FunctionCode): boolean {
  return (
    code.isComplete &&
    code.foreignModules.every((module) => module === 'urllib' || seenThrough.test(module)) &&
    ![request, 'urlopen', '__import__', 'import_module', 'WebSocket'].some((name) =>
      code.mentions(`${name}(`),
    )
  );
}

/** What clients of a service are called, where they are not called as IAM calls it. */
const clientNames: Readonly<Record<string, readonly string[]>> = {
  elasticfilesystem: ['efs'],
  states: ['stepfunctions', 'sfn'],
};

/** Services whose clients are called as IAM calls them, or as the table above says. */
const dropped: ReadonlySet<string> = new Set(
  'athena bedrock cloudformation cloudwatch codebuild codepipeline comprehend dynamodb ec2 ecr ecs elasticache elasticfilesystem events firehose glue kendra kinesis lambda polly rds rds-data redshift-data rekognition s3 sagemaker scheduler secretsmanager servicediscovery sns sqs ssm states sts textract transcribe translate'.split(
    ' ',
  ),
);

/** A client cannot be had without its name: text that is nowhere in the code is no client of it. */
function isMentioned(service: string, code: FunctionCode): boolean {
  if (!dropped.has(service)) return true;
  const names = clientNames[service] ?? [service];
  // `secretsmanager`, `SecretsManagerClient`, `client-secrets-manager`
  return names.some((name) => code.mentions(name) || code.mentions(name.replaceAll('-', '')));
}

/** The function of JavaScript that needs no import. */
const request = 'fetch';

/** Looked for only in code that can call any. */
function hostsOf(code: FunctionCode): Calls['hosts'] {
  const requests =
    code.foreignModules.some((module) => requesters.test(module)) || code.mentions(`${request}(`);
  if (!requests) return [];
  const places = new Map<string, string[]>();
  for (const fact of code.facts) {
    if (fact.kind !== 'host') continue;
    const known = places.get(fact.host) ?? [];
    known.push(`${fact.place.file}:${fact.place.line}`);
    places.set(fact.host, known);
  }
  return [...places].map(([host, lines]) => ({ host, places: lines }));
}
