import type { Trigger } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import { isMap, type Value } from '../document/value.js';
import { namesOf, textPatternsOf } from '../expressions/patterns.js';
import type { StackTree } from '../template/template.js';
import { matchesWildcard } from '../template/wildcard.js';
import { type CodeCalls, codeCallsOf } from './code-calls.js';
import { type FindFunctions, functionsOf, isFunction, type Member } from './function-references.js';
import { functionsInDataOf } from './names-in-data.js';
import { permissionsOf } from './roles.js';
import type { PolicyStatement } from './statements.js';
import { rankOf } from './trigger-demands.js';
import type { FoundTrigger } from './trigger-places.js';
import { viewResources } from './view.js';

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
  const functions = functionsOf(tree);
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

function calleesOf(
  view: ResourceView,
  inData: readonly Member[],
  find: FindFunctions,
  functions: readonly Member[],
  statements: readonly PolicyStatement[],
): readonly Member[] {
  return statements.flatMap(({ resources = [], stack }) =>
    resources.flatMap((resource) => {
      const named = find(resource, stack);
      if (named.length > 0) return named;
      const patterns = textPatternsOf(resource, stack).map(functionPattern);
      const matched = functions.filter((member) => patterns.some((pattern) => isMatched(pattern, member)));
      // A pattern that is not about single functions says no more than `*`: what the caller knows of decides.
      if (isSpecific(resource, patterns, matched)) return matched;
      return [...find(environmentOf(view), view.stack), ...inData];
    }),
  );
}

function functionPattern(text: string): string {
  return text.replace(/^.*:function:/, '').replace(/:(?:\*|\$LATEST|[\w-]+)$/, '');
}

function isMatched(pattern: string, { stack, logicalId }: Member): boolean {
  return namesOf(stack, logicalId).some((name) => matchesWildcard(pattern, name));
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
