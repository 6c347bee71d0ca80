import type { CodeText, InvocationFact } from '../code/program.js';
import type { FunctionType, ResourceView, Trigger } from '../contract/facts.js';
import { isMap, type Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { namesOf, textPatternsOf } from '../expressions/patterns.js';
import { matchesWildcard } from '../template/mentions.js';
import type { StackTree } from '../template/template.js';
import { type FindFunctions, functionsInDataOf, functionsOf, isFunction } from './references.js';
import { permissionsOf } from './roles.js';
import type { PolicyStatement } from './statements.js';
import type { FoundTrigger } from './trigger-places.js';
import { viewResources } from './view.js';

/** The type a source of triggers asks for; the most demanding first. */
export const demands: readonly (readonly [source: string, type: FunctionType])[] = [
  ['state-machine', 'high-volume'],
  ['callback', 'high-volume'],
  ['queue', 'high-volume'],
  ['stream', 'high-volume'],
  ['records', 'high-volume'],
  ['api', 'api-handler'],
  ['identity', 'api-handler'],
  ['schedule', 'background'],
  ['event-rule', 'background'],
  ['direct', 'background'],
  ['self', 'background'],
  ['custom-resource', 'administrative'],
  ['operations', 'administrative'],
  ['published', 'administrative'],
];

/** Position in the table; behind it for a source that is not there. */
export function rankOf(source: string): number {
  const rank = demands.findIndex(([known]) => known === source);
  return rank < 0 ? demands.length : rank;
}

/** Who runs with a role of its own and can call functions by themselves, and how that reads. */
const invokers: Readonly<Record<string, { readonly source: string; readonly says: string }>> = {
  'AWS::CodeBuild::Project': { source: 'operations', says: 'called by build project' },
  'AWS::Lambda::Function': { source: 'direct', says: 'called by function' },
  'AWS::Serverless::Function': { source: 'direct', says: 'called by function' },
  'AWS::Serverless::StateMachine': { source: 'state-machine', says: 'state machine' },
  'AWS::StepFunctions::StateMachine': { source: 'state-machine', says: 'state machine' },
};

/**
 * Calls by those whose role allows `lambda:InvokeFunction` on a function, and calls that the code of a function makes.
 * Whether a caller waits is said by its code alone; without it, that is not known.
 * @param triggers what is known to invoke a function without these
 */
export function directInvocations(
  tree: StackTree,
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  const functions = functionsOf(tree).map((member) => ({
    member,
    names: namesOf(member.stack, member.logicalId),
  }));
  return viewResources(tree, Object.keys(invokers)).flatMap((view) => {
    const statements = permissionsOf(view).statements.filter(isInvocation);
    const code = isFunction(view) ? codeCallsOf(view, tree, find) : undefined;
    const exact = (code?.calls ?? []).flatMap(({ callees }) => (callees === 'any' ? [] : callees));
    const inData = statements.length === 0 ? [] : functionsInDataOf(view, tree, find);
    const callees = calleesOf(view, inData, find, functions, statements);
    const routed = inData.filter(({ stack, logicalId }) =>
      callees.some((each) => isSame(each, { stack, logicalId })),
    );
    const [passedOn] = triggers(view)
      .map(({ source }) => source)
      .sort((left, right) => rankOf(left) - rankOf(right));
    const source = passedOn ?? 'direct';
    return unique([...exact, ...callees]).flatMap((member) => {
      const route = routed.find((each) => isSame(each, member));
      const by =
        route === undefined
          ? callerOf(view, member)
          : { source, description: `${callerOf(view, member).description} by ${route.where}` };
      return callsTo(member, view, code, statements).map(
        (call): FoundTrigger => ({ member, trigger: { ...by, ...call } }),
      );
    });
  });
}

/** Whether a resource calls functions, as far as its role tells: its code can say how. */
export function mayInvoke(view: ResourceView): boolean {
  const { statements, unknown } = permissionsOf(view);
  return unknown.length > 0 || statements.some(isInvocation);
}

export function isInvocation({ effect, actions = [] }: PolicyStatement): boolean {
  return (
    effect === 'Allow' && actions.some((action) => /^lambda:(\*|Invoke(\*|Function|Async)?)$/i.test(action))
  );
}

function callerOf(view: ResourceView, member: Member): Pick<Trigger, 'source' | 'description' | 'from'> {
  if (isSame(view, member)) {
    const description = 'may invoke itself, which is only of use asynchronously';
    return { source: 'self', description, from: view.logicalId };
  }
  const { source, says } = invokers[view.type] ?? { source: 'direct', says: 'called by' };
  const isNear = view.stack === member.stack;
  const description = `${says} ${view.logicalId}${isNear ? '' : ` of ${view.stack.template.path}`}`;
  return { source, description, ...(isNear ? { from: view.logicalId } : {}) };
}

/** How a caller calls one function: by what its code says of that one, else of those it does not name. */
function callsTo(
  member: Member,
  view: ResourceView,
  code: CodeCalls | undefined,
  statements: readonly PolicyStatement[],
): readonly Pick<Trigger, 'invocation' | 'seen'>[] {
  const calls = code?.calls ?? [];
  const named = calls.filter(
    ({ callees }) => callees !== 'any' && callees.some((callee) => isSame(callee, member)),
  );
  const open = calls.filter(({ callees }) => callees === 'any');
  const seen = (named.length > 0 ? named : open).map(({ invocation, seen }) => ({ invocation, seen }));
  const isOther =
    named.length > 0 && open.some(({ invocation }) => named.every((call) => call.invocation !== invocation));
  if (seen.length > 0 && code?.isComplete === true && !isOther) return seen;
  return [...seen, { invocation: withoutCode(view, member, statements) }];
}

/** What the template alone says of a call. */
function withoutCode(
  view: ResourceView,
  member: Member,
  statements: readonly PolicyStatement[],
): Trigger['invocation'] {
  // A function that waited for itself would pay twice and could wait for ever.
  if (isSame(view, member)) return 'async';
  if (view.type.endsWith('::StateMachine')) return 'sync';
  const actions = statements
    .flatMap(({ actions = [] }) => actions)
    .filter((action) => /^lambda:/i.test(action));
  return actions.every((action) => /^lambda:InvokeAsync$/i.test(action)) ? 'async' : 'unknown';
}

interface NamedFunction {
  readonly member: Member;
  readonly names: readonly string[];
}

function calleesOf(
  view: ResourceView,
  inData: readonly Member[],
  find: FindFunctions,
  functions: readonly NamedFunction[],
  statements: readonly PolicyStatement[],
): readonly Member[] {
  return statements.flatMap(({ resources = [], stack }) =>
    resources.flatMap((resource) => {
      const named = find(resource, stack);
      if (named.length > 0) return named;
      const patterns = textPatternsOf(resource, stack).map(functionPattern);
      const matched = functions
        .filter(({ names }) =>
          patterns.some((pattern) => names.some((name) => matchesWildcard(pattern, name))),
        )
        .map(({ member }) => member);
      // A pattern that is not about single functions says no more than `*`: what the caller knows of decides.
      if (isSpecific(resource, patterns, matched)) return matched;
      return [...find(environmentOf(view), view.stack), ...inData];
    }),
  );
}

function functionPattern(text: string): string {
  return text.replace(/^.*:function:/, '').replace(/:(?:\*|\$LATEST|[\w-]+)$/, '');
}

function isSpecific(resource: Value, patterns: readonly string[], matched: readonly Member[]): boolean {
  const hasWords = patterns.every(
    (pattern) => pattern.replace(/\$\{[^}]*\}/g, '').replace(/[^A-Za-z0-9]/g, '').length > 2,
  );
  return resource !== '*' && hasWords && matched.length === 1;
}

function environmentOf(view: ResourceView): readonly Value[] {
  const variables = view.expression('Environment', 'Variables');
  return isMap(variables) ? Object.values(variables) : [];
}

function isSame(left: Member, right: Member): boolean {
  return left.stack === right.stack && left.logicalId === right.logicalId;
}

function unique(members: readonly Member[]): readonly Member[] {
  return members.filter((member, index) => members.findIndex((each) => isSame(each, member)) === index);
}

/** What the code of a function says about the functions it invokes. */
interface CodeCalls {
  readonly calls: readonly CodeCall[];
  /** All of the code was read, so there are no other calls. */
  readonly isComplete: boolean;
}

interface CodeCall {
  /** `any`: the code takes the name from its event, a parameter or a table. */
  readonly callees: readonly Member[] | 'any';
  readonly invocation: Extract<Trigger['invocation'], 'sync' | 'async' | 'unknown'>;
  /** `src/front/app.py:4 invokes WORKER with InvocationType Event`. */
  readonly seen: string;
}

/** `undefined` where the code is not at hand. */
function codeCallsOf(view: ResourceView, tree: StackTree, find: FindFunctions): CodeCalls | undefined {
  const code = tree.code?.codeOf(view.stack.template.path, view.logicalId);
  if (code === undefined) return undefined;
  const calls = code.invocations.flatMap((fact) => callsBy(fact, view, find));
  return { calls, isComplete: code.isComplete };
}

function callsBy(fact: InvocationFact, view: ResourceView, find: FindFunctions): readonly CodeCall[] {
  const { target, place, via } = fact;
  const callees = calleesInCode(target, view, find);
  const through = via === undefined ? '' : `, called at ${via.file}:${via.line}`;
  return typesOf(fact.type, view).flatMap((type): readonly CodeCall[] => {
    // A dry run asks whether one may call, and calls nothing.
    if (type === 'DryRun') return [];
    const how = type === undefined ? ', and the InvocationType is not known' : ` with InvocationType ${type}`;
    const seen = `${place.file}:${place.line} invokes ${nameOf(target)}${how}${through}`;
    const invocation = type === 'Event' ? 'async' : type === 'RequestResponse' ? 'sync' : 'unknown';
    return [{ callees, invocation, seen }];
  });
}

/** The invocation types a call can have; `undefined` for one that is not known. */
function typesOf(type: CodeText, view: ResourceView): readonly (string | undefined)[] {
  const expression = expressionOf(type, view);
  const found = expression === undefined ? [] : textPatternsOf(expression, view.stack);
  const known = found.map((text) => (/^(?:Event|RequestResponse|DryRun)$/.test(text) ? text : undefined));
  return known.length === 0 ? [undefined] : known;
}

function calleesInCode(target: CodeText, view: ResourceView, find: FindFunctions): CodeCall['callees'] {
  if (target.kind === 'itself') return [view];
  const expression = expressionOf(target, view);
  if (expression === undefined) return 'any';
  // Under this key a text is the name of a function, and not just any text.
  const named = find({ FunctionName: expression }, view.stack);
  if (named.length > 0) return named;
  const names = textPatternsOf(expression, view.stack).filter((text) => text !== '');
  return names.flatMap((name) => find({ FunctionName: name }, view.stack));
}

/** What the code says in the terms of the template; `undefined` where that cannot be told. */
export function expressionOf(text: CodeText, view: ResourceView): Value | undefined {
  switch (text.kind) {
    case 'text':
      return text.text;
    case 'itself':
      return { Ref: view.logicalId };
    case 'variable':
      if (text.name === 'AWS_LAMBDA_FUNCTION_NAME') return { Ref: view.logicalId };
      return pseudo[text.name] ?? view.expression('Environment', 'Variables', text.name);
    case 'join': {
      const parts = text.parts.map((part) => expressionOf(part, view));
      if (parts.some((part) => part === undefined)) return undefined;
      return { 'Fn::Join': ['', parts.filter((part) => part !== undefined)] };
    }
    case 'unknown':
      return undefined;
  }
}

/** Variables that Lambda sets. */
const pseudo: Readonly<Record<string, Value>> = {
  AWS_REGION: { Ref: 'AWS::Region' },
  AWS_DEFAULT_REGION: { Ref: 'AWS::Region' },
};

function nameOf(text: CodeText): string {
  switch (text.kind) {
    case 'text':
      return text.text;
    case 'variable':
      return text.name;
    case 'join':
      return text.parts.map((part) => (part.kind === 'text' ? part.text : `{${nameOf(part)}}`)).join('');
    case 'itself':
      return 'itself';
    case 'unknown':
      return 'a function it gets the name of';
  }
}
